// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the translation from capstone's instructions to ours; nothing else includes capstone. It is given bytes of
 * an untrusted file and never follows a jump: what a target means is decided by the control-flow graph.
 */
#include "gobin/disasm.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <capstone/capstone.h>

#include "base/cleanup.h"

static void close_engine(csh *h)
{
	if (*h)
		cs_close(h);
}

static void free_scratch(cs_insn **ci)
{
	if (*ci)
		cs_free(*ci, 1);
}

/* One row per general register: its names of 8, 16, 32 and 64 bits. */
static const struct reg_names {
	uint16_t id[4];
} reg_names[16] = {
	[CS_RAX] = { { X86_REG_AL, X86_REG_AX, X86_REG_EAX, X86_REG_RAX } },
	[CS_RCX] = { { X86_REG_CL, X86_REG_CX, X86_REG_ECX, X86_REG_RCX } },
	[CS_RDX] = { { X86_REG_DL, X86_REG_DX, X86_REG_EDX, X86_REG_RDX } },
	[CS_RBX] = { { X86_REG_BL, X86_REG_BX, X86_REG_EBX, X86_REG_RBX } },
	[CS_RSP] = { { X86_REG_SPL, X86_REG_SP, X86_REG_ESP, X86_REG_RSP } },
	[CS_RBP] = { { X86_REG_BPL, X86_REG_BP, X86_REG_EBP, X86_REG_RBP } },
	[CS_RSI] = { { X86_REG_SIL, X86_REG_SI, X86_REG_ESI, X86_REG_RSI } },
	[CS_RDI] = { { X86_REG_DIL, X86_REG_DI, X86_REG_EDI, X86_REG_RDI } },
	[CS_R8] = { { X86_REG_R8B, X86_REG_R8W, X86_REG_R8D, X86_REG_R8 } },
	[CS_R9] = { { X86_REG_R9B, X86_REG_R9W, X86_REG_R9D, X86_REG_R9 } },
	[CS_R10] = { { X86_REG_R10B, X86_REG_R10W, X86_REG_R10D, X86_REG_R10 } },
	[CS_R11] = { { X86_REG_R11B, X86_REG_R11W, X86_REG_R11D, X86_REG_R11 } },
	[CS_R12] = { { X86_REG_R12B, X86_REG_R12W, X86_REG_R12D, X86_REG_R12 } },
	[CS_R13] = { { X86_REG_R13B, X86_REG_R13W, X86_REG_R13D, X86_REG_R13 } },
	[CS_R14] = { { X86_REG_R14B, X86_REG_R14W, X86_REG_R14D, X86_REG_R14 } },
	[CS_R15] = { { X86_REG_R15B, X86_REG_R15W, X86_REG_R15D, X86_REG_R15 } },
};

static uint8_t reg_number(unsigned int id, bool *high)
{
	*high = true;
	switch (id) {
	case X86_REG_AH:
		return CS_RAX;
	case X86_REG_BH:
		return CS_RBX;
	case X86_REG_CH:
		return CS_RCX;
	case X86_REG_DH:
		return CS_RDX;
	default:
		break;
	}
	*high = false;
	for (uint8_t r = 0; r < 16; r++)
		for (int i = 0; i < 4; i++)
			if (reg_names[r].id[i] == id)
				return r;
	return INSN_NO_REG;
}

static struct operand operand_of(const cs_x86_op *from, bool surely_written)
{
	struct operand op = { .size = from->size, .reg = INSN_NO_REG, .base = INSN_NO_REG, .index = INSN_NO_REG };
	bool high;

	/* The first operand counts as written even where the decoder's tables forget it: too careful is safe. */
	op.written = surely_written || (from->access & CS_AC_WRITE);
	switch (from->type) {
	case X86_OP_REG:
		op.kind = OPERAND_REG;
		op.reg = reg_number(from->reg, &op.high);
		break;
	case X86_OP_IMM:
		op.kind = OPERAND_IMM;
		op.value = from->imm;
		op.written = false;
		break;
	case X86_OP_MEM:
		op.kind = OPERAND_MEM;
		op.value = from->mem.disp;
		op.foreign = from->mem.segment != X86_REG_INVALID || from->mem.base == X86_REG_RIP;
		op.base = reg_number(from->mem.base, &high);
		op.index = reg_number(from->mem.index, &high);
		break;
	default:
		op.kind = OPERAND_OTHER;
		break;
	}
	return op;
}

static enum insn_id id_of(const cs_insn *ci)
{
	static const struct {
		unsigned int from;
		enum insn_id to;
	} ids[] = {
		{ X86_INS_MOV, INSN_MOV }, { X86_INS_MOVABS, INSN_MOV }, { X86_INS_MOVZX, INSN_MOVZX },
		{ X86_INS_LEA, INSN_LEA }, { X86_INS_PUSH, INSN_PUSH },	 { X86_INS_POP, INSN_POP },
		{ X86_INS_ADD, INSN_ADD }, { X86_INS_SUB, INSN_SUB },	 { X86_INS_INC, INSN_INC },
		{ X86_INS_DEC, INSN_DEC }, { X86_INS_XOR, INSN_XOR },	 { X86_INS_TEST, INSN_TEST },
		{ X86_INS_CMP, INSN_CMP }, { X86_INS_NOP, INSN_NOP },
	};
	/* xchg ax,ax is the two-byte nop of the Go assembler */
	static const uint8_t nop2[] = { 0x66, 0x90 };

	if (ci->size == 1 && ci->bytes[0] == 0x90)
		return INSN_NOP;
	if (ci->size == 2 && !memcmp(ci->bytes, nop2, 2))
		return INSN_NOP;
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		if (ids[i].from == ci->id)
			return ids[i].to;
	return INSN_OTHER;
}

/* The plain forms only: 70+cc rel8 and 0f 80+cc rel32, which are those that the kernel emulates under a probe. */
static bool is_branch(const cs_insn *ci, uint8_t *ret_cc)
{
	if (ci->size == 2 && (ci->bytes[0] & 0xf0) == 0x70)
		*ret_cc = ci->bytes[0] & 0x0f;
	else if (ci->size == 6 && ci->bytes[0] == 0x0f && (ci->bytes[1] & 0xf0) == 0x80)
		*ret_cc = ci->bytes[1] & 0x0f;
	else
		return false;
	return true;
}

static void set_flow(struct insn *in, const cs_insn *ci)
{
	const cs_x86 *x = &ci->detail->x86;
	bool direct = x->op_count == 1 && x->operands[0].type == X86_OP_IMM;

	if (is_branch(ci, &in->cc)) {
		in->flow = FLOW_BRANCH;
		in->target = (uint64_t)x->operands[0].imm;
	} else if (ci->id == X86_INS_CALL) {
		in->flow = FLOW_CALL;
		in->target = direct ? (uint64_t)x->operands[0].imm : 0;
	} else if (ci->id == X86_INS_JMP && direct) {
		in->flow = FLOW_JUMP;
		in->target = (uint64_t)x->operands[0].imm;
	} else if (ci->id == X86_INS_RET && x->op_count == 0) {
		in->flow = FLOW_RETURN;
	} else if (ci->id == X86_INS_UD2) {
		in->flow = FLOW_TRAP;
	} else {
		for (uint8_t i = 0; i < ci->detail->groups_count; i++) {
			uint8_t group = ci->detail->groups[i];

			if (group == CS_GRP_JUMP || group == CS_GRP_CALL || group == CS_GRP_RET ||
			    group == CS_GRP_INT || group == CS_GRP_IRET)
				in->flow = FLOW_OTHER;
		}
	}
}

static bool reads_only(const struct insn *in)
{
	return in->id == INSN_CMP || in->id == INSN_TEST || in->id == INSN_NOP || in->id == INSN_PUSH;
}

/* mul, div and the one-operand imul take their explicit operand, and write rax and rdx. */
static bool widening(const cs_insn *ci)
{
	return ci->id == X86_INS_MUL || ci->id == X86_INS_DIV || ci->id == X86_INS_IDIV ||
	       (ci->id == X86_INS_IMUL && ci->detail->x86.op_count == 1);
}

/* Both operands change. */
static bool exchanging(const cs_insn *ci)
{
	return ci->id == X86_INS_XCHG || ci->id == X86_INS_XADD;
}

/* A string store, perhaps repeated, reaches any number of bytes: size 0. */
static bool string_store(const cs_insn *ci)
{
	const cs_x86 *x = &ci->detail->x86;

	switch (ci->id) {
	case X86_INS_STOSB:
	case X86_INS_STOSW:
	case X86_INS_STOSD:
	case X86_INS_STOSQ:
		return true;
	default:
		return x->op_count == 2 && x->operands[0].type == X86_OP_MEM && x->operands[1].type == X86_OP_MEM;
	}
}

static bool in_group(const cs_insn *ci, uint8_t group)
{
	for (uint8_t i = 0; i < ci->detail->groups_count; i++)
		if (ci->detail->groups[i] == group)
			return true;
	return false;
}

/*
 * Instructions that change nothing but their operands. The decoder's lists of what others change besides are not
 * complete (capstone 4.0.2 has no rax for cmpxchg), so others count as changing all registers that any does.
 */
static bool changes_operands_only(const cs_insn *ci, enum insn_id id)
{
	static const unsigned int plain[] = {
		X86_INS_AND,  X86_INS_OR,   X86_INS_NOT,   X86_INS_NEG,	  X86_INS_ADC,	  X86_INS_SBB,
		X86_INS_SHL,  X86_INS_SAL,  X86_INS_SHR,   X86_INS_SAR,	  X86_INS_ROL,	  X86_INS_ROR,
		X86_INS_SHLD, X86_INS_SHRD, X86_INS_MOVSX, X86_INS_BSR,	  X86_INS_MOVSXD, X86_INS_BSF,
		X86_INS_BT,   X86_INS_BTR,  X86_INS_BTS,   X86_INS_BTC,	  X86_INS_BSWAP,  X86_INS_POPCNT,
		X86_INS_XCHG, X86_INS_XADD, X86_INS_PAUSE, X86_INS_TZCNT, X86_INS_LZCNT,  X86_INS_IMUL,
	};

	if (id != INSN_OTHER || !strncmp(ci->mnemonic, "cmov", 4) || !strncmp(ci->mnemonic, "set", 3))
		return true;
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (plain[i] == ci->id)
			return true;
	return in_group(ci, X86_GRP_SSE1) || in_group(ci, X86_GRP_SSE2);
}

static uint16_t implied_writes(const cs_insn *ci, enum insn_id id)
{
	uint16_t writes = 0;
	bool high;

	for (uint8_t i = 0; i < ci->detail->regs_write_count; i++) {
		uint8_t r = reg_number(ci->detail->regs_write[i], &high);

		if (r != INSN_NO_REG)
			writes |= (uint16_t)(1u << r);
	}
	if (widening(ci))
		writes |= 1u << CS_RAX | 1u << CS_RDX;
	else if (ci->id == X86_INS_CMPXCHG)
		writes |= 1u << CS_RAX;
	else if (!changes_operands_only(ci, id))
		writes |= 1u << CS_RAX | 1u << CS_RCX | 1u << CS_RDX | 1u << CS_RBX | 1u << CS_RSI | 1u << CS_RDI |
			  1u << CS_R11;
	return writes;
}

static void translate(struct insn *in, const cs_insn *ci)
{
	const cs_detail *detail = ci->detail;

	memset(in, 0, sizeof(*in));
	in->va = ci->address;
	in->sz = (uint8_t)ci->size;
	in->id = id_of(ci);
	in->nr_ops = detail->x86.op_count > INSN_MAX_OPS ? INSN_MAX_OPS : detail->x86.op_count;
	for (uint8_t i = 0; i < in->nr_ops; i++) {
		struct operand *op = &in->op[i];

		*op = operand_of(&detail->x86.operands[i], i == 0 || exchanging(ci));
		if (op->kind == OPERAND_MEM && string_store(ci))
			op->size = 0;
		if (reads_only(in) || widening(ci))
			op->written = false;
		if (op->kind == OPERAND_REG && op->written && op->reg != INSN_NO_REG)
			in->writes |= (uint16_t)(1u << op->reg);
	}
	in->writes |= implied_writes(ci, (enum insn_id)in->id);
	if (in->id == INSN_NOP)
		in->writes = 0;
	set_flow(in, ci);
}

static bool open_engine(csh *h)
{
	if (cs_open(CS_ARCH_X86, CS_MODE_64, h) != CS_ERR_OK) {
		*h = 0;
		return false;
	}
	return cs_option(*h, CS_OPT_DETAIL, CS_OPT_ON) == CS_ERR_OK;
}

int disasm_code(const uint8_t *bytes, size_t sz, uint64_t va, struct code *ret, struct diag *d)
{
	csh h auto_cleanup(close_engine) = 0;
	cs_insn *ci auto_cleanup(free_scratch) = NULL;
	struct insn *insns auto_free = NULL;
	size_t left = sz, nr = 0;
	uint64_t at = va;

	if (sz > DISASM_MAX_CODE)
		return diag_fail(d, -EFBIG, "code at 0x%llx: %zu bytes are more than one function can have",
				 (unsigned long long)va, sz);
	insns = calloc(sz + 1, sizeof(*insns));
	if (!insns || !open_engine(&h) || !(ci = cs_malloc(h)))
		return diag_fail(d, -ENOMEM, "no memory to disassemble");
	while (left) {
		if (!cs_disasm_iter(h, &bytes, &left, &at, ci))
			return diag_fail(d, -EINVAL, "no instruction at 0x%llx", (unsigned long long)at);
		translate(&insns[nr++], ci);
	}
	*ret = (struct code){ .insns = steal_ptr(insns), .nr = nr, .va = va, .end_va = va + sz };
	return 0;
}

void code__free(struct code *c)
{
	free(c->insns);
	*c = (struct code){ 0 };
}

size_t code__find(const struct code *c, uint64_t va)
{
	size_t lo = 0, hi = c->nr;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (c->insns[mid].va < va)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < c->nr && c->insns[lo].va == va ? lo : c->nr;
}

bool disasm_text(const uint8_t *bytes, size_t sz, uint64_t va, char *buf, size_t buf_sz)
{
	csh h auto_cleanup(close_engine) = 0;
	cs_insn *ci auto_cleanup(free_scratch) = NULL;

	if (buf_sz)
		buf[0] = '\0';
	if (!open_engine(&h) || !(ci = cs_malloc(h)) || !cs_disasm_iter(h, &bytes, &sz, &va, ci))
		return false;
	snprintf(buf, buf_sz, "%s%s%s", ci->mnemonic, ci->op_str[0] ? " " : "", ci->op_str);
	return true;
}
