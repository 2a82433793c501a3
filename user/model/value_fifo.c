// SPDX-License-Identifier: Apache-2.0
/* Owns the ring of values; its memory follows the number of known values, down as well as up. */
#include "model/value_fifo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MIN_RING 8

static struct value *at(struct value_fifo *f, uint32_t i)
{
	if (!f->ring)
		return &f->in_place[(f->head + i) & (VALUE_FIFO_INLINE - 1)];
	return &f->ring[(f->head + i) & (f->nr_ring - 1)];
}

static uint32_t room(const struct value_fifo *f)
{
	return f->ring ? f->nr_ring : VALUE_FIFO_INLINE;
}

static int resize(struct value_fifo *f, uint64_t nr_ring)
{
	struct value *ring;

	if (nr_ring > 1U << 31)
		return -ENOMEM;
	ring = calloc(nr_ring, sizeof(*ring));
	if (!ring)
		return -ENOMEM;
	for (uint32_t i = 0; i < f->nr; i++)
		ring[i] = *at(f, i);
	free(f->ring);
	f->ring = ring;
	f->nr_ring = (uint32_t)nr_ring;
	f->head = 0;
	return 0;
}

static void push_unknown(struct value_fifo *f, uint64_t nr)
{
	uint32_t *n = f->nr ? &at(f, f->nr - 1)->unknown_next : &f->unknown_first;

	/* Channels report at most 2^32-1 values. */
	if (nr > UINT32_MAX - *n)
		nr = UINT32_MAX - *n;
	*n += (uint32_t)nr;
	f->total += nr;
}

int value_fifo__push(struct value_fifo *f, uint64_t sent_ns, struct op_stat *stat)
{
	if (f->nr == room(f) && resize(f, f->ring ? 2ULL * f->nr_ring : MIN_RING)) {
		push_unknown(f, 1);
		return -ENOMEM;
	}
	f->nr++;
	f->total++;
	*at(f, f->nr - 1) = (struct value){ .sent_ns = sent_ns, .stat = stat };
	return 0;
}

bool value_fifo__pop(struct value_fifo *f, struct value *ret)
{
	if (!f->total)
		return false;
	f->total--;
	if (f->unknown_first) {
		f->unknown_first--;
		return false;
	}
	*ret = *at(f, 0);
	f->unknown_first = ret->unknown_next;
	f->head++;
	f->nr--;
	/* To half when a quarter is used: the copies are paid by the pops since. Failure leaves it large. */
	if (f->ring && f->nr_ring > MIN_RING && f->nr <= f->nr_ring / 4)
		(void)resize(f, f->nr_ring / 2);
	return true;
}

void value_fifo__resync(struct value_fifo *f, uint64_t total)
{
	struct value dropped;

	while (f->total > total) {
		uint64_t surplus = f->total - total;

		if (f->unknown_first) {
			uint32_t n = surplus < f->unknown_first ? (uint32_t)surplus : f->unknown_first;

			f->unknown_first -= n;
			f->total -= n;
		} else {
			value_fifo__pop(f, &dropped);
		}
	}
	if (f->total < total)
		push_unknown(f, total - f->total);
}

void value_fifo__clear(struct value_fifo *f)
{
	free(f->ring);
	memset(f, 0, sizeof(*f));
}
