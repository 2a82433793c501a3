// SPDX-License-Identifier: Apache-2.0
/* Owns the table of operations and the sites that each meets on its usual path. It is given a plan and counts. */
#include "gobin/plan.h"

#define MAX_MET 2

/* clang-format off */
static const struct {
	const char *operation;
	uint8_t met[MAX_MET]; /* enum cs_meaning */
} operations[] = {
	{ "send, buffered", { CS_SITE_SEND_BUFFERED } },
	{ "send, to a waiting receiver", { CS_SITE_SEND_DIRECT } },
	{ "send, blocked", { CS_SITE_PARK_SEND, CS_SITE_WAKE_SEND } },
	{ "send, would block", { CS_SITE_SEND_FAILED } },
	{ "receive, buffered", { CS_SITE_RECV_BUFFERED } },
	{ "receive, from a waiting sender", { CS_SITE_RECV_DIRECT } },
	{ "receive, blocked", { CS_SITE_PARK_RECV, CS_SITE_WAKE_RECV } },
	{ "receive, would block", { CS_SITE_RECV_FAILED } },
	{ "receive, channel closed", { CS_SITE_RECV_CLOSED } },
	{ "select, send", { CS_SITE_SELECT_SEND_BUFFERED } },
	{ "select, receive", { CS_SITE_SELECT_RECV_BUFFERED } },
	{ "select, blocked", { CS_SITE_PARK_SELECT, CS_SITE_SELECT_WOKEN } },
	{ "select, default", { CS_SITE_SELECT_DEFAULT } },
	{ "close", { CS_SITE_CLOSE } },
	{ "make", { CS_SITE_MAKE } },
};
/* clang-format on */

/* The dearest of the sites with one meaning; false if there is none in this mode. */
static bool cost_of(const struct plan *p, uint8_t meaning, enum capture_mode mode, enum probe_cost *ret)
{
	bool found = false;

	for (size_t i = 0; i < p->nr_sites; i++) {
		const struct plan_site *s = &p->sites[i];

		if (s->site.meaning != meaning || (mode == CAPTURE_WAIT && !s->wait_mode))
			continue;
		if (!found || s->cost > *ret)
			*ret = s->cost;
		found = true;
	}
	return found;
}

size_t plan__traps(const struct plan *p, enum capture_mode mode, struct plan_traps *ret, size_t max)
{
	size_t nr = 0;

	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]) && nr < max; i++) {
		struct plan_traps t = { .operation = operations[i].operation };

		for (int k = 0; k < MAX_MET && operations[i].met[k]; k++) {
			enum probe_cost cost = COST_NOP;

			if (!cost_of(p, operations[i].met[k], mode, &cost))
				continue;
			t.nop += cost == COST_NOP;
			t.emulated += cost == COST_EMULATED;
			t.single_step += cost == COST_SINGLE_STEP;
		}
		ret[nr++] = t;
	}
	return nr;
}
