/* SPDX-License-Identifier: Apache-2.0 */
/* Weighted stacks as folded lines, sorted, each once: what both the folded format and the flame graph show. */
#ifndef CHANSCOPE_SINK_FOLDED_LINES_H
#define CHANSCOPE_SINK_FOLDED_LINES_H

#include <stddef.h>
#include <stdint.h>

#include "sink/sink.h"

struct folded_line {
	char *path; /* "pid/comm;outermost;…;innermost;[chan receive worker.go:42]", owned */
	uint64_t value;
	uint64_t old; /* of a comparison: the value in the run before */
};

struct folded_lines {
	struct folded_line *lines; /* in the order of their bytes */
	size_t nr;
	uint64_t total, total_old;
	bool is_diff; /* two runs side by side: old values mean something, and paths begin with the name alone */
};

/* The lines of a weight that is not 0. */
int folded_lines__collect(struct folded_lines *fl, const struct sink_in *in, enum flame_weight weight, struct diag *d);
/* Sorts, takes equal lines together, and adds up. */
void folded_lines__merge(struct folded_lines *fl);
void folded_lines__free(struct folded_lines *fl);

#endif
