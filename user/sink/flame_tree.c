// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the tree behind a flame graph: which boxes there are, where, and which are too small to be drawn. It
 * is given sorted folded lines; it never recurses, so that no stack is too deep for it.
 */
#include "sink/flame_tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static uint32_t add_node(struct flame_tree *t, uint32_t parent, const char *name)
{
	if (t->nr == t->room) {
		uint32_t room = t->room ? t->room * 2 : 1024;
		struct flame_node *grown = room < t->room ? NULL : realloc(t->nodes, room * sizeof(*grown));

		if (!grown)
			return FLAME_NO_NODE;
		t->nodes = grown;
		t->room = room;
	}
	struct flame_node *n = &t->nodes[t->nr];

	*n = (struct flame_node){ .name = name, .parent = parent, .child = FLAME_NO_NODE, .sibling = FLAME_NO_NODE };
	if (parent != FLAME_NO_NODE) {
		n->depth = t->nodes[parent].depth + 1;
		n->sibling = t->nodes[parent].child;
		t->nodes[parent].child = t->nr;
	}
	return t->nr++;
}

/* The child added last is the only one that can have this name: lines with a common beginning are neighbours. */
static uint32_t child_named(struct flame_tree *t, uint32_t parent, const char *name)
{
	uint32_t last = t->nodes[parent].child;

	if (last != FLAME_NO_NODE && strcmp(t->nodes[last].name, name) == 0)
		return last;
	return add_node(t, parent, name);
}

static int add_line(struct flame_tree *t, struct folded_line *line)
{
	uint32_t at = 0;
	char *rest = line->path, *name;

	t->nodes[0].value += line->value;
	t->nodes[0].old += line->old;
	while ((name = strsep(&rest, ";"))) {
		at = child_named(t, at, name);
		if (at == FLAME_NO_NODE)
			return -ENOMEM;
		t->nodes[at].value += line->value;
		t->nodes[at].old += line->old;
	}
	t->nodes[at].leaf = true;
	return 0;
}

/* --- order and place of children --- */

struct ranked {
	uint64_t value;
	const char *name;
	uint32_t node;
};

static int compare_ranked(const void *x, const void *y)
{
	const struct ranked *a = x, *b = y;

	if (a->value != b->value)
		return a->value < b->value ? 1 : -1;
	return strcmp(a->name, b->name);
}

struct ranking {
	struct ranked *r;
	size_t nr, room;
};

static int rank_children(struct ranking *rk, const struct flame_tree *t, uint32_t parent)
{
	rk->nr = 0;
	for (uint32_t c = t->nodes[parent].child; c != FLAME_NO_NODE; c = t->nodes[c].sibling) {
		if (rk->nr == rk->room) {
			size_t room = rk->room ? rk->room * 2 : 64;
			struct ranked *grown = realloc(rk->r, room * sizeof(*grown));

			if (!grown)
				return -ENOMEM;
			rk->r = grown;
			rk->room = room;
		}
		rk->r[rk->nr++] = (struct ranked){ t->nodes[c].value, t->nodes[c].name, c };
	}
	if (rk->nr)
		qsort(rk->r, rk->nr, sizeof(*rk->r), compare_ranked);
	return 0;
}

/* Gives the children of a node their places. Merged boxes are appended: they have no children. */
static int place_children(struct flame_tree *t, struct ranking *rk, uint32_t parent, uint64_t min_value)
{
	uint64_t x = t->nodes[parent].x, small = 0, small_old = 0;
	uint32_t nr_small = 0;

	if (rank_children(rk, t, parent))
		return -ENOMEM;
	for (size_t i = 0; i < rk->nr; i++) {
		struct flame_node *n = &t->nodes[rk->r[i].node];

		n->hidden = t->nodes[parent].hidden || n->value < min_value;
		n->x = x;
		t->nr_too_small += n->hidden;
		if (n->hidden) {
			small += n->value;
			small_old += n->old;
			nr_small++;
		} else {
			x += n->value;
		}
	}
	if (!nr_small || t->nodes[parent].hidden || small < min_value)
		return 0;
	uint32_t at = add_node(t, parent, NULL);

	if (at == FLAME_NO_NODE)
		return -ENOMEM;
	t->nodes[at].value = small;
	t->nodes[at].old = small_old;
	t->nodes[at].x = x;
	t->nodes[at].nr_merged = nr_small;
	return 0;
}

static int place_all(struct flame_tree *t, uint64_t min_value)
{
	struct ranking rk = { 0 };
	auto_free void *owned = NULL;
	uint32_t nr_lines_nodes = t->nr;
	int err = 0;

	for (uint32_t i = 0; i < nr_lines_nodes && !err; i++)
		err = place_children(t, &rk, i, min_value);
	owned = rk.r;
	for (uint32_t i = 0; i < t->nr; i++)
		if (!t->nodes[i].hidden && t->nodes[i].depth >= t->depth)
			t->depth = t->nodes[i].depth + 1;
	return err;
}

int flame_tree__build(struct flame_tree *t, struct folded_lines *fl, uint64_t min_share_of, struct diag *d)
{
	int err = 0;

	*t = (struct flame_tree){ 0 };
	if (add_node(t, FLAME_NO_NODE, NULL) == FLAME_NO_NODE)
		err = -ENOMEM;
	for (size_t i = 0; i < fl->nr && !err; i++)
		err = add_line(t, &fl->lines[i]);
	if (!err)
		err = place_all(t, (fl->total + min_share_of - 1) / min_share_of);
	if (err) {
		flame_tree__free(t);
		return diag_fail(d, err, "not enough memory for a flame graph of %zu stacks", fl->nr);
	}
	return 0;
}

void flame_tree__free(struct flame_tree *t)
{
	free(t->nodes);
	*t = (struct flame_tree){ 0 };
}
