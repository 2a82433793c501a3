/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The goroutine walk: which goroutines are parked on channels right now, read from the process's memory
 * without stopping it (src/runtime/proc.go: allgs is never shrunk, g structures are never freed).
 */
#ifndef CHANSCOPE_PROC_GWALK_H
#define CHANSCOPE_PROC_GWALK_H

#include "base/feed.h"
#include "proc/process.h"

struct gwalk_stats {
	uint64_t seen;	 /* goroutines that are not dead */
	uint64_t parked; /* reported */
	uint64_t unread; /* changed under our eyes after three tries, or unreadable; also in seen */
	/* about those that are reported: */
	uint64_t stacks_truncated;  /* deeper than stack_depth */
	uint64_t stacks_unread;	    /* given only as far as the frame chain holds, or not at all */
	uint64_t select_cases_lost; /* beyond CS_MAX_SELECT_CASES of one select */
};

/* Whose goroutines; all borrowed. */
struct gwalk_target {
	const struct process *process;
	const struct gobinary *bin;
	uint64_t load_bias;
	uint32_t stack_depth; /* frames kept */
};

/*
 * Gives every goroutine that is parked on a channel to feed as PARK_* events (and SELECT_CASE records) with
 * CS_F_WALKED and the stack announced before it; time_ns is when it was read. Each goroutine is read twice and
 * reported only if nothing changed. A select's cases come in the order of their channels' addresses, their
 * select_case is CS_NO_CASE; tid is 0 and site CS_NO_SITE; pc[0] of a stack is where the goroutine goes on.
 * Stops at nothing: unreadable goroutines are counted. Returns 0 or a negative errno with a diag.
 */
int gwalk(const struct gwalk_target *t, const struct feed *feed, struct gwalk_stats *ret, struct diag *d);

#endif
