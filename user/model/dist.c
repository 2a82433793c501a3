// SPDX-License-Identifier: Apache-2.0
/* Owns the histogram's memory layout (see dist.h). Given durations; never sorts nor keeps single values. */
#include "model/dist.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SUB_BITS 5
#define SUB_BUCKETS (1U << SUB_BITS)
#define MASK_WORDS 2
#define NR_OCTAVES (64 - SUB_BITS + 1) /* octave 0: values below 32, one by one */

static unsigned int octave_of(uint64_t v)
{
	return v < SUB_BUCKETS ? 0 : 64 - SUB_BITS - (unsigned int)__builtin_clzll(v);
}

/* From octave 1 on the top bit is implied, and the next 5 bits are the bucket. */
static unsigned int sub_of(uint64_t v, unsigned int octave)
{
	return (unsigned int)(octave ? v >> (octave - 1) : v) & (SUB_BUCKETS - 1);
}

/* The largest value of a bucket. */
static uint64_t bucket_last(unsigned int octave, unsigned int sub)
{
	if (!octave)
		return sub;
	return ((((uint64_t)SUB_BUCKETS + sub) << (octave - 1)) | ((1ULL << (octave - 1)) - 1));
}

static uint64_t mask_of(const struct dist *d)
{
	return d->buckets ? d->buckets[0] | (uint64_t)d->buckets[1] << 32 : 0;
}

/* Counters of an octave, with room made for them; NULL without memory. */
static uint32_t *octave_get(struct dist *d, unsigned int octave)
{
	uint64_t mask = mask_of(d), bit = 1ULL << octave;
	size_t at = MASK_WORDS + SUB_BUCKETS * (size_t)__builtin_popcountll(mask & (bit - 1));
	size_t nr = MASK_WORDS + SUB_BUCKETS * (size_t)__builtin_popcountll(mask);
	uint32_t *b;

	if (mask & bit)
		return d->buckets + at;
	b = realloc(d->buckets, (nr + SUB_BUCKETS) * sizeof(*b));
	if (!b)
		return NULL;
	d->buckets = b;
	memmove(b + at + SUB_BUCKETS, b + at, (nr - at) * sizeof(*b));
	memset(b + at, 0, SUB_BUCKETS * sizeof(*b));
	mask |= bit;
	b[0] = (uint32_t)mask;
	b[1] = (uint32_t)(mask >> 32);
	return b + at;
}

static void count_up(uint32_t *counter, uint32_t by)
{
	*counter = by > UINT32_MAX - *counter ? UINT32_MAX : *counter + by;
}

int dist__add(struct dist *d, uint64_t ns)
{
	unsigned int octave = octave_of(ns);
	uint32_t *counters;

	d->count++;
	d->sum_ns += ns;
	if (ns > d->max_ns)
		d->max_ns = ns;
	counters = octave_get(d, octave);
	if (!counters)
		return -ENOMEM;
	count_up(&counters[sub_of(ns, octave)], 1);
	return 0;
}

int dist__merge(struct dist *dst, const struct dist *src)
{
	uint64_t mask = mask_of(src);
	const uint32_t *from = src->buckets ? src->buckets + MASK_WORDS : NULL;
	int err = 0;

	dst->count += src->count;
	dst->sum_ns += src->sum_ns;
	if (src->max_ns > dst->max_ns)
		dst->max_ns = src->max_ns;
	for (unsigned int octave = 0; octave < NR_OCTAVES; octave++) {
		uint32_t *to;

		if (!(mask >> octave & 1))
			continue;
		to = octave_get(dst, octave);
		for (unsigned int i = 0; to && i < SUB_BUCKETS; i++)
			count_up(&to[i], from[i]);
		if (!to)
			err = -ENOMEM;
		from += SUB_BUCKETS;
	}
	return err;
}

void dist__clear(struct dist *d)
{
	free(d->buckets);
	*d = (struct dist){ 0 };
}

static uint64_t nr_in_buckets(const struct dist *d)
{
	size_t nr = SUB_BUCKETS * (size_t)__builtin_popcountll(mask_of(d));
	uint64_t sum = 0;

	for (size_t i = 0; i < nr; i++)
		sum += d->buckets[MASK_WORDS + i];
	return sum;
}

uint64_t dist_percentile(const struct dist *d, double percentile)
{
	uint64_t mask = mask_of(d), total = nr_in_buckets(d), rank, seen = 0;
	const uint32_t *counters = d->buckets ? d->buckets + MASK_WORDS : NULL;
	double want;

	if (!total)
		return 0;
	want = percentile > 0 ? percentile / 100 * (double)total : 0;
	rank = want >= (double)total ? total : (uint64_t)want;
	if ((double)rank < want || !rank)
		rank++;
	for (unsigned int octave = 0; octave < NR_OCTAVES; octave++) {
		if (!(mask >> octave & 1))
			continue;
		for (unsigned int i = 0; i < SUB_BUCKETS; i++) {
			seen += counters[i];
			if (seen >= rank)
				return bucket_last(octave, i) < d->max_ns ? bucket_last(octave, i) : d->max_ns;
		}
		counters += SUB_BUCKETS;
	}
	return d->max_ns;
}
