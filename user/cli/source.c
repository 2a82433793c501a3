// SPDX-License-Identifier: Apache-2.0
/*
 * Owns what one run reads from: targets and capture, or a recording; the symbols of either, and the order in which
 * all that goes. Knows nothing of what is made of the events.
 */
#include "cli/source.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/plan_output.h"
#include "cli/progress.h"
#include "cli/recorded_names.h"
#include "cli/signals.h"

struct capture_opts source_capture_opts(const struct settings *set, enum capture_mode default_mode)
{
	return (struct capture_opts){
		.attach = { .mode = set->mode >= 0 ? (enum capture_mode)set->mode : default_mode,
			    .method = (enum attach_method)set->method,
			    .ring_bytes = (uint32_t)set->ring_bytes,
			    .stack_depth = (uint32_t)set->stack_depth },
		.duration_ns = set->duration_ns,
		.progress = true,
	};
}

/* The recording to read; NULL: a live target is meant. */
static const char *path_of(const struct settings *set)
{
	if (set->input || set->pids.nr || set->live_option || set->record)
		return set->input;
	return access(DEFAULT_RECORDING, F_OK) ? NULL : DEFAULT_RECORDING;
}

int source_open(const struct settings *set, struct source *ret, struct diag *d)
{
	int err;

	*ret = (struct source){ .set = set, .path = path_of(set) };
	ret->sym = symbolizer__new();
	if (!ret->sym)
		return diag_fail(d, -ENOMEM, "out of memory");
	if (ret->path)
		return rec_reader__open(ret->path, &ret->reader, d);
	err = targets__open(&set->pids, &ret->targets, d);
	return err ? err : targets__add_to(&ret->targets, ret->sym, d);
}

static void on_record_failed(void *ctx)
{
	source_stop(ctx);
}

static int run_live(struct source *s, const struct capture_opts *opts, struct diag *d)
{
	struct feed feed = feed_tee__feed(&s->tee);
	int err, close_err;

	err = capture__new(opts, &s->targets, &feed, &s->capture, d);
	if (!err)
		err = capture__run(s->capture, d);
	if (!s->recorder)
		return err;
	close_err = recorder__close(s->recorder, d);
	return err ? err : close_err;
}

static void on_progress(void *ctx, uint64_t nr_bytes, uint64_t size)
{
	struct source *s = ctx;

	progress__show_share(s->progress, nr_bytes, size);
	if (signals_stop_asked())
		source_stop(s);
}

static void say_incomplete(const char *path, const struct rec_read *r)
{
	const char *why = r->damage[0] ? r->damage
			  : r->marked  ? "its writer was killed, ran out of disk, or is still at it"
				       : "its end is missing";

	fprintf(stderr, "chanscope: %s is incomplete (%s); it holds %llu events\n", path, why,
		(unsigned long long)r->nr_events);
}

static int run_file(struct source *s, bool progress, struct diag *d)
{
	struct feed feed = feed_tee__feed(&s->tee);
	const struct rec_progress shown = { .fn = on_progress, .ctx = s };
	struct rec_read r;
	int err;

	s->progress = progress__new(progress, 0);
	err = rec_reader__run(s->reader, &feed, &shown, &r, d);
	progress__end(s->progress);
	s->progress = NULL;
	if (err)
		return err;
	log_info(CLI, "%s: format %u.%u, %llu blocks, %llu events", s->path, r.major, r.minor,
		 (unsigned long long)r.nr_blocks, (unsigned long long)r.nr_events);
	if (!r.complete && !s->stopped)
		say_incomplete(s->path, &r);
	return 0;
}

int source_run(struct source *s, const struct capture_opts *opts, const struct feed *feed, struct diag *d)
{
	int err = 0;

	if (s->path)
		err = feed_tee__add(&s->tee, recorded_names_feed(s->sym));
	else if (s->set->record)
		err = recorder__new(s->set->record, s->sym, on_record_failed, s, &s->recorder, d);
	if (!err && s->recorder)
		err = feed_tee__add(&s->tee, recorder__feed(s->recorder));
	if (!err)
		err = feed_tee__add(&s->tee, *feed);
	if (err)
		return err;
	return s->path ? run_file(s, opts->progress, d) : run_live(s, opts, d);
}

int source_run_world(struct source *s, const struct capture_opts *opts, struct diag *d)
{
	struct feed feed;

	s->world = world__new(&s->world_opts);
	if (!s->world)
		return diag_fail(d, -ENOMEM, "out of memory");
	feed = world__feed(s->world);
	return source_run(s, opts, &feed, d);
}

void source_stop(struct source *s)
{
	s->stopped = true;
	if (s->capture)
		capture__stop(s->capture);
	if (s->reader)
		rec_reader__stop(s->reader);
}

void source_close(struct source *s)
{
	capture__free(s->capture);
	recorder__free(s->recorder);
	rec_reader__free(s->reader);
	world__free(s->world);
	symbolizer__free(s->sym);
	targets__free(&s->targets);
	*s = (struct source){ 0 };
}

int source_dry_run(const struct source *s, enum capture_mode mode)
{
	for (const struct target_binary *b = s->targets.binaries; b; b = b->next) {
		struct plan_view v = {
			.bin = b->bin, .path = image__path(b->bin->image), .plan = b->plan, .mode = mode
		};

		plan_output_text(stdout, &v);
	}
	return 0;
}
