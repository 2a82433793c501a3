// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the world as a whole: its making, its end, and the feed through which everything comes in. Given what a
 * capture delivers; what each record means is told in world_apply.c.
 */
#include "model/world_impl.h"

#include <stdlib.h>
#include <string.h>

void *world_alloc(struct world *w, size_t size)
{
	void *p = calloc(1, size);

	if (!p)
		world_no_memory(w);
	return p;
}

struct slot *world_slot(struct world *w, struct table *t, uint64_t k1, uint64_t k2)
{
	struct slot *s = table__get(t, k1, k2);

	if (!s)
		world_no_memory(w);
	return s;
}

static void init_lists(struct world *w)
{
	struct link *const heads[] = {
		&w->processes,	&w->channels,	 &w->live,     &w->ended,   &w->groups, &w->waits,
		&w->exit_waits, &w->spare_waits, &w->op_stats, &w->selects, &w->flows,
	};

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		link_init(heads[i]);
}

struct world *world__new(const struct world_opts *opts)
{
	struct world *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->view = calloc(1, sizeof(*w->view));
	if (!w->view) {
		free(w);
		return NULL;
	}
	w->max_channels = opts && opts->max_channels ? opts->max_channels : WORLD_DEFAULT_MAX_CHANNELS;
	w->evict_at = w->max_channels;
	w->want_flows = opts && opts->flows;
	init_lists(w);
	return w;
}

static void free_stacks(struct world *w)
{
	for (size_t i = 0; i < w->stacks.nr_slots; i++)
		free(w->stacks.slots[i].value);
	table__clear(&w->stacks);
}

void world__free(struct world *w)
{
	struct link *l, *n;

	if (!w)
		return;
	link_for_each(l, n, &w->channels) chan__free(link_entry(l, struct chan, order));
	table__clear(&w->by_addr);
	wait__free_all(w);
	stats__free_all(w);
	flows__free_all(w);
	groups__free_all(w);
	proc__free_all(w);
	free_stacks(w);
	free(w->view);
	free(w);
}

static void on_start(void *ctx, const struct feed_start *s)
{
	struct world *w = ctx;

	w->start = *s;
	if (s->mono_ns > w->now_ns)
		w->now_ns = s->mono_ns;
	w->view->fresh = false;
}

static void on_process(void *ctx, const struct feed_process *p)
{
	struct world *w = ctx;

	proc__announce(w, p);
	w->view->fresh = false;
}

static void on_process_end(void *ctx, uint32_t pid, uint64_t time_ns, enum process_end why)
{
	struct world *w = ctx;

	if (time_ns > w->now_ns)
		w->now_ns = time_ns;
	proc__end(w, pid, time_ns, why);
	w->view->fresh = false;
}

static void on_stack(void *ctx, uint64_t id, const uint64_t *pcs, uint32_t nr)
{
	struct world *w = ctx;
	struct slot *s = world_slot(w, &w->stacks, id, 1);
	struct stack *st;

	if (!s || s->value)
		return;
	st = world_alloc(w, sizeof(*st) + nr * sizeof(st->pcs[0]));
	if (!st) {
		table__delete(&w->stacks, s);
		return;
	}
	st->nr = nr;
	if (nr)
		memcpy(st->pcs, pcs, nr * sizeof(st->pcs[0]));
	s->value = st;
}

static void on_event(void *ctx, const struct cs_event *e)
{
	world_apply(ctx, e);
}

static void on_overflow(void *ctx, uint32_t pid, uint64_t chan, const uint64_t nr[CS_NR_KINDS])
{
	world_overflow(ctx, pid, chan, nr);
}

static void on_traps(void *ctx, uint32_t pid, uint64_t nr)
{
	struct proc *p = proc__newest(ctx, pid);

	if (p)
		p->pub.traps = nr;
}

static void on_losses(void *ctx, const uint64_t nr[CS_NR_LOSSES])
{
	struct world *w = ctx;

	memcpy(w->losses, nr, sizeof(w->losses));
}

static void on_end(void *ctx, uint64_t mono_ns)
{
	struct world *w = ctx;

	if (mono_ns > w->now_ns)
		w->now_ns = mono_ns;
	w->view->fresh = false;
}

struct feed world__feed(struct world *w)
{
	static const struct feed_ops ops = {
		.start = on_start,
		.process = on_process,
		.process_end = on_process_end,
		.stack = on_stack,
		.event = on_event,
		.overflow = on_overflow,
		.traps = on_traps,
		.losses = on_losses,
		.end = on_end,
	};

	return (struct feed){ .ops = &ops, .ctx = w };
}

const uint64_t *world__stack(const struct world *w, uint64_t id, uint32_t *ret_nr)
{
	struct slot *s = table__find(&w->stacks, id, 1);
	const struct stack *st = s ? s->value : NULL;

	*ret_nr = st ? st->nr : 0;
	return st ? st->pcs : NULL;
}
