// SPDX-License-Identifier: Apache-2.0
/*
 * proc/gwalk on made-up memory that is sound: every reason to be parked, who is not parked, directions of select
 * cases, limits. Both sides of the layout changes of Go 1.23, 1.25 and 1.26 are used.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "stack_hash.h"
#include "unit/go_world.h"

static void reports_a_send_and_a_receive(void **state)
{
	const int minors[] = { 17, 22, 23, 25, 26, 27 };

	(void)state;
	for (size_t m = 0; m < sizeof(minors) / sizeof(minors[0]); m++) {
		struct world *w = new_world(minors[m]);
		const struct cs_event *e = w->events;
		const uint64_t pcs[] = { 0x1000, 0x2000, 0x3000, 0x4000 };
		bool timers = layout(w)->hchan_timer != CS_NO_FIELD;

		add_g(w, 0, w->reason_send);
		add_g(w, 1, w->reason_recv);
		put(w->g[1], layout(w)->g_status, G_WAITING | G_SCAN, 4);
		add_sudog(w, 0, 0, 3);
		add_sudog(w, 1, 1, 4);
		put(w->chans[4], layout(w)->hchan_closed, 1, 4);
		if (timers)
			put(w->chans[4], layout(w)->hchan_timer, 0x77, 8);
		walk(w);
		assert_stats(w, 2, 2, 0);
		assert_int_equal(w->nr_events, 2);
		assert_int_equal(e[0].kind, CS_PARK_SEND);
		assert_int_equal(e[0].goid, 100);
		assert_int_equal(e[0].chan, va(w->chans[3]));
		assert_int_equal(e[0].len, 3);
		assert_int_equal(e[0].cap, 6);
		assert_int_equal(e[0].elem_size, 13);
		assert_int_equal(e[0].aux, 0x5003);
		assert_int_equal(e[0].flags, CS_F_WALKED);
		assert_int_equal(e[0].select_case, CS_NO_CASE);
		assert_int_equal(e[1].kind, CS_PARK_RECV);
		assert_int_equal(e[1].flags, CS_F_WALKED | CS_F_CLOSED | (timers ? CS_F_TIMER : 0));
		/* one stack of two goroutines is announced once */
		assert_int_equal(w->nr_stacks, 1);
		assert_int_equal(w->nr_pcs, 4);
		assert_memory_equal(w->pcs, pcs, sizeof(pcs));
		assert_int_equal(e[0].stack, cs_stack_hash((const __u64[]){ 0x1000, 0x2000, 0x3000, 0x4000 }, 4));
		assert_int_equal(e[1].stack, e[0].stack);
		free_world(w);
	}
}

static void reports_what_waits_for_ever(void **state)
{
	struct world *w = new_world(19);
	const uint8_t reasons[] = { w->reason_nil_send, w->reason_nil_recv, w->reason_no_cases, w->reason_select };
	const uint8_t kinds[] = { CS_PARK_SEND, CS_PARK_RECV, CS_PARK_SELECT, CS_PARK_SELECT };

	(void)state;
	for (size_t i = 0; i < 4; i++)
		add_g(w, i, reasons[i]);
	walk(w);
	assert_stats(w, 4, 4, 0);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(w->events[i].kind, kinds[i]);
		assert_int_equal(w->events[i].chan, 0);
		assert_int_equal(w->events[i].aux, 0);
	}
	free_world(w);
}

static void leaves_out_who_is_not_parked(void **state)
{
	struct world *w = new_world(26);
	const struct cs_layout *l = layout(w);
	const uint32_t statuses[] = { 0, 1, 2, 3, 6, 8, 9, 11 };

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		add_g(w, i, w->reason_recv); /* left behind from an earlier wait */
		put(w->g[i], l->g_status, statuses[i], 4);
	}
	add_g(w, 8, 14); /* sleeps */
	add_g(w, 9, 13); /* waits for a semaphore, with a sudog without a channel */
	put(add_sudog(w, 0, 9, 0), l->sudog_c, 0, 8);
	add_g(w, 10, w->reason_nil_recv); /* found by the leak detector: still parked */
	put(w->g[10], l->g_status, 10, 4);
	walk(w);
	assert_stats(w, 8, 1, 0); /* 0, 6 and 11 are no goroutines */
	assert_int_equal(w->events[0].goid, 110);
	free_world(w);
}

/* How a select's sudogs are queued on its channels, and what has to come out. */
static void tells_directions_by_the_queues(void **state)
{
	struct world *w = new_world(27);
	const struct cs_layout *l = layout(w);
	uint8_t *s[6];

	(void)state;
	add_g(w, 0, w->reason_select);
	for (size_t i = 0; i < 6; i++)
		s[i] = add_sudog(w, i, 0, i < 5 ? i : 4);
	put(w->chans[0], l->hchan_sendq, va(s[0]), 8); /* first of a queue */
	put(w->chans[1], l->hchan_recvq, va(s[1]), 8);
	put(s[2], 16, 0xdead0000, 8); /* somewhere in the only queue that there is: not followed */
	put(w->chans[2], l->hchan_recvq, 0xbeef0000, 8);
	put(s[3], 16, 0xdead0000, 8);
	put(w->chans[3], l->hchan_sendq, 0xbeef0000, 8);
	put(w->chans[4], l->hchan_sendq, va(s[4]), 8); /* one channel twice, both queues: followed to the first */
	put(w->chans[4], l->hchan_recvq, va(w->sudogs[10]), 8);
	put(s[5], 16, va(w->sudogs[11]), 8);
	put(w->sudogs[11], 16, va(w->sudogs[10]), 8);
	walk(w);
	assert_stats(w, 1, 1, 0);
	assert_int_equal(w->nr_events, 7);
	assert_int_equal(w->events[0].kind, CS_PARK_SELECT);
	assert_int_equal(w->events[0].aux, 6);
	for (size_t i = 0; i < 6; i++) {
		bool send = i == 0 || i == 3 || i == 4;

		assert_int_equal(w->events[1 + i].kind, CS_SELECT_CASE);
		assert_int_equal(w->events[1 + i].chan, va(w->chans[i < 5 ? i : 4]));
		assert_int_equal(w->events[1 + i].flags, CS_F_WALKED | (send ? CS_F_DIR_SEND : 0));
		assert_int_equal(w->events[1 + i].stack, w->events[0].stack);
	}
	free_world(w);
}

static void counts_select_cases_beyond_those_recorded(void **state)
{
	struct world *w = new_world(19);

	(void)state;
	add_g(w, 0, w->reason_select);
	for (size_t i = 0; i < 300; i++)
		add_sudog(w, i, 0, 1);
	put(w->chans[1], layout(w)->hchan_recvq, va(w->sudogs[0]), 8);
	for (size_t i = 1; i < 300; i++)
		put(w->sudogs[i], 16, va(w->sudogs[i - 1]), 8);
	walk(w);
	assert_stats(w, 1, 1, 0);
	assert_int_equal(w->events[0].aux, 300);
	assert_int_equal(w->nr_events, 1 + CS_MAX_SELECT_CASES);
	assert_int_equal(w->stats.select_cases_lost, 300 - CS_MAX_SELECT_CASES);
	free_world(w);
}

static void cuts_stacks_at_the_depth(void **state)
{
	struct world *w = new_world(19);

	(void)state;
	add_g(w, 0, w->reason_nil_recv);
	for (uint32_t depth = 1; depth <= 5; depth++) {
		assert_int_equal(walk_depth(w, depth), 0);
		assert_int_equal(w->nr_pcs, depth < 4 ? depth : 4);
		assert_int_equal(w->stats.stacks_truncated, depth < 4);
	}
	/* a frame every 16 bytes: more than fit into a record */
	for (size_t at = 128; at + 32 <= STACK_SIZE; at += 16)
		put_frame(w, at, va(w->stack) + at + 16, 0x2000 + at);
	assert_int_equal(walk_depth(w, UINT32_MAX), 0);
	assert_int_equal(w->nr_pcs, CS_MAX_STACK_DEPTH);
	assert_int_equal(w->stats.stacks_truncated, 1);
	free_world(w);
}

static void reads_tables_of_several_batches(void **state)
{
	struct world *w = new_world(26);

	(void)state;
	for (size_t i = 0; i < MAX_G; i++)
		add_g(w, i, w->reason_nil_send);
	walk(w);
	assert_stats(w, MAX_G, MAX_G, 0);
	w->table[3] = w->table[700] = 1;
	walk(w);
	assert_stats(w, MAX_G, MAX_G - 2, 2);
	w->allglen = 0;
	walk(w);
	assert_stats(w, 0, 0, 0);
	free_world(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reports_a_send_and_a_receive),
		cmocka_unit_test(reports_what_waits_for_ever),
		cmocka_unit_test(leaves_out_who_is_not_parked),
		cmocka_unit_test(tells_directions_by_the_queues),
		cmocka_unit_test(counts_select_cases_beyond_those_recorded),
		cmocka_unit_test(cuts_stacks_at_the_depth),
		cmocka_unit_test(reads_tables_of_several_batches),
	};

	return cmocka_run_group_tests_name("gwalk_memory", tests, NULL, NULL);
}
