// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the layout of headers, the checksum and the compressor. Given untrusted bytes when reading: lengths are checked
 * before anything is allocated or touched.
 */
#include "rec/block.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>
#include <zstd.h>

#include "base/cursor.h"

#define CRC_SZ 4
/* The fastest of zstd's regular levels: higher ones gain some percent here and cost a multiple. */
#define ZSTD_LEVEL 1

static void put_le(uint8_t *at, uint64_t v, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		at[i] = (uint8_t)(v >> (8 * i));
}

static uint32_t checksum(const uint8_t *data, size_t size)
{
	return (uint32_t)crc32(0, data, (uInt)size);
}

void rec_file_header_encode(const struct rec_file_header *h, uint8_t ret[REC_FILE_HEADER_SZ])
{
	memcpy(ret, REC_MAGIC, REC_MAGIC_SZ);
	put_le(ret + 8, h->major, 2);
	put_le(ret + 10, h->minor, 2);
	put_le(ret + 12, h->header_sz, 4);
	put_le(ret + 16, h->flags, 4);
	put_le(ret + 20, checksum(ret, REC_FILE_HEADER_SZ - CRC_SZ), 4);
}

bool rec_file_header_decode(const uint8_t *data, size_t size, struct rec_file_header *ret, bool *ret_magic)
{
	struct cursor c = cursor_over(data, size);
	const uint8_t *magic = cursor_bytes(&c, REC_MAGIC_SZ);
	uint32_t crc;

	*ret_magic = magic && !memcmp(magic, REC_MAGIC, REC_MAGIC_SZ);
	if (!*ret_magic)
		return false;
	ret->major = cursor_u16(&c);
	ret->minor = cursor_u16(&c);
	ret->header_sz = cursor_u32(&c);
	ret->flags = cursor_u32(&c);
	crc = cursor_u32(&c);
	return !c.bad && crc == checksum(data, REC_FILE_HEADER_SZ - CRC_SZ) && ret->header_sz >= REC_FILE_HEADER_SZ &&
	       ret->header_sz <= REC_MAX_FILE_HEADER_SZ;
}

struct rec_packer {
	ZSTD_CCtx *zstd;
};

struct rec_packer *rec_packer__new(void)
{
	struct rec_packer *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->zstd = ZSTD_createCCtx();
	if (p->zstd)
		return p;
	free(p);
	return NULL;
}

void rec_packer__free(struct rec_packer *p)
{
	if (!p)
		return;
	ZSTD_freeCCtx(p->zstd);
	free(p);
}

/* Compresses into the room behind the header; 0: it would not get shorter. */
static size_t shrink(struct rec_packer *p, const struct bytes *raw, uint8_t *to)
{
	size_t n;

	if (raw->nr < 64)
		return 0;
	n = ZSTD_compressCCtx(p->zstd, to, raw->nr - 1, raw->data, raw->nr, ZSTD_LEVEL);
	return ZSTD_isError(n) ? 0 : n;
}

int rec_packer__pack(struct rec_packer *p, enum rec_kind kind, uint32_t sequence, const struct bytes *raw,
		     struct bytes *out)
{
	uint8_t *header;
	size_t stored;
	uint32_t crc;

	if (raw->bad || !bytes__reserve(out, REC_BLOCK_HEADER_SZ + raw->nr))
		return -ENOMEM;
	header = out->data + out->nr;
	stored = shrink(p, raw, header + REC_BLOCK_HEADER_SZ);
	put_le(header, REC_BLOCK_MAGIC, 4);
	put_le(header + 4, kind, 2);
	put_le(header + 6, stored ? REC_ZSTD : REC_STORED, 2);
	if (!stored) {
		stored = raw->nr;
		if (stored)
			memcpy(header + REC_BLOCK_HEADER_SZ, raw->data, stored);
	}
	put_le(header + 8, stored, 4);
	put_le(header + 12, raw->nr, 4);
	put_le(header + 16, sequence, 4);
	crc = checksum(header, REC_BLOCK_HEADER_SZ - CRC_SZ);
	crc = (uint32_t)crc32(crc, header + REC_BLOCK_HEADER_SZ, (uInt)stored);
	put_le(header + 20, crc, 4);
	out->nr += REC_BLOCK_HEADER_SZ + stored;
	return 0;
}

bool rec_block_header_decode(const uint8_t *data, struct rec_block_header *ret)
{
	struct cursor c = cursor_over(data, REC_BLOCK_HEADER_SZ);

	if (cursor_u32(&c) != REC_BLOCK_MAGIC)
		return false;
	ret->kind = cursor_u16(&c);
	ret->codec = cursor_u16(&c);
	ret->stored_sz = cursor_u32(&c);
	ret->raw_sz = cursor_u32(&c);
	ret->sequence = cursor_u32(&c);
	ret->crc = cursor_u32(&c);
	return ret->stored_sz <= REC_MAX_PAYLOAD_SZ && ret->raw_sz <= REC_MAX_PAYLOAD_SZ;
}

bool rec_block_intact(const uint8_t *header, const struct rec_block_header *h, const uint8_t *payload)
{
	uint32_t crc = checksum(header, REC_BLOCK_HEADER_SZ - CRC_SZ);

	/* zlib takes a NULL buffer for the wish to start anew */
	if (h->stored_sz)
		crc = (uint32_t)crc32(crc, payload, h->stored_sz);
	return crc == h->crc;
}

struct rec_unpacker {
	ZSTD_DCtx *zstd;
	struct bytes raw;
};

struct rec_unpacker *rec_unpacker__new(void)
{
	struct rec_unpacker *u = calloc(1, sizeof(*u));

	if (!u)
		return NULL;
	u->zstd = ZSTD_createDCtx();
	if (u->zstd)
		return u;
	free(u);
	return NULL;
}

void rec_unpacker__free(struct rec_unpacker *u)
{
	if (!u)
		return;
	ZSTD_freeDCtx(u->zstd);
	bytes__free(&u->raw);
	free(u);
}

const uint8_t *rec_unpacker__unpack(struct rec_unpacker *u, const struct rec_block_header *h, const uint8_t *payload)
{
	static const uint8_t nothing;

	if (h->codec == REC_STORED)
		return h->stored_sz != h->raw_sz ? NULL : h->raw_sz ? payload : &nothing;
	if (h->codec != REC_ZSTD)
		return NULL;
	bytes__clear(&u->raw);
	if (!bytes__reserve(&u->raw, h->raw_sz ? h->raw_sz : 1))
		return NULL;
	if (ZSTD_decompressDCtx(u->zstd, u->raw.data, h->raw_sz, payload, h->stored_sz) != h->raw_sz)
		return NULL;
	return u->raw.data;
}
