// SPDX-License-Identifier: Apache-2.0
/* model: what a stack did with each channel and in which direction. */
#include "world_fixture.h"

static struct flow_stat flow_of(const struct world *w, uint64_t stack, uint64_t chan, bool send)
{
	const struct flow_stat *f;

	for (size_t i = 0; (f = nth_flow(w, i)); i++)
		if (f->stack == stack && (f->chan ? f->chan->addr : 1) == chan && f->send == send)
			return *f;
	return (struct flow_stat){ 0 };
}

#define NO_CHAN 1

static void splits_a_stack_by_channel(void **state)
{
	struct world *w = new_world();
	struct flow_stat f;

	(void)state;
	FEED(w, { CS_MAKE, 1100, CH, 1, 10, .cap = 2 }, { CS_MAKE, 1100, CH + 96, 1, 10, .cap = 2 },
	     { CS_SEND_BUFFERED, 1200, CH, 1, 20, .len = 1, .cap = 2 },
	     { CS_SEND_BUFFERED, 1250, CH + 96, 1, 20, .len = 1, .cap = 2 },
	     { CS_SEND_FAILED, 1260, CH + 96, 1, 20, .len = 1, .cap = 2 },
	     { CS_RECV_BUFFERED, 1300, CH, 2, 30, .len = 0, .cap = 2 }, { CS_CLOSE, 1400, CH, 1, 40, .cap = 2 },
	     { CS_RECV_CLOSED, 1500, CH, 2, 30, .cap = 2 });
	end_world(w, 2000);
	f = flow_of(w, 20, CH, true);
	assert_int_equal(f.op, STACK_SEND);
	assert_int_equal(f.ops, 1);
	assert_int_equal(f.values, 1);
	assert_int_equal(f.queued, 1);
	assert_int_equal(f.queue_ns, 100);
	f = flow_of(w, 20, CH + 96, true);
	assert_int_equal(f.ops, 2);
	assert_int_equal(f.values, 1);
	assert_int_equal(f.queued, 0);
	f = flow_of(w, 30, CH, false);
	assert_int_equal(f.ops, 2);
	assert_int_equal(f.values, 1);
	assert_int_equal(flow_of(w, 40, CH, false).op, STACK_CLOSE);
	assert_int_equal(flow_of(w, 10, CH + 96, false).op, STACK_MAKE);
	world__free(w);
}

static void puts_a_wait_down_to_its_channel(void **state)
{
	struct world *w = new_world();
	struct flow_stat f;

	(void)state;
	FEED(w, { CS_PARK_RECV, 1100, CH, 1, 10 }, { CS_SEND_DIRECT, 1300, CH, 2, 20, .aux = 1 },
	     { CS_WAKE_RECV, 1310, CH, 1, 10, .fl = CS_F_OK }, { CS_PARK_SEND, 1400, CH, 2, 20 },
	     { CS_PARK_RECV, 1500, 0, 3, 30 });
	end_world(w, 2000);
	f = flow_of(w, 10, CH, false);
	assert_int_equal(f.blocked, 1);
	assert_int_equal(f.wait_ns, 210);
	assert_int_equal(f.values, 1);
	f = flow_of(w, 20, CH, true);
	assert_int_equal(f.ops, 2);
	assert_int_equal(f.values, 1);
	assert_int_equal(f.still_parked, 1);
	assert_int_equal(f.wait_ns, 600);
	f = flow_of(w, 30, NO_CHAN, false);
	assert_true(f.nil_chan);
	assert_int_equal(f.wait_ns, 500);
	world__free(w);
}

/* Which channel a select was about is known when a case fires. */
static void gives_a_select_to_the_case_that_fired(void **state)
{
	struct world *w = new_world();
	struct flow_stat f;

	(void)state;
	FEED(w, { CS_PARK_SELECT, 1100, 0, 1, 10, .aux = 2 }, { CS_SELECT_CASE, 1100, CH, 1 },
	     { CS_SELECT_CASE, 1100, CH + 96, 1, .fl = CS_F_DIR_SEND });
	f = flow_of(w, 10, NO_CHAN, false);
	assert_int_equal(f.ops, 1);
	assert_int_equal(f.still_parked, 1);
	FEED(w, { CS_RECV_DIRECT, 1200, CH + 96, 2, 20, .aux = 1 },
	     { CS_WAKE_SELECT, 1250, CH + 96, 1, 10, .fl = CS_F_OK | CS_F_DIR_SEND },
	     { CS_SELECT_DEFAULT, 1300, 0, 1, 10 });
	end_world(w, 2000);
	f = flow_of(w, 10, CH + 96, true);
	assert_int_equal(f.op, STACK_SELECT);
	assert_int_equal(f.ops, 1);
	assert_int_equal(f.blocked, 1);
	assert_int_equal(f.wait_ns, 150);
	assert_int_equal(f.values, 1);
	assert_int_equal(f.queued, 1);
	f = flow_of(w, 10, NO_CHAN, false);
	assert_int_equal(f.ops, 1); /* the default */
	assert_int_equal(f.blocked, 0);
	assert_int_equal(f.wait_ns, 0);
	world__free(w);
}

/* Served, but its wake was lost: the next sign of life says that it is over. */
static void counts_the_value_of_a_lost_wake(void **state)
{
	struct world *w = new_world();

	(void)state;
	FEED(w, { CS_PARK_RECV, 1100, CH, 1, 10 }, { CS_SEND_DIRECT, 1300, CH, 2, 20, .aux = 1 },
	     { CS_CLOSE, 1400, CH, 1, 30 });
	end_world(w, 2000);
	assert_int_equal(flow_of(w, 10, CH, false).values, 1);
	assert_int_equal(flow_of(w, 10, CH, false).wait_ns, 200);
	world__free(w);
}

static void folds_evicted_channels(void **state)
{
	struct world *w = new_world_limited(2);
	uint64_t values = 0, ops = 0;
	const struct flow_stat *f;

	(void)state;
	for (uint64_t i = 0; i < 50; i++)
		FEED(w, { CS_MAKE, 1100 + i, CH + 96 * i, 1, 10, .cap = 1 },
		     { CS_SEND_BUFFERED, 1100 + i, CH + 96 * i, 1, 20, .len = 1, .cap = 1 });
	end_world(w, 2000);
	for (size_t i = 0; (f = nth_flow(w, i)); i++) {
		assert_true(i < 6);
		values += f->values;
		ops += f->ops;
	}
	assert_int_equal(values, 50);
	assert_int_equal(ops, 100);
	assert_true(flow_of(w, 20, 0, true).ops >= 48);
	assert_int_equal(flow_of(w, 20, 0, true).chan->stack_made, 10);
	world__free(w);
}

static void keeps_none_unless_wanted(void **state)
{
	struct world *w = world__new(NULL);

	(void)state;
	announce(w, PID, ATTACHED);
	FEED(w, { CS_MAKE, 1100, CH, 1, 10, .cap = 1 }, { CS_PARK_RECV, 1200, CH, 2, 20 });
	end_world(w, 2000);
	assert_null(nth_flow(w, 0));
	world__free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(splits_a_stack_by_channel),
		cmocka_unit_test(puts_a_wait_down_to_its_channel),
		cmocka_unit_test(gives_a_select_to_the_case_that_fired),
		cmocka_unit_test(counts_the_value_of_a_lost_wake),
		cmocka_unit_test(folds_evicted_channels),
		cmocka_unit_test(keeps_none_unless_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
