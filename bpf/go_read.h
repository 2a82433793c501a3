/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Readers of Go's runtime structures: addresses and a cs_layout in, values out; no maps. Also compiled for user
 * space, where the includer supplies struct pt_regs and bpf_probe_read_user().
 *
 * Mirrored: hchan in src/runtime/chan.go, g, gobuf and sudog in runtime2.go, scase in select.go, for example
 * https://github.com/golang/go/blob/go1.26.0/src/runtime/chan.go#L34. Every offset comes from the layout; the
 * loader has checked that what a window below must hold lies in it.
 */
#ifndef CHANSCOPE_BPF_GO_READ_H
#define CHANSCOPE_BPF_GO_READ_H

#include <stdbool.h>

#include "event.h"
#include "regs.h"
#include "site.h"

/*
 * Little-endian value that starts at byte off of a window of whole words; no field crosses a word. The window has
 * a word of zeros behind its end: the verifier takes the upper bound of a masked offset for unaligned.
 */
static __always_inline __u64 window_at(const __u64 *words, __u32 nr_words, __u16 off)
{
	__u32 i = off >> 3;

	if (i >= nr_words)
		return 0;
	return words[i] >> ((off & 7) * 8);
}

#define GO_CHAN_WORDS (CS_CHAN_WINDOW / 8)
#define GO_G_WORDS (CS_G_WINDOW / 8)

static __always_inline bool read_word(__u64 addr, __u64 *ret)
{
	return !bpf_probe_read_user(ret, sizeof(*ret), (const void *)addr);
}

static __always_inline __u32 saturate_u32(__u64 v)
{
	return v > 0xffffffffULL ? 0xffffffffU : (__u32)v;
}

struct go_chan {
	__u64 elem_type;
	__u32 len, cap;
	__u16 elem_size;
	__u8 flags; /* CS_F_CLOSED, CS_F_TIMER */
};

/* One read covers qcount to elemtype. */
static __always_inline bool go_read_chan(const struct cs_layout *l, __u64 chan, struct go_chan *ret)
{
	__u64 w[GO_CHAN_WORDS + 1];

	w[GO_CHAN_WORDS] = 0;
	if (bpf_probe_read_user(w, GO_CHAN_WORDS * sizeof(*w), (const void *)chan))
		return false;
	ret->len = saturate_u32(window_at(w, GO_CHAN_WORDS, l->hchan_qcount));
	ret->cap = saturate_u32(window_at(w, GO_CHAN_WORDS, l->hchan_dataqsiz));
	ret->elem_size = (__u16)window_at(w, GO_CHAN_WORDS, l->hchan_elemsize);
	ret->elem_type = window_at(w, GO_CHAN_WORDS, l->hchan_elemtype);
	ret->flags = (__u32)window_at(w, GO_CHAN_WORDS, l->hchan_closed) ? CS_F_CLOSED : 0;
	if (l->hchan_timer != CS_NO_FIELD && window_at(w, GO_CHAN_WORDS, l->hchan_timer))
		ret->flags |= CS_F_TIMER;
	return true;
}

struct go_goroutine {
	__u64 goid;
	__u64 stack_lo, stack_hi;
};

static __always_inline bool go_read_g(const struct cs_layout *l, __u64 g, struct go_goroutine *ret)
{
	__u64 w[GO_G_WORDS + 1];

	w[GO_G_WORDS] = 0;
	if (bpf_probe_read_user(w, GO_G_WORDS * sizeof(*w), (const void *)g))
		return false;
	ret->stack_lo = window_at(w, GO_G_WORDS, l->g_stack_lo);
	ret->stack_hi = window_at(w, GO_G_WORDS, l->g_stack_hi);
	ret->goid = window_at(w, GO_G_WORDS, l->g_goid);
	return true;
}

/* The goroutine that waits by way of a sudog. */
static __always_inline bool go_read_sudog_goid(const struct cs_layout *l, __u64 sudog, __u64 *ret)
{
	__u64 g;

	return read_word(sudog + l->sudog_g, &g) && read_word(g + l->g_goid, ret);
}

static __always_inline bool go_read_sudog_success(const struct cs_layout *l, __u64 sudog, bool *ret)
{
	__u8 success;

	if (bpf_probe_read_user(&success, sizeof(success), (const void *)(sudog + l->sudog_success)))
		return false;
	*ret = success;
	return true;
}

/* Channel of the index-th case; 0: a nil channel. */
static __always_inline bool go_read_scase(const struct cs_layout *l, __u64 scases, __u64 index, __u64 *ret_chan)
{
	return read_word(scases + index * l->scase_size + l->scase_c, ret_chan);
}

/* abi.Type begins with Size_, in every release: src/internal/abi/type.go, up to 1.20 src/runtime/type.go. */
static __always_inline bool go_read_type_size(__u64 type, __u64 *ret)
{
	return read_word(type, ret);
}

/* Value at a place, false if there is none or it can't be read. */
static __always_inline bool loc_read(const struct cs_loc *loc, const struct pt_regs *regs, __u64 *ret)
{
	__u64 v = (__u64)(__s64)loc->disp;

	switch (loc->kind) {
	case CS_LOC_CONST:
		break;
	case CS_LOC_REG:
		v += regs_get(regs, loc->reg);
		break;
	case CS_LOC_SLOT:
		if (!read_word(regs->bp + v, &v))
			return false;
		v += (__u64)(__s64)loc->add;
		break;
	default:
		return false;
	}
	*ret = v;
	return true;
}

#endif
