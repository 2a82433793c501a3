/* SPDX-License-Identifier: GPL-2.0-only */
/* Maps and configuration: what user space fills before the first hit, and what it reads. */
#ifndef CHANSCOPE_BPF_MAPS_H
#define CHANSCOPE_BPF_MAPS_H

#include "go_stack.h"
#include "loss.h"
#include "site.h"

/* Set by user space before load. */
volatile const __u32 abi_version = CS_ABI_VERSION;
volatile const __u32 stack_depth = 64;		/* frames, 1..CS_MAX_STACK_DEPTH */
volatile const __u64 ring_wake_bytes = 4 << 20; /* the reader is woken when this much waits */

/* Written by user space at any time: hits count only while it is not 0. */
volatile __u32 active;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CS_MAX_SITES);
	__type(key, __u32);
	__type(value, struct cs_site);
} sites SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CS_MAX_LAYOUTS);
	__type(key, __u32);
	__type(value, struct cs_layout);
} layouts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 32 << 20);
} ring SEC(".maps");

/* value_size and max_entries are set before load; the value is a struct cs_stack cut off after stack_depth frames. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__uint(key_size, sizeof(__u64));
	__uint(value_size, sizeof(struct cs_stack));
} stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct cs_overflow_key);
	__type(value, struct cs_overflow);
} overflow SEC(".maps");

/* Index: enum cs_loss. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, CS_NR_LOSSES);
	__type(key, __u32);
	__type(value, __u64);
} losses SEC(".maps");

/* Hits by target (upper half of the cookie). */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, CS_MAX_TARGETS);
	__type(key, __u32);
	__type(value, __u64);
} traps SEC(".maps");

/* Stays empty; see refuse_private_stack(). */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} no_programs SEC(".maps");

/*
 * Scratch for one hit. A uprobe's program may be preempted by another task that hits a probe on the same CPU, so
 * that scratch can't belong to a CPU: the slots are shared, looked for by the thread's number and taken by an
 * atomic exchange.
 */
#define NR_KNOWN 32
struct scratch {
	__u64 busy;
	__u64 known[NR_KNOWN]; /* ids of stacks that are in the map, by their low bits: nothing is ever taken out */
	struct go_walk walk;
	struct cs_stack stack;
};

#define NR_SCRATCH 1024
#define SCRATCH_TRIES 4

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, NR_SCRATCH);
	__type(key, __u32);
	__type(value, struct scratch);
} scratches SEC(".maps");

static __always_inline void count_losses(__u32 reason, __u64 n)
{
	__u64 *v = bpf_map_lookup_elem(&losses, &reason);

	if (v)
		__sync_fetch_and_add(v, n);
}

static __always_inline void count_loss(enum cs_loss reason)
{
	count_losses(reason, 1);
}

/* Returns the number before, of this CPU. */
static __always_inline __u64 count_trap(__u32 target)
{
	__u64 *v = bpf_map_lookup_elem(&traps, &target);

	return v ? __sync_fetch_and_add(v, 1) : 0;
}

/* A free slot, NULL if those for this thread are taken. Given back by scratch_put(). */
static __always_inline struct scratch *scratch_get(__u32 tid)
{
	for (__u32 i = 0; i < SCRATCH_TRIES; i++) {
		__u32 key = (tid + i) % NR_SCRATCH;
		struct scratch *s = bpf_map_lookup_elem(&scratches, &key);

		if (s && !__sync_lock_test_and_set(&s->busy, 1))
			return s;
	}
	return 0;
}

/* A plain store is a release on x86. */
static __always_inline void scratch_put(struct scratch *s)
{
	asm volatile("" ::: "memory");
	*(volatile __u64 *)&s->busy = 0;
}

#endif
