// SPDX-License-Identifier: Apache-2.0
/* Tests what each kind of record does to its channel: one row a case, all counts compared. */
#include "world_fixture.h"

#define MAX_STEPS 12

struct row {
	const char *name;
	struct ev steps[MAX_STEPS];
	struct channel want; /* of the last channel; only the fields that check_row() compares */
	uint64_t queue_count, queue_sum;
	size_t nr_channels; /* 0: one */
	uint64_t end_ns;    /* 0: no end */
};

#define CAP2 .cap = 2

static const struct row rows[] = {
	{ "make",
	  { { CS_MAKE, 2000, CH, 1, 0x51, .aux = 0x77, CAP2 } },
	  { .generation = 1,
	    .capacity = 2,
	    .capacity_known = true,
	    .elem_type = 0x77,
	    .made_at_ns = 2000,
	    .stack_made = 0x51 } },
	{ "a channel without a make",
	  { { CS_SEND_BUFFERED, 2000, CH, 1, 0x52, .len = 1, CAP2 } },
	  { .generation = 1,
	    .capacity = 2,
	    .capacity_known = true,
	    .made_before_attach = true,
	    .made_at_ns = 2000,
	    .sends = 1,
	    .length = 1,
	    .length_max = 1 } },
	{ "buffered send and receive: time in the buffer",
	  { { CS_MAKE, 2000, CH, 1, CAP2 },
	    { CS_SEND_BUFFERED, 2100, CH, 1, .len = 1, CAP2 },
	    { CS_RECV_BUFFERED, 2150, CH, 2, .len = 0, CAP2 } },
	  { .generation = 1,
	    .capacity = 2,
	    .capacity_known = true,
	    .made_at_ns = 2000,
	    .sends = 1,
	    .receives = 1,
	    .length_max = 1 },
	  1,
	  50 },
	{ "first in, first out",
	  { { CS_MAKE, 2000, CH, 1, CAP2 },
	    { CS_SEND_BUFFERED, 2100, CH, 1, .len = 1, CAP2 },
	    { CS_SEND_BUFFERED, 2200, CH, 1, .len = 2, CAP2 },
	    { CS_RECV_BUFFERED, 2300, CH, 2, .len = 1, CAP2 } },
	  { .generation = 1,
	    .capacity = 2,
	    .capacity_known = true,
	    .made_at_ns = 2000,
	    .sends = 2,
	    .receives = 1,
	    .length = 1,
	    .length_max = 2 },
	  1,
	  200 },
	{ "direct send: value and receiver",
	  { { CS_MAKE, 2000, CH, 1 },
	    { CS_PARK_RECV, 2100, CH, 2 },
	    { CS_SEND_DIRECT, 2200, CH, 1, .aux = 2 },
	    { CS_WAKE_RECV, 2300, CH, 2, .fl = CS_F_OK } },
	  { .generation = 1,
	    .capacity_known = true,
	    .made_at_ns = 2000,
	    .sends = 1,
	    .receives = 1,
	    .receives_blocked = 1,
	    .receive_wait_ns = 200,
	    .receive_wait_max_ns = 200,
	    .receivers_waiting_max = 1 },
	  1,
	  0 },
	{ "direct receive from an unbuffered channel: the sender is served",
	  { { CS_MAKE, 2000, CH, 1 },
	    { CS_PARK_SEND, 2100, CH, 2 },
	    { CS_RECV_DIRECT, 2200, CH, 1, .aux = 2 },
	    { CS_WAKE_SEND, 2250, CH, 2, .fl = CS_F_OK } },
	  { .generation = 1,
	    .capacity_known = true,
	    .made_at_ns = 2000,
	    .sends = 1,
	    .receives = 1,
	    .sends_blocked = 1,
	    .send_wait_ns = 150,
	    .send_wait_max_ns = 150,
	    .senders_waiting_max = 1 },
	  1,
	  0 },
	{ "direct receive from a full buffer: the oldest comes out, the parked sender's goes in now",
	  { { CS_MAKE, 2000, CH, 1, .cap = 1 },
	    { CS_SEND_BUFFERED, 2100, CH, 1, .len = 1, .cap = 1 },
	    { CS_PARK_SEND, 2200, CH, 1, .len = 1, .cap = 1 },
	    { CS_RECV_DIRECT, 2300, CH, 2, .aux = 1, .len = 1, .cap = 1 },
	    { CS_WAKE_SEND, 2310, CH, 1, .len = 1, .cap = 1, .fl = CS_F_OK },
	    { CS_RECV_BUFFERED, 2400, CH, 2, .len = 0, .cap = 1 } },
	  { .generation = 1,
	    .capacity = 1,
	    .capacity_known = true,
	    .made_at_ns = 2000,
	    .sends = 2,
	    .receives = 2,
	    .sends_blocked = 1,
	    .send_wait_ns = 110,
	    .send_wait_max_ns = 110,
	    .senders_waiting_max = 1,
	    .length_max = 1 },
	  2,
	  200 + 100 },
	{ "failed attempts",
	  { { CS_MAKE, 2000, CH, 1 },
	    { CS_SEND_FAILED, 2100, CH, 1 },
	    { CS_RECV_FAILED, 2200, CH, 1 },
	    { CS_RECV_FAILED, 2300, CH, 1 } },
	  { .generation = 1, .capacity_known = true, .made_at_ns = 2000, .sends_failed = 1, .receives_failed = 2 } },
	{ "close, drain, receive of the zero value",
	  { { CS_MAKE, 2000, CH, 1, CAP2 },
	    { CS_SEND_BUFFERED, 2100, CH, 1, .len = 1, CAP2 },
	    { CS_CLOSE, 2200, CH, 3, 0x61, .len = 1, CAP2, .fl = CS_F_CLOSED },
	    { CS_RECV_BUFFERED, 2300, CH, 2, .len = 0, CAP2, .fl = CS_F_CLOSED },
	    { CS_RECV_CLOSED, 2400, CH, 2, .len = 0, CAP2, .fl = CS_F_CLOSED } },
	  { .generation = 1,
	    .capacity = 2,
	    .capacity_known = true,
	    .made_at_ns = 2000,
	    .sends = 1,
	    .receives = 1,
	    .closed_receives = 1,
	    .length_max = 1,
	    .closed = true,
	    .closed_at_ns = 2200,
	    .stack_closed = 0x61,
	    .closed_by_goid = 3,
	    .ended = CHAN_CLOSED,
	    .ended_at_ns = 2200 },
	  1,
	  200 },
	{ "a parked receiver woken by close",
	  { { CS_MAKE, 2000, CH, 1 },
	    { CS_PARK_RECV, 2100, CH, 2 },
	    { CS_CLOSE, 2200, CH, 1, .fl = CS_F_CLOSED },
	    { CS_WAKE_RECV, 2300, CH, 2, .fl = CS_F_CLOSED } },
	  { .generation = 1,
	    .capacity_known = true,
	    .made_at_ns = 2000,
	    .closed_receives = 1,
	    .receives_blocked = 1,
	    .receive_wait_ns = 200,
	    .receive_wait_max_ns = 200,
	    .receivers_waiting_max = 1,
	    .closed = true,
	    .closed_at_ns = 2200,
	    .closed_by_goid = 1,
	    .ended = CHAN_CLOSED,
	    .ended_at_ns = 2200 } },
	{ "closed before anybody looked: known by the flag, then by the close",
	  { { CS_RECV_CLOSED, 2000, CH, 2, .fl = CS_F_CLOSED }, { CS_CLOSE, 2010, CH, 1, 0x61, .fl = CS_F_CLOSED } },
	  { .generation = 1,
	    .capacity_known = true,
	    .made_before_attach = true,
	    .made_at_ns = 2000,
	    .closed_receives = 1,
	    .closed = true,
	    .closed_at_ns = 2010,
	    .stack_closed = 0x61,
	    .closed_by_goid = 1,
	    .ended = CHAN_CLOSED,
	    .ended_at_ns = 2010 } },
	{ "still parked at the end of the run",
	  { { CS_MAKE, 2000, CH, 1 }, { CS_PARK_SEND, 2100, CH, 1 }, { CS_PARK_SEND, 2300, CH, 2 } },
	  { .generation = 1,
	    .capacity_known = true,
	    .made_at_ns = 2000,
	    .sends_blocked = 2,
	    .send_wait_ns = 900 + 700,
	    .send_wait_max_ns = 900,
	    .senders_waiting = 2,
	    .senders_waiting_max = 2 },
	  .end_ns = 3000 },
	{ "a make on a known address is another channel",
	  { { CS_MAKE, 2000, CH, 1, CAP2 },
	    { CS_SEND_BUFFERED, 2100, CH, 1, .len = 1, CAP2 },
	    { CS_MAKE, 2200, CH, 1, CAP2 } },
	  { .generation = 2, .capacity = 2, .capacity_known = true, .made_at_ns = 2200 },
	  .nr_channels = 2 },
	{ "another capacity proves that a make was lost",
	  { { CS_MAKE, 2000, CH, 1, CAP2 }, { CS_SEND_BUFFERED, 2100, CH, 1, .len = 1, .cap = 3 } },
	  { .generation = 2,
	    .capacity = 3,
	    .capacity_known = true,
	    .made_at_ns = 2100,
	    .sends = 1,
	    .length = 1,
	    .length_max = 1 },
	  .nr_channels = 2 },
	{ "so does a send after the close",
	  { { CS_MAKE, 2000, CH, 1, CAP2 },
	    { CS_CLOSE, 2100, CH, 1, CAP2, .fl = CS_F_CLOSED },
	    { CS_SEND_BUFFERED, 2200, CH, 1, .len = 1, CAP2 } },
	  { .generation = 2,
	    .capacity = 2,
	    .capacity_known = true,
	    .made_at_ns = 2200,
	    .sends = 1,
	    .length = 1,
	    .length_max = 1 },
	  .nr_channels = 2 },
	{ "and a second close",
	  { { CS_CLOSE, 2100, CH, 1, .fl = CS_F_CLOSED }, { CS_CLOSE, 2200, CH, 1, .fl = CS_F_CLOSED } },
	  { .generation = 2,
	    .capacity_known = true,
	    .made_at_ns = 2200,
	    .closed = true,
	    .closed_at_ns = 2200,
	    .closed_by_goid = 1,
	    .ended = CHAN_CLOSED,
	    .ended_at_ns = 2200 },
	  .nr_channels = 2 },
	{ "values in the buffer before it was seen leave no queue time",
	  { { CS_RECV_BUFFERED, 2100, CH, 1, .len = 1, CAP2 },
	    { CS_SEND_BUFFERED, 2200, CH, 1, .len = 2, CAP2 },
	    { CS_RECV_BUFFERED, 2300, CH, 1, .len = 1, CAP2 },
	    { CS_RECV_BUFFERED, 2400, CH, 1, .len = 0, CAP2 } },
	  { .generation = 1,
	    .capacity = 2,
	    .capacity_known = true,
	    .made_before_attach = true,
	    .made_at_ns = 2100,
	    .sends = 1,
	    .receives = 3,
	    .length_max = 2 },
	  1,
	  200 },
	{ "a lost receive: the oldest value is gone",
	  { { CS_MAKE, 2000, CH, 1, CAP2 },
	    { CS_SEND_BUFFERED, 2100, CH, 1, .len = 1, CAP2 },
	    { CS_SEND_BUFFERED, 2200, CH, 1, .len = 1, CAP2 },
	    { CS_RECV_BUFFERED, 2300, CH, 1, .len = 0, CAP2 } },
	  { .generation = 1,
	    .capacity = 2,
	    .capacity_known = true,
	    .made_at_ns = 2000,
	    .sends = 2,
	    .receives = 1,
	    .length_max = 1 },
	  1,
	  100 },
	{ "a lost receive, seen by the next receive",
	  { { CS_MAKE, 2000, CH, 1, CAP2 },
	    { CS_SEND_BUFFERED, 2100, CH, 1, .len = 1, CAP2 },
	    { CS_SEND_BUFFERED, 2200, CH, 1, .len = 2, CAP2 },
	    { CS_RECV_BUFFERED, 2300, CH, 1, .len = 0, CAP2 } },
	  { .generation = 1,
	    .capacity = 2,
	    .capacity_known = true,
	    .made_at_ns = 2000,
	    .sends = 2,
	    .receives = 1,
	    .length_max = 2 },
	  1,
	  100 },
	{ "the length after a wake is that of the last locked record",
	  { { CS_MAKE, 2000, CH, 1, CAP2 },
	    { CS_SEND_BUFFERED, 2100, CH, 1, .len = 1, CAP2 },
	    { CS_WAKE_RECV, 2200, CH, 2, .len = 2, CAP2, .fl = CS_F_OK } },
	  { .generation = 1,
	    .capacity = 2,
	    .capacity_known = true,
	    .made_at_ns = 2000,
	    .sends = 1,
	    .length = 1,
	    .length_max = 1 } },
	{ "a lost send: its value is unknown, its neighbours are not",
	  { { CS_MAKE, 2000, CH, 1, .cap = 4 },
	    { CS_SEND_BUFFERED, 2100, CH, 1, .len = 1, .cap = 4 },
	    { CS_SEND_BUFFERED, 2300, CH, 1, .len = 3, .cap = 4 },
	    { CS_RECV_BUFFERED, 2400, CH, 1, .len = 2, .cap = 4 },
	    { CS_RECV_BUFFERED, 2500, CH, 1, .len = 1, .cap = 4 },
	    { CS_RECV_BUFFERED, 2600, CH, 1, .len = 0, .cap = 4 } },
	  { .generation = 1,
	    .capacity = 4,
	    .capacity_known = true,
	    .made_at_ns = 2000,
	    .sends = 2,
	    .receives = 3,
	    .length_max = 3 },
	  2,
	  300 + 300 },
	{ "a timer that empties its channel leaves no receive",
	  { { CS_SEND_BUFFERED, 2100, CH, .len = 1, .cap = 1, .fl = CS_F_TIMER },
	    { CS_SEND_BUFFERED, 2200, CH, .len = 1, .cap = 1, .fl = CS_F_TIMER },
	    { CS_RECV_BUFFERED, 2205, CH, 1, .len = 0, .cap = 1, .fl = CS_F_TIMER } },
	  { .generation = 1,
	    .capacity = 1,
	    .capacity_known = true,
	    .made_before_attach = true,
	    .made_at_ns = 2100,
	    .timer = true,
	    .sends = 2,
	    .receives = 1,
	    .length_max = 1 },
	  1,
	  5 },
	{ "a wake tells an old length",
	  { { CS_MAKE, 2000, CH, 1, CAP2 },
	    { CS_SEND_BUFFERED, 2100, CH, 1, .len = 1, CAP2 },
	    { CS_WAKE_RECV, 2200, CH, 2, .len = 0, CAP2, .fl = CS_F_OK },
	    { CS_RECV_BUFFERED, 2300, CH, 1, .len = 0, CAP2 } },
	  { .generation = 1,
	    .capacity = 2,
	    .capacity_known = true,
	    .made_at_ns = 2000,
	    .sends = 1,
	    .receives = 1,
	    .length_max = 1 },
	  1,
	  200 },
	{ "a header that could not be read",
	  { { CS_SEND_BUFFERED, 2100, CH, 1, .len = 99, .cap = 98, .fl = CS_F_NO_CHAN },
	    { CS_RECV_BUFFERED, 2200, CH, 1, .fl = CS_F_NO_CHAN } },
	  { .generation = 1, .made_before_attach = true, .made_at_ns = 2100, .sends = 1, .receives = 1 } },
	{ "a header that could not be read, of a channel that is known",
	  { { CS_MAKE, 2000, CH, 1, CAP2 },
	    { CS_SEND_BUFFERED, 2100, CH, 1, .fl = CS_F_NO_CHAN },
	    { CS_SEND_BUFFERED, 2200, CH, 1, .fl = CS_F_NO_CHAN },
	    { CS_RECV_BUFFERED, 2300, CH, 1, .fl = CS_F_NO_CHAN } },
	  { .generation = 1,
	    .capacity = 2,
	    .capacity_known = true,
	    .made_at_ns = 2000,
	    .sends = 2,
	    .receives = 1,
	    .length = 1,
	    .length_max = 2 },
	  1,
	  200 },
	{ "a length beyond the capacity is not believed",
	  { { CS_SEND_BUFFERED, 2100, CH, 1, .len = 4000000000U, CAP2 } },
	  { .generation = 1,
	    .capacity = 2,
	    .capacity_known = true,
	    .made_before_attach = true,
	    .made_at_ns = 2100,
	    .sends = 1,
	    .length = 2,
	    .length_max = 2 } },
	{ "four billion values that were there before cost nothing",
	  { { CS_RECV_BUFFERED, 2100, CH, 1, .len = UINT32_MAX, .cap = UINT32_MAX } },
	  { .generation = 1,
	    .capacity = UINT32_MAX,
	    .capacity_known = true,
	    .made_before_attach = true,
	    .made_at_ns = 2100,
	    .receives = 1,
	    .length = UINT32_MAX,
	    .length_max = UINT32_MAX } },
	{ "the operation of a select counts like any other",
	  { { CS_SEND_BUFFERED, 2100, CH, 1, .len = 1, CAP2, .fl = CS_F_SELECT | CS_F_DIR_SEND },
	    { CS_RECV_BUFFERED, 2200, CH, 1, .len = 0, CAP2, .fl = CS_F_SELECT },
	    { CS_CLOSE, 2300, CH, 1, CAP2, .fl = CS_F_CLOSED },
	    { CS_RECV_CLOSED, 2400, CH, 1, CAP2, .fl = CS_F_SELECT | CS_F_CLOSED } },
	  { .generation = 1,
	    .capacity = 2,
	    .capacity_known = true,
	    .made_before_attach = true,
	    .made_at_ns = 2100,
	    .sends = 1,
	    .receives = 1,
	    .closed_receives = 1,
	    .length_max = 1,
	    .closed = true,
	    .closed_at_ns = 2300,
	    .closed_by_goid = 1,
	    .ended = CHAN_CLOSED,
	    .ended_at_ns = 2300 },
	  1,
	  100 },
};

static void same(const struct row *r, const char *field, uint64_t got, uint64_t want)
{
	if (got != want)
		fail_msg("%s: %s is %llu, not %llu", r->name, field, (unsigned long long)got, (unsigned long long)want);
}

#define SAME(field) same(r, #field, got->field, want->field)

static void check_row(const struct row *r, const struct channel *got)
{
	const struct channel *want = &r->want;

	SAME(generation), SAME(elem_type), SAME(capacity), SAME(capacity_known), SAME(made_before_attach), SAME(timer);
	SAME(made_at_ns), SAME(stack_made), SAME(sends), SAME(receives), SAME(closed_receives), SAME(sends_failed);
	SAME(receives_failed), SAME(sends_blocked), SAME(receives_blocked), SAME(send_wait_ns), SAME(receive_wait_ns);
	SAME(send_wait_max_ns), SAME(receive_wait_max_ns), SAME(senders_waiting), SAME(receivers_waiting);
	SAME(senders_waiting_max), SAME(receivers_waiting_max), SAME(length), SAME(length_max), SAME(closed);
	SAME(closed_at_ns), SAME(stack_closed), SAME(closed_by_goid), SAME(ended), SAME(ended_at_ns), SAME(from_totals);
	if (got->queue.count != r->queue_count || got->queue.sum_ns != r->queue_sum)
		fail_msg("%s: %llu queue times of %llu ns", r->name, (unsigned long long)got->queue.count,
			 (unsigned long long)got->queue.sum_ns);
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *r = &rows[i];
		size_t nr = r->nr_channels ? r->nr_channels : 1;
		struct world *w = new_world();

		feed_events(w, r->steps, MAX_STEPS);
		if (r->end_ns)
			end_world(w, r->end_ns);
		if (!nth_channel(w, nr - 1) || nth_channel(w, nr))
			fail_msg("%s: not %zu channels", r->name, nr);
		check_row(r, nth_channel(w, nr - 1));
		assert_true(totals_of(w).complete);
		world__free(w);
	}
}

static void test_generations_end(void **state)
{
	struct world *w = new_world();

	(void)state;
	FEED(w, { CS_MAKE, 2000, CH, 1 }, { CS_MAKE, 2100, CH, 1 }, { CS_CLOSE, 2150, CH, 1, .fl = CS_F_CLOSED },
	     { CS_MAKE, 2200, CH, 1 });
	assert_int_equal(nth_channel(w, 0)->ended, CHAN_REUSED);
	assert_int_equal(nth_channel(w, 0)->ended_at_ns, 2100);
	assert_int_equal(nth_channel(w, 1)->ended, CHAN_CLOSED);
	assert_int_equal(nth_channel(w, 1)->ended_at_ns, 2150);
	assert_int_equal(nth_channel(w, 2)->ended, CHAN_ALIVE);
	assert_int_equal(nth_channel(w, 2)->generation, 3);
	world__free(w);
}

/* Where a channel is used stands in for where it was made; what a timer sends is no use of the program's. */
static void test_first_use(void **state)
{
	struct world *w = new_world();

	(void)state;
	FEED(w, { CS_SEND_BUFFERED, 2000, CH, 0, 0xa, .len = 1, .cap = 1 }, /* goroutine 0: the runtime */
	     { CS_RECV_BUFFERED, 2100, CH, 5, 0xb, .cap = 1 }, { CS_RECV_FAILED, 2200, CH, 6, 0xc, .cap = 1 },
	     { CS_MAKE, 2300, CH + 64, 1, 0xd }, { CS_CLOSE, 2400, CH + 64, 1, 0xe, .fl = CS_F_CLOSED });
	assert_int_equal(nth_channel(w, 0)->stack_used, 0xb);
	assert_int_equal(nth_channel(w, 0)->stack_made, 0);
	assert_int_equal(nth_channel(w, 1)->stack_made, 0xd);
	assert_int_equal(nth_channel(w, 1)->stack_used, 0xe);
	world__free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_generations_end),
		cmocka_unit_test(test_first_use),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
