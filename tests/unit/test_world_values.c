// SPDX-License-Identifier: Apache-2.0
/* Tests what is measured over several records: time in the buffer, saturation; and what is counted by stack. */
#include "world_fixture.h"

static void assert_share(double got, double want)
{
	assert_true(got > want - 1e-9 && got < want + 1e-9);
}

static void test_saturation(void **state)
{
	struct world *w = new_world();

	(void)state;
	/* full from 2100 to 2300 and from 2900 to its close at 3000, of a life of 1000 */
	FEED(w, { CS_MAKE, 2000, CH, 1, .cap = 1 }, { CS_SEND_BUFFERED, 2100, CH, 1, .len = 1, .cap = 1 },
	     { CS_RECV_BUFFERED, 2300, CH, 1, .cap = 1 }, { CS_SEND_BUFFERED, 2900, CH, 1, .len = 1, .cap = 1 },
	     { CS_CLOSE, 3000, CH, 1, .len = 1, .cap = 1, .fl = CS_F_CLOSED });
	/* unbuffered: senders parked from 3000 to 3400 (the second served then, though it wakes later); alive until
	 * 4000 */
	FEED(w, { CS_MAKE, 3000, CH + 64, 1 }, { CS_PARK_SEND, 3000, CH + 64, 2 }, { CS_PARK_SEND, 3100, CH + 64, 3 },
	     { CS_RECV_DIRECT, 3200, CH + 64, 1, .aux = 2 }, { CS_RECV_DIRECT, 3400, CH + 64, 1, .aux = 3 },
	     { CS_WAKE_SEND, 3900, CH + 64, 3, .fl = CS_F_OK });
	end_world(w, 4000);
	assert_share(nth_channel(w, 0)->saturation, 0.3);
	assert_share(nth_channel(w, 1)->saturation, 0.4);
	world__free(w);
}

static void test_saturation_lasts(void **state)
{
	struct world *w = new_world();

	(void)state;
	FEED(w, { CS_MAKE, 2000, CH, 1 }, { CS_PARK_SEND, 2500, CH, 2 });
	end_world(w, 3000);
	assert_share(nth_channel(w, 0)->saturation, 0.5);
	world__free(w);
}

static void test_queue_time_by_sender(void **state)
{
	struct world *w = new_world();

	(void)state;
	FEED(w, { CS_MAKE, 2000, CH, 1, .cap = 1 }, { CS_SEND_BUFFERED, 2100, CH, 1, 0xa, .len = 1, .cap = 1 },
	     { CS_PARK_SEND, 2200, CH, 2, 0xb, .len = 1, .cap = 1 },
	     { CS_RECV_DIRECT, 2300, CH, 3, 0xc, .aux = 2, .len = 1, .cap = 1 },
	     { CS_RECV_BUFFERED, 2700, CH, 3, 0xc, .len = 0, .cap = 1 },
	     { CS_SEND_BUFFERED, 2800, CH, 3, 0xd, .len = 1, .cap = 1, .fl = CS_F_SELECT | CS_F_DIR_SEND },
	     { CS_RECV_BUFFERED, 2801, CH, 3, 0xc, .len = 0, .cap = 1 });
	assert_int_equal(stat_of(w, 0xa, STACK_SEND).queue_ns, 200);
	assert_int_equal(stat_of(w, 0xa, STACK_SEND).queued, 1);
	assert_int_equal(stat_of(w, 0xb, STACK_SEND).queue_ns, 400);
	assert_int_equal(stat_of(w, 0xb, STACK_SEND).queued, 1);
	assert_int_equal(stat_of(w, 0xd, STACK_SELECT).queue_ns, 1);
	assert_int_equal(stat_of(w, 0xc, STACK_RECV).queued, 0);
	world__free(w);
}

/* A long random history of one buffered channel against a plain array of send times. */
static void test_fifo_against_array(void **state)
{
	enum { CAP = 500 };
	static uint64_t sent[20000];
	uint64_t seed = 4242, sum = 0, nr_sent = 0, nr_received = 0, t = 2000;
	struct world *w = new_world();

	(void)state;
	FEED(w, { CS_MAKE, 2000, CH, 1, .cap = CAP });
	while (nr_sent < ARRAY_SIZE(sent)) {
		uint32_t len = (uint32_t)(nr_sent - nr_received);
		/* in long waves, so that the ring grows and shrinks */
		uint64_t chance = nr_sent / 2000 % 2 ? 1 : 3;
		bool send = !len || (len < CAP && (seed >> 33 & 3) < chance);

		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		t += seed >> 60;
		if (send) {
			sent[nr_sent++] = t;
			FEED(w, { CS_SEND_BUFFERED, t, CH, 1, .len = len + 1, .cap = CAP });
		} else {
			sum += t - sent[nr_received++];
			FEED(w, { CS_RECV_BUFFERED, t, CH, 2, .len = len - 1, .cap = CAP });
		}
	}
	assert_int_equal(nth_channel(w, 0)->queue.count, nr_received);
	assert_int_equal(nth_channel(w, 0)->queue.sum_ns, sum);
	assert_int_equal(nth_channel(w, 0)->length_max, CAP);
	world__free(w);
}

static void test_panics(void **state)
{
	struct world *w = new_world();
	static const struct panic_info want[] = {
		{ PID, 1, 2100, 0xa, PANIC_CLOSE_OF_NIL, NULL },
		{ PID, 2, 2300, 0xb, PANIC_CLOSE_OF_CLOSED, NULL },
		{ PID, 3, 2400, 0xc, PANIC_SEND_ON_CLOSED, NULL },
		{ PID, 4, 2500, 0xd, PANIC_SEND_ON_CLOSED, NULL },
	};

	(void)state;
	FEED(w, { CS_CLOSE_PANIC, 2100, 0, 1, 0xa }, { CS_PARK_SEND, 2150, CH, 4, 0xd },
	     { CS_CLOSE, 2200, CH, 1, .fl = CS_F_CLOSED }, { CS_CLOSE_PANIC, 2300, CH, 2, 0xb, .fl = CS_F_CLOSED },
	     { CS_SEND_PANIC, 2400, CH, 3, 0xc, .fl = CS_F_CLOSED }, { CS_WAKE_SEND, 2500, CH, 4, .fl = CS_F_CLOSED });
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		const struct panic_info *p = nth_panic(w, i);

		assert_non_null(p);
		assert_int_equal(p->goid, want[i].goid);
		assert_int_equal(p->time_ns, want[i].time_ns);
		assert_int_equal(p->stack, want[i].stack);
		assert_int_equal(p->kind, want[i].kind);
		assert_ptr_equal(p->chan, i ? nth_channel(w, 0) : NULL);
	}
	assert_null(nth_panic(w, ARRAY_SIZE(want)));
	assert_int_equal(nth_channel(w, 0)->sends, 0);
	assert_int_equal(nth_channel(w, 0)->sends_blocked, 1);
	assert_int_equal(nth_channel(w, 0)->send_wait_ns, 350);
	assert_int_equal(nth_channel(w, 0)->generation, 1);
	assert_null(nth_channel(w, 1));
	world__free(w);
}

static void test_ops_count_once(void **state)
{
	static const struct {
		uint64_t stack;
		enum stack_op op;
		bool nil;
		uint64_t ops, blocked, wait_ns, still_parked;
	} want[] = {
		{ 0x1, STACK_MAKE, false, 1, 0, 0, 0 },	  { 0x2, STACK_SEND, false, 1, 1, 100, 0 },
		{ 0x3, STACK_RECV, false, 1, 0, 0, 0 },	  { 0x4, STACK_SEND, true, 2, 1, 800, 1 },
		{ 0x5, STACK_RECV, true, 1, 1, 700, 1 },  { 0x6, STACK_CLOSE, false, 1, 0, 0, 0 },
		{ 0x7, STACK_CLOSE, true, 1, 0, 0, 0 },	  { 0x8, STACK_SEND, false, 2, 0, 0, 0 },
		{ 0x9, STACK_SELECT, false, 1, 0, 0, 0 }, { 0xa, STACK_SELECT, true, 1, 1, 200, 1 },
	};
	struct world *w = new_world();

	(void)state;
	FEED(w, { CS_MAKE, 2000, CH, 1, 0x1 }, { CS_PARK_SEND, 2050, CH, 2, 0x2 },
	     { CS_RECV_DIRECT, 2100, CH, 1, 0x3, .aux = 2 }, { CS_WAKE_SEND, 2150, CH, 2, 0x22, .fl = CS_F_OK },
	     { CS_SEND_FAILED, 2160, 0, 3, 0x4 }, { CS_PARK_SEND, 2200, 0, 3, 0x4 }, { CS_PARK_RECV, 2300, 0, 4, 0x5 },
	     { CS_CLOSE, 2400, CH, 1, 0x6, .fl = CS_F_CLOSED }, { CS_CLOSE_PANIC, 2500, 0, 1, 0x7 },
	     { CS_SEND_FAILED, 2550, CH + 64, 1, 0x8 }, { CS_SEND_PANIC, 2600, CH, 1, 0x8, .fl = CS_F_CLOSED },
	     { CS_SELECT_DEFAULT, 2700, 0, 1, 0x9 }, { CS_PARK_SELECT, 2800, 0, 5, 0xa });
	end_world(w, 3000);
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		struct stack_stat s = stat_of(w, want[i].stack, want[i].op);

		assert_int_equal(s.stack, want[i].stack);
		assert_int_equal(s.nil_chan, want[i].nil);
		assert_int_equal(s.ops, want[i].ops);
		assert_int_equal(s.blocked, want[i].blocked);
		assert_int_equal(s.wait_ns, want[i].wait_ns);
		assert_int_equal(s.still_parked, want[i].still_parked);
	}
	assert_null(nth_stat(w, ARRAY_SIZE(want)));
	world__free(w);
}

static void test_stacks(void **state)
{
	struct world *w = new_world();
	struct feed f = world__feed(w);
	uint64_t pcs[] = { 1, 2, 3 };
	uint32_t nr = 99;

	(void)state;
	f.ops->stack(f.ctx, 0xabc, pcs, 3);
	f.ops->stack(f.ctx, 0xabc, pcs, 1); /* the same id again is the same stack */
	f.ops->stack(f.ctx, 0xdef, NULL, 0);
	assert_int_equal(world__stack(w, 0xabc, &nr)[2], 3);
	assert_int_equal(nr, 3);
	assert_non_null(world__stack(w, 0xdef, &nr));
	assert_int_equal(nr, 0);
	assert_null(world__stack(w, 0x123, &nr));
	assert_int_equal(nr, 0);
	world__free(w);
}

/* In wait mode nothing but parks and wakes tells how full a channel is. */
static void test_wait_mode_length(void **state)
{
	struct feed_start start = { .mode = CAPTURE_WAIT };
	struct world *w = new_world();
	struct feed f = world__feed(w);

	(void)state;
	f.ops->start(f.ctx, &start);
	FEED(w, { CS_PARK_SEND, 2000, CH, 1, .len = 2, .cap = 2 },
	     { CS_WAKE_SEND, 2100, CH, 1, .len = 1, .cap = 2, .fl = CS_F_OK });
	assert_int_equal(nth_channel(w, 0)->length, 1);
	assert_int_equal(nth_channel(w, 0)->length_max, 2);
	assert_int_equal(totals_of(w).start.mode, CAPTURE_WAIT);
	world__free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_saturation),
		cmocka_unit_test(test_saturation_lasts),
		cmocka_unit_test(test_queue_time_by_sender),
		cmocka_unit_test(test_fifo_against_array),
		cmocka_unit_test(test_panics),
		cmocka_unit_test(test_ops_count_once),
		cmocka_unit_test(test_stacks),
		cmocka_unit_test(test_wait_mode_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
