/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes a recording while it happens: a feed whose calls end up in a file. Memory is bounded: events of one block,
 * and what is needed to know which names have been written. The file is readable up to its last whole block at any
 * moment.
 */
#ifndef CHANSCOPE_REC_WRITER_H
#define CHANSCOPE_REC_WRITER_H

#include <stddef.h>

#include "base/diag.h"
#include "base/feed.h"

struct rec_writer;

struct rec_writer_opts {
	/*
	 * Where names come from that no call of the feed tells; both NULL: from nowhere. Called once for each program
	 * counter and element type of a process, when it is first seen.
	 * frames: how many frames (at most max) were put into ret, or -1 for no symbol; they are borrowed until the
	 * next call. type_name: NULL for none.
	 */
	int (*frames)(void *ctx, uint32_t pid, uint64_t pc, bool is_return_address, struct feed_frame *ret,
		      uint32_t max);
	const char *(*type_name)(void *ctx, uint32_t pid, uint64_t va);
	/* The file can't be written any more (the disk is full, say): the first time; nothing is written from then on.
	 */
	void (*failed)(void *ctx);
	void *ctx;
};

/*
 * Makes the file, readable by its owner alone, in place of one that is there; marked as incomplete until close. opts
 * are copied. What is no regular file (a pipe, a device) is written to as it is, and keeps that mark.
 */
int rec_writer__new(const char *path, const struct rec_writer_opts *opts, struct rec_writer **ret, struct diag *d);

/* Where to send what is to be recorded. */
struct feed rec_writer__feed(struct rec_writer *w);

struct rec_written {
	uint64_t nr_events, nr_bytes;
	uint64_t losses[CS_NR_LOSSES]; /* as told by the feed */
};
void rec_writer__written(const struct rec_writer *w, struct rec_written *ret);

/*
 * Writes what is left; takes the mark back if all is there, the feed's end() too. Returns the first failure of the
 * whole writing. w stays until it is freed.
 */
int rec_writer__close(struct rec_writer *w, struct diag *d);
void rec_writer__free(struct rec_writer *w);

#endif
