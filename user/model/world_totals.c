// SPDX-License-Identifier: Apache-2.0
/*
 * Owns what becomes of events that were lost one by one and kept as totals per channel address, and the judgement
 * whether every count is exact. Given totals at the end of a run; never invents times or stacks for them.
 */
#include "model/world_impl.h"

/*
 * Totals are per address. They are exact for one channel only if the address never held another: no lost make beside
 * records or other totals, no earlier generation, none that may have been evicted.
 */
static bool one_channel(const struct proc *p, const struct chan *known, const uint64_t nr[CS_NR_KINDS])
{
	uint64_t others = 0;

	if (p->nr_evicted || (known && known->has_older))
		return false;
	if (!nr[CS_MAKE])
		return true;
	for (int kind = 1; kind < CS_NR_KINDS; kind++)
		others += kind == CS_MAKE ? 0 : nr[kind];
	return nr[CS_MAKE] == 1 && !known && !others;
}

/* Do the totals say which count each lost record belongs to? */
static bool one_meaning(const struct chan *c, const uint64_t nr[CS_NR_KINDS])
{
	bool closed = c->pub.closed || nr[CS_CLOSE];

	/* Two closes are two channels. */
	if (nr[CS_CLOSE] + c->close_seen > 1)
		return false;
	/* On a closed channel a wake is by value or by close: a receive or a closed receive, a send or a panic. */
	if (closed && (nr[CS_WAKE_SEND] || nr[CS_WAKE_RECV]))
		return false;
	/* The fired case of a woken select may be of either direction; unless its counterpart told. */
	return nr[CS_WAKE_SELECT] <= c->inferred_wakes;
}

static void add_totals(struct world *w, struct chan *c, const uint64_t nr[CS_NR_KINDS])
{
	struct channel *to = &c->pub;

	to->sends += nr[CS_SEND_BUFFERED] + nr[CS_SEND_DIRECT] + nr[CS_RECV_DIRECT];
	to->receives += nr[CS_RECV_BUFFERED] + nr[CS_RECV_DIRECT] + nr[CS_SEND_DIRECT];
	to->closed_receives += nr[CS_RECV_CLOSED];
	to->sends_failed += nr[CS_SEND_FAILED];
	to->receives_failed += nr[CS_RECV_FAILED];
	to->sends_blocked += nr[CS_PARK_SEND];
	to->receives_blocked += nr[CS_PARK_RECV];
	to->from_totals = true;
	if (nr[CS_CLOSE] || nr[CS_RECV_CLOSED])
		chan__close_unseen(w, c, w->now_ns);
}

void world_overflow(struct world *w, uint32_t pid, uint64_t addr, const uint64_t nr[CS_NR_KINDS])
{
	struct proc *p = proc__of_pid(w, pid, w->now_ns);
	struct chan *c = NULL;
	uint64_t sum = 0;

	for (int kind = 1; kind < CS_NR_KINDS; kind++)
		sum |= nr[kind];
	if (!sum || !p)
		return;
	w->view->fresh = false;
	/* Panics are reported one by one, and totals have none of their facts. */
	if (nr[CS_SEND_PANIC] || nr[CS_CLOSE_PANIC] || p->older)
		w->ambiguous = true;
	if (!addr)
		return; /* nil channels and selects: nothing to add to a channel */
	for (struct proc *q = p; q && !c; q = q->older)
		c = chan__find(w, q, addr);
	if (!one_channel(p, c, nr))
		w->ambiguous = true;
	if (!c) {
		c = chan__new(w, p, addr, w->now_ns);
		if (!c)
			return;
		c->pub.made_before_attach = !nr[CS_MAKE];
	}
	if (!one_meaning(c, nr))
		w->ambiguous = true;
	add_totals(w, c, nr);
}

void world__totals(const struct world *w, struct world_totals *ret)
{
	static const bool exact[CS_NR_LOSSES] = {
#define LOSS_EXACT(id, name, is_exact, text) [CS_LOSS_##id] = is_exact,
		CS_LOSSES(LOSS_EXACT)
#undef LOSS_EXACT
	};

	*ret = (struct world_totals){
		.start = w->start,
		.end_ns = w->now_ns,
		.events = w->nr_events,
		.complete = !w->ambiguous,
	};
	for (int i = 0; i < CS_NR_LOSSES; i++)
		ret->losses[i] = w->losses[i];
	ret->losses[CS_LOSS_CHANNELS_EVICTED] += w->nr_evicted;
	ret->losses[CS_LOSS_NO_MEMORY] += w->nr_no_memory;
	for (int i = 0; i < CS_NR_LOSSES; i++)
		if (ret->losses[i] && !exact[i])
			ret->complete = false;
}
