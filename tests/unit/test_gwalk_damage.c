// SPDX-License-Identifier: Apache-2.0
/*
 * proc/gwalk on made-up memory that is damaged in every way that a process which runs on, or means harm, can
 * show: the walk counts what it cannot believe, and goes on.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "unit/go_world.h"

/* Each damages a parked send (goroutine 0) or select (1); the walk has to say "unread" and go on. */
static void wrong_owner(struct world *w)
{
	put(w->sudogs[0], layout(w)->sudog_g, va(w->g[2]), 8);
}

static void sudog_unreadable(struct world *w)
{
	put(w->g[0], layout(w)->g_waiting, 8, 8);
}

static void sudog_without_channel(struct world *w)
{
	put(w->sudogs[0], layout(w)->sudog_c, 0, 8);
}

static void channel_unreadable(struct world *w)
{
	put(w->sudogs[0], layout(w)->sudog_c, UINT64_MAX - 16, 8);
}

static void two_channels_of_a_send(struct world *w)
{
	add_sudog(w, 5, 0, 2);
}

static void no_channel_of_a_send(struct world *w)
{
	put(w->g[0], layout(w)->g_waiting, 0, 8);
}

static void goid_zero(struct world *w)
{
	put(w->g[0], layout(w)->g_goid, 0, 8);
}

static void g_unreadable(struct world *w)
{
	w->table[0] = 0x10;
}

static void g_at_the_end_of_addresses(struct world *w)
{
	w->table[0] = UINT64_MAX - 8;
}

static void list_in_a_circle(struct world *w)
{
	put(w->sudogs[1], layout(w)->sudog_waitlink, va(w->sudogs[1]), 8);
}

static void on_no_queue(struct world *w)
{
	put(w->chans[1], layout(w)->hchan_recvq, 0, 8);
}

static void queue_in_a_circle(struct world *w)
{
	put(w->chans[1], layout(w)->hchan_sendq, va(w->sudogs[9]), 8);
	put(w->sudogs[1], 16, va(w->sudogs[9]), 8);
	put(w->sudogs[9], 16, va(w->sudogs[1]), 8);
}

static void queue_unreadable(struct world *w)
{
	put(w->chans[1], layout(w)->hchan_sendq, va(w->sudogs[9]), 8);
	put(w->sudogs[1], 16, 0x18, 8);
}

static const struct damage {
	const char *what;
	void (*make)(struct world *w);
} damages[] = {
	{ "sudog of another goroutine", wrong_owner },
	{ "sudog not readable", sudog_unreadable },
	{ "sudog without a channel", sudog_without_channel },
	{ "channel not readable", channel_unreadable },
	{ "two channels of a send", two_channels_of_a_send },
	{ "no channel of a send", no_channel_of_a_send },
	{ "goroutine without a number", goid_zero },
	{ "g not readable", g_unreadable },
	{ "g at the end of the addresses", g_at_the_end_of_addresses },
	{ "waiting list in a circle", list_in_a_circle },
	{ "select on no queue", on_no_queue },
	{ "queue in a circle", queue_in_a_circle },
	{ "queue not readable", queue_unreadable },
};

static void survives_damage(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		struct world *w = new_world(i % 2 ? 26 : 19);

		add_g(w, 0, w->reason_send);
		add_sudog(w, 0, 0, 0);
		add_g(w, 1, w->reason_select);
		add_sudog(w, 1, 1, 1);
		put(w->chans[1], layout(w)->hchan_recvq, va(w->sudogs[1]), 8);
		add_g(w, 2, w->reason_recv);
		add_sudog(w, 2, 2, 2);
		walk(w);
		assert_stats(w, 3, 3, 0);
		damages[i].make(w);
		walk(w);
		if (w->stats.unread != 1 || w->stats.parked != 2 || w->stats.seen != 3)
			fail_msg("%s: %d seen, %d parked, %d unread", damages[i].what, (int)w->stats.seen,
				 (int)w->stats.parked, (int)w->stats.unread);
		free_world(w);
	}
}

/* How the frame chain may be damaged: where goroutine 0's saved frame pointers lead. */
static const struct chain {
	const char *what;
	uint64_t bp_off, caller_off; /* from the stack's start; of the first frame, and what that says */
	bool absolute;		     /* bp_off is an address */
	uint32_t nr_pcs;	     /* that come out */
} chains[] = {
	{ "frame pointer outside", 0x10, 0, true, 1 },
	{ "frame pointer below sp", 32, 256, false, 1 },
	{ "frame pointer not aligned", 131, 256, false, 1 },
	{ "frame pointer at the end", STACK_SIZE - 8, 0, false, 1 },
	{ "caller's frame below", 128, 120, false, 2 },
	{ "caller's frame is its own", 128, 128, false, 2 },
	{ "caller's frame outside", 128, STACK_SIZE + 64, false, 2 },
	{ "caller's frame at the end", 128, STACK_SIZE - 8, false, 2 },
};

static void follows_only_sound_stacks(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(chains) / sizeof(chains[0]); i++) {
		const struct chain *c = &chains[i];
		struct world *w = new_world(19);
		uint8_t *g = add_g(w, 0, w->reason_nil_recv);

		put(g, layout(w)->g_sched_bp, c->absolute ? c->bp_off : va(w->stack) + c->bp_off, 8);
		put_frame(w, 128, va(w->stack) + c->caller_off, 0x2000);
		walk(w);
		assert_stats(w, 1, 1, 0);
		if (w->nr_pcs != c->nr_pcs || w->stats.stacks_unread != 1)
			fail_msg("%s: %d frames, %d unread", c->what, (int)w->nr_pcs, (int)w->stats.stacks_unread);
		free_world(w);
	}
}

static void survives_stacks_that_are_no_memory(void **state)
{
	const uint64_t bounds[][2] = {
		{ 0, UINT64_MAX }, { 0, 0 },	       { 0x1000, 0x3000 },	  { UINT64_MAX, UINT64_MAX },
		{ 0, 8 },	   { 0x3000, 0x1000 }, { 0, UINT64_MAX & ~7ULL }, { 1ULL << 63, ~0ULL }
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
		struct world *w = new_world(26);
		uint8_t *g = add_g(w, 0, w->reason_nil_recv);

		put(g, layout(w)->g_stack_lo, bounds[i][0], 8);
		put(g, layout(w)->g_stack_hi, bounds[i][1], 8);
		put(g, layout(w)->g_sched_sp, bounds[i][0], 8);
		put(g, layout(w)->g_sched_bp, bounds[i][0] + 0x100, 8);
		walk(w);
		assert_stats(w, 1, 1, 0);
		assert_int_equal(w->stats.stacks_unread, 1);
		put(g, layout(w)->g_sched_pc, 0, 8); /* not even that */
		walk(w);
		assert_int_equal(w->events[0].stack, 0);
		assert_true(w->events[0].flags & CS_F_NO_STACK);
		free_world(w);
	}
}

static void refuses_tables_that_make_no_sense(void **state)
{
	struct world *w = new_world(26);

	(void)state;
	add_g(w, 0, w->reason_nil_send);
	w->allglen = 10000001;
	assert_int_equal(walk_depth(w, 10), -E2BIG);
	assert_non_null(strstr(w->d.what, "10000001"));
	w->allglen = 1000;
	w->allgptr = 0x40;
	walk(w);
	assert_stats(w, 0, 0, 1000);
	w->bin.va_allgptr = 0x40;
	assert_int_equal(walk_depth(w, 10), -EFAULT);
	w->bin.va_allgptr = 0;
	assert_int_equal(walk_depth(w, 10), -ENOENT);
	free_world(w);
}

static void *flip(void *arg)
{
	struct world *w = arg;
	uint64_t *goid = (uint64_t *)(void *)(w->g[0] + layout(w)->g_goid);

	while (!__atomic_load_n(&w->process.started_at_ns, __ATOMIC_SEQ_CST))
		__atomic_add_fetch(goid, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

/* A goroutine that is never the same twice is either seen whole or counted as unread. */
static void does_not_believe_what_changes(void **state)
{
	struct world *w = new_world(19);
	uint64_t nr_unread = 0;
	pthread_t thread;

	(void)state;
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2) {
		print_message("skipped: two threads cannot run at once here\n");
		free_world(w);
		skip();
	}
	add_g(w, 0, w->reason_send);
	add_sudog(w, 0, 0, 3);
	assert_int_equal(pthread_create(&thread, NULL, flip, w), 0);
	for (time_t end = time(NULL) + 30; time(NULL) < end && nr_unread < 10;) {
		walk(w);
		assert_stats(w, 1, w->nr_events, 1 - w->nr_events);
		nr_unread += w->stats.unread;
	}
	__atomic_store_n(&w->process.started_at_ns, 1, __ATOMIC_SEQ_CST);
	pthread_join(thread, NULL);
	assert_int_equal(nr_unread, 10);
	walk(w);
	assert_stats(w, 1, 1, 0);
	free_world(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(survives_damage),
		cmocka_unit_test(follows_only_sound_stacks),
		cmocka_unit_test(survives_stacks_that_are_no_memory),
		cmocka_unit_test(refuses_tables_that_make_no_sense),
		cmocka_unit_test(does_not_believe_what_changes),
	};

	return cmocka_run_group_tests_name("gwalk_damage", tests, NULL, NULL);
}
