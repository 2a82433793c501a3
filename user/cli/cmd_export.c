// SPDX-License-Identifier: Apache-2.0
/* `chanscope export`: what a target's channels do, in formats that other tools open. Owns the table of formats. */
#include "cli/commands.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/graphviz.h"
#include "cli/output.h"
#include "cli/source_events.h"

struct format {
	bool binary;
	/* One of the two: of a finished world with flows, or of events as they come. */
	int (*write)(FILE *out, const struct sink_in *in, struct diag *d);
	event_sink_open open;
};

static int open_jsonl(FILE *out, const struct sink_in *in, const struct settings *set, struct event_sink *ret,
		      struct diag *d)
{
	(void)set;
	return sink_jsonl(out, in, ret, d);
}

static int open_perfetto(FILE *out, const struct sink_in *in, const struct settings *set, struct event_sink *ret,
			 struct diag *d)
{
	(void)set;
	return sink_perfetto(out, in, ret, d);
}

static const struct format formats[NR_EXPORT_FORMATS] = {
	[EXPORT_PPROF] = { .binary = true, .write = sink_pprof },
	[EXPORT_DOT] = { .write = sink_dot },
	[EXPORT_JSONL] = { .open = open_jsonl },
	[EXPORT_PERFETTO] = { .binary = true, .open = open_perfetto },
};

static int write_svg(FILE *out, const struct sink_in *in, struct diag *d)
{
	auto_file FILE *graph = tmpfile();
	int err;

	if (!graph)
		return diag_fail(d, -errno, "a temporary file can't be made: %s", strerror(errno));
	err = sink_dot(graph, in, d);
	return err ? err : graphviz_svg(graph, out, d);
}

static int write_world(const struct settings *set, const struct source *s, struct diag *d)
{
	const struct sink_in in = { .world = s->world, .sym = s->sym };
	FILE *out;
	int err;

	err = output_open(set->output, &out, d);
	if (err)
		return err;
	err = set->svg ? write_svg(out, &in, d) : formats[set->export_to].write(out, &in, d);
	return output_close(set->output, out, err, d);
}

static int export_world(const struct settings *set, const struct capture_opts *opts, struct diag *d)
{
	struct source s;
	int err;

	err = source_open(set, &s, d);
	s.world_opts.flows = true;
	if (!err && set->dry_run)
		err = source_dry_run(&s, opts->attach.mode);
	else if (!err)
		err = source_run_world(&s, opts, d);
	if (!err && !set->dry_run)
		err = write_world(set, &s, d);
	source_close(&s);
	return err;
}

static int check_settings(const struct settings *set, struct diag *d)
{
	if (set->export_to < 0) {
		diag_hint(d, "`chanscope export --help` lists the formats.");
		return diag_fail_status(d, EXIT_USAGE, -EINVAL, "export: no format is given (--to FORMAT)");
	}
	if (set->svg && set->export_to != EXPORT_DOT) {
		diag_hint(d, "`chanscope flame --svg` draws stacks, `chanscope export --to dot --svg` the data flow.");
		return diag_fail_status(d, EXIT_USAGE, -EINVAL, "export: only the format dot can be drawn (--svg)");
	}
	if (formats[set->export_to].binary && !set->output && !set->dry_run && isatty(STDOUT_FILENO)) {
		diag_hint(d, "Name a file (-o FILE), or redirect the output.");
		return diag_fail_status(d, EXIT_USAGE, -EINVAL, "export: this format is not for a terminal");
	}
	return 0;
}

int cmd_export(const struct settings *set, struct diag *d)
{
	const struct capture_opts opts = source_capture_opts(set, CAPTURE_ALL);
	int err = check_settings(set, d);

	if (err)
		return err;
	return formats[set->export_to].open ? source_events(set, &opts, formats[set->export_to].open, d)
					    : export_world(set, &opts, d);
}
