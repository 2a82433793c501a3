// SPDX-License-Identifier: Apache-2.0
/* Owns the joining of a capture, a world and a sink that looks at both. Given the sink's constructor; knows no format.
 */
#include "cli/source_events.h"

#include <errno.h>
#include <unistd.h>

#include "base/feed_tee.h"
#include "cli/output.h"

struct run {
	struct source source;
	struct event_sink sink;
	struct feed_tee tee;
	FILE *out;
};

/* Whoever reads may have gone. */
static void on_pause(void *ctx)
{
	struct run *r = ctx;

	if (fflush(r->out))
		source_stop(&r->source);
}

static int capture_all(struct run *r, const struct capture_opts *opts, struct diag *d)
{
	static const struct feed_ops watch = { .pause = on_pause };
	struct capture_opts quiet = *opts;
	struct feed feed = feed_tee__feed(&r->tee);
	int err = 0;

	/* A line of progress would stand between the lines of the result. */
	quiet.progress = !isatty(fileno(r->out));
	err = err ? err : feed_tee__add(&r->tee, r->sink.feed);
	err = err ? err : feed_tee__add(&r->tee, world__feed(r->source.world));
	err = err ? err : feed_tee__add(&r->tee, (struct feed){ .ops = &watch, .ctx = r });
	return err ? err : source_run(&r->source, &quiet, &feed, d);
}

static int write_all(struct run *r, const struct settings *set, const struct capture_opts *opts, event_sink_open open,
		     struct diag *d)
{
	struct sink_in in = { .sym = r->source.sym };
	int err, close_err;

	r->source.world = world__new(NULL);
	if (!r->source.world)
		return diag_fail(d, -ENOMEM, "out of memory");
	in.world = r->source.world;
	err = output_open(set->output, &r->out, d);
	if (err)
		return err;
	err = open(r->out, &in, set, &r->sink, d);
	if (!err) {
		err = capture_all(r, opts, d);
		close_err = r->sink.close(r->sink.feed.ctx, err ? NULL : d);
		err = err ? err : close_err;
	}
	return output_close(set->output, r->out, err, d);
}

int source_events(const struct settings *set, const struct capture_opts *opts, event_sink_open open, struct diag *d)
{
	struct run r = { 0 };
	int err;

	err = source_open(set, &r.source, d);
	if (!err && set->dry_run)
		err = source_dry_run(&r.source, opts->attach.mode);
	else if (!err)
		err = write_all(&r, set, opts, open, d);
	source_close(&r.source);
	return err;
}
