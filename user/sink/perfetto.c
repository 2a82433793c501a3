// SPDX-License-Identifier: Apache-2.0
/*
 * Owns what happened as a Perfetto trace: slices of goroutines, lengths of channels, and an arrow from each send to
 * the receive that took its value. It is given events as they come. What is not known of an event yet (when a
 * parked goroutine wakes, who takes a value) is waited for, so that every slice ends and every arrow has both ends.
 */
#include "sink/event_sink.h"

#include <errno.h>
#include <stdlib.h>

#include "sink/losses.h"
#include "sink/perfetto_impl.h"

#define KIND(kind) (1U << (kind))

/* Records made under the channel's lock: their length is exact in their order; see user/model/world_chan.c. */
#define LOCKED_KINDS                                                                                                  \
	(KIND(CS_MAKE) | KIND(CS_SEND_BUFFERED) | KIND(CS_SEND_DIRECT) | KIND(CS_SEND_PANIC) |                        \
	 KIND(CS_RECV_BUFFERED) | KIND(CS_RECV_DIRECT) | KIND(CS_CLOSE) | KIND(CS_CLOSE_PANIC) | KIND(CS_PARK_SEND) | \
	 KIND(CS_PARK_RECV) | KIND(CS_SELECT_CASE))
#define WAKE_KINDS (KIND(CS_WAKE_SEND) | KIND(CS_WAKE_RECV) | KIND(CS_WAKE_SELECT))

/* --- what an event is about --- */

static const char *op_name(const struct cs_event *e, const char *name)
{
	return e->flags & CS_F_SELECT ? "select" : name;
}

/* An operation that did not park: a slice without duration. */
static void put_op(const struct perfetto_op *op, const char *name, const char *outcome, uint64_t flow_to)
{
	const struct perfetto_event e = { .name = name,
					  .place = perfetto_place(op),
					  .channel = perfetto_channel(op),
					  .outcome = outcome,
					  .flow_to = flow_to };

	if (!op->track)
		return;
	perfetto_out__begin(op->p->out, op->track, op->e->time_ns, &e);
	perfetto_out__end(op->p->out, op->track, op->e->time_ns);
}

/* --- values --- */

static bool header_valid(const struct cs_event *e)
{
	return !(e->flags & CS_F_NO_CHAN);
}

static void resync(const struct perfetto_op *op, uint64_t total)
{
	if (op->c && header_valid(op->e) && perfetto_values__resync(&op->c->values, total, perfetto_lose_value, op->p))
		perfetto_no_memory(op->p);
}

static void push_value(const struct perfetto_op *op, struct perfetto_send *s)
{
	if (!perfetto_values__push(&op->c->values, s))
		return;
	perfetto_no_memory(op->p);
	if (s)
		perfetto_lose_value(op->p, s);
}

static void send_buffered(const struct perfetto_op *op)
{
	const struct cs_event *e = op->e;
	const struct perfetto_send like = { .track = op->track,
					    .begin_ns = e->time_ns,
					    .end_ns = e->time_ns,
					    .place = perfetto_place(op),
					    .channel = perfetto_channel(op),
					    .name = op_name(e, "send"),
					    .outcome = "buffered",
					    .ended = true };

	if (!op->c)
		return;
	resync(op, e->len ? e->len - 1 : 0);
	push_value(op, op->track ? perfetto_new_send(op->p, &like) : NULL);
}

static void send_direct(const struct perfetto_op *op)
{
	struct parked_track *pt = perfetto_peer_of(op);
	const struct perfetto_event e = { .name = op_name(op->e, "send"),
					  .place = perfetto_place(op),
					  .channel = perfetto_channel(op),
					  .outcome = "direct",
					  .flow_from = pt && op->track ? ++op->p->nr_flows : 0 };

	if (pt)
		pt->flow_to = e.flow_from;
	if (!op->track)
		return;
	perfetto_out__begin(op->p->out, op->track, op->e->time_ns, &e);
	perfetto_out__end(op->p->out, op->track, op->e->time_ns);
}

static void receive(const struct perfetto_op *op)
{
	const char *name = op_name(op->e, "receive");
	struct perfetto_send *s;

	if (!op->c)
		return;
	if (op->e->kind == CS_RECV_BUFFERED) {
		resync(op, (uint64_t)op->e->len + 1);
		s = perfetto_values__pop(&op->c->values);
	} else if (op->e->cap) {
		/* The oldest value comes out, the parked sender's goes in behind. */
		resync(op, op->e->len);
		s = perfetto_values__pop(&op->c->values);
		push_value(op, perfetto_send_of_peer(op));
	} else {
		s = perfetto_send_of_peer(op);
	}
	/* Without a track there is nothing for an arrow to point at. */
	if (!op->track && s)
		perfetto_lose_value(op->p, s);
	put_op(op, name, op->e->kind == CS_RECV_BUFFERED ? "buffered" : "direct",
	       op->track ? perfetto_take_value(op->p, s) : 0);
}

/* What a channel held before its address was made anew has gone with it. */
static void make(const struct perfetto_op *op)
{
	resync(op, 0);
	put_op(op, "make", NULL, 0);
}

static void put_length(const struct perfetto_op *op)
{
	const struct cs_event *e = op->e;
	struct perfetto_chan *c = op->c;

	if (!c || !header_valid(e) || !(LOCKED_KINDS & KIND(e->kind)) || e->flags & CS_F_WALKED)
		return;
	if (c->counted && c->length == e->len)
		return;
	c->counted = true;
	c->length = e->len;
	perfetto_out__count(op->p->out, c->counter, e->time_ns, e->len);
}

static void close_channel(const struct perfetto_op *op)
{
	const struct perfetto_event e = { .name = "closed", .place = perfetto_place(op) };

	put_op(op, "close", NULL, 0);
	if (op->c)
		perfetto_out__instant(op->p->out, op->c->track, op->e->time_ns, &e);
}

/* --- events --- */

static const char *wake_outcome(const struct cs_event *e)
{
	bool send = e->kind == CS_WAKE_SEND || (e->kind == CS_WAKE_SELECT && e->flags & CS_F_DIR_SEND);

	return e->flags & CS_F_OK ? "value" : send ? "panic" : "closed";
}

/* Whatever a goroutine does shows that it is not parked any more. Returns true if that is all that the event tells. */
static bool end_wait(const struct perfetto_op *op)
{
	const struct cs_event *e = op->e;
	struct parked_track *pt = op->track ? perfetto_find_parked(op->p, op->track) : NULL;
	bool wake = WAKE_KINDS & KIND(e->kind), panic = e->kind == CS_SEND_PANIC && e->flags & CS_F_SELECT;

	if (pt)
		perfetto_unpark(op->p, pt, wake || panic ? perfetto_channel(op) : 0, e->time_ns,
				wake	? wake_outcome(e)
				: panic ? "panic"
					: "wake not seen");
	/* Of an operation whose parking was not seen only the end is known. */
	else if (wake)
		put_op(op,
		       e->kind == CS_WAKE_SEND	 ? "send"
		       : e->kind == CS_WAKE_RECV ? "receive"
						 : "select",
		       wake_outcome(e), 0);
	return wake || (pt && panic);
}

static void put_kind(const struct perfetto_op *op)
{
	const struct cs_event *e = op->e;

	switch ((enum cs_kind)e->kind) {
	case CS_MAKE:
		make(op);
		break;
	case CS_SEND_BUFFERED:
		send_buffered(op);
		break;
	case CS_SEND_DIRECT:
		send_direct(op);
		break;
	case CS_SEND_FAILED:
		put_op(op, op_name(e, "send"), "would block", 0);
		break;
	case CS_SEND_PANIC:
		put_op(op, op_name(e, "send"), "panic", 0);
		break;
	case CS_RECV_BUFFERED:
	case CS_RECV_DIRECT:
		receive(op);
		break;
	case CS_RECV_FAILED:
		put_op(op, op_name(e, "receive"), "would block", 0);
		break;
	case CS_RECV_CLOSED:
		put_op(op, op_name(e, "receive"), "closed", 0);
		break;
	case CS_CLOSE:
		close_channel(op);
		break;
	case CS_CLOSE_PANIC:
		put_op(op, "close", "panic", 0);
		break;
	case CS_PARK_SEND:
	case CS_PARK_RECV:
	case CS_PARK_SELECT:
		perfetto_park(op);
		break;
	case CS_SELECT_DEFAULT:
		put_op(op, "select", "default", 0);
		break;
	default:
		break;
	}
}

static void on_event(void *ctx, const struct cs_event *e)
{
	struct perfetto *p = ctx;
	struct perfetto_op op = { .p = p, .e = e };

	if (e->time_ns > p->last_ns)
		p->last_ns = e->time_ns;
	/* The goroutine walk may tell of a goroutine late, when events have told of it already. */
	if (p->err || p->tracks.err || (e->flags & CS_F_WALKED && perfetto_tracks__known(&p->tracks, e->pid, e->goid)))
		return;
	op.c = perfetto_tracks__chan(&p->tracks, e);
	put_length(&op);
	if (e->kind == CS_SELECT_CASE)
		return;
	op.track = perfetto_tracks__goroutine(&p->tracks, e->pid, e->goid, e->stack);
	if (!end_wait(&op))
		put_kind(&op);
}

static void on_start(void *ctx, const struct feed_start *s)
{
	struct perfetto *p = ctx;

	perfetto_out__clock(p->out, s->mono_ns, s->wall_ns);
}

static void end_waits(struct perfetto *p, uint32_t pid, bool all, uint64_t end_ns, const char *outcome)
{
	struct parked_track *pt, *tmp;

	HASH_ITER (hh, p->parked, pt, tmp)
		if (all || pt->pid == pid)
			perfetto_unpark(p, pt, 0, end_ns, outcome);
}

static void on_process_end(void *ctx, uint32_t pid, uint64_t time_ns, enum process_end why)
{
	struct perfetto *p = ctx;
	const struct perfetto_event e = { .name = why == PROCESS_EXECED ? "exec" : "exit" };

	if (time_ns > p->last_ns)
		p->last_ns = time_ns;
	end_waits(p, pid, false, time_ns, "parked at exit");
	perfetto_out__instant(p->out, perfetto_tracks__process(&p->tracks, pid), time_ns, &e);
}

/* Frees what is still on its way, written or not. */
static void settle_all(struct perfetto *p, uint64_t end_ns)
{
	end_waits(p, 0, true, end_ns, "still parked");
	for (size_t i = 0; i < p->tracks.nr_chans; i++)
		perfetto_values__resync(&p->tracks.chans[i]->values, 0, perfetto_lose_value, p);
}

static bool put_losses(void *ctx, const struct process_info *info)
{
	struct perfetto *p = ctx;
	struct perfetto_event e = { .name = "end of the trace" };
	struct world_totals t;
	char losses[1024];

	losses_totals(p->in, &t);
	losses_format(losses, sizeof(losses), &t);
	e.outcome = losses;
	perfetto_out__instant(p->out, perfetto_tracks__process(&p->tracks, info->pid), p->last_ns, &e);
	return true;
}

static void on_end(void *ctx, uint64_t mono_ns)
{
	struct perfetto *p = ctx;

	if (mono_ns > p->last_ns)
		p->last_ns = mono_ns;
	settle_all(p, p->last_ns);
	world__processes(p->in->world, put_losses, p);
}

static int perfetto_close(void *ctx, struct diag *d)
{
	struct perfetto *p = ctx;
	int err = p->err, out_err;

	settle_all(p, p->last_ns);
	err = err ? err : p->tracks.err;
	perfetto_tracks__free(&p->tracks);
	out_err = perfetto_out__free(p->out);
	err = err ? err : out_err;
	free(p);
	return err == -ENOMEM ? diag_fail(d, err, "not enough memory for a trace") : err;
}

int sink_perfetto(FILE *out, const struct sink_in *in, struct event_sink *ret, struct diag *d)
{
	static const struct feed_ops ops = {
		.start = on_start, .process_end = on_process_end, .event = on_event, .end = on_end
	};
	struct perfetto *p = calloc(1, sizeof(*p));

	if (!p || perfetto_out__new(out, &p->out)) {
		free(p);
		return diag_fail(d, -ENOMEM, "out of memory");
	}
	p->in = in;
	p->tracks.in = in;
	p->tracks.out = p->out;
	*ret = (struct event_sink){ .feed = { .ops = &ops, .ctx = p }, .close = perfetto_close };
	return 0;
}
