/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Made-up goroutines for the goroutine walk: g, sudogs, channels and a stack laid out in this very process as a
 * Go release has them, and what a walk over them gave.
 */
#ifndef CHANSCOPE_TESTS_GO_WORLD_H
#define CHANSCOPE_TESTS_GO_WORLD_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gobin/layout.h"
#include "proc/gwalk.h"

#define MAX_G 1200
#define NR_SUDOGS 70000
#define NR_CHANS 8
#define STACK_SIZE 8192
#define PIECE 512 /* bytes for a g, sudog or hchan */
#define G_WAITING 4
#define G_SCAN 0x1000

struct world {
	struct gobinary bin;
	struct process process;
	uint64_t allglen, allgptr;
	uint64_t table[MAX_G];
	uint8_t g[MAX_G][PIECE];
	uint8_t chans[NR_CHANS][PIECE];
	uint8_t stack[STACK_SIZE] __attribute__((aligned(16)));
	uint8_t (*sudogs)[128];
	/* wait reasons of this release */
	uint8_t reason_recv, reason_send, reason_select, reason_nil_recv, reason_nil_send, reason_no_cases;
	/* what came */
	struct gwalk_stats stats;
	struct diag d;
	struct cs_event events[512];
	size_t nr_events, nr_stacks;
	uint64_t stack_id, pcs[CS_MAX_STACK_DEPTH];
	uint32_t nr_pcs;
};

static inline uint64_t va(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

static inline void put(uint8_t *to, uint16_t off, uint64_t value, size_t n)
{
	memcpy(to + off, &value, n);
}

static inline void take_stack(void *ctx, uint64_t id, const uint64_t *pcs, uint32_t nr)
{
	struct world *w = ctx;

	w->nr_stacks++;
	w->stack_id = id;
	w->nr_pcs = nr;
	memcpy(w->pcs, pcs, nr * sizeof(*pcs));
}

static inline void take_event(void *ctx, const struct cs_event *e)
{
	struct world *w = ctx;

	if (w->nr_events < sizeof(w->events) / sizeof(w->events[0]))
		w->events[w->nr_events++] = *e;
}

static inline int walk_depth(struct world *w, uint32_t depth)
{
	static const struct feed_ops ops = { .stack = take_stack, .event = take_event };
	const struct gwalk_target target = { .process = &w->process, .bin = &w->bin, .stack_depth = depth };
	struct feed feed = { .ops = &ops, .ctx = w };

	w->nr_events = w->nr_stacks = 0;
	memset(&w->stats, 0, sizeof(w->stats));
	memset(&w->d, 0, sizeof(w->d));
	return gwalk(&target, &feed, &w->stats, &w->d);
}

static inline void walk(struct world *w)
{
	assert_int_equal(walk_depth(w, CS_MAX_STACK_DEPTH), 0);
}

static inline void assert_stats(const struct world *w, uint64_t seen, uint64_t parked, uint64_t unread)
{
	assert_int_equal(w->stats.seen, seen);
	assert_int_equal(w->stats.parked, parked);
	assert_int_equal(w->stats.unread, unread);
}

static inline const struct cs_layout *layout(const struct world *w)
{
	return &w->bin.layout;
}

/* Goroutine i, parked for a reason, goid 100 + i, with a stack of three frames. */
static inline uint8_t *add_g(struct world *w, size_t i, uint8_t reason)
{
	const struct cs_layout *l = layout(w);
	uint8_t *g = w->g[i];

	w->table[i] = va(g);
	if (w->allglen <= i)
		w->allglen = i + 1;
	put(g, l->g_goid, 100 + i, 8);
	put(g, l->g_status, G_WAITING, 4);
	put(g, l->g_waitreason, reason, 1);
	put(g, l->g_stack_lo, va(w->stack), 8);
	put(g, l->g_stack_hi, va(w->stack) + STACK_SIZE, 8);
	put(g, l->g_sched_sp, va(w->stack) + 64, 8);
	put(g, l->g_sched_pc, 0x1000, 8);
	put(g, l->g_sched_bp, va(w->stack) + 128, 8);
	return g;
}

/* Sudog s of goroutine i on channel c, last in the goroutine's list so far. */
static inline uint8_t *add_sudog(struct world *w, size_t s, size_t i, size_t c)
{
	const struct cs_layout *l = layout(w);
	uint8_t *sudog = w->sudogs[s];
	uint64_t at;

	memset(sudog, 0, sizeof(w->sudogs[s]));
	put(sudog, l->sudog_g, va(w->g[i]), 8);
	put(sudog, l->sudog_c, va(w->chans[c]), 8);
	memcpy(&at, w->g[i] + l->g_waiting, 8);
	if (!at) {
		put(w->g[i], l->g_waiting, va(sudog), 8);
		return sudog;
	}
	for (uint64_t next = at; next; memcpy(&next, (uint8_t *)(uintptr_t)at + l->sudog_waitlink, 8))
		at = next;
	put((uint8_t *)(uintptr_t)at, l->sudog_waitlink, va(sudog), 8);
	return sudog;
}

static inline void put_frame(struct world *w, size_t at, uint64_t caller_bp, uint64_t return_pc)
{
	memcpy(w->stack + at, &caller_bp, 8);
	memcpy(w->stack + at + 8, &return_pc, 8);
}

static inline struct world *new_world(int minor)
{
	struct world *w = calloc(1, sizeof(*w));
	bool new = minor >= 26;

	assert_non_null(w);
	w->sudogs = calloc(NR_SUDOGS, sizeof(*w->sudogs));
	assert_non_null(w->sudogs);
	w->bin.version = (struct go_version){ .minor = minor };
	assert_true(layout_from_table(&w->bin.version, &w->bin.layout));
	assert_true(layout(w)->g_size <= PIECE && layout(w)->hchan_size <= PIECE);
	w->process.pid = getpid();
	w->allgptr = va(w->table);
	w->bin.va_allglen = va(&w->allglen);
	w->bin.va_allgptr = va(&w->allgptr);
	w->reason_recv = new ? 19 : 14;
	w->reason_send = new ? 20 : 15;
	w->reason_select = new ? 18 : 9;
	w->reason_no_cases = new ? 17 : 10;
	w->reason_nil_recv = new ? 15 : 3;
	w->reason_nil_send = new ? 16 : 4;
	for (size_t c = 0; c < NR_CHANS; c++) {
		put(w->chans[c], layout(w)->hchan_qcount, c, 8);
		put(w->chans[c], layout(w)->hchan_dataqsiz, 2 * c, 8);
		put(w->chans[c], layout(w)->hchan_elemsize, 10 + c, 2);
		put(w->chans[c], layout(w)->hchan_elemtype, 0x5000 + c, 8);
	}
	/* three frames: 128 -> 256 -> 5000 (beyond the first piece that is read), end */
	put_frame(w, 128, va(w->stack) + 256, 0x2000);
	put_frame(w, 256, va(w->stack) + 5000, 0x3000);
	put_frame(w, 5000, 0, 0x4000);
	return w;
}

static inline void free_world(struct world *w)
{
	free(w->sudogs);
	free(w);
}

#endif
