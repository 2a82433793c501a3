/* SPDX-License-Identifier: Apache-2.0 */
/* Made-up events for benchmarks, by pattern: what a source gives next depends on its state alone. */
#ifndef CHANSCOPE_TESTS_BENCH_PATTERNS_H
#define CHANSCOPE_TESTS_BENCH_PATTERNS_H

#include <stdint.h>

#include "event.h"

#define CH 0xc000100000ULL

struct source {
	uint64_t step, time_ns, random;
};

static uint64_t next_random(struct source *s)
{
	s->random ^= s->random << 13;
	s->random ^= s->random >> 7;
	s->random ^= s->random << 17;
	return s->random;
}

static struct cs_event event(struct source *s, enum cs_kind kind, uint64_t chan, uint64_t goid)
{
	s->time_ns += 100;
	return (struct cs_event){
		.kind = (uint8_t)kind,
		.time_ns = s->time_ns,
		.chan = chan,
		.goid = goid,
		.stack = 0x1000 + goid % 50 * 32 + kind,
		.pid = 1,
		.tid = 1,
		.elem_size = 8,
		.select_case = CS_NO_CASE,
	};
}

/* 16 buffered channels, 32 goroutines: 4 sends, then 4 receives. */
static struct cs_event hot_buffered(struct source *s)
{
	uint64_t i = s->step++, c = i / 8 % 16, n = i % 8;
	struct cs_event e = event(s, n < 4 ? CS_SEND_BUFFERED : CS_RECV_BUFFERED, CH + 128 * c, 1 + 2 * c + n / 4);

	e.cap = 8;
	e.len = (uint32_t)(n < 4 ? n + 1 : 7 - n);
	return e;
}

/* 64 unbuffered channels: park, direct send, wake. */
static struct cs_event handoff(struct source *s)
{
	static const enum cs_kind kinds[] = { CS_PARK_RECV, CS_SEND_DIRECT, CS_WAKE_RECV };
	uint64_t i = s->step++, c = i / 3 % 64, n = i % 3;
	struct cs_event e = event(s, kinds[n], CH + 128 * c, 1 + 2 * c + (n == 1));

	if (n == 1)
		e.aux = 1 + 2 * c;
	e.flags = n == 2 ? CS_F_OK : 0;
	return e;
}

/* 64 goroutines in selects of three cases, served by others. */
static struct cs_event selects(struct source *s)
{
	static const enum cs_kind kinds[] = { CS_PARK_SELECT, CS_SELECT_CASE, CS_SELECT_CASE,
					      CS_SELECT_CASE, CS_SEND_DIRECT, CS_WAKE_SELECT };
	uint64_t i = s->step++, g = i / 6 % 64, n = i % 6, c = n == 0 ? 0 : n <= 3 ? n - 1 : i / 6 % 3;
	struct cs_event e = event(s, kinds[n], n ? CH + 128 * (3 * g + c) : 0, n == 4 ? 1000 : 1 + g);

	if (n == 0)
		e.aux = 3;
	if (n == 4)
		e.aux = 1 + g;
	e.flags = n == 5 ? CS_F_OK : 0;
	return e;
}

/* 200,000 channels and 100,000 goroutines, in random order: every look-up is a cache miss. */
static struct cs_event wide(struct source *s)
{
	uint64_t r = next_random(s), c = (r >> 8) % 200000;
	struct cs_event e = event(s, r & 1 ? CS_SEND_BUFFERED : CS_RECV_BUFFERED, CH + 128 * c, 1 + (r >> 32) % 100000);

	e.cap = 8;
	e.len = r & 1 ? 4 : 3;
	return e;
}

/* Channels made, used once and dropped, each at a new address by a new goroutine. */
static struct cs_event churn(struct source *s)
{
	static const enum cs_kind kinds[] = { CS_MAKE, CS_SEND_BUFFERED, CS_RECV_BUFFERED, CS_CLOSE };
	uint64_t i = s->step++, n = i % 4;
	struct cs_event e = event(s, kinds[n], CH + 128 * (i / 4), 1 + i / 4);

	e.cap = 1;
	e.len = n == 1;
	e.flags = n == 3 ? CS_F_CLOSED : 0;
	return e;
}

/* The same without the close: nobody can know that they are dead. */
static struct cs_event churn_open(struct source *s)
{
	struct cs_event e;

	do {
		e = churn(s);
	} while (e.kind == CS_CLOSE);
	return e;
}

static const struct pattern {
	const char *name;
	struct cs_event (*next)(struct source *s);
	uint64_t max_channels;
} patterns[] = {
	{ "hot_buffered", hot_buffered, 0 }, { "handoff", handoff, 0 },
	{ "selects", selects, 0 },	     { "wide", wide, 0 },
	{ "churn", churn, 100000 },	     { "churn_open", churn_open, 100000 },
	{ "churn_open_1m", churn_open, 0 },
};

#define NR_PATTERNS (sizeof(patterns) / sizeof(patterns[0]))

#endif
