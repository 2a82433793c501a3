// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the JSON of selects, those of one line in the source taken together whatever their callers. It is
 * given a world, whose statistics it borrows.
 */
#include "sink/report_json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

struct select_entry {
	const struct select_stat *stat;
	struct sym_frame at;
	bool known; /* at */
};

struct select_list {
	const struct sink_in *in;
	struct select_entry *e;
	size_t nr, room;
	bool failed;
};

static bool add_select(void *ctx, const struct select_stat *stat)
{
	struct select_list *l = ctx;
	struct select_entry *e;

	if (l->nr == l->room) {
		size_t room = l->room ? l->room * 2 : 64;
		struct select_entry *grown = realloc(l->e, room * sizeof(*grown));

		if (!grown) {
			l->failed = true;
			return false;
		}
		l->e = grown;
		l->room = room;
	}
	e = &l->e[l->nr++];
	*e = (struct select_entry){ .stat = stat, .at = { .function = "", .file = "" } };
	e->known = frames_place(l->in, stat->pid, stat->stack, &e->at);
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

static void put_cases(struct json_report *r, const struct select_entry *e, size_t nr)
{
	struct select_case_stat *cases = NULL;
	auto_free void *owned = NULL;
	size_t nr_cases = 0;

	for (size_t i = 0; i < nr; i++)
		nr_cases += e[i].stat->nr_cases;
	owned = cases = calloc(nr_cases + 1, sizeof(*cases));
	if (!cases) {
		r->err = -ENOMEM;
		return;
	}
	nr_cases = 0;
	for (size_t i = 0; i < nr; i++)
		for (size_t k = 0; k < e[i].stat->nr_cases; k++)
			cases[nr_cases++] = e[i].stat->cases[k];
	nr_cases = merge_cases(cases, nr_cases);
	for (size_t i = 0; i < nr_cases; i++) {
		json_out__open(&r->j, NULL, '{');
		json_report_channel(r, cases[i].chan);
		json_out__string(&r->j, "direction", cases[i].send ? "send" : "receive");
		json_out__uint(&r->j, "taken", cases[i].taken);
		json_out__close(&r->j, '}');
	}
}

/* e[0..nr) are at one place. */
static void put_select(struct json_report *r, const struct select_entry *e, size_t nr)
{
	struct select_stat sum = *e->stat;

	for (size_t i = 1; i < nr; i++) {
		sum.count += e[i].stat->count;
		sum.default_taken += e[i].stat->default_taken;
		sum.blocked += e[i].stat->blocked;
		sum.wait_ns += e[i].stat->wait_ns;
		sum.still_parked += e[i].stat->still_parked;
	}
	json_out__open(&r->j, NULL, '{');
	json_out__uint(&r->j, "pid", sum.pid);
	if (e->known)
		frames_json_place(&r->j, "at", &e->at);
	else
		json_out__null(&r->j, "at");
	json_out__uint(&r->j, "count", sum.count);
	json_out__uint(&r->j, "default_taken", sum.default_taken);
	json_out__uint(&r->j, "blocked", sum.blocked);
	json_out__uint(&r->j, "wait_ns", sum.wait_ns);
	json_out__uint(&r->j, "still_parked", sum.still_parked);
	json_out__open(&r->j, "cases", '[');
	put_cases(r, e, nr);
	json_out__close(&r->j, ']');
	json_out__close(&r->j, '}');
}

void json_report_selects(struct json_report *r)
{
	struct select_list l = { .in = r->in };
	auto_free void *owned = NULL;

	world__selects(r->in->world, add_select, &l);
	owned = l.e;
	if (l.failed)
		r->err = -ENOMEM;
	if (l.nr)
		qsort(l.e, l.nr, sizeof(*l.e), compare_places);
	json_out__open(&r->j, "selects", '[');
	for (size_t i = 0, end; i < l.nr && !r->err; i = end) {
		for (end = i + 1; end < l.nr && compare_places(&l.e[i], &l.e[end]) == 0; end++)
			;
		put_select(r, &l.e[i], end - i);
	}
	json_out__close(&r->j, ']');
}
