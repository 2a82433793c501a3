// SPDX-License-Identifier: Apache-2.0
/* Tests selects of several cases: completed at once, parked, woken in every way, never woken. */
#include "world_fixture.h"

#define CH2 (CH + 64)
#define CH3 (CH + 128)
#define RECV_OK CS_F_OK
#define SEND_OK (CS_F_OK | CS_F_DIR_SEND)

static void test_select_without_parking(void **state)
{
	struct world *w = new_world();
	const struct select_stat *s;

	(void)state;
	FEED(w, { CS_SEND_BUFFERED, 2000, CH, 1, 0xa, .len = 1, .cap = 1, .fl = CS_F_SELECT | CS_F_DIR_SEND },
	     { CS_RECV_BUFFERED, 2100, CH, 1, 0xa, .cap = 1, .fl = CS_F_SELECT },
	     { CS_SELECT_DEFAULT, 2200, 0, 1, 0xa }, { CS_SELECT_DEFAULT, 2300, 0, 1, 0xa },
	     { CS_RECV_CLOSED, 2400, CH2, 1, 0xa, .fl = CS_F_SELECT | CS_F_CLOSED },
	     { CS_SEND_PANIC, 2500, CH2, 1, 0xa, .fl = CS_F_SELECT | CS_F_CLOSED }, { CS_PARK_RECV, 2600, CH3, 2 },
	     { CS_SEND_DIRECT, 2700, CH3, 1, 0xa, .aux = 2, .fl = CS_F_SELECT | CS_F_DIR_SEND },
	     { CS_PARK_SEND, 2800, CH3, 3 }, { CS_RECV_DIRECT, 2900, CH3, 1, 0xa, .aux = 3, .fl = CS_F_SELECT });
	s = nth_select(w, 0);
	assert_int_equal(s->stack, 0xa);
	assert_int_equal(s->count, 8);
	assert_int_equal(s->default_taken, 2);
	assert_int_equal(s->blocked, 0);
	assert_int_equal(taken(s, CH, true), 1);
	assert_int_equal(taken(s, CH, false), 1);
	assert_int_equal(taken(s, CH2, false), 1);
	assert_int_equal(taken(s, CH2, true), -1);
	assert_int_equal(taken(s, CH3, true), 1);
	assert_int_equal(taken(s, CH3, false), 1);
	assert_null(nth_select(w, 1));
	assert_int_equal(stat_of(w, 0xa, STACK_SELECT).ops, 8);
	assert_int_equal(stat_of(w, 0xa, STACK_SEND).ops, 0);
	assert_int_equal(nth_panic(w, 0)->kind, PANIC_SEND_ON_CLOSED);
	world__free(w);
}

static const struct ev parked_select[] = {
	{ CS_PARK_SELECT, 2000, 0, 1, 0xa, .aux = 3 },
	{ CS_SELECT_CASE, 2000, CH, 1 },
	{ CS_SELECT_CASE, 2000, CH2, 1, .fl = CS_F_DIR_SEND },
	{ CS_SELECT_CASE, 2000, CH3, 1 },
};

struct select_row {
	const char *name;
	struct ev steps[4];
	uint64_t wait_ns, panics;
	int64_t taken[3]; /* of CH receive, CH2 send, CH3 receive */
	uint64_t blocked[3], waited[3], closed_receives, values;
};

static const struct select_row select_rows[] = {
	{ "a receive case fires",
	  { { CS_SEND_DIRECT, 2200, CH, 2, .aux = 1 }, { CS_WAKE_SELECT, 2300, CH, 1, .fl = RECV_OK } },
	  300,
	  .taken = { 1, 0, 0 },
	  .blocked = { 1 },
	  .waited = { 300 },
	  .values = 1 },
	{ "a send case fires",
	  { { CS_RECV_DIRECT, 2200, CH2, 2, .aux = 1 }, { CS_WAKE_SELECT, 2300, CH2, 1, .fl = SEND_OK } },
	  300,
	  .taken = { 0, 1, 0 },
	  .blocked = { 0, 1 },
	  .waited = { 0, 300 },
	  .values = 1 },
	{ "a channel is closed",
	  { { CS_CLOSE, 2200, CH3, 2, .fl = CS_F_CLOSED }, { CS_WAKE_SELECT, 2300, CH3, 1, .fl = CS_F_CLOSED } },
	  300,
	  .taken = { 0, 0, 1 },
	  .blocked = { 0, 0, 1 },
	  .waited = { 0, 0, 300 },
	  .closed_receives = 1 },
	{ "the channel of a send case is closed",
	  { { CS_CLOSE, 2200, CH2, 2, .fl = CS_F_CLOSED },
	    { CS_SEND_PANIC, 2300, CH2, 1, .fl = CS_F_SELECT | CS_F_CLOSED } },
	  300,
	  .panics = 1,
	  .blocked = { 0, 1 },
	  .waited = { 0, 300 } },
	{ "the wake is lost, but it was seen served",
	  { { CS_SEND_DIRECT, 2200, CH, 2, .aux = 1 }, { CS_RECV_FAILED, 2900, CH3, 1 } },
	  200,
	  .taken = { 1, 0, 0 },
	  .blocked = { 1 },
	  .waited = { 200 },
	  .values = 1 },
	{ "the wake is lost, and whose case it was is not known",
	  { { CS_RECV_FAILED, 2900, CH3, 1 } },
	  900,
	  .taken = { 0, 0, 0 } },
};

static void check_select_row(const struct select_row *r, const struct world *w)
{
	const struct select_stat *s = nth_select(w, 0);
	static const bool send[3] = { false, true, false };
	uint64_t closed_receives = 0, values = 0, panics = 0;

	if (s->count != 1 || s->blocked != 1 || s->wait_ns != r->wait_ns || s->still_parked)
		fail_msg("%s: count %d, wait %d", r->name, (int)s->count, (int)s->wait_ns);
	for (size_t i = 0; i < 3; i++) {
		const struct channel *c = nth_channel(w, i);

		if (taken(s, CH + 64 * i, send[i]) != r->taken[i])
			fail_msg("%s: case %zu taken %d times", r->name, i, (int)taken(s, CH + 64 * i, send[i]));
		if ((send[i] ? c->sends_blocked : c->receives_blocked) != r->blocked[i] ||
		    (send[i] ? c->send_wait_ns : c->receive_wait_ns) != r->waited[i])
			fail_msg("%s: wait of channel %zu", r->name, i);
		assert_int_equal(c->senders_waiting + c->receivers_waiting, 0);
		assert_int_equal(c->senders_waiting_max + c->receivers_waiting_max, 1);
		closed_receives += c->closed_receives;
		values += c->sends;
		assert_int_equal(c->sends, c->receives);
	}
	while (nth_panic(w, panics))
		panics++;
	if (closed_receives != r->closed_receives || values != r->values || panics != r->panics)
		fail_msg("%s: %d closed receives, %d values, %d panics", r->name, (int)closed_receives, (int)values,
			 (int)panics);
	assert_int_equal(stat_of(w, 0xa, STACK_SELECT).ops, 1);
	assert_int_equal(stat_of(w, 0xa, STACK_SELECT).blocked, 1);
	assert_int_equal(stat_of(w, 0xa, STACK_SELECT).wait_ns, r->wait_ns);
	assert_null(nth_waiter(w, 0));
}

static void test_parked_select(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(select_rows); i++) {
		struct world *w = new_world();

		feed_events(w, parked_select, ARRAY_SIZE(parked_select));
		feed_events(w, select_rows[i].steps, ARRAY_SIZE(select_rows[i].steps));
		check_select_row(&select_rows[i], w);
		world__free(w);
	}
}

static void test_select_still_parked(void **state)
{
	struct world *w = new_world();
	const struct waiter *wt;

	(void)state;
	feed_events(w, parked_select, ARRAY_SIZE(parked_select));
	end_world(w, 5000);
	wt = nth_waiter(w, 0);
	assert_int_equal(wt->kind, CS_PARK_SELECT);
	assert_int_equal(wt->nr_cases, 3);
	assert_int_equal(wt->nr_cases_announced, 3);
	assert_ptr_equal(wt->cases[1].chan, nth_channel(w, 1));
	assert_true(wt->cases[1].send);
	assert_null(wt->chan);
	assert_int_equal(nth_channel(w, 0)->receivers_waiting, 1);
	assert_int_equal(nth_channel(w, 1)->senders_waiting, 1);
	assert_int_equal(nth_channel(w, 0)->receives_blocked, 0);
	assert_int_equal(nth_channel(w, 0)->receive_wait_ns, 0);
	assert_int_equal(nth_select(w, 0)->still_parked, 1);
	assert_int_equal(nth_select(w, 0)->wait_ns, 3000);
	assert_int_equal(taken(nth_select(w, 0), CH, false), 0);
	world__free(w);
}

static void test_select_for_ever(void **state)
{
	struct world *w = new_world();

	(void)state;
	FEED(w, { CS_PARK_SELECT, 2000, 0, 1, 0xa, .aux = 0 },
	     { CS_PARK_SELECT, 2000, 0, 2, 0xb, .aux = 1ULL << 60 }, /* its cases were lost */
	     { CS_SELECT_CASE, 2100, CH, 1 } /* one too many */);
	assert_int_equal(nth_waiter(w, 0)->nr_cases_announced, 0);
	assert_int_equal(nth_waiter(w, 0)->nr_cases, 0);
	assert_int_equal(nth_waiter(w, 1)->nr_cases_announced, 1ULL << 60);
	assert_int_equal(nth_waiter(w, 1)->nr_cases, 0);
	world__free(w);
}

static void test_one_channel_in_two_cases(void **state)
{
	struct world *w = new_world();

	(void)state;
	FEED(w, { CS_PARK_SELECT, 2000, 0, 1, 0xa, .aux = 3 }, { CS_SELECT_CASE, 2000, CH, 1 },
	     { CS_SELECT_CASE, 2000, CH, 1 }, { CS_SELECT_CASE, 2000, CH, 1, .fl = CS_F_DIR_SEND });
	assert_int_equal(nth_channel(w, 0)->receivers_waiting, 2);
	assert_int_equal(nth_channel(w, 0)->senders_waiting, 1);
	assert_int_equal(nth_select(w, 0)->nr_cases, 2);
	FEED(w, { CS_WAKE_SELECT, 2100, CH, 1, .fl = SEND_OK });
	assert_int_equal(nth_channel(w, 0)->receivers_waiting, 0);
	assert_int_equal(taken(nth_select(w, 0), CH, true), 1);
	assert_int_equal(taken(nth_select(w, 0), CH, false), 0);
	world__free(w);
}

/* A record that could not tell the case: cases of the select, what happens, the channel that it must be (0: none). */
static const struct {
	const char *name;
	struct ev steps[6];
	uint64_t chan;
} unknown_panics[] = {
	{ "the closed send case",
	  { { CS_PARK_SELECT, 2000, 0, 1, 0xa, .aux = 3 },
	    { CS_SELECT_CASE, 2000, CH, 1, .cap = 2, .fl = CS_F_DIR_SEND },
	    { CS_SELECT_CASE, 2000, CH2, 1, .cap = 3, .fl = CS_F_DIR_SEND },
	    { CS_SELECT_CASE, 2000, CH3, 1, .cap = 4 },
	    { CS_CLOSE, 2200, CH2, 2, .cap = 3, .fl = CS_F_CLOSED } },
	  CH2 },
	{ "not a closed receive case",
	  { { CS_PARK_SELECT, 2000, 0, 1, 0xa, .aux = 3 },
	    { CS_SELECT_CASE, 2000, CH, 1, .fl = CS_F_DIR_SEND },
	    { CS_SELECT_CASE, 2000, CH2, 1, .fl = CS_F_DIR_SEND },
	    { CS_SELECT_CASE, 2000, CH3, 1 },
	    { CS_CLOSE, 2200, CH3, 2, .fl = CS_F_CLOSED } },
	  0 },
	{ "the only send case, whose close was not seen",
	  { { CS_PARK_SELECT, 2000, 0, 1, 0xa, .aux = 2 },
	    { CS_SELECT_CASE, 2000, CH, 1 },
	    { CS_SELECT_CASE, 2000, CH2, 1, .cap = 3, .fl = CS_F_DIR_SEND } },
	  CH2 },
	{ "one of the cases was lost",
	  { { CS_PARK_SELECT, 2000, 0, 1, 0xa, .aux = 2 }, { CS_SELECT_CASE, 2000, CH, 1, .fl = CS_F_DIR_SEND } },
	  0 },
	{ "it did not park", { { CS_MAKE, 2000, CH, 2 } }, 0 },
};

static void test_panic_of_unknown_case(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(unknown_panics); i++) {
		struct world *w = new_world();
		const struct panic_info *p;

		feed_events(w, unknown_panics[i].steps, ARRAY_SIZE(unknown_panics[i].steps));
		FEED(w, { CS_SEND_PANIC, 2300, 0, 1, 0xb, .fl = CS_F_SELECT });
		p = nth_panic(w, 0);
		assert_int_equal(p->kind, PANIC_SEND_ON_CLOSED);
		assert_int_equal(p->stack, 0xb);
		if ((p->chan ? p->chan->addr : 0) != unknown_panics[i].chan)
			fail_msg("%s: panics on %llx", unknown_panics[i].name, p->chan ? (long long)p->chan->addr : 0);
		if (p->chan) { /* its header was not read: nothing of it may be taken from the record */
			assert_int_equal(p->chan->capacity, 3);
			assert_true(p->chan->closed);
			assert_int_equal(p->chan->sends_blocked, 1);
			assert_int_equal(p->chan->send_wait_ns, 300);
		}
		assert_null(nth_waiter(w, 0));
		assert_int_equal(nth_select(w, 0)->count, 1);
		world__free(w);
	}
}

/* The park was lost: the select is counted at its wake, once. */
static void test_select_wake_alone(void **state)
{
	struct world *w = new_world();

	(void)state;
	FEED(w, { CS_WAKE_SELECT, 2000, CH, 1, 0xb, .fl = RECV_OK });
	assert_int_equal(nth_select(w, 0)->count, 1);
	assert_int_equal(nth_select(w, 0)->blocked, 1);
	assert_int_equal(taken(nth_select(w, 0), CH, false), 1);
	assert_int_equal(nth_channel(w, 0)->receives_blocked, 1);
	assert_int_equal(stat_of(w, 0xb, STACK_SELECT).ops, 1);
	world__free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_select_without_parking),	 cmocka_unit_test(test_parked_select),
		cmocka_unit_test(test_select_still_parked),	 cmocka_unit_test(test_select_for_ever),
		cmocka_unit_test(test_one_channel_in_two_cases), cmocka_unit_test(test_panic_of_unknown_case),
		cmocka_unit_test(test_select_wake_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
