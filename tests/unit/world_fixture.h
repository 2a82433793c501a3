/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the model share: short events, a world to feed them to, and ways to find what came out. */
#ifndef CHANSCOPE_TESTS_WORLD_FIXTURE_H
#define CHANSCOPE_TESTS_WORLD_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "model/world.h"

#define PID 7
#define ATTACHED 1000
#define CH 0xc000100000
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Short events say what matters and leave the rest 0. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

/* An event in short; what is not told is 0, but for pid, which is then PID. */
struct ev {
	uint8_t kind;
	uint64_t t, ch, g, st, aux;
	uint32_t len, cap;
	uint8_t fl;
	uint32_t pid;
};

static inline struct cs_event full_event(const struct ev *v)
{
	return (struct cs_event){
		.time_ns = v->t,
		.chan = v->ch,
		.goid = v->g,
		.stack = v->st,
		.aux = v->aux,
		.pid = v->pid ? v->pid : PID,
		.tid = v->pid ? v->pid : PID,
		.len = v->len,
		.cap = v->cap,
		.kind = v->kind,
		.flags = v->fl,
		.select_case = CS_NO_CASE,
	};
}

static inline void feed_events(struct world *w, const struct ev *evs, size_t nr)
{
	struct feed f = world__feed(w);

	for (size_t i = 0; i < nr && evs[i].kind; i++) {
		struct cs_event e = full_event(&evs[i]);

		f.ops->event(f.ctx, &e);
	}
}

/* FEED(w, { CS_MAKE, … }, { CS_CLOSE, … }) */
#define FEED(w, ...) \
	feed_events(w, (const struct ev[]){ __VA_ARGS__ }, ARRAY_SIZE(((const struct ev[]){ __VA_ARGS__ })))

static inline void announce(struct world *w, uint32_t pid, uint64_t attached_at_ns)
{
	struct feed_process p = {
		.pid = pid,
		.attached_at_ns = attached_at_ns,
		.comm = "app",
		.exe = "/app",
		.build_id = "",
		.go_version = "go1.26.8",
		.layout_source = "dwarf",
	};
	struct feed f = world__feed(w);

	f.ops->process(f.ctx, &p);
}

static inline struct world *new_world_limited(uint64_t max_channels)
{
	struct world_opts opts = { .max_channels = max_channels, .flows = true };
	struct world *w = world__new(&opts);
	struct feed_start start = { .wall_ns = 5000000, .mono_ns = ATTACHED };
	struct feed f;

	assert_non_null(w);
	f = world__feed(w);
	f.ops->start(f.ctx, &start);
	announce(w, PID, ATTACHED);
	return w;
}

static inline struct world *new_world(void)
{
	return new_world_limited(0);
}

static inline void end_world(struct world *w, uint64_t mono_ns)
{
	struct feed f = world__feed(w);

	f.ops->end(f.ctx, mono_ns);
}

/* --- the n-th of each sort, NULL if there are fewer --- */

struct nth {
	size_t left;
	const void *found;
};

#define DEFINE_NTH(name, query, type)                                   \
	static inline bool name##_step(void *ctx, const type *x)        \
	{                                                               \
		struct nth *n = ctx;                                    \
                                                                        \
		if (n->left--)                                          \
			return true;                                    \
		n->found = x;                                           \
		return false;                                           \
	}                                                               \
	static inline const type *name(const struct world *w, size_t i) \
	{                                                               \
		struct nth n = { .left = i };                           \
                                                                        \
		query(w, name##_step, &n);                              \
		return n.found;                                         \
	}

DEFINE_NTH(nth_process, world__processes, struct process_info)
DEFINE_NTH(nth_channel, world__channels, struct channel)
DEFINE_NTH(nth_group, world__evicted, struct channel_group)
DEFINE_NTH(nth_waiter, world__waiters, struct waiter)
DEFINE_NTH(nth_exit_waiter, world__waiters_at_exit, struct waiter)
DEFINE_NTH(nth_stat, world__stack_stats, struct stack_stat)
DEFINE_NTH(nth_flow, world__flows, struct flow_stat)
DEFINE_NTH(nth_select, world__selects, struct select_stat)
DEFINE_NTH(nth_panic, world__panics, struct panic_info)

/* The statistics of a stack and operation; all zero if there are none. */
static inline struct stack_stat stat_of(const struct world *w, uint64_t stack, enum stack_op op)
{
	const struct stack_stat *s;

	for (size_t i = 0; (s = nth_stat(w, i)); i++)
		if (s->stack == stack && s->op == op)
			return *s;
	return (struct stack_stat){ 0 };
}

/* How often a select took a case; -1 if it does not know the case. */
static inline int64_t taken(const struct select_stat *s, uint64_t chan, bool send)
{
	for (size_t i = 0; i < s->nr_cases; i++)
		if (s->cases[i].chan->addr == chan && s->cases[i].send == send)
			return (int64_t)s->cases[i].taken;
	return -1;
}

static inline struct world_totals totals_of(const struct world *w)
{
	struct world_totals t;

	world__totals(w, &t);
	return t;
}

#endif
