// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the picture of the data flow in the language of graphviz. It is given a world; a name from the traced process
 * only ever becomes an escaped string.
 */
#include "sink/sink.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/idset.h"
#include "sink/dot_graph.h"
#include "sink/frames.h"
#include "sink/losses.h"
#include "sink/text.h"
#include "sink/units.h"

#define NAME_COLUMNS 48
#define NAME_SZ 512
#define MAX_PEN 6.0

struct dot {
	FILE *out;
	const struct sink_in *in;
	const struct dot_graph *g;
	struct world_totals totals;
	struct idset pids;   /* shown already: a PID may be given twice */
	double seconds;	     /* watched */
	uint64_t max_values; /* of a stream */
};

/* A part of a quoted string. */
static void put_text(FILE *out, const char *s)
{
	char cut[NAME_SZ];

	text_cut_end(cut, sizeof(cut), s, NAME_COLUMNS);
	for (const char *p = cut; *p; p++) {
		if (*p == '"' || *p == '\\')
			putc('\\', out);
		putc(*p, out);
	}
}

/* Behind what precedes it in the string: how long was waited, if at all. */
static void put_wait(FILE *out, uint64_t wait_ns)
{
	char text[UNITS_SZ];

	if (!wait_ns)
		return;
	units_duration(text, wait_ns);
	fprintf(out, "\\nwaited %s", text);
}

static void put_count(FILE *out, const char *before, uint64_t n, const char *one, const char *many)
{
	char text[UNITS_SZ];

	units_count(text, n);
	fprintf(out, "%s%s %s", before, text, n == 1 ? one : many);
}

static void put_group(const struct dot *dt, size_t i)
{
	const struct dot_group *n = &dt->g->groups[i];

	fprintf(dt->out, "\t\tg%zu [shape=box, style=\"rounded,filled\", fillcolor=\"#e8eef7\"%s, label=\"", i,
		n->in_cycle ? ", color=red, penwidth=2" : "");
	put_text(dt->out, n->function[0] ? frames_short_function(n->function) : "(unknown function)");
	put_wait(dt->out, n->wait_ns);
	if (n->parked)
		put_count(dt->out, "\\n", n->parked, "parked at the end", "parked at the end");
	fputs("\"];\n", dt->out);
}

static void put_chan_type(FILE *out, const struct dot_chan *n)
{
	if (n->timer)
		fputs("\\ntimer", out);
	if (n->nil)
		return;
	fputs("\\n", out);
	put_text(out, n->type[0] ? n->type : "(unknown type)");
	if (n->several_capacities)
		fputs(", several capacities", out);
	else
		fprintf(out, ", capacity %" PRIu32, n->capacity);
}

static void put_chan(const struct dot *dt, size_t i)
{
	const struct dot_chan *n = &dt->g->chans[i];
	char share[UNITS_SZ];

	/* The fuller, the redder. */
	fprintf(dt->out, "\t\tc%zu [shape=ellipse, style=filled, fillcolor=\"0.08 %.2f 1.0\"%s, label=\"", i,
		n->saturation * 0.6, n->in_cycle ? ", color=red, penwidth=2" : "");
	put_text(dt->out, n->nil ? "nil channel" : n->place[0] ? n->place : "made before the start");
	put_chan_type(dt->out, n);
	if (n->nr > 1)
		put_count(dt->out, "\\n", n->nr, "channel", "channels");
	if (n->nr_closed)
		put_count(dt->out, n->nr > 1 ? ", " : "\\n", n->nr_closed, "closed", "closed");
	if (n->saturation > 0) {
		units_percent(share, n->saturation);
		fprintf(dt->out, "\\nfull %s of the time", share);
	}
	fputs("\"];\n", dt->out);
}

static void put_rate(FILE *out, double per_second)
{
	char text[UNITS_SZ];

	units_count(text, (uint64_t)(per_second + 0.5));
	if (per_second < 10)
		fprintf(out, ", %.1f/s", per_second);
	else
		fprintf(out, ", %s/s", text);
}

static void put_stream_label(const struct dot *dt, const struct dot_stream *s)
{
	if (s->close) {
		put_count(dt->out, "", s->ops, "close", "closes");
		return;
	}
	put_count(dt->out, "", s->values, "value", "values");
	if (s->values && dt->seconds > 0)
		put_rate(dt->out, (double)s->values / dt->seconds);
	put_wait(dt->out, s->wait_ns);
	if (s->parked)
		put_count(dt->out, "\\n", s->parked, "parked at the end", "parked at the end");
}

static void put_stream(const struct dot *dt, const struct dot_stream *s)
{
	double share = dt->max_values ? (double)s->values / (double)dt->max_values : 0;

	if (s->send || s->close)
		fprintf(dt->out, "\tg%zu -> c%zu [", s->group, s->chan);
	else
		fprintf(dt->out, "\tc%zu -> g%zu [", s->chan, s->group);
	fprintf(dt->out, "penwidth=%.1f%s%s, label=\"", 1 + (MAX_PEN - 1) * share,
		s->close ? ", style=dashed, color=gray" : "", s->in_cycle ? ", color=red, fontcolor=red" : "");
	put_stream_label(dt, s);
	fputs("\"];\n", dt->out);
}

static bool put_process(void *ctx, const struct process_info *p)
{
	struct dot *dt = ctx;
	char name[64];

	if (idset_add(&dt->pids, p->pid) != 1)
		return true;
	fprintf(dt->out, "\tsubgraph \"cluster_%" PRIu32 "\" {\n\t\tlabel=\"", p->pid);
	snprintf(name, sizeof(name), "%" PRIu32 "/%s", p->pid, p->comm);
	put_text(dt->out, name);
	fputs("\";\n", dt->out);
	for (size_t i = 0; i < dt->g->nr_groups; i++)
		if (dt->g->groups[i].pid == p->pid)
			put_group(dt, i);
	for (size_t i = 0; i < dt->g->nr_chans; i++)
		if (dt->g->chans[i].pid == p->pid)
			put_chan(dt, i);
	fputs("\t}\n", dt->out);
	return true;
}

static void put_graph(struct dot *dt)
{
	char losses[NAME_SZ], watched[UNITS_SZ];

	losses_format(losses, sizeof(losses), &dt->totals);
	units_duration(watched, (uint64_t)(dt->seconds * 1e9));
	fputs("digraph channels {\n\trankdir=LR;\n\tnode [fontname=\"sans-serif\", fontsize=11];\n"
	      "\tedge [fontname=\"sans-serif\", fontsize=9];\n\tgraph [fontname=\"sans-serif\", fontsize=11];\n",
	      dt->out);
	fprintf(dt->out, "\tlabel=\"watched for %s; %s; counts are %s\";\n", watched, losses,
		dt->totals.complete ? "exact" : "NOT exact");
	world__processes(dt->in->world, put_process, dt);
	for (size_t i = 0; i < dt->g->nr_streams; i++)
		put_stream(dt, &dt->g->streams[i]);
	fputs("}\n", dt->out);
}

int sink_dot(FILE *out, const struct sink_in *in, struct diag *d)
{
	auto_cleanup(dot_graph__free) struct dot_graph g = { 0 };
	struct dot dt = { .out = out, .in = in, .g = &g };
	int err = dot_graph__build(&g, in, d);

	if (err)
		return err;
	err = dot_graph__mark_cycles(&g);
	if (err)
		return diag_fail(d, err, "not enough memory for a graph");
	losses_totals(in, &dt.totals);
	if (dt.totals.end_ns > dt.totals.start.mono_ns)
		dt.seconds = (double)(dt.totals.end_ns - dt.totals.start.mono_ns) / 1e9;
	for (size_t i = 0; i < g.nr_streams; i++)
		if (g.streams[i].values > dt.max_values)
			dt.max_values = g.streams[i].values;
	put_graph(&dt);
	idset_free(&dt.pids);
	return ferror(out) ? -EIO : 0;
}
