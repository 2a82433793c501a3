// SPDX-License-Identifier: Apache-2.0
/* Owns a live event as one JSON object on a line. It is given the event and its frames; it keeps nothing. */
#include "sink/sink.h"

#include <errno.h>

#include "sink/frames.h"
#include "sink/json_out.h"
#include "sink/trace.h"

static void put_uint_if(struct json_out *j, const char *name, bool known, uint64_t n)
{
	if (known)
		json_out__uint(j, name, n);
	else
		json_out__null(j, name);
}

static void put_header(struct json_out *j, const struct cs_event *e)
{
	bool known = e->chan && !(e->flags & CS_F_NO_CHAN);

	put_uint_if(j, "length", known, e->len);
	put_uint_if(j, "capacity", known, e->cap);
	put_uint_if(j, "element_size", known, e->elem_size);
	if (known)
		json_out__bool(j, "closed", e->flags & CS_F_CLOSED);
	else
		json_out__null(j, "closed");
}

/* What only some kinds have. */
static void put_details(struct json_out *j, const struct cs_event *e, const struct trace_words *w)
{
	if (w->direction)
		json_out__string(j, "direction", w->direction);
	if (w->blocked_in)
		json_out__string(j, "blocked_in", w->blocked_in);
	if (e->select_case != CS_NO_CASE)
		json_out__uint(j, "select_case", e->select_case);
	if (e->kind == CS_PARK_SELECT)
		json_out__uint(j, "cases", e->aux);
	if (trace_peer(e))
		json_out__uint(j, "peer", trace_peer(e));
	if (e->flags & CS_F_WALKED)
		json_out__bool(j, "before_attach", true);
}

int sink_trace_json(FILE *out, const struct trace_line *line)
{
	const struct cs_event *e = line->event;
	struct trace_words w = trace_words(e);
	struct json_out j = { .out = out };

	if (!w.op)
		return 0;
	json_out__open(&j, NULL, '{');
	json_out__uint(&j, "time_ns", line->epoch_ns);
	json_out__uint(&j, "pid", e->pid);
	json_out__uint(&j, "tid", e->tid);
	json_out__string(&j, "comm", line->comm);
	json_out__uint(&j, "goroutine", e->goid);
	json_out__string(&j, "op", w.op);
	json_out__string(&j, "outcome", w.outcome);
	if (e->chan)
		json_out__pointer(&j, "channel", e->chan);
	else
		json_out__null(&j, "channel");
	put_header(&j, e);
	put_details(&j, e, &w);
	frames_json_stack(&j, "stack", line->stack, line->nr_frames);
	json_out__close(&j, '}');
	putc('\n', out);
	return ferror(out) ? -EIO : 0;
}
