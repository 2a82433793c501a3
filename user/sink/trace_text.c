// SPDX-License-Identifier: Apache-2.0
/* Owns a live event as one aligned line for people. It is given the event and its frames; it keeps nothing. */
#include "sink/sink.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "sink/frames.h"
#include "sink/text.h"
#include "sink/trace.h"
#include "sink/units.h"

#define FILL_COLUMNS 10 /* "1/1 closed" */

/* "receive", "select send", "park receive": what the goroutine did. */
static void format_op(char *buf, size_t sz, const struct trace_words *w)
{
	const char *detail = NULL;

	if (w->blocked_in)
		detail = w->blocked_in;
	else if (strcmp(w->op, "select") == 0)
		detail = w->direction;
	snprintf(buf, sz, "%s%s%s", w->op, detail ? " " : "", detail ? detail : "");
}

static void format_fill(char *buf, size_t sz, const struct cs_event *e)
{
	if (!e->chan || e->flags & CS_F_NO_CHAN)
		snprintf(buf, sz, "-");
	else
		snprintf(buf, sz, "%" PRIu32 "/%" PRIu32 "%s", e->len, e->cap, e->flags & CS_F_CLOSED ? " closed" : "");
}

static void format_chan(char *buf, size_t sz, const struct cs_event *e)
{
	if (e->chan)
		snprintf(buf, sz, "0x%" PRIx64, (uint64_t)e->chan);
	else if (e->kind == CS_PARK_SELECT)
		snprintf(buf, sz, "%" PRIu64 " case%s", (uint64_t)e->aux, e->aux == 1 ? "" : "s");
	else if (e->kind == CS_SEND_PANIC) /* on nil it would block */
		snprintf(buf, sz, "?");
	else
		snprintf(buf, sz, "%s", e->kind == CS_SELECT_DEFAULT ? "-" : "nil");
}

/* The user's own line: the innermost frame outside runtime and reflect, as symbolizer__place() has it. */
static const struct sym_frame *user_frame(const struct trace_line *line)
{
	const struct sym_frame *user;

	for (size_t i = 0; i < line->nr_frames; i++) {
		const char *name = line->stack[i].function;

		if (strncmp(name, "runtime.", 8) != 0 && strncmp(name, "reflect.", 8) != 0)
			return &line->stack[i];
	}
	user = frames_outside_channels(line->stack, line->nr_frames);
	return user || !line->nr_frames ? user : &line->stack[0];
}

static void put_place(FILE *out, const struct sym_frame *f)
{
	char place[256], function[256];

	frames_format_place(place, sizeof(place), f);
	text_clean(function, sizeof(function), frames_short_function(f->function));
	fprintf(out, "  %s", place);
	if (function[0] && f->file[0])
		fprintf(out, " %s", function);
}

/* What goroutine walks find is no event: it says what was so already. */
static const char *outcome_text(const struct cs_event *e, const struct trace_words *w)
{
	if (e->flags & CS_F_WALKED)
		return "was blocked";
	return w->outcome ? w->outcome : "-";
}

/* Pads by columns, which printf() cannot: it counts bytes. */
static void put_padded(FILE *out, const char *text, unsigned int columns)
{
	unsigned int have = text_columns(text);

	fprintf(out, "%s%*s", text, have < columns ? (int)(columns - have) : 0, "");
}

int sink_trace_text(FILE *out, const struct trace_line *line)
{
	const struct cs_event *e = line->event;
	struct trace_words w = trace_words(e);
	char when[UNITS_SZ], comm[64], who[96], op[32], chan[32], fill[48];
	const struct sym_frame *user = user_frame(line);

	if (!w.op)
		return 0;
	units_time_of_day(when, line->epoch_ns);
	text_clean(comm, sizeof(comm), line->comm ? line->comm : "?");
	snprintf(who, sizeof(who), "%" PRIu32 "/%s", e->pid, comm);
	format_op(op, sizeof(op), &w);
	format_chan(chan, sizeof(chan), e);
	format_fill(fill, sizeof(fill), e);
	fprintf(out, "%s  ", when);
	put_padded(out, who, 20);
	fprintf(out, "  g%-6" PRIu64 "  %-14s  %-11s  %-14s  %s", (uint64_t)e->goid, op, outcome_text(e, &w), chan,
		fill);
	if (user) {
		fprintf(out, "%*s", strlen(fill) < FILL_COLUMNS ? (int)(FILL_COLUMNS - strlen(fill)) : 0, "");
		put_place(out, user);
	}
	putc('\n', out);
	return ferror(out) ? -EIO : 0;
}
