// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the limit on channels kept one by one. A channel that nobody closed can't be known to be dead, so beyond the
 * limit those that are surely over go first (address reused; closed and drained), then those that were not used
 * for longest. Whoever has a waiter, or took part in a panic, stays. What goes is folded into a sum by creation
 * stack, and counted.
 *
 * Recency is kept by second chance: a channel's place in its list is that of its making; one that was used since
 * it was put there moves to the end instead of going. So an event costs nothing here.
 */
#include "model/world_impl.h"

#include <stdlib.h>

void evict__place(struct world *w, struct chan *c)
{
	c->in_ended = c->pub.ended == CHAN_REUSED || (c->pub.closed && !c->pub.length);
	c->placed_ns = c->pub.last_event_ns;
	link_remove(&c->recency);
	link_append(c->in_ended ? &w->ended : &w->live, &c->recency);
}

struct group *group__get(struct world *w, const struct proc *p, uint64_t stack_made)
{
	struct slot *s = world_slot(w, &w->by_site, stack_made, p->id);
	struct group *g = s ? s->value : NULL;

	if (!s || g)
		return g;
	g = world_alloc(w, sizeof(*g));
	if (!g) {
		table__delete(&w->by_site, s);
		return NULL;
	}
	g->pub.pid = g->pub.sum.pid = p->pub.pid;
	g->pub.stack_made = g->pub.sum.stack_made = stack_made;
	s->value = g;
	link_append(&w->groups, &g->order);
	return g;
}

static void max_of(uint64_t *to, uint64_t v)
{
	if (v > *to)
		*to = v;
}

static void max_of32(uint32_t *to, uint32_t v)
{
	if (v > *to)
		*to = v;
}

static void add_counts(struct channel *to, const struct chan *c)
{
	const struct channel *from = &c->pub;

	to->sends += from->sends;
	to->receives += from->receives;
	to->closed_receives += from->closed_receives;
	to->sends_failed += from->sends_failed;
	to->receives_failed += from->receives_failed;
	to->sends_blocked += from->sends_blocked;
	to->receives_blocked += from->receives_blocked;
	to->send_wait_ns += c->waits[DIR_SEND].ns;
	to->receive_wait_ns += c->waits[DIR_RECV].ns;
	max_of(&to->send_wait_max_ns, c->waits[DIR_SEND].max_ns);
	max_of(&to->receive_wait_max_ns, c->waits[DIR_RECV].max_ns);
	max_of32(&to->senders_waiting_max, from->senders_waiting_max);
	max_of32(&to->receivers_waiting_max, from->receivers_waiting_max);
	max_of32(&to->length_max, from->length_max);
	max_of(&to->last_event_ns, from->last_event_ns);
	to->from_totals |= from->from_totals;
}

static void fold(struct world *w, struct chan *c, struct group *g)
{
	struct channel *to = &g->pub.sum;

	if (!g->pub.nr_channels++) {
		to->elem_type = c->pub.elem_type;
		to->elem_size = c->pub.elem_size;
		to->capacity = c->pub.capacity;
		to->capacity_known = c->pub.capacity_known;
		to->made_before_attach = c->pub.made_before_attach;
		to->timer = c->pub.timer;
		to->made_at_ns = c->pub.made_at_ns;
	}
	if (to->capacity != c->pub.capacity)
		to->capacity_known = false;
	if (c->pub.made_at_ns < to->made_at_ns)
		to->made_at_ns = c->pub.made_at_ns;
	add_counts(to, c);
	if (dist__merge(&to->queue, &c->pub.queue))
		world_no_memory(w);
}

static void doom(struct world *w, struct chan *c, struct link *doomed)
{
	struct slot *s = table__find(&w->by_addr, c->pub.addr, c->proc->id);
	struct group *g = group__get(w, c->proc, c->pub.stack_made);

	if (g)
		fold(w, c, g);
	flow__fold(w, c, g ? &g->pub.sum : NULL);
	c->folded_into = g ? &g->pub.sum : NULL;
	c->doomed = true;
	if (s && s->value == c)
		table__delete(&w->by_addr, s);
	c->proc->nr_evicted++;
	max_of32(&c->proc->generation_floor, c->pub.generation);
	link_remove(&c->order);
	link_remove(&c->recency);
	link_append(doomed, &c->recency);
	w->nr_channels--;
	w->nr_evicted++;
}

static void evict_from(struct world *w, struct link *list, uint64_t target, struct link *doomed)
{
	/* Twice: one that moved to the end on the first visit may go on the second. */
	uint64_t visits = 2 * w->nr_channels;

	while (w->nr_channels > target && visits-- && list->next != list) {
		struct chan *c = link_entry(list->next, struct chan, recency);

		if (c->pins || c->pub.last_event_ns > c->placed_ns)
			evict__place(w, c);
		else
			doom(w, c, doomed);
	}
}

static void free_doomed(struct world *w, struct link *doomed)
{
	struct link *l, *n;
	bool in_cases = false;

	link_for_each(l, n, doomed) in_cases |= link_entry(l, struct chan, recency)->in_cases > 0;
	if (in_cases)
		select__sweep(w);
	link_for_each(l, n, doomed) chan__free(link_entry(l, struct chan, recency));
}

void evict__make_room(struct world *w)
{
	/* Some more than needed at once: taking them out of the selects visits every case. */
	uint64_t target = w->max_channels - w->max_channels / 16;
	struct link doomed;

	if (w->nr_channels <= w->evict_at)
		return;
	link_init(&doomed);
	evict_from(w, &w->ended, target, &doomed);
	evict_from(w, &w->live, target, &doomed);
	free_doomed(w, &doomed);
	/* If nearly all have waiters, trying again for each new one would be quadratic. */
	w->evict_at = w->max_channels;
	if (w->nr_channels > target)
		w->evict_at = w->nr_channels + w->nr_channels / 8;
	if (w->evict_at < w->max_channels)
		w->evict_at = w->max_channels;
}

void groups__free_all(struct world *w)
{
	struct link *l, *n;

	link_for_each(l, n, &w->groups)
	{
		struct group *g = link_entry(l, struct group, order);

		dist__clear(&g->pub.sum.queue);
		free(g);
	}
	table__clear(&w->by_site);
}
