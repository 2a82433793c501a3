/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Output formats made from single events, as they come. Such a sink looks at the world as it was before an event, so
 * its feed goes in front of the world's. When its end() returns all is written; close() frees, and tells what failed.
 */
#ifndef CHANSCOPE_SINK_EVENT_SINK_H
#define CHANSCOPE_SINK_EVENT_SINK_H

#include <stdio.h>

#include "base/feed.h"
#include "sink/sink.h"

struct event_sink {
	struct feed feed;
	/* Returns 0, a negative errno with a diag, or -EIO for a write error; called once, with feed.ctx. */
	int (*close)(void *ctx, struct diag *d);
};

/* In all of these `in` and `out` are borrowed until close(); in->world is fed behind this sink. */

enum script_events { SCRIPT_ALL, SCRIPT_WAITS, SCRIPT_OPS };

/*
 * The text of `perf script`. A finished wait is an event chan-wait whose period is its time in ns; waits that last to
 * the end have theirs there. An operation is an event chan-make, chan-send, chan-receive, chan-select or chan-close
 * with period 1.
 */
int sink_script(FILE *out, const struct sink_in *in, enum script_events events, struct event_sink *ret, struct diag *d);

/* Every event that has a line in trace, as sink_trace_json() writes it. */
int sink_jsonl(FILE *out, const struct sink_in *in, struct event_sink *ret, struct diag *d);

/*
 * A Perfetto trace: a track for each goroutine with slices for its operations and waits, one for each channel with a
 * counter of its length, and a flow from each send to the receive that took its value.
 */
int sink_perfetto(FILE *out, const struct sink_in *in, struct event_sink *ret, struct diag *d);

#endif
