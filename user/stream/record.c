// SPDX-License-Identifier: Apache-2.0
/* Owns the check that a ring record is one a probe can have made. Is given untrusted bytes; keeps no state. */
#include <stdbool.h>
#include <string.h>

#include "stream/stream.h"

/* What kinds need; a kind without an entry is unknown. */
#define K_KNOWN 0x01
#define K_CHAN 0x02 /* chan != 0 */
#define K_CASE 0x04 /* select_case is told */

static const uint8_t kind_needs[CS_NR_KINDS] = {
	[CS_MAKE] = K_KNOWN | K_CHAN,
	[CS_SEND_BUFFERED] = K_KNOWN | K_CHAN,
	[CS_SEND_DIRECT] = K_KNOWN | K_CHAN,
	[CS_SEND_FAILED] = K_KNOWN,
	[CS_SEND_PANIC] = K_KNOWN | K_CHAN,
	[CS_RECV_BUFFERED] = K_KNOWN | K_CHAN,
	[CS_RECV_DIRECT] = K_KNOWN | K_CHAN,
	[CS_RECV_FAILED] = K_KNOWN,
	[CS_RECV_CLOSED] = K_KNOWN | K_CHAN,
	[CS_CLOSE] = K_KNOWN | K_CHAN,
	[CS_CLOSE_PANIC] = K_KNOWN,
	[CS_PARK_SEND] = K_KNOWN,
	[CS_PARK_RECV] = K_KNOWN,
	[CS_PARK_SELECT] = K_KNOWN,
	[CS_SELECT_CASE] = K_KNOWN | K_CHAN | K_CASE,
	[CS_WAKE_SEND] = K_KNOWN | K_CHAN,
	[CS_WAKE_RECV] = K_KNOWN | K_CHAN,
	[CS_WAKE_SELECT] = K_KNOWN | K_CHAN | K_CASE,
	[CS_SELECT_DEFAULT] = K_KNOWN,
};

/* A select that panics at one of its send cases, of which nothing else is known. */
static bool is_unknown_panic(const struct cs_event *e)
{
	return e->kind == CS_SEND_PANIC && (e->flags & CS_F_SELECT) && !e->chan && e->select_case == CS_NO_CASE;
}

int stream_record_valid(const void *data, uint32_t size)
{
	struct cs_event e;
	uint8_t needs;

	if (size != sizeof(e))
		return 0;
	memcpy(&e, data, sizeof(e));
	if (e.kind >= CS_NR_KINDS || !e.time_ns || !e.pid || !e.tid || (e.flags & CS_F_WALKED))
		return 0;
	needs = is_unknown_panic(&e) ? K_KNOWN : kind_needs[e.kind] | (e.flags & CS_F_SELECT ? K_CASE : 0);
	if (!(needs & K_KNOWN) || ((needs & K_CHAN) && !e.chan))
		return 0;
	if ((needs & K_CASE) && e.select_case == CS_NO_CASE)
		return 0;
	return !(e.flags & CS_F_NO_STACK) == !!e.stack;
}
