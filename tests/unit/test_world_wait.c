// SPDX-License-Identifier: Apache-2.0
/* Tests who is parked: waits and their ends, the goroutine walk, wakes that were lost, the end of processes. */
#include "world_fixture.h"

#include "model/world_impl.h"

#define CH2 (CH + 64)
#define CH3 (CH + 128)

/* --- waiters --- */

static void test_parked_now(void **state)
{
	struct world *w = new_world();
	const struct waiter *wt;

	(void)state;
	FEED(w, { CS_PARK_SEND, 2000, CH, 1, 0xa }, { CS_PARK_RECV, 2100, 0, 2, 0xb },
	     { CS_PARK_RECV, 2200, CH2, 3, 0xc }, { CS_WAKE_RECV, 2300, CH2, 3, .fl = CS_F_OK });
	wt = nth_waiter(w, 0);
	assert_int_equal(wt->pid, PID);
	assert_int_equal(wt->goid, 1);
	assert_int_equal(wt->since_ns, 2000);
	assert_int_equal(wt->kind, CS_PARK_SEND);
	assert_int_equal(wt->stack, 0xa);
	assert_false(wt->since_before_attach);
	assert_ptr_equal(wt->chan, nth_channel(w, 0));
	wt = nth_waiter(w, 1);
	assert_int_equal(wt->goid, 2);
	assert_int_equal(wt->kind, CS_PARK_RECV);
	assert_null(wt->chan);
	assert_null(nth_waiter(w, 2));
	assert_int_equal(nth_channel(w, 1)->receive_wait_ns, 100);
	world__free(w);
}

/* Each row: events after which exactly these goroutines are parked, and channel 0 has these waits. */
struct end_row {
	const char *name;
	struct ev steps[8];
	uint64_t parked[4];
	uint64_t sends_blocked, receives_blocked, send_wait_ns, receive_wait_ns;
	uint32_t senders_waiting, receivers_waiting;
};

static const struct end_row end_rows[] = {
	{ "goid 0 never parks", { { CS_PARK_RECV, 2000, CH, 0 } }, { 0 }, .receives_blocked = 1 },
	{ "a wake that was lost: the next record of the goroutine ends its wait",
	  { { CS_PARK_RECV, 2000, CH, 1 }, { CS_MAKE, 2500, CH3, 1 } },
	  { 0 },
	  .receives_blocked = 1,
	  .receive_wait_ns = 500 },
	{ "a lost wake of one that was seen served: it ended then",
	  { { CS_PARK_RECV, 2000, CH, 1 }, { CS_SEND_DIRECT, 2200, CH, 2, .aux = 1 }, { CS_MAKE, 2500, CH3, 1 } },
	  { 0 },
	  .receives_blocked = 1,
	  .receive_wait_ns = 200 },
	{ "served and not heard of again: not parked",
	  { { CS_PARK_SEND, 2000, CH, 1 }, { CS_RECV_DIRECT, 2200, CH, 2, .aux = 1 }, { CS_MAKE, 2900, CH3, 2 } },
	  { 0 },
	  .sends_blocked = 1,
	  .send_wait_ns = 200 },
	{ "nor is one whose channel was closed",
	  { { CS_PARK_RECV, 2000, CH, 1 }, { CS_CLOSE, 2200, CH, 2, .fl = CS_F_CLOSED }, { CS_MAKE, 2900, CH3, 2 } },
	  { 0 },
	  .receives_blocked = 1,
	  .receive_wait_ns = 200 },
	{ "nor one whose channel's address was reused",
	  { { CS_PARK_RECV, 2000, CH, 1 }, { CS_MAKE, 2200, CH, 2 }, { CS_MAKE, 2900, CH3, 2 } },
	  { 0 },
	  .receives_blocked = 1,
	  .receive_wait_ns = 200 },
	{ "parked again: the wake between was lost",
	  { { CS_PARK_RECV, 2000, CH, 1 }, { CS_PARK_RECV, 2300, CH, 1 }, { CS_MAKE, 2400, CH3, 2 } },
	  { 1 },
	  .receives_blocked = 2,
	  .receive_wait_ns = 300 + 100,
	  .receivers_waiting = 1 },
	{ "a case record does not show that its goroutine runs",
	  { { CS_PARK_RECV, 2000, CH, 1 }, { CS_SELECT_CASE, 2100, CH2, 1 } },
	  { 1 },
	  .receives_blocked = 1,
	  .receive_wait_ns = 100,
	  .receivers_waiting = 1 },
	{ "a wake of another channel: park and wake of two operations",
	  { { CS_PARK_RECV, 2000, CH, 1 }, { CS_WAKE_RECV, 2200, CH2, 1, .fl = CS_F_OK } },
	  { 0 },
	  .receives_blocked = 1,
	  .receive_wait_ns = 200 },
	{ "a wake of another kind",
	  { { CS_PARK_RECV, 2000, CH, 1 }, { CS_WAKE_SEND, 2200, CH, 1, .fl = CS_F_OK } },
	  { 0 },
	  .receives_blocked = 1,
	  .receive_wait_ns = 200 },
	{ "a wake without a park", { { CS_WAKE_RECV, 2200, CH, 1, .fl = CS_F_OK } }, { 0 } },
	{ "served on a channel where it was not known to be parked: it has been elsewhere",
	  { { CS_PARK_RECV, 2000, CH, 1 }, { CS_SEND_DIRECT, 2200, CH2, 2, .aux = 1 } },
	  { 0 },
	  .receives_blocked = 1,
	  .receive_wait_ns = 200 },
	{ "served twice: the park between was lost",
	  { { CS_PARK_RECV, 2000, CH, 1 },
	    { CS_SEND_DIRECT, 2200, CH, 2, .aux = 1 },
	    { CS_SEND_DIRECT, 2300, CH, 2, .aux = 1 } },
	  { 0 },
	  .receives_blocked = 1,
	  .receive_wait_ns = 200 },
	{ "two goroutines of one number in two processes",
	  { { CS_PARK_RECV, 2000, CH, 1 }, { CS_MAKE, 2300, CH, 1, .pid = 8 }, { CS_MAKE, 2400, CH2, 9 } },
	  { 1 },
	  .receives_blocked = 1,
	  .receive_wait_ns = 400,
	  .receivers_waiting = 1 },
	{ "found by the walk: since attach",
	  { { CS_PARK_RECV, 2000, CH, 1, .fl = CS_F_WALKED } },
	  { 1 },
	  .receives_blocked = 1,
	  .receive_wait_ns = 1000,
	  .receivers_waiting = 1 },
	{ "found by the walk, then woken",
	  { { CS_PARK_RECV, 2000, CH, 1, .fl = CS_F_WALKED }, { CS_WAKE_RECV, 2500, CH, 1, .fl = CS_F_OK } },
	  { 0 },
	  .receives_blocked = 1,
	  .receive_wait_ns = 1500 },
	{ "the walk comes late: the goroutine is known to run",
	  { { CS_RECV_FAILED, 2000, CH, 1 }, { CS_PARK_RECV, 2100, CH, 1, .fl = CS_F_WALKED } },
	  { 0 } },
	{ "the walk comes late: its park is known better",
	  { { CS_PARK_RECV, 2000, CH, 1 }, { CS_PARK_RECV, 2100, CH, 1, .fl = CS_F_WALKED } },
	  { 1 },
	  .receives_blocked = 1,
	  .receive_wait_ns = 100,
	  .receivers_waiting = 1 },
	{ "the walk comes late: it is known to be parked elsewhere since",
	  { { CS_PARK_RECV, 2000, CH, 1 }, { CS_PARK_RECV, 1900, CH2, 1, .fl = CS_F_WALKED } },
	  { 1 },
	  .receives_blocked = 1,
	  .receivers_waiting = 1 },
	{ "walked twice",
	  { { CS_PARK_RECV, 2000, CH, 1, .fl = CS_F_WALKED }, { CS_PARK_RECV, 2100, CH, 1, .fl = CS_F_WALKED } },
	  { 1 },
	  .receives_blocked = 1,
	  .receive_wait_ns = 1100,
	  .receivers_waiting = 1 },
	{ "walked twice, on another channel the second time: where it was before is not known better than since attach",
	  { { CS_PARK_RECV, 2000, CH, 1, .fl = CS_F_WALKED }, { CS_PARK_RECV, 2100, CH2, 1, .fl = CS_F_WALKED } },
	  { 1 },
	  .receives_blocked = 1 },
	{ "walked, then parked: the wake between was lost",
	  { { CS_PARK_RECV, 2000, CH, 1, .fl = CS_F_WALKED }, { CS_PARK_RECV, 2500, CH, 1 } },
	  { 1 },
	  .receives_blocked = 2,
	  .receive_wait_ns = 1500,
	  .receivers_waiting = 1 },
	{ "the walk saw a channel that is gone",
	  { { CS_MAKE, 2000, CH, 9, .cap = 5 }, { CS_PARK_RECV, 1900, CH, 1, .cap = 4, .fl = CS_F_WALKED } },
	  { 0 } },
};

static void test_ends(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(end_rows); i++) {
		const struct end_row *r = &end_rows[i];
		struct world *w = new_world();
		const struct channel *c;
		size_t nr = 0;

		feed_events(w, r->steps, ARRAY_SIZE(r->steps));
		c = nth_channel(w, 0);
		for (; r->parked[nr]; nr++)
			if (!nth_waiter(w, nr) || nth_waiter(w, nr)->goid != r->parked[nr])
				fail_msg("%s: goroutine %d is not parked", r->name, (int)r->parked[nr]);
		if (nth_waiter(w, nr))
			fail_msg("%s: goroutine %d is parked", r->name, (int)nth_waiter(w, nr)->goid);
		if (c->sends_blocked != r->sends_blocked || c->receives_blocked != r->receives_blocked)
			fail_msg("%s: %d sends, %d receives blocked", r->name, (int)c->sends_blocked,
				 (int)c->receives_blocked);
		if (c->send_wait_ns != r->send_wait_ns || c->receive_wait_ns != r->receive_wait_ns)
			fail_msg("%s: waits %d, %d", r->name, (int)c->send_wait_ns, (int)c->receive_wait_ns);
		if (c->senders_waiting != r->senders_waiting || c->receivers_waiting != r->receivers_waiting)
			fail_msg("%s: waiting %d, %d", r->name, (int)c->senders_waiting, (int)c->receivers_waiting);
		world__free(w);
	}
}

static void test_walked_park(void **state)
{
	struct world *w = new_world();

	(void)state;
	FEED(w, { CS_PARK_SELECT, 2000, 0, 1, 0xa, .aux = 1, .fl = CS_F_WALKED },
	     { CS_SELECT_CASE, 2000, CH, 1, .fl = CS_F_WALKED });
	assert_true(nth_waiter(w, 0)->since_before_attach);
	assert_int_equal(nth_waiter(w, 0)->since_ns, ATTACHED);
	assert_int_equal(nth_waiter(w, 0)->nr_cases, 1);
	/* the cases of a walked select that was not news must not join a real one */
	FEED(w, { CS_PARK_SELECT, 2500, 0, 2, 0xa, .aux = 2 }, { CS_SELECT_CASE, 2500, CH, 2 },
	     { CS_PARK_SELECT, 2400, 0, 2, 0xa, .aux = 2, .fl = CS_F_WALKED },
	     { CS_SELECT_CASE, 2400, CH3, 2, .fl = CS_F_WALKED }, { CS_SELECT_CASE, 2500, CH2, 2 });
	assert_int_equal(nth_waiter(w, 1)->nr_cases, 2);
	assert_int_equal(nth_waiter(w, 1)->cases[1].chan->addr, CH2);
	assert_null(nth_channel(w, 2));
	world__free(w);
}

/* --- processes --- */

static void test_process_end(void **state)
{
	struct world *w = new_world();
	struct feed f = world__feed(w);

	(void)state;
	FEED(w, { CS_MAKE, 1500, CH2, 1 }, { CS_PARK_RECV, 2000, CH, 1, 0xa }, { CS_PARK_RECV, 2100, CH2, 2, 0xb },
	     { CS_SEND_DIRECT, 2200, CH2, 3, .aux = 2 });
	f.ops->process_end(f.ctx, PID, 3000, PROCESS_EXITED);
	FEED(w, { CS_PARK_SEND, 2950, CH2, 4, 0xc }); /* still in the ring when the exit was noticed */
	end_world(w, 9000);
	assert_null(nth_waiter(w, 0));
	assert_int_equal(nth_exit_waiter(w, 0)->goid, 1);
	assert_int_equal(nth_exit_waiter(w, 1)->goid, 4);
	assert_null(nth_exit_waiter(w, 2)); /* goroutine 2 was served */
	assert_int_equal(nth_channel(w, 0)->ended, CHAN_PROCESS_EXIT);
	assert_int_equal(nth_channel(w, 0)->ended_at_ns, 3000);
	assert_int_equal(nth_channel(w, 0)->receivers_waiting, 0);
	assert_int_equal(nth_channel(w, 0)->send_wait_ns, 50);
	assert_int_equal(nth_channel(w, 1)->receive_wait_ns, 1000);
	assert_int_equal(stat_of(w, 0xa, STACK_RECV).wait_ns, 1000);
	assert_int_equal(stat_of(w, 0xa, STACK_RECV).still_parked, 0);
	assert_int_equal(nth_process(w, 0)->ended_at_ns, 3000);
	assert_int_equal(nth_process(w, 0)->end_why, PROCESS_EXITED);
	world__free(w);
}

static void test_pid_reused(void **state)
{
	struct world *w = new_world();
	struct feed f = world__feed(w);

	(void)state;
	FEED(w, { CS_MAKE, 1500, CH, 1 }, { CS_PARK_RECV, 2000, CH, 1, 0xa });
	announce(w, PID, 4000); /* its exit was missed */
	FEED(w, { CS_SEND_DIRECT, 4100, CH, 2, .aux = 1 }, { CS_RECV_FAILED, 4200, CH, 1, 0xa });
	f.ops->traps(f.ctx, PID, 55);
	assert_int_equal(nth_process(w, 0)->ended_at_ns, 4000);
	assert_int_equal(nth_process(w, 0)->traps, 0);
	assert_int_equal(nth_process(w, 1)->traps, 55);
	assert_string_equal(nth_process(w, 1)->go_version, "go1.26.8");
	assert_int_equal(nth_channel(w, 0)->ended, CHAN_PROCESS_EXIT);
	assert_int_equal(nth_channel(w, 0)->receive_wait_ns, 2000);
	assert_int_equal(nth_channel(w, 0)->receives, 0);
	assert_int_equal(nth_channel(w, 1)->receives, 1);
	assert_int_equal(nth_channel(w, 1)->generation, 1);
	assert_true(nth_channel(w, 1)->made_before_attach);
	/* stacks of the two are not mixed either */
	assert_int_equal(stat_of(w, 0xa, STACK_RECV).ops, 1);
	assert_int_equal(nth_stat(w, 3)->stack, 0xa);
	assert_int_equal(nth_stat(w, 3)->ops, 1);
	world__free(w);
}

static void test_event_before_its_process(void **state)
{
	struct world *w = new_world();

	(void)state;
	FEED(w, { CS_MAKE, 1500, CH, 1, .pid = 99 });
	announce(w, 99, 1400);
	FEED(w, { CS_CLOSE, 1600, CH, 1, .pid = 99, .fl = CS_F_CLOSED });
	assert_int_equal(nth_process(w, 1)->pid, 99);
	assert_int_equal(nth_process(w, 1)->attached_at_ns, 1400);
	assert_string_equal(nth_process(w, 1)->comm, "app");
	assert_null(nth_process(w, 2));
	assert_true(nth_channel(w, 0)->closed);
	world__free(w);
}

static void test_exit_waits_are_bounded(void **state)
{
	struct world *w = new_world();
	struct feed f = world__feed(w);

	(void)state;
	for (uint64_t g = 1; g <= WORLD_MAX_EXIT_WAITS + 5; g++)
		FEED(w, { CS_PARK_RECV, 2000, CH, g });
	f.ops->process_end(f.ctx, PID, 3000, PROCESS_EXITED);
	assert_int_equal(nth_exit_waiter(w, 0)->goid, 6);
	assert_non_null(nth_exit_waiter(w, WORLD_MAX_EXIT_WAITS - 1));
	assert_null(nth_exit_waiter(w, WORLD_MAX_EXIT_WAITS));
	assert_int_equal(totals_of(w).losses[CS_LOSS_NO_MEMORY], 5);
	assert_int_equal(nth_channel(w, 0)->receive_wait_ns, 1000 * (WORLD_MAX_EXIT_WAITS + 5));
	world__free(w);
}

/* More goroutines than are remembered: the parked ones all stay. */
static void test_many_goroutines(void **state)
{
	struct world *w = new_world();
	uint64_t nr = 0;

	(void)state;
	for (uint64_t g = 1; g <= 400000; g++) {
		FEED(w, { CS_RECV_FAILED, 2000 + g, CH, g });
		if (g % 1000 == 0)
			FEED(w, { CS_PARK_RECV, 2000 + g, CH, g });
	}
	assert_int_equal(nth_channel(w, 0)->receivers_waiting, 400);
	assert_int_equal(nth_waiter(w, 0)->goid, 1000);
	FEED(w, { CS_WAKE_RECV, 900000, CH, 1000, .fl = CS_F_OK });
	while (nth_waiter(w, nr))
		nr++;
	assert_int_equal(nr, 399);
	world__free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parked_now),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_walked_park),
		cmocka_unit_test(test_process_end),
		cmocka_unit_test(test_pid_reused),
		cmocka_unit_test(test_event_before_its_process),
		cmocka_unit_test(test_exit_waits_are_bounded),
		cmocka_unit_test(test_many_goroutines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
