/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Walk of a goroutine's stack along its frame pointers: memory in chunks, frames inside the chunk. No maps; also
 * compiled for user space.
 *
 * Not bpf_get_stack(): its buffers are one per CPU and context level (kernel/events/callchain.c,
 * get_callchain_entry), but a uprobe's program may be preempted, and then a second task on that CPU gets no
 * stack, or overwrites the first one's before it is copied out. It is slow as well: 920 ns for 8 frames where
 * this walk takes 100 (6.18, AMD guest). A read of user memory costs 80 to 110 ns there whatever its size, hence
 * chunks that mostly hold the whole chain.
 *
 * amd64 frames: [bp] is the caller's frame pointer, [bp + 8] the return address, in both prologue styles of
 * go1.17 to 1.27 (src/cmd/internal/obj/x86/obj6.go). A goroutine's outermost frame saved a frame pointer of 0.
 */
#ifndef CHANSCOPE_BPF_GO_STACK_H
#define CHANSCOPE_BPF_GO_STACK_H

#include <stdbool.h>

#include "event.h"
#include "stack_hash.h"

#define GO_CHUNK_WORDS 128
#define GO_CHUNK_BYTES (GO_CHUNK_WORDS * 8)

/* A walk: where it is, and the bounds of the stack (frames lie in [lo, hi)). Lives in scratch memory. */
struct go_walk {
	__u64 bp;
	__u64 lo, hi;
	__u64 base, have; /* the chunk holds [base, base + have) */
	__u64 unread;	  /* memory of the stack could not be read, or the frame pointer was not in it */
	__u64 chunk[GO_CHUNK_WORDS];
};

static __always_inline bool walk_in_stack(const struct go_walk *w)
{
	__u64 bp = w->bp;

	return bp >= w->lo && bp < w->hi && w->hi - bp >= 16 && !(bp & 7);
}

/* Makes the chunk begin at the frame. */
static __always_inline bool walk_refill(struct go_walk *w)
{
	__u64 have = w->hi - w->bp;

	if (have > GO_CHUNK_BYTES)
		have = GO_CHUNK_BYTES;
	w->base = w->bp;
	w->have = have;
	w->unread = !!bpf_probe_read_user(w->chunk, (__u32)have, (const void *)w->bp);
	return !w->unread;
}

/*
 * The return address of the frame, and on to its caller's; 0 at the end. The barrier makes each turn of the loop
 * load its values anew, so that the verifier finds all turns alike.
 */
static __always_inline __u64 go_walk_step(struct go_walk *w)
{
	__u64 at, next, ra;

	asm volatile("" ::: "memory");
	if (!walk_in_stack(w))
		return 0;
	at = w->bp - w->base;
	if (!w->have || at > w->have - 16) {
		if (!walk_refill(w))
			return 0;
		at = 0;
	}
	at >>= 3;
	asm volatile("" : "+r"(at)); /* index with what is checked, not with what it was made from */
	if (at > GO_CHUNK_WORDS - 2)
		return 0;
	next = w->chunk[at];
	ra = w->chunk[at + 1];
	w->bp = next > w->bp ? next : 0;
	return ra;
}

/*
 * Fills out->nr and out->pc[]: pc, then return addresses, depth (1..CS_MAX_STACK_DEPTH) at most. Returns the
 * stack's id. Given are bp, lo and hi of w.
 */
static __always_inline __u64 go_walk_stack(struct go_walk *w, __u64 pc, __u32 depth, struct cs_stack *out)
{
	__u64 h = cs_stack_hash_step(cs_stack_hash_init(), pc), ra;
	__u32 i;

	w->have = 0;
	w->unread = !walk_in_stack(w);
	out->pc[0] = pc;
	for (i = 1; i < CS_MAX_STACK_DEPTH && i < depth; i++) {
		ra = go_walk_step(w);
		if (!ra)
			break;
		out->pc[i] = ra;
		h = cs_stack_hash_step(h, ra);
	}
	out->nr = i;
	out->pad = 0;
	return cs_stack_hash_final(h, i);
}

/* After a walk that ended at its depth: is there more? */
static __always_inline bool go_walk_truncated(struct go_walk *w, __u32 depth, const struct cs_stack *out)
{
	return out->nr == depth && go_walk_step(w);
}

#endif
