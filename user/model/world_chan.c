// SPDX-License-Identifier: Apache-2.0
/*
 * Owns one channel's life: when a record begins a new generation, its length, the queue of values in its buffer,
 * the time it was saturated. Given single records and what the goroutine side found out; never knows goroutines.
 */
#include "model/world_impl.h"

#include <stdlib.h>

#define BIT(kind) (1U << (kind))

/*
 * Records made under the channel's lock (probes at `call unlock`, `call send`, `call gopark`): their length is
 * exact in ring order. A failed attempt may have looked without the lock, and a wake comes when others have long
 * gone on (src/runtime/chan.go, chansend and chanrecv: fast path; after gopark).
 */
#define LOCKED_KINDS                                                                                               \
	(BIT(CS_MAKE) | BIT(CS_SEND_BUFFERED) | BIT(CS_SEND_DIRECT) | BIT(CS_SEND_PANIC) | BIT(CS_RECV_BUFFERED) | \
	 BIT(CS_RECV_DIRECT) | BIT(CS_CLOSE) | BIT(CS_CLOSE_PANIC) | BIT(CS_PARK_SEND) | BIT(CS_PARK_RECV) |       \
	 BIT(CS_SELECT_CASE))

/* Those that carry the element's type descriptor in aux. */
#define TYPED_KINDS                                                                                                 \
	(BIT(CS_MAKE) | BIT(CS_SEND_BUFFERED) | BIT(CS_SEND_FAILED) | BIT(CS_RECV_BUFFERED) | BIT(CS_RECV_FAILED) | \
	 BIT(CS_RECV_CLOSED) | BIT(CS_CLOSE) | BIT(CS_PARK_SEND) | BIT(CS_PARK_RECV) | BIT(CS_SELECT_CASE))

/* Those that can't happen on a closed channel. */
#define OPEN_KINDS                                                                                                   \
	(BIT(CS_SEND_BUFFERED) | BIT(CS_SEND_DIRECT) | BIT(CS_RECV_DIRECT) | BIT(CS_PARK_SEND) | BIT(CS_PARK_RECV) | \
	 BIT(CS_SELECT_CASE))

static bool header_valid(const struct cs_event *e)
{
	return e->chan && !(e->flags & CS_F_NO_CHAN);
}

static void set_full(struct chan *c, bool full, uint64_t time_ns)
{
	if (full == c->full)
		return;
	if (c->full)
		c->full_ns += time_between(c->full_since_ns, time_ns);
	c->full_since_ns = time_ns;
	c->full = full;
}

/* Saturation counts up to the end of the channel's life. */
static void check_full(struct chan *c, uint64_t time_ns)
{
	bool full = false;

	if (c->pub.ended == CHAN_ALIVE && c->pub.capacity_known)
		full = c->pub.capacity ? c->pub.length >= c->pub.capacity : c->parked[DIR_SEND] > 0;
	set_full(c, full, time_ns);
}

static void end_life(struct chan *c, enum chan_end why, uint64_t time_ns)
{
	if (c->pub.ended != CHAN_ALIVE)
		return;
	c->pub.ended = why;
	c->pub.ended_at_ns = time_ns;
	check_full(c, time_ns);
}

uint64_t chan__life_end(const struct chan *c, uint64_t now_ns)
{
	if (c->pub.ended != CHAN_ALIVE)
		return c->pub.ended_at_ns;
	return c->proc->pub.end_why ? c->proc->pub.ended_at_ns : now_ns;
}

static void check_dead(struct world *w, struct chan *c)
{
	if (!c->in_ended && (c->pub.ended == CHAN_REUSED || (c->pub.closed && !c->pub.length)))
		evict__place(w, c);
}

static void mark_closed(struct world *w, struct chan *c, uint64_t time_ns)
{
	if (c->pub.closed)
		return;
	c->pub.closed = true;
	c->pub.closed_at_ns = time_ns;
	end_life(c, CHAN_CLOSED, time_ns);
	check_dead(w, c);
}

void chan__close_unseen(struct world *w, struct chan *c, uint64_t time_ns)
{
	mark_closed(w, c, time_ns);
}

static void set_length(struct world *w, struct chan *c, uint32_t length, uint64_t time_ns)
{
	if (c->pub.capacity_known && length > c->pub.capacity)
		length = c->pub.capacity;
	c->length_seen = true;
	c->pub.length = length;
	if (length > c->pub.length_max)
		c->pub.length_max = length;
	check_full(c, time_ns);
	if (c->pub.closed)
		check_dead(w, c);
}

static struct chan *begin(struct world *w, struct proc *p, struct slot *s, uint64_t time_ns)
{
	struct chan *c = world_alloc(w, sizeof(*c)), *before = s->value;

	if (!c) {
		if (!before)
			table__delete(&w->by_addr, s);
		return NULL;
	}
	if (before) {
		end_life(before, CHAN_REUSED, time_ns);
		evict__place(w, before);
		c->has_older = true;
	}
	c->proc = p;
	c->id = ++w->nr_channel_ids;
	c->pub.pid = p->pub.pid;
	c->pub.addr = s->k1;
	c->pub.generation = (before ? before->pub.generation : p->generation_floor) + 1;
	c->pub.made_at_ns = c->pub.last_event_ns = time_ns;
	s->value = c;
	w->nr_channels++;
	link_append(&w->channels, &c->order);
	link_init(&c->recency);
	link_init(&c->flows);
	evict__place(w, c);
	c->pins++; /* not this one */
	evict__make_room(w);
	c->pins--;
	return c;
}

struct chan *chan__find(const struct world *w, const struct proc *p, uint64_t addr)
{
	struct slot *s = table__find(&w->by_addr, addr, p->id);

	return s ? s->value : NULL;
}

struct chan *chan__new(struct world *w, struct proc *p, uint64_t addr, uint64_t made_at_ns)
{
	struct slot *s = world_slot(w, &w->by_addr, addr, p->id);

	return s ? begin(w, p, s, made_at_ns) : NULL;
}

static void take_header(struct world *w, struct chan *c, const struct cs_event *e)
{
	if (!c->pub.elem_type && (TYPED_KINDS & BIT(e->kind)))
		c->pub.elem_type = e->aux;
	if (!header_valid(e))
		return;
	if (!c->pub.capacity_known) {
		c->pub.capacity_known = true;
		c->pub.capacity = e->cap;
		check_full(c, e->time_ns);
	}
	if (e->elem_size)
		c->pub.elem_size = e->elem_size;
	if (e->flags & CS_F_TIMER)
		c->pub.timer = true;
	if (e->flags & CS_F_CLOSED && !c->pub.closed)
		mark_closed(w, c, e->time_ns);
}

void chan__touch(const struct op *op, struct chan *c)
{
	take_header(op->w, c, op->e);
	/* The runtime sends what timers tell by itself, on a g0: that is not the program's use of it. */
	if (!c->pub.stack_used && op->e->goid)
		c->pub.stack_used = op->e->stack;
	if (op->e->time_ns > c->pub.last_event_ns)
		c->pub.last_event_ns = op->e->time_ns;
}

/* Does the record prove that the address holds another channel now, whose make was lost? */
static bool is_another(const struct chan *c, const struct cs_event *e)
{
	if (!header_valid(e))
		return false;
	if (c->pub.capacity_known && c->pub.capacity != e->cap)
		return true;
	if (!c->pub.closed || e->flags & CS_F_CLOSED)
		return false;
	return OPEN_KINDS & BIT(e->kind);
}

struct chan *chan__see(const struct op *op)
{
	const struct cs_event *e = op->e;
	struct slot *s = world_slot(op->w, &op->w->by_addr, e->chan, op->p->id);
	struct chan *c = s ? s->value : NULL;

	if (!s)
		return NULL;
	if (!c || is_another(c, e) || (c->close_seen && e->kind == CS_CLOSE)) {
		/* What the goroutine walk read may be older than the events that came before it. */
		if (c && e->flags & CS_F_WALKED)
			return NULL;
		c = begin(op->w, op->p, s, e->time_ns);
		if (!c)
			return NULL;
		c->pub.made_before_attach = !c->has_older;
	}
	chan__touch(op, c);
	return c;
}

void chan__make(const struct op *op)
{
	const struct cs_event *e = op->e;
	struct chan *c = chan__new(op->w, op->p, e->chan, e->time_ns);

	if (!c)
		return;
	c->pub.stack_made = e->stack;
	take_header(op->w, c, e);
	chan__sync(op, c);
}

static void add_queue_time(const struct op *op, struct chan *c, struct op_stat *stat, uint64_t ns)
{
	if (dist__add(&c->pub.queue, ns))
		world_no_memory(op->w);
	if (!stat)
		return;
	stat->pub.queue_ns += ns;
	stat->pub.queued++;
	flow__queued(op->w, stat, c, ns);
}

static void push_value(const struct op *op, struct chan *c, struct op_stat *stat)
{
	if (value_fifo__push(&c->values, op->e->time_ns, stat))
		world_no_memory(op->w);
}

static void pop_value(const struct op *op, struct chan *c)
{
	struct value v;

	if (value_fifo__pop(&c->values, &v))
		add_queue_time(op, c, v.stat, time_between(v.sent_ns, op->e->time_ns));
}

/* The length that a record tells, or what follows from the one before by `change`. */
static uint32_t length_after(const struct chan *c, const struct cs_event *e, int change)
{
	uint32_t length = c->pub.length;

	if (header_valid(e))
		return c->pub.capacity_known && e->len > c->pub.capacity ? c->pub.capacity : e->len;
	if (change > 0)
		return c->pub.capacity_known && length < c->pub.capacity ? length + 1 : length;
	return change < 0 && length ? length - 1 : length;
}

static void resync(struct chan *c, uint64_t length)
{
	if (c->values.total != length)
		value_fifo__resync(&c->values, length);
}

void chan__sent(const struct op *op, struct chan *c, struct op_stat *stat)
{
	uint32_t length = length_after(c, op->e, 1);

	c->pub.sends++;
	resync(c, length ? length - 1 : 0);
	if (length)
		push_value(op, c, stat);
	set_length(op->w, c, length, op->e->time_ns);
}

void chan__received(const struct op *op, struct chan *c)
{
	uint32_t length = length_after(c, op->e, -1);

	c->pub.receives++;
	resync(c, (uint64_t)length + 1);
	pop_value(op, c);
	set_length(op->w, c, length, op->e->time_ns);
}

void chan__handed_over(const struct op *op, struct chan *c, struct op_stat *sender)
{
	c->pub.sends++;
	c->pub.receives++;
	add_queue_time(op, c, sender, 0);
	chan__sync(op, c);
}

void chan__relayed(const struct op *op, struct chan *c, struct op_stat *sender)
{
	uint32_t length = length_after(c, op->e, 0);

	c->pub.sends++;
	c->pub.receives++;
	resync(c, length);
	pop_value(op, c);
	if (length)
		push_value(op, c, sender);
	set_length(op->w, c, length, op->e->time_ns);
}

void chan__close(const struct op *op, struct chan *c)
{
	const struct cs_event *e = op->e;

	/* Somebody may have found it closed before the closer's record was made. */
	mark_closed(op->w, c, e->time_ns);
	c->close_seen = true;
	c->pub.closed_at_ns = e->time_ns;
	c->pub.stack_closed = e->stack;
	c->pub.closed_by_goid = e->goid;
	if (c->pub.ended == CHAN_CLOSED)
		c->pub.ended_at_ns = e->time_ns;
	chan__sync(op, c);
}

void chan__sync(const struct op *op, struct chan *c)
{
	const struct cs_event *e = op->e;
	bool locked = LOCKED_KINDS & BIT(e->kind) && !(e->flags & CS_F_WALKED);

	if (!header_valid(e))
		return;
	if (locked)
		resync(c, length_after(c, e, 0));
	/* Without other records a length that may be a little late is better than an old one. */
	if (locked || !c->length_seen || op->w->start.mode == CAPTURE_WAIT)
		set_length(op->w, c, e->len, e->time_ns);
}

void chan__found_closed(const struct op *op, struct chan *c)
{
	c->pub.closed_receives++;
	mark_closed(op->w, c, op->e->time_ns);
	/* Closed and drained for good. The queue is left alone: the last receives may come after this record. */
	set_length(op->w, c, 0, op->e->time_ns);
}

void chan__park(struct chan *c, enum direction dir, uint64_t time_ns)
{
	uint32_t *max = dir == DIR_SEND ? &c->pub.senders_waiting_max : &c->pub.receivers_waiting_max;

	if (++c->parked[dir] > *max)
		*max = c->parked[dir];
	c->pins++;
	check_full(c, time_ns);
}

void chan__unpark(struct chan *c, enum direction dir, uint64_t time_ns)
{
	c->parked[dir]--;
	check_full(c, time_ns);
}

void chan__blocked(struct chan *c, enum direction dir)
{
	if (dir == DIR_SEND)
		c->pub.sends_blocked++;
	else
		c->pub.receives_blocked++;
}

void chan__add_wait(struct chan *c, enum direction dir, uint64_t ns)
{
	struct wait_sum *sum = &c->waits[dir];

	sum->ns += ns;
	if (ns > sum->max_ns)
		sum->max_ns = ns;
}

void chan__free(struct chan *c)
{
	value_fifo__clear(&c->values);
	dist__clear(&c->pub.queue);
	free(c);
}
