/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The consumer's side of a BPF ring buffer, over memory: the layout of the mapped pages is that of
 * kernel/bpf/ringbuf.c (struct bpf_ringbuf, bpf_ringbuf_hdr), stable ABI since Linux 5.8.
 */
#ifndef CHANSCOPE_STREAM_RING_READER_H
#define CHANSCOPE_STREAM_RING_READER_H

#include <stdint.h>

struct ring_reader {
	uint64_t *consumer_pos;	      /* ours to write */
	const uint64_t *producer_pos; /* the kernel's */
	const uint8_t *data;	      /* size bytes, mapped twice in a row */
	uint64_t size;		      /* a power of two */
};

/* data has size bytes; borrowed for the call. */
typedef void (*ring_record_fn)(void *ctx, const void *data, uint32_t size);

/*
 * Gives every finished record up to the producer's position at the start of the call to fn, in order, and frees
 * their room. Ends early at a record that is still being written. Returns their number, or -EPROTO if a
 * record's length leaves what was produced (everything up to there is then skipped).
 */
int64_t ring_reader__consume(const struct ring_reader *r, ring_record_fn fn, void *ctx);

#endif
