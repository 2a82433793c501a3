// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the report's table of selects: how often each ran, how often in vain, how long it waited and which cases it
 * took. It is given a world; it never shows a case that was not taken.
 */
#include "sink/report_sections.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "sink/frames.h"
#include "sink/grid.h"
#include "sink/select_rows.h"
#include "sink/text.h"
#include "sink/units.h"

#define DEFAULT_WIDTH 80
#define MIN_SHOWN 10
#define ROWS_PER_SELECT 4 /* selects are beside the point of most reports: fewer of them than of channels */
#define MAX_CASE_KINDS 64 /* of one select */
#define MAX_SHOWN_CASES 4
#define CASES_MIN_WIDTH 34

enum select_column {
	COL_PID,
	COL_AT,
	COL_FUNCTION,
	COL_RUNS,
	COL_DEFAULT,
	COL_HAD_TO_WAIT,
	COL_BLOCKED,
	COL_WAITED,
	COL_CASES,
	NR_COLUMNS,
};

static const struct grid_column select_columns[NR_COLUMNS] = {
	[COL_PID] = { .group = "", .name = "PID", .rank = 1, .right = true },
	[COL_AT] = { .group = "", .name = "SELECT AT", .rank = 0, .min_width = 22, .cut_start = true },
	[COL_FUNCTION] = { .group = "", .name = "IN FUNCTION", .rank = 6, .min_width = 12 },
	[COL_RUNS] = { .group = "", .name = "RUNS", .rank = 0, .right = true },
	[COL_DEFAULT] = { .group = "", .name = "DEFAULT", .rank = 3, .right = true },
	[COL_HAD_TO_WAIT] = { .group = "", .name = "PARKED", .rank = 4, .right = true },
	[COL_BLOCKED] = { .group = "", .name = "BLOCKED", .rank = 5, .right = true },
	[COL_WAITED] = { .group = "", .name = "WAITED", .rank = 1, .right = true },
	[COL_CASES] = { .group = "", .name = "CASES TAKEN", .rank = 2, .min_width = CASES_MIN_WIDTH },
};

struct select_table {
	struct grid_column columns[NR_COLUMNS];
	const struct sink_in *in;
	const struct select_rows *selects;
	struct select_row **rows; /* busiest first */
	size_t nr;
	bool several_processes;
};

/* Cases of one direction and element type: what tells the cases of most selects apart. */
struct case_kind {
	const struct select_case_stat *first;
	uint64_t taken;
};

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int compare_kinds(const struct select_case_stat *a, const struct select_case_stat *b)
{
	int c = compare_numbers(a->send, b->send);

	c = c ? c : compare_numbers(a->chan ? a->chan->elem_type : 0, b->chan ? b->chan->elem_type : 0);
	return c ? c : compare_numbers(a->chan && a->chan->timer, b->chan && b->chan->timer);
}

static int compare_cases(const void *x, const void *y)
{
	const struct select_case_stat *a = x, *b = y;
	int c = compare_kinds(a, b);

	return c ? c : compare_numbers((uintptr_t)a->chan, (uintptr_t)b->chan);
}

static int more_taken_first(const void *x, const void *y)
{
	const struct case_kind *a = x, *b = y;

	return compare_numbers(b->taken, a->taken);
}

static size_t collect_kinds(struct select_row *row, struct case_kind kinds[MAX_CASE_KINDS])
{
	size_t nr = 0;

	qsort(row->cases, row->sum.nr_cases, sizeof(*row->cases), compare_cases);
	for (size_t i = 0; i < row->sum.nr_cases; i++) {
		const struct select_case_stat *c = &row->cases[i];

		if (!c->taken || !c->chan)
			continue;
		if (nr && compare_kinds(kinds[nr - 1].first, c) == 0)
			kinds[nr - 1].taken += c->taken;
		else if (nr < MAX_CASE_KINDS)
			kinds[nr++] = (struct case_kind){ c, c->taken };
	}
	qsort(kinds, nr, sizeof(*kinds), more_taken_first);
	return nr;
}

/* "143 from struct {}, 2 to pool.Job" */
static void put_cases(const struct select_table *t, struct select_row *row, char ret[GRID_CELL_SZ])
{
	struct case_kind kinds[MAX_CASE_KINDS] = { 0 };
	size_t nr = collect_kinds(row, kinds), at = 0;

	for (size_t i = 0; i < nr && at < GRID_CELL_SZ; i++) {
		char taken[UNITS_SZ], type[64];

		if (i == MAX_SHOWN_CASES) {
			snprintf(ret + at, GRID_CELL_SZ - at, ", " TEXT_ELLIPSIS);
			return;
		}
		units_count(taken, kinds[i].taken);
		frames_format_element(type, sizeof(type), t->in, kinds[i].first->chan);
		at += (size_t)snprintf(ret + at, GRID_CELL_SZ - at, "%s%s %s %s", i ? ", " : "", taken,
				       kinds[i].first->send ? "to" : "from", type);
	}
}

static void put_share(char ret[GRID_CELL_SZ], uint64_t part, uint64_t of)
{
	char text[UNITS_SZ];

	if (!part || !of)
		return;
	units_percent(text, (double)part / (double)of);
	snprintf(ret, GRID_CELL_SZ, "%s", text);
}

static void put_count(char ret[GRID_CELL_SZ], uint64_t n)
{
	char text[UNITS_SZ];

	units_count(text, n);
	snprintf(ret, GRID_CELL_SZ, "%s", text);
}

static void put_place(const struct select_row *row, bool function, char ret[GRID_CELL_SZ])
{
	if (!row->known)
		snprintf(ret, GRID_CELL_SZ, "%s", function ? "" : "?");
	else if (function)
		text_clean(ret, GRID_CELL_SZ, frames_short_function(row->at.function));
	else
		frames_format_place(ret, GRID_CELL_SZ, &row->at);
}

static void put_cell(void *ctx, size_t at, size_t column, char ret[GRID_CELL_SZ])
{
	const struct select_table *t = ctx;
	struct select_row *row = t->rows[at];
	char text[UNITS_SZ];

	ret[0] = '\0';
	switch (column) {
	case COL_PID:
		if (t->several_processes)
			snprintf(ret, GRID_CELL_SZ, "%" PRIu32, row->sum.pid);
		return;
	case COL_AT:
	case COL_FUNCTION:
		put_place(row, column == COL_FUNCTION, ret);
		return;
	case COL_RUNS:
		put_count(ret, row->sum.count);
		return;
	case COL_DEFAULT:
		put_share(ret, row->sum.default_taken, row->sum.count);
		return;
	case COL_HAD_TO_WAIT:
		put_share(ret, row->sum.blocked, row->sum.count);
		return;
	case COL_BLOCKED:
		if (row->sum.still_parked)
			put_count(ret, row->sum.still_parked);
		return;
	case COL_WAITED:
		if (!row->sum.wait_ns)
			return;
		units_duration(text, row->sum.wait_ns);
		snprintf(ret, GRID_CELL_SZ, "%s", text);
		return;
	default:
		put_cases(t, row, ret);
	}
}

static int busier_first(const void *x, const void *y)
{
	const struct select_row *a = *(struct select_row *const *)x, *b = *(struct select_row *const *)y;
	int c = compare_numbers(b->sum.count, a->sum.count);

	c = c ? c : compare_numbers(b->sum.wait_ns, a->sum.wait_ns);
	return c ? c : compare_numbers((uintptr_t)a, (uintptr_t)b); /* in order of place */
}

static void print_legend(FILE *out, const struct select_table *t, bool color)
{
	fprintf(out, "\n%s", style_dim(color));
	if (t->columns[COL_DEFAULT].shown)
		fprintf(out, "DEFAULT: no case was ready, the default was taken.\n");
	if (t->columns[COL_HAD_TO_WAIT].shown)
		fprintf(out, "PARKED: no case was ready, the goroutine had to wait.\n");
	if (t->columns[COL_CASES].shown)
		fprintf(out, "CASES TAKEN: how often, by direction and element type.\n");
	fputs(style_off(color), out);
}

static void print_table(FILE *out, struct select_table *t, const struct report_opts *opts)
{
	size_t most = opts->max_rows / ROWS_PER_SELECT;
	struct grid grid = { .columns = t->columns, .nr_columns = NR_COLUMNS, .cell = put_cell, .ctx = t };

	most = most < MIN_SHOWN ? MIN_SHOWN : most;
	grid.nr_rows = opts->max_rows && t->nr > most ? most : t->nr;
	grid.color = opts->color;
	grid__layout(&grid, opts->width ? opts->width : DEFAULT_WIDTH);
	fprintf(out, "\n%s%zu select%s, busiest first%s\n", style_bold(opts->color), t->nr, t->nr == 1 ? "" : "s",
		style_off(opts->color));
	grid__print(&grid, out);
	if (grid.nr_rows < t->nr)
		fprintf(out, "… and %zu more select%s\n", t->nr - grid.nr_rows, t->nr - grid.nr_rows == 1 ? "" : "s");
	print_legend(out, t, opts->color);
}

static bool count_process(void *ctx, const struct process_info *p)
{
	(void)p;
	++*(uint64_t *)ctx;
	return true;
}

int report_print_selects(FILE *out, const struct sink_in *in, const struct report_opts *opts, struct diag *d)
{
	auto_cleanup(select_rows__free) struct select_rows selects = { 0 };
	struct select_table t = { .in = in, .selects = &selects };
	auto_free struct select_row **rows = NULL;
	uint64_t nr_processes = 0;
	int err = select_rows__collect(&selects, in, d);

	if (err || !selects.nr)
		return err;
	rows = calloc(selects.nr, sizeof(*rows));
	if (!rows)
		return diag_fail(d, -ENOMEM, "not enough memory to list the selects");
	for (size_t i = 0; i < selects.nr; i++)
		rows[i] = &selects.rows[i];
	qsort(rows, selects.nr, sizeof(*rows), busier_first);
	world__processes(in->world, count_process, &nr_processes);
	for (size_t i = 0; i < NR_COLUMNS; i++)
		t.columns[i] = select_columns[i];
	t.rows = rows;
	t.nr = selects.nr;
	t.several_processes = nr_processes > 1;
	print_table(out, &t, opts);
	return 0;
}
