// SPDX-License-Identifier: Apache-2.0
/* `chanscope trace`: events of a live target or a recording, one line each. Owns the stacks and processes seen. */
#include "cli/commands.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <uthash.h>

#include "cli/losses_said.h"
#include "cli/output.h"
#include "cli/source.h"

struct traced_stack {
	uint64_t id;
	uint32_t nr;
	uint64_t *pcs;
	UT_hash_handle hh;
};

struct traced_process {
	uint32_t pid;
	char comm[16]; /* as the kernel keeps it */
	UT_hash_handle hh;
};

struct tracer {
	const struct settings *set;
	struct source *source;
	struct traced_stack *stacks;
	struct traced_process *processes;
	FILE *out;
	uint64_t wall_minus_mono_ns;
	uint64_t losses[CS_NR_LOSSES];
};

static void on_start(void *ctx, const struct feed_start *s)
{
	struct tracer *t = ctx;

	t->wall_minus_mono_ns = s->wall_ns - s->mono_ns;
}

static void on_stack(void *ctx, uint64_t id, const uint64_t *pcs, uint32_t nr)
{
	struct tracer *t = ctx;
	struct traced_stack *st = calloc(1, sizeof(*st) + nr * sizeof(*pcs));

	if (!st)
		return;
	st->id = id;
	st->nr = nr;
	st->pcs = (uint64_t *)(st + 1);
	memcpy(st->pcs, pcs, nr * sizeof(*pcs));
	HASH_ADD(hh, t->stacks, id, sizeof(st->id), st);
}

static void on_process(void *ctx, const struct feed_process *p)
{
	struct tracer *t = ctx;
	struct traced_process *tp;

	HASH_FIND(hh, t->processes, &p->pid, sizeof(p->pid), tp);
	if (!tp) {
		tp = calloc(1, sizeof(*tp));
		if (!tp)
			return;
		tp->pid = p->pid;
		HASH_ADD(hh, t->processes, pid, sizeof(tp->pid), tp);
	}
	snprintf(tp->comm, sizeof(tp->comm), "%s", p->comm);
}

static const char *comm_of(const struct tracer *t, uint32_t pid)
{
	const struct traced_process *tp;

	HASH_FIND(hh, t->processes, &pid, sizeof(pid), tp);
	return tp ? tp->comm : "";
}

static void on_event(void *ctx, const struct cs_event *e)
{
	struct tracer *t = ctx;
	struct sym_frame frames[CS_MAX_STACK_DEPTH * 2];
	struct trace_line line = { .event = e, .epoch_ns = e->time_ns + t->wall_minus_mono_ns, .stack = frames };
	struct traced_stack *st;
	int err;

	HASH_FIND(hh, t->stacks, &e->stack, sizeof(e->stack), st);
	if (st)
		line.nr_frames = symbolizer__stack(t->source->sym, e->pid, st->pcs, st->nr, frames,
						   sizeof(frames) / sizeof(frames[0]));
	line.comm = comm_of(t, e->pid);
	err = t->set->json ? sink_trace_json(t->out, &line) : sink_trace_text(t->out, &line);
	if (err)
		source_stop(t->source);
}

static void on_losses(void *ctx, const uint64_t nr[CS_NR_LOSSES])
{
	struct tracer *t = ctx;

	memcpy(t->losses, nr, sizeof(t->losses));
}

static void on_pause(void *ctx)
{
	struct tracer *t = ctx;

	if (fflush(t->out))
		source_stop(t->source);
}

static const struct feed_ops tracer_ops = { .start = on_start,
					    .process = on_process,
					    .stack = on_stack,
					    .event = on_event,
					    .losses = on_losses,
					    .pause = on_pause };

static void free_tracer(struct tracer *t)
{
	struct traced_stack *st, *tmp;
	struct traced_process *tp, *next;

	HASH_ITER (hh, t->stacks, st, tmp) {
		HASH_DEL(t->stacks, st);
		free(st);
	}
	HASH_ITER (hh, t->processes, tp, next) {
		HASH_DEL(t->processes, tp);
		free(tp);
	}
}

static int trace_run(const struct settings *set, struct source *s, struct diag *d)
{
	struct capture_opts opts = source_capture_opts(set, CAPTURE_ALL);
	struct tracer t = { .set = set, .source = s };
	const struct feed feed = { .ops = &tracer_ops, .ctx = &t };
	int err;

	err = output_open(set->output, &t.out, d);
	if (err)
		return err;
	opts.progress = !isatty(fileno(t.out));
	err = source_run(s, &opts, &feed, d);
	err = output_close(set->output, t.out, err, d);
	/* What is missing from the lines; on stderr, since they may be JSON. */
	if (!err)
		losses_say(t.losses);
	free_tracer(&t);
	return err;
}

int cmd_trace(const struct settings *set, struct diag *d)
{
	struct source s;
	int err;

	err = source_open(set, &s, d);
	if (!err && set->dry_run)
		err = source_dry_run(&s, set->mode == CAPTURE_WAIT ? CAPTURE_WAIT : CAPTURE_ALL);
	else if (!err)
		err = trace_run(set, &s, d);
	source_close(&s);
	return err;
}
