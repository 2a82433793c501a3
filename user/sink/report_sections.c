// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the parts of the report that are about goroutines: those parked now, and those that panicked. It
 * is given a world; it never shows a stack without what it waits for.
 */
#include "sink/report_sections.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "sink/frames.h"
#include "sink/parked.h"
#include "sink/grid.h"
#include "sink/text.h"
#include "sink/units.h"

#define MAX_SHOWN_FRAMES 16
#define MAX_SHOWN_CHANNELS 3
#define MAX_SHOWN_IDS 8
#define MAX_SHOWN_PANICS 20 /* a recovered one may come back for ever */
#define FUNCTION_COLUMNS 44
#define NAME_SZ 256

struct section {
	FILE *out;
	const struct sink_in *in;
	bool color;
	bool several_processes;
	struct world_totals totals;
	struct frames frames;
	unsigned int max; /* entries; 0: all */
	uint64_t nr;	  /* seen so far */
	int err;
};

static bool count_process(void *ctx, const struct process_info *p)
{
	(void)p;
	++*(uint64_t *)ctx;
	return true;
}

static struct section section_begin(FILE *out, const struct sink_in *in, const struct report_opts *opts)
{
	struct section s = { .out = out, .in = in, .color = opts->color, .max = opts->max_rows };
	uint64_t nr_processes = 0;

	world__totals(in->world, &s.totals);
	world__processes(in->world, count_process, &nr_processes);
	s.several_processes = nr_processes > 1;
	return s;
}

static void section_end(struct section *s)
{
	frames__free(&s->frames);
}

/* "chan int made at pool.go:12 (0xc00001a060)" */
static void print_channel(struct section *s, const struct channel *c)
{
	const char *type = c->elem_type ? symbolizer__type(s->in->sym, c->pid, c->elem_type) : NULL;
	char name[NAME_SZ];
	struct sym_frame made;

	text_clean(name, sizeof(name), type ? type : "?");
	fprintf(s->out, "chan %s", name);
	if (frames_place(s->in, c->pid, c->stack_made, &made)) {
		frames_format_place(name, sizeof(name), &made);
		fprintf(s->out, " made at %s", name);
	} else if (c->made_before_attach) {
		fprintf(s->out, " made before attach");
	}
	fprintf(s->out, " (0x%" PRIx64 ")", c->addr);
}

static void print_frames(struct section *s, uint32_t pid, uint64_t stack)
{
	char function[NAME_SZ], place[NAME_SZ];

	s->err = frames__load(&s->frames, s->in, pid, stack);
	if (s->err)
		return;
	frames__drop_runtime(&s->frames);
	if (!s->frames.nr)
		fprintf(s->out, "    (stack unknown)\n");
	for (size_t i = 0; i < s->frames.nr && i < MAX_SHOWN_FRAMES; i++) {
		const struct sym_frame *f = &s->frames.f[i];
		const char *name = f->function[0] ? frames_short_function(f->function) : "?";

		frames_format_place(place, sizeof(place), f);
		text_cut_end(function, sizeof(function), name, FUNCTION_COLUMNS);
		fprintf(s->out, "    %s%*s  %s\n", function, (int)(FUNCTION_COLUMNS - text_columns(function)), "",
			place);
	}
	if (s->frames.nr > MAX_SHOWN_FRAMES)
		fprintf(s->out, "    … and %zu more\n", s->frames.nr - MAX_SHOWN_FRAMES);
}

/* --- parked goroutines --- */

static uint64_t parked_for(const struct section *s, const struct waiter *w)
{
	return s->totals.end_ns > w->since_ns ? s->totals.end_ns - w->since_ns : 0;
}

/* "for 4.98s", "for 1.20s to 4.98s", "since before attach, over 5.00s ago" */
static void print_since(struct section *s, const struct parked_group *g)
{
	char longest[UNITS_SZ], shortest[UNITS_SZ];
	const struct waiter *first = g->members[0], *last = g->members[g->nr - 1];

	units_duration(longest, parked_for(s, first));
	units_duration(shortest, parked_for(s, last));
	if (first->since_before_attach && last->since_before_attach)
		fprintf(s->out, "since before attach, more than %s", longest);
	else if (first->since_before_attach)
		fprintf(s->out, "for %s or longer, some since before attach", shortest);
	else if (strcmp(shortest, longest) == 0)
		fprintf(s->out, "for %s", longest);
	else
		fprintf(s->out, "for %s to %s", shortest, longest);
}

static void print_ids(struct section *s, const struct parked_group *g)
{
	fprintf(s->out, "  goroutine%s", g->nr == 1 ? "" : "s");
	for (size_t i = 0; i < g->nr && i < MAX_SHOWN_IDS; i++)
		fprintf(s->out, "%s %" PRIu64, i ? "," : "", g->members[i]->goid);
	if (g->nr > MAX_SHOWN_IDS)
		fprintf(s->out, ", …");
	if (s->several_processes)
		fprintf(s->out, " of PID %" PRIu32, g->members[0]->pid);
	putc('\n', s->out);
}

/* Each channel of the group once, those of its longest waiting members first. */
static void print_group_channels(struct section *s, const struct parked_group *g)
{
	const struct channel *shown[MAX_SHOWN_CHANNELS];
	size_t nr = 0;

	for (size_t i = 0; i < g->nr; i++) {
		const struct channel *c = g->members[i]->chan;
		bool known = !c;

		for (size_t k = 0; k < nr && !known; k++)
			known = shown[k] == c;
		if (known)
			continue;
		if (nr == MAX_SHOWN_CHANNELS) {
			fprintf(s->out, "  … and others\n");
			return;
		}
		shown[nr++] = c;
		fprintf(s->out, "  on ");
		print_channel(s, c);
		putc('\n', s->out);
	}
}

static void print_cases(struct section *s, const struct waiter *w, bool more)
{
	for (uint32_t i = 0; i < w->nr_cases && i < 2 * MAX_SHOWN_CHANNELS; i++) {
		const struct waiter_case *c = &w->cases[i];

		fprintf(s->out, "  case %s ", c->send ? "send to" : "receive from");
		if (c->chan)
			print_channel(s, c->chan);
		else
			fprintf(s->out, "an unknown channel");
		putc('\n', s->out);
	}
	if (w->nr_cases > 2 * MAX_SHOWN_CHANNELS)
		fprintf(s->out, "  … and %" PRIu32 " more cases\n", w->nr_cases - 2 * MAX_SHOWN_CHANNELS);
	if (more && w->nr_cases)
		fprintf(s->out, "  (the cases of goroutine %" PRIu64 ")\n", w->goid);
}

static void print_parked_group(struct section *s, const struct parked_group *g)
{
	const struct waiter *w = g->members[0];

	fprintf(s->out, "%s%zu in %s%s, ", style_bold(s->color), g->nr, parked_operation(w), style_off(s->color));
	print_since(s, g);
	putc('\n', s->out);
	print_ids(s, g);
	if (w->kind == CS_PARK_SELECT)
		print_cases(s, w, g->nr > 1);
	else
		print_group_channels(s, g);
	print_frames(s, w->pid, w->stack);
}

int report_print_parked(FILE *out, const struct sink_in *in, const struct report_opts *opts, struct diag *d)
{
	auto_cleanup(parked__free) struct parked p = { 0 };
	auto_cleanup(section_end) struct section s = section_begin(out, in, opts);
	int err = parked__collect(&p, in, d);

	if (err || !p.nr)
		return err;
	fprintf(out, "\n%s%zu goroutine%s parked now, in %zu place%s%s\n", style_bold(s.color), p.nr,
		p.nr == 1 ? " is" : "s are", p.nr_groups, p.nr_groups == 1 ? "" : "s", style_off(s.color));
	for (size_t i = 0; i < p.nr_groups && !s.err; i++) {
		if (s.max && i >= s.max) {
			fprintf(out, "… and %zu more place%s\n", p.nr_groups - i, p.nr_groups - i == 1 ? "" : "s");
			break;
		}
		print_parked_group(&s, &p.groups[i]);
	}
	return s.err ? diag_fail(d, s.err, "not enough memory to show a stack") : 0;
}

/* --- panics --- */

static const char *panic_text(enum panic_kind kind)
{
	switch (kind) {
	case PANIC_SEND_ON_CLOSED:
		return "send on closed channel";
	case PANIC_CLOSE_OF_CLOSED:
		return "close of closed channel";
	default:
		return "close of nil channel";
	}
}

static void print_closer(struct section *s, const struct channel *c)
{
	char place[NAME_SZ];
	struct sym_frame f;

	if (!c->closed_by_goid) /* the close itself was not seen */
		return;
	fprintf(s->out, "  closed by goroutine %" PRIu64, c->closed_by_goid);
	if (frames_place(s->in, c->pid, c->stack_closed, &f)) {
		frames_format_place(place, sizeof(place), &f);
		fprintf(s->out, " at %s", place);
	}
	putc('\n', s->out);
}

static bool print_panic(void *ctx, const struct panic_info *p)
{
	struct section *s = ctx;
	char when[UNITS_SZ];

	if (s->nr++ == 0)
		fprintf(s->out, "\n%spanics%s\n", style_bold(s->color), style_off(s->color));
	if (s->nr > s->max)
		return true;
	units_time_of_day(when, s->totals.start.wall_ns + (p->time_ns - s->totals.start.mono_ns));
	fprintf(s->out, "%s%s%s: goroutine %" PRIu64 " of PID %" PRIu32 " at %s\n", style_alert(s->color),
		panic_text(p->kind), style_off(s->color), p->goid, p->pid, when);
	if (p->chan) {
		fprintf(s->out, "  on ");
		print_channel(s, p->chan);
		putc('\n', s->out);
		print_closer(s, p->chan);
	} else if (p->kind == PANIC_SEND_ON_CLOSED) {
		fprintf(s->out, "  on one of the select's channels, which one is not known\n");
	}
	print_frames(s, p->pid, p->stack);
	return s->err == 0;
}

int report_print_panics(FILE *out, const struct sink_in *in, const struct report_opts *opts, struct diag *d)
{
	auto_cleanup(section_end) struct section s = section_begin(out, in, opts);

	if (!s.max)
		s.max = MAX_SHOWN_PANICS;
	world__panics(in->world, print_panic, &s);
	if (s.nr > s.max)
		fprintf(out, "… and %" PRIu64 " more panic%s\n", s.nr - s.max, s.nr - s.max == 1 ? "" : "s");
	return s.err ? diag_fail(d, s.err, "not enough memory to show a stack") : 0;
}
