// SPDX-License-Identifier: Apache-2.0
/* Tests what becomes of lost events, when the result says that it is exact, and the limit on channels. */
#include "world_fixture.h"

#include "model/world_impl.h"

static void feed_overflow(struct world *w, uint64_t chan, const uint64_t nr[CS_NR_KINDS])
{
	struct feed f = world__feed(w);

	f.ops->overflow(f.ctx, PID, chan, nr);
}

static void feed_losses(struct world *w, enum cs_loss which, uint64_t nr)
{
	uint64_t losses[CS_NR_LOSSES] = { 0 };
	struct feed f = world__feed(w);

	losses[which] = nr;
	f.ops->losses(f.ctx, losses);
}

/* --- totals --- */

static void test_overflow_adds(void **state)
{
	static const uint64_t nr[CS_NR_KINDS] = {
		[CS_SEND_BUFFERED] = 1, [CS_SEND_DIRECT] = 10, [CS_RECV_BUFFERED] = 100, [CS_RECV_DIRECT] = 1000,
		[CS_SEND_FAILED] = 3,	[CS_RECV_FAILED] = 5,  [CS_PARK_SEND] = 7,	 [CS_PARK_RECV] = 9,
		[CS_WAKE_SEND] = 11,	[CS_WAKE_RECV] = 13,   [CS_SELECT_CASE] = 15,
	};
	struct world *w = new_world();
	const struct channel *c;

	(void)state;
	FEED(w, { CS_MAKE, 2000, CH, 1, .cap = 2 }, { CS_SEND_BUFFERED, 2100, CH, 1, .len = 1, .cap = 2 });
	feed_overflow(w, CH, nr);
	feed_losses(w, CS_LOSS_RING_FULL, 1174);
	end_world(w, 3000);
	c = nth_channel(w, 0);
	assert_int_equal(c->sends, 1 + 1 + 10 + 1000);
	assert_int_equal(c->receives, 100 + 1000 + 10);
	assert_int_equal(c->sends_failed, 3);
	assert_int_equal(c->receives_failed, 5);
	assert_int_equal(c->sends_blocked, 7);
	assert_int_equal(c->receives_blocked, 9);
	assert_int_equal(c->send_wait_ns, 0);
	assert_true(c->from_totals);
	assert_null(nth_channel(w, 1));
	assert_true(totals_of(w).complete);
	assert_int_equal(totals_of(w).losses[CS_LOSS_RING_FULL], 1174);
	assert_int_equal(totals_of(w).events, 2);
	assert_int_equal(totals_of(w).end_ns, 3000);
	world__free(w);
}

struct exact_row {
	const char *name;
	struct ev steps[4];
	uint64_t chan;
	uint64_t nr[CS_NR_KINDS];
	bool complete;
	uint64_t nr_channels;
};

static const struct exact_row exact_rows[] = {
	{ "nothing lost", { { CS_MAKE, 2000, CH, 1 }, { CS_MAKE, 2100, CH, 1 } }, CH, { 0 }, true, 2 },
	{ "a channel of which all records were lost",
	  { { CS_MAKE, 2000, CH + 64, 1 } },
	  CH,
	  { [CS_SEND_DIRECT] = 4 },
	  true,
	  2 },
	{ "a make alone", { { CS_MAKE, 2000, CH + 64, 1 } }, CH, { [CS_MAKE] = 1 }, true, 2 },
	{ "two makes", { { CS_MAKE, 2000, CH + 64, 1 } }, CH, { [CS_MAKE] = 2 }, false, 2 },
	{ "a make, and other records before or after it",
	  { { CS_MAKE, 2000, CH + 64, 1 } },
	  CH,
	  { [CS_MAKE] = 1, [CS_SEND_DIRECT] = 1 },
	  false,
	  2 },
	{ "a make on a known address", { { CS_SEND_FAILED, 2000, CH, 1 } }, CH, { [CS_MAKE] = 1 }, false, 1 },
	{ "of two generations",
	  { { CS_MAKE, 2000, CH, 1 }, { CS_MAKE, 2100, CH, 1 } },
	  CH,
	  { [CS_SEND_DIRECT] = 1 },
	  false,
	  2 },
	{ "a close", { { CS_MAKE, 2000, CH, 1 } }, CH, { [CS_CLOSE] = 1 }, true, 1 },
	{ "two closes", { { CS_MAKE, 2000, CH, 1 } }, CH, { [CS_CLOSE] = 2 }, false, 1 },
	{ "a close of what was closed before",
	  { { CS_CLOSE, 2000, CH, 1, .fl = CS_F_CLOSED } },
	  CH,
	  { [CS_CLOSE] = 1 },
	  false,
	  1 },
	{ "a close after the flag",
	  { { CS_RECV_CLOSED, 2000, CH, 1, .fl = CS_F_CLOSED } },
	  CH,
	  { [CS_CLOSE] = 1 },
	  true,
	  1 },
	{ "wakes of an open channel",
	  { { CS_MAKE, 2000, CH, 1 } },
	  CH,
	  { [CS_WAKE_SEND] = 1, [CS_WAKE_RECV] = 1 },
	  true,
	  1 },
	{ "wakes of a closed one: by value or by close?",
	  { { CS_CLOSE, 2000, CH, 1, .fl = CS_F_CLOSED } },
	  CH,
	  { [CS_WAKE_RECV] = 1 },
	  false,
	  1 },
	{ "a woken select: which direction?", { { CS_MAKE, 2000, CH, 1 } }, CH, { [CS_WAKE_SELECT] = 1 }, false, 1 },
	{ "a panic", { { CS_MAKE, 2000, CH, 1 } }, CH, { [CS_SEND_PANIC] = 1 }, false, 1 },
	{ "operations on nil channels, selects",
	  { { CS_MAKE, 2000, CH, 1 } },
	  0,
	  { [CS_PARK_RECV] = 1, [CS_PARK_SELECT] = 2, [CS_SELECT_DEFAULT] = 3 },
	  true,
	  1 },
	{ "a close of nil", { { CS_MAKE, 2000, CH, 1 } }, 0, { [CS_CLOSE_PANIC] = 1 }, false, 1 },
};

static void test_overflow_exact(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(exact_rows); i++) {
		const struct exact_row *r = &exact_rows[i];
		struct world *w = new_world();
		uint64_t nr_channels = 0;

		feed_events(w, r->steps, ARRAY_SIZE(r->steps));
		feed_overflow(w, r->chan, r->nr);
		while (nth_channel(w, nr_channels))
			nr_channels++;
		if (totals_of(w).complete != r->complete || nr_channels != r->nr_channels)
			fail_msg("%s: complete %d, %d channels", r->name, totals_of(w).complete, (int)nr_channels);
		if (r->nr[CS_CLOSE])
			assert_true(nth_channel(w, 0)->closed);
		world__free(w);
	}
}

/* The counterpart told which case fired, so the lost wake leaves nothing open. */
static void test_overflow_select_inferred(void **state)
{
	static const uint64_t nr[CS_NR_KINDS] = { [CS_WAKE_SELECT] = 1 };
	struct world *w = new_world();

	(void)state;
	FEED(w, { CS_PARK_SELECT, 2000, 0, 1, 0xa, .aux = 1 }, { CS_SELECT_CASE, 2000, CH, 1 },
	     { CS_SEND_DIRECT, 2100, CH, 2, .aux = 1 }, { CS_RECV_FAILED, 2200, CH, 1 });
	feed_overflow(w, CH, nr);
	assert_true(totals_of(w).complete);
	assert_int_equal(nth_channel(w, 0)->receives_blocked, 1);
	world__free(w);
}

static void test_overflow_of_a_reused_pid(void **state)
{
	static const uint64_t nr[CS_NR_KINDS] = { [CS_SEND_DIRECT] = 1 };
	struct world *w = new_world();

	(void)state;
	FEED(w, { CS_MAKE, 2000, CH, 1 });
	announce(w, PID, 3000);
	feed_overflow(w, CH, nr);
	assert_false(totals_of(w).complete);
	assert_int_equal(nth_channel(w, 0)->sends, 1);
	world__free(w);
}

static void test_losses(void **state)
{
	static const struct {
		enum cs_loss loss;
		bool complete;
	} rows[] = {
		{ CS_LOSS_RING_FULL, true },	{ CS_LOSS_OVERFLOW_FULL, false }, { CS_LOSS_STACK_UNREAD, true },
		{ CS_LOSS_SITE_UNREAD, false }, { CS_LOSS_BAD_RECORD, false },	  { CS_LOSS_SELECT_CASES, true },
		{ CS_LOSS_NO_MEMORY, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct world *w = new_world();

		feed_losses(w, rows[i].loss, 1);
		assert_int_equal(totals_of(w).complete, rows[i].complete);
		assert_int_equal(totals_of(w).losses[rows[i].loss], 1);
		world__free(w);
	}
}

/* --- the limit on channels --- */

static size_t nr_channels_of(const struct world *w)
{
	size_t nr = 0;

	while (nth_channel(w, nr))
		nr++;
	return nr;
}

static bool has_channel(const struct world *w, uint64_t addr)
{
	for (size_t i = 0; nth_channel(w, i); i++)
		if (nth_channel(w, i)->addr == addr)
			return true;
	return false;
}

#define ADDR(i) (CH + 128 * (uint64_t)(i))

static void test_evict_ended_first(void **state)
{
	struct world *w = new_world_limited(4);
	const struct channel_group *g;

	(void)state;
	FEED(w, { CS_MAKE, 2000, ADDR(0), 1, 0xa, .cap = 1 }, { CS_MAKE, 2010, ADDR(1), 1, 0xb, .cap = 1 },
	     { CS_MAKE, 2020, ADDR(2), 1, 0xb, .cap = 1 }, { CS_MAKE, 2030, ADDR(3), 1, 0xb, .cap = 1 },
	     /* 1: closed with a value in it; 2: closed and drained */
	     { CS_SEND_BUFFERED, 2100, ADDR(1), 1, .len = 1, .cap = 1 },
	     { CS_CLOSE, 2110, ADDR(1), 1, .len = 1, .cap = 1, .fl = CS_F_CLOSED },
	     { CS_SEND_BUFFERED, 2120, ADDR(2), 1, .len = 1, .cap = 1 },
	     { CS_CLOSE, 2130, ADDR(2), 1, .len = 1, .cap = 1, .fl = CS_F_CLOSED },
	     { CS_RECV_BUFFERED, 2140, ADDR(2), 1, .len = 0, .cap = 1, .fl = CS_F_CLOSED },
	     { CS_MAKE, 2200, ADDR(4), 1, 0xb, .cap = 1 });
	assert_int_equal(nr_channels_of(w), 4);
	assert_false(has_channel(w, ADDR(2)));
	/* a reused one goes before one that is merely old */
	FEED(w, { CS_MAKE, 2300, ADDR(3), 1, 0xc, .cap = 1 });
	assert_int_equal(nr_channels_of(w), 4);
	assert_true(has_channel(w, ADDR(0)));
	assert_int_equal(nth_channel(w, 3)->generation, 2);
	assert_int_equal(nth_channel(w, 3)->stack_made, 0xc);
	g = nth_group(w, 0);
	assert_int_equal(g->stack_made, 0xb);
	assert_int_equal(g->nr_channels, 2);
	assert_int_equal(g->sum.sends, 1);
	assert_int_equal(g->sum.receives, 1);
	assert_int_equal(g->sum.queue.count, 1);
	assert_int_equal(g->sum.queue.max_ns, 20);
	assert_int_equal(totals_of(w).losses[CS_LOSS_CHANNELS_EVICTED], 2);
	assert_true(totals_of(w).complete);
	world__free(w);
}

static void test_evict_least_recently_used(void **state)
{
	struct world *w = new_world_limited(3);

	(void)state;
	FEED(w, { CS_MAKE, 2000, ADDR(0), 1 }, { CS_MAKE, 2010, ADDR(1), 1 }, { CS_MAKE, 2020, ADDR(2), 1 },
	     { CS_SEND_FAILED, 2100, ADDR(0), 1 }, { CS_MAKE, 2200, ADDR(3), 1 });
	assert_true(has_channel(w, ADDR(0)));
	assert_false(has_channel(w, ADDR(1)));
	/* seen again it is a new entry, with a number of its own */
	FEED(w, { CS_SEND_FAILED, 2300, ADDR(1), 1 });
	assert_true(has_channel(w, ADDR(1)));
	assert_int_equal(nth_channel(w, 2)->generation, 2);
	assert_int_equal(nr_channels_of(w), 3);
	world__free(w);
}

static void test_evict_never_with_waiters_or_panics(void **state)
{
	struct world *w = new_world_limited(2);

	(void)state;
	FEED(w, { CS_PARK_RECV, 2000, ADDR(0), 1 }, { CS_PARK_SELECT, 2000, 0, 2, .aux = 1 },
	     { CS_SELECT_CASE, 2000, ADDR(1), 2 }, { CS_SEND_PANIC, 2000, ADDR(2), 3, .fl = CS_F_CLOSED });
	for (int i = 3; i < 100; i++)
		FEED(w, { CS_MAKE, 3000 + (uint64_t)i, ADDR(i), 9 });
	for (int i = 0; i < 3; i++)
		assert_true(has_channel(w, ADDR(i)));
	assert_true(nr_channels_of(w) <= 4);
	assert_ptr_equal(nth_waiter(w, 0)->chan, nth_channel(w, 0));
	assert_ptr_equal(nth_waiter(w, 1)->cases[0].chan, nth_channel(w, 1));
	assert_ptr_equal(nth_panic(w, 0)->chan, nth_channel(w, 2));
	/* once they are gone, their channels may go */
	FEED(w, { CS_WAKE_RECV, 4000, ADDR(0), 1, .fl = CS_F_OK }, { CS_WAKE_SELECT, 4000, ADDR(1), 2, .fl = CS_F_OK });
	for (int i = 100; i < 200; i++)
		FEED(w, { CS_MAKE, 5000 + (uint64_t)i, ADDR(i), 9 });
	assert_false(has_channel(w, ADDR(0)));
	assert_false(has_channel(w, ADDR(1)));
	assert_true(has_channel(w, ADDR(2)));
	world__free(w);
}

/* A select in a loop, each time on another timer: its cases are folded along with the channels. */
static void test_evict_from_selects(void **state)
{
	enum { NR = 5000, KEPT = 64 };
	struct world *w = new_world_limited(KEPT);
	const struct select_stat *s;
	uint64_t sum = 0;

	(void)state;
	for (uint64_t i = 0; i < NR; i++)
		FEED(w, { CS_MAKE, 2000 + i, ADDR(i), 1, 0xb, .cap = 1 },
		     { CS_PARK_SELECT, 2000 + i, 0, 1, 0xa, .aux = 2 },
		     { CS_SELECT_CASE, 2000 + i, ADDR(i), 1, .cap = 1 }, { CS_SELECT_CASE, 2000 + i, ADDR(NR), 1 },
		     { CS_WAKE_SELECT, 2000 + i, ADDR(i), 1, .cap = 1, .fl = CS_F_OK });
	s = nth_select(w, 0);
	assert_int_equal(s->count, NR);
	assert_true(s->nr_cases <= KEPT + 2);
	for (size_t i = 0; i < s->nr_cases; i++)
		sum += s->cases[i].taken;
	assert_int_equal(sum, NR);
	assert_int_equal(taken(s, ADDR(NR), false), 0);
	assert_int_equal(taken(s, 0, false), NR - (int64_t)nr_channels_of(w) + 1);
	assert_int_equal(nth_group(w, 0)->nr_channels + nr_channels_of(w), NR + 1);
	assert_int_equal(nth_group(w, 0)->sum.receives_blocked, (uint64_t)taken(s, 0, false));
	assert_int_equal(totals_of(w).losses[CS_LOSS_CHANNELS_EVICTED], nth_group(w, 0)->nr_channels);
	world__free(w);
}

/* What was counted is still there after folding, whatever went. */
static void test_evict_keeps_sums(void **state)
{
	struct world *w = new_world_limited(100);
	uint64_t sends = 0, nr = 0;

	(void)state;
	for (uint64_t i = 0; i < 20000; i++)
		FEED(w, { CS_MAKE, 2000 + i, ADDR(i * 7919 % 5000), 1, i % 13, .cap = 1 },
		     { CS_SEND_BUFFERED, 2000 + i, ADDR(i * 7919 % 5000), 1, .len = 1, .cap = 1 });
	assert_true(nr_channels_of(w) <= 100);
	for (size_t i = 0; nth_channel(w, i); i++, nr++)
		sends += nth_channel(w, i)->sends;
	for (size_t i = 0; nth_group(w, i); i++) {
		sends += nth_group(w, i)->sum.sends;
		nr += nth_group(w, i)->nr_channels;
	}
	assert_int_equal(sends, 20000);
	assert_int_equal(nr, 20000);
	world__free(w);
}

static void test_totals_of_evicted(void **state)
{
	static const uint64_t nr[CS_NR_KINDS] = { [CS_SEND_DIRECT] = 1 };
	struct world *w = new_world_limited(1);

	(void)state;
	FEED(w, { CS_MAKE, 2000, ADDR(0), 1 }, { CS_MAKE, 2010, ADDR(1), 1 });
	feed_overflow(w, ADDR(0), nr);
	assert_false(totals_of(w).complete); /* they may belong to the one that was evicted, or to a later one */
	world__free(w);
}

static void test_panics_are_bounded(void **state)
{
	struct world *w = new_world();

	(void)state;
	for (uint64_t i = 0; i < WORLD_MAX_PANICS + 40000; i++)
		FEED(w, { CS_CLOSE_PANIC, 2000 + i, 0, 1, 0xa });
	assert_int_equal(totals_of(w).losses[CS_LOSS_NO_MEMORY], 40000);
	assert_non_null(nth_panic(w, WORLD_MAX_PANICS - 1));
	assert_null(nth_panic(w, WORLD_MAX_PANICS));
	assert_false(totals_of(w).complete);
	world__free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_overflow_adds),
		cmocka_unit_test(test_overflow_exact),
		cmocka_unit_test(test_overflow_select_inferred),
		cmocka_unit_test(test_overflow_of_a_reused_pid),
		cmocka_unit_test(test_losses),
		cmocka_unit_test(test_evict_ended_first),
		cmocka_unit_test(test_evict_least_recently_used),
		cmocka_unit_test(test_evict_never_with_waiters_or_panics),
		cmocka_unit_test(test_evict_from_selects),
		cmocka_unit_test(test_evict_keeps_sums),
		cmocka_unit_test(test_totals_of_evicted),
		cmocka_unit_test(test_panics_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
