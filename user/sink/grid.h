/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Aligned columns under two lines of headings that fit into a terminal: what says nothing is left out,
 * then names are shortened, then the least important columns go, and what remains free is given back.
 */
#ifndef CHANSCOPE_SINK_GRID_H
#define CHANSCOPE_SINK_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define GRID_CELL_SZ 256

struct grid_column {
	const char *group; /* heading over neighbouring columns with the same one; "" for none */
	const char *name;
	unsigned int rank;	/* of importance: 0 is never dropped, the largest first */
	unsigned int min_width; /* may be shortened down to this; 0: not */
	bool right;		/* numbers */
	bool cut_start;		/* shorten at the start: the end of a place tells more */
	bool alert;		/* what is not empty is highlighted */
	bool hidden;		/* never shown */

	/* worked out by grid__layout() */
	unsigned int natural, width; /* columns */
	bool shown;
};

struct grid {
	struct grid_column *columns;
	size_t nr_columns;
	size_t nr_rows;
	/* Writes clean text, "" if there is nothing to say. */
	void (*cell)(void *ctx, size_t row, size_t column, char ret[GRID_CELL_SZ]);
	void *ctx;
	bool color;
};

/* Decides which columns are shown, and how wide, so that a line has at most `width` columns if it can. */
void grid__layout(struct grid *t, unsigned int width);
void grid__print(const struct grid *t, FILE *out);

/* Escape sequences, empty without color. */
const char *style_bold(bool color);
const char *style_alert(bool color);
const char *style_dim(bool color);
const char *style_off(bool color);

#endif
