/* SPDX-License-Identifier: Apache-2.0 */
/* The output of `chanscope plan`: a table for people, an object for --json. Both return 0, or -EIO for a write error.
 */
#ifndef CHANSCOPE_CLI_PLAN_OUTPUT_H
#define CHANSCOPE_CLI_PLAN_OUTPUT_H

#include <stdio.h>

#include "base/diag.h"
#include "gobin/plan.h"

struct plan_view {
	const struct gobinary *bin; /* NULL: could not be opened */
	const char *path;
	const struct plan *plan; /* NULL: refused */
	const char *refused;	 /* the reason; NULL: not refused */
	enum capture_mode mode;
};

int plan_output_text(FILE *out, const struct plan_view *v);
int plan_output_json(FILE *out, const struct plan_view *v);

#endif
