/* SPDX-License-Identifier: GPL-2.0-only */
/* One hit on its way to a record: who hit which site, on which stack. */
#ifndef CHANSCOPE_BPF_HIT_H
#define CHANSCOPE_BPF_HIT_H

#include "emit.h"
#include "go_read.h"

struct hit {
	const struct pt_regs *regs;
	const struct cs_site *site;
	const struct cs_layout *layout;
	__u64 nr; /* of this CPU and target */
};

/* The channel's header into e; a header that can't be read is a loss of its own, the event still counts. */
static __always_inline void hit_take_chan(const struct cs_layout *l, struct cs_event *e, __u64 *ret_elem_type)
{
	struct go_chan c;

	*ret_elem_type = 0;
	if (!e->chan)
		return;
	if (!go_read_chan(l, e->chan, &c)) {
		e->flags |= CS_F_NO_CHAN;
		count_loss(CS_LOSS_CHAN_UNREAD);
		return;
	}
	e->len = c.len;
	e->cap = c.cap;
	e->elem_size = c.elem_size;
	e->flags |= c.flags;
	*ret_elem_type = c.elem_type;
}

/* Puts the stack into the map, unless it is there. */
static __always_inline bool hit_keep_stack(struct scratch *s, __u64 id)
{
	__u64 *known = &s->known[id % NR_KNOWN];
	long err;

	if (*known == id)
		return true;
	if (!bpf_map_lookup_elem(&stacks, &id)) {
		err = bpf_map_update_elem(&stacks, &id, &s->stack, BPF_NOEXIST);
		if (err && err != -17 /* EEXIST: another CPU was faster */) {
			count_loss(CS_LOSS_STACK_MAP_FULL);
			return false;
		}
	}
	*known = id;
	return true;
}

/* Walks and stores the stack. Returns its id, 0 if it is lost (and counted). */
static __always_inline __u64 hit_store_stack(struct scratch *s, __u64 pc)
{
	__u64 id = go_walk_stack(&s->walk, pc, stack_depth, &s->stack);

	if (go_walk_truncated(&s->walk, stack_depth, &s->stack))
		count_loss(CS_LOSS_STACK_TRUNCATED);
	if (s->walk.unread)
		count_loss(CS_LOSS_STACK_UNREAD);
	return s->stack.nr > 1 && hit_keep_stack(s, id) ? id : 0;
}

static __always_inline __u64 hit_stack(const struct hit *h, const struct go_goroutine *g, __u32 tid)
{
	struct scratch *s = scratch_get(tid);
	__u64 id;

	if (!s) {
		count_loss(CS_LOSS_SCRATCH_BUSY);
		return 0;
	}
	s->walk.bp = h->regs->bp;
	s->walk.lo = g->stack_lo;
	s->walk.hi = g->stack_hi;
	id = hit_store_stack(s, h->regs->ip);
	scratch_put(s);
	return id;
}

/* In every function that has a site, r14 is the g, on the system stack a g0 with goid 0. */
static __always_inline void hit_take_goroutine(const struct hit *h, struct cs_event *e)
{
	struct go_goroutine g = {};

	if (go_read_g(h->layout, h->regs->r14, &g))
		e->goid = g.goid;
	else
		count_loss(CS_LOSS_GOROUTINE_UNREAD);
	e->stack = hit_stack(h, &g, e->tid);
	if (!e->stack)
		e->flags |= CS_F_NO_STACK;
}

static __always_inline void hit_take_task(struct cs_event *e, __u32 site)
{
	__u64 id = bpf_get_current_pid_tgid();

	e->pid = id >> 32;
	e->tid = (__u32)id;
	e->site = (__u16)site;
	e->select_case = CS_NO_CASE;
}

#endif
