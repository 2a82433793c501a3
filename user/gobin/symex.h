/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Symbolic execution of one function: what is known of its registers and stack slots before each
 * instruction, over all paths that lead there. What paths disagree on is unknown; nothing is assumed.
 *
 * Stack slots are named by their distance from the stack pointer at the function's entry: the return
 * address is at 0, the saved frame pointer at -8, the caller's spill area for the arguments from 8 up.
 */
#ifndef CHANSCOPE_GOBIN_SYMEX_H
#define CHANSCOPE_GOBIN_SYMEX_H

#include "gobin/cfg.h"

#define SYM_NR_REGS 16
#define SYM_MAX_CELLS 64
#define SYM_MAX_FRAME_SZ 4096 /* bytes */

enum sym_kind {
	SYM_UNKNOWN = 0,
	SYM_CONST, /* value */
	SYM_REG,   /* what register reg held at the start, + value */
	SYM_STACK, /* the address of stack slot value */
	SYM_SLOT,  /* what stack slot value held at the start */
};

struct sym {
	uint8_t kind; /* enum sym_kind */
	uint8_t reg;  /* SYM_REG */
	uint8_t bits; /* REG, SLOT: this many low bits of it, zero-extended; 64: all */
	int64_t value;
};

static inline bool sym_equal(struct sym a, struct sym b)
{
	return a.kind == b.kind && a.reg == b.reg && a.bits == b.bits && a.value == b.value;
}

static inline bool sym_is_const(struct sym s, int64_t value)
{
	return s.kind == SYM_CONST && s.value == value;
}

/* All 64 bits of what reg held at the start, plus add? */
static inline bool sym_is_reg(struct sym s, uint8_t reg, int64_t add)
{
	return s.kind == SYM_REG && s.reg == reg && s.bits == 64 && s.value == add;
}

struct sym_cell {
	int32_t off;
	uint32_t sz; /* bytes */
	struct sym value;
};

/* What is known of the value that rax had at the start: Go's first argument. */
enum sym_nil { SYM_NIL_MAYBE = 0, SYM_NIL_YES, SYM_NIL_NO };

struct sym_state {
	struct sym reg[SYM_NR_REGS];
	struct sym tested; /* its being zero decides je and jne; SYM_UNKNOWN: something else does */
	uint8_t nil;	   /* enum sym_nil */
	uint8_t nr_cells;
	struct sym_cell cell[SYM_MAX_CELLS]; /* slots written since the start, ascending, apart from each other */
};

/* Which stack slots keep what the function stored in them. */
struct sym_frame {
	int32_t locals_off; /* slots below belong to callees: arguments and results */
	int32_t escape_off; /* a pointer to this local is handed out: it and those above may change … */
	uint64_t spills[SYM_MAX_FRAME_SZ / 64]; /* … but not these: bit by -1 - offset */
	int32_t arg_escape_off;			/* the same for slots at or above 0 */
};

struct symex {
	const struct cfg *cfg; /* borrowed */
	struct sym_frame frame;
	struct sym_state *at; /* before each block */
	uint8_t *reached;     /* by block */
};

/*
 * Executes the whole function from its entry. Fails with a sentence where it does what can't be followed (an
 * indirect jump, a stack pointer that paths disagree on) or what no Go compiler emits. g must outlive it.
 */
int symex__run(const struct cfg *g, struct symex *ret, struct diag *d);

/*
 * Executes from the start of a block on, with registers and slots as in start. frame comes from symex__run of
 * the same function.
 */
int symex__run_from(const struct cfg *g, uint32_t block, const struct sym_state *start, const struct sym_frame *frame,
		    struct symex *ret, struct diag *d);
void symex__free(struct symex *sx);

/* The state before the last instruction of a block that is reached. */
void symex__before_last(const struct symex *sx, uint32_t block, struct sym_state *ret);

/* --- the parts, in the order of their files --- */

/* State: every register as SYM_REG of itself, no slot written. */
void sym_state__enter(struct sym_state *st);
/* Keeps in st what other agrees on; *ret_changed tells whether something was lost. -E2BIG: too many slots. */
int sym_state__join(struct sym_state *st, const struct sym_state *other, bool *ret_changed);
int sym_state__store(struct sym_state *st, int64_t off, uint32_t sz, struct sym value);
struct sym sym_state__load(const struct sym_state *st, int64_t off, uint32_t sz);
bool sym_frame_keeps(const struct sym_frame *f, int64_t off);

/* Step: the state after one instruction other than a call; -E2BIG, or -EINVAL for a store that may go anywhere. */
int sym_step(struct sym_state *st, const struct insn *in, const struct sym_frame *f);
/* After a call to callee (NULL: anything). */
void sym_call(struct sym_state *st, const char *callee);
/* The stack slot that a memory operand is, as an address; false if it lies elsewhere. */
bool sym_slot_of(const struct sym_state *st, const struct operand *op, int64_t *ret_off);

#endif
