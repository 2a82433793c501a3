// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the call stacks of parked goroutines: from g.sched by the chain of saved frame pointers, which Go keeps
 * in every function since 1.17 on both architectures ([bp] is the caller's bp, [bp+8] the return address).
 * Every step must stay within the goroutine's stack and go upwards, so a damaged chain ends. It never guesses
 * a frame. (On arm64 before Go 1.21 the chain of a stack that has grown leads outside, and ends early.)
 */
#include "proc/gwalk_internal.h"

static bool in_stack(const struct gw_goroutine *g, uint64_t bp)
{
	return bp >= g->state.sp && bp >= g->state.stack_lo && bp % 8 == 0 && g->state.stack_hi >= 16 &&
	       bp <= g->state.stack_hi - 16;
}

static void push_pc(const struct gw_batch *b, struct gw_goroutine *g, uint64_t pc)
{
	if (g->nr_pcs < b->ctx->stack_depth) {
		g->pcs[g->nr_pcs++] = pc;
		return;
	}
	g->stack_cut = true;
	g->bp = 0;
}

/* Follows the chain as far as the bytes that were read go. */
static void follow_frames(struct gw_batch *b, struct gw_goroutine *g, const struct memory_read *r)
{
	while (g->bp && !g->stack_broken && g->bp - r->addr <= r->size - 16) {
		uint64_t off = g->bp - r->addr;
		uint64_t caller_bp = gw_field(r, (uint16_t)off, 8);
		uint64_t return_pc = gw_field(r, (uint16_t)(off + 8), 8);

		if (!return_pc || (caller_bp && (caller_bp <= g->bp || !in_stack(g, caller_bp))))
			g->stack_broken = true;
		g->bp = caller_bp;
		if (return_pc)
			push_pc(b, g, return_pc);
	}
}

static void start_stack(struct gw_batch *b, struct gw_goroutine *g)
{
	g->bp = 0;
	if (g->outcome != GW_PARKED || !b->ctx->stack_depth)
		return;
	if (g->state.pc)
		push_pc(b, g, g->state.pc);
	g->bp = g->state.bp;
	g->stack_broken = !g->state.pc || !in_stack(g, g->bp);
}

/* The bytes from the frame at bp up to the end of the stack, at most a piece. */
static size_t piece_size(const struct gw_batch *b, const struct gw_goroutine *g)
{
	uint64_t left = g->state.stack_hi - g->bp;

	return left < b->piece_sz ? (size_t)left : b->piece_sz;
}

int gw_read_stacks(struct gw_batch *b)
{
	for (size_t i = 0; i < b->nr; i++)
		start_stack(b, &b->g[i]);
	for (;;) {
		size_t n = 0;
		int err;

		for (size_t i = 0; i < b->nr; i++) {
			struct gw_goroutine *g = &b->g[i];

			if (g->bp && !g->stack_broken)
				gw_read_later(b, n++, g->bp, piece_size(b, g), (uint32_t)i);
		}
		if (!n)
			return 0;
		err = process_read_many(b->ctx->process->pid, b->reads, n);
		if (err)
			return err;
		for (size_t i = 0; i < n; i++) {
			if (b->reads[i].ok)
				follow_frames(b, &b->g[b->owners[i]], &b->reads[i]);
			else
				b->g[b->owners[i]].stack_broken = true;
		}
	}
}
