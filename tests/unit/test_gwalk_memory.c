// SPDX-License-Identifier: Apache-2.0
/*
 * proc/gwalk on made-up memory: goroutines, sudogs, channels and stacks laid out in this very process, whole
 * and damaged in every way that a process which runs on, or means harm, can show. Both sides of the layout
 * change of Go 1.26 are used.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "gobin/layout.h"
#include "proc/gwalk.h"
#include "stack_hash.h"

#define MAX_G 1200
#define NR_SUDOGS 70000
#define NR_CHANS 8
#define STACK_SIZE 8192
#define PIECE 512 /* bytes for a g, sudog or hchan */
#define G_WAITING 4
#define G_SCAN 0x1000

struct world {
	struct gobinary bin;
	struct process process;
	uint64_t allglen, allgptr;
	uint64_t table[MAX_G];
	uint8_t g[MAX_G][PIECE];
	uint8_t chans[NR_CHANS][PIECE];
	uint8_t stack[STACK_SIZE] __attribute__((aligned(16)));
	uint8_t (*sudogs)[128];
	/* wait reasons of this release */
	uint8_t reason_recv, reason_send, reason_select, reason_nil_recv, reason_nil_send, reason_no_cases;
	/* what came */
	struct gwalk_stats stats;
	struct diag d;
	struct cs_event events[512];
	size_t nr_events, nr_stacks;
	uint64_t stack_id, pcs[CS_MAX_STACK_DEPTH];
	uint32_t nr_pcs;
};

static uint64_t va(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

static void put(uint8_t *to, uint16_t off, uint64_t value, size_t n)
{
	memcpy(to + off, &value, n);
}

static void take_stack(void *ctx, uint64_t id, const uint64_t *pcs, uint32_t nr)
{
	struct world *w = ctx;

	w->nr_stacks++;
	w->stack_id = id;
	w->nr_pcs = nr;
	memcpy(w->pcs, pcs, nr * sizeof(*pcs));
}

static void take_event(void *ctx, const struct cs_event *e)
{
	struct world *w = ctx;

	if (w->nr_events < sizeof(w->events) / sizeof(w->events[0]))
		w->events[w->nr_events++] = *e;
}

static int walk_depth(struct world *w, uint32_t depth)
{
	static const struct feed_ops ops = { .stack = take_stack, .event = take_event };
	struct feed feed = { .ops = &ops, .ctx = w };

	w->nr_events = w->nr_stacks = 0;
	memset(&w->stats, 0, sizeof(w->stats));
	memset(&w->d, 0, sizeof(w->d));
	return gwalk(&w->process, &w->bin, 0, depth, &feed, &w->stats, &w->d);
}

static void walk(struct world *w)
{
	assert_int_equal(walk_depth(w, CS_MAX_STACK_DEPTH), 0);
}

static void assert_stats(const struct world *w, uint64_t seen, uint64_t parked, uint64_t unread)
{
	assert_int_equal(w->stats.seen, seen);
	assert_int_equal(w->stats.parked, parked);
	assert_int_equal(w->stats.unread, unread);
}

static const struct cs_layout *layout(const struct world *w)
{
	return &w->bin.layout;
}

/* Goroutine i, parked for a reason, goid 100 + i, with a stack of three frames. */
static uint8_t *add_g(struct world *w, size_t i, uint8_t reason)
{
	const struct cs_layout *l = layout(w);
	uint8_t *g = w->g[i];

	w->table[i] = va(g);
	if (w->allglen <= i)
		w->allglen = i + 1;
	put(g, l->g_goid, 100 + i, 8);
	put(g, l->g_status, G_WAITING, 4);
	put(g, l->g_waitreason, reason, 1);
	put(g, l->g_stack_lo, va(w->stack), 8);
	put(g, l->g_stack_hi, va(w->stack) + STACK_SIZE, 8);
	put(g, l->g_sched_sp, va(w->stack) + 64, 8);
	put(g, l->g_sched_pc, 0x1000, 8);
	put(g, l->g_sched_bp, va(w->stack) + 128, 8);
	return g;
}

/* Sudog s of goroutine i on channel c, last in the goroutine's list so far. */
static uint8_t *add_sudog(struct world *w, size_t s, size_t i, size_t c)
{
	const struct cs_layout *l = layout(w);
	uint8_t *sudog = w->sudogs[s];
	uint64_t at;

	memset(sudog, 0, sizeof(w->sudogs[s]));
	put(sudog, l->sudog_g, va(w->g[i]), 8);
	put(sudog, l->sudog_c, va(w->chans[c]), 8);
	memcpy(&at, w->g[i] + l->g_waiting, 8);
	if (!at) {
		put(w->g[i], l->g_waiting, va(sudog), 8);
		return sudog;
	}
	for (uint64_t next = at; next; memcpy(&next, (uint8_t *)(uintptr_t)at + l->sudog_waitlink, 8))
		at = next;
	put((uint8_t *)(uintptr_t)at, l->sudog_waitlink, va(sudog), 8);
	return sudog;
}

static void put_frame(struct world *w, size_t at, uint64_t caller_bp, uint64_t return_pc)
{
	memcpy(w->stack + at, &caller_bp, 8);
	memcpy(w->stack + at + 8, &return_pc, 8);
}

static struct world *new_world(int minor)
{
	struct world *w = calloc(1, sizeof(*w));
	bool new = minor >= 26;

	assert_non_null(w);
	w->sudogs = calloc(NR_SUDOGS, sizeof(*w->sudogs));
	assert_non_null(w->sudogs);
	w->bin.version = (struct go_version){ .minor = minor };
	assert_true(layout_from_table(&w->bin.version, &w->bin.layout));
	assert_true(layout(w)->g_size <= PIECE && layout(w)->hchan_size <= PIECE);
	w->process.pid = getpid();
	w->allgptr = va(w->table);
	w->bin.va_allglen = va(&w->allglen);
	w->bin.va_allgptr = va(&w->allgptr);
	w->reason_recv = new ? 19 : 14;
	w->reason_send = new ? 20 : 15;
	w->reason_select = new ? 18 : 9;
	w->reason_no_cases = new ? 17 : 10;
	w->reason_nil_recv = new ? 15 : 3;
	w->reason_nil_send = new ? 16 : 4;
	for (size_t c = 0; c < NR_CHANS; c++) {
		put(w->chans[c], layout(w)->hchan_qcount, c, 8);
		put(w->chans[c], layout(w)->hchan_dataqsiz, 2 * c, 8);
		put(w->chans[c], layout(w)->hchan_elemsize, 10 + c, 2);
		put(w->chans[c], layout(w)->hchan_elemtype, 0x5000 + c, 8);
	}
	/* three frames: 128 -> 256 -> 5000 (beyond the first piece that is read), end */
	put_frame(w, 128, va(w->stack) + 256, 0x2000);
	put_frame(w, 256, va(w->stack) + 5000, 0x3000);
	put_frame(w, 5000, 0, 0x4000);
	return w;
}

static void free_world(struct world *w)
{
	free(w->sudogs);
	free(w);
}

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
		cmocka_unit_test(reports_a_send_and_a_receive),
		cmocka_unit_test(reports_what_waits_for_ever),
		cmocka_unit_test(leaves_out_who_is_not_parked),
		cmocka_unit_test(tells_directions_by_the_queues),
		cmocka_unit_test(counts_select_cases_beyond_those_recorded),
		cmocka_unit_test(survives_damage),
		cmocka_unit_test(follows_only_sound_stacks),
		cmocka_unit_test(survives_stacks_that_are_no_memory),
		cmocka_unit_test(cuts_stacks_at_the_depth),
		cmocka_unit_test(reads_tables_of_several_batches),
		cmocka_unit_test(refuses_tables_that_make_no_sense),
		cmocka_unit_test(does_not_believe_what_changes),
	};

	return cmocka_run_group_tests_name("gwalk_memory", tests, NULL, NULL);
}
