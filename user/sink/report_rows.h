/* SPDX-License-Identifier: Apache-2.0 */
/* What the rows of a report are and in which order: shared by the table and by JSON. */
#ifndef CHANSCOPE_SINK_REPORT_ROWS_H
#define CHANSCOPE_SINK_REPORT_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sink/sink.h"

struct report_row {
	/*
	 * A channel of the world, or the sum over several: counts and times added up, maxima and
	 * saturation the largest of any, identity (address, …) of the first.
	 */
	const struct channel *chan;
	uint64_t nr_channels; /* 1: one channel */
	uint64_t nr_closed;
	uint32_t capacity_max; /* chan->capacity is the smallest of them */
	size_t order;	       /* of the first event of any of them */
	bool folded;	       /* ended channels that were not kept one by one are among them */
};

struct report_rows {
	struct report_row *rows;
	size_t nr;
	size_t nr_hidden;     /* left out because of max_rows */
	uint64_t nr_channels; /* in all rows, hidden ones too */
	struct channel *sums; /* owned, with their distributions; what group rows point to */
	size_t nr_sums;
};

/* Collects, groups, sorts and limits as opts says. */
int report_rows__collect(struct report_rows *r, const struct sink_in *in, const struct report_opts *opts,
			 struct diag *d);
void report_rows__free(struct report_rows *r);

#endif
