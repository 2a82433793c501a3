// SPDX-License-Identifier: Apache-2.0
/* Owns the words for meanings, costs and locations, once each; prints nothing. */
#include "gobin/plan.h"

#include <stdio.h>

/* clang-format off */
static const struct {
	const char *name, *text;
} meanings[CS_NR_MEANINGS] = {
	[CS_SITE_MAKE] = { "make", "made" },
	[CS_SITE_SEND_BUFFERED] = { "send_buffered", "sent through the buffer" },
	[CS_SITE_SEND_DIRECT] = { "send_direct", "sent straight to a waiting receiver" },
	[CS_SITE_SEND_FAILED] = { "send_failed", "non-blocking send failed" },
	[CS_SITE_SEND_PANIC] = { "send_panic", "send on a closed channel panics" },
	[CS_SITE_RECV_BUFFERED] = { "receive_buffered", "received from the buffer" },
	[CS_SITE_RECV_DIRECT] = { "receive_direct", "received while a sender waited" },
	[CS_SITE_RECV_FAILED] = { "receive_failed", "non-blocking receive failed" },
	[CS_SITE_RECV_CLOSED] = { "receive_closed", "received zero, channel closed" },
	[CS_SITE_CLOSE] = { "close", "closed" },
	[CS_SITE_CLOSE_PANIC] = { "close_panic", "close of a closed or nil channel panics" },
	[CS_SITE_PARK_SEND] = { "park_send", "send parks" },
	[CS_SITE_PARK_RECV] = { "park_receive", "receive parks" },
	[CS_SITE_PARK_SELECT] = { "park_select", "select parks" },
	[CS_SITE_PARK_FOREVER] = { "park_forever", "select without cases parks for ever" },
	[CS_SITE_WAKE_SEND] = { "wake_send", "parked send runs again" },
	[CS_SITE_WAKE_RECV] = { "wake_receive", "parked receive runs again" },
	[CS_SITE_SELECT_SEND_BUFFERED] = { "select_send_buffered", "select sent through the buffer" },
	[CS_SITE_SELECT_RECV_BUFFERED] = { "select_receive_buffered", "select received from the buffer" },
	[CS_SITE_SELECT_RECV_CLOSED] = { "select_receive_closed", "select received zero, channel closed" },
	[CS_SITE_SELECT_SEND_DIRECT] = { "select_send_direct", "select sent straight to a waiting receiver" },
	[CS_SITE_SELECT_RECV_DIRECT] = { "select_receive_direct", "select received while a sender waited" },
	[CS_SITE_SELECT_WOKEN] = { "select_woken", "parked select runs again" },
	[CS_SITE_SELECT_DEFAULT] = { "select_default", "select took its default" },
	[CS_SITE_SELECT_SEND_PANIC] = { "select_send_panic", "select sent on a closed channel: panics" },
};
/* clang-format on */

const char *site_meaning_text(enum cs_meaning m)
{
	return (unsigned int)m < CS_NR_MEANINGS && meanings[m].text ? meanings[m].text : "unknown";
}

const char *site_meaning_name(enum cs_meaning m)
{
	return (unsigned int)m < CS_NR_MEANINGS && meanings[m].name ? meanings[m].name : "unknown";
}

const char *probe_cost_name(enum probe_cost c)
{
	switch (c) {
	case COST_NOP:
		return "nop";
	case COST_EMULATED:
		return "emulated";
	default:
		return "single_step";
	}
}

static const char *reg_name(uint8_t reg)
{
	static const char *const names[] = { "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
					     "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15" };

	return reg < sizeof(names) / sizeof(names[0]) ? names[reg] : "?";
}

void loc_text(const struct cs_loc *loc, char *buf, size_t buf_sz)
{
	char add[16] = "";

	if (buf_sz)
		buf[0] = '\0';
	switch (loc->kind) {
	case CS_LOC_CONST:
		snprintf(buf, buf_sz, "%d", loc->disp);
		break;
	case CS_LOC_REG:
		if (loc->disp)
			snprintf(add, sizeof(add), "%+d", loc->disp);
		snprintf(buf, buf_sz, "%s%s", reg_name(loc->reg), add);
		break;
	case CS_LOC_SLOT:
		if (loc->add)
			snprintf(add, sizeof(add), "%+d", loc->add);
		snprintf(buf, buf_sz, "[%s%+d]%s", reg_name(loc->reg), loc->disp, add);
		break;
	default:
		break;
	}
}
