/* SPDX-License-Identifier: Apache-2.0 */
/* Selects by their line in the source, whatever their callers. */
#ifndef CHANSCOPE_SINK_SELECT_ROWS_H
#define CHANSCOPE_SINK_SELECT_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "sink/frames.h"
#include "sink/sink.h"

struct select_row {
	struct select_stat sum; /* its cases: each channel and direction once */
	struct sym_frame at;
	bool known;			/* at */
	struct select_case_stat *cases; /* sum.cases, owned */
};

struct select_rows {
	struct select_row *rows; /* in order of place */
	size_t nr;
	struct select_entry *entries; /* what they are made from */
	size_t nr_entries, room;
	const struct sink_in *in;
	bool failed; /* out of memory while collecting */
};

int select_rows__collect(struct select_rows *r, const struct sink_in *in, struct diag *d);
void select_rows__free(struct select_rows *r);

#endif
