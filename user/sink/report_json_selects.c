// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the JSON of selects, those of one line in the source taken together whatever their callers. It is
 * given a world, whose statistics it borrows.
 */
#include "sink/report_json.h"

#include "base/cleanup.h"
#include "sink/select_rows.h"

static void put_case(struct json_report *r, const struct select_case_stat *c)
{
	json_out__open(&r->j, NULL, '{');
	json_report_channel(r, c->chan);
	json_out__string(&r->j, "direction", c->send ? "send" : "receive");
	json_out__uint(&r->j, "taken", c->taken);
	json_out__close(&r->j, '}');
}

static void put_select(struct json_report *r, const struct select_row *row)
{
	const struct select_stat *s = &row->sum;

	json_out__open(&r->j, NULL, '{');
	json_out__uint(&r->j, "pid", s->pid);
	if (row->known)
		frames_json_place(&r->j, "at", &row->at);
	else
		json_out__null(&r->j, "at");
	json_out__uint(&r->j, "count", s->count);
	json_out__uint(&r->j, "default_taken", s->default_taken);
	json_out__uint(&r->j, "blocked", s->blocked);
	json_out__uint(&r->j, "wait_ns", s->wait_ns);
	json_out__uint(&r->j, "still_parked", s->still_parked);
	json_out__open(&r->j, "cases", '[');
	for (size_t i = 0; i < s->nr_cases; i++)
		put_case(r, &s->cases[i]);
	json_out__close(&r->j, ']');
	json_out__close(&r->j, '}');
}

void json_report_selects(struct json_report *r)
{
	auto_cleanup(select_rows__free) struct select_rows selects = { 0 };

	r->err = r->err ? r->err : select_rows__collect(&selects, r->in, NULL);
	json_out__open(&r->j, "selects", '[');
	for (size_t i = 0; i < selects.nr && !r->err; i++)
		put_select(r, &selects.rows[i]);
	json_out__close(&r->j, ']');
}
