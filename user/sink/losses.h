/* SPDX-License-Identifier: Apache-2.0 */
/* What may be missing from an output, and how to say it: every format does. */
#ifndef CHANSCOPE_SINK_LOSSES_H
#define CHANSCOPE_SINK_LOSSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sink/sink.h"

/* By enum cs_loss: the stable key, the sentence, and whether per-channel counts stay exact all the same. */
struct loss_text {
	const char *name, *text;
	bool exact;
};
extern const struct loss_text loss_texts[CS_NR_LOSSES];

/* The world's totals, with the program counters that had no symbol so far: call it last. */
void losses_totals(const struct sink_in *in, struct world_totals *ret);

/* "nothing lost", or "ring_full 12, symbol 3": one line for titles; cut if sz does not suffice. */
void losses_format(char *buf, size_t sz, const struct world_totals *t);

#endif
