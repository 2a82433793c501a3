// SPDX-License-Identifier: Apache-2.0
/*
 * Owns widths, headings and alignment of tables. It is given columns and a function that writes a cell;
 * it never knows what they mean and never keeps a cell.
 */
#include "sink/grid.h"

#include <string.h>

#include "sink/text.h"

#define GAP_IN_GROUP 1
#define GAP 2

const char *style_bold(bool color)
{
	return color ? "\033[1m" : "";
}

const char *style_alert(bool color)
{
	return color ? "\033[1;31m" : "";
}

const char *style_dim(bool color)
{
	return color ? "\033[2m" : "";
}

const char *style_off(bool color)
{
	return color ? "\033[0m" : "";
}

static bool same_group(const struct grid_column *a, const struct grid_column *b)
{
	return a->group[0] && strcmp(a->group, b->group) == 0;
}

static const struct grid_column *next_shown(const struct grid *t, const struct grid_column *c)
{
	while (++c < t->columns + t->nr_columns)
		if (c->shown)
			return c;
	return NULL;
}

static const struct grid_column *first_shown(const struct grid *t)
{
	return t->nr_columns && t->columns[0].shown ? t->columns : next_shown(t, t->columns);
}

/* Spaces between a column and the next one that is shown. */
static unsigned int gap_after(const struct grid *t, const struct grid_column *c)
{
	const struct grid_column *next = next_shown(t, c);

	if (!next)
		return 0;
	return same_group(c, next) ? GAP_IN_GROUP : GAP;
}

/* Columns of the terminal from c to the end of its group; *ret_next: the first column behind it. */
static unsigned int group_width(const struct grid *t, const struct grid_column *c, const struct grid_column **ret_next)
{
	unsigned int width = c->width;
	const struct grid_column *next;

	for (next = next_shown(t, c); next && same_group(c, next); next = next_shown(t, next))
		width += GAP_IN_GROUP + next->width;
	*ret_next = next;
	return width;
}

static void measure(struct grid *t)
{
	char cell[GRID_CELL_SZ];

	for (size_t i = 0; i < t->nr_columns; i++) {
		struct grid_column *c = &t->columns[i];

		c->natural = 0;
		if (c->hidden)
			continue;
		for (size_t row = 0; row < t->nr_rows; row++) {
			t->cell(t->ctx, row, i, cell);
			unsigned int width = text_columns(cell);

			if (width > c->natural)
				c->natural = width;
		}
		c->shown = c->natural > 0;
		if (c->natural < strlen(c->name))
			c->natural = (unsigned int)strlen(c->name);
		c->width = c->natural;
	}
}

/* A group's heading may be wider than its columns: the first gets what lacks. */
static void fit_headings(struct grid *t)
{
	const struct grid_column *c = first_shown(t), *next;

	for (; c; c = next) {
		unsigned int have = group_width(t, c, &next), need = (unsigned int)strlen(c->group);

		if (have < need)
			t->columns[c - t->columns].width += need - have;
	}
}

static unsigned int total_width(const struct grid *t)
{
	unsigned int total = 0;

	for (const struct grid_column *c = first_shown(t); c; c = next_shown(t, c))
		total += c->width + gap_after(t, c);
	return total;
}

static unsigned int shrinkable(const struct grid_column *c)
{
	return c->shown && c->min_width && c->width > c->min_width ? c->width - c->min_width : 0;
}

/* Takes from the widest first, one column of the terminal at a time. False: all are at their minimum. */
static bool shrink_one(struct grid *t)
{
	struct grid_column *widest = NULL;

	for (size_t i = 0; i < t->nr_columns; i++) {
		struct grid_column *c = &t->columns[i];

		if (shrinkable(c) && (!widest || c->width > widest->width))
			widest = c;
	}
	if (!widest)
		return false;
	widest->width--;
	return true;
}

static bool drop_one(struct grid *t)
{
	struct grid_column *least = NULL;

	for (size_t i = 0; i < t->nr_columns; i++) {
		struct grid_column *c = &t->columns[i];

		if (c->shown && c->rank && (!least || c->rank >= least->rank))
			least = c;
	}
	if (!least)
		return false;
	least->shown = false;
	return true;
}

static void set_natural_widths(struct grid *t)
{
	for (size_t i = 0; i < t->nr_columns; i++)
		t->columns[i].width = t->columns[i].natural;
	fit_headings(t);
}

void grid__layout(struct grid *t, unsigned int width)
{
	measure(t);
	for (;;) {
		set_natural_widths(t);
		while (total_width(t) > width && shrink_one(t))
			;
		if (total_width(t) <= width || !drop_one(t))
			return;
	}
}

/* A line in the making: spaces are owed until something follows them, so that no line ends with some. */
struct line {
	FILE *out;
	unsigned int owed;
};

static void pay(struct line *l)
{
	fprintf(l->out, "%*s", (int)l->owed, "");
	l->owed = 0;
}

static void put_cell(struct line *l, const struct grid_column *c, const char *text, bool alert)
{
	char cut[GRID_CELL_SZ];
	unsigned int pad;

	if (c->cut_start)
		text_cut_start(cut, sizeof(cut), text, c->width);
	else
		text_cut_end(cut, sizeof(cut), text, c->width);
	pad = c->width - text_columns(cut);
	l->owed += c->right ? pad : 0;
	if (cut[0]) {
		pay(l);
		fprintf(l->out, "%s%s%s", style_alert(alert), cut, style_off(alert));
	}
	l->owed += c->right ? 0 : pad;
}

static bool any_group(const struct grid *t)
{
	for (size_t i = 0; i < t->nr_columns; i++)
		if (t->columns[i].shown && t->columns[i].group[0])
			return true;
	return false;
}

static void print_group_headings(const struct grid *t, FILE *out)
{
	const struct grid_column *c = first_shown(t), *next;
	struct line l = { .out = out };

	if (!any_group(t))
		return;
	for (; c; c = next) {
		unsigned int width = group_width(t, c, &next), len = (unsigned int)strlen(c->group);

		if (len) {
			pay(&l);
			fputs(c->group, out);
		}
		l.owed += width - len + GAP;
	}
	putc('\n', out);
}

static void print_names(const struct grid *t, FILE *out)
{
	struct line l = { .out = out };

	for (const struct grid_column *c = first_shown(t); c; c = next_shown(t, c)) {
		put_cell(&l, c, c->name, false);
		l.owed += gap_after(t, c);
	}
	putc('\n', out);
}

static void print_row(const struct grid *t, FILE *out, size_t row)
{
	struct line l = { .out = out };
	char cell[GRID_CELL_SZ];

	for (const struct grid_column *c = first_shown(t); c; c = next_shown(t, c)) {
		t->cell(t->ctx, row, (size_t)(c - t->columns), cell);
		put_cell(&l, c, cell, t->color && c->alert);
		l.owed += gap_after(t, c);
	}
	putc('\n', out);
}

void grid__print(const struct grid *t, FILE *out)
{
	fputs(style_bold(t->color), out);
	print_group_headings(t, out);
	print_names(t, out);
	fputs(style_off(t->color), out);
	for (size_t row = 0; row < t->nr_rows; row++)
		print_row(t, out, row);
}
