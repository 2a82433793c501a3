// SPDX-License-Identifier: Apache-2.0
/*
 * Owns what is not yet in the file: one block of events, the stacks and names that it needs, or a row of other facts.
 * Given the calls of a feed; asks for names when a stack or an element type appears for the first time. Never waits
 * for anything but the file.
 */
#include "rec/writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "rec/events.h"
#include "rec/facts.h"
#include "rec/names.h"
#include "rec/out_file.h"

/* What a tool that is killed may lose. */
#define FLUSH_NS 1000000000ull
/* Stacks, names and other facts that wait are written from this size on, bytes. */
#define FLUSH_SZ (256u << 10)

struct rec_writer {
	struct out_file file;
	struct rec_writer_opts opts;
	struct rec_encoder *encoder;
	struct bytes events;		    /* the payload, while it is written */
	struct bytes stacks, frames, types; /* go before the events */
	struct bytes facts;		    /* of one kind; if there are any, nothing else waits */
	enum rec_kind facts_kind;
	struct names names;
	uint64_t flushed_at_ns;
	uint64_t nr_events;
	uint64_t losses[CS_NR_LOSSES];
	bool ended, failed;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void write_block(struct rec_writer *w, enum rec_kind kind, struct bytes *raw)
{
	if (raw->bad && !w->file.err)
		w->file.err = -ENOMEM;
	if (raw->nr || raw->bad)
		out_file__block(&w->file, kind, raw);
	bytes__clear(raw);
	if (!w->file.err || w->failed)
		return;
	w->failed = true;
	if (w->opts.failed)
		w->opts.failed(w->opts.ctx);
}

static void flush(struct rec_writer *w)
{
	write_block(w, w->facts_kind, &w->facts);
	write_block(w, REC_STACKS, &w->stacks);
	write_block(w, REC_FRAMES, &w->frames);
	write_block(w, REC_TYPES, &w->types);
	if (rec_encoder__nr(w->encoder)) {
		rec_encoder__finish(w->encoder, &w->events);
		write_block(w, REC_EVENTS, &w->events);
	}
	w->flushed_at_ns = now_ns();
}

/* Where an item that is no event goes: behind all that came before it. */
static struct bytes *fact(struct rec_writer *w, enum rec_kind kind)
{
	if (!w->facts.nr || w->facts_kind != kind || w->facts.nr >= FLUSH_SZ)
		flush(w);
	w->facts_kind = kind;
	return &w->facts;
}

/* The same for what goes before the events of its block. */
static struct bytes *before_events(struct rec_writer *w, struct bytes *b)
{
	if (w->facts.nr || b->nr >= FLUSH_SZ)
		flush(w);
	return b;
}

static void on_start(void *ctx, const struct feed_start *s)
{
	rec_put_start(fact(ctx, REC_START), s);
}

static void on_host(void *ctx, const struct feed_host *h)
{
	rec_put_host(fact(ctx, REC_HOST), h);
}

static void on_process(void *ctx, const struct feed_process *p)
{
	struct rec_writer *w = ctx;

	rec_put_process(fact(w, REC_PROCESS), p);
	names__forget(&w->names);
}

static void on_process_end(void *ctx, uint32_t pid, uint64_t time_ns, enum process_end why)
{
	rec_put_process_end(fact(ctx, REC_PROCESS_END), pid, time_ns, why);
}

static void on_stack(void *ctx, uint64_t id, const uint64_t *pcs, uint32_t nr)
{
	struct rec_writer *w = ctx;

	if (nr > CS_MAX_STACK_DEPTH)
		nr = CS_MAX_STACK_DEPTH;
	rec_put_stack(before_events(w, &w->stacks), id, pcs, nr);
	if (w->opts.frames && names__add_stack(&w->names, id, pcs, nr))
		w->stacks.bad = true;
}

static void on_frames(void *ctx, uint32_t pid, uint64_t pc, bool is_return_address, const struct feed_frame *f,
		      uint32_t nr)
{
	struct rec_writer *w = ctx;
	const struct rec_pc at = { .pid = pid, .pc = pc, .is_return_address = is_return_address };

	rec_put_frames(before_events(w, &w->frames), &at, f, nr);
}

static void on_type_name(void *ctx, uint32_t pid, uint64_t va, const char *name)
{
	struct rec_writer *w = ctx;

	rec_put_type(before_events(w, &w->types), pid, va, name);
}

/* Names of the program counters of a stack in a process, as far as they are not in the file already. */
static void tell_frames(struct rec_writer *w, uint32_t pid, uint64_t stack)
{
	struct feed_frame f[REC_MAX_FRAMES];
	const uint64_t *pcs;
	uint32_t nr_pcs;

	if (!names__stack_is_new(&w->names, pid, stack, &pcs, &nr_pcs))
		return;
	for (uint32_t i = 0; i < nr_pcs; i++) {
		int nr = -1;

		if (names__pc_is_new(&w->names, pid, pcs[i], i > 0))
			nr = w->opts.frames(w->opts.ctx, pid, pcs[i], i > 0, f, REC_MAX_FRAMES);
		if (nr >= 0)
			rec_put_frames(&w->frames,
				       &(struct rec_pc){ .pid = pid, .pc = pcs[i], .is_return_address = i > 0 }, f,
				       (uint32_t)nr);
	}
}

static void tell_type(struct rec_writer *w, uint32_t pid, uint64_t va)
{
	const char *name;

	if (!names__type_is_new(&w->names, pid, va))
		return;
	name = w->opts.type_name(w->opts.ctx, pid, va);
	if (name)
		rec_put_type(&w->types, pid, va, name);
}

static void on_event(void *ctx, const struct cs_event *e)
{
	struct rec_writer *w = ctx;
	unsigned int news;

	if (w->failed)
		return;
	if (w->facts.nr)
		flush(w);
	news = rec_encoder__add(w->encoder, e);
	if (news & REC_NEWS_STACK && w->opts.frames)
		tell_frames(w, e->pid, e->stack);
	if (news & REC_NEWS_TYPE && w->opts.type_name)
		tell_type(w, e->pid, e->aux);
	w->nr_events++;
	if (rec_encoder__nr(w->encoder) == REC_MAX_BLOCK_EVENTS || w->frames.nr >= FLUSH_SZ || w->types.nr >= FLUSH_SZ)
		flush(w);
}

static void on_overflow(void *ctx, uint32_t pid, uint64_t chan, const uint64_t nr[CS_NR_KINDS])
{
	rec_put_overflow(fact(ctx, REC_OVERFLOW), pid, chan, nr);
}

static void on_traps(void *ctx, uint32_t pid, uint64_t nr)
{
	rec_put_traps(fact(ctx, REC_TRAPS), pid, nr);
}

static void on_losses(void *ctx, const uint64_t nr[CS_NR_LOSSES])
{
	struct rec_writer *w = ctx;

	memcpy(w->losses, nr, sizeof(w->losses));
	rec_put_losses(fact(w, REC_LOSSES), nr);
}

static void on_end(void *ctx, uint64_t mono_ns)
{
	struct rec_writer *w = ctx;
	const struct rec_end end = { .mono_ns = mono_ns, .nr_events = w->nr_events };

	rec_put_end(fact(w, REC_END), &end);
	flush(w);
	w->ended = true;
}

static void on_pause(void *ctx)
{
	struct rec_writer *w = ctx;

	if (now_ns() - w->flushed_at_ns >= FLUSH_NS)
		flush(w);
}

struct feed rec_writer__feed(struct rec_writer *w)
{
	static const struct feed_ops ops = {
		.start = on_start,
		.host = on_host,
		.process = on_process,
		.process_end = on_process_end,
		.stack = on_stack,
		.frames = on_frames,
		.type_name = on_type_name,
		.event = on_event,
		.overflow = on_overflow,
		.traps = on_traps,
		.losses = on_losses,
		.end = on_end,
		.pause = on_pause,
	};

	return (struct feed){ .ops = &ops, .ctx = w };
}

static void cleanup_writer(struct rec_writer **w)
{
	rec_writer__free(*w);
}

int rec_writer__new(const char *path, const struct rec_writer_opts *opts, struct rec_writer **ret, struct diag *d)
{
	auto_cleanup(cleanup_writer) struct rec_writer *w = calloc(1, sizeof(*w));
	int err;

	if (!w)
		return diag_fail(d, -ENOMEM, "out of memory");
	w->file.fd = -1;
	w->opts = *opts;
	w->flushed_at_ns = now_ns();
	w->encoder = rec_encoder__new();
	if (!w->encoder)
		return diag_fail(d, -ENOMEM, "out of memory");
	err = out_file__open(&w->file, path, d);
	if (err)
		return err;
	*ret = steal_ptr(w);
	return 0;
}

void rec_writer__written(const struct rec_writer *w, struct rec_written *ret)
{
	ret->nr_events = w->nr_events;
	ret->nr_bytes = w->file.nr_bytes;
	memcpy(ret->losses, w->losses, sizeof(ret->losses));
}

int rec_writer__close(struct rec_writer *w, struct diag *d)
{
	flush(w);
	return out_file__close(&w->file, w->ended, d);
}

void rec_writer__free(struct rec_writer *w)
{
	if (!w)
		return;
	out_file__free(&w->file);
	rec_encoder__free(w->encoder);
	bytes__free(&w->events);
	bytes__free(&w->stacks);
	bytes__free(&w->frames);
	bytes__free(&w->types);
	bytes__free(&w->facts);
	names__free(&w->names);
	free(w);
}
