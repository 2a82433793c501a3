/* SPDX-License-Identifier: Apache-2.0 */
/* Folded lines as a tree of boxes with their places in a flame graph. */
#ifndef CHANSCOPE_SINK_FLAME_TREE_H
#define CHANSCOPE_SINK_FLAME_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sink/folded_lines.h"

#define FLAME_NO_NODE UINT32_MAX

struct flame_node {
	const char *name; /* borrowed from the lines; NULL for the root and for merged boxes */
	uint64_t value;
	uint64_t old;	    /* of a comparison: the value in the run before */
	uint64_t x;	    /* values to the left of it */
	uint32_t depth;	    /* 0: the root */
	uint32_t parent;    /* index, FLAME_NO_NODE for the root */
	uint32_t child;	    /* one of its children; FLAME_NO_NODE: none */
	uint32_t sibling;   /* another child of its parent */
	uint32_t nr_merged; /* > 0: stands for that many boxes too small to see */
	bool leaf;	    /* says what was waited for */
	bool hidden;	    /* too small to see, or below such a one */
};

struct flame_tree {
	struct flame_node *nodes; /* [0] is the root; parents before their children */
	uint32_t nr, room;
	uint32_t depth;	       /* rows of boxes that are shown */
	uint32_t nr_too_small; /* boxes that were merged or left out */
};

/*
 * Builds the tree; cuts the paths of fl into names and keeps pointers into it. Children come widest first;
 * those below one in min_share_of (> 0) of the total are merged into one box, which is left out if it is as small.
 */
int flame_tree__build(struct flame_tree *t, struct folded_lines *fl, uint64_t min_share_of, struct diag *d);
void flame_tree__free(struct flame_tree *t);

#endif
