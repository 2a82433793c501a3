// SPDX-License-Identifier: Apache-2.0
/*
 * Owns what is known of a function's stack frame: where its locals begin, and from which on a pointer to them is
 * handed out. Go lays a frame out from below as: arguments and results of callees, which callees overwrite; locals
 * and spilled registers; the saved frame pointer; the return address; and in the caller's frame the spill area of the
 * register arguments (https://github.com/golang/go/blob/go1.26.0/src/cmd/compile/abi-internal.md).
 */
#include "gobin/symex.h"

#include <errno.h>
#include <string.h>

#define MAX_FRAME_SZ SYM_MAX_FRAME_SZ

enum { STORED = 1, LOADED = 2, WORD_STORED = 4, POINTED_TO = 8 };

struct facts {
	uint8_t local[MAX_FRAME_SZ];	 /* index: -1 - offset */
	uint8_t nr_stores[MAX_FRAME_SZ]; /* instructions that store this byte, at most 2 */
	int64_t body_sp;		 /* the stack pointer at calls; 1: none seen */
	int64_t escape_off, arg_escape_off;
};

static bool in_frame(int64_t off)
{
	return off < 0 && off >= -MAX_FRAME_SZ;
}

static void note_store(struct facts *f, int64_t off, uint8_t sz)
{
	int64_t end = sz ? off + sz : 0; /* a string store: everything above */

	if (in_frame(off) && sz == 8)
		f->local[-1 - off] |= WORD_STORED;
	for (; off < end; off++)
		if (in_frame(off) && f->nr_stores[-1 - off] < 2)
			f->nr_stores[-1 - off]++;
}

static void note_access(struct facts *f, const struct sym_state *st, const struct operand *op, unsigned int how)
{
	int64_t off;

	if (!sym_slot_of(st, op, &off))
		return;
	if (in_frame(off))
		f->local[-1 - off] |= (uint8_t)how;
	if (how & STORED)
		note_store(f, off, op->size);
}

static void note_accesses(struct facts *f, const struct sym_state *st, const struct insn *in)
{
	const struct operand stack_top = { .kind = OPERAND_MEM, .size = 8, .base = CS_RSP, .index = INSN_NO_REG };

	if (in->id == INSN_LEA || in->id == INSN_NOP)
		return;
	if (in->id == INSN_POP)
		note_access(f, st, &stack_top, LOADED);
	for (uint8_t i = 0; i < in->nr_ops; i++) {
		bool only_written = in->id == INSN_MOV && i == 0;

		note_access(f, st, &in->op[i],
			    (in->op[i].written ? STORED : 0u) | (only_written ? 0u : (unsigned int)LOADED));
	}
}

/*
 * A register that holds the address of a slot hands it out; the frame pointer does not. Nor does what lies below the
 * stack pointer: the prologue of a large frame compares that with the end of the stack.
 */
static void note_escapes(struct facts *f, const struct sym_state *st, const struct insn *in)
{
	for (uint8_t r = 0; r < SYM_NR_REGS; r++) {
		struct sym s = st->reg[r];

		if (!(in->writes & (1u << r)) || r == CS_RSP || s.kind != SYM_STACK || (r == CS_RBP && s.value == -8) ||
		    s.value < st->reg[CS_RSP].value)
			continue;
		if (in_frame(s.value))
			f->local[-1 - s.value] |= POINTED_TO;
		if (s.value < 0 && s.value < f->escape_off)
			f->escape_off = s.value;
		if (s.value >= 0 && s.value < f->arg_escape_off)
			f->arg_escape_off = s.value;
	}
}

static int note_call(struct facts *f, const struct sym_state *st, const struct block *b, const struct insn *in,
		     struct diag *d)
{
	int64_t sp = st->reg[CS_RSP].value;

	if (b->end != BLOCK_CALLS || (b->callee && !strncmp(b->callee, "runtime.morestack", 17)))
		return 0;
	if (f->body_sp != 1 && f->body_sp != sp)
		return diag_fail(d, -EINVAL, "the code at 0x%llx calls with another stack pointer than before",
				 (unsigned long long)in->va);
	f->body_sp = sp;
	return 0;
}

static int note_block(struct facts *f, const struct symex *sx, uint32_t b, struct diag *d)
{
	const struct block *block = &sx->cfg->blocks[b];
	struct sym_state st = sx->at[b];

	for (uint32_t i = block->first; i <= block->last; i++) {
		const struct insn *in = &sx->cfg->code.insns[i];

		if (in->flow == FLOW_CALL)
			return note_call(f, &st, block, in, d);
		note_accesses(f, &st, in);
		if (in->flow != FLOW_NEXT)
			return 0;
		sym_step(&st, in, &sx->frame); /* it went well once */
		if (in->id == INSN_PUSH && in_frame(st.reg[CS_RSP].value)) {
			f->local[-1 - st.reg[CS_RSP].value] |= STORED;
			note_store(f, st.reg[CS_RSP].value, 8);
		}
		note_escapes(f, &st, in);
	}
	return 0;
}

/*
 * A slot that is both stored and loaded is a local of the function; the lowest one ends the area of callees. The
 * word at the stack pointer itself never counts: an assembly function's argument and another one's result may meet
 * there.
 */
static int32_t first_local(const struct facts *f)
{
	int64_t lowest = f->body_sp == 1 ? -MAX_FRAME_SZ : f->body_sp + 8;

	for (int64_t off = lowest < -MAX_FRAME_SZ ? -MAX_FRAME_SZ : lowest; off < 0; off++)
		if ((f->local[-1 - off] & (STORED | LOADED)) == (STORED | LOADED))
			return (int32_t)off;
	return 0;
}

/*
 * A word that one instruction alone stores, that is loaded again and that no pointer is made to, is a register spilled:
 * the compiler spills a value once. It is no part of a variable below it to which there is a pointer.
 */
static void find_spills(const struct facts *f, struct sym_frame *ret)
{
	for (unsigned int i = 7; i < MAX_FRAME_SZ; i++) {
		bool alone = (f->local[i] & (LOADED | WORD_STORED)) == (LOADED | WORD_STORED);

		for (unsigned int k = 0; k < 8; k++)
			alone = alone && f->nr_stores[i - k] == 1 && !(f->local[i - k] & POINTED_TO);
		if (alone)
			ret->spills[i / 64] |= 1ULL << (i % 64);
	}
}

int symex__run(const struct cfg *g, struct symex *ret, struct diag *d)
{
	/* nothing is kept: enough to follow the stack pointer and to see what the frame is used for */
	const struct sym_frame nothing = { .locals_off = INT32_MAX };
	struct facts f = { .body_sp = 1, .escape_off = 0, .arg_escape_off = INT32_MAX };
	struct sym_frame frame;
	struct sym_state start;
	struct symex first;
	int err = 0;

	sym_state__enter(&start);
	if (symex__run_from(g, 0, &start, &nothing, &first, d))
		return -EINVAL;
	for (uint32_t b = 0; b < g->nr && !err; b++)
		if (first.reached[b])
			err = note_block(&f, &first, b, d);
	symex__free(&first);
	if (err)
		return err;
	if (f.body_sp < -MAX_FRAME_SZ)
		return diag_fail(d, -EINVAL, "the function at 0x%llx has a stack frame of more than %d bytes",
				 (unsigned long long)g->code.va, MAX_FRAME_SZ);
	frame = (struct sym_frame){ .locals_off = first_local(&f),
				    .escape_off =
					    (int32_t)(f.escape_off < -MAX_FRAME_SZ ? -MAX_FRAME_SZ : f.escape_off),
				    .arg_escape_off = (int32_t)f.arg_escape_off };
	find_spills(&f, &frame);
	return symex__run_from(g, 0, &start, &frame, ret, d);
}
