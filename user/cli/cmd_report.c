// SPDX-License-Identifier: Apache-2.0
/* `chanscope report`: one row per channel of a live target or a recording. */
#include "cli/commands.h"

#include <stddef.h>
#include <stdio.h>

#include "cli/option_table.h"
#include "cli/output.h"
#include "cli/source.h"

/* Of the table, unless --rows says otherwise; --json has all. */
#define DEFAULT_ROWS 40

/* Options by their names in the table. */
struct hints {
	char more[64], single[64];
};

static void format_hints(struct hints *h)
{
	const struct option_def *rows = option_of(offsetof(struct settings, max_rows));
	const struct option_def *group = option_of(offsetof(struct settings, group));

	snprintf(h->more, sizeof(h->more), "--%s %s for more", rows->name, rows->arg);
	snprintf(h->single, sizeof(h->single), "--%s %s for single ones", group->name, group->choices[GROUP_CHANNEL]);
}

static int write_report(const struct settings *set, const struct source *s, struct diag *d)
{
	const struct sink_in in = { .world = s->world, .sym = s->sym };
	struct report_opts opts = { .group_by_site = set->group == GROUP_SITE,
				    .group_if_many = set->group == GROUP_AUTO,
				    .sort = (enum report_sort)set->sort,
				    .max_rows = (unsigned int)set->max_rows };
	struct hints hints;
	FILE *out;
	int err;

	format_hints(&hints);
	opts.more_hint = hints.more;
	opts.single_hint = hints.single;
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
	const struct capture_opts opts = source_capture_opts(set, CAPTURE_ALL);
	struct source s;
	int err;

	err = source_open(set, &s, d);
	if (!err && set->dry_run)
		err = source_dry_run(&s, opts.attach.mode);
	else if (!err)
		err = source_run_world(&s, &opts, d);
	if (!err && !set->dry_run)
		err = write_report(set, &s, d);
	source_close(&s);
	return err;
}
