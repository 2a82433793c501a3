/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of a recording, as docs/file-format.md tells them: a file header, then blocks, each with a header, a
 * checksum and a payload that needs no other block. All numbers little-endian. Kinds, codecs, columns and the
 * fields of items are append-only and keep their numbers.
 */
#ifndef CHANSCOPE_REC_FORMAT_H
#define CHANSCOPE_REC_FORMAT_H

#include <stdint.h>

#define REC_MAGIC "CHANSCOP"
#define REC_MAGIC_SZ 8
/* Raised when older readers would misread; they refuse a newer one. */
#define REC_MAJOR 1
/* Raised when something is added that older readers can step over. */
#define REC_MINOR 0

/* magic 8, major 2, minor 2, header_sz 4, flags 4, crc32 4 over the bytes before it */
#define REC_FILE_HEADER_SZ 24
/* A newer minor version may have a longer header; what is longer is no recording. */
#define REC_MAX_FILE_HEADER_SZ 4096
/* Set while being written, taken back as the last act. */
#define REC_FILE_INCOMPLETE 0x1u

/* magic 4, kind 2, codec 2, stored_sz 4, raw_sz 4, sequence 4, crc32 4 over the bytes before it and the payload */
#define REC_BLOCK_HEADER_SZ 24
#define REC_BLOCK_MAGIC 0x6b426343u /* "CcBk" */
/* Bytes of a payload, stored or raw. Bounds the memory of a reader. */
#define REC_MAX_PAYLOAD_SZ (4u << 20)

enum rec_codec {
	REC_STORED = 0,
	REC_ZSTD = 1,
};

enum rec_kind {
	REC_START = 1,
	REC_HOST = 2,
	REC_PROCESS = 3,
	REC_STACKS = 4,
	REC_EVENTS = 5,
	REC_FRAMES = 6,
	REC_TYPES = 7,
	REC_LOSSES = 8,
	REC_OVERFLOW = 9,
	REC_TRAPS = 10,
	REC_PROCESS_END = 11,
	REC_END = 12,
	REC_NR_KINDS = 13,
};

/* Longer strings are cut when written; a longer one in a file is damage. Bytes without the NUL. */
#define REC_MAX_STRING 4095
/* Source frames of one program counter. */
#define REC_MAX_FRAMES 65
/* Fields of struct cs_layout, 16 bits each. */
#define REC_MAX_LAYOUT_FIELDS 256

/* Events of one block. */
#define REC_MAX_BLOCK_EVENTS 16384

/* The columns of an EVENTS block; see events.h. */
enum rec_column {
	REC_COL_CONTROL = 0, /* a byte per event: which of the last five follow */
	REC_COL_TIME = 1,
	REC_COL_SHAPE = 2,
	REC_COL_NEW_SHAPE = 3,
	REC_COL_CHAN = 4,
	REC_COL_NEW_CHAN = 5,
	REC_COL_GOID = 6,
	REC_COL_NEW_GOID = 7,
	REC_COL_TID = 8,
	REC_COL_LEN = 9,
	REC_COL_CAP = 10,
	REC_COL_AUX = 11,
	REC_NR_COLUMNS = 12,
};

/* bits of the control byte: the field is not what was predicted */
#define REC_HAS_TID 0x01
#define REC_HAS_LEN 0x02
#define REC_HAS_CAP 0x04
#define REC_HAS_AUX 0x08
#define REC_HAS_ALL 0x0f

#endif
