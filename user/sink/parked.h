/* SPDX-License-Identifier: Apache-2.0 */
/* Goroutines parked now, those with the same stack and operation taken together. */
#ifndef CHANSCOPE_SINK_PARKED_H
#define CHANSCOPE_SINK_PARKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sink/sink.h"

/* The waiters members[0..nr) of a group wait in the same operation at the same stack; longest first. */
struct parked_group {
	const struct waiter *const *members;
	size_t nr;
};

struct parked {
	const struct waiter **waiters; /* all; the groups are slices of it */
	size_t nr, room;
	struct parked_group *groups; /* largest first, then the longest wait */
	size_t nr_groups;
	bool failed; /* out of memory while collecting */
};

int parked__collect(struct parked *p, const struct sink_in *in, struct diag *d);
void parked__free(struct parked *p);

/* "chan receive (nil chan)" and the like, as Go's traceback words it. */
const char *parked_operation(const struct waiter *w);

#endif
