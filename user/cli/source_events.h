/* SPDX-License-Identifier: Apache-2.0 */
/* A live target or a recording into a format made from single events: what script and some exports have in common. */
#ifndef CHANSCOPE_CLI_SOURCE_EVENTS_H
#define CHANSCOPE_CLI_SOURCE_EVENTS_H

#include "cli/source.h"
#include "sink/event_sink.h"

/* Makes the sink of a format that writes to out. */
typedef int (*event_sink_open)(FILE *out, const struct sink_in *in, const struct settings *set, struct event_sink *ret,
			       struct diag *d);

/* Opens the targets of set, captures through the sink to its output until the end or a write error. */
int source_events(const struct settings *set, const struct capture_opts *opts, event_sink_open open, struct diag *d);

#endif
