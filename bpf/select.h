/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Selects of several cases: src/runtime/select.go, selectgo. The scase array has the sends first; a case with a
 * nil channel has no sudog and is in neither order.
 */
#ifndef CHANSCOPE_BPF_SELECT_H
#define CHANSCOPE_BPF_SELECT_H

#include "hit.h"

#define SELECT_MAX_SUDOGS 1024 /* counted */
#define SELECT_MAX_SCAN 256    /* entries of the scase array or of the poll order that are looked at */

/*
 * Number of cases that the goroutine waits on: the length of g.waiting. selectgo asserts that the list was empty
 * before, so every sudog on it is one case.
 */
__noinline __u32 select_nr_waiting(const struct cs_layout *l, __u64 g)
{
	__u64 sudog = 0;
	__u32 n = 0;

	if (!l || !read_word(g + l->g_waiting, &sudog))
		return 0;
	for (; n < SELECT_MAX_SUDOGS && sudog; n++)
		if (!read_word(sudog + l->sudog_waitlink, &sudog))
			break;
	return n;
}

__noinline int select_emit_case(const struct cs_layout *l, struct cs_event *e)
{
	__u64 elem_type = 0;

	if (!l || !e)
		return 0;
	e->len = 0;
	e->cap = 0;
	e->elem_size = 0;
	e->flags &= ~(CS_F_CLOSED | CS_F_TIMER | CS_F_NO_CHAN);
	hit_take_chan(l, e, &elem_type);
	e->aux = elem_type;
	emit(e, 1);
	return 0;
}

struct select_scan {
	__u64 scases;
	__u64 nr_sends;
	__u64 left; /* waiting cases still to come */
};

/* The i-th case's record, if it waits. False if it can't be read. */
__noinline int select_scan_case(const struct cs_layout *l, struct cs_event *e, struct select_scan *s, __u64 i)
{
	if (!l || !e || !s || !go_read_scase(l, s->scases, i, &e->chan))
		return 0;
	if (!e->chan)
		return 1;
	e->select_case = (__u16)i;
	e->flags = i < s->nr_sends ? e->flags | CS_F_DIR_SEND : e->flags & ~CS_F_DIR_SEND;
	select_emit_case(l, e);
	s->left--;
	return 1;
}

/*
 * One record per waiting case, in the order of the scase array. The cases that wait are those whose channel is
 * not nil, and there are as many of them as sudogs: so the scan ends inside the array without knowing its length,
 * and no sudog has to be matched with its case. Runs with all the channels' locks held.
 */
static __always_inline void select_emit_cases(const struct hit *h, struct cs_event *e, struct select_scan *s)
{
	__u64 lost = 0;

	if (s->left > CS_MAX_SELECT_CASES) {
		lost = s->left - CS_MAX_SELECT_CASES;
		s->left = CS_MAX_SELECT_CASES;
	}
	e->kind = CS_SELECT_CASE;
	for (__u32 i = 0; i < SELECT_MAX_SCAN && *(volatile __u64 *)&s->left; i++)
		if (!select_scan_case(h->layout, e, s, i))
			break;
	lost += s->left;
	if (lost)
		count_losses(CS_LOSS_SELECT_CASES, lost);
}

/* A parked select: its own record, then those of its cases. False if its cases can't be told. */
static __always_inline bool select_park(const struct hit *h, struct cs_event *e)
{
	struct select_scan s;

	if (!loc_read(&h->site->aux, h->regs, &s.scases) || !loc_read(&h->site->extra, h->regs, &s.nr_sends))
		return false;
	s.left = select_nr_waiting(h->layout, h->regs->r14);
	e->aux = s.left;
	emit(e, h->nr);
	if (s.left)
		select_emit_cases(h, e, &s);
	return true;
}

/*
 * The case that panics: selectgo goes through the cases in poll order and takes the first that can proceed, and a
 * closed send case can; so it is the first closed one of the sends.
 */
struct select_orders {
	__u64 scases;
	__u64 nr_sends;
	__u64 poll_order;
	__u64 nr; /* cases; SELECT_MAX_SCAN if not known: the one looked for comes before anything unused */
};

/* The closed channel of the i-th case; *ret_chan 0: not closed. False if it can't be read. */
__noinline int select_closed_chan(const struct cs_layout *l, __u64 scases, __u64 i, __u64 *ret_chan)
{
	__u64 chan;
	__u32 closed;

	if (!l || !ret_chan || !go_read_scase(l, scases, i, &chan) || !chan)
		return 0;
	if (bpf_probe_read_user(&closed, sizeof(closed), (const void *)(chan + l->hchan_closed)))
		return 0;
	*ret_chan = closed ? chan : 0;
	return 1;
}

__noinline int select_find_closed(const struct cs_layout *l, struct cs_event *e, const struct select_orders *o)
{
	if (!l || !e || !o)
		return 0;
	for (__u32 k = 0; k < SELECT_MAX_SCAN && k < o->nr; k++) {
		__u64 chan = 0;
		__u16 i;

		if (bpf_probe_read_user(&i, sizeof(i), (const void *)(o->poll_order + 2 * k)))
			return 0;
		if (i >= o->nr_sends)
			continue;
		if (!select_closed_chan(l, o->scases, i, &chan))
			return 0;
		if (!chan)
			continue;
		e->chan = chan;
		e->select_case = i;
		e->flags |= CS_F_DIR_SEND;
		return 1;
	}
	return 0;
}

/* If none can be found the record goes out without a channel: that the goroutine panics is certain. */
static __always_inline void select_take_closed(const struct hit *h, struct cs_event *e)
{
	const struct cs_site *s = h->site;
	struct select_orders o = { .nr = SELECT_MAX_SCAN };

	if (!loc_read(&s->aux, h->regs, &o.scases) || !loc_read(&s->extra, h->regs, &o.nr_sends) ||
	    !loc_read(&s->poll_order, h->regs, &o.poll_order))
		return;
	loc_read(&s->nr_cases, h->regs, &o.nr);
	select_find_closed(h->layout, e, &o);
}

/* Channel and case of the case that was chosen. */
static __always_inline bool select_take_case(const struct hit *h, struct cs_event *e)
{
	const struct cs_site *s = h->site;
	__u64 scases = 0, nr_sends = 0, index;
	bool has_scases = loc_read(&s->aux, h->regs, &scases);

	if (s->meaning == CS_SITE_SELECT_SEND_PANIC) {
		select_take_closed(h, e);
		return true;
	}
	if (!loc_read(&s->extra, h->regs, &nr_sends))
		return false;
	if (!loc_read(&s->select_case, h->regs, &index) || index >= CS_NO_CASE)
		return false;
	e->select_case = (__u16)index;
	if (index < nr_sends)
		e->flags |= CS_F_DIR_SEND;
	if (loc_read(&s->chan, h->regs, &e->chan))
		return e->chan;
	return has_scases && go_read_scase(h->layout, scases, index, &e->chan) && e->chan;
}

#endif
