// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the flame graph as an SVG file that needs nothing else: the boxes of a tree, root on top, with a
 * style sheet and a script of ours (flame.css, flame.js). It is given a world; a name from the traced process
 * only ever becomes escaped text.
 */
#include "sink/sink.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "sink/flame_assets.h"
#include "sink/flame_tree.h"
#include "sink/folded_diff.h"
#include "sink/frames.h"
#include "sink/losses.h"
#include "sink/text.h"
#include "sink/units.h"

#define WIDTH 1200
#define MARGIN 10
#define HEADER 116
#define ROW 19
#define BOX 18
#define CHAR_WIDTH 7.3 /* of the font's 12 px; the script measures it */
#define TEXT_PAD 4
#define GAP_FROM 2 /* boxes wider than this leave a gap to the next */
#define MIN_CHARS 3
#define MIN_SHARE_OF 2000 /* boxes below 0.05 % of the total are not drawn */
#define NR_HUES 8
#define SAME_SHARE 0.05 /* of a comparison: a difference below counts as none */
#define NAME_SZ 512

struct flame {
	FILE *out;
	const struct sink_in *in;
	enum flame_weight weight;
	const struct folded_lines *lines;
	const struct flame_tree *tree;
	struct world_totals totals;
};

static const char *default_title(enum flame_weight weight)
{
	switch (weight) {
	case WEIGHT_WAIT:
		return "Time that goroutines waited for channels";
	case WEIGHT_OPS:
		return "Channel operations";
	default:
		return "Time that values lay in channel buffers";
	}
}

static void format_value(char ret[UNITS_SZ + 16], enum flame_weight weight, uint64_t value)
{
	char text[UNITS_SZ];

	if (weight == WEIGHT_OPS) {
		units_count(text, value);
		snprintf(ret, UNITS_SZ + 16, "%s operation%s", text, value == 1 ? "" : "s");
	} else {
		units_duration(text, value);
		snprintf(ret, UNITS_SZ + 16, "%s", text);
	}
}

/* --- boxes --- */

static bool starts_with(const char *s, const char *start)
{
	return strncmp(s, start, strlen(start)) == 0;
}

/* One hue per package, so that neighbours of different packages can be told apart. FNV-1a. */
static unsigned int package_hue(const char *name)
{
	const char *base = frames_short_function(name);
	size_t len = (size_t)(base - name) + strcspn(base, ".");
	uint32_t hash = 2166136261U;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (uint8_t)name[i]) * 16777619U;
	return (hash ^ hash >> 15) % NR_HUES;
}

/* Of a comparison: how much of the larger one is the difference, in steps. */
static void format_change_class(char *buf, size_t sz, const struct flame_node *n)
{
	uint64_t more = n->value > n->old ? n->value : n->old;
	uint64_t difference = n->value > n->old ? n->value - n->old : n->old - n->value;
	double share = more ? (double)difference / (double)more : 0;

	if (share < SAME_SHARE)
		snprintf(buf, sz, "same");
	else
		snprintf(buf, sz, "%s%d", n->value > n->old ? "more" : "less", share < 1 ? 1 + (int)(share * 4) : 4);
}

static void format_class(char *buf, size_t sz, const struct flame_node *n)
{
	const char *class = NULL;

	if (n->nr_merged)
		class = "merged";
	else if (n->depth <= 1)
		class = "all";
	else if (n->leaf && starts_with(n->name, "[chan send"))
		class = "send";
	else if (n->leaf && starts_with(n->name, "[chan receive"))
		class = "receive";
	else if (n->leaf && starts_with(n->name, "[select"))
		class = "select";
	else if (n->leaf)
		class = "other";
	if (class)
		snprintf(buf, sz, "%s", class);
	else
		snprintf(buf, sz, "p%u", package_hue(n->name));
}

static void format_name(char *buf, size_t sz, const struct flame_node *n)
{
	if (n->nr_merged)
		snprintf(buf, sz, "(%" PRIu32 " smaller)", n->nr_merged);
	else
		snprintf(buf, sz, "%s", n->name ? n->name : "all");
}

/* As the script does it: the whole name, else without directories, else cut, else nothing. */
static void fit_name(char *buf, size_t sz, const char *name, double width)
{
	double chars = (width - 2 * TEXT_PAD) / CHAR_WIDTH;
	unsigned int room = chars > 0 ? (unsigned int)chars : 0;

	buf[0] = '\0';
	if (room < MIN_CHARS)
		return;
	text_cut_end(buf, sz, text_columns(name) <= room ? name : frames_short_function(name), room);
}

static void put_change(const struct flame *f, const struct flame_node *n)
{
	char old[UNITS_SZ + 16];

	format_value(old, f->weight, n->old);
	fprintf(f->out, "; %s before", n->old ? old : "nothing");
	if (n->old)
		fprintf(f->out, ", %+.1f%%", 100.0 * ((double)n->value - (double)n->old) / (double)n->old);
}

static void put_box(const struct flame *f, const struct flame_node *n)
{
	uint64_t total = f->lines->total;
	double scale = total ? (double)(WIDTH - 2 * MARGIN) / (double)total : 0;
	double x = MARGIN + (double)n->x * scale, width = (double)n->value * scale;
	char value[UNITS_SZ + 16], class[16], name[NAME_SZ], cut[NAME_SZ];
	uint32_t y = HEADER + n->depth * ROW;

	format_value(value, f->weight, n->value);
	if (f->lines->is_diff)
		format_change_class(class, sizeof(class), n);
	else
		format_class(class, sizeof(class), n);
	format_name(name, sizeof(name), n);
	fit_name(cut, sizeof(cut), name, width);
	fprintf(f->out, "<g class=\"f %s\" data-x=\"%" PRIu64 "\" data-v=\"%" PRIu64 "\" data-d=\"%" PRIu32 "\"", class,
		n->x, n->value, n->depth);
	fputs(" tabindex=\"-1\" role=\"button\"><title>", f->out);
	/* The whole name, however long. */
	text_put_xml(f->out, n->nr_merged || !n->name ? name : n->name);
	fprintf(f->out, "\n%s, %.2f%% of all", value, total ? 100.0 * (double)n->value / (double)total : 0);
	if (f->lines->is_diff)
		put_change(f, n);
	fputs("</title>", f->out);
	fprintf(f->out, "<rect x=\"%.2f\" y=\"%" PRIu32 "\" width=\"%.2f\" height=\"%d\" rx=\"2\"/>", x, y,
		width > GAP_FROM ? width - 1 : width, BOX);
	fprintf(f->out, "<text x=\"%.2f\" y=\"%" PRIu32 "\">", x + TEXT_PAD, y + 13);
	text_put_xml(f->out, cut);
	fputs("</text></g>\n", f->out);
}

/* --- header --- */

static void put_key(const struct flame *f)
{
	static const struct key {
		const char *class, *text;
		int width;
	} changes[] = {
		{ "more4", "more than before", 140 },
		{ "less4", "less than before", 140 },
		{ "same", "the same, within 5 %", 0 },
	}, kinds[] = {
		{ "send", "at a send", 95 },
		{ "receive", "at a receive", 110 },
		{ "select", "at a select", 105 },
		{ "p0", "functions, coloured by package", 0 },
	};
	const struct key *keys = f->lines->is_diff ? changes : kinds;
	size_t nr = f->lines->is_diff ? sizeof(changes) / sizeof(changes[0]) : sizeof(kinds) / sizeof(kinds[0]);
	int x = MARGIN;

	for (size_t i = 0; i < nr; i++) {
		/* the other weights are not about waiting */
		bool waits = keys == kinds && i == 0 && f->weight == WEIGHT_WAIT;

		fprintf(f->out, "<g class=\"%s\"><rect x=\"%d\" y=\"75\" width=\"11\" height=\"11\" rx=\"2\"/>",
			keys[i].class, x);
		fprintf(f->out, "<text class=\"key\" x=\"%d\" y=\"85\">%s%s</text></g>\n", x + 16,
			waits ? "waits " : "", keys[i].text);
		x += keys[i].width + (waits ? 35 : 0);
	}
}

static void put_about(const struct flame *f)
{
	char value[UNITS_SZ + 16], watched[UNITS_SZ];
	uint64_t watched_ns = f->totals.end_ns - f->totals.start.mono_ns;

	format_value(value, f->weight, f->lines->total);
	units_duration(watched, f->totals.end_ns > f->totals.start.mono_ns ? watched_ns : 0);
	fprintf(f->out, "<text class=\"about\" x=\"%d\" y=\"46\">", MARGIN);
	if (f->lines->nr)
		fprintf(f->out, "%s in %zu stack%s, watched for %s", value, f->lines->nr, f->lines->nr == 1 ? "" : "s",
			watched);
	else
		fprintf(f->out, "nothing of this kind was seen, watched for %s", watched);
	if (f->lines->is_diff) {
		format_value(value, f->weight, f->lines->total_old);
		fprintf(f->out, "; %s before", value);
	}
	if (f->tree->nr_too_small)
		fprintf(f->out, "; %" PRIu32 " boxes below 0.05 %% are merged or left out", f->tree->nr_too_small);
	fputs("</text>\n", f->out);
}

static void put_losses(const struct flame *f)
{
	char losses[NAME_SZ];
	bool lossy = !f->totals.complete;

	losses_format(losses, sizeof(losses), &f->totals);
	for (unsigned int i = 0; i < CS_NR_LOSSES; i++)
		lossy |= f->totals.losses[i] != 0;
	fprintf(f->out, "<text class=\"about%s\" x=\"%d\" y=\"62\">", lossy ? " lossy" : "", MARGIN);
	text_put_xml(f->out, losses);
	fprintf(f->out, "; counts are %s</text>\n", f->totals.complete ? "exact" : "NOT exact");
}

static void put_tools(FILE *out)
{
	fprintf(out, "<foreignObject x=\"%d\" y=\"10\" width=\"320\" height=\"60\">", WIDTH - 330);
	fputs("<div xmlns=\"http://www.w3.org/1999/xhtml\" class=\"tools\">"
	      "<input type=\"search\" placeholder=\"search (/), text or pattern\" aria-label=\"search\"/>"
	      "<button type=\"button\" disabled=\"disabled\" title=\"Esc\">Reset</button>"
	      "<div class=\"match\" aria-live=\"polite\"></div></div></foreignObject>\n",
	      out);
}

static void put_svg(const struct flame *f, const char *title)
{
	uint32_t height = HEADER + f->tree->depth * ROW + MARGIN;

	fprintf(f->out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	fprintf(f->out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"flame\" width=\"%d\" height=\"%" PRIu32
		"\" viewBox=\"0 0 %d %" PRIu32 "\">\n",
		WIDTH, height, WIDTH, height);
	fprintf(f->out, "<style><![CDATA[\n%s]]></style>\n", flame_css);
	fputs("<rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n", f->out);
	fprintf(f->out, "<text class=\"title\" x=\"%d\" y=\"28\">", MARGIN);
	text_put_xml(f->out, title ? title : default_title(f->weight));
	fputs("</text>\n", f->out);
	put_about(f);
	put_losses(f);
	put_key(f);
	fprintf(f->out, "<text class=\"detail\" x=\"%d\" y=\"106\" aria-live=\"polite\"> </text>\n", MARGIN);
	put_tools(f->out);
	for (uint32_t i = 0; i < f->tree->nr; i++)
		if (!f->tree->nodes[i].hidden)
			put_box(f, &f->tree->nodes[i]);
	fprintf(f->out, "<script><![CDATA[\n%s]]></script>\n</svg>\n", flame_js);
}

int sink_flame_svg(FILE *out, const struct sink_in *in, enum flame_weight weight, const char *title,
		   struct folded_lines *old, struct diag *d)
{
	auto_cleanup(folded_lines__free) struct folded_lines lines = { 0 };
	auto_cleanup(flame_tree__free) struct flame_tree tree = { 0 };
	struct flame f = { .out = out, .in = in, .weight = weight, .lines = &lines, .tree = &tree };
	int err = folded_lines__collect(&lines, in, weight, d);

	if (!err && old)
		err = folded_lines__join(&lines, old, d);
	err = err ? err : flame_tree__build(&tree, &lines, MIN_SHARE_OF, d);
	if (err)
		return err;
	losses_totals(in, &f.totals);
	put_svg(&f, title);
	return ferror(out) ? -EIO : 0;
}
