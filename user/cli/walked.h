/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The records of the goroutine walk, waiting for their place in time among the ring's records: the
 * walk runs while the probes already count.
 */
#ifndef CHANSCOPE_CLI_WALKED_H
#define CHANSCOPE_CLI_WALKED_H

#include <stddef.h>

#include "event.h"

struct walked {
	struct cs_event *list; /* as the walk gave them, times ascending */
	size_t nr, size, next;
};

/* Appends a copy of e; -ENOMEM and nothing else if there is no room. */
int walked_add(struct walked *w, const struct cs_event *e);

/* The next record not later than time_ns, each once; NULL if there is none. */
const struct cs_event *walked_next(struct walked *w, __u64 time_ns);

void walked_free(struct walked *w);

#endif
