// SPDX-License-Identifier: Apache-2.0
/*
 * The model without memory: every allocation fails once, alone and together with all after it, while a history with
 * everything in it is fed. Nothing may crash, and the result must say that it is not complete. The Makefile links
 * this test with --wrap for the allocation functions.
 */
#include "world_fixture.h"

static uint64_t nr_allocations, fail_from, fail_to; /* numbers from 1; fail_from 0: none */

static bool fails(void)
{
	nr_allocations++;
	return fail_from && nr_allocations >= fail_from && nr_allocations <= fail_to;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t nr, size_t size);
void *__real_realloc(void *p, size_t size);
char *__real_strdup(const char *s);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t nr, size_t size);
void *__wrap_realloc(void *p, size_t size);
char *__wrap_strdup(const char *s);

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t nr, size_t size)
{
	return fails() ? NULL : __real_calloc(nr, size);
}

void *__wrap_realloc(void *p, size_t size)
{
	return fails() ? NULL : __real_realloc(p, size);
}

char *__wrap_strdup(const char *s)
{
	return fails() ? NULL : __real_strdup(s);
}

/* Channels at many addresses, so that tables grow and channels are evicted, and each with a bit of everything. */
static void feed_history(struct world *w, uint64_t nr)
{
	for (uint64_t i = 0; i < nr; i++) {
		uint64_t t = 2000 + 1000 * i, ch = CH + 128 * i, g = 10 * i;

		FEED(w, { CS_MAKE, t, ch, g + 1, i, .cap = 12 }, { CS_PARK_RECV, t + 1, ch, g + 2, i + 1, .cap = 12 },
		     { CS_SEND_DIRECT, t + 2, ch, g + 1, i + 2, .aux = g + 2, .cap = 12 },
		     { CS_WAKE_RECV, t + 3, ch, g + 2, i + 1, .cap = 12, .fl = CS_F_OK },
		     { CS_PARK_SELECT, t + 4, 0, g + 3, 0x5e, .aux = 2 },
		     { CS_SELECT_CASE, t + 4, ch, g + 3, .cap = 12 },
		     { CS_SELECT_CASE, t + 4, CH, g + 3, .cap = 12, .fl = CS_F_DIR_SEND });
		for (uint32_t n = 0; n < 12; n++)
			FEED(w, { CS_SEND_BUFFERED, t + 10 + n, ch, g + 1, i + 3, .len = n + 1, .cap = 12 });
		for (uint32_t n = 12; n-- > 2;)
			FEED(w, { CS_RECV_BUFFERED, t + 20 + (20ULL << n), ch, g + 2, i + 4, .len = n, .cap = 12 });
		if (i % 3)
			FEED(w, { CS_CLOSE, t + 50, ch, g + 1, i, .len = 2, .cap = 12, .fl = CS_F_CLOSED },
			     { CS_WAKE_SELECT, t + 60, ch, g + 3, 0x5e, .len = 2, .cap = 12, .fl = CS_F_CLOSED },
			     { CS_SEND_PANIC, t + 61, ch, g + 3, 0x5f, .len = 2, .cap = 12, .fl = CS_F_CLOSED });
	}
}

static bool visit_channel(void *ctx, const struct channel *c)
{
	*(uint64_t *)ctx += c->sends + dist_percentile(&c->queue, 99);
	return true;
}

static bool visit_group(void *ctx, const struct channel_group *g)
{
	return visit_channel(ctx, &g->sum);
}

static bool visit_waiter(void *ctx, const struct waiter *wt)
{
	for (uint32_t i = 0; i < wt->nr_cases; i++)
		*(uint64_t *)ctx += wt->cases[i].chan->addr;
	return true;
}

static bool visit_select(void *ctx, const struct select_stat *s)
{
	for (size_t i = 0; i < s->nr_cases; i++)
		*(uint64_t *)ctx += s->cases[i].taken + s->cases[i].chan->sends;
	return true;
}

static bool visit_panic(void *ctx, const struct panic_info *p)
{
	*(uint64_t *)ctx += p->chan ? p->chan->sends : 0;
	return true;
}

static bool visit_process(void *ctx, const struct process_info *p)
{
	*(uint64_t *)ctx += strlen(p->exe) + strlen(p->layout_source);
	return true;
}

static void visit_all(const struct world *w)
{
	uint64_t sum = 0;
	uint32_t nr;

	world__channels(w, visit_channel, &sum);
	world__evicted(w, visit_group, &sum);
	world__waiters(w, visit_waiter, &sum);
	world__waiters_at_exit(w, visit_waiter, &sum);
	world__selects(w, visit_select, &sum);
	world__panics(w, visit_panic, &sum);
	world__processes(w, visit_process, &sum);
	world__stack(w, 1, &nr);
}

/* Feeds everything with allocations from..to failing; returns how many there were. */
static uint64_t run(uint64_t from, uint64_t to)
{
	static const uint64_t overflow[CS_NR_KINDS] = { [CS_SEND_DIRECT] = 1 };
	struct world_opts opts = { .max_channels = 24 };
	uint64_t pcs[2] = { 1, 2 }, nr;
	struct world *w;
	struct feed f;
	bool complete;

	nr_allocations = 0;
	fail_from = from;
	fail_to = to;
	w = world__new(&opts);
	if (!w) {
		fail_from = 0;
		assert_true(from <= 2);
		return nr_allocations;
	}
	f = world__feed(w);
	announce(w, PID, ATTACHED);
	f.ops->stack(f.ctx, 1, pcs, 2);
	feed_history(w, 60);
	f.ops->process_end(f.ctx, PID, 900000, PROCESS_EXITED);
	announce(w, PID + 1, 900000);
	f.ops->overflow(f.ctx, PID + 1, CH, overflow);
	f.ops->end(f.ctx, 1000000);
	visit_all(w);
	complete = totals_of(w).complete;
	nr = nr_allocations;
	fail_from = 0;
	world__free(w);
	/* a failure to shrink a queue's memory is none */
	if (complete && from && to > from)
		fail_msg("allocations from %d on failed, and the result is called complete", (int)from);
	return nr;
}

static void test_each_fails_alone(void **state)
{
	uint64_t nr = run(0, 0);

	(void)state;
	assert_true(nr > 500);
	for (uint64_t i = 1; i <= nr; i++)
		run(i, i);
}

static void test_all_fail_from_there_on(void **state)
{
	uint64_t nr = run(0, 0);

	(void)state;
	for (uint64_t i = 1; i < nr; i++)
		run(i, UINT64_MAX);
}

static void test_some_in_a_row_fail(void **state)
{
	uint64_t nr = run(0, 0);

	(void)state;
	for (uint64_t i = 1; i + 20 < nr; i += 7)
		run(i, i + 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_fails_alone),
		cmocka_unit_test(test_all_fail_from_there_on),
		cmocka_unit_test(test_some_in_a_row_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
