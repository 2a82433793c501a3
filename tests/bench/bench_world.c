// SPDX-License-Identifier: Apache-2.0
/*
 * How many events a second the model takes, by pattern, as one JSON object a line. Makes its events in blocks and
 * times only their way into the world and the final queries. Usage: bench_world [EVENTS [PATTERN]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "model/world.h"

#define BLOCK 65536
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

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool count_channel(void *ctx, const struct channel *c)
{
	*(uint64_t *)ctx += c->queue.count > 0 || c->sends > 0;
	return true;
}

static void run(const struct pattern *p, uint64_t nr_events, struct cs_event *block)
{
	struct world_opts opts = { .max_channels = p->max_channels };
	struct world *w = world__new(&opts);
	struct source s = { .random = 88172645463325252ULL };
	uint64_t left = nr_events, nr_used = 0;
	struct rusage usage;
	struct feed f;
	double spent = 0, begin;

	if (!w)
		abort();
	f = world__feed(w);
	while (left) {
		size_t nr = left < BLOCK ? (size_t)left : BLOCK;

		for (size_t i = 0; i < nr; i++)
			block[i] = p->next(&s);
		begin = now_s();
		for (size_t i = 0; i < nr; i++)
			f.ops->event(f.ctx, &block[i]);
		spent += now_s() - begin;
		left -= nr;
	}
	begin = now_s();
	f.ops->end(f.ctx, s.time_ns);
	world__channels(w, count_channel, &nr_used);
	spent += now_s() - begin;
	getrusage(RUSAGE_SELF, &usage);
	printf("{\"bench\":\"world\",\"pattern\":\"%s\",\"events\":%llu,\"seconds\":%.3f,\"events_per_s\":%.0f,"
	       "\"ns_per_event\":%.1f,\"channels_used\":%llu,\"max_rss_kb\":%ld}\n",
	       p->name, (unsigned long long)nr_events, spent, (double)nr_events / spent,
	       spent / (double)nr_events * 1e9, (unsigned long long)nr_used, usage.ru_maxrss);
	world__free(w);
}

int main(int argc, char **argv)
{
	uint64_t nr_events = argc > 1 ? strtoull(argv[1], NULL, 10) : 10000000;
	struct cs_event *block = calloc(BLOCK, sizeof(*block));

	if (!block || !nr_events)
		return 1;
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		if (argc < 3 || !strcmp(argv[2], patterns[i].name))
			run(&patterns[i], nr_events, block);
	free(block);
	return 0;
}
