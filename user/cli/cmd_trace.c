// SPDX-License-Identifier: Apache-2.0
/* `chanscope trace`: live events, one line each. Owns the stacks seen, for their frames. */
#include "cli/commands.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <uthash.h>

#include "cli/live.h"
#include "cli/output.h"

struct traced_stack {
	uint64_t id;
	uint32_t nr;
	uint64_t *pcs;
	UT_hash_handle hh;
};

struct tracer {
	const struct settings *set;
	const struct targets *targets;
	struct symbolizer *sym;
	struct capture *capture;
	struct traced_stack *stacks;
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

static const char *comm_of(const struct tracer *t, uint32_t pid)
{
	for (size_t i = 0; i < t->targets->nr; i++)
		if ((uint32_t)t->targets->list[i].proc.pid == pid)
			return t->targets->list[i].proc.comm;
	return "";
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
		line.nr_frames =
			symbolizer__stack(t->sym, e->pid, st->pcs, st->nr, frames, sizeof(frames) / sizeof(frames[0]));
	line.comm = comm_of(t, e->pid);
	err = t->set->json ? sink_trace_json(t->out, &line) : sink_trace_text(t->out, &line);
	if (err)
		capture__stop(t->capture);
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
		capture__stop(t->capture);
}

static const struct feed_ops tracer_ops = {
	.start = on_start, .stack = on_stack, .event = on_event, .losses = on_losses, .pause = on_pause
};

/* What is missing from the lines that were printed; on stderr, since the lines may be JSON. */
static void say_losses(const struct tracer *t)
{
	static const char *const texts[] = {
#define LOSS_TEXT(id, name, exact, text) text,
		CS_LOSSES(LOSS_TEXT)
#undef LOSS_TEXT
	};

	for (int i = 0; i < CS_NR_LOSSES; i++)
		if (t->losses[i])
			fprintf(stderr, "chanscope: lost: %llu %s\n", (unsigned long long)t->losses[i], texts[i]);
}

static void free_stacks(struct tracer *t)
{
	struct traced_stack *st, *tmp;

	HASH_ITER (hh, t->stacks, st, tmp) {
		HASH_DEL(t->stacks, st);
		free(st);
	}
}

static int trace_run(const struct settings *set, struct live *l, struct diag *d)
{
	struct capture_opts opts = live_capture_opts(set, CAPTURE_ALL);
	struct tracer t = { .set = set, .targets = &l->targets, .sym = l->sym };
	const struct feed feed = { .ops = &tracer_ops, .ctx = &t };
	int err;

	err = output_open(set->output, &t.out, d);
	if (err)
		return err;
	opts.progress = !isatty(fileno(t.out));
	err = capture__new(&opts, &l->targets, &feed, &l->capture, d);
	if (!err) {
		t.capture = l->capture;
		err = capture__run(l->capture, d);
	}
	err = output_close(set->output, t.out, err, d);
	if (!err)
		say_losses(&t);
	free_stacks(&t);
	return err;
}

int cmd_trace(const struct settings *set, struct diag *d)
{
	struct live l;
	int err;

	err = live_open(set, &l, d);
	if (!err && set->dry_run)
		err = live_dry_run(&l, set->mode == CAPTURE_WAIT ? CAPTURE_WAIT : CAPTURE_ALL);
	else if (!err)
		err = trace_run(set, &l, d);
	live_close(&l);
	return err;
}
