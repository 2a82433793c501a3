// SPDX-License-Identifier: Apache-2.0
/* Owns the export of every event as a line of JSON, as trace writes it. It is given events; it keeps no event. */
#include "sink/event_sink.h"

#include <errno.h>
#include <stdlib.h>

#include "sink/frames.h"

struct jsonl {
	FILE *out;
	const struct sink_in *in;
	uint64_t wall_minus_mono_ns;
	struct frames frames;
	uint32_t pid; /* of comm */
	char comm[16];
	int err;
};

static void on_start(void *ctx, const struct feed_start *s)
{
	struct jsonl *j = ctx;

	j->wall_minus_mono_ns = s->wall_ns - s->mono_ns;
}

/* Announced before its first event; a PID that is announced again has another name. */
static void on_process(void *ctx, const struct feed_process *p)
{
	struct jsonl *j = ctx;

	if (p->pid == j->pid)
		j->pid = 0;
}

static bool match_process(void *ctx, const struct process_info *p)
{
	struct jsonl *j = ctx;

	if (p->pid == j->pid)
		snprintf(j->comm, sizeof(j->comm), "%s", p->comm);
	return true;
}

static const char *comm_of(struct jsonl *j, uint32_t pid)
{
	if (pid == j->pid && pid)
		return j->comm;
	j->pid = pid;
	j->comm[0] = '\0';
	world__processes(j->in->world, match_process, j);
	return j->comm;
}

static void on_event(void *ctx, const struct cs_event *e)
{
	struct jsonl *j = ctx;
	struct trace_line line = { .event = e, .epoch_ns = e->time_ns + j->wall_minus_mono_ns };

	if (j->err)
		return;
	j->err = frames__load(&j->frames, j->in, e->pid, e->stack);
	if (j->err)
		return;
	line.comm = comm_of(j, e->pid);
	line.stack = j->frames.f;
	line.nr_frames = j->frames.nr;
	j->err = sink_trace_json(j->out, &line);
}

static int jsonl_close(void *ctx, struct diag *d)
{
	struct jsonl *j = ctx;
	int err = j->err;

	if (!err && ferror(j->out))
		err = -EIO;
	frames__free(&j->frames);
	free(j);
	return err == -ENOMEM ? diag_fail(d, err, "not enough memory for the frames of a stack") : err;
}

int sink_jsonl(FILE *out, const struct sink_in *in, struct event_sink *ret, struct diag *d)
{
	static const struct feed_ops ops = { .start = on_start, .process = on_process, .event = on_event };
	struct jsonl *j = calloc(1, sizeof(*j));

	if (!j)
		return diag_fail(d, -ENOMEM, "out of memory");
	j->out = out;
	j->in = in;
	*ret = (struct event_sink){ .feed = { .ops = &ops, .ctx = j }, .close = jsonl_close };
	return 0;
}
