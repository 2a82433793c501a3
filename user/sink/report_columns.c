// SPDX-License-Identifier: Apache-2.0
/*
 * Owns what each column of the report's table says about a row, how important it is and how it is
 * headed. It is given rows; it never decides about widths.
 */
#include "sink/report_columns.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sink/frames.h"
#include "sink/text.h"
#include "sink/units.h"

/*
 * Ranks: at 80 columns the questions "where, what is stuck, since when, how much went through" are
 * answered first, then how full it is, then the details.
 */
static const struct grid_column report_columns[NR_REPORT_COLUMNS] = {
	[COL_PID] = { .group = "", .name = "PID", .rank = 1, .right = true },
	[COL_MADE_AT] = { .group = "", .name = "MADE AT", .rank = 0, .min_width = 22, .cut_start = true },
	[COL_FUNCTION] = { .group = "", .name = "BY FUNCTION", .rank = 14, .min_width = 12 },
	[COL_TYPE] = { .group = "", .name = "CHAN OF", .rank = 5, .min_width = 9 },
	[COL_ADDRESS] = { .group = "", .name = "ADDRESS", .rank = 13 },
	[COL_NR_CHANNELS] = { .group = "", .name = "CHANS", .rank = 1, .right = true },
	[COL_BLOCKED_SEND] = { .group = "BLOCKED", .name = "send", .rank = 0, .right = true, .alert = true },
	[COL_BLOCKED_RECV] = { .group = "BLOCKED", .name = "recv", .rank = 0, .right = true, .alert = true },
	[COL_WAITED_SEND] = { .group = "WAITED", .name = "send", .rank = 2, .right = true },
	[COL_WAITED_RECV] = { .group = "WAITED", .name = "recv", .rank = 2, .right = true },
	[COL_SENT] = { .group = "VALUES", .name = "sent", .rank = 3, .right = true },
	[COL_RECEIVED] = { .group = "VALUES", .name = "recvd", .rank = 3, .right = true },
	[COL_MISSED_SEND] = { .group = "MISSED", .name = "send", .rank = 16, .right = true },
	[COL_MISSED_RECV] = { .group = "MISSED", .name = "recv", .rank = 15, .right = true },
	[COL_CAPACITY] = { .group = "BUFFER", .name = "cap", .rank = 4, .right = true },
	[COL_LENGTH] = { .group = "BUFFER", .name = "len", .rank = 8, .right = true },
	[COL_LENGTH_MAX] = { .group = "BUFFER", .name = "max", .rank = 11, .right = true },
	[COL_FULL] = { .group = "BUFFER", .name = "full", .rank = 6, .right = true },
	[COL_QUEUE_MEAN] = { .group = "IN QUEUE", .name = "mean", .rank = 12, .right = true },
	[COL_QUEUE_P99] = { .group = "IN QUEUE", .name = "p99", .rank = 9, .right = true },
	[COL_CLOSED] = { .group = "", .name = "CLOSED BY", .rank = 10, .min_width = 10, .cut_start = true },
};

static void put_count(char ret[GRID_CELL_SZ], uint64_t n)
{
	char text[UNITS_SZ];

	units_count(text, n);
	snprintf(ret, GRID_CELL_SZ, "%s", text);
}

/* Nothing for none, so that what there is stands out. */
static void put_some(char ret[GRID_CELL_SZ], uint64_t n)
{
	if (n)
		put_count(ret, n);
}

static void put_duration(char ret[GRID_CELL_SZ], uint64_t ns)
{
	char text[UNITS_SZ];

	if (!ns)
		return;
	units_duration(text, ns);
	snprintf(ret, GRID_CELL_SZ, "%s", text);
}

static bool is_single(const struct report_row *row)
{
	return row->nr_channels == 1 && !row->folded;
}

/* Of what was made before the attach only the use is known: then with a question mark. */
static void put_made_at(const struct report_columns *rc, const struct report_row *row, char ret[GRID_CELL_SZ])
{
	const struct channel *c = row->chan;
	struct sym_frame place;
	enum frames_origin origin = frames_channel_place(rc->in, c, &place);
	char name[GRID_CELL_SZ - 1] = "";

	if (origin != FRAMES_UNKNOWN)
		frames_format_place(name, sizeof(name), &place);
	else if (is_single(row))
		snprintf(name, sizeof(name), "0x%" PRIx64, c->addr);
	snprintf(ret, GRID_CELL_SZ, "%s%s", name, origin == FRAMES_MADE ? "" : "?");
}

static void put_function(const struct report_columns *rc, const struct channel *c, char ret[GRID_CELL_SZ])
{
	struct sym_frame place;
	enum frames_origin origin = frames_channel_place(rc->in, c, &place);
	char name[GRID_CELL_SZ - 1];

	if (origin == FRAMES_UNKNOWN)
		return;
	text_clean(name, sizeof(name), frames_short_function(place.function));
	snprintf(ret, GRID_CELL_SZ, "%s%s", name, origin == FRAMES_MADE ? "" : "?");
}

/* Only single channels have an address to look for elsewhere. */
static void put_address(const struct report_row *row, char ret[GRID_CELL_SZ])
{
	if (is_single(row))
		snprintf(ret, GRID_CELL_SZ, "0x%" PRIx64, row->chan->addr);
}

static void put_capacity(const struct report_row *row, char ret[GRID_CELL_SZ])
{
	if (!row->chan->capacity_known) {
		snprintf(ret, GRID_CELL_SZ, "?");
		return;
	}
	put_count(ret, row->chan->capacity);
	if (row->capacity_max > row->chan->capacity) {
		char most[UNITS_SZ];
		size_t n = strlen(ret);

		units_count(most, row->capacity_max);
		snprintf(ret + n, GRID_CELL_SZ - n, "-%s", most);
	}
}

static void put_full(const struct report_row *row, char ret[GRID_CELL_SZ])
{
	char text[UNITS_SZ];

	if (row->folded && row->chan->saturation <= 0)
		return;
	units_percent(text, row->chan->saturation);
	snprintf(ret, GRID_CELL_SZ, "%s", text);
}

static void put_closed(const struct report_columns *rc, const struct report_row *row, char ret[GRID_CELL_SZ])
{
	const struct channel *c = row->chan;
	struct sym_frame place;

	if (row->nr_channels > 1) {
		if (row->nr_closed)
			snprintf(ret, GRID_CELL_SZ, "%" PRIu64 " closed", row->nr_closed);
	} else if (c->closed && frames_place(rc->in, c->pid, c->stack_closed, &place)) {
		frames_format_place(ret, GRID_CELL_SZ, &place);
	} else if (c->closed) {
		snprintf(ret, GRID_CELL_SZ, "(unknown)");
	}
}

static void put_queue(const struct channel *c, enum report_column column, char ret[GRID_CELL_SZ])
{
	char text[UNITS_SZ];

	if (!c->queue.count)
		return;
	units_duration(text,
		       column == COL_QUEUE_MEAN ? c->queue.sum_ns / c->queue.count : dist_percentile(&c->queue, 99));
	snprintf(ret, GRID_CELL_SZ, "%s", text);
}

static void put_name(const struct report_columns *rc, const struct report_row *row, enum report_column column,
		     char ret[GRID_CELL_SZ])
{
	switch (column) {
	case COL_PID:
		if (rc->several_processes)
			snprintf(ret, GRID_CELL_SZ, "%" PRIu32, row->chan->pid);
		return;
	case COL_MADE_AT:
		put_made_at(rc, row, ret);
		return;
	case COL_FUNCTION:
		put_function(rc, row->chan, ret);
		return;
	case COL_TYPE:
		frames_format_element(ret, GRID_CELL_SZ, rc->in, row->chan);
		return;
	case COL_ADDRESS:
		put_address(row, ret);
		return;
	default:
		put_closed(rc, row, ret);
	}
}

static void put_number(const struct report_row *row, enum report_column column, char ret[GRID_CELL_SZ])
{
	const struct channel *c = row->chan;

	switch (column) {
	case COL_NR_CHANNELS:
		put_count(ret, row->nr_channels);
		return;
	case COL_BLOCKED_SEND:
		put_some(ret, c->senders_waiting);
		return;
	case COL_BLOCKED_RECV:
		put_some(ret, c->receivers_waiting);
		return;
	case COL_WAITED_SEND:
		put_duration(ret, c->send_wait_ns);
		return;
	case COL_WAITED_RECV:
		put_duration(ret, c->receive_wait_ns);
		return;
	case COL_SENT:
		put_count(ret, c->sends);
		return;
	case COL_RECEIVED:
		put_count(ret, c->receives);
		return;
	case COL_MISSED_SEND:
		put_some(ret, c->sends_failed);
		return;
	case COL_MISSED_RECV:
		put_some(ret, c->receives_failed);
		return;
	case COL_CAPACITY:
		put_capacity(row, ret);
		return;
	case COL_LENGTH:
		put_count(ret, c->length);
		return;
	case COL_LENGTH_MAX:
		put_count(ret, c->length_max);
		return;
	case COL_FULL:
		put_full(row, ret);
		return;
	default:
		put_queue(c, column, ret);
	}
}

static void put_cell(void *ctx, size_t at, size_t column, char ret[GRID_CELL_SZ])
{
	const struct report_columns *rc = ctx;
	const struct report_row *row = &rc->rows->rows[at];

	ret[0] = '\0';
	switch (column) {
	case COL_PID:
	case COL_MADE_AT:
	case COL_FUNCTION:
	case COL_TYPE:
	case COL_ADDRESS:
	case COL_CLOSED:
		put_name(rc, row, (enum report_column)column, ret);
		return;
	default:
		put_number(row, (enum report_column)column, ret);
	}
}

/* A column that would say the same of every row need not be there: it has no cells then. */
static bool any_buffered(const struct report_rows *rows)
{
	for (size_t i = 0; i < rows->nr; i++)
		if (rows->rows[i].capacity_max || rows->rows[i].chan->length_max)
			return true;
	return false;
}

static void leave_out(struct report_columns *rc, enum report_column column)
{
	rc->columns[column].hidden = true;
}

struct grid report_columns__grid(struct report_columns *rc, const struct sink_in *in, const struct report_rows *rows,
				 const struct report_opts *opts, bool several_processes)
{
	struct world_totals totals;
	bool any_folded = false;

	*rc = (struct report_columns){ .in = in, .rows = rows, .several_processes = several_processes };
	memcpy(rc->columns, report_columns, sizeof(report_columns));
	for (size_t i = 0; i < rows->nr; i++)
		any_folded |= rows->rows[i].nr_channels > 1;
	world__totals(in->world, &totals);
	if (totals.start.mode == CAPTURE_WAIT) { /* values that moved without blocking were not seen */
		leave_out(rc, COL_SENT);
		leave_out(rc, COL_RECEIVED);
	}
	if (opts->group_by_site)
		leave_out(rc, COL_ADDRESS);
	if (!opts->group_by_site && !any_folded)
		leave_out(rc, COL_NR_CHANNELS);
	if (!any_buffered(rows)) {
		leave_out(rc, COL_LENGTH);
		leave_out(rc, COL_LENGTH_MAX);
	}
	return (struct grid){
		.columns = rc->columns,
		.nr_columns = NR_REPORT_COLUMNS,
		.nr_rows = rows->nr,
		.cell = put_cell,
		.ctx = rc,
		.color = opts->color,
	};
}
