// SPDX-License-Identifier: Apache-2.0
/* `chanscope record`: a live target into a file, for every other command to read. */
#include "cli/commands.h"

#include "cli/losses_said.h"
#include "cli/source.h"

static void say_written(const char *path, const struct rec_written *w)
{
	fprintf(stderr, "chanscope: %s: %llu events, %llu bytes", path, (unsigned long long)w->nr_events,
		(unsigned long long)w->nr_bytes);
	if (w->nr_events)
		fprintf(stderr, " (%.1f each)", (double)w->nr_bytes / (double)w->nr_events);
	fputs(losses_any(w->losses) ? "\n" : ", nothing lost\n", stderr);
	losses_say(w->losses);
}

static int record(struct source *s, const struct capture_opts *opts, struct diag *d)
{
	static const struct feed_ops nothing;
	const struct feed feed = { .ops = &nothing };
	struct rec_written w;
	int err;

	err = source_run(s, opts, &feed, d);
	if (err)
		return err;
	recorder__written(s->recorder, &w);
	say_written(s->set->record, &w);
	return 0;
}

int cmd_record(const struct settings *set, struct diag *d)
{
	const struct capture_opts opts = source_capture_opts(set, CAPTURE_ALL);
	struct settings here = *set;
	struct source s;
	int err;

	here.record = set->output ? set->output : DEFAULT_RECORDING;
	err = source_open(&here, &s, d);
	if (!err)
		err = set->dry_run ? source_dry_run(&s, opts.attach.mode) : record(&s, &opts, d);
	source_close(&s);
	return err;
}
