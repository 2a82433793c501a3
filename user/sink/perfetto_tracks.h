/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tracks of a Perfetto trace: one for each process, below it one for each goroutine and each channel, and below
 * that a counter of its length. Each is told when it is first needed.
 */
#ifndef CHANSCOPE_SINK_PERFETTO_TRACKS_H
#define CHANSCOPE_SINK_PERFETTO_TRACKS_H

#include "event.h"
#include "sink/frames.h"
#include "sink/interner.h"
#include "sink/perfetto_out.h"
#include "sink/perfetto_values.h"
#include "sink/sink.h"

/* A channel, until its address is made anew. */
struct perfetto_chan {
	uint32_t generation;
	uint64_t track, counter, name; /* name: of perfetto_out__text() */
	uint64_t length;
	bool counted; /* length has been told */
	struct perfetto_values values;
};

struct perfetto_tracks {
	const struct sink_in *in;
	struct perfetto_out *out;
	struct interner ids; /* of tracks: their numbers */
	struct interner stacks;
	uint64_t *places; /* by number of the stack: of perfetto_out__place(), 0: none */
	size_t nr_places;
	struct interner chan_ids;
	struct perfetto_chan **chans; /* by number */
	size_t nr_chans;
	struct frames frames;
	int err;
};

/* The track of a process. */
uint64_t perfetto_tracks__process(struct perfetto_tracks *t, uint32_t pid);

/* The track of an event's goroutine; stack: what to name it after if it is new. 0: no goroutine, or no memory. */
uint64_t perfetto_tracks__goroutine(struct perfetto_tracks *t, uint32_t pid, uint64_t goid, uint64_t stack);
/* The same if it has been asked for before, else 0. */
uint64_t perfetto_tracks__known(const struct perfetto_tracks *t, uint32_t pid, uint64_t goid);

/* The user's line of a stack. */
uint64_t perfetto_tracks__place(struct perfetto_tracks *t, uint32_t pid, uint64_t stack);

/* The channel of an event, NULL for the nil channel. A make begins another one: who held its address goes before. */
struct perfetto_chan *perfetto_tracks__chan(struct perfetto_tracks *t, const struct cs_event *e);
struct perfetto_chan *perfetto_tracks__find_chan(struct perfetto_tracks *t, uint32_t pid, uint64_t addr);

void perfetto_tracks__free(struct perfetto_tracks *t);

#endif
