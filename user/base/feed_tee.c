// SPDX-License-Identifier: Apache-2.0
/* Owns the passing on of a feed to several. Given feeds that outlive it; never looks at what passes. */
#include "base/feed_tee.h"

#include <errno.h>

#define TO_ALL(call, ...)                                                            \
	do {                                                                         \
		const struct feed_tee *tee = ctx;                                    \
                                                                                     \
		for (size_t i = 0; i < tee->nr; i++)                                 \
			if (tee->to[i].ops->call)                                    \
				tee->to[i].ops->call(tee->to[i].ctx, ##__VA_ARGS__); \
	} while (0)

static void on_start(void *ctx, const struct feed_start *s)
{
	TO_ALL(start, s);
}

static void on_process(void *ctx, const struct feed_process *p)
{
	TO_ALL(process, p);
}

static void on_process_end(void *ctx, uint32_t pid, uint64_t time_ns, enum process_end why)
{
	TO_ALL(process_end, pid, time_ns, why);
}

static void on_stack(void *ctx, uint64_t id, const uint64_t *pcs, uint32_t nr)
{
	TO_ALL(stack, id, pcs, nr);
}

static void on_event(void *ctx, const struct cs_event *e)
{
	TO_ALL(event, e);
}

static void on_overflow(void *ctx, uint32_t pid, uint64_t chan, const uint64_t nr[CS_NR_KINDS])
{
	TO_ALL(overflow, pid, chan, nr);
}

static void on_traps(void *ctx, uint32_t pid, uint64_t nr)
{
	TO_ALL(traps, pid, nr);
}

static void on_losses(void *ctx, const uint64_t nr[CS_NR_LOSSES])
{
	TO_ALL(losses, nr);
}

static void on_end(void *ctx, uint64_t mono_ns)
{
	TO_ALL(end, mono_ns);
}

static void on_pause(void *ctx)
{
	TO_ALL(pause);
}

static void on_host(void *ctx, const struct feed_host *h)
{
	TO_ALL(host, h);
}

static void on_frames(void *ctx, uint32_t pid, uint64_t pc, bool is_return_address, const struct feed_frame *f,
		      uint32_t nr)
{
	TO_ALL(frames, pid, pc, is_return_address, f, nr);
}

static void on_type_name(void *ctx, uint32_t pid, uint64_t va, const char *name)
{
	TO_ALL(type_name, pid, va, name);
}

int feed_tee__add(struct feed_tee *t, struct feed to)
{
	if (t->nr == FEED_TEE_MAX)
		return -ENOSPC;
	t->to[t->nr++] = to;
	return 0;
}

struct feed feed_tee__feed(struct feed_tee *t)
{
	static const struct feed_ops ops = {
		.start = on_start,
		.process = on_process,
		.process_end = on_process_end,
		.stack = on_stack,
		.event = on_event,
		.overflow = on_overflow,
		.traps = on_traps,
		.losses = on_losses,
		.end = on_end,
		.pause = on_pause,
		.host = on_host,
		.frames = on_frames,
		.type_name = on_type_name,
	};

	return (struct feed){ .ops = &ops, .ctx = t };
}
