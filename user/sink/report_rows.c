// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the choice, grouping and order of a report's rows. It is given a world; rows of one channel point
 * into it, rows of several to sums that are owned here. It never writes anything.
 */
#include "sink/report_rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "model/dist.h"
#include "sink/frames.h"

/* What a row is made from: a channel, or an evicted group of the world. */
struct entry {
	const struct channel *chan;
	uint64_t nr_channels;
	size_t order; /* of its first event */
	bool folded;
	enum frames_origin origin; /* these are resolved for grouping only */
	struct sym_frame place;
};

struct entries {
	struct entry *e;
	size_t nr, room;
	bool failed;
};

static bool add_entry(struct entries *es, const struct channel *c, uint64_t nr_channels, bool folded)
{
	if (es->nr == es->room) {
		size_t room = es->room ? es->room * 2 : 256;
		struct entry *grown = realloc(es->e, room * sizeof(*grown));

		if (!grown) {
			es->failed = true;
			return false;
		}
		es->e = grown;
		es->room = room;
	}
	es->e[es->nr] = (struct entry){ .chan = c, .nr_channels = nr_channels, .order = es->nr, .folded = folded };
	es->nr++;
	return true;
}

static bool add_channel(void *ctx, const struct channel *c)
{
	return add_entry(ctx, c, 1, false);
}

static bool add_evicted(void *ctx, const struct channel_group *g)
{
	return add_entry(ctx, &g->sum, g->nr_channels, true);
}

/* --- grouping by creation site --- */

static void resolve_sites(struct entries *es, const struct sink_in *in)
{
	for (size_t i = 0; i < es->nr; i++) {
		struct entry *e = &es->e[i];

		e->origin = frames_channel_place(in, e->chan, &e->place);
		if (e->origin == FRAMES_UNKNOWN)
			e->place = (struct sym_frame){ .function = "", .file = "" };
	}
}

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* A site is a line of a function that makes, or is first to use, channels of one type in one process. */
static int compare_sites(const struct entry *a, const struct entry *b)
{
	int c = compare_numbers(a->chan->pid, b->chan->pid);

	c = c ? c : compare_numbers(a->origin, b->origin);
	c = c ? c : strcmp(a->place.function, b->place.function);
	c = c ? c : strcmp(a->place.file, b->place.file);
	c = c ? c : compare_numbers(a->place.line, b->place.line);
	return c ? c : compare_numbers(a->chan->elem_type, b->chan->elem_type);
}

static int compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int c = compare_sites(x, y);

	return c ? c : compare_numbers(x->order, y->order);
}

static size_t count_sites(const struct entries *es)
{
	size_t nr = 0;

	for (size_t i = 0; i < es->nr; i++)
		nr += i == 0 || compare_sites(&es->e[i - 1], &es->e[i]) != 0;
	return nr;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static void add_counts(struct channel *sum, const struct channel *c)
{
	sum->sends += c->sends;
	sum->receives += c->receives;
	sum->closed_receives += c->closed_receives;
	sum->sends_failed += c->sends_failed;
	sum->receives_failed += c->receives_failed;
	sum->sends_blocked += c->sends_blocked;
	sum->receives_blocked += c->receives_blocked;
	sum->send_wait_ns += c->send_wait_ns;
	sum->receive_wait_ns += c->receive_wait_ns;
	sum->senders_waiting += c->senders_waiting;
	sum->receivers_waiting += c->receivers_waiting;
	sum->length += c->length;
	sum->from_totals |= c->from_totals;
}

static void add_maxima(struct channel *sum, const struct channel *c)
{
	sum->send_wait_max_ns = larger(sum->send_wait_max_ns, c->send_wait_max_ns);
	sum->receive_wait_max_ns = larger(sum->receive_wait_max_ns, c->receive_wait_max_ns);
	sum->senders_waiting_max = (uint32_t)larger(sum->senders_waiting_max, c->senders_waiting_max);
	sum->receivers_waiting_max = (uint32_t)larger(sum->receivers_waiting_max, c->receivers_waiting_max);
	sum->length_max = (uint32_t)larger(sum->length_max, c->length_max);
	sum->last_event_ns = larger(sum->last_event_ns, c->last_event_ns);
	if (c->saturation > sum->saturation)
		sum->saturation = c->saturation;
	if (c->capacity_known && (!sum->capacity_known || c->capacity < sum->capacity)) {
		sum->capacity = c->capacity;
		sum->capacity_known = true;
	}
}

static struct report_row row_of(const struct entry *e)
{
	const struct channel *c = e->chan;

	return (struct report_row){
		.chan = c,
		.nr_channels = e->nr_channels,
		.nr_closed = e->folded ? 0 : c->closed,
		.capacity_max = c->capacity,
		.order = e->order,
		.folded = e->folded,
	};
}

/* Makes the first entry of a site into its sum. */
static int begin_site(struct report_row *row, struct channel *sum, const struct entry *e)
{
	*sum = *e->chan;
	sum->queue = (struct dist){ 0 };
	*row = row_of(e);
	row->chan = sum;
	return dist__merge(&sum->queue, &e->chan->queue);
}

static int join_site(struct report_row *row, struct channel *sum, const struct entry *e)
{
	row->nr_channels += e->nr_channels;
	row->nr_closed += e->folded ? 0 : e->chan->closed;
	row->capacity_max = (uint32_t)larger(row->capacity_max, e->chan->capacity);
	row->folded |= e->folded;
	if (e->order < row->order)
		row->order = e->order;
	add_counts(sum, e->chan);
	add_maxima(sum, e->chan);
	return dist__merge(&sum->queue, &e->chan->queue);
}

static int group_entries(struct report_rows *r, struct entries *es, const struct sink_in *in)
{
	size_t nr_sites;

	resolve_sites(es, in);
	qsort(es->e, es->nr, sizeof(*es->e), compare_entries);
	nr_sites = count_sites(es);
	r->sums = calloc(nr_sites, sizeof(*r->sums));
	r->rows = calloc(nr_sites, sizeof(*r->rows));
	if (!r->sums || !r->rows)
		return -ENOMEM;
	r->nr_sums = nr_sites;
	for (size_t i = 0; i < es->nr; i++) {
		bool first = i == 0 || compare_sites(&es->e[i - 1], &es->e[i]) != 0;
		size_t at = first ? r->nr++ : r->nr - 1;
		int err = first ? begin_site(&r->rows[at], &r->sums[at], &es->e[i])
				: join_site(&r->rows[at], &r->sums[at], &es->e[i]);

		if (err)
			return err;
	}
	return 0;
}

static int single_entries(struct report_rows *r, const struct entries *es)
{
	r->rows = calloc(es->nr, sizeof(*r->rows));
	if (!r->rows)
		return -ENOMEM;
	for (size_t i = 0; i < es->nr; i++)
		r->rows[i] = row_of(&es->e[i]);
	r->nr = es->nr;
	return 0;
}

/* --- order --- */

/*
 * A blocked sender holds a value that nobody takes; a blocked receiver is often just a worker without work.
 * Whoever waits for a timer does what the program asked for.
 */
static uint64_t blocked_now(const struct channel *c)
{
	return c->timer ? 0 : UINT64_C(10) * c->senders_waiting + c->receivers_waiting;
}

static uint64_t waited(const struct channel *c)
{
	return c->timer ? 0 : c->send_wait_ns + c->receive_wait_ns;
}

/* The comparisons put the larger first. */
static int larger_first(uint64_t a, uint64_t b)
{
	return compare_numbers(b, a);
}

static int fuller_first(const struct channel *a, const struct channel *b)
{
	return (a->saturation < b->saturation) - (a->saturation > b->saturation);
}

static int by_order(const struct report_row *a, const struct report_row *b)
{
	return compare_numbers(a->order, b->order);
}

static int by_worst(const void *x, const void *y)
{
	const struct report_row *a = x, *b = y;
	int c = larger_first(blocked_now(a->chan), blocked_now(b->chan));

	c = c ? c : larger_first(waited(a->chan), waited(b->chan));
	c = c ? c : fuller_first(a->chan, b->chan);
	c = c ? c : larger_first(a->chan->sends + a->chan->receives, b->chan->sends + b->chan->receives);
	return c ? c : by_order(a, b);
}

static int by_sends(const void *x, const void *y)
{
	const struct report_row *a = x, *b = y;
	int c = larger_first(a->chan->sends, b->chan->sends);

	return c ? c : by_order(a, b);
}

static int by_receives(const void *x, const void *y)
{
	const struct report_row *a = x, *b = y;
	int c = larger_first(a->chan->receives, b->chan->receives);

	return c ? c : by_order(a, b);
}

static int by_wait(const void *x, const void *y)
{
	const struct report_row *a = x, *b = y;
	int c = larger_first(a->chan->send_wait_ns + a->chan->receive_wait_ns,
			     b->chan->send_wait_ns + b->chan->receive_wait_ns);

	return c ? c : by_order(a, b);
}

static int by_length(const void *x, const void *y)
{
	const struct report_row *a = x, *b = y;
	int c = larger_first(a->chan->length, b->chan->length);

	c = c ? c : larger_first(a->chan->length_max, b->chan->length_max);
	return c ? c : by_order(a, b);
}

static int by_saturation(const void *x, const void *y)
{
	const struct report_row *a = x, *b = y;
	int c = fuller_first(a->chan, b->chan);

	return c ? c : by_order(a, b);
}

static int by_made(const void *x, const void *y)
{
	const struct report_row *a = x, *b = y;
	int c = compare_numbers(a->chan->made_at_ns, b->chan->made_at_ns);

	return c ? c : by_order(a, b);
}

static int (*const orders[])(const void *, const void *) = {
	[SORT_WORST] = by_worst, [SORT_SENDS] = by_sends,   [SORT_RECEIVES] = by_receives,
	[SORT_WAIT] = by_wait,	 [SORT_LENGTH] = by_length, [SORT_SATURATION] = by_saturation,
	[SORT_MADE] = by_made,
};

int report_rows__collect(struct report_rows *r, const struct sink_in *in, const struct report_opts *opts,
			 struct diag *d)
{
	struct entries es = { 0 };
	auto_free void *owned = NULL;
	int err = 0;

	*r = (struct report_rows){ 0 };
	world__channels(in->world, add_channel, &es);
	if (!es.failed)
		world__evicted(in->world, add_evicted, &es);
	owned = es.e;
	if (es.failed)
		return diag_fail(d, -ENOMEM, "not enough memory to list %zu channels", es.nr);
	for (size_t i = 0; i < es.nr; i++)
		r->nr_channels += es.e[i].nr_channels;
	if (es.nr)
		err = opts->group_by_site ? group_entries(r, &es, in) : single_entries(r, &es);
	if (err) {
		report_rows__free(r);
		return diag_fail(d, err, "not enough memory for a report of %zu channels", es.nr);
	}
	if (r->nr)
		qsort(r->rows, r->nr, sizeof(*r->rows), orders[opts->sort]);
	if (opts->max_rows && r->nr > opts->max_rows) {
		r->nr_hidden = r->nr - opts->max_rows;
		r->nr = opts->max_rows;
	}
	return 0;
}

void report_rows__free(struct report_rows *r)
{
	for (size_t i = 0; i < r->nr_sums; i++)
		dist__clear(&r->sums[i].queue);
	free(r->sums);
	free(r->rows);
	*r = (struct report_rows){ 0 };
}
