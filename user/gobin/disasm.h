/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Machine code of one function as a list of instructions, reduced to what the planner has to know of
 * each: where it goes, what it reads and writes. amd64 only.
 */
#ifndef CHANSCOPE_GOBIN_DISASM_H
#define CHANSCOPE_GOBIN_DISASM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "site.h"

#define INSN_NO_REG 0xff
#define INSN_MAX_OPS 4
#define DISASM_MAX_CODE (32 * 1024) /* bytes of one function; selectgo, the largest of interest, has 6 KB */

enum insn_id {
	INSN_OTHER = 0, /* not modelled: only what it writes is known */
	INSN_MOV,
	INSN_MOVZX,
	INSN_LEA,
	INSN_PUSH,
	INSN_POP,
	INSN_ADD,
	INSN_SUB,
	INSN_INC,
	INSN_DEC,
	INSN_XOR,
	INSN_TEST,
	INSN_CMP,
	INSN_NOP,
};

enum insn_flow {
	FLOW_NEXT = 0, /* goes on to the next instruction */
	FLOW_CALL,     /* target: the callee, 0 if indirect */
	FLOW_JUMP,     /* target: where to */
	FLOW_BRANCH,   /* conditional jump to target, condition code in cc */
	FLOW_RETURN,
	FLOW_TRAP,  /* ud2: never passed */
	FLOW_OTHER, /* an indirect jump, a loop instruction, int3: not followed */
};

enum operand_kind { OPERAND_NONE = 0, OPERAND_REG, OPERAND_IMM, OPERAND_MEM, OPERAND_OTHER };

struct operand {
	uint8_t kind;  /* enum operand_kind */
	uint8_t size;  /* bytes; MEM: 0 if a string store reaches any number of them */
	uint8_t reg;   /* REG: enum cs_reg, INSN_NO_REG if no general register */
	bool high;     /* REG: ah, bh, ch, dh */
	bool written;  /* the instruction changes it */
	bool foreign;  /* MEM: relative to rip or to a segment, so never on the stack */
	uint8_t base;  /* MEM: enum cs_reg or INSN_NO_REG */
	uint8_t index; /* MEM: enum cs_reg or INSN_NO_REG */
	int64_t value; /* IMM: the value, sign-extended; MEM: displacement */
};

struct insn {
	uint64_t va;
	uint64_t target; /* FLOW_CALL, FLOW_JUMP, FLOW_BRANCH */
	uint16_t writes; /* general registers that it changes, bit by enum cs_reg */
	uint8_t sz;	 /* bytes */
	uint8_t id;	 /* enum insn_id */
	uint8_t flow;	 /* enum insn_flow */
	uint8_t cc;	 /* FLOW_BRANCH: condition code as in the opcode */
	uint8_t nr_ops;
	struct operand op[INSN_MAX_OPS];
};

struct code {
	struct insn *insns; /* in ascending address, without gaps */
	size_t nr;
	uint64_t va, end_va;
};

/*
 * Decodes the sz bytes at bytes (borrowed for the call), which lie at va. Fails with -EINVAL where they are no
 * instruction, with -EFBIG beyond DISASM_MAX_CODE. The caller frees by code__free.
 */
int disasm_code(const uint8_t *bytes, size_t sz, uint64_t va, struct code *ret, struct diag *d);
void code__free(struct code *c);

/* The index of the instruction that starts at va; c->nr if none does. */
size_t code__find(const struct code *c, uint64_t va);

/* The text of the one instruction at bytes, "call 0x41b220"; false if it is none. */
bool disasm_text(const uint8_t *bytes, size_t sz, uint64_t va, char *buf, size_t buf_sz);

#endif
