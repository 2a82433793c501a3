/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads a recording: a file into the calls of a feed, in the order in which they were recorded, but for stacks and
 * names, which may come earlier. Files are untrusted: damage ends the reading, and all that came before it is
 * delivered.
 */
#ifndef CHANSCOPE_REC_READER_H
#define CHANSCOPE_REC_READER_H

#include "base/diag.h"
#include "base/feed.h"

struct rec_reader;

/* Opens a recording. Refused: no recording, a newer major version, a damaged file header. */
int rec_reader__open(const char *path, struct rec_reader **ret, struct diag *d);
void rec_reader__free(struct rec_reader *r);

struct rec_progress {
	/* After each block; size: of the file in bytes, 0 if that is not known. */
	void (*fn)(void *ctx, uint64_t nr_bytes, uint64_t size);
	void *ctx;
};

struct rec_read {
	uint16_t major, minor; /* of the file */
	bool complete;	       /* up to its end, and closed by the writer */
	bool marked;	   /* as incomplete: the tool or the machine died, the disk was full, or it is being written */
	char damage[128];  /* what ended the reading; "" if it was the end of the file */
	uint64_t nr_bytes; /* whole blocks read, and the header */
	uint64_t nr_blocks, nr_events;
};

/*
 * Reads it all. The feed gets its losses() and end() in every case: of a file that is not complete with the loss
 * RECORDING_CUT, at the time of the latest event. progress may be NULL. Fails only if the file can't be read at all
 * any more or there is no memory.
 */
int rec_reader__run(struct rec_reader *r, const struct feed *feed, const struct rec_progress *progress,
		    struct rec_read *ret, struct diag *d);

/* Ends the reading from within a callback of the feed: losses() and end() follow, nothing else. */
void rec_reader__stop(struct rec_reader *r);

#endif
