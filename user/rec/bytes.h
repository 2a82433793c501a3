/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A buffer that grows, and how values are laid into it: fixed ones little-endian, varints as LEB128. A failed
 * allocation makes it bad and empty of consequence: later puts do nothing, and whoever writes it out checks once.
 */
#ifndef CHANSCOPE_REC_BYTES_H
#define CHANSCOPE_REC_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
	uint8_t *data;
	size_t nr, room;
	bool bad; /* there was no memory */
};

/* Room for n more bytes at the end; false (and bad) without memory. */
bool bytes__reserve(struct bytes *b, size_t n);
void bytes__free(struct bytes *b);

static inline void bytes__clear(struct bytes *b)
{
	b->nr = 0;
}

void bytes__put(struct bytes *b, const void *data, size_t n);
void bytes__put_u8(struct bytes *b, uint8_t v);
void bytes__put_u16(struct bytes *b, uint16_t v);
void bytes__put_u32(struct bytes *b, uint32_t v);
void bytes__put_u64(struct bytes *b, uint64_t v);
void bytes__put_uvarint(struct bytes *b, uint64_t v);
/* With its NUL, cut to max bytes without it. NULL counts as "". */
void bytes__put_cstr(struct bytes *b, const char *s, size_t max);

#define BYTES_MAX_UVARINT 10

/* The same into memory with room for BYTES_MAX_UVARINT bytes; returns where the next byte goes. */
static inline uint8_t *bytes_uvarint(uint8_t *at, uint64_t v)
{
	while (v >= 0x80) {
		*at++ = (uint8_t)(v | 0x80);
		v >>= 7;
	}
	*at++ = (uint8_t)v;
	return at;
}

/* Signed values as unsigned ones, small absolute values small. */
static inline uint64_t zigzag(int64_t v)
{
	return ((uint64_t)v << 1) ^ (v < 0 ? UINT64_MAX : 0);
}

static inline int64_t unzigzag(uint64_t v)
{
	return (int64_t)(v >> 1 ^ (v & 1 ? UINT64_MAX : 0));
}

/* The distance between two numbers modulo 2^64, as a varint wants it. */
static inline uint64_t delta_to(uint64_t from, uint64_t to)
{
	return zigzag((int64_t)(to - from));
}

static inline uint64_t delta_from(uint64_t from, uint64_t delta)
{
	return from + (uint64_t)unzigzag(delta);
}

#endif
