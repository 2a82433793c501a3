// SPDX-License-Identifier: Apache-2.0
/*
 * What recording costs and how fast a recording becomes a report, by pattern of events, as one JSON object a line.
 * Reading is measured in a process of its own, so that its peak of memory is that of the reader, the model and the
 * report. Usage: bench_rec [EVENTS [PATTERN]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/patterns.h"
#include "model/world.h"
#include "rec/reader.h"
#include "rec/writer.h"
#include "sink/sink.h"

#define BLOCK 65536

static double cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static _Noreturn void die(const struct diag *d)
{
	fprintf(stderr, "bench_rec: %s\n", d->what);
	exit(1);
}

static void announce_stacks(const struct feed *f)
{
	uint64_t pcs[12];

	for (uint64_t id = 0x1000; id < 0x1000 + 50 * 32; id++) {
		for (uint64_t i = 0; i < 12; i++)
			pcs[i] = 0x401000 + (id * 977 + i * 7919) % 400000;
		f->ops->stack(f->ctx, id, pcs, 12);
	}
}

/* CPU seconds of writing; making the events is not counted. */
static double write_file(const struct pattern *p, uint64_t nr_events, const char *path, uint64_t *ret_bytes)
{
	static const struct rec_writer_opts none;
	struct cs_event *block = calloc(BLOCK, sizeof(*block));
	struct source s = { .random = 88172645463325252ULL };
	struct rec_written written;
	struct rec_writer *w;
	struct diag d = { 0 };
	struct feed f;
	double spent = 0, begin;

	if (!block || rec_writer__new(path, &none, &w, &d))
		die(&d);
	f = rec_writer__feed(w);
	announce_stacks(&f);
	for (uint64_t left = nr_events; left;) {
		size_t nr = left < BLOCK ? (size_t)left : BLOCK;

		for (size_t i = 0; i < nr; i++)
			block[i] = p->next(&s);
		begin = cpu_s();
		for (size_t i = 0; i < nr; i++)
			f.ops->event(f.ctx, &block[i]);
		spent += cpu_s() - begin;
		left -= nr;
	}
	begin = cpu_s();
	f.ops->end(f.ctx, s.time_ns);
	if (rec_writer__close(w, &d))
		die(&d);
	spent += cpu_s() - begin;
	rec_writer__written(w, &written);
	*ret_bytes = written.nr_bytes;
	rec_writer__free(w);
	free(block);
	return spent;
}

static double read_file(const struct pattern *p, const char *path)
{
	struct world_opts wopts = { .max_channels = p->max_channels };
	struct report_opts ropts = { .max_rows = 40 };
	struct world *w = world__new(&wopts);
	struct sink_in in = { .world = w, .sym = symbolizer__new() };
	FILE *out = fopen("/dev/null", "w");
	struct rec_reader *r;
	struct rec_read result;
	struct diag d = { 0 };
	double begin = cpu_s();
	struct feed f;

	if (!w || !in.sym || !out || rec_reader__open(path, &r, &d))
		die(&d);
	f = world__feed(w);
	if (rec_reader__run(r, &f, NULL, &result, &d) || sink_report_table(out, &in, &ropts, &d))
		die(&d);
	if (!result.complete)
		abort();
	return cpu_s() - begin; /* the process ends: nothing is freed */
}

static void run(const struct pattern *p, uint64_t nr_events)
{
	char path[] = "/tmp/bench_rec_XXXXXX";
	int fd = mkstemp(path), pipes[2];
	double written_s, read_s = 0;
	struct rusage usage;
	uint64_t bytes;
	pid_t pid;

	if (fd < 0 || pipe(pipes))
		abort();
	close(fd);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		/* waits for the file: forked before it is written, it has no memory but its own */
		if (read(pipes[0], &bytes, 1) != 1)
			_exit(1);
		read_s = read_file(p, path);
		if (write(pipes[1], &read_s, sizeof(read_s)) != sizeof(read_s))
			_exit(1);
		_exit(0);
	}
	written_s = write_file(p, nr_events, path, &bytes);
	if (write(pipes[1], "", 1) != 1 || wait4(pid, NULL, 0, &usage) != pid ||
	    read(pipes[0], &read_s, sizeof(read_s)) != sizeof(read_s))
		abort();
	unlink(path);
	close(pipes[0]);
	close(pipes[1]);
	printf("{\"bench\":\"rec\",\"pattern\":\"%s\",\"events\":%llu,\"bytes_per_event\":%.2f,"
	       "\"write_ns_per_event\":%.1f,\"read_seconds\":%.3f,\"read_ns_per_event\":%.1f,\"read_max_rss_kb\":%ld}"
	       "\n",
	       p->name, (unsigned long long)nr_events, (double)bytes / (double)nr_events,
	       written_s / (double)nr_events * 1e9, read_s, read_s / (double)nr_events * 1e9, usage.ru_maxrss);
}

int main(int argc, char **argv)
{
	uint64_t nr_events = argc > 1 ? strtoull(argv[1], NULL, 10) : 10000000;

	if (!nr_events)
		return 1;
	for (size_t i = 0; i < NR_PATTERNS; i++)
		if (argc < 3 || !strcmp(argv[2], patterns[i].name))
			run(&patterns[i], nr_events);
	return 0;
}
