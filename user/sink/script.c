// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the text of `perf script`, as other programs read it: one record per finished wait and per operation. It is
 * given events and looks up the wait that each ends in the world; it never lets a name break the syntax of a line.
 */
#include "sink/event_sink.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sink/frames.h"
#include "sink/interner.h"
#include "sink/losses.h"
#include "sink/text.h"

#define NS_PER_SEC 1000000000u
#define MIN_COMM 2

struct script {
	FILE *out;
	const struct sink_in *in;
	enum script_events events;
	/* The lines of each stack of a process, by number: the same stacks come again and again. */
	struct interner stacks;
	char **lines;
	size_t nr_lines;
	struct frames frames;
	int err;
};

/*
 * Without a colon: inferno takes what precedes it for the whole name (src/collapse/perf.rs, on_event_line), and
 * would add up times and counts.
 */
static const char wait_name[] = "chan-wait";

struct record {
	uint64_t time_ns;
	uint32_t pid, tid;
	const char *name;
	uint64_t stack, period;
};

/* --- names --- */

/* What \s of ECMAScript matches and is plain text otherwise. */
static bool is_space(uint32_t rune)
{
	return rune == ' ' || rune == 0xa0 || rune == 0x1680 || (rune >= 0x2000 && rune <= 0x200a) || rune == 0x202f ||
	       rune == 0x205f || rune == 0x3000;
}

/* A word without blanks, whatever s holds. Returns its length in characters. */
static size_t put_word(FILE *out, const char *s)
{
	size_t n = 0;

	for (; *s; n++) {
		uint32_t rune = text_decode(&s);

		if (is_space(rune))
			rune = '_';
		text_put_rune(out, text_is_plain(rune) ? rune : TEXT_REPLACEMENT);
	}
	return n;
}

/* '#' begins a comment, '{' makes a reader take the file for JSON, and a digit may be taken for a PID. */
static void put_comm(FILE *out, const char *comm)
{
	size_t n = 0;

	if (strchr("#{0123456789", *comm)) {
		putc('_', out);
		n = 1;
	}
	/* The pattern of stackcollapse-perf.pl and its heirs wants two characters at least. */
	for (n += put_word(out, comm); n < MIN_COMM; n++)
		putc('_', out);
}

/* Readers split a symbol at "->", and take one that begins with a parenthesis for a process name. */
static void put_symbol(FILE *out, const char *name)
{
	uint32_t before = 0;

	while (*name) {
		uint32_t rune = text_decode(&name);

		if (!text_is_plain(rune))
			rune = TEXT_REPLACEMENT;
		else if ((rune == '(' && !before) || (rune == '>' && before == '-'))
			rune = '_';
		text_put_rune(out, rune);
		before = rune;
	}
}

/* --- stacks --- */

struct process_query {
	uint32_t pid;
	const struct process_info *found; /* the newest with this PID */
};

static bool match_process(void *ctx, const struct process_info *p)
{
	struct process_query *q = ctx;

	if (p->pid == q->pid)
		q->found = p;
	return true;
}

static const struct process_info *process_of(const struct script *s, uint32_t pid)
{
	struct process_query q = { .pid = pid };

	world__processes(s->in->world, match_process, &q);
	return q.found;
}

static void put_frames(FILE *out, const struct script *s, uint32_t pid)
{
	const struct process_info *p = process_of(s, pid);
	const char *dso = p && *p->exe ? p->exe : "[unknown]";

	for (size_t i = 0; i < s->frames.nr; i++) {
		const struct sym_frame *f = &s->frames.f[i];

		fprintf(out, "\t%16" PRIx64 " ", f->pc);
		put_symbol(out, f->function[0] ? f->function : "[unknown]");
		fputs(" (", out);
		put_word(out, dso);
		fputs(")\n", out);
	}
	if (!s->frames.nr)
		fprintf(out, "\t%16x [unknown] ([unknown])\n", 0);
}

static char *make_lines(struct script *s, uint32_t pid, uint64_t stack)
{
	char *lines = NULL;
	size_t len = 0;
	FILE *out;

	if (frames__load(&s->frames, s->in, pid, stack))
		return NULL;
	out = open_memstream(&lines, &len);
	if (!out)
		return NULL;
	put_frames(out, s, pid);
	if (fclose(out)) {
		free(lines);
		return NULL;
	}
	return lines;
}

static int add_lines(struct script *s, char *lines)
{
	/* Grows at each power of two. */
	if (!(s->nr_lines & (s->nr_lines - 1))) {
		char **grown = realloc(s->lines, (s->nr_lines ? 2 * s->nr_lines : 1) * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		s->lines = grown;
	}
	s->lines[s->nr_lines++] = lines;
	return 0;
}

/* NULL without memory, and from then on: nothing is written after that. */
static const char *stack_lines(struct script *s, uint32_t pid, uint64_t stack)
{
	const uint64_t key[2] = { stack, pid };
	bool new;
	uint64_t nr = interner__key(&s->stacks, key, sizeof(key), &new);
	char *lines;

	if (!nr)
		return NULL;
	if (!new)
		return s->lines[nr - 1];
	lines = make_lines(s, pid, stack);
	if (!lines || add_lines(s, lines)) {
		free(lines);
		return NULL;
	}
	return lines;
}

/* --- records --- */

static void put_record(struct script *s, const struct record *r)
{
	const struct process_info *p = process_of(s, r->pid);
	const char *lines;

	if (s->err || !r->name || (r->name == wait_name ? s->events == SCRIPT_OPS : s->events == SCRIPT_WAITS))
		return;
	lines = stack_lines(s, r->pid, r->stack);
	if (!lines) {
		s->err = -ENOMEM;
		return;
	}
	put_comm(s->out, p ? p->comm : "");
	fprintf(s->out, " %5" PRIu32 "/%-5" PRIu32 " %5" PRIu64 ".%09" PRIu64 ": %10" PRIu64 " %s: \n%s\n", r->pid,
		r->tid, r->time_ns / NS_PER_SEC, r->time_ns % NS_PER_SEC, r->period, r->name, lines);
}

static const char *single_name(const struct cs_event *e, const char *name)
{
	return e->flags & CS_F_SELECT ? "chan-select" : name;
}

/* The operation that an event begins or completes without having begun; NULL: none. wt: what its goroutine is in. */
static const char *op_name(const struct cs_event *e, const struct waiter *wt)
{
	switch ((enum cs_kind)e->kind) {
	case CS_MAKE:
		return "chan-make";
	case CS_SEND_PANIC:
		/* of a select that waited: it was counted as it parked */
		return wt && e->flags & CS_F_SELECT ? NULL : single_name(e, "chan-send");
	case CS_SEND_BUFFERED:
	case CS_SEND_DIRECT:
	case CS_SEND_FAILED:
		return single_name(e, "chan-send");
	case CS_RECV_BUFFERED:
	case CS_RECV_DIRECT:
	case CS_RECV_FAILED:
	case CS_RECV_CLOSED:
		return single_name(e, "chan-receive");
	case CS_CLOSE:
	case CS_CLOSE_PANIC:
		return "chan-close";
	case CS_PARK_SEND:
		return "chan-send";
	case CS_PARK_RECV:
		return "chan-receive";
	case CS_PARK_SELECT:
	case CS_SELECT_DEFAULT:
		return "chan-select";
	case CS_WAKE_SEND:
		return wt ? NULL : "chan-send";
	case CS_WAKE_RECV:
		return wt ? NULL : "chan-receive";
	case CS_WAKE_SELECT:
		return wt ? NULL : "chan-select";
	default:
		return NULL;
	}
}

static void put_wait(struct script *s, const struct waiter *wt, uint64_t end_ns, uint32_t tid)
{
	struct record r = { .time_ns = end_ns,
			    .pid = wt->pid,
			    .tid = tid,
			    .name = wait_name,
			    .stack = wt->stack,
			    .period = end_ns > wt->since_ns ? end_ns - wt->since_ns : 0 };

	put_record(s, &r);
}

static void on_event(void *ctx, const struct cs_event *e)
{
	struct script *s = ctx;
	struct record r = { .time_ns = e->time_ns, .pid = e->pid, .tid = e->tid, .stack = e->stack, .period = 1 };
	const struct waiter *wt;

	/* What was parked before attaching began before; its wait is told when it ends. */
	if (e->kind == CS_SELECT_CASE || e->flags & CS_F_WALKED)
		return;
	wt = world__waiter(s->in->world, e->pid, e->goid);
	if (wt)
		put_wait(s, wt, e->time_ns, e->tid);
	r.name = op_name(e, wt);
	put_record(s, &r);
}

struct end {
	struct script *s;
	uint64_t time_ns; /* 0: that of the process */
};

static uint64_t end_of(const struct end *end, const struct waiter *wt)
{
	const struct process_info *p = end->time_ns ? NULL : process_of(end->s, wt->pid);

	return p ? p->ended_at_ns : end->time_ns;
}

/* A goroutine that is parked runs on no thread: the process's first stands for it. */
static bool put_waiter(void *ctx, const struct waiter *wt)
{
	const struct end *end = ctx;

	put_wait(end->s, wt, end_of(end, wt), wt->pid);
	return !end->s->err;
}

static void put_losses(const struct script *s)
{
	struct world_totals t;

	losses_totals(s->in, &t);
	for (unsigned int i = 0; i < CS_NR_LOSSES; i++)
		if (t.losses[i])
			fprintf(s->out, "# lost: %" PRIu64 " %s\n", t.losses[i], loss_texts[i].text);
}

static void on_end(void *ctx, uint64_t mono_ns)
{
	struct script *s = ctx;
	struct world_totals t;
	struct end at_exit = { .s = s }, now = { .s = s, .time_ns = mono_ns };

	world__totals(s->in->world, &t);
	if (t.end_ns > now.time_ns)
		now.time_ns = t.end_ns; /* records that were on their way at the end */
	world__waiters_at_exit(s->in->world, put_waiter, &at_exit);
	world__waiters(s->in->world, put_waiter, &now);
	put_losses(s);
}

static int script_close(void *ctx, struct diag *d)
{
	struct script *s = ctx;
	int err = s->err;

	for (size_t i = 0; i < s->nr_lines; i++)
		free(s->lines[i]);
	free(s->lines);
	interner__free(&s->stacks);
	if (!err && ferror(s->out))
		err = -EIO;
	frames__free(&s->frames);
	free(s);
	return err == -ENOMEM ? diag_fail(d, err, "not enough memory for the stacks") : err;
}

int sink_script(FILE *out, const struct sink_in *in, enum script_events events, struct event_sink *ret, struct diag *d)
{
	static const struct feed_ops ops = { .event = on_event, .end = on_end };
	struct script *s = calloc(1, sizeof(*s));

	if (!s)
		return diag_fail(d, -ENOMEM, "out of memory");
	s->out = out;
	s->in = in;
	s->events = events;
	*ret = (struct event_sink){ .feed = { .ops = &ops, .ctx = s }, .close = script_close };
	return 0;
}
