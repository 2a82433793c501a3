// SPDX-License-Identifier: Apache-2.0
/*
 * Owns who is parked: one wait per goroutine, from its park to its wake, or to whatever shows that its wake was
 * missed. Given parks, wakes, and goids that counterparts served; never counts values.
 */
#include "model/world_impl.h"

#include <stdlib.h>

/*
 * Keeps the goroutine itself only as an entry of the table: enough to tell later that it is known from events. A
 * program may start millions of goroutines; beyond a number those that are not parked are forgotten. All that is
 * lost then is that a late report of the goroutine walk would be believed.
 */
static struct slot *goroutine_slot(const struct op *op)
{
	struct world *w = op->w;

	if (!table__has_room(&w->goroutines) && w->goroutines.used - w->nr_waits > WORLD_MAX_IDLE_GOROUTINES &&
	    table__drop_nulls(&w->goroutines))
		world_no_memory(w);
	return world_slot(w, &w->goroutines, op->e->goid, op->p->id);
}

struct wait *wait__of(const struct op *op)
{
	struct slot *s = op->e->goid ? goroutine_slot(op) : NULL;

	return s ? s->value : NULL;
}

static struct wait *find_wait(const struct world *w, const struct proc *p, uint64_t goid)
{
	struct slot *s = goid ? table__find(&w->goroutines, goid, p->id) : NULL;

	return s ? s->value : NULL;
}

static enum direction single_dir(const struct wait *wt)
{
	return wt->pub.kind == CS_PARK_SEND ? DIR_SEND : DIR_RECV;
}

static enum direction case_dir(const struct waiter_case *wc)
{
	return wc->send ? DIR_SEND : DIR_RECV;
}

static void leave_queues(struct wait *wt, uint64_t time_ns)
{
	if (wt->chan)
		chan__unpark(wt->chan, single_dir(wt), time_ns);
	for (uint32_t i = 0; i < wt->pub.nr_cases; i++)
		chan__unpark(chan_of(wt->cases[i].chan), case_dir(&wt->cases[i]), time_ns);
}

static void recycle(struct world *w, struct wait *wt)
{
	struct waiter_case *cases = wt->cases;
	uint32_t nr_room = wt->nr_room;

	if (wt->chan)
		wt->chan->pins--;
	for (uint32_t i = 0; i < wt->pub.nr_cases; i++)
		chan_of(cases[i].chan)->pins--;
	link_remove(&wt->order);
	*wt = (struct wait){ .cases = cases, .nr_room = nr_room };
	link_append(&w->spare_waits, &wt->order);
}

static struct wait *new_wait(struct world *w)
{
	struct wait *wt;

	if (w->spare_waits.next == &w->spare_waits)
		return world_alloc(w, sizeof(*wt));
	wt = link_entry(w->spare_waits.next, struct wait, order);
	link_remove(&wt->order);
	return wt;
}

/* Accounts for a wait that is over; the goroutine is not parked any more, the object is still there. */
static void settle(struct world *w, struct wait *wt, uint64_t end_ns)
{
	struct slot *s = table__find(&w->goroutines, wt->pub.goid, wt->proc->id);
	uint64_t ns = time_between(wt->pub.since_ns, end_ns);

	if (wt->stat)
		wt->stat->wait_ns += ns;
	if (wt->select)
		wt->select->wait_ns += ns;
	if (wt->pub.kind == CS_PARK_SELECT)
		flow__waited(w, wt->stat, wt->fired, wt->fired_dir, ns);
	else
		flow__waited(w, wt->stat, wt->chan, single_dir(wt), ns);
	if (wt->chan)
		chan__add_wait(wt->chan, single_dir(wt), ns);
	if (!wt->served)
		leave_queues(wt, end_ns);
	if (s)
		s->value = NULL;
	w->nr_waits--;
}

/* A select's case fired: only now it is known whose wait it was. */
static void case_fired(struct world *w, struct wait *wt, struct chan *c, enum direction dir, uint64_t end_ns)
{
	chan__blocked(c, dir);
	chan__add_wait(c, dir, time_between(wt->pub.since_ns, end_ns));
	wt->fired = c;
	wt->fired_dir = dir;
	flow__fired(w, wt->stat, c, dir);
	if (wt->select) {
		struct select_case_stat *sc = select__case(w, wt->select, c, dir);

		if (sc)
			sc->taken++;
	}
}

bool wait__is_over(const struct wait *wt, uint64_t *ret_end_ns)
{
	const struct channel *c = wt->chan ? &wt->chan->pub : NULL;

	if (wt->served) {
		*ret_end_ns = wt->served_at_ns;
		return true;
	}
	for (uint32_t i = 0; !(c && c->ended != CHAN_ALIVE) && i < wt->pub.nr_cases; i++)
		c = wt->cases[i].chan;
	/* Close wakes all; and no channel is collected while somebody is parked on it. */
	if (!c || (c->ended != CHAN_CLOSED && c->ended != CHAN_REUSED))
		return false;
	*ret_end_ns = c->ended_at_ns;
	return true;
}

void wait__end_lost(const struct op *op, struct wait *wt)
{
	uint64_t end_ns = op->e->time_ns;

	/* Its next sign of life is the latest that it can have woken; often it is known better. */
	if (wait__is_over(wt, &end_ns) && end_ns > op->e->time_ns)
		end_ns = op->e->time_ns;
	if (wt->served && wt->pub.kind == CS_PARK_SELECT) {
		wt->served_by->inferred_wakes++;
		case_fired(op->w, wt, wt->served_by, wt->served_dir, end_ns);
	}
	if (wt->served)
		flow__moved(op->w, wt->stat, wt->served_by, wt->served_dir);
	settle(op->w, wt, end_ns);
	recycle(op->w, wt);
}

bool wait__walk_is_news(const struct op *op)
{
	const struct cs_event *e = op->e;
	struct slot *s = table__find(&op->w->goroutines, e->goid, op->p->id);
	struct wait *wt = s ? s->value : NULL;

	if (!s)
		return true;
	if (!wt || !wt->walked)
		return false;
	/* Walked twice: the same wait, or the older report is void. */
	if (wt->pub.kind == e->kind && wt->pub.stack == e->stack && (wt->chan ? wt->chan->pub.addr : 0) == e->chan)
		return false;
	wt->pub.since_ns = e->time_ns;
	wait__end_lost(op, wt);
	return true;
}

static void count_park(const struct op *op, struct wait *wt, struct chan *c)
{
	const struct cs_event *e = op->e;
	bool select = e->kind == CS_PARK_SELECT;
	enum stack_op kind = select ? STACK_SELECT : e->kind == CS_PARK_SEND ? STACK_SEND : STACK_RECV;
	struct op_stat *st = op_stat__get(op->w, op->p, e->stack, kind, select ? !e->aux : !c);
	struct select *sel = select ? select__get(op->w, op->p, e->stack) : NULL;

	if (st) {
		st->pub.ops++;
		st->pub.blocked++;
	}
	if (sel) {
		sel->pub.count++;
		sel->pub.blocked++;
	}
	flow__op(op->w, st, c, e->kind == CS_PARK_SEND ? DIR_SEND : DIR_RECV, FLOW_BLOCKED);
	if (c)
		chan__blocked(c, e->kind == CS_PARK_SEND ? DIR_SEND : DIR_RECV);
	if (wt) {
		wt->stat = st;
		wt->select = sel;
	}
}

static void keep_exit_wait(struct world *w, struct wait *wt)
{
	link_remove(&wt->order);
	link_append(&w->exit_waits, &wt->order);
	if (++w->nr_exit_waits <= WORLD_MAX_EXIT_WAITS)
		return;
	recycle(w, link_entry(w->exit_waits.next, struct wait, order));
	w->nr_exit_waits--;
	world_no_memory(w);
}

static void end_with_process(struct world *w, struct wait *wt)
{
	uint64_t end_ns = wt->proc->pub.ended_at_ns;
	bool over = wait__is_over(wt, &end_ns);

	settle(w, wt, end_ns);
	if (over) {
		recycle(w, wt);
		return;
	}
	keep_exit_wait(w, wt);
}

void wait__begin(const struct op *op, struct chan *c)
{
	const struct cs_event *e = op->e;
	struct wait *wt = wait__of(op);
	struct slot *s;

	if (wt)
		wait__end_lost(op, wt);
	s = e->goid ? goroutine_slot(op) : NULL; /* a goroutine that could not be read is only counted */
	wt = s ? new_wait(op->w) : NULL;
	count_park(op, wt, c);
	if (!wt)
		return;
	wt->proc = op->p;
	wt->chan = c;
	wt->walked = e->flags & CS_F_WALKED;
	wt->pub = (struct waiter){
		.pid = e->pid,
		.goid = e->goid,
		.since_ns = wt->walked ? op->p->pub.attached_at_ns : e->time_ns,
		.since_before_attach = wt->walked,
		.kind = e->kind,
		.stack = e->stack,
		.chan = c ? &c->pub : NULL,
		.nr_cases_announced = e->kind == CS_PARK_SELECT ? e->aux : 0,
	};
	s->value = wt;
	op->w->nr_waits++;
	link_append(&op->w->waits, &wt->order);
	if (c)
		chan__park(c, single_dir(wt), e->time_ns);
	if (op->p->pub.end_why)
		end_with_process(op->w, wt); /* came late */
}

bool wait__wants_case(const struct op *op)
{
	struct wait *wt = find_wait(op->w, op->p, op->e->goid);

	return wt && wt->pub.kind == CS_PARK_SELECT && wt->walked == !!(op->e->flags & CS_F_WALKED) && !wt->served &&
	       wt->pub.nr_cases < wt->pub.nr_cases_announced;
}

void wait__add_case(const struct op *op, struct chan *c)
{
	const struct cs_event *e = op->e;
	struct wait *wt = find_wait(op->w, op->p, e->goid);
	enum direction dir = e->flags & CS_F_DIR_SEND ? DIR_SEND : DIR_RECV;

	if (wt->pub.nr_cases == wt->nr_room) {
		uint32_t nr_room = wt->nr_room ? 2 * wt->nr_room : 4;
		struct waiter_case *cases = realloc(wt->cases, nr_room * sizeof(*cases));

		if (!cases) {
			world_no_memory(op->w);
			return;
		}
		wt->cases = cases;
		wt->nr_room = nr_room;
	}
	wt->cases[wt->pub.nr_cases++] = (struct waiter_case){ .chan = &c->pub, .send = dir == DIR_SEND };
	wt->pub.cases = wt->cases;
	chan__park(c, dir, e->time_ns);
	if (wt->select)
		select__case(op->w, wt->select, c, dir);
}

/* The channel of a select's case by its address: the generation on which it parked. */
static struct chan *case_chan(const struct wait *wt, uint64_t addr, enum direction dir)
{
	for (uint32_t i = 0; i < wt->pub.nr_cases; i++)
		if (wt->cases[i].chan->addr == addr && case_dir(&wt->cases[i]) == dir)
			return chan_of(wt->cases[i].chan);
	return NULL;
}

/*
 * The send case at which a parked select panics, if the record could not tell: one whose channel is closed, or the
 * only one there is. NULL: not known either.
 */
static struct chan *panicking_case(const struct wait *wt)
{
	bool all_seen = wt->pub.nr_cases == wt->pub.nr_cases_announced;
	const struct channel *send = NULL;
	uint32_t nr_sends = 0;

	for (uint32_t i = 0; i < wt->pub.nr_cases; i++) {
		if (!wt->cases[i].send)
			continue;
		if (wt->cases[i].chan->closed)
			return chan_of(wt->cases[i].chan);
		send = wt->cases[i].chan;
		nr_sends++;
	}
	return all_seen && nr_sends == 1 ? chan_of(send) : NULL;
}

struct wait *wait__match(const struct op *op, struct chan **ret_chan)
{
	const struct cs_event *e = op->e;
	struct wait *wt = wait__of(op);
	bool select = e->kind == CS_WAKE_SELECT || e->kind == CS_SEND_PANIC;
	enum direction dir = e->flags & CS_F_DIR_SEND || e->kind == CS_SEND_PANIC ? DIR_SEND : DIR_RECV;
	uint8_t kind = select ? CS_PARK_SELECT : e->kind == CS_WAKE_SEND ? CS_PARK_SEND : CS_PARK_RECV;
	struct chan *c;

	if (!wt)
		return NULL;
	if (wt->pub.kind != kind) {
		wait__end_lost(op, wt);
		return NULL;
	}
	if (e->kind == CS_SEND_PANIC && !e->chan) {
		*ret_chan = panicking_case(wt);
		return wt;
	}
	c = select ? case_chan(wt, e->chan, dir) : wt->chan;
	/* A case that is not among those seen is this select's only if some were not seen. */
	if (c ? c->pub.addr != e->chan : !select || wt->pub.nr_cases == wt->pub.nr_cases_announced) {
		wait__end_lost(op, wt);
		return NULL;
	}
	*ret_chan = c;
	return wt;
}

void wait__end(const struct op *op, struct wait *wt, struct chan *c, enum direction dir)
{
	if (wt->pub.kind == CS_PARK_SELECT && c)
		case_fired(op->w, wt, c, dir, op->e->time_ns);
	if (c && op->e->flags & CS_F_OK && op->e->kind != CS_SEND_PANIC)
		flow__moved(op->w, wt->stat, c, dir);
	settle(op->w, wt, op->e->time_ns);
	recycle(op->w, wt);
}

static bool waits_on(const struct wait *wt, const struct chan *c, enum direction dir)
{
	if (wt->pub.kind == CS_PARK_SELECT)
		return case_chan(wt, c->pub.addr, dir) == c;
	return wt->chan == c && single_dir(wt) == dir;
}

struct wait *wait__serve(const struct op *op, struct chan *c, enum direction dir)
{
	struct wait *wt = find_wait(op->w, op->p, op->e->aux);

	if (!wt)
		return NULL;
	/* It is parked on c: if that is not what we know, it has woken and parked again unseen. */
	if (wt->served || !waits_on(wt, c, dir)) {
		wait__end_lost(op, wt);
		return NULL;
	}
	leave_queues(wt, op->e->time_ns);
	wt->served = true;
	wt->served_at_ns = op->e->time_ns;
	wt->served_by = c;
	wt->served_dir = dir;
	return wt;
}

void wait__end_all_of(struct world *w, const struct proc *p)
{
	struct link *l, *n;

	link_for_each(l, n, &w->waits)
	{
		struct wait *wt = link_entry(l, struct wait, order);

		if (wt->proc == p)
			end_with_process(w, wt);
	}
}

static void free_list(struct link *head)
{
	struct link *l, *n;

	link_for_each(l, n, head)
	{
		struct wait *wt = link_entry(l, struct wait, order);

		free(wt->cases);
		free(wt);
	}
}

void wait__free_all(struct world *w)
{
	free_list(&w->waits);
	free_list(&w->exit_waits);
	free_list(&w->spare_waits);
	table__clear(&w->goroutines);
}
