// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the walk over the records of a ring buffer. Is given mapped pages; never reads beyond what the producer
 * has published, and never knows what a record means.
 */
#include "stream/ring_reader.h"

#include <errno.h>
#include <stdbool.h>

#define HEADER_SZ 8u
#define LEN_BUSY (1u << 31)    /* BPF_RINGBUF_BUSY_BIT */
#define LEN_DISCARD (1u << 30) /* BPF_RINGBUF_DISCARD_BIT */

/* Room is given back this often: each time moves a cache line from the producers to here and back. */
#define RELEASE_BYTES (16u << 10)

static uint64_t record_room(uint32_t len)
{
	return ((uint64_t)len + HEADER_SZ + 7) & ~7ULL;
}

static void release(const struct ring_reader *r, uint64_t pos)
{
	__atomic_store_n(r->consumer_pos, pos, __ATOMIC_RELEASE);
}

int64_t ring_reader__consume(const struct ring_reader *r, ring_record_fn fn, void *ctx)
{
	uint64_t end = __atomic_load_n(r->producer_pos, __ATOMIC_ACQUIRE);
	uint64_t pos = *r->consumer_pos, released = pos;
	int64_t nr = 0;

	while (pos < end) {
		const uint8_t *at = r->data + (pos & (r->size - 1));
		uint32_t len = __atomic_load_n((const uint32_t *)(const void *)at, __ATOMIC_ACQUIRE);
		uint64_t room;

		if (len & LEN_BUSY)
			break;
		room = record_room(len & ~LEN_DISCARD);
		if (room > end - pos || room > r->size) {
			release(r, end);
			return -EPROTO;
		}
		if (!(len & LEN_DISCARD)) {
			fn(ctx, at + HEADER_SZ, len);
			nr++;
		}
		pos += room;
		if (pos - released >= RELEASE_BYTES) {
			release(r, pos);
			released = pos;
		}
	}
	if (pos != released)
		release(r, pos);
	return nr;
}
