/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who sends to whom: groups of goroutines (by the function that they run), channels (by the place where they were
 * made), and the streams of values between them.
 */
#ifndef CHANSCOPE_SINK_DOT_GRAPH_H
#define CHANSCOPE_SINK_DOT_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sink/interner.h"
#include "sink/sink.h"

/* Goroutines by their outermost function outside the runtime. */
struct dot_group {
	uint32_t pid;
	char *function; /* owned; "" if unknown */
	uint64_t wait_ns, parked;
	bool in_cycle;
};

/*
 * Channels by creation site; those whose making was not seen by where they were first used, and failing that by element
 * type and capacity.
 */
struct dot_chan {
	uint32_t pid;
	char *place, *type; /* owned; "" if unknown */
	uint32_t capacity;
	bool several_capacities, timer, nil;
	uint64_t nr, nr_closed, values, wait_ns;
	double saturation; /* the worst of them */
	bool in_cycle;
};

/* What a group does to channels of one site. */
struct dot_stream {
	size_t group, chan; /* indices */
	bool send, close;
	uint64_t values, ops, blocked, wait_ns;
	uint64_t parked; /* goroutines, now or at the end of their process */
	uint64_t stuck;	 /* of these: for long, and with no other case */
	bool in_cycle;
};

struct dot_graph {
	struct dot_group *groups;
	struct dot_chan *chans;
	struct dot_stream *streams;
	size_t nr_groups, nr_chans, nr_streams;
	struct interner group_keys, chan_keys, stream_keys;
};

/* Given a world that kept flows. Freed by dot_graph__free also after a failure. */
int dot_graph__build(struct dot_graph *g, const struct sink_in *in, struct diag *d);
void dot_graph__free(struct dot_graph *g);

/*
 * Marks what takes part in a cycle of waiting: a group is stuck at a channel whose other side is in the hands of
 * groups that are all stuck in turn, and so on back to the first.
 */
int dot_graph__mark_cycles(struct dot_graph *g);

#endif
