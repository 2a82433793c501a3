// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the pprof profile: which sample stands for what, its labels and its stack. It is given the flows of a world
 * and writes each sample as it comes: repeated fields of concatenated messages are one list, so that a profile of
 * millions of samples needs no tree in memory.
 */
#include "sink/sink.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sink/frames.h"
#include "sink/losses.h"
#include "sink/pprof_out.h"

#define MAX_LABELS 6
#define TEXT_SZ 512

enum { TYPE_WAIT, TYPE_CONTENTIONS, TYPE_OPERATIONS, TYPE_QUEUE, NR_TYPES };

static const struct {
	const char *type, *unit;
} types[NR_TYPES] = {
	[TYPE_WAIT] = { "wait", "nanoseconds" },
	[TYPE_CONTENTIONS] = { "contentions", "count" },
	[TYPE_OPERATIONS] = { "operations", "count" },
	[TYPE_QUEUE] = { "queue", "nanoseconds" },
};

static const char *const operations[NR_STACK_OPS] = {
	[STACK_SEND] = "send",	 [STACK_RECV] = "receive", [STACK_SELECT] = "select",
	[STACK_CLOSE] = "close", [STACK_MAKE] = "make",
};

struct sampler {
	const struct sink_in *in;
	struct pprof_out *out;
	struct frames frames;
	uint64_t *locations;
	size_t nr_room;
	int err;
};

static int64_t clamp(uint64_t n)
{
	return n > INT64_MAX ? INT64_MAX : (int64_t)n;
}

/* --- labels --- */

struct labels {
	Pprof__Label list[MAX_LABELS];
	Pprof__Label *pointers[MAX_LABELS];
	size_t nr;
};

static void add_label(struct sampler *s, struct labels *l, const char *key, const char *value)
{
	Pprof__Label *label = &l->list[l->nr];

	*label = (Pprof__Label)PPROF__LABEL__INIT;
	label->key = pprof_out__string(s->out, key);
	label->str = pprof_out__string(s->out, value);
	l->pointers[l->nr++] = label;
}

static void format_channel(char *buf, size_t sz, const struct channel *c)
{
	if (!c->addr)
		snprintf(buf, sz, "several");
	else if (c->generation > 1)
		snprintf(buf, sz, "0x%" PRIx64 "#%" PRIu32, c->addr, c->generation);
	else
		snprintf(buf, sz, "0x%" PRIx64, c->addr);
}

static void add_channel_labels(struct sampler *s, struct labels *l, const struct flow_stat *f)
{
	enum frames_origin origin;
	struct sym_frame at;
	char text[TEXT_SZ], site[TEXT_SZ + 2];

	if (!f->chan) {
		if (f->nil_chan && f->op != STACK_SELECT)
			add_label(s, l, "channel", "nil");
		return;
	}
	format_channel(text, sizeof(text), f->chan);
	add_label(s, l, "channel", text);
	origin = frames_channel_place(s->in, f->chan, &at);
	if (origin == FRAMES_UNKNOWN)
		return;
	/* With a question mark, as in the report, if it is only where the channel was first used. */
	frames_format_place(text, sizeof(text), &at);
	snprintf(site, sizeof(site), "%s%s", text, origin == FRAMES_USED ? "?" : "");
	add_label(s, l, "creation_site", site);
}

static bool has_direction(const struct flow_stat *f)
{
	if (f->op == STACK_SELECT)
		return f->chan;
	return f->op == STACK_SEND || f->op == STACK_RECV;
}

static void make_labels(struct sampler *s, struct labels *l, const struct flow_stat *f)
{
	char text[TEXT_SZ];

	pprof_out__process_name(s->out, f->pid, text, sizeof(text));
	add_label(s, l, "process", text);
	add_label(s, l, "operation", operations[f->op]);
	if (has_direction(f))
		add_label(s, l, "direction", f->send ? "send" : "receive");
	add_channel_labels(s, l, f);
}

/* --- samples --- */

static int make_room(struct sampler *s, size_t nr)
{
	uint64_t *grown;

	if (nr <= s->nr_room)
		return 0;
	grown = realloc(s->locations, nr * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	s->locations = grown;
	s->nr_room = nr;
	return 0;
}

/* A frame that is inlined into the next one belongs to the same program counter. */
static size_t make_locations(struct sampler *s, uint32_t pid)
{
	const struct frames *fr = &s->frames;
	size_t nr = 0, first = 0;

	for (size_t i = 0; i < fr->nr; i++) {
		if (i + 1 < fr->nr && fr->f[i].inlined && fr->f[i + 1].pc == fr->f[i].pc)
			continue;
		s->locations[nr++] = pprof_out__location(s->out, pid, !first, &fr->f[first], i + 1 - first);
		first = i + 1;
	}
	return nr;
}

static bool add_sample(void *ctx, const struct flow_stat *f)
{
	struct sampler *s = ctx;
	int64_t values[NR_TYPES] = { [TYPE_WAIT] = clamp(f->wait_ns),
				     [TYPE_CONTENTIONS] = clamp(f->blocked),
				     [TYPE_OPERATIONS] = clamp(f->ops),
				     [TYPE_QUEUE] = clamp(f->queue_ns) };
	Pprof__Sample sample = PPROF__SAMPLE__INIT;
	struct labels labels = { .nr = 0 };

	if (!values[TYPE_WAIT] && !values[TYPE_CONTENTIONS] && !values[TYPE_OPERATIONS] && !values[TYPE_QUEUE])
		return true;
	s->err = frames__load(&s->frames, s->in, f->pid, f->stack);
	s->err = s->err ? s->err : make_room(s, s->frames.nr + 1);
	if (s->err)
		return false;
	make_labels(s, &labels, f);
	sample.n_location_id = make_locations(s, f->pid);
	sample.location_id = s->locations;
	sample.n_value = NR_TYPES;
	sample.value = values;
	sample.n_label = labels.nr;
	sample.label = labels.pointers;
	pprof_out__sample(s->out, &sample);
	s->err = pprof_out__error(s->out);
	return !s->err;
}

static void write_header(struct sampler *s)
{
	Pprof__Profile p = PPROF__PROFILE__INIT;
	Pprof__ValueType list[NR_TYPES], *pointers[NR_TYPES];
	struct world_totals t;
	char losses[TEXT_SZ * 4];
	int64_t comment;

	for (int i = 0; i < NR_TYPES; i++) {
		list[i] = (Pprof__ValueType)PPROF__VALUE_TYPE__INIT;
		list[i].type = pprof_out__string(s->out, types[i].type);
		list[i].unit = pprof_out__string(s->out, types[i].unit);
		pointers[i] = &list[i];
	}
	losses_totals(s->in, &t);
	losses_format(losses, sizeof(losses), &t);
	strncat(losses, t.complete ? "; counts are exact" : "; counts are NOT exact",
		sizeof(losses) - strlen(losses) - 1);
	comment = pprof_out__string(s->out, losses);
	p.n_sample_type = NR_TYPES;
	p.sample_type = pointers;
	p.time_nanos = clamp(t.start.wall_ns);
	p.duration_nanos = t.end_ns > t.start.mono_ns ? clamp(t.end_ns - t.start.mono_ns) : 0;
	p.period_type = pointers[TYPE_WAIT];
	p.period = 1;
	p.n_comment = 1;
	p.comment = &comment;
	p.default_sample_type = list[TYPE_WAIT].type;
	pprof_out__put(s->out, &p);
}

int sink_pprof(FILE *out, const struct sink_in *in, struct diag *d)
{
	struct sampler s = { .in = in };
	int err = pprof_out__new(out, in, &s.out);

	if (!err) {
		world__flows(in->world, add_sample, &s);
		/* Last: by then it is known how many program counters had no symbol. */
		write_header(&s);
		err = pprof_out__finish(s.out);
		err = s.err ? s.err : err;
	}
	frames__free(&s.frames);
	free(s.locations);
	return err == -ENOMEM ? diag_fail(d, err, "not enough memory for a profile") : err;
}
