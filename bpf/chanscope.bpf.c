// SPDX-License-Identifier: GPL-2.0-only
/*
 * The one program behind every probe: a hit's cookie tells its site, the site its meaning and where its values
 * are; the result is one record in the ring buffer (a parked select: one more per case). Owns the maps; is given
 * sites, layouts and configuration by user space; never writes to the traced process and never loses a hit
 * without counting it.
 */
#include "vmlinux.h"
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <stdbool.h>

#include "event.h"
#include "hit.h"
#include "select.h"

/* What a meaning asks for besides its kind. */
#define T_NIL_OK 0x01	 /* the channel may be nil */
#define T_ELEM_TYPE 0x02 /* aux = element type of the channel */
#define T_PEER_AUX 0x04	 /* aux = goid of the sudog at aux */
#define T_PEER 0x08	 /* aux = goid of the sudog at peer */
#define T_SUCCESS 0x10	 /* CS_F_OK from the sudog at aux */
#define T_SELECT 0x20	 /* the chosen case of a select */
#define T_DEAD 0x40	 /* no channel at all */

struct trait {
	__u8 kind;
	__u8 asks;
};

static const struct trait traits[] = {
	[CS_SITE_MAKE] = { CS_MAKE, 0 },
	[CS_SITE_SEND_BUFFERED] = { CS_SEND_BUFFERED, T_ELEM_TYPE },
	[CS_SITE_SEND_DIRECT] = { CS_SEND_DIRECT, T_PEER_AUX },
	[CS_SITE_SEND_FAILED] = { CS_SEND_FAILED, T_ELEM_TYPE | T_NIL_OK },
	[CS_SITE_SEND_PANIC] = { CS_SEND_PANIC, 0 },
	[CS_SITE_RECV_BUFFERED] = { CS_RECV_BUFFERED, T_ELEM_TYPE },
	[CS_SITE_RECV_DIRECT] = { CS_RECV_DIRECT, T_PEER_AUX },
	[CS_SITE_RECV_FAILED] = { CS_RECV_FAILED, T_ELEM_TYPE | T_NIL_OK },
	[CS_SITE_RECV_CLOSED] = { CS_RECV_CLOSED, T_ELEM_TYPE },
	[CS_SITE_CLOSE] = { CS_CLOSE, T_ELEM_TYPE },
	[CS_SITE_CLOSE_PANIC] = { CS_CLOSE_PANIC, T_NIL_OK },
	[CS_SITE_PARK_SEND] = { CS_PARK_SEND, T_ELEM_TYPE | T_NIL_OK },
	[CS_SITE_PARK_RECV] = { CS_PARK_RECV, T_ELEM_TYPE | T_NIL_OK },
	[CS_SITE_PARK_SELECT] = { CS_PARK_SELECT, T_DEAD },
	[CS_SITE_PARK_FOREVER] = { CS_PARK_SELECT, T_DEAD },
	[CS_SITE_WAKE_SEND] = { CS_WAKE_SEND, T_SUCCESS },
	[CS_SITE_WAKE_RECV] = { CS_WAKE_RECV, T_SUCCESS },
	[CS_SITE_SELECT_SEND_BUFFERED] = { CS_SEND_BUFFERED, T_SELECT | T_ELEM_TYPE },
	[CS_SITE_SELECT_RECV_BUFFERED] = { CS_RECV_BUFFERED, T_SELECT | T_ELEM_TYPE },
	[CS_SITE_SELECT_RECV_CLOSED] = { CS_RECV_CLOSED, T_SELECT | T_ELEM_TYPE },
	[CS_SITE_SELECT_SEND_DIRECT] = { CS_SEND_DIRECT, T_SELECT | T_PEER },
	[CS_SITE_SELECT_RECV_DIRECT] = { CS_RECV_DIRECT, T_SELECT | T_PEER },
	[CS_SITE_SELECT_WOKEN] = { CS_WAKE_SELECT, T_SELECT },
	[CS_SITE_SELECT_DEFAULT] = { CS_SELECT_DEFAULT, T_DEAD },
	[CS_SITE_SELECT_SEND_PANIC] = { CS_SEND_PANIC, T_SELECT },
	[CS_NR_MEANINGS] = {},
};

/* e->chan, and for a select its case; false if they can't be told, so that the hit can't be counted. */
static __always_inline bool take_operand(const struct hit *h, __u8 asks, struct cs_event *e)
{
	if (asks & T_DEAD)
		return true;
	if (asks & T_SELECT) {
		e->flags |= CS_F_SELECT;
		return select_take_case(h, e);
	}
	if (!loc_read(&h->site->chan, h->regs, &e->chan))
		return false;
	return e->chan || (asks & T_NIL_OK);
}

static __always_inline void take_peer(const struct hit *h, const struct cs_loc *loc, struct cs_event *e)
{
	__u64 sudog;

	if (!loc_read(loc, h->regs, &sudog) || !go_read_sudog_goid(h->layout, sudog, &e->aux))
		count_loss(CS_LOSS_GOROUTINE_UNREAD);
}

/* CS_F_OK of a goroutine that runs again; false if it can't be told. */
static __always_inline bool take_success(const struct hit *h, __u8 meaning, struct cs_event *e)
{
	bool ok = e->flags & CS_F_DIR_SEND;
	__u64 v;

	if (meaning == CS_SITE_SELECT_WOKEN) {
		if (!ok) {
			if (!loc_read(&h->site->ok, h->regs, &v))
				return false;
			ok = v & 0xff;
		}
	} else if (!loc_read(&h->site->aux, h->regs, &v) || !go_read_sudog_success(h->layout, v, &ok)) {
		return false;
	}
	if (ok)
		e->flags |= CS_F_OK;
	return true;
}

/* A new channel: its capacity is not stored yet, its element type just about to be. */
static __always_inline bool take_make(const struct hit *h, struct cs_event *e)
{
	__u64 cap, size;

	if (!loc_read(&h->site->aux, h->regs, &e->aux) || !loc_read(&h->site->extra, h->regs, &cap))
		return false;
	e->cap = saturate_u32(cap);
	if (go_read_type_size(e->aux, &size))
		e->elem_size = (__u16)size;
	return true;
}

static __always_inline bool take_values(const struct hit *h, const struct trait *t, struct cs_event *e)
{
	__u8 meaning = h->site->meaning, asks = t->asks;
	__u64 elem_type;

	if (!take_operand(h, asks, e))
		return false;
	if (meaning == CS_SITE_MAKE)
		return take_make(h, e);
	hit_take_chan(h->layout, e, &elem_type);
	if (asks & T_ELEM_TYPE)
		e->aux = elem_type;
	if (asks & (T_PEER_AUX | T_PEER))
		take_peer(h, asks & T_PEER ? &h->site->peer : &h->site->aux, e);
	if ((asks & T_SUCCESS) || meaning == CS_SITE_SELECT_WOKEN)
		return take_success(h, meaning, e);
	return true;
}

static __always_inline bool record(const struct hit *h, struct cs_event *e)
{
	__u8 meaning = h->site->meaning;
	const struct trait *t;

	if (meaning >= CS_NR_MEANINGS)
		return false;
	t = &traits[meaning];
	e->kind = t->kind;
	if (!t->kind || !take_values(h, t, e))
		return false;
	if (meaning == CS_SITE_PARK_SELECT)
		return select_park(h, e);
	emit(e, h->nr);
	return true;
}

static __always_inline bool take_hit(struct hit *h, __u32 site)
{
	struct cs_event e = {};
	__u32 layout = h->site->layout;

	h->layout = bpf_map_lookup_elem(&layouts, &layout);
	if (!h->layout)
		return false;
	hit_take_task(&e, site);
	hit_take_goroutine(h, &e);
	return record(h, &e);
}

/*
 * Keeps the program off a private stack, which every program of this type gets since Linux 6.13 unless it has a tail
 * call (kernel/bpf/verifier.c, bpf_enable_priv_stack and its caller). That is one per CPU, for programs that never run
 * twice on a CPU; but a uprobe's may be preempted by another task that hits a probe, which would then write over the
 * first one's record. The call is dead code: the verifier sees it and takes it out.
 */
static __always_inline void refuse_private_stack(struct pt_regs *ctx)
{
	if (!abi_version)
		bpf_tail_call(ctx, &no_programs, 0);
}

SEC("uprobe")
int chanscope_hit(struct pt_regs *ctx)
{
	struct hit h = { .regs = ctx };
	__u64 cookie;
	__u32 site;

	refuse_private_stack(ctx);
	if (!active)
		return 0;
	cookie = bpf_get_attach_cookie(ctx);
	site = (__u32)cookie;
	h.nr = count_trap(cookie >> 32);
	h.site = bpf_map_lookup_elem(&sites, &site);
	if (h.site && !regs_hit_counts(ctx->flags, h.site->cond))
		return 0;
	if (!h.site || !take_hit(&h, site))
		count_loss(CS_LOSS_SITE_UNREAD);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
