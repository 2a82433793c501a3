// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the meaning of instructions: the symbolic state after each. Only what the planner needs is modelled; of
 * everything else it is known what it overwrites, and that becomes unknown.
 */
#include "gobin/symex.h"

#include <errno.h>
#include <string.h>

static const struct sym unknown = { .kind = SYM_UNKNOWN };

static struct sym constant(int64_t value)
{
	return (struct sym){ .kind = SYM_CONST, .value = value };
}

/* The low bits of a value, zero-extended, as a move of that width leaves them in a register. */
static struct sym narrow(struct sym s, uint32_t sz)
{
	if (sz >= 8)
		return s;
	if (s.kind == SYM_CONST)
		return constant((int64_t)((uint64_t)s.value & ((1ULL << (sz * 8)) - 1)));
	if ((s.kind == SYM_REG && s.value == 0) || s.kind == SYM_SLOT) {
		if (s.bits > sz * 8)
			s.bits = (uint8_t)(sz * 8);
		return s;
	}
	return unknown;
}

static struct sym add(struct sym s, int64_t n)
{
	if (s.kind == SYM_CONST || s.kind == SYM_STACK || (s.kind == SYM_REG && s.bits == 64)) {
		s.value = (int64_t)((uint64_t)s.value + (uint64_t)n);
		return s;
	}
	return n ? unknown : s;
}

bool sym_slot_of(const struct sym_state *st, const struct operand *op, int64_t *ret_off)
{
	struct sym at;

	if (op->kind != OPERAND_MEM || op->foreign || op->base == INSN_NO_REG)
		return false;
	at = add(st->reg[op->base], op->value);
	if (at.kind != SYM_STACK)
		return false;
	*ret_off = at.value;
	return true;
}

/* An index makes a slot of the stack any slot. */
static bool anywhere_on_stack(const struct sym_state *st, const struct operand *op)
{
	if (op->kind != OPERAND_MEM || op->foreign)
		return false;
	if (op->index == INSN_NO_REG)
		return false;
	return (op->base != INSN_NO_REG && st->reg[op->base].kind == SYM_STACK) || st->reg[op->index].kind == SYM_STACK;
}

static struct sym load(const struct sym_state *st, const struct operand *op, const struct sym_frame *f)
{
	int64_t off;

	if (anywhere_on_stack(st, op) || !sym_slot_of(st, op, &off) || !sym_frame_keeps(f, off))
		return unknown;
	return sym_state__load(st, off, op->size);
}

static int store(struct sym_state *st, const struct operand *op, struct sym value, const struct sym_frame *f)
{
	int64_t off;

	if (anywhere_on_stack(st, op))
		return -EINVAL;
	if (!sym_slot_of(st, op, &off))
		return 0; /* not the stack: no pointer to a slot that we trust is ever handed out */
	if (!op->size)
		return -EINVAL;
	if (!sym_frame_keeps(f, off) && !sym_frame_keeps(f, off + op->size - 1))
		return 0;
	return sym_state__store(st, off, op->size, value);
}

static struct sym value_of(const struct sym_state *st, const struct operand *op, const struct sym_frame *f)
{
	switch (op->kind) {
	case OPERAND_REG:
		return op->reg == INSN_NO_REG || op->high ? unknown : narrow(st->reg[op->reg], op->size);
	case OPERAND_IMM:
		return constant(op->value);
	case OPERAND_MEM:
		return load(st, op, f);
	default:
		return unknown;
	}
}

static void set_reg(struct sym_state *st, const struct operand *op, struct sym value)
{
	/* a write of 32 bits clears the upper half, one of 8 or 16 leaves the rest as it was */
	if (op->reg != INSN_NO_REG)
		st->reg[op->reg] = op->size >= 4 ? narrow(value, op->size) : unknown;
}

static int assign(struct sym_state *st, const struct operand *to, struct sym value, const struct sym_frame *f)
{
	if (to->kind == OPERAND_REG)
		set_reg(st, to, value);
	else if (to->kind == OPERAND_MEM)
		return store(st, to, narrow(value, to->size), f);
	return 0;
}

static struct sym address_of(const struct sym_state *st, const struct operand *op)
{
	if (op->kind != OPERAND_MEM || op->foreign || op->index != INSN_NO_REG || op->base == INSN_NO_REG)
		return unknown;
	return add(st->reg[op->base], op->value);
}

static bool same_reg(const struct insn *in)
{
	return in->op[0].kind == OPERAND_REG && in->op[1].kind == OPERAND_REG && in->op[0].reg == in->op[1].reg &&
	       in->op[0].reg != INSN_NO_REG && in->op[0].size >= 4 && in->op[1].size == in->op[0].size;
}

/* Everything that the instruction changes becomes unknown. */
static int clobber(struct sym_state *st, const struct insn *in, const struct sym_frame *f)
{
	for (uint8_t i = 0; i < in->nr_ops; i++)
		if (in->op[i].kind == OPERAND_MEM && in->op[i].written && store(st, &in->op[i], unknown, f))
			return -EINVAL;
	for (uint8_t r = 0; r < SYM_NR_REGS; r++)
		if (in->writes & (1u << r))
			st->reg[r] = unknown;
	return 0;
}

static int step_sum(struct sym_state *st, const struct insn *in, const struct sym_frame *f)
{
	const struct operand *to = &in->op[0];
	int64_t n = 1;

	if (in->id == INSN_ADD || in->id == INSN_SUB) {
		if (in->op[1].kind != OPERAND_IMM)
			return clobber(st, in, f);
		n = in->op[1].value;
	}
	if (in->id == INSN_SUB || in->id == INSN_DEC)
		n = (int64_t)(0 - (uint64_t)n);
	if (to->kind != OPERAND_REG || to->size != 8 || to->reg == INSN_NO_REG)
		return clobber(st, in, f);
	st->reg[to->reg] = add(st->reg[to->reg], n);
	return 0;
}

static int step_push(struct sym_state *st, const struct insn *in, const struct sym_frame *f)
{
	const struct operand slot = { .kind = OPERAND_MEM, .size = 8, .base = CS_RSP, .index = INSN_NO_REG };
	struct sym value = value_of(st, &in->op[0], f);

	st->reg[CS_RSP] = add(st->reg[CS_RSP], -8);
	return store(st, &slot, value, f);
}

static int step_pop(struct sym_state *st, const struct insn *in, const struct sym_frame *f)
{
	const struct operand slot = { .kind = OPERAND_MEM, .size = 8, .base = CS_RSP, .index = INSN_NO_REG };
	struct sym value = load(st, &slot, f);

	st->reg[CS_RSP] = add(st->reg[CS_RSP], 8);
	return assign(st, &in->op[0], value, f);
}

/* test r,r and cmp r,0: what je and jne then ask. */
static struct sym tested_by(const struct sym_state *st, const struct insn *in)
{
	const struct operand *a = &in->op[0], *b = &in->op[1];

	if (in->nr_ops != 2 || a->kind != OPERAND_REG || a->size != 8 || a->reg == INSN_NO_REG)
		return unknown;
	if (in->id == INSN_TEST ? !same_reg(in) : b->kind != OPERAND_IMM || b->value != 0)
		return unknown;
	return st->reg[a->reg];
}

static bool keeps_flags(const struct insn *in)
{
	return in->id == INSN_MOV || in->id == INSN_MOVZX || in->id == INSN_LEA || in->id == INSN_NOP ||
	       in->id == INSN_PUSH || in->id == INSN_POP || in->flow == FLOW_JUMP || in->flow == FLOW_BRANCH;
}

int sym_step(struct sym_state *st, const struct insn *in, const struct sym_frame *f)
{
	if (in->id == INSN_TEST || in->id == INSN_CMP)
		st->tested = tested_by(st, in);
	else if (!keeps_flags(in))
		st->tested = unknown;
	switch (in->id) {
	case INSN_NOP:
	case INSN_TEST:
	case INSN_CMP:
		return 0;
	case INSN_MOV:
	case INSN_MOVZX:
		return assign(st, &in->op[0], value_of(st, &in->op[1], f), f);
	case INSN_LEA:
		return assign(st, &in->op[0], address_of(st, &in->op[1]), f);
	case INSN_PUSH:
		return step_push(st, in, f);
	case INSN_POP:
		return step_pop(st, in, f);
	case INSN_ADD:
	case INSN_SUB:
	case INSN_INC:
	case INSN_DEC:
		return step_sum(st, in, f);
	case INSN_XOR:
		if (!same_reg(in))
			return clobber(st, in, f);
		st->reg[in->op[0].reg] = constant(0);
		return 0;
	default:
		return clobber(st, in, f);
	}
}

void sym_call(struct sym_state *st, const char *callee)
{
	struct sym sp = st->reg[CS_RSP], bp = st->reg[CS_RBP];

	st->tested = unknown;
	/*
	 * The write barriers keep all general registers; since go1.21 they return the buffer in r11:
	 * https://github.com/golang/go/blob/go1.26.0/src/runtime/asm_amd64.s (gcWriteBarrier)
	 */
	if (callee && !strncmp(callee, "runtime.gcWriteBarrier", strlen("runtime.gcWriteBarrier"))) {
		st->reg[CS_R11] = unknown;
		return;
	}
	memset(st->reg, 0, sizeof(st->reg)); /* SYM_UNKNOWN */
	st->reg[CS_RSP] = sp;
	st->reg[CS_RBP] = bp; /* saved by the callee in both of Go's ABIs */
}
