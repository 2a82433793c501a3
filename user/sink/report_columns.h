/* SPDX-License-Identifier: Apache-2.0 */
/* The columns of the report's table. */
#ifndef CHANSCOPE_SINK_REPORT_COLUMNS_H
#define CHANSCOPE_SINK_REPORT_COLUMNS_H

#include "sink/report_rows.h"
#include "sink/grid.h"

enum report_column {
	COL_PID,
	COL_MADE_AT,
	COL_FUNCTION,
	COL_TYPE,
	COL_ADDRESS,
	COL_NR_CHANNELS,
	COL_BLOCKED_SEND,
	COL_BLOCKED_RECV,
	COL_WAITED_SEND,
	COL_WAITED_RECV,
	COL_SENT,
	COL_RECEIVED,
	COL_MISSED_SEND,
	COL_MISSED_RECV,
	COL_CAPACITY,
	COL_LENGTH,
	COL_LENGTH_MAX,
	COL_FULL,
	COL_QUEUE_MEAN,
	COL_QUEUE_P99,
	COL_CLOSED,
	NR_REPORT_COLUMNS,
};

struct report_columns {
	struct grid_column columns[NR_REPORT_COLUMNS];
	const struct sink_in *in;
	const struct report_rows *rows;
	bool several_processes;
};

/* A table over rows (borrowed, as is rc). */
struct grid report_columns__grid(struct report_columns *rc, const struct sink_in *in, const struct report_rows *rows,
				 const struct report_opts *opts, bool several_processes);

#endif
