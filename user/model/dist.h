/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A distribution of durations: exact count, sum and maximum, and a log-linear histogram of 32 buckets per
 * power of two, so that a percentile is at most 1/32 too high.
 *
 * A full histogram of 64-bit values has 1920 buckets; most channels fill a few powers of two. So
 * dist.buckets is sparse: two words with a bit mask of the powers of two ("octaves") that occur, then 32
 * counters for each of them in ascending order. A counter stays at 2^32-1 once it is there.
 */
#ifndef CHANSCOPE_MODEL_DIST_H
#define CHANSCOPE_MODEL_DIST_H

#include "model/world.h"

/* Adds one value. Returns 0, or -ENOMEM: then count, sum and max have it and the histogram does not. */
int dist__add(struct dist *d, uint64_t ns);

/* Adds all of src to dst. Returns 0 or -ENOMEM as dist__add. */
int dist__merge(struct dist *dst, const struct dist *src);

/* Back to empty. */
void dist__clear(struct dist *d);

#endif
