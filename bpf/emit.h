/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way of a finished record into the ring buffer, or into the totals if there is no room. Functions that are
 * not static are verified once, by themselves, and not again on every path that leads to them; their pointers may
 * be NULL to the verifier.
 */
#ifndef CHANSCOPE_BPF_EMIT_H
#define CHANSCOPE_BPF_EMIT_H

#include "maps.h"

static const struct cs_overflow no_overflow;

/* The record is lost; its channel's total is not. */
__noinline int emit_total(const struct cs_event *e)
{
	struct cs_overflow_key key = {};
	struct cs_overflow *v;

	if (!e)
		return 0;
	key.chan = e->chan;
	key.pid = e->pid;
	count_loss(CS_LOSS_RING_FULL);
	v = bpf_map_lookup_elem(&overflow, &key);
	if (!v) {
		bpf_map_update_elem(&overflow, &key, &no_overflow, BPF_NOEXIST);
		v = bpf_map_lookup_elem(&overflow, &key);
	}
	if (v && e->kind < CS_NR_KINDS)
		__sync_fetch_and_add(&v->nr[e->kind], 1);
	else
		count_loss(CS_LOSS_OVERFLOW_FULL);
	return 0;
}

/*
 * hit_nr counts this CPU's hits. The reader polls by a timer; it is woken only when the ring is filling, which is
 * looked at now and then.
 */
static __always_inline __u64 emit_wakeup(__u64 hit_nr)
{
	if (hit_nr & 63)
		return BPF_RB_NO_WAKEUP;
	return bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) >= ring_wake_bytes ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
}

/*
 * The time is taken last: two records made under one channel's lock have times in ring order. (Those made outside
 * of it, wake and select results, may be overtaken by others between here and the ring.)
 */
static __always_inline void emit(struct cs_event *e, __u64 hit_nr)
{
	e->time_ns = bpf_ktime_get_ns();
	if (bpf_ringbuf_output(&ring, e, sizeof(*e), emit_wakeup(hit_nr)))
		emit_total(e);
}

#endif
