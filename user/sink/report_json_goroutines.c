// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the JSON of what goroutines do: parked now, panics. It is given a world; it never says "since" of
 * a wait that began before it could be seen without saying so.
 */
#include "sink/report_json.h"

static const char *operation(const struct waiter *w)
{
	switch (w->kind) {
	case CS_PARK_SEND:
		return "send";
	case CS_PARK_RECV:
		return "receive";
	default:
		return "select";
	}
}

static void put_case(struct json_report *r, const struct waiter_case *c)
{
	json_out__open(&r->j, NULL, '{');
	json_report_channel(r, c->chan);
	json_out__string(&r->j, "direction", c->send ? "send" : "receive");
	json_out__close(&r->j, '}');
}

static bool put_waiter(void *ctx, const struct waiter *w)
{
	struct json_report *r = ctx;
	struct json_out *j = &r->j;

	json_out__open(j, NULL, '{');
	json_out__uint(j, "pid", w->pid);
	json_out__uint(j, "goroutine", w->goid);
	json_out__string(j, "op", operation(w));
	json_report_channel(r, w->chan);
	json_out__bool(j, "for_ever", w->kind == CS_PARK_SELECT ? w->nr_cases == 0 : w->chan == NULL);
	json_out__uint(j, "since_ns", json_report_epoch_ns(r, w->since_ns));
	json_out__bool(j, "since_before_attach", w->since_before_attach);
	json_out__uint(j, "waited_ns", r->totals.end_ns > w->since_ns ? r->totals.end_ns - w->since_ns : 0);
	json_out__open(j, "cases", '[');
	for (uint32_t i = 0; i < w->nr_cases; i++)
		put_case(r, &w->cases[i]);
	json_out__close(j, ']');
	json_report_stack(r, "stack", w->pid, w->stack);
	json_out__close(j, '}');
	return !r->err;
}

void json_report_waiting(struct json_report *r)
{
	json_out__open(&r->j, "waiting", '[');
	world__waiters(r->in->world, put_waiter, r);
	json_out__close(&r->j, ']');
}

static const char *panic_kind(enum panic_kind kind)
{
	switch (kind) {
	case PANIC_SEND_ON_CLOSED:
		return "send_on_closed";
	case PANIC_CLOSE_OF_CLOSED:
		return "close_of_closed";
	default:
		return "close_of_nil";
	}
}

static bool put_panic(void *ctx, const struct panic_info *p)
{
	struct json_report *r = ctx;
	struct json_out *j = &r->j;

	json_out__open(j, NULL, '{');
	json_out__uint(j, "pid", p->pid);
	json_out__uint(j, "goroutine", p->goid);
	json_out__uint(j, "time_ns", json_report_epoch_ns(r, p->time_ns));
	json_out__string(j, "kind", panic_kind(p->kind));
	json_report_channel(r, p->chan);
	json_report_stack(r, "stack", p->pid, p->stack);
	if (p->chan && p->chan->closed)
		json_report_stack(r, "closed_by", p->pid, p->chan->stack_closed);
	else
		json_out__null(j, "closed_by");
	json_out__close(j, '}');
	return !r->err;
}

void json_report_panics(struct json_report *r)
{
	json_out__open(&r->j, "panics", '[');
	world__panics(r->in->world, put_panic, r);
	json_out__close(&r->j, ']');
}
