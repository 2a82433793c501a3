/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Output formats: each takes a finished world and a symbolizer and writes to a FILE. One file per format;
 * none prints anything else or exits. All return 0, a negative errno with a diag, or -EIO for a write error, of which
 * the owner of the FILE knows more.
 */
#ifndef CHANSCOPE_SINK_SINK_H
#define CHANSCOPE_SINK_SINK_H

#include <stdbool.h>
#include <stdio.h>

#include "base/diag.h"
#include "model/world.h"
#include "sym/symbolizer.h"

struct sink_in {
	const struct world *world;
	struct symbolizer *sym;
};

enum report_sort { SORT_WORST, SORT_SENDS, SORT_RECEIVES, SORT_WAIT, SORT_LENGTH, SORT_SATURATION, SORT_MADE };

struct report_opts {
	bool group_by_site; /* one row per creation site */
	bool group_if_many; /* the same if a table can't show all channels */
	enum report_sort sort;
	unsigned int width;	 /* columns; 0: 80 */
	unsigned int max_rows;	 /* 0: all */
	const char *more_hint;	 /* how to see more than max_rows; may be NULL */
	const char *single_hint; /* how to see channels that group_if_many took together; may be NULL */
	bool color;
};

/* The table: one row per channel or site, worst first; then goroutines still parked, panics and losses. */
int sink_report_table(FILE *out, const struct sink_in *in, const struct report_opts *opts, struct diag *d);
/* schema chanscope.report/1 */
int sink_report_json(FILE *out, const struct sink_in *in, const struct report_opts *opts, struct diag *d);

enum flame_weight { WEIGHT_WAIT, WEIGHT_OPS, WEIGHT_QUEUE };

struct folded_lines;

/*
 * Folded stacks: `pid/comm;outermost;…;innermost;[chan receive worker.go:42] value`, wait and queue in ns. old, if not
 * NULL: stacks of another run to compare with (it is emptied); then `comm;… old value`.
 */
int sink_folded(FILE *out, const struct sink_in *in, enum flame_weight weight, struct folded_lines *old,
		struct diag *d);
/*
 * A self-contained interactive SVG; title may be NULL. With old (as above) what has grown is red, what has shrunk blue.
 */
int sink_flame_svg(FILE *out, const struct sink_in *in, enum flame_weight weight, const char *title,
		   struct folded_lines *old, struct diag *d);

/*
 * A pprof profile (gzip): wait/nanoseconds, contentions/count, operations/count, queue/nanoseconds by stack, with
 * labels process, operation, direction, channel, creation_site. The world must have kept flows.
 */
int sink_pprof(FILE *out, const struct sink_in *in, struct diag *d);

/*
 * The data flow as a graph for graphviz: goroutines by the function they run, channels by where they were made, and
 * who sends to whom; cycles of waiting in red. The world must have kept flows.
 */
int sink_dot(FILE *out, const struct sink_in *in, struct diag *d);

/* Live lines. stack: source frames of the event, innermost first. */
struct trace_line {
	const struct cs_event *event;
	uint64_t epoch_ns; /* event time since the Unix epoch */
	const char *comm;
	const struct sym_frame *stack;
	size_t nr_frames;
};
int sink_trace_text(FILE *out, const struct trace_line *line);
int sink_trace_json(FILE *out, const struct trace_line *line);

#endif
