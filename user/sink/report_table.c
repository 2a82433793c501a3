// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the report for people: what was watched, the table of channels, and what must not be overlooked
 * behind it. It is given a world and a width; it never shows a result without saying what may be missing.
 */
#include "sink/sink.h"

#include <errno.h>
#include <inttypes.h>

#include "base/cleanup.h"
#include "sink/frames.h"
#include "sink/losses.h"
#include "sink/report_columns.h"
#include "sink/report_sections.h"
#include "sink/text.h"
#include "sink/units.h"

#define DEFAULT_WIDTH 80

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

struct processes {
	FILE *out;
	const struct world_totals *totals;
	uint64_t nr;
};

static bool count_process(void *ctx, const struct process_info *p)
{
	(void)p;
	((struct processes *)ctx)->nr++;
	return true;
}

static const char *or_unknown(const char *s)
{
	return s && s[0] ? s : "unknown";
}

/* "PID 12 server: go1.26.8, layout from dwarf, 245k traps, exited after 3.20s" */
static bool print_process(void *ctx, const struct process_info *p)
{
	struct processes *ps = ctx;
	char comm[64], version[64], layout[32], traps[UNITS_SZ], lived[UNITS_SZ];

	text_clean(comm, sizeof(comm), p->comm);
	text_clean(version, sizeof(version), or_unknown(p->go_version));
	text_clean(layout, sizeof(layout), or_unknown(p->layout_source));
	units_count(traps, p->traps);
	fprintf(ps->out, "PID %" PRIu32 " %s: %s, layout from %s, %s trap%s", p->pid, comm, version, layout, traps,
		plural(p->traps));
	if (p->ended_at_ns) {
		uint64_t from =
			p->attached_at_ns > ps->totals->start.mono_ns ? p->attached_at_ns : ps->totals->start.mono_ns;

		units_duration(lived, p->ended_at_ns > from ? p->ended_at_ns - from : 0);
		fprintf(ps->out, ", %s after %s", p->end_why == PROCESS_EXECED ? "ran another program" : "exited",
			lived);
	}
	putc('\n', ps->out);
	return true;
}

static void print_header(FILE *out, const struct sink_in *in, const struct world_totals *t,
			 const struct report_rows *rows, struct processes *ps)
{
	char channels[UNITS_SZ], events[UNITS_SZ], watched[UNITS_SZ];

	units_count(channels, rows->nr_channels);
	units_count(events, t->events);
	units_duration(watched, t->end_ns > t->start.mono_ns ? t->end_ns - t->start.mono_ns : 0);
	fprintf(out, "%s channel%s of %" PRIu64 " process%s, watched for %s, %s event%s (mode %s)\n", channels,
		plural(rows->nr_channels), ps->nr, ps->nr == 1 ? "" : "es", watched, events, plural(t->events),
		t->start.mode == CAPTURE_WAIT ? "wait" : "all");
	if (t->start.mode == CAPTURE_WAIT)
		fprintf(out, "mode wait: operations that did not block are not counted\n");
	world__processes(in->world, print_process, ps);
}

static bool column_shown(const struct report_columns *rc, enum report_column column)
{
	return rc->columns[column].shown;
}

static bool any_unknown_site(const struct report_rows *rows, const struct sink_in *in)
{
	struct sym_frame place;

	for (size_t i = 0; i < rows->nr; i++)
		if (frames_channel_place(in, rows->rows[i].chan, &place) != FRAMES_MADE)
			return true;
	return false;
}

/* Says what the headings mean, for those columns that are there. */
static void print_legend(FILE *out, const struct report_columns *rc)
{
	if (column_shown(rc, COL_BLOCKED_SEND) || column_shown(rc, COL_BLOCKED_RECV))
		fprintf(out, "BLOCKED: goroutines parked on it now, to send or to receive.\n");
	if (column_shown(rc, COL_WAITED_SEND) || column_shown(rc, COL_WAITED_RECV))
		fprintf(out, "WAITED: time that goroutines were parked on it, added up.\n");
	if (column_shown(rc, COL_MISSED_SEND) || column_shown(rc, COL_MISSED_RECV))
		fprintf(out, "MISSED: attempts that would have blocked, in a select with default.\n");
	if (column_shown(rc, COL_FULL))
		fprintf(out, "full: share of the time without room for a value (cap 0: with a sender parked).\n");
	if (column_shown(rc, COL_QUEUE_MEAN) || column_shown(rc, COL_QUEUE_P99))
		fprintf(out, "IN QUEUE: how long a value lay in the buffer.\n");
	if (any_unknown_site(rc->rows, rc->in))
		fprintf(out, "?: made before the attach, or unseen; the place is where it was first used.\n");
}

static void print_rows(FILE *out, struct report_columns *rc, struct grid *t, unsigned int width, const char *more_hint)
{
	grid__layout(t, width);
	putc('\n', out);
	grid__print(t, out);
	if (rc->rows->nr_hidden)
		fprintf(out, "… and %zu more row%s%s%s\n", rc->rows->nr_hidden, plural(rc->rows->nr_hidden),
			more_hint ? ": " : "", more_hint ? more_hint : "");
	putc('\n', out);
	fputs(style_dim(t->color), out);
	print_legend(out, rc);
	fputs(style_off(t->color), out);
}

static void print_grouped(FILE *out, const struct report_opts *opts)
{
	fprintf(out, "grouped by place and type");
	if (opts->single_hint)
		fprintf(out, " (%s)", opts->single_hint);
	putc('\n', out);
}

static void print_nothing(FILE *out, const struct world_totals *t, const struct processes *ps)
{
	if (!ps->nr)
		fprintf(out, "\nno Go process was seen\n");
	else if (t->start.mode == CAPTURE_WAIT)
		fprintf(out, "\nno channel operation was seen to block\n");
	else
		fprintf(out, "\nno channel operation was seen in this time\n");
}

static void print_losses(FILE *out, const struct world_totals *t, bool color)
{
	putc('\n', out);
	for (unsigned int i = 0; i < CS_NR_LOSSES; i++)
		if (t->losses[i])
			fprintf(out, "lost: %" PRIu64 " %s%s\n", t->losses[i], loss_texts[i].text,
				loss_texts[i].exact ? "" : "; counts are too low");
	if (t->complete)
		fprintf(out, "all counts are exact\n");
	else
		fprintf(out, "%scounts are NOT exact%s\n", style_alert(color), style_off(color));
}

int sink_report_table(FILE *out, const struct sink_in *in, const struct report_opts *opts, struct diag *d)
{
	auto_cleanup(report_rows__free) struct report_rows rows = { 0 };
	struct world_totals totals;
	struct processes ps = { .out = out, .totals = &totals };
	struct report_columns rc;
	struct grid grid;
	struct report_opts grouped = *opts;
	int err = report_rows__collect(&rows, in, opts, d);

	if (!err && rows.nr_hidden && opts->group_if_many && !opts->group_by_site) {
		report_rows__free(&rows);
		grouped.group_by_site = true;
		err = report_rows__collect(&rows, in, &grouped, d);
	}
	if (err)
		return err;
	world__totals(in->world, &totals);
	world__processes(in->world, count_process, &ps);
	print_header(out, in, &totals, &rows, &ps);
	if (grouped.group_by_site && !opts->group_by_site)
		print_grouped(out, opts);
	grid = report_columns__grid(&rc, in, &rows, &grouped, ps.nr > 1);
	if (rows.nr)
		print_rows(out, &rc, &grid, opts->width ? opts->width : DEFAULT_WIDTH, opts->more_hint);
	else
		print_nothing(out, &totals, &ps);
	err = report_print_selects(out, in, opts, d);
	err = err ? err : report_print_parked(out, in, opts, d);
	err = err ? err : report_print_panics(out, in, opts, d);
	if (err)
		return err;
	losses_totals(in, &totals);
	print_losses(out, &totals, opts->color);
	return ferror(out) ? -EIO : 0;
}
