// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the list of channels that a parked goroutine waits for: its sudogs, their channels and, for a select,
 * the direction of each case. Is given a batch of parked goroutines. Lists are bounded, and one that does not
 * hold together is taken for changed under our eyes. Sources: src/runtime/chan.go, select.go, runtime2.go.
 */
#include <errno.h>
#include <stdlib.h>

#include "proc/gwalk_internal.h"

/* The same offsets in Go 1.17 to 1.27: the first fields of sudog, and waitq.first. */
#define SUDOG_PREV 16

static struct gw_case *add_case(struct gw_batch *b, uint32_t owner)
{
	struct gw_goroutine *g = &b->g[owner];
	uint32_t index = (uint32_t)b->nr_cases;

	if (b->nr_cases == b->cap_cases) {
		size_t cap = b->cap_cases ? b->cap_cases * 2 : GW_BATCH;
		struct gw_case *more = realloc(b->cases, cap * sizeof(*more));

		if (!more)
			return NULL;
		b->cases = more;
		b->cap_cases = cap;
	}
	if (g->last_case == GW_NO_CASE)
		g->first_case = index;
	else
		b->cases[g->last_case].next = index;
	g->last_case = index;
	b->nr_cases++;
	b->cases[index] = (struct gw_case){ .owner = owner, .next = GW_NO_CASE };
	return &b->cases[index];
}

/* Takes in one sudog, sets next_sudog to the one behind it. */
static int take_sudog(struct gw_batch *b, const struct memory_read *r, uint32_t owner)
{
	const struct cs_layout *l = b->ctx->layout;
	struct gw_goroutine *g = &b->g[owner];
	uint64_t chan = gw_field(r, l->sudog_c, 8);
	struct gw_case *c;

	g->next_sudog = 0;
	if (!r->ok || gw_field(r, l->sudog_g, 8) != g->va || !chan || g->nr_cases == GW_MAX_WAITING) {
		g->outcome = GW_CHANGED;
		return 0;
	}
	g->next_sudog = gw_field(r, l->sudog_waitlink, 8);
	if (g->nr_cases++ >= CS_MAX_SELECT_CASES)
		return 0;
	c = add_case(b, owner);
	if (!c)
		return -ENOMEM;
	c->sudog = r->addr;
	c->sudog_prev = gw_field(r, SUDOG_PREV, 8);
	c->chan = chan;
	return 0;
}

/* One sudog of every goroutine a round, so that a round is few system calls. */
static int read_sudogs(struct gw_batch *b)
{
	for (;;) {
		size_t n = 0;
		int err;

		for (size_t i = 0; i < b->nr; i++)
			if (b->g[i].outcome == GW_PARKED && b->g[i].next_sudog)
				gw_read_later(b, n++, b->g[i].next_sudog, b->ctx->sudog_size, (uint32_t)i);
		if (!n)
			return 0;
		err = process_read_many(b->ctx->process->pid, b->reads, n);
		for (size_t i = 0; i < n && !err; i++)
			err = take_sudog(b, &b->reads[i], b->owners[i]);
		if (err)
			return err;
	}
}

static void take_hchan(struct gw_batch *b, const struct memory_read *r, uint32_t index)
{
	const struct cs_layout *l = b->ctx->layout;
	struct gw_case *c = &b->cases[index];

	if (!r->ok) {
		b->g[c->owner].outcome = GW_CHANGED;
		return;
	}
	c->qcount = gw_field(r, l->hchan_qcount, 8);
	c->dataqsiz = gw_field(r, l->hchan_dataqsiz, 8);
	c->elem_size = (uint16_t)gw_field(r, l->hchan_elemsize, 2);
	c->closed = gw_field(r, l->hchan_closed, 4) != 0;
	c->timer = gw_field(r, l->hchan_timer, 8) != 0;
	c->elemtype = gw_field(r, l->hchan_elemtype, 8);
	c->sendq_first = gw_field(r, l->hchan_sendq, 8);
	c->recvq_first = gw_field(r, l->hchan_recvq, 8);
}

static int read_hchans(struct gw_batch *b)
{
	for (size_t at = 0; at < b->nr_cases; at += GW_BATCH) {
		size_t n = b->nr_cases - at < GW_BATCH ? b->nr_cases - at : GW_BATCH;
		int err;

		for (size_t i = 0; i < n; i++)
			gw_read_later(b, i, b->cases[at + i].chan, b->ctx->hchan_size, (uint32_t)(at + i));
		err = process_read_many(b->ctx->process->pid, b->reads, n);
		if (err)
			return err;
		for (size_t i = 0; i < n; i++)
			take_hchan(b, &b->reads[i], b->owners[i]);
	}
	return 0;
}

/* The first sudog of the queue that this one is on; 0 if that cannot be told. */
static uint64_t head_of_queue(struct gw_batch *b, const struct gw_case *c)
{
	uint64_t sudog = c->sudog, prev = c->sudog_prev;

	for (uint32_t i = 0; prev && i < GW_MAX_WAITING; i++) {
		if (!b->ctx->queue_steps_left)
			return 0;
		b->ctx->queue_steps_left--;
		sudog = prev;
		if (process_read_memory(b->ctx->process->pid, sudog + SUDOG_PREV, &prev, sizeof(prev)))
			return 0;
	}
	return prev ? 0 : sudog;
}

/*
 * The direction of a select case is nowhere in its sudog: it is the queue that it is on. Only one goroutine at
 * a time can have cases on both queues of a channel (another one's would have met them), so following a queue
 * is hardly ever needed.
 */
static bool find_direction(struct gw_batch *b, struct gw_case *c)
{
	uint64_t head = c->sudog;

	if (c->sudog_prev && !c->sendq_first != !c->recvq_first) {
		c->is_send = c->sendq_first != 0;
		return true;
	}
	if (c->sudog_prev)
		head = head_of_queue(b, c);
	c->is_send = head == c->sendq_first;
	return head && (c->is_send || head == c->recvq_first);
}

static void find_directions(struct gw_batch *b)
{
	for (size_t i = 0; i < b->nr_cases; i++) {
		struct gw_goroutine *g = &b->g[b->cases[i].owner];

		if (g->outcome != GW_PARKED)
			continue;
		if (g->wait == GO_WAIT_SELECT && !find_direction(b, &b->cases[i]))
			g->outcome = GW_CHANGED;
	}
}

/* Reasons and lists must agree: one sudog for a send or a receive, none for what waits for ever. A select may
 * have none, when all its channels are nil. */
static bool plausible(const struct gw_goroutine *g)
{
	switch (g->wait) {
	case GO_WAIT_SEND:
	case GO_WAIT_RECV:
		return g->nr_cases == 1;
	case GO_WAIT_SELECT:
		return true;
	default:
		return g->nr_cases == 0;
	}
}

int gw_read_cases(struct gw_batch *b)
{
	int err;

	for (size_t i = 0; i < b->nr; i++)
		b->g[i].next_sudog = b->g[i].outcome == GW_PARKED ? b->g[i].state.waiting : 0;
	err = read_sudogs(b);
	if (err)
		return err;
	for (size_t i = 0; i < b->nr; i++)
		if (b->g[i].outcome == GW_PARKED && !plausible(&b->g[i]))
			b->g[i].outcome = GW_CHANGED;
	err = read_hchans(b);
	if (err)
		return err;
	find_directions(b);
	return 0;
}
