// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the walk over the control-flow graph until the states before all blocks settle, and what it tells about the
 * stack frame. It is given code of an untrusted file: everything that it can't follow is an error, and the walk is
 * bounded.
 */
#include "gobin/symex.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define MAX_VISITS_PER_BLOCK 400 /* a state can lose something about 100 times */

struct queue {
	uint32_t *blocks; /* ring of size nr */
	uint8_t *waiting;
	uint32_t nr, head, used;
};

static void queue_free(struct queue *q)
{
	free(q->blocks);
	free(q->waiting);
}

static bool queue_init(struct queue *q, uint32_t nr)
{
	*q = (struct queue){ .blocks = calloc(nr, sizeof(*q->blocks)), .waiting = calloc(nr, 1), .nr = nr };
	return q->blocks && q->waiting;
}

static void queue_push(struct queue *q, uint32_t b)
{
	if (q->waiting[b])
		return;
	q->waiting[b] = 1;
	q->blocks[(q->head + q->used++) % q->nr] = b;
}

static uint32_t queue_pop(struct queue *q)
{
	uint32_t b = q->blocks[q->head];

	q->head = (q->head + 1) % q->nr;
	q->used--;
	q->waiting[b] = 0;
	return b;
}

static int fail_at(struct diag *d, const struct insn *in, const char *what)
{
	return diag_fail(d, -EINVAL, "the code at 0x%llx %s", (unsigned long long)in->va, what);
}

static int step_through(const struct symex *sx, struct sym_state *st, uint32_t first, uint32_t end, struct diag *d)
{
	for (uint32_t i = first; i < end; i++) {
		const struct insn *in = &sx->cfg->code.insns[i];
		int r = sym_step(st, in, &sx->frame);

		if (r)
			return fail_at(d, in,
				       r == -E2BIG ? "uses too many stack slots" : "stores anywhere on the stack");
		if (st->reg[CS_RSP].kind != SYM_STACK)
			return fail_at(d, in, "moves the stack pointer in a way that can't be followed");
	}
	return 0;
}

static int arrive(struct symex *sx, struct queue *q, uint32_t to, const struct sym_state *st, struct diag *d)
{
	const struct insn *in = &sx->cfg->code.insns[sx->cfg->blocks[to].first];
	bool changed = true;

	if (!sx->reached[to]) {
		sx->reached[to] = 1;
		sx->at[to] = *st;
	} else {
		if (sym_state__join(&sx->at[to], st, &changed))
			return fail_at(d, in, "uses too many stack slots");
		if (sx->at[to].reg[CS_RSP].kind != SYM_STACK)
			return fail_at(d, in, "is reached with different stack pointers");
	}
	if (changed)
		queue_push(q, to);
	return 0;
}

/* What a conditional jump on "is it zero?" tells on one of its edges. False: the edge is never taken. */
static bool refine(struct sym_state *st, uint8_t cc, bool taken)
{
	enum { CC_E = 4, CC_NE = 5 };
	uint8_t nil;

	if ((cc != CC_E && cc != CC_NE) || !sym_is_reg(st->tested, CS_RAX, 0))
		return true;
	nil = (cc == CC_E) == taken ? SYM_NIL_YES : SYM_NIL_NO;
	if (st->nil != SYM_NIL_MAYBE && st->nil != nil)
		return false;
	st->nil = nil;
	return true;
}

static int leave(struct symex *sx, struct queue *q, uint32_t b, struct sym_state *st, struct diag *d)
{
	const struct block *block = &sx->cfg->blocks[b];
	const struct insn *in = cfg__last(sx->cfg, b);
	struct sym_state taken;

	switch (block->end) {
	case BLOCK_CALLS:
		sym_call(st, block->callee);
		return arrive(sx, q, block->next[0], st, d);
	case BLOCK_FALLS:
	case BLOCK_JUMPS:
		return arrive(sx, q, block->next[0], st, d);
	case BLOCK_BRANCHES:
		taken = *st;
		if (refine(&taken, in->cc, true) && arrive(sx, q, block->next[1], &taken, d))
			return d ? d->err : -EINVAL;
		return refine(st, in->cc, false) ? arrive(sx, q, block->next[0], st, d) : 0;
	case BLOCK_RETURNS:
	case BLOCK_RESTARTS:
		return st->reg[CS_RSP].value ? fail_at(d, in, "leaves without restoring the stack pointer") : 0;
	case BLOCK_LOST:
		return fail_at(d, in, "goes where it can't be followed");
	default:
		return 0;
	}
}

static int visit(struct symex *sx, struct queue *q, uint32_t b, struct diag *d)
{
	const struct block *block = &sx->cfg->blocks[b];
	const struct insn *in = &sx->cfg->code.insns[block->last];
	/* calls and returns move the stack pointer only for as long as the callee runs */
	uint32_t end = block->last + (in->flow == FLOW_NEXT);
	struct sym_state st = sx->at[b];

	if (step_through(sx, &st, block->first, end, d))
		return -EINVAL;
	return leave(sx, q, b, &st, d);
}

int symex__run_from(const struct cfg *g, uint32_t block, const struct sym_state *start, const struct sym_frame *frame,
		    struct symex *ret, struct diag *d)
{
	struct symex sx auto_cleanup(symex__free) = { .cfg = g, .frame = *frame };
	struct queue q auto_cleanup(queue_free) = { 0 };
	uint64_t visits = 0;

	if (block >= g->nr)
		return diag_fail(d, -EINVAL, "the function at 0x%llx is empty", (unsigned long long)g->code.va);
	sx.at = calloc(g->nr, sizeof(*sx.at));
	sx.reached = calloc(g->nr, 1);
	if (!sx.at || !sx.reached || !queue_init(&q, g->nr))
		return diag_fail(d, -ENOMEM, "no memory to follow the code at 0x%llx", (unsigned long long)g->code.va);
	sx.at[block] = *start;
	sx.reached[block] = 1;
	queue_push(&q, block);
	while (q.used) {
		uint32_t b = queue_pop(&q);

		if (visit(&sx, &q, b, d))
			return -EINVAL;
		if (++visits > (uint64_t)MAX_VISITS_PER_BLOCK * g->nr)
			return fail_at(d, &g->code.insns[0], "does not settle");
	}
	*ret = sx;
	sx.at = NULL;
	sx.reached = NULL;
	return 0;
}

void symex__free(struct symex *sx)
{
	free(sx->at);
	free(sx->reached);
	sx->at = NULL;
	sx->reached = NULL;
}

void symex__before_last(const struct symex *sx, uint32_t block, struct sym_state *ret)
{
	const struct block *b = &sx->cfg->blocks[block];

	*ret = sx->at[block];
	step_through(sx, ret, b->first, b->last, NULL); /* it went well once */
}
