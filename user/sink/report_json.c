// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the outermost object of `report --json` (schema chanscope.report/1): the run, its processes and what
 * was lost. It is given a world; it never keeps more than one stack in memory. Fields are only ever added.
 */
#include "sink/report_json.h"

#include <errno.h>

#include "base/cleanup.h"
#include "sink/losses.h"

uint64_t json_report_epoch_ns(const struct json_report *r, uint64_t mono_ns)
{
	return mono_ns + (r->totals.start.wall_ns - r->totals.start.mono_ns);
}

void json_report_stack(struct json_report *r, const char *name, uint32_t pid, uint64_t stack)
{
	int err = frames__load(&r->frames, r->in, pid, stack);

	if (err && !r->err)
		r->err = err;
	frames_json_stack(&r->j, name, r->frames.f, err ? 0 : r->frames.nr);
}

void json_report_place(struct json_report *r, const char *name, uint32_t pid, uint64_t stack)
{
	struct sym_frame f;

	if (frames_place(r->in, pid, stack, &f))
		frames_json_place(&r->j, name, &f);
	else
		json_out__null(&r->j, name);
}

void json_report_channel(struct json_report *r, const struct channel *c)
{
	if (!c) {
		json_out__null(&r->j, "channel");
		return;
	}
	json_out__pointer(&r->j, "channel", c->addr);
	json_out__uint(&r->j, "generation", c->generation);
}

static const char *end_text(enum process_end why)
{
	switch (why) {
	case PROCESS_EXITED:
		return "exited";
	case PROCESS_EXECED:
		return "execed";
	default:
		return NULL;
	}
}

static bool put_process(void *ctx, const struct process_info *p)
{
	struct json_report *r = ctx;
	struct json_out *j = &r->j;

	json_out__open(j, NULL, '{');
	json_out__uint(j, "pid", p->pid);
	json_out__string(j, "comm", p->comm);
	json_out__string(j, "exe", p->exe);
	json_out__string(j, "build_id", p->build_id);
	json_out__string(j, "go_version", p->go_version);
	json_out__string(j, "layout_source", p->layout_source);
	json_out__bool(j, "exited", p->end_why == PROCESS_EXITED);
	json_out__uint(j, "traps", p->traps);
	json_out__uint(j, "attached_at_ns", json_report_epoch_ns(r, p->attached_at_ns));
	json_out__string(j, "end_reason", end_text(p->end_why));
	if (p->ended_at_ns)
		json_out__uint(j, "ended_at_ns", json_report_epoch_ns(r, p->ended_at_ns));
	else
		json_out__null(j, "ended_at_ns");
	json_out__close(j, '}');
	return true;
}

/* Behind everything else: only then all program counters have been looked up. */
static void put_losses(struct json_report *r)
{
	struct world_totals t;

	losses_totals(r->in, &t);
	json_out__open(&r->j, "losses", '{');
	for (unsigned int i = 0; i < CS_NR_LOSSES; i++)
		json_out__uint(&r->j, loss_texts[i].name, t.losses[i]);
	json_out__close(&r->j, '}');
	json_out__bool(&r->j, "complete", t.complete);
}

static void put_run(struct json_report *r)
{
	const struct world_totals *t = &r->totals;

	json_out__string(&r->j, "schema", "chanscope.report/1");
	json_out__uint(&r->j, "started_at_ns", t->start.wall_ns);
	json_out__uint(&r->j, "duration_ns", t->end_ns > t->start.mono_ns ? t->end_ns - t->start.mono_ns : 0);
	json_out__string(&r->j, "mode", t->start.mode == CAPTURE_WAIT ? "wait" : "all");
	json_out__uint(&r->j, "events", t->events);
}

static void free_frames(struct json_report *r)
{
	frames__free(&r->frames);
}

int sink_report_json(FILE *out, const struct sink_in *in, const struct report_opts *opts, struct diag *d)
{
	auto_cleanup(report_rows__free) struct report_rows rows = { 0 };
	auto_cleanup(free_frames) struct json_report r = { .j = { .out = out, .lines = true }, .in = in };
	int err = report_rows__collect(&rows, in, opts, d);

	if (err)
		return err;
	world__totals(in->world, &r.totals);
	json_out__open(&r.j, NULL, '{');
	put_run(&r);
	json_out__open(&r.j, "processes", '[');
	world__processes(in->world, put_process, &r);
	json_out__close(&r.j, ']');
	json_report_rows(&r, &rows, opts->group_by_site);
	json_report_selects(&r);
	json_report_panics(&r);
	json_report_waiting(&r);
	put_losses(&r);
	json_out__close(&r.j, '}');
	putc('\n', out);
	if (r.err)
		return diag_fail(d, r.err, "the report could not be completed: not enough memory");
	return ferror(out) ? -EIO : 0;
}
