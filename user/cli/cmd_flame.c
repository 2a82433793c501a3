// SPDX-License-Identifier: Apache-2.0
/* `chanscope flame`: where goroutines wait, as folded stacks or as an interactive SVG, alone or against another run. */
#include "cli/commands.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/output.h"
#include "cli/source.h"
#include "rec/format.h"
#include "sink/folded_diff.h"

static int write_flame(const struct settings *set, const struct source *s, struct folded_lines *old, struct diag *d)
{
	const struct sink_in in = { .world = s->world, .sym = s->sym };
	enum flame_weight weight = (enum flame_weight)set->weight;
	FILE *out;
	int err;

	err = output_open(set->output, &out, d);
	if (err)
		return err;
	err = set->svg ? sink_flame_svg(out, &in, weight, NULL, old, d) : sink_folded(out, &in, weight, old, d);
	return output_close(set->output, out, err, d);
}

/* The stacks of a recording. */
static int read_recording(const struct settings *set, struct folded_lines *ret, struct diag *d)
{
	const struct capture_opts opts = { .progress = false };
	struct settings of_old = { .mode = -1, .export_to = -1, .input = set->diff };
	struct sink_in in;
	struct source s;
	int err;

	err = source_open(&of_old, &s, d);
	if (!err)
		err = source_run_world(&s, &opts, d);
	in = (struct sink_in){ .world = s.world, .sym = s.sym };
	if (!err)
		err = folded_lines__collect(ret, &in, (enum flame_weight)set->weight, d);
	source_close(&s);
	return err;
}

/* The run to compare with: a recording, or folded stacks. */
static int read_old(const struct settings *set, struct folded_lines *ret, struct diag *d)
{
	auto_file FILE *f = fopen(set->diff, "re");
	char magic[REC_MAGIC_SZ];

	if (!f)
		return diag_fail(d, -errno, "%s can't be read: %s", set->diff, strerror(errno));
	if (fread(magic, sizeof(magic), 1, f) == 1 && !memcmp(magic, REC_MAGIC, sizeof(magic)))
		return read_recording(set, ret, d);
	rewind(f);
	return folded_lines__read(ret, f, set->diff, d);
}

static int flame_of(const struct settings *set, struct folded_lines *old, struct diag *d)
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
		err = write_flame(set, &s, old, d);
	source_close(&s);
	return err;
}

int cmd_flame(const struct settings *set, struct diag *d)
{
	auto_cleanup(folded_lines__free) struct folded_lines old = { 0 };
	int err = set->diff ? read_old(set, &old, d) : 0;

	return err ? err : flame_of(set, set->diff ? &old : NULL, d);
}
