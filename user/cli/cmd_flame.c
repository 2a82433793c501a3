// SPDX-License-Identifier: Apache-2.0
/* `chanscope flame`: where goroutines wait, as folded stacks or as an interactive SVG. */
#include "cli/commands.h"

#include "cli/source.h"
#include "cli/output.h"

static int write_flame(const struct settings *set, const struct source *s, struct diag *d)
{
	const struct sink_in in = { .world = s->world, .sym = s->sym };
	enum flame_weight weight = (enum flame_weight)set->weight;
	FILE *out;
	int err;

	err = output_open(set->output, &out, d);
	if (err)
		return err;
	err = set->svg ? sink_flame_svg(out, &in, weight, NULL, d) : sink_folded(out, &in, weight, d);
	return output_close(set->output, out, err, d);
}

int cmd_flame(const struct settings *set, struct diag *d)
{
	/* Only the weight by blocked time can do without the operations that do not block. */
	enum capture_mode mode = set->weight == WEIGHT_WAIT ? CAPTURE_WAIT : CAPTURE_ALL;
	const struct capture_opts opts = source_capture_opts(set, mode);
	struct source s;
	int err;

	err = source_open(set, &s, d);
	if (!err && set->dry_run)
		err = source_dry_run(&s, opts.attach.mode);
	else if (!err)
		err = source_run_world(&s, &opts, d);
	if (!err && !set->dry_run)
		err = write_flame(set, &s, d);
	source_close(&s);
	return err;
}
