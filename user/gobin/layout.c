// SPDX-License-Identifier: Apache-2.0
/*
 * Owns what is known by heart of the Go releases: the offsets in their runtime structures and their wait reasons, one
 * table each. It is given a version and never extends a row to a release that it was not checked against.
 * The rows hold for amd64 and arm64 alike; tests/unit/test_layout.c compares them with DWARF.
 */
#include "gobin/layout.h"

#include <string.h>

struct layout_row {
	int first_minor, last_minor; /* of go1.N, both included */
	struct cs_layout layout;
};

/* The part of struct hchan that no release has changed, and scase. */
#define HCHAN_HEAD .hchan_qcount = 0, .hchan_dataqsiz = 8, .hchan_elemsize = 24, .hchan_closed = 28
#define SCASE .scase_c = 0, .scase_size = 16

/* up to 1.22: https://github.com/golang/go/blob/go1.17/src/runtime/chan.go */
#define HCHAN_117                                                                                           \
	HCHAN_HEAD, .hchan_timer = CS_NO_FIELD, .hchan_elemtype = 32, .hchan_recvq = 56, .hchan_sendq = 72, \
		    .hchan_lock = 88, .hchan_size = 96
/* a timer before elemtype: https://github.com/golang/go/blob/go1.23.0/src/runtime/chan.go */
#define HCHAN_123                                                                                                    \
	HCHAN_HEAD, .hchan_timer = 32, .hchan_elemtype = 40, .hchan_recvq = 64, .hchan_sendq = 80, .hchan_lock = 96, \
		    .hchan_size = 104
/* a synctest bubble before lock: https://github.com/golang/go/blob/go1.25.0/src/runtime/chan.go */
#define HCHAN_125                                                                                                     \
	HCHAN_HEAD, .hchan_timer = 32, .hchan_elemtype = 40, .hchan_recvq = 64, .hchan_sendq = 80, .hchan_lock = 104, \
		    .hchan_size = 112

/* g.stack, g.m and g.sched (a gobuf), whose first words no release has changed */
#define G_HEAD .g_stack_lo = 0, .g_stack_hi = 8, .g_m = 48, .g_sched_sp = 56, .g_sched_pc = 64

/* https://github.com/golang/go/blob/go1.17/src/runtime/runtime2.go */
#define SUDOG_117 \
	.sudog_g = 0, .sudog_elem = 24, .sudog_is_select = 52, .sudog_success = 53, .sudog_waitlink = 64, .sudog_c = 80
/*
 * elem and c are pairs {vp, vu} of which the second always holds the address:
 * https://github.com/golang/go/blob/go1.26.0/src/runtime/runtime2.go, maybeTraceablePtr in mgc.go
 */
#define SUDOG_126 \
	.sudog_g = 0, .sudog_elem = 32, .sudog_is_select = 60, .sudog_success = 61, .sudog_waitlink = 72, .sudog_c = 96

static const struct layout_row rows[] = {
	/* https://github.com/golang/go/blob/go1.17/src/runtime/runtime2.go */
	{ 17,
	  20,
	  { HCHAN_117, SUDOG_117, SCASE, G_HEAD, .g_sched_bp = 104, .g_status = 144, .g_goid = 152, .g_waitreason = 176,
	    .g_gopc = 296, .g_startpc = 312, .g_waiting = 328, .g_size = 336, .m_curg = 192 } },
	/* g lost its signal words: https://github.com/golang/go/blob/go1.21.0/src/runtime/runtime2.go */
	{ 21,
	  22,
	  { HCHAN_117, SUDOG_117, SCASE, G_HEAD, .g_sched_bp = 104, .g_status = 144, .g_goid = 152, .g_waitreason = 176,
	    .g_gopc = 280, .g_startpc = 296, .g_waiting = 312, .g_size = 320, .m_curg = 192 } },
	/* g.syscallbp: https://github.com/golang/go/blob/go1.23.0/src/runtime/runtime2.go */
	{ 23,
	  24,
	  { HCHAN_123, SUDOG_117, SCASE, G_HEAD, .g_sched_bp = 104, .g_status = 152, .g_goid = 160, .g_waitreason = 184,
	    .g_gopc = 288, .g_startpc = 304, .g_waiting = 320, .g_size = 328, .m_curg = 192 } },
	/* gobuf without ret: https://github.com/golang/go/blob/go1.25.0/src/runtime/runtime2.go */
	{ 25,
	  25,
	  { HCHAN_125, SUDOG_117, SCASE, G_HEAD, .g_sched_bp = 96, .g_status = 144, .g_goid = 152, .g_waitreason = 176,
	    .g_gopc = 280, .g_startpc = 296, .g_waiting = 312, .g_size = 320, .m_curg = 184 } },
	/* https://github.com/golang/go/blob/go1.26.0/src/runtime/runtime2.go, and go1.27.0 */
	{ 26,
	  27,
	  { HCHAN_125, SUDOG_126, SCASE, G_HEAD, .g_sched_bp = 96, .g_status = 144, .g_goid = 152, .g_waitreason = 176,
	    .g_gopc = 288, .g_startpc = 304, .g_waiting = 320, .g_size = 328, .m_curg = 184 } },
};

/* Development builds lie between two releases; this experiment enlarges every lock. */
static bool is_release(const struct go_version *v)
{
	return strncmp(v->text, "devel", 5) != 0 && !strstr(v->text, "staticlockranking");
}

bool layout_from_table(const struct go_version *v, struct cs_layout *ret)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (is_release(v) && v->minor >= rows[i].first_minor && v->minor <= rows[i].last_minor) {
			*ret = rows[i].layout;
			return true;
		}
	return false;
}

/* waitReason: https://github.com/golang/go/blob/go1.17/src/runtime/runtime2.go, reordered in go1.26.0 of that file;
 * reasons inside a synctest bubble: go1.24.0 and go1.25.0 of that file. */
struct wait_row {
	int first_minor, last_minor;
	uint8_t reason;
	enum go_wait wait;
};

static const struct wait_row waits[] = {
	{ 17, 25, 3, GO_WAIT_NIL_RECV },
	{ 17, 25, 4, GO_WAIT_NIL_SEND },
	{ 17, 25, 9, GO_WAIT_SELECT },
	{ 17, 25, 10, GO_WAIT_SELECT_NO_CASES },
	{ 17, 25, 14, GO_WAIT_RECV },
	{ 17, 25, 15, GO_WAIT_SEND },
	{ 24, 24, 41, GO_WAIT_RECV },
	{ 24, 24, 42, GO_WAIT_SEND },
	{ 24, 24, 43, GO_WAIT_SELECT },
	{ 25, 27, 42, GO_WAIT_RECV },
	{ 25, 27, 43, GO_WAIT_SEND },
	{ 25, 27, 44, GO_WAIT_SELECT },
	{ 26, 27, 15, GO_WAIT_NIL_RECV },
	{ 26, 27, 16, GO_WAIT_NIL_SEND },
	{ 26, 27, 17, GO_WAIT_SELECT_NO_CASES },
	{ 26, 27, 18, GO_WAIT_SELECT },
	{ 26, 27, 19, GO_WAIT_RECV },
	{ 26, 27, 20, GO_WAIT_SEND },
};

enum go_wait go_wait_of(const struct go_version *v, uint8_t waitreason)
{
	/* a newer release, known by its DWARF, is taken to reason as the newest known one does */
	int minor = v->minor > LAYOUT_NEWEST_MINOR ? LAYOUT_NEWEST_MINOR : v->minor;

	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++)
		if (waits[i].reason == waitreason && minor >= waits[i].first_minor && minor <= waits[i].last_minor)
			return waits[i].wait;
	return GO_WAIT_OTHER;
}
