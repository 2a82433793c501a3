// SPDX-License-Identifier: Apache-2.0
/*
 * Owns what is not known to its end yet: goroutines that are parked, and sends whose value is on its way. It is given
 * the moments at which more is known, and writes each slice when all of it is.
 */
#include "sink/perfetto_impl.h"

#include <errno.h>
#include <stdlib.h>

/* --- sends --- */

void perfetto_no_memory(struct perfetto *p)
{
	if (!p->err)
		p->err = -ENOMEM;
}

static void put_blocked(struct perfetto *p, uint64_t track, uint64_t begin_ns, uint64_t end_ns)
{
	const struct perfetto_event blocked = { .name = "blocked" };

	perfetto_out__begin(p->out, track, begin_ns, &blocked);
	perfetto_out__end(p->out, track, end_ns);
}

/* Writes it once all is known, and frees it. */
static void settle_send(struct perfetto *p, struct perfetto_send *s)
{
	const struct perfetto_event e = {
		.name = s->name, .place = s->place, .channel = s->channel, .outcome = s->outcome, .flow_from = s->flow
	};

	if (!s->ended || !s->fate_known)
		return;
	perfetto_out__begin(p->out, s->track, s->begin_ns, &e);
	if (s->parked)
		put_blocked(p, s->track, s->begin_ns, s->end_ns);
	perfetto_out__end(p->out, s->track, s->end_ns);
	free(s);
}

uint64_t perfetto_take_value(struct perfetto *p, struct perfetto_send *s)
{
	uint64_t flow;

	if (!s)
		return 0;
	flow = s->flow = ++p->nr_flows;
	s->fate_known = true;
	settle_send(p, s);
	return flow;
}

void perfetto_lose_value(void *ctx, struct perfetto_send *s)
{
	s->fate_known = true;
	settle_send(ctx, s);
}

struct perfetto_send *perfetto_new_send(struct perfetto *p, const struct perfetto_send *like)
{
	struct perfetto_send *s = malloc(sizeof(*s));

	if (s)
		*s = *like;
	else
		perfetto_no_memory(p);
	return s;
}

/* --- parking --- */

struct parked_track *perfetto_find_parked(const struct perfetto *p, uint64_t track)
{
	struct parked_track *pt;

	HASH_FIND(hh, p->parked, &track, sizeof(track), pt);
	return pt;
}

static const char *parked_name(const struct parked_track *pt)
{
	return pt->kind == CS_PARK_SEND ? "send" : pt->kind == CS_PARK_RECV ? "receive" : "select";
}

static void put_parked(struct perfetto *p, const struct parked_track *pt, uint64_t channel, uint64_t end_ns,
		       const char *outcome)
{
	const struct perfetto_event e = {
		.name = parked_name(pt), .place = pt->place, .channel = channel, .outcome = outcome
	};
	const struct perfetto_event value = { .name = "value", .flow_to = pt->flow_to };

	perfetto_out__begin(p->out, pt->track, pt->since_ns, &e);
	put_blocked(p, pt->track, pt->since_ns, end_ns);
	if (pt->flow_to) {
		/* Where the arrow ends: it comes at the end of the wait. */
		perfetto_out__begin(p->out, pt->track, end_ns, &value);
		perfetto_out__end(p->out, pt->track, end_ns);
	}
	perfetto_out__end(p->out, pt->track, end_ns);
}

void perfetto_unpark(struct perfetto *p, struct parked_track *pt, uint64_t channel, uint64_t end_ns,
		     const char *outcome)
{
	struct perfetto_send *s = pt->send;

	if (end_ns < pt->since_ns)
		end_ns = pt->since_ns;
	if (s) {
		s->ended = true;
		s->end_ns = end_ns;
		s->outcome = outcome;
		settle_send(p, s);
	} else {
		put_parked(p, pt, channel ? channel : pt->channel, end_ns, outcome);
	}
	HASH_DEL(p->parked, pt);
	free(pt);
}

void perfetto_park(const struct perfetto_op *op)
{
	struct parked_track *pt = op->track ? calloc(1, sizeof(*pt)) : NULL;

	if (!op->track)
		return;
	if (!pt) {
		perfetto_no_memory(op->p);
		return;
	}
	pt->track = op->track;
	pt->pid = op->e->pid;
	pt->kind = op->e->kind;
	pt->since_ns = op->e->time_ns;
	pt->place = perfetto_place(op);
	pt->channel = op->e->kind == CS_PARK_SELECT ? 0 : perfetto_channel(op);
	HASH_ADD(hh, op->p->parked, track, sizeof(pt->track), pt);
}

struct parked_track *perfetto_peer_of(const struct perfetto_op *op)
{
	uint64_t track = perfetto_tracks__known(&op->p->tracks, op->e->pid, op->e->aux);
	struct parked_track *pt = track ? perfetto_find_parked(op->p, track) : NULL;

	return pt && !pt->send && !pt->flow_to ? pt : NULL;
}

struct perfetto_send *perfetto_send_of_peer(const struct perfetto_op *op)
{
	struct parked_track *pt = perfetto_peer_of(op);

	if (!pt || pt->kind == CS_PARK_RECV)
		return NULL;
	pt->send = perfetto_new_send(op->p, &(struct perfetto_send){ .track = pt->track,
								     .begin_ns = pt->since_ns,
								     .place = pt->place,
								     .channel = perfetto_channel(op),
								     .name = parked_name(pt),
								     .parked = true });
	return pt->send;
}
