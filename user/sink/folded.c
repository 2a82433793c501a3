// SPDX-License-Identifier: Apache-2.0
/*
 * Owns folded stacks: how a stack and what it waited for become one line, and the merging of equal ones.
 * It is given the stack statistics of a world; it never lets a name break the line's syntax.
 */
#include "sink/folded_diff.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "sink/frames.h"
#include "sink/text.h"

struct collector {
	const struct sink_in *in;
	enum flame_weight weight;
	struct folded_lines *ret;
	size_t room;
	struct frames frames;
	struct {
		uint32_t pid;
		char comm[64];
		bool valid;
	} process; /* the last one looked up */
	int err;
};

static uint64_t weight_of(const struct stack_stat *s, enum flame_weight weight)
{
	switch (weight) {
	case WEIGHT_WAIT:
		return s->wait_ns;
	case WEIGHT_OPS:
		return s->ops;
	default:
		return s->queue_ns;
	}
}

static const char *operation(const struct stack_stat *s)
{
	switch (s->op) {
	case STACK_SEND:
		return s->nil_chan ? "chan send (nil chan)" : "chan send";
	case STACK_RECV:
		return s->nil_chan ? "chan receive (nil chan)" : "chan receive";
	case STACK_SELECT:
		return s->nil_chan ? "select (no cases)" : "select";
	case STACK_CLOSE:
		return "chan close";
	default:
		return "chan make";
	}
}

static bool match_process(void *ctx, const struct process_info *p)
{
	struct collector *c = ctx;

	if (p->pid != c->process.pid)
		return true;
	text_clean(c->process.comm, sizeof(c->process.comm), p->comm);
	return false;
}

static const char *comm_of(struct collector *c, uint32_t pid)
{
	if (!c->process.valid || c->process.pid != pid) {
		c->process.valid = true;
		c->process.pid = pid;
		c->process.comm[0] = '\0';
		world__processes(c->in->world, match_process, c);
	}
	return c->process.comm;
}

/* ';' separates frames: in a name it becomes ':'. */
static void put_name(FILE *line, const char *name)
{
	while (*name) {
		uint32_t rune = text_decode(&name);

		if (rune == ';')
			rune = ':';
		else if (!text_is_plain(rune))
			rune = TEXT_REPLACEMENT;
		text_put_rune(line, rune);
	}
}

static void put_frame(FILE *line, const struct sym_frame *f)
{
	if (f->function[0])
		put_name(line, f->function);
	else
		fprintf(line, "0x%" PRIx64, f->pc);
	putc(';', line);
}

static void put_leaf(FILE *line, struct collector *c, const struct stack_stat *s)
{
	struct sym_frame place;
	char text[256];

	fprintf(line, "[%s", operation(s));
	if (frames_place(c->in, s->pid, s->stack, &place)) {
		frames_format_place(text, sizeof(text), &place);
		putc(' ', line);
		put_name(line, text);
	}
	putc(']', line);
}

/* The path of a stack, owned by the caller; NULL without memory. */
static char *make_path(struct collector *c, const struct stack_stat *s)
{
	char *path = NULL;
	size_t len = 0;
	FILE *line = open_memstream(&path, &len);

	if (!line)
		return NULL;
	fprintf(line, "%" PRIu32 "/", s->pid);
	put_name(line, comm_of(c, s->pid));
	putc(';', line);
	for (size_t i = c->frames.nr; i > 0; i--)
		put_frame(line, &c->frames.f[i - 1]);
	put_leaf(line, c, s);
	if (fclose(line)) {
		free(path);
		return NULL;
	}
	return path;
}

static int append(struct collector *c, char *path, uint64_t value)
{
	struct folded_lines *fl = c->ret;

	if (fl->nr == c->room) {
		size_t room = c->room ? c->room * 2 : 256;
		struct folded_line *grown = realloc(fl->lines, room * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		fl->lines = grown;
		c->room = room;
	}
	fl->lines[fl->nr++] = (struct folded_line){ .path = path, .value = value };
	return 0;
}

static bool add_stack(void *ctx, const struct stack_stat *s)
{
	struct collector *c = ctx;
	uint64_t value = weight_of(s, c->weight);
	auto_free char *path = NULL;

	if (!value)
		return true;
	c->err = frames__load(&c->frames, c->in, s->pid, s->stack);
	if (c->err)
		return false;
	frames__drop_runtime(&c->frames);
	path = make_path(c, s);
	c->err = path ? append(c, path, value) : -ENOMEM;
	if (c->err)
		return false;
	path = NULL;
	return true;
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(((const struct folded_line *)a)->path, ((const struct folded_line *)b)->path);
}

void folded_lines__merge(struct folded_lines *fl)
{
	size_t used = 0;

	fl->total = fl->total_old = 0;
	if (fl->nr)
		qsort(fl->lines, fl->nr, sizeof(*fl->lines), compare_lines);
	for (size_t i = 0; i < fl->nr; i++) {
		fl->total += fl->lines[i].value;
		fl->total_old += fl->lines[i].old;
		if (used && compare_lines(&fl->lines[used - 1], &fl->lines[i]) == 0) {
			fl->lines[used - 1].value += fl->lines[i].value;
			fl->lines[used - 1].old += fl->lines[i].old;
			free(fl->lines[i].path);
		} else {
			fl->lines[used++] = fl->lines[i];
		}
	}
	fl->nr = used;
}

int folded_lines__collect(struct folded_lines *fl, const struct sink_in *in, enum flame_weight weight, struct diag *d)
{
	struct collector c = { .in = in, .weight = weight, .ret = fl };

	*fl = (struct folded_lines){ 0 };
	world__stack_stats(in->world, add_stack, &c);
	frames__free(&c.frames);
	if (c.err) {
		folded_lines__free(fl);
		return diag_fail(d, c.err, "not enough memory to fold the stacks");
	}
	folded_lines__merge(fl);
	return 0;
}

void folded_lines__free(struct folded_lines *fl)
{
	for (size_t i = 0; i < fl->nr; i++)
		free(fl->lines[i].path);
	free(fl->lines);
	*fl = (struct folded_lines){ 0 };
}

/* As difffolded.pl of FlameGraph writes it: the old value first. */
static void put_line(FILE *out, const struct folded_line *line, bool is_diff)
{
	fputs(line->path, out);
	if (is_diff)
		fprintf(out, " %" PRIu64, line->old);
	fprintf(out, " %" PRIu64 "\n", line->value);
}

int sink_folded(FILE *out, const struct sink_in *in, enum flame_weight weight, struct folded_lines *old, struct diag *d)
{
	auto_cleanup(folded_lines__free) struct folded_lines fl = { 0 };
	int err = folded_lines__collect(&fl, in, weight, d);

	if (err)
		return err;
	err = old ? folded_lines__join(&fl, old, d) : 0;
	if (err)
		return err;
	for (size_t i = 0; i < fl.nr; i++)
		put_line(out, &fl.lines[i], old);
	return ferror(out) ? -EIO : 0;
}
