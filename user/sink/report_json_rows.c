// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the JSON of channels, of creation sites and of channels that were folded for memory. It is given
 * rows; it never rounds a number.
 */
#include "sink/report_json.h"

static const char *end_text(enum chan_end ended)
{
	switch (ended) {
	case CHAN_CLOSED:
		return "closed";
	case CHAN_REUSED:
		return "reused";
	case CHAN_PROCESS_EXIT:
		return "process_exit";
	default:
		return NULL;
	}
}

static void put_time(struct json_report *r, const char *name, uint64_t mono_ns)
{
	if (mono_ns)
		json_out__uint(&r->j, name, json_report_epoch_ns(r, mono_ns));
	else
		json_out__null(&r->j, name);
}

static void put_element(struct json_report *r, const struct channel *c)
{
	json_out__string(&r->j, "element_type",
			 c->elem_type ? symbolizer__type(r->in->sym, c->pid, c->elem_type) : NULL);
	json_out__uint(&r->j, "element_size", c->elem_size);
	if (c->capacity_known)
		json_out__uint(&r->j, "capacity", c->capacity);
	else
		json_out__null(&r->j, "capacity");
}

static void put_identity(struct json_report *r, const struct channel *c)
{
	json_out__uint(&r->j, "pid", c->pid);
	json_report_channel(r, c);
	put_element(r, c);
	json_report_place(r, "made_by", c->pid, c->stack_made);
	json_report_place(r, "first_used_by", c->pid, c->stack_used);
	json_out__bool(&r->j, "made_before_attach", c->made_before_attach);
	put_time(r, "made_at_ns", c->made_before_attach ? 0 : c->made_at_ns);
	put_time(r, "first_seen_at_ns", c->made_at_ns);
	json_report_stack(r, "stack_made", c->pid, c->stack_made);
	json_out__bool(&r->j, "timer", c->timer);
}

static void put_counts(struct json_report *r, const struct channel *c)
{
	struct json_out *j = &r->j;

	json_out__uint(j, "sends", c->sends);
	json_out__uint(j, "receives", c->receives);
	json_out__uint(j, "closed_receives", c->closed_receives);
	json_out__uint(j, "sends_failed", c->sends_failed);
	json_out__uint(j, "receives_failed", c->receives_failed);
	json_out__uint(j, "sends_blocked", c->sends_blocked);
	json_out__uint(j, "receives_blocked", c->receives_blocked);
	json_out__uint(j, "send_wait_ns", c->send_wait_ns);
	json_out__uint(j, "receive_wait_ns", c->receive_wait_ns);
	json_out__uint(j, "send_wait_max_ns", c->send_wait_max_ns);
	json_out__uint(j, "receive_wait_max_ns", c->receive_wait_max_ns);
	json_out__uint(j, "senders_waiting", c->senders_waiting);
	json_out__uint(j, "receivers_waiting", c->receivers_waiting);
	json_out__uint(j, "senders_waiting_max", c->senders_waiting_max);
	json_out__uint(j, "receivers_waiting_max", c->receivers_waiting_max);
	json_out__uint(j, "length", c->length);
	json_out__uint(j, "length_max", c->length_max);
	json_out__bool(j, "from_totals", c->from_totals);
}

static void put_queue(struct json_report *r, const struct dist *q)
{
	json_out__open(&r->j, "queue_ns", '{');
	json_out__uint(&r->j, "count", q->count);
	json_out__uint(&r->j, "mean", q->count ? q->sum_ns / q->count : 0);
	json_out__uint(&r->j, "p50", dist_percentile(q, 50));
	json_out__uint(&r->j, "p99", dist_percentile(q, 99));
	json_out__uint(&r->j, "max", q->max_ns);
	json_out__close(&r->j, '}');
}

static void put_end(struct json_report *r, const struct channel *c)
{
	json_out__bool(&r->j, "closed", c->closed);
	if (c->closed) {
		json_report_stack(r, "closed_by", c->pid, c->stack_closed);
		json_out__uint(&r->j, "closed_by_goroutine", c->closed_by_goid);
	} else {
		json_out__null(&r->j, "closed_by");
		json_out__null(&r->j, "closed_by_goroutine");
	}
	put_time(r, "closed_at_ns", c->closed_at_ns);
	json_out__string(&r->j, "ended", end_text(c->ended));
	put_time(r, "ended_at_ns", c->ended_at_ns);
	put_time(r, "last_event_at_ns", c->last_event_ns);
}

static void put_channel(struct json_report *r, const struct channel *c)
{
	json_out__open(&r->j, NULL, '{');
	put_identity(r, c);
	put_counts(r, c);
	json_out__double(&r->j, "saturation", c->saturation);
	put_queue(r, &c->queue);
	put_end(r, c);
	json_out__close(&r->j, '}');
}

/* A sum: what identifies a single channel has no meaning here. */
static void put_sum(struct json_report *r, const struct report_row *row)
{
	const struct channel *c = row->chan;

	json_out__open(&r->j, NULL, '{');
	json_out__uint(&r->j, "pid", c->pid);
	json_report_place(r, "made_by", c->pid, c->stack_made);
	json_report_place(r, "first_used_by", c->pid, c->stack_used);
	json_report_stack(r, "stack_made", c->pid, c->stack_made);
	json_out__uint(&r->j, "nr_channels", row->nr_channels);
	json_out__bool(&r->j, "evicted", row->folded);
	put_element(r, c);
	json_out__uint(&r->j, "capacity_max", row->capacity_max);
	put_counts(r, c);
	put_queue(r, &c->queue);
	json_out__close(&r->j, '}');
}

void json_report_rows(struct json_report *r, const struct report_rows *rows, bool grouped)
{
	json_out__open(&r->j, grouped ? "sites" : "channels", '[');
	for (size_t i = 0; i < rows->nr && !r->err; i++) {
		if (grouped)
			put_sum(r, &rows->rows[i]);
		else if (!rows->rows[i].folded)
			put_channel(r, rows->rows[i].chan);
	}
	json_out__close(&r->j, ']');
	if (!grouped) {
		json_out__open(&r->j, "evicted", '[');
		for (size_t i = 0; i < rows->nr && !r->err; i++)
			if (rows->rows[i].folded)
				put_sum(r, &rows->rows[i]);
		json_out__close(&r->j, ']');
	}
	json_out__uint(&r->j, "nr_channels", rows->nr_channels);
	json_out__uint(&r->j, "nr_hidden", rows->nr_hidden);
}
