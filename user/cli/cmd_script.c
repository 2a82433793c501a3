// SPDX-License-Identifier: Apache-2.0
/* `chanscope script`: the text of `perf script`, for the many programs that read it. */
#include "cli/commands.h"

#include "cli/source_events.h"

static int open_script(FILE *out, const struct sink_in *in, const struct settings *set, struct event_sink *ret,
		       struct diag *d)
{
	return sink_script(out, in, (enum script_events)set->script_events, ret, d);
}

int cmd_script(const struct settings *set, struct diag *d)
{
	/* Only waits can do without the operations that do not block. */
	enum capture_mode mode = set->script_events == SCRIPT_WAITS ? CAPTURE_WAIT : CAPTURE_ALL;
	const struct capture_opts opts = source_capture_opts(set, mode);

	return source_events(set, &opts, open_script, d);
}
