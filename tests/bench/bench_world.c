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

#include "bench/patterns.h"
#include "model/world.h"

#define BLOCK 65536

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
	for (size_t i = 0; i < NR_PATTERNS; i++)
		if (argc < 3 || !strcmp(argv[2], patterns[i].name))
			run(&patterns[i], nr_events, block);
	free(block);
	return 0;
}
