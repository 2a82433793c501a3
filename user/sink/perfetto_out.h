/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The packets of a Perfetto trace, written one by one; names are told once and then called by number. Times are those
 * of CLOCK_MONOTONIC. The first failure is kept: what follows it does nothing.
 */
#ifndef CHANSCOPE_SINK_PERFETTO_OUT_H
#define CHANSCOPE_SINK_PERFETTO_OUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "sym/symbolizer.h"

struct perfetto_out;

/* What there is to say of a slice or an instant; 0 and NULL: nothing. */
struct perfetto_event {
	const char *name;
	uint64_t place;	     /* of perfetto_out__place() */
	uint64_t channel;    /* of perfetto_out__text() */
	const char *outcome; /* how it ended */
	uint64_t flow_from;  /* number of a flow that begins here */
	uint64_t flow_to;    /* of one that ends here */
};

int perfetto_out__new(FILE *out, struct perfetto_out **ret);
/* Returns the first failure: 0, -ENOMEM or -EIO. */
int perfetto_out__error(const struct perfetto_out *p);
int perfetto_out__free(struct perfetto_out *p);

/* Once, before all else: which moment is which on the two clocks. */
void perfetto_out__clock(struct perfetto_out *p, uint64_t mono_ns, uint64_t wall_ns);

/* Tracks are numbered by the caller; parents come first. parent 0: none. */
void perfetto_out__process_track(struct perfetto_out *p, uint64_t track, uint32_t pid, const char *name);
void perfetto_out__track(struct perfetto_out *p, uint64_t track, uint64_t parent, const char *name);
void perfetto_out__counter_track(struct perfetto_out *p, uint64_t track, uint64_t parent, const char *name);

/* Numbers for texts and places, > 0; 0 without memory. */
uint64_t perfetto_out__text(struct perfetto_out *p, const char *text);
uint64_t perfetto_out__place(struct perfetto_out *p, const struct sym_frame *f);

void perfetto_out__begin(struct perfetto_out *p, uint64_t track, uint64_t time_ns, const struct perfetto_event *e);
/* Ends the innermost slice of the track. */
void perfetto_out__end(struct perfetto_out *p, uint64_t track, uint64_t time_ns);
void perfetto_out__instant(struct perfetto_out *p, uint64_t track, uint64_t time_ns, const struct perfetto_event *e);
void perfetto_out__count(struct perfetto_out *p, uint64_t track, uint64_t time_ns, uint64_t value);

#endif
