// SPDX-License-Identifier: Apache-2.0
/* base: a feed passed on to several reaches each of them, whole and in order. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/feed_tee.h"

/* What was called, as text: a name for each feed and its arguments. */
static char calls[1024];

static void note(void *ctx, const char *what, uint64_t a, uint64_t b)
{
	size_t used = strlen(calls);

	snprintf(calls + used, sizeof(calls) - used, "%s:%s(%llu,%llu) ", (const char *)ctx, what,
		 (unsigned long long)a, (unsigned long long)b);
}

static void on_start(void *ctx, const struct feed_start *s)
{
	note(ctx, "start", s->wall_ns, s->mono_ns);
}

static void on_process(void *ctx, const struct feed_process *p)
{
	note(ctx, "process", p->pid, p->attached_at_ns);
}

static void on_process_end(void *ctx, uint32_t pid, uint64_t time_ns, enum process_end why)
{
	note(ctx, "process_end", pid, time_ns + (uint64_t)why);
}

static void on_stack(void *ctx, uint64_t id, const uint64_t *pcs, uint32_t nr)
{
	note(ctx, "stack", id, pcs[nr - 1]);
}

static void on_event(void *ctx, const struct cs_event *e)
{
	note(ctx, "event", e->time_ns, e->kind);
}

static void on_overflow(void *ctx, uint32_t pid, uint64_t chan, const uint64_t nr[CS_NR_KINDS])
{
	note(ctx, "overflow", pid, chan + nr[CS_MAKE]);
}

static void on_traps(void *ctx, uint32_t pid, uint64_t nr)
{
	note(ctx, "traps", pid, nr);
}

static void on_losses(void *ctx, const uint64_t nr[CS_NR_LOSSES])
{
	note(ctx, "losses", nr[0], nr[CS_NR_LOSSES - 1]);
}

static void on_end(void *ctx, uint64_t mono_ns)
{
	note(ctx, "end", mono_ns, 0);
}

static void on_pause(void *ctx)
{
	note(ctx, "pause", 0, 0);
}

static void on_host(void *ctx, const struct feed_host *h)
{
	note(ctx, "host", h->nr_cpus, h->page_sz);
}

static void on_frames(void *ctx, uint32_t pid, uint64_t pc, bool is_return_address, const struct feed_frame *f,
		      uint32_t nr)
{
	note(ctx, is_return_address ? "frames_of_return" : "frames", pid + pc, f[nr - 1].line);
}

static void on_type_name(void *ctx, uint32_t pid, uint64_t va, const char *name)
{
	note(ctx, name, pid, va);
}

static const struct feed_ops all = {
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
static const struct feed_ops events_only = { .event = on_event };
static char a[] = "a", b[] = "b";

static void feed_all(const struct feed *f)
{
	const uint64_t losses[CS_NR_LOSSES] = { 1, [CS_NR_LOSSES - 1] = 2 };
	const uint64_t kinds[CS_NR_KINDS] = { [CS_MAKE] = 30 };
	const uint64_t pcs[] = { 6, 7 };
	const struct feed_start start = { .wall_ns = 1, .mono_ns = 2 };
	const struct feed_process p = { .pid = 3, .attached_at_ns = 4 };
	const struct feed_host host = { .nr_cpus = 18, .page_sz = 19 };
	const struct feed_frame frames[] = { { .line = 1 }, { .line = 43 } };
	const struct cs_event e = { .time_ns = 8, .kind = CS_CLOSE };

	f->ops->start(f->ctx, &start);
	f->ops->host(f->ctx, &host);
	f->ops->process(f->ctx, &p);
	f->ops->frames(f->ctx, 40, 2, true, frames, 2);
	f->ops->type_name(f->ctx, 16, 17, "int");
	f->ops->stack(f->ctx, 5, pcs, 2);
	f->ops->event(f->ctx, &e);
	f->ops->pause(f->ctx);
	f->ops->process_end(f->ctx, 9, 10, PROCESS_EXECED);
	f->ops->overflow(f->ctx, 11, 12, kinds);
	f->ops->traps(f->ctx, 13, 14);
	f->ops->losses(f->ctx, losses);
	f->ops->end(f->ctx, 15);
}

static void passes_everything_on(void **state)
{
	struct feed_tee tee = { 0 };
	struct feed f;

	(void)state;
	assert_int_equal(feed_tee__add(&tee, (struct feed){ &all, a }), 0);
	f = feed_tee__feed(&tee);
	calls[0] = '\0';
	feed_all(&f);
	assert_string_equal(calls, "a:start(1,2) a:host(18,19) a:process(3,4) a:frames_of_return(42,43) a:int(16,17) "
				   "a:stack(5,7) a:event(8,10) a:pause(0,0) "
				   "a:process_end(9,12) a:overflow(11,42) a:traps(13,14) a:losses(1,2) a:end(15,0) ");
}

static void keeps_the_order_and_skips_what_is_not_wanted(void **state)
{
	const struct cs_event e = { .time_ns = 1, .kind = CS_MAKE };
	struct feed_tee tee = { 0 };
	struct feed f;

	(void)state;
	assert_int_equal(feed_tee__add(&tee, (struct feed){ &events_only, b }), 0);
	assert_int_equal(feed_tee__add(&tee, (struct feed){ &all, a }), 0);
	f = feed_tee__feed(&tee);
	calls[0] = '\0';
	f.ops->event(f.ctx, &e);
	f.ops->end(f.ctx, 2);
	assert_string_equal(calls, "b:event(1,1) a:event(1,1) a:end(2,0) ");
}

static void has_an_end(void **state)
{
	struct feed_tee tee = { 0 };

	(void)state;
	for (int i = 0; i < FEED_TEE_MAX; i++)
		assert_int_equal(feed_tee__add(&tee, (struct feed){ &all, a }), 0);
	assert_int_equal(feed_tee__add(&tee, (struct feed){ &all, b }), -ENOSPC);
	assert_int_equal(tee.nr, FEED_TEE_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(passes_everything_on),
		cmocka_unit_test(keeps_the_order_and_skips_what_is_not_wanted),
		cmocka_unit_test(has_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
