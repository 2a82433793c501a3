// SPDX-License-Identifier: Apache-2.0
/* Owns the progress line on stderr. */
#include "cli/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define REDRAW_NS 200000000u

struct progress {
	uint64_t total_ns, next_ns;
	uint64_t started_ns;
	bool drawn;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

struct progress *progress__new(bool wanted, uint64_t total_ns)
{
	struct progress *p;

	if (!wanted || !isatty(STDERR_FILENO))
		return NULL;
	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->total_ns = total_ns;
	p->started_ns = now_ns();
	return p;
}

void progress__show(struct progress *p, uint64_t elapsed_ns, uint64_t nr_events)
{
	double s = (double)elapsed_ns / 1e9;

	if (!p || elapsed_ns < p->next_ns)
		return;
	p->next_ns = elapsed_ns + REDRAW_NS;
	p->drawn = true;
	fprintf(stderr, "\r\033[Ktracing: %.1f s", s);
	if (p->total_ns)
		fprintf(stderr, " of %.1f s", (double)p->total_ns / 1e9);
	fprintf(stderr, ", %llu events (Ctrl-C for the result)", (unsigned long long)nr_events);
	fflush(stderr);
}

void progress__show_share(struct progress *p, uint64_t done, uint64_t total)
{
	uint64_t elapsed_ns = p ? now_ns() - p->started_ns : 0;
	double share = total ? (double)done / (double)total : 0;

	if (!p || elapsed_ns < p->next_ns + REDRAW_NS)
		return;
	p->next_ns = elapsed_ns;
	p->drawn = true;
	fprintf(stderr, "\r\033[Kreading: %.1f MB", (double)done / 1e6);
	if (share > 0 && share <= 1)
		fprintf(stderr, " of %.1f MB, %.0f s left", (double)total / 1e6,
			(double)elapsed_ns / 1e9 * (1 - share) / share);
	fflush(stderr);
}

void progress__end(struct progress *p)
{
	if (!p)
		return;
	if (p->drawn)
		fputs("\r\033[K", stderr);
	free(p);
}
