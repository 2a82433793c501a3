// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the records that the goroutine walk makes: what a probe would have given when the goroutine parked, with
 * CS_F_WALKED. Is given a goroutine that was read and found unchanged. Never reads the process.
 */
#include "proc/gwalk_internal.h"
#include "stack_hash.h"

static uint32_t clamp_u32(uint64_t n)
{
	return n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
}

/* Tells the feed about the stack, unless it was told lately. Returns the id. */
static uint64_t announce_stack(struct gw_context *ctx, const struct gw_goroutine *g)
{
	uint64_t *lately, id = cs_stack_hash_init();

	for (uint32_t i = 0; i < g->nr_pcs; i++)
		id = cs_stack_hash_step(id, g->pcs[i]);
	id = cs_stack_hash_final(id, g->nr_pcs);
	lately = &ctx->announced[id % (sizeof(ctx->announced) / sizeof(ctx->announced[0]))];
	if (*lately != id && ctx->feed->ops->stack)
		ctx->feed->ops->stack(ctx->feed->ctx, id, g->pcs, g->nr_pcs);
	*lately = id;
	return id;
}

static void fill_channel(struct cs_event *e, const struct gw_case *c)
{
	e->chan = c->chan;
	e->aux = c->elemtype;
	e->len = clamp_u32(c->qcount);
	e->cap = clamp_u32(c->dataqsiz);
	e->elem_size = c->elem_size;
	e->flags |= (c->closed ? CS_F_CLOSED : 0) | (c->timer ? CS_F_TIMER : 0);
}

static void emit_select_cases(const struct gw_batch *b, const struct gw_goroutine *g, const struct cs_event *park)
{
	for (uint32_t i = g->first_case; i != GW_NO_CASE; i = b->cases[i].next) {
		struct cs_event e = *park;

		e.kind = CS_SELECT_CASE;
		fill_channel(&e, &b->cases[i]);
		if (b->cases[i].is_send)
			e.flags |= CS_F_DIR_SEND;
		b->ctx->feed->ops->event(b->ctx->feed->ctx, &e);
	}
}

static uint8_t kind_of(enum go_wait wait)
{
	switch (wait) {
	case GO_WAIT_SEND:
	case GO_WAIT_NIL_SEND:
		return CS_PARK_SEND;
	case GO_WAIT_RECV:
	case GO_WAIT_NIL_RECV:
		return CS_PARK_RECV;
	default:
		return CS_PARK_SELECT;
	}
}

void gw_emit(struct gw_batch *b, const struct gw_goroutine *g)
{
	struct gw_context *ctx = b->ctx;
	bool select = kind_of(g->wait) == CS_PARK_SELECT;
	struct cs_event e = { .time_ns = b->read_at_ns,
			      .goid = g->state.goid,
			      .pid = (uint32_t)ctx->process->pid,
			      .kind = kind_of(g->wait),
			      .flags = CS_F_WALKED,
			      .select_case = CS_NO_CASE,
			      .site = CS_NO_SITE };

	ctx->stats->parked++;
	ctx->stats->stacks_truncated += g->stack_cut;
	ctx->stats->stacks_unread += g->stack_broken;
	if (select && g->nr_cases > CS_MAX_SELECT_CASES)
		ctx->stats->select_cases_lost += g->nr_cases - CS_MAX_SELECT_CASES;
	if (!ctx->feed->ops->event)
		return;
	if (g->nr_pcs)
		e.stack = announce_stack(ctx, g);
	else if (ctx->stack_depth)
		e.flags |= CS_F_NO_STACK;
	if (select)
		e.aux = g->nr_cases;
	else if (g->first_case != GW_NO_CASE)
		fill_channel(&e, &b->cases[g->first_case]);
	ctx->feed->ops->event(ctx->feed->ctx, &e);
	if (select)
		emit_select_cases(b, g, &e);
}
