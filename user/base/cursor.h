/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one way to read untrusted bytes: a window with a position that never leaves it. The first read
 * beyond the end makes the cursor bad; from then on every read gives 0, so a parser may read a whole
 * record and check once.
 */
#ifndef CHANSCOPE_BASE_CURSOR_H
#define CHANSCOPE_BASE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cursor {
	const uint8_t *data; /* not owned */
	size_t size;	     /* bytes in data */
	size_t pos;	     /* always <= size */
	bool bad;	     /* a read or seek left the window */
};

/* A cursor over size bytes at data (borrowed), at position 0. */
struct cursor cursor_over(const void *data, size_t size);

/* Moves to an absolute position or forward; outside the window the cursor goes bad. */
void cursor_seek(struct cursor *c, uint64_t pos);
void cursor_skip(struct cursor *c, uint64_t n);

size_t cursor_left(const struct cursor *c);

/* Little-endian reads; 0 once bad. */
uint8_t cursor_u8(struct cursor *c);
uint16_t cursor_u16(struct cursor *c);
uint32_t cursor_u32(struct cursor *c);
uint64_t cursor_u64(struct cursor *c);

/* LEB128 of up to 10 bytes; a longer one makes the cursor bad. */
uint64_t cursor_uvarint(struct cursor *c);

/* n bytes in place (borrowed), or NULL once bad. */
const uint8_t *cursor_bytes(struct cursor *c, uint64_t n);

/* A NUL-terminated string in place (borrowed) of at most max bytes before its NUL, or NULL (then bad). */
const char *cursor_cstr(struct cursor *c, size_t max);

#endif
