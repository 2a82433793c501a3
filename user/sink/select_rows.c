// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the sums over selects at one line in the source. It is given a world, whose statistics it borrows; it never
 * writes anything.
 */
#include "sink/select_rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct select_entry {
	const struct select_stat *stat;
	struct sym_frame at;
	bool known; /* at */
};

static bool add_select(void *ctx, const struct select_stat *stat)
{
	struct select_rows *r = ctx;
	struct select_entry *e;

	if (r->nr_entries == r->room) {
		size_t room = r->room ? r->room * 2 : 64;
		struct select_entry *grown = realloc(r->entries, room * sizeof(*grown));

		if (!grown) {
			r->failed = true;
			return false;
		}
		r->entries = grown;
		r->room = room;
	}
	e = &r->entries[r->nr_entries++];
	*e = (struct select_entry){ .stat = stat, .at = { .function = "", .file = "" } };
	e->known = frames_place(r->in, stat->pid, stat->stack, &e->at);
	return true;
}

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int compare_places(const void *x, const void *y)
{
	const struct select_entry *a = x, *b = y;
	int c = compare_numbers(a->stat->pid, b->stat->pid);

	c = c ? c : strcmp(a->at.file, b->at.file);
	c = c ? c : compare_numbers(a->at.line, b->at.line);
	return c ? c : strcmp(a->at.function, b->at.function);
}

static int compare_cases(const void *x, const void *y)
{
	const struct select_case_stat *a = x, *b = y;
	int c = compare_numbers(a->chan ? a->chan->addr : 0, b->chan ? b->chan->addr : 0);

	c = c ? c : compare_numbers(a->chan ? a->chan->generation : 0, b->chan ? b->chan->generation : 0);
	return c ? c : compare_numbers(a->send, b->send);
}

static size_t merge_cases(struct select_case_stat *cases, size_t nr)
{
	size_t used = 0;

	qsort(cases, nr, sizeof(*cases), compare_cases);
	for (size_t i = 0; i < nr; i++) {
		if (used && compare_cases(&cases[used - 1], &cases[i]) == 0)
			cases[used - 1].taken += cases[i].taken;
		else
			cases[used++] = cases[i];
	}
	return used;
}

static void add_counts(struct select_stat *sum, const struct select_stat *s)
{
	sum->count += s->count;
	sum->default_taken += s->default_taken;
	sum->blocked += s->blocked;
	sum->wait_ns += s->wait_ns;
	sum->still_parked += s->still_parked;
	sum->nr_cases += s->nr_cases;
}

/* e[0..nr) are at one place. */
static int make_row(struct select_row *row, const struct select_entry *e, size_t nr)
{
	size_t used = 0;

	*row = (struct select_row){ .sum = *e->stat, .at = e->at, .known = e->known };
	for (size_t i = 1; i < nr; i++)
		add_counts(&row->sum, e[i].stat);
	row->cases = calloc(row->sum.nr_cases + 1, sizeof(*row->cases));
	if (!row->cases)
		return -ENOMEM;
	for (size_t i = 0; i < nr; i++)
		for (size_t k = 0; k < e[i].stat->nr_cases; k++)
			row->cases[used++] = e[i].stat->cases[k];
	row->sum.nr_cases = merge_cases(row->cases, used);
	row->sum.cases = row->cases;
	return 0;
}

static int make_rows(struct select_rows *r)
{
	size_t nr = r->nr_entries;

	qsort(r->entries, nr, sizeof(*r->entries), compare_places);
	r->rows = calloc(nr, sizeof(*r->rows));
	if (!r->rows)
		return -ENOMEM;
	for (size_t i = 0, end; i < nr; i = end) {
		for (end = i + 1; end < nr && compare_places(&r->entries[i], &r->entries[end]) == 0; end++)
			;
		if (make_row(&r->rows[r->nr++], &r->entries[i], end - i))
			return -ENOMEM;
	}
	return 0;
}

int select_rows__collect(struct select_rows *r, const struct sink_in *in, struct diag *d)
{
	*r = (struct select_rows){ .in = in };
	world__selects(in->world, add_select, r);
	if (!r->failed && r->nr_entries)
		r->failed = make_rows(r) != 0;
	if (!r->failed)
		return 0;
	select_rows__free(r);
	return diag_fail(d, -ENOMEM, "not enough memory to list the selects");
}

void select_rows__free(struct select_rows *r)
{
	for (size_t i = 0; i < r->nr; i++)
		free(r->rows[i].cases);
	free(r->rows);
	free(r->entries);
	*r = (struct select_rows){ 0 };
}
