/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The id of a user stack: a 64-bit hash over its program counters and their number, the same in BPF and
 * in user space, so that a stack found by the goroutine walk and one found by a probe share an id. The
 * mixing is that of MurmurHash3's 64-bit finalizer (public domain). Never 0: that means "no stack".
 */
#ifndef CHANSCOPE_STACK_HASH_H
#define CHANSCOPE_STACK_HASH_H

#include <linux/types.h>

static inline __attribute__((always_inline)) __u64 cs_stack_hash_init(void)
{
	return 0x9e3779b97f4a7c15ULL;
}

/* Takes in one more program counter, innermost first. */
static inline __attribute__((always_inline)) __u64 cs_stack_hash_step(__u64 h, __u64 pc)
{
	h ^= pc;
	h *= 0xff51afd7ed558ccdULL;
	return h ^ (h >> 32);
}

/* The id, from what the steps made of nr program counters. */
static inline __attribute__((always_inline)) __u64 cs_stack_hash_final(__u64 h, __u32 nr)
{
	h ^= nr;
	h *= 0xc4ceb9fe1a85ec53ULL;
	h ^= h >> 33;
	return h ? h : 1;
}

static inline __attribute__((always_inline)) __u64 cs_stack_hash(const __u64 *pcs, __u32 nr)
{
	__u64 h = cs_stack_hash_init();

	for (__u32 i = 0; i < nr; i++)
		h = cs_stack_hash_step(h, pcs[i]);
	return cs_stack_hash_final(h, nr);
}

#endif
