// SPDX-License-Identifier: Apache-2.0
/* Owns the mapping from event kinds to the words of the trace formats. It is given one event and keeps nothing. */
#include "sink/trace.h"

#include <stddef.h>

static const struct trace_words words[CS_NR_KINDS] = {
	[CS_MAKE] = { "make", NULL, NULL, NULL },
	[CS_SEND_BUFFERED] = { "send", "buffered", "send", NULL },
	[CS_SEND_DIRECT] = { "send", "direct", "send", NULL },
	[CS_SEND_FAILED] = { "send", "would_block", "send", NULL },
	[CS_SEND_PANIC] = { "send", "panic", "send", NULL },
	[CS_RECV_BUFFERED] = { "receive", "buffered", "receive", NULL },
	[CS_RECV_DIRECT] = { "receive", "direct", "receive", NULL },
	[CS_RECV_FAILED] = { "receive", "would_block", "receive", NULL },
	[CS_RECV_CLOSED] = { "receive", "closed", "receive", NULL },
	[CS_CLOSE] = { "close", "closed", NULL, NULL },
	[CS_CLOSE_PANIC] = { "close", "panic", NULL, NULL },
	[CS_PARK_SEND] = { "park", "blocked", "send", "send" },
	[CS_PARK_RECV] = { "park", "blocked", "receive", "receive" },
	[CS_PARK_SELECT] = { "park", "blocked", NULL, "select" },
	[CS_WAKE_SEND] = { "wake", NULL, "send", "send" },
	[CS_WAKE_RECV] = { "wake", NULL, "receive", "receive" },
	[CS_WAKE_SELECT] = { "wake", NULL, NULL, "select" },
	[CS_SELECT_DEFAULT] = { "select", "default", NULL, NULL },
};

/* A sender that is woken by close panics with "send on closed channel". */
static const char *wake_outcome(const struct cs_event *e, const struct trace_words *w)
{
	if (e->flags & CS_F_OK)
		return "value";
	return w->direction && w->direction[0] == 's' ? "panic" : "closed";
}

struct trace_words trace_words(const struct cs_event *e)
{
	struct trace_words w = { 0 };

	if (e->kind >= CS_NR_KINDS)
		return w;
	w = words[e->kind];
	if (e->kind == CS_WAKE_SELECT)
		w.direction = e->flags & CS_F_DIR_SEND ? "send" : "receive";
	if (e->kind == CS_WAKE_SEND || e->kind == CS_WAKE_RECV || e->kind == CS_WAKE_SELECT)
		w.outcome = wake_outcome(e, &w);
	else if ((e->flags & CS_F_SELECT) && w.op && e->kind <= CS_RECV_CLOSED)
		w.op = "select";
	return w;
}

uint64_t trace_peer(const struct cs_event *e)
{
	return e->kind == CS_SEND_DIRECT || e->kind == CS_RECV_DIRECT ? e->aux : 0;
}
