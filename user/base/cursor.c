// SPDX-License-Identifier: Apache-2.0
/* Owns nothing: every function checks the window before it touches a byte. */
#include "base/cursor.h"

#include <string.h>

struct cursor cursor_over(const void *data, size_t size)
{
	return (struct cursor){ .data = data, .size = data ? size : 0 };
}

void cursor_seek(struct cursor *c, uint64_t pos)
{
	if (pos > c->size)
		c->bad = true;
	else
		c->pos = (size_t)pos;
}

size_t cursor_left(const struct cursor *c)
{
	return c->size - c->pos;
}

const uint8_t *cursor_bytes(struct cursor *c, uint64_t n)
{
	const uint8_t *p;

	if (c->bad || n > cursor_left(c)) {
		c->bad = true;
		return NULL;
	}
	p = c->data + c->pos;
	c->pos += (size_t)n;
	return p;
}

void cursor_skip(struct cursor *c, uint64_t n)
{
	cursor_bytes(c, n);
}

static uint64_t read_le(struct cursor *c, unsigned int n)
{
	const uint8_t *p = cursor_bytes(c, n);
	uint64_t v = 0;

	if (!p)
		return 0;
	for (unsigned int i = 0; i < n; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

uint8_t cursor_u8(struct cursor *c)
{
	return (uint8_t)read_le(c, 1);
}

uint16_t cursor_u16(struct cursor *c)
{
	return (uint16_t)read_le(c, 2);
}

uint32_t cursor_u32(struct cursor *c)
{
	return (uint32_t)read_le(c, 4);
}

uint64_t cursor_u64(struct cursor *c)
{
	return read_le(c, 8);
}

uint64_t cursor_uvarint(struct cursor *c)
{
	uint64_t v = 0;

	for (unsigned int shift = 0; shift < 70; shift += 7) {
		uint8_t b = cursor_u8(c);

		if (c->bad)
			return 0;
		if (shift < 63)
			v |= (uint64_t)(b & 0x7f) << shift;
		else if (b & 0x7e)
			break; /* does not fit into 64 bits */
		else
			v |= (uint64_t)(b & 1) << 63;
		if (!(b & 0x80))
			return v;
	}
	c->bad = true;
	return 0;
}

const char *cursor_cstr(struct cursor *c, size_t max)
{
	size_t window = cursor_left(c);
	const uint8_t *p = c->data + c->pos;
	const uint8_t *nul;

	if (window > max)
		window = max + 1;
	nul = c->bad || !window ? NULL : memchr(p, 0, window);
	if (!nul) {
		c->bad = true;
		return NULL;
	}
	c->pos += (size_t)(nul - p) + 1;
	return (const char *)p;
}
