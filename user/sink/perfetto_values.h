/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sends on their way to a Perfetto trace: which of them the value came from that a receive takes, and when all that
 * their slice shows is known.
 */
#ifndef CHANSCOPE_SINK_PERFETTO_VALUES_H
#define CHANSCOPE_SINK_PERFETTO_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A send that has begun. It is kept until both its end and the fate of its value are known. */
struct perfetto_send {
	uint64_t track, begin_ns, end_ns;
	uint64_t place, channel; /* of perfetto_out */
	uint64_t flow;		 /* number of the flow to its receive; 0: none */
	const char *name, *outcome;
	bool parked; /* between its begin and its end */
	bool ended, fate_known;
};

/* The sends whose values lie in a channel's buffer, oldest first; NULL for one that was not seen. */
struct perfetto_values {
	struct perfetto_send **ring;
	size_t nr_ring; /* power of two, or 0 */
	size_t head, nr;
	uint64_t unknown_first; /* unknown values before those in the ring */
};

/* Appends a send, or NULL. Returns 0 or -ENOMEM. */
int perfetto_values__push(struct perfetto_values *v, struct perfetto_send *s);

/* Takes the oldest out; NULL if it is unknown, or there is none. */
struct perfetto_send *perfetto_values__pop(struct perfetto_values *v);

/*
 * Makes the number of values what the channel says. Too many: receives were missed, the oldest go, and gone() is told
 * of each that is known. Too few: sends were missed, unknown ones are appended. Returns 0 or -ENOMEM.
 */
int perfetto_values__resync(struct perfetto_values *v, uint64_t total, void (*gone)(void *ctx, struct perfetto_send *s),
			    void *ctx);

/* Frees the list, not the sends. */
void perfetto_values__free(struct perfetto_values *v);

#endif
