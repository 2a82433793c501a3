// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the statistics of stacks split up by channel and direction, kept only where they are wanted: over all flows of a
 * stack and operation each count adds up to that stack's own. Given what the others count; decides nothing itself.
 */
#include "model/world_impl.h"

#include <stdlib.h>

struct flow {
	struct flow_stat pub; /* view: wait_ns, still_parked */
	uint64_t wait_ns;     /* of waits that are over */
	struct op_stat *stat;
	enum direction dir;
	struct link order; /* world.flows */
	struct link peers; /* chan.flows; alone in those of no channel and of groups */
};

/* Keys must not be 0, and addresses of groups are below 2^63 in user space. */
static uint64_t key_of_chan(const struct chan *c, enum direction dir)
{
	return ((c ? c->id : 0) << 1 | (uint64_t)dir) + 1;
}

static uint64_t key_of_group(const struct channel *sum, enum direction dir)
{
	return (uint64_t)(uintptr_t)sum << 1 | (uint64_t)dir | 1ULL << 63;
}

static struct flow *flow_get(struct world *w, struct op_stat *st, uint64_t key, const struct channel *c,
			     enum direction dir)
{
	struct slot *s = world_slot(w, &w->by_flow, (uintptr_t)st, key);
	struct flow *f = s ? s->value : NULL;

	if (!s || f)
		return f;
	f = world_alloc(w, sizeof(*f));
	if (!f) {
		table__delete(&w->by_flow, s);
		return NULL;
	}
	f->pub = (struct flow_stat){
		.pid = st->pub.pid,
		.stack = st->pub.stack,
		.op = st->pub.op,
		.nil_chan = st->pub.nil_chan,
		.send = dir == DIR_SEND,
		.chan = c,
	};
	f->stat = st;
	f->dir = dir;
	s->value = f;
	link_init(&f->peers);
	link_append(&w->flows, &f->order);
	return f;
}

static struct flow *flow_of(struct world *w, struct op_stat *st, struct chan *c, enum direction dir)
{
	struct flow *f;

	if (!w->want_flows || !st)
		return NULL;
	/* Without a channel a direction is only told by the operation. */
	if (!c)
		dir = st->pub.op == STACK_SEND ? DIR_SEND : DIR_RECV;
	f = flow_get(w, st, key_of_chan(c, dir), c ? &c->pub : NULL, dir);
	if (f && c && f->peers.next == &f->peers)
		link_append(&c->flows, &f->peers);
	return f;
}

void flow__op(struct world *w, struct op_stat *st, struct chan *c, enum direction dir, enum flow_count what)
{
	struct flow *f = flow_of(w, st, c, dir);

	if (!f)
		return;
	f->pub.ops++;
	f->pub.blocked += what == FLOW_BLOCKED;
	f->pub.values += what == FLOW_VALUE;
}

void flow__fired(struct world *w, struct op_stat *st, struct chan *c, enum direction dir)
{
	struct flow *from = flow_of(w, st, NULL, dir), *to = flow_of(w, st, c, dir);

	if (!from || !to || !from->pub.blocked)
		return;
	from->pub.ops--;
	from->pub.blocked--;
	to->pub.ops++;
	to->pub.blocked++;
}

void flow__waited(struct world *w, struct op_stat *st, struct chan *c, enum direction dir, uint64_t ns)
{
	struct flow *f = flow_of(w, st, c, dir);

	if (f)
		f->wait_ns += ns;
}

void flow__moved(struct world *w, struct op_stat *st, struct chan *c, enum direction dir)
{
	struct flow *f = flow_of(w, st, c, dir);

	if (f)
		f->pub.values++;
}

void flow__queued(struct world *w, struct op_stat *st, struct chan *c, uint64_t ns)
{
	struct flow *f = flow_of(w, st, c, DIR_SEND);

	if (!f)
		return;
	f->pub.queue_ns += ns;
	f->pub.queued++;
}

static void add_counts(struct flow *to, const struct flow *from)
{
	to->pub.ops += from->pub.ops;
	to->pub.blocked += from->pub.blocked;
	to->pub.values += from->pub.values;
	to->pub.queue_ns += from->pub.queue_ns;
	to->pub.queued += from->pub.queued;
	to->wait_ns += from->wait_ns;
}

void flow__fold(struct world *w, struct chan *c, const struct channel *sum)
{
	struct link *l, *n;

	link_for_each(l, n, &c->flows)
	{
		struct flow *f = link_entry(l, struct flow, peers), *to = NULL;
		struct slot *s = table__find(&w->by_flow, (uintptr_t)f->stat, key_of_chan(c, f->dir));

		if (s)
			table__delete(&w->by_flow, s);
		if (sum)
			to = flow_get(w, f->stat, key_of_group(sum, f->dir), sum, f->dir);
		if (to)
			add_counts(to, f);
		link_remove(&f->peers);
		link_remove(&f->order);
		free(f);
	}
}

void flow_view__begin(const struct world *w)
{
	struct link *l, *n;

	link_for_each(l, n, &w->flows)
	{
		struct flow *f = link_entry(l, struct flow, order);

		f->pub.wait_ns = f->wait_ns;
		f->pub.still_parked = 0;
	}
}

void flow_view__add(const struct world *w, const struct wait *wt, uint64_t ns, bool parked)
{
	enum direction dir = wt->pub.kind == CS_PARK_SEND ? DIR_SEND : DIR_RECV;
	const struct slot *s = table__find(&w->by_flow, (uintptr_t)wt->stat, key_of_chan(wt->chan, dir));
	struct flow *f = s ? s->value : NULL;

	if (!f)
		return;
	f->pub.wait_ns += ns;
	f->pub.still_parked += parked;
}

void world__flows(const struct world *w, bool (*fn)(void *ctx, const struct flow_stat *f), void *ctx)
{
	struct link *l, *n;

	world_view__refresh(w);
	link_for_each(l, n, &w->flows) if (!fn(ctx, &link_entry(l, struct flow, order)->pub)) return;
}

void flows__free_all(struct world *w)
{
	struct link *l, *n;

	link_for_each(l, n, &w->flows) free(link_entry(l, struct flow, order));
	table__clear(&w->by_flow);
}
