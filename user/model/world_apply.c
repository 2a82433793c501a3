// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the meaning of each kind of record: which channel it concerns, what it says about its goroutine, and what it
 * counts where. Given valid records in any order; a record that contradicts what is known corrects it.
 */
#include "model/world_impl.h"

/* Kinds that a select may complete without parking. */
static bool completes_select(const struct cs_event *e)
{
	return e->flags & CS_F_SELECT;
}

/* Any record but a park or its cases shows that the goroutine runs. */
static void goroutine_runs(const struct op *op)
{
	struct wait *wt = wait__of(op);

	if (wt)
		wait__end_lost(op, wt);
}

/* Counts an operation that did not park, by its stack. */
static struct op_stat *count_op(const struct op *op, enum stack_op kind)
{
	struct op_stat *st = op_stat__get(op->w, op->p, op->e->stack, kind, !op->e->chan && kind != STACK_SELECT);

	if (st)
		st->pub.ops++;
	return st;
}

/* A select that did not park took this case; c is NULL for the default and for a panic. */
static struct select *count_select(const struct op *op, struct chan *c, enum direction dir)
{
	struct select *sel = select__get(op->w, op->p, op->e->stack);
	struct select_case_stat *sc;

	if (!sel)
		return NULL;
	sel->pub.count++;
	sc = c ? select__case(op->w, sel, c, dir) : NULL;
	if (sc)
		sc->taken++;
	return sel;
}

/* A value moved, or the zero value of a closed channel was received: what all these have in common. */
static struct chan *complete(const struct op *op, enum direction dir, struct op_stat **ret_stat)
{
	bool select = completes_select(op->e);
	struct chan *c;

	goroutine_runs(op);
	c = op->e->chan ? chan__see(op) : NULL;
	if (!c)
		return NULL;
	*ret_stat = count_op(op, select ? STACK_SELECT : dir == DIR_SEND ? STACK_SEND : STACK_RECV);
	flow__op(op->w, *ret_stat, c, dir, op->e->kind == CS_RECV_CLOSED ? FLOW_ATTEMPT : FLOW_VALUE);
	if (select)
		count_select(op, c, dir);
	return c;
}

static void apply_make(const struct op *op)
{
	struct op_stat *st;

	goroutine_runs(op);
	if (!op->e->chan)
		return;
	chan__make(op);
	st = count_op(op, STACK_MAKE);
	flow__op(op->w, st, chan__find(op->w, op->p, op->e->chan), DIR_RECV, FLOW_ATTEMPT);
}

static void apply_send_buffered(const struct op *op)
{
	struct op_stat *st;
	struct chan *c = complete(op, DIR_SEND, &st);

	if (c)
		chan__sent(op, c, st);
}

static void apply_send_direct(const struct op *op)
{
	struct op_stat *st;
	struct chan *c = complete(op, DIR_SEND, &st);

	if (!c)
		return;
	wait__serve(op, c, DIR_RECV);
	chan__handed_over(op, c, st);
}

static void apply_recv_buffered(const struct op *op)
{
	struct op_stat *st;
	struct chan *c = complete(op, DIR_RECV, &st);

	if (c)
		chan__received(op, c);
}

static void apply_recv_direct(const struct op *op)
{
	struct op_stat *st;
	struct chan *c = complete(op, DIR_RECV, &st);
	struct wait *sender;

	if (!c)
		return;
	sender = wait__serve(op, c, DIR_SEND);
	if (c->pub.capacity || !c->pub.capacity_known)
		chan__relayed(op, c, sender ? sender->stat : NULL);
	else
		chan__handed_over(op, c, sender ? sender->stat : NULL);
}

static void apply_recv_closed(const struct op *op)
{
	struct op_stat *st;
	struct chan *c = complete(op, DIR_RECV, &st);

	if (c)
		chan__found_closed(op, c);
}

static void apply_failed(const struct op *op)
{
	bool send = op->e->kind == CS_SEND_FAILED;
	struct op_stat *st;
	struct chan *c;

	goroutine_runs(op);
	st = count_op(op, send ? STACK_SEND : STACK_RECV);
	c = op->e->chan ? chan__see(op) : NULL;
	flow__op(op->w, st, c, send ? DIR_SEND : DIR_RECV, FLOW_ATTEMPT);
	if (!c)
		return;
	if (send)
		c->pub.sends_failed++;
	else
		c->pub.receives_failed++;
	chan__sync(op, c);
}

static void apply_close(const struct op *op)
{
	struct chan *c;

	goroutine_runs(op);
	c = op->e->chan ? chan__see(op) : NULL;
	if (!c)
		return;
	flow__op(op->w, count_op(op, STACK_CLOSE), c, DIR_RECV, FLOW_ATTEMPT);
	chan__close(op, c);
}

static void apply_close_panic(const struct op *op)
{
	struct op_stat *st;
	struct chan *c;

	goroutine_runs(op);
	st = count_op(op, STACK_CLOSE);
	c = op->e->chan ? chan__see(op) : NULL;
	flow__op(op->w, st, c, DIR_RECV, FLOW_ATTEMPT);
	if (c) {
		chan__close_unseen(op->w, c, op->e->time_ns);
		chan__sync(op, c);
	}
	panic__add(op, op->e->chan ? PANIC_CLOSE_OF_CLOSED : PANIC_CLOSE_OF_NIL, c, op->e->stack);
}

static void apply_park(const struct op *op)
{
	const struct cs_event *e = op->e;
	bool has_chan = e->kind != CS_PARK_SELECT && e->chan;
	struct chan *c;

	if (e->flags & CS_F_WALKED && !wait__walk_is_news(op))
		return;
	c = has_chan ? chan__see(op) : NULL;
	if (has_chan && !c)
		return;
	if (c)
		chan__sync(op, c);
	wait__begin(op, c);
}

static void apply_select_case(const struct op *op)
{
	bool wanted = wait__wants_case(op);
	struct chan *c;

	if (!op->e->chan || (op->e->flags & CS_F_WALKED && !wanted))
		return;
	c = chan__see(op);
	if (!c)
		return;
	chan__sync(op, c);
	if (wanted)
		wait__add_case(op, c);
}

/* A wake whose park was not seen: the operation is counted here, once. Its channel counts it by the totals. */
static void count_unseen_park(const struct op *op, enum stack_op kind, struct chan *c, enum direction dir)
{
	struct op_stat *st = count_op(op, kind);
	struct select *sel = kind == STACK_SELECT ? count_select(op, c, dir) : NULL;

	flow__op(op->w, st, c, dir, FLOW_BLOCKED);
	if (c && op->e->flags & CS_F_OK)
		flow__moved(op->w, st, c, dir);
	if (st)
		st->pub.blocked++;
	if (sel)
		sel->pub.blocked++;
}

/* The channel of a wake: the one that the goroutine parked on, though another may have its address by now. */
static struct chan *waking_chan(const struct op *op, struct chan *parked_on)
{
	struct chan *c = parked_on;

	if (c)
		chan__touch(op, c);
	else if (op->e->chan)
		c = chan__see(op);
	if (c)
		chan__sync(op, c);
	return c;
}

static void apply_wake(const struct op *op)
{
	const struct cs_event *e = op->e;
	enum direction dir = e->kind == CS_WAKE_SEND ? DIR_SEND : DIR_RECV;
	struct chan *c = NULL;
	struct wait *wt = wait__match(op, &c);
	uint64_t stack = e->stack ? e->stack : wt ? wt->pub.stack : 0;

	c = waking_chan(op, c);
	if (wt)
		wait__end(op, wt, c, dir);
	else
		count_unseen_park(op, dir == DIR_SEND ? STACK_SEND : STACK_RECV, c, dir);
	if (e->flags & CS_F_OK || !c)
		return;
	chan__close_unseen(op->w, c, e->time_ns);
	if (dir == DIR_RECV)
		c->pub.closed_receives++;
	else
		panic__add(op, PANIC_SEND_ON_CLOSED, c, stack);
}

static void apply_wake_select(const struct op *op)
{
	const struct cs_event *e = op->e;
	enum direction dir = e->flags & CS_F_DIR_SEND ? DIR_SEND : DIR_RECV;
	struct chan *c = NULL;
	struct wait *wt = wait__match(op, &c);

	c = waking_chan(op, c);
	if (wt) {
		wait__end(op, wt, c, dir);
	} else {
		count_unseen_park(op, STACK_SELECT, c, dir);
		if (c)
			chan__blocked(c, dir);
	}
	if (!c || dir == DIR_SEND || e->flags & CS_F_OK)
		return;
	chan__close_unseen(op->w, c, e->time_ns);
	c->pub.closed_receives++;
}

static void apply_send_panic(const struct op *op)
{
	const struct cs_event *e = op->e;
	bool select = completes_select(e);
	struct chan *c = NULL;
	struct wait *wt = NULL;
	uint64_t stack = e->stack;

	if (select)
		wt = wait__match(op, &c);
	else
		goroutine_runs(op);
	c = waking_chan(op, c);
	if (c)
		chan__close_unseen(op->w, c, e->time_ns);
	if (wt) {
		stack = stack ? stack : wt->pub.stack;
		if (c) {
			chan__blocked(c, DIR_SEND);
			chan__add_wait(c, DIR_SEND, time_between(wt->pub.since_ns, e->time_ns));
		}
		wait__end(op, wt, NULL, DIR_SEND); /* no case was taken */
	} else {
		flow__op(op->w, count_op(op, select ? STACK_SELECT : STACK_SEND), c, DIR_SEND, FLOW_ATTEMPT);
		if (select)
			count_select(op, NULL, DIR_SEND);
	}
	panic__add(op, PANIC_SEND_ON_CLOSED, c, stack);
}

static void apply_select_default(const struct op *op)
{
	struct select *sel;

	goroutine_runs(op);
	flow__op(op->w, count_op(op, STACK_SELECT), NULL, DIR_RECV, FLOW_ATTEMPT);
	sel = count_select(op, NULL, DIR_RECV);
	if (sel)
		sel->pub.default_taken++;
}

static void (*const handlers[CS_NR_KINDS])(const struct op *op) = {
	[CS_MAKE] = apply_make,
	[CS_SEND_BUFFERED] = apply_send_buffered,
	[CS_SEND_DIRECT] = apply_send_direct,
	[CS_SEND_FAILED] = apply_failed,
	[CS_SEND_PANIC] = apply_send_panic,
	[CS_RECV_BUFFERED] = apply_recv_buffered,
	[CS_RECV_DIRECT] = apply_recv_direct,
	[CS_RECV_FAILED] = apply_failed,
	[CS_RECV_CLOSED] = apply_recv_closed,
	[CS_CLOSE] = apply_close,
	[CS_CLOSE_PANIC] = apply_close_panic,
	[CS_PARK_SEND] = apply_park,
	[CS_PARK_RECV] = apply_park,
	[CS_PARK_SELECT] = apply_park,
	[CS_SELECT_CASE] = apply_select_case,
	[CS_WAKE_SEND] = apply_wake,
	[CS_WAKE_RECV] = apply_wake,
	[CS_WAKE_SELECT] = apply_wake_select,
	[CS_SELECT_DEFAULT] = apply_select_default,
};

/*
 * With many channels and goroutines nearly every look-up misses the cache. Their memory is asked for at once here
 * instead of one after the other: the goroutine's slot comes while the channel's is read, the channel while the
 * goroutine is looked at.
 */
static void prefetch(const struct op *op)
{
	const struct world *w = op->w;
	const struct slot *s;

	table__prefetch(&w->goroutines, op->e->goid, op->p->id);
	s = table__find(&w->by_addr, op->e->chan, op->p->id);
	for (size_t at = 0; s && at < sizeof(struct chan); at += 64)
		__builtin_prefetch((const char *)s->value + at);
}

void world_apply(struct world *w, const struct cs_event *e)
{
	struct op op = { .w = w, .e = e };

	w->nr_events++;
	w->view->fresh = false;
	if (e->time_ns > w->now_ns)
		w->now_ns = e->time_ns;
	if (e->kind >= CS_NR_KINDS || !handlers[e->kind])
		return;
	op.p = proc__of_pid(w, e->pid, e->time_ns);
	if (!op.p)
		return;
	prefetch(&op);
	handlers[e->kind](&op);
}
