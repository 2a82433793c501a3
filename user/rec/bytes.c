// SPDX-License-Identifier: Apache-2.0
/* Owns the memory of a growing buffer. Knows nothing of what is in it. */
#include "rec/bytes.h"

#include <stdlib.h>
#include <string.h>

#define MIN_ROOM 4096

bool bytes__reserve(struct bytes *b, size_t n)
{
	size_t room = b->room ? b->room : MIN_ROOM;
	uint8_t *data;

	if (b->bad)
		return false;
	if (n <= b->room - b->nr)
		return true;
	while (room - b->nr < n) {
		if (room > SIZE_MAX / 2) {
			b->bad = true;
			return false;
		}
		room *= 2;
	}
	data = realloc(b->data, room);
	if (!data) {
		b->bad = true;
		return false;
	}
	b->data = data;
	b->room = room;
	return true;
}

void bytes__free(struct bytes *b)
{
	free(b->data);
	*b = (struct bytes){ 0 };
}

void bytes__put(struct bytes *b, const void *data, size_t n)
{
	if (!n || !bytes__reserve(b, n))
		return;
	memcpy(b->data + b->nr, data, n);
	b->nr += n;
}

static void put_le(struct bytes *b, uint64_t v, unsigned int n)
{
	uint8_t le[8];

	for (unsigned int i = 0; i < n; i++)
		le[i] = (uint8_t)(v >> (8 * i));
	bytes__put(b, le, n);
}

void bytes__put_u8(struct bytes *b, uint8_t v)
{
	put_le(b, v, 1);
}

void bytes__put_u16(struct bytes *b, uint16_t v)
{
	put_le(b, v, 2);
}

void bytes__put_u32(struct bytes *b, uint32_t v)
{
	put_le(b, v, 4);
}

void bytes__put_u64(struct bytes *b, uint64_t v)
{
	put_le(b, v, 8);
}

void bytes__put_uvarint(struct bytes *b, uint64_t v)
{
	if (bytes__reserve(b, BYTES_MAX_UVARINT))
		b->nr = (size_t)(bytes_uvarint(b->data + b->nr, v) - b->data);
}

void bytes__put_cstr(struct bytes *b, const char *s, size_t max)
{
	bytes__put(b, s ? s : "", s ? strnlen(s, max) : 0);
	bytes__put_u8(b, 0);
}
