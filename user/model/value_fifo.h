/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When and where the values that lie in a channel's buffer were sent, in their order. Values whose send
 * was not seen are "unknown": only their number and place are kept, so that a buffer of billions that was
 * full at attach costs nothing.
 */
#ifndef CHANSCOPE_MODEL_VALUE_FIFO_H
#define CHANSCOPE_MODEL_VALUE_FIFO_H

#include <stdbool.h>
#include <stdint.h>

struct op_stat;

struct value {
	uint64_t sent_ns;
	struct op_stat *stat;  /* of the sending stack; NULL: unknown */
	uint32_t unknown_next; /* unknown values right behind this one */
};

#define VALUE_FIFO_INLINE 2

struct value_fifo {
	struct value *ring;	/* NULL: in_place */
	uint32_t nr_ring;	/* power of two; meaningless without ring */
	uint32_t head, nr;	/* known values: nr from head */
	uint32_t unknown_first; /* unknown values before the first known */
	uint64_t total;		/* known and unknown */
	struct value in_place[VALUE_FIFO_INLINE];
};

/* Appends a value. Without memory it becomes an unknown one, and -ENOMEM is returned. */
int value_fifo__push(struct value_fifo *f, uint64_t sent_ns, struct op_stat *stat);

/* Takes the oldest out; true if it was known. On an empty queue false. */
bool value_fifo__pop(struct value_fifo *f, struct value *ret);

/*
 * Makes the number of values what the channel says. Too many: receives were missed (lost events, a timer
 * that emptied its channel); what is received first was sent first, so the oldest go. Too few: sends were
 * missed, after those that we know; unknown values are appended.
 */
void value_fifo__resync(struct value_fifo *f, uint64_t total);

void value_fifo__clear(struct value_fifo *f);

#endif
