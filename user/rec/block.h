/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blocks and the file header, to bytes and back: lengths, checksums, compression. What a payload means is not known
 * here.
 */
#ifndef CHANSCOPE_REC_BLOCK_H
#define CHANSCOPE_REC_BLOCK_H

#include "rec/bytes.h"
#include "rec/format.h"

struct rec_file_header {
	uint16_t major, minor;
	uint32_t header_sz; /* bytes; the first block follows */
	uint32_t flags;	    /* REC_FILE_* */
};

struct rec_block_header {
	uint16_t kind;	    /* enum rec_kind, or a newer one */
	uint16_t codec;	    /* enum rec_codec, or a newer one */
	uint32_t stored_sz; /* bytes in the file, without the header */
	uint32_t raw_sz;    /* bytes once decompressed */
	uint32_t sequence;  /* 0, 1, 2, …: a block that is missing or there twice shows */
	uint32_t crc;
};

void rec_file_header_encode(const struct rec_file_header *h, uint8_t ret[REC_FILE_HEADER_SZ]);
/* False: too short, no recording, or damaged; *ret_magic tells whether it begins like a recording at all. */
bool rec_file_header_decode(const uint8_t *data, size_t size, struct rec_file_header *ret, bool *ret_magic);

/* Compression: the state and its memory, kept from block to block. */
struct rec_packer;
struct rec_packer *rec_packer__new(void);
void rec_packer__free(struct rec_packer *p);

/*
 * Puts header and payload of a block to the end of out; the payload is stored as it is if that is shorter. raw has at
 * most REC_MAX_PAYLOAD_SZ bytes. Returns 0 or -ENOMEM.
 */
int rec_packer__pack(struct rec_packer *p, enum rec_kind kind, uint32_t sequence, const struct bytes *raw,
		     struct bytes *out);

/* Checks magic and lengths of the REC_BLOCK_HEADER_SZ bytes at data. */
bool rec_block_header_decode(const uint8_t *data, struct rec_block_header *ret);
/* Are header (as it stands in the file) and payload (stored_sz bytes) as they were written? */
bool rec_block_intact(const uint8_t *header, const struct rec_block_header *h, const uint8_t *payload);

struct rec_unpacker;
struct rec_unpacker *rec_unpacker__new(void);
void rec_unpacker__free(struct rec_unpacker *u);

/*
 * The payload as it was before compression: raw_sz bytes, borrowed from u or from payload until the next call. NULL:
 * unknown codec, or bytes that are not raw_sz bytes compressed.
 */
const uint8_t *rec_unpacker__unpack(struct rec_unpacker *u, const struct rec_block_header *h, const uint8_t *payload);

#endif
