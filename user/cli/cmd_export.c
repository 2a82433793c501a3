// SPDX-License-Identifier: Apache-2.0
/* `chanscope export`: what a target's channels do, in formats that other tools open. Owns the table of formats. */
#include "cli/commands.h"

#include <errno.h>
#include <unistd.h>

#include "cli/source.h"
#include "cli/output.h"

struct format {
	bool binary;
	int (*write)(FILE *out, const struct sink_in *in, struct diag *d); /* of a finished world with flows */
};

static const struct format formats[NR_EXPORT_FORMATS] = {
	[EXPORT_PPROF] = { .binary = true, .write = sink_pprof },
};

static int write_world(const struct settings *set, const struct source *s, struct diag *d)
{
	const struct sink_in in = { .world = s->world, .sym = s->sym };
	FILE *out;
	int err;

	err = output_open(set->output, &out, d);
	if (err)
		return err;
	err = formats[set->export_to].write(out, &in, d);
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

	return err ? err : export_world(set, &opts, d);
}
