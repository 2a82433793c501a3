// SPDX-License-Identifier: Apache-2.0
/* `chanscope report`: one row per channel of a live target. */
#include "cli/commands.h"

#include "cli/live.h"
#include "cli/output.h"

/* Of the table, unless --rows says otherwise; --json has all. */
#define DEFAULT_ROWS 40

static int write_report(const struct settings *set, const struct live *l, struct diag *d)
{
	const struct sink_in in = { .world = l->world, .sym = l->sym };
	struct report_opts opts = { .group_by_site = set->group == 1,
				    .sort = (enum report_sort)set->sort,
				    .max_rows = (unsigned int)set->max_rows };
	FILE *out;
	int err;

	err = output_open(set->output, &out, d);
	if (err)
		return err;
	if (!set->json && !opts.max_rows)
		opts.max_rows = DEFAULT_ROWS;
	opts.width = output_width(out);
	opts.color = output_color(out);
	err = set->json ? sink_report_json(out, &in, &opts, d) : sink_report_table(out, &in, &opts, d);
	return output_close(set->output, out, err, d);
}

int cmd_report(const struct settings *set, struct diag *d)
{
	const struct capture_opts opts = live_capture_opts(set, CAPTURE_ALL);
	struct live l;
	int err;

	err = live_open(set, &l, d);
	if (!err && set->dry_run)
		err = live_dry_run(&l, opts.attach.mode);
	else if (!err)
		err = live_run(&l, &opts, d);
	if (!err && !set->dry_run)
		err = write_report(set, &l, d);
	live_close(&l);
	return err;
}
