/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the JSON report, each one array member of the outermost object. */
#ifndef CHANSCOPE_SINK_REPORT_JSON_H
#define CHANSCOPE_SINK_REPORT_JSON_H

#include "sink/frames.h"
#include "sink/json_out.h"
#include "sink/report_rows.h"
#include "sink/sink.h"

/* What writing a report needs everywhere. */
struct json_report {
	struct json_out j;
	const struct sink_in *in;
	struct world_totals totals;
	struct frames frames; /* reused */
	int err;	      /* the first failure, negative errno; writing goes on no further */
};

/* An event time since the Unix epoch. */
uint64_t json_report_epoch_ns(const struct json_report *r, uint64_t mono_ns);

/* A stack by id; [] if unknown. */
void json_report_stack(struct json_report *r, const char *name, uint32_t pid, uint64_t stack);
/* Its place, null if unknown. */
void json_report_place(struct json_report *r, const char *name, uint32_t pid, uint64_t stack);
/* The address of a channel and which of its lives: members "channel" and "generation"; null for none. */
void json_report_channel(struct json_report *r, const struct channel *c);

/* channels[], or sites[] if rows are grouped, with evicted[] beside channels[]. */
void json_report_rows(struct json_report *r, const struct report_rows *rows, bool grouped);
void json_report_selects(struct json_report *r);
void json_report_panics(struct json_report *r);
void json_report_waiting(struct json_report *r);

#endif
