// SPDX-License-Identifier: Apache-2.0
/* `chanscope plan`: what would be probed in a binary or in the program of a process. Attaches nothing. */
#include "cli/commands.h"

#include <errno.h>
#include <string.h>

#include "cli/output.h"
#include "cli/plan_output.h"
#include "proc/process.h"

static int write_plan(const struct settings *set, const struct plan_view *v, struct diag *d)
{
	FILE *out;
	int err;

	err = output_open(set->output, &out, d);
	if (err)
		return err;
	err = set->json ? plan_output_json(out, v) : plan_output_text(out, v);
	return output_close(set->output, out, err, d);
}

/* A refused binary is a result with --json, and an error in any case. */
static int plan_of(const struct settings *set, const char *path, const char *shown, struct diag *d)
{
	struct plan_view v = { .path = shown, .mode = set->mode == CAPTURE_WAIT ? CAPTURE_WAIT : CAPTURE_ALL };
	struct gobinary *bin = NULL;
	struct plan *plan = NULL;
	struct diag refusal = { 0 };
	int err, out_err = 0;

	err = gobinary__open(path, &bin, &refusal);
	if (!err)
		err = plan__build(bin, &plan, &refusal);
	v.bin = bin;
	v.plan = plan;
	if (err)
		v.refused = refusal.what;
	if (!err || set->json)
		out_err = write_plan(set, &v, d);
	if (err) {
		*d = refusal;
		if (!strstr(d->what, shown))
			diag_prefix(d, "%s", shown);
	}
	plan__free(plan);
	gobinary__close(bin);
	return err ? err : out_err;
}

int cmd_plan(const struct settings *set, struct diag *d)
{
	int err = 0;

	if (!set->path && !set->pids.nr) {
		diag_hint(d, "Name a file (chanscope plan BINARY) or a process (chanscope plan -p PID).");
		return diag_fail_status(d, EXIT_USAGE, -EINVAL, "plan: there is no binary");
	}
	if (set->path)
		err = plan_of(set, set->path, set->path, d);
	for (size_t i = 0; !err && i < set->pids.nr; i++) {
		struct process p;

		err = process_read(set->pids.pids[i], &p, d);
		if (!err)
			err = plan_of(set, p.exe_path, p.exe, d);
	}
	return err;
}
