/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of the Perfetto format: what perfetto.c (what an event means) and perfetto_park.c (what waits) share. */
#ifndef CHANSCOPE_SINK_PERFETTO_IMPL_H
#define CHANSCOPE_SINK_PERFETTO_IMPL_H

#include <uthash.h>

#include "sink/perfetto_tracks.h"

/* A goroutine that is parked. */
struct parked_track {
	uint64_t track; /* key */
	uint32_t pid;
	uint8_t kind; /* CS_PARK_* */
	uint64_t since_ns, place, channel;
	struct perfetto_send *send; /* its value has been taken, by a receiver or into the buffer */
	uint64_t flow_to;	    /* number of the flow that brings it a value; 0: none */
	UT_hash_handle hh;
};

struct perfetto {
	const struct sink_in *in;
	struct perfetto_out *out;
	struct perfetto_tracks tracks;
	struct parked_track *parked;
	uint64_t nr_flows;
	uint64_t last_ns;
	int err;
};

struct perfetto_op {
	struct perfetto *p;
	const struct cs_event *e;
	uint64_t track; /* of its goroutine; 0: none */
	struct perfetto_chan *c;
};

static inline uint64_t perfetto_channel(const struct perfetto_op *op)
{
	return op->c ? op->c->name : 0;
}

static inline uint64_t perfetto_place(const struct perfetto_op *op)
{
	return perfetto_tracks__place(&op->p->tracks, op->e->pid, op->e->stack);
}

void perfetto_no_memory(struct perfetto *p);

/* --- sends --- */

/* A copy of like, NULL without memory. */
struct perfetto_send *perfetto_new_send(struct perfetto *p, const struct perfetto_send *like);
/* Its value went to the receive that the returned flow ends at; s may be NULL: then there is none. */
uint64_t perfetto_take_value(struct perfetto *p, struct perfetto_send *s);
/* What became of its value will never be known. ctx: the struct perfetto. */
void perfetto_lose_value(void *ctx, struct perfetto_send *s);

/* --- parking --- */

void perfetto_park(const struct perfetto_op *op);
struct parked_track *perfetto_find_parked(const struct perfetto *p, uint64_t track);
/* Ends a wait. channel: of the case that fired, 0: of the operation. */
void perfetto_unpark(struct perfetto *p, struct parked_track *pt, uint64_t channel, uint64_t end_ns,
		     const char *outcome);
/* The goroutine that was taken off a wait queue of the channel for its value, or to be given one; NULL if unknown. */
struct parked_track *perfetto_peer_of(const struct perfetto_op *op);
/* The parked sender's value is on its way: its slice is from now on that of a send like any other. */
struct perfetto_send *perfetto_send_of_peer(const struct perfetto_op *op);

#endif
