/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything in a recording but events, to bytes and back. Such a payload is a row of items, each with its length
 * before it, so that a newer minor version may add fields at the end of an item.
 */
#ifndef CHANSCOPE_REC_FACTS_H
#define CHANSCOPE_REC_FACTS_H

#include "base/cursor.h"
#include "base/feed.h"
#include "rec/bytes.h"
#include "rec/format.h"

/* --- writing: each appends one item --- */

void rec_put_start(struct bytes *b, const struct feed_start *s);
void rec_put_host(struct bytes *b, const struct feed_host *h);
void rec_put_process(struct bytes *b, const struct feed_process *p);
void rec_put_process_end(struct bytes *b, uint32_t pid, uint64_t time_ns, enum process_end why);
void rec_put_stack(struct bytes *b, uint64_t id, const uint64_t *pcs, uint32_t nr);

/* The source frames of one program counter of a process. */
struct rec_pc {
	uint32_t pid;
	bool is_return_address;
	uint64_t pc;
};
void rec_put_frames(struct bytes *b, const struct rec_pc *pc, const struct feed_frame *f, uint32_t nr);
void rec_put_type(struct bytes *b, uint32_t pid, uint64_t va, const char *name);
void rec_put_losses(struct bytes *b, const uint64_t nr[CS_NR_LOSSES]);
void rec_put_overflow(struct bytes *b, uint32_t pid, uint64_t chan, const uint64_t nr[CS_NR_KINDS]);
void rec_put_traps(struct bytes *b, uint32_t pid, uint64_t nr);

struct rec_end {
	uint64_t mono_ns;   /* of the end of the run */
	uint64_t nr_events; /* in the file */
};
void rec_put_end(struct bytes *b, const struct rec_end *end);

/* --- reading --- */

/* What comes of a file besides calls to its feed. */
struct rec_found {
	uint64_t losses[CS_NR_LOSSES]; /* as written; reasons that are not known here under RECORDING_NEWER */
	struct rec_end end;
};

/*
 * Takes one item of a block of this kind and tells the feed of it, or found for LOSSES and END. item is a window over
 * the item alone. Returns 0, -EBADMSG if it makes no sense, or -ENOTSUP for a kind that is not known.
 */
int rec_take_item(uint16_t kind, struct cursor *item, const struct feed *feed, struct rec_found *found);

#endif
