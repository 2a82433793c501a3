// SPDX-License-Identifier: Apache-2.0
/*
 * Owns what queries show. Who is parked now, and what that adds to wait times, changes with time and not with events;
 * so it is worked out when asked for, once per event at most. Never changes what later events build on.
 */
#include "model/world_impl.h"

static void view_channel(struct chan *c, uint64_t now_ns)
{
	uint64_t end_ns = chan__life_end(c, now_ns), life_ns = time_between(c->pub.made_at_ns, end_ns);
	uint64_t full_ns = c->full_ns + (c->full ? time_between(c->full_since_ns, end_ns) : 0);

	if (c->pub.ended == CHAN_ALIVE && c->proc->pub.end_why) {
		c->pub.ended = CHAN_PROCESS_EXIT;
		c->pub.ended_at_ns = c->proc->pub.ended_at_ns;
	}
	c->pub.saturation = life_ns ? (double)full_ns / (double)life_ns : c->full;
	if (c->pub.saturation > 1)
		c->pub.saturation = 1;
	c->pub.send_wait_ns = c->waits[DIR_SEND].ns;
	c->pub.send_wait_max_ns = c->waits[DIR_SEND].max_ns;
	c->pub.receive_wait_ns = c->waits[DIR_RECV].ns;
	c->pub.receive_wait_max_ns = c->waits[DIR_RECV].max_ns;
	c->pub.senders_waiting = c->pub.receivers_waiting = 0;
}

static void view_chan_wait(const struct wait *wt, uint64_t ns)
{
	struct channel *c = &wt->chan->pub;
	bool send = wt->pub.kind == CS_PARK_SEND;
	uint64_t *sum_ns = send ? &c->send_wait_ns : &c->receive_wait_ns;
	uint64_t *max_ns = send ? &c->send_wait_max_ns : &c->receive_wait_max_ns;

	*sum_ns += ns;
	if (ns > *max_ns)
		*max_ns = ns;
}

static void view_parked(const struct wait *wt)
{
	if (wt->stat)
		wt->stat->pub.still_parked++;
	if (wt->select)
		wt->select->pub.still_parked++;
	if (wt->pub.kind == CS_PARK_SEND && wt->chan)
		wt->chan->pub.senders_waiting++;
	if (wt->pub.kind == CS_PARK_RECV && wt->chan)
		wt->chan->pub.receivers_waiting++;
	for (uint32_t i = 0; i < wt->pub.nr_cases; i++) {
		struct channel *c = &chan_of(wt->cases[i].chan)->pub;

		if (wt->cases[i].send)
			c->senders_waiting++;
		else
			c->receivers_waiting++;
	}
}

static void view_wait(const struct world *w, const struct wait *wt)
{
	uint64_t end_ns = w->now_ns, ns;
	bool over = wait__is_over(wt, &end_ns);

	ns = time_between(wt->pub.since_ns, end_ns);
	if (wt->stat)
		wt->stat->pub.wait_ns += ns;
	if (wt->select)
		wt->select->pub.wait_ns += ns;
	if (wt->chan)
		view_chan_wait(wt, ns);
	flow_view__add(w, wt, ns, !over);
	if (!over)
		view_parked(wt);
}

void world_view__refresh(const struct world *w)
{
	struct link *l, *n;

	if (w->view->fresh)
		return;
	link_for_each(l, n, &w->channels) view_channel(link_entry(l, struct chan, order), w->now_ns);
	link_for_each(l, n, &w->op_stats)
	{
		struct op_stat *st = link_entry(l, struct op_stat, order);

		st->pub.wait_ns = st->wait_ns;
		st->pub.still_parked = 0;
	}
	flow_view__begin(w);
	link_for_each(l, n, &w->selects)
	{
		struct select *sel = link_entry(l, struct select, order);

		sel->pub.wait_ns = sel->wait_ns;
		sel->pub.still_parked = 0;
	}
	link_for_each(l, n, &w->waits) view_wait(w, link_entry(l, struct wait, order));
	w->view->fresh = true;
}

void world__processes(const struct world *w, bool (*fn)(void *ctx, const struct process_info *p), void *ctx)
{
	struct link *l, *n;

	link_for_each(l, n, &w->processes) if (!fn(ctx, &link_entry(l, struct proc, order)->pub)) return;
}

void world__channels(const struct world *w, bool (*fn)(void *ctx, const struct channel *c), void *ctx)
{
	struct link *l, *n;

	world_view__refresh(w);
	link_for_each(l, n, &w->channels) if (!fn(ctx, &link_entry(l, struct chan, order)->pub)) return;
}

void world__evicted(const struct world *w, bool (*fn)(void *ctx, const struct channel_group *g), void *ctx)
{
	struct link *l, *n;

	link_for_each(l, n, &w->groups) if (!fn(ctx, &link_entry(l, struct group, order)->pub)) return;
}

void world__waiters(const struct world *w, bool (*fn)(void *ctx, const struct waiter *wt), void *ctx)
{
	struct link *l, *n;
	uint64_t end_ns;

	world_view__refresh(w);
	link_for_each(l, n, &w->waits)
	{
		const struct wait *wt = link_entry(l, struct wait, order);

		if (!wait__is_over(wt, &end_ns) && !fn(ctx, &wt->pub))
			return;
	}
}

void world__waiters_at_exit(const struct world *w, bool (*fn)(void *ctx, const struct waiter *wt), void *ctx)
{
	struct link *l, *n;

	world_view__refresh(w);
	link_for_each(l, n, &w->exit_waits) if (!fn(ctx, &link_entry(l, struct wait, order)->pub)) return;
}

const struct waiter *world__waiter(const struct world *w, uint32_t pid, uint64_t goid)
{
	const struct proc *p = goid ? proc__newest(w, pid) : NULL;
	const struct slot *s = p ? table__find(&w->goroutines, goid, p->id) : NULL;
	const struct wait *wt = s ? s->value : NULL;

	return wt ? &wt->pub : NULL;
}

void world__stack_stats(const struct world *w, bool (*fn)(void *ctx, const struct stack_stat *s), void *ctx)
{
	struct link *l, *n;

	world_view__refresh(w);
	link_for_each(l, n, &w->op_stats) if (!fn(ctx, &link_entry(l, struct op_stat, order)->pub)) return;
}

void world__selects(const struct world *w, bool (*fn)(void *ctx, const struct select_stat *s), void *ctx)
{
	struct link *l, *n;

	world_view__refresh(w);
	link_for_each(l, n, &w->selects) if (!fn(ctx, &link_entry(l, struct select, order)->pub)) return;
}

void world__panics(const struct world *w, bool (*fn)(void *ctx, const struct panic_info *p), void *ctx)
{
	world_view__refresh(w);
	for (size_t i = 0; i < w->nr_panics; i++)
		if (!fn(ctx, &w->panics[i]))
			return;
}
