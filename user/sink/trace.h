/* SPDX-License-Identifier: Apache-2.0 */
/* The words for an event in both trace formats. */
#ifndef CHANSCOPE_SINK_TRACE_H
#define CHANSCOPE_SINK_TRACE_H

#include <stdint.h>

#include "event.h"

struct trace_words {
	const char *op;		/* NULL: not a line of its own */
	const char *outcome;	/* NULL: none */
	const char *direction;	/* "send" or "receive" of a select, a park or a wake; NULL: neither */
	const char *blocked_in; /* of a park or wake: "send", "receive", "select"; else NULL */
};

struct trace_words trace_words(const struct cs_event *e);

/* The goroutine at the other end of a direct handoff, 0 if there is none. */
uint64_t trace_peer(const struct cs_event *e);

#endif
