/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What user space tells the BPF program about each probed instruction and about each binary: the
 * meaning of a site, where its values are at that instruction, and the layout of the Go structures.
 * A probe's cookie is the index of its cs_site, and in the upper half the number of the target (process).
 */
#ifndef CHANSCOPE_SITE_H
#define CHANSCOPE_SITE_H

#include <linux/types.h>

#define CS_MAX_SITES 4096	/* over all binaries */
#define CS_MAX_LAYOUTS 256	/* binaries */
#define CS_MAX_TARGETS 1024	/* processes; those of one binary share its sites */
#define CS_MAX_SELECT_CASES 128 /* recorded of one parked select */

/* General registers by their number in the instruction encoding of amd64: rax rcx rdx rbx rsp rbp rsi rdi r8..r15. */
enum cs_reg {
	CS_RAX = 0,
	CS_RCX,
	CS_RDX,
	CS_RBX,
	CS_RSP,
	CS_RBP,
	CS_RSI,
	CS_RDI,
	CS_R8,
	CS_R9,
	CS_R10,
	CS_R11,
	CS_R12,
	CS_R13,
	CS_R14,
	CS_R15,
};

enum cs_loc_kind {
	CS_LOC_NONE = 0,  /* not available at this site */
	CS_LOC_CONST = 1, /* disp */
	CS_LOC_REG = 2,	  /* reg + disp */
	CS_LOC_SLOT = 3,  /* *(u64 *)(frame pointer + disp) + add */
};

/* Where a 64-bit value is while the probed instruction is about to run. */
struct cs_loc {
	__u8 kind; /* enum cs_loc_kind */
	__u8 reg;  /* enum cs_reg */
	__s16 add;
	__s32 disp;
};

/* What a hit means. Two sites may have one meaning; the meanings map to event kinds inside BPF. */
enum cs_meaning {
	CS_SITE_MAKE = 1, /* chan, elem type (aux), capacity (extra) */
	CS_SITE_SEND_BUFFERED = 2,
	CS_SITE_SEND_DIRECT = 3, /* aux = sudog of the receiver */
	CS_SITE_SEND_FAILED = 4,
	CS_SITE_SEND_PANIC = 5,
	CS_SITE_RECV_BUFFERED = 6,
	CS_SITE_RECV_DIRECT = 7, /* aux = sudog of the sender */
	CS_SITE_RECV_FAILED = 8,
	CS_SITE_RECV_CLOSED = 9,
	CS_SITE_CLOSE = 10,
	CS_SITE_CLOSE_PANIC = 11,
	CS_SITE_PARK_SEND = 12,
	CS_SITE_PARK_RECV = 13,
	CS_SITE_PARK_SELECT = 14,  /* chan: none; cases are g.waiting; extra = nsends, aux = scase array */
	CS_SITE_PARK_FOREVER = 15, /* select {} */
	CS_SITE_WAKE_SEND = 16,	   /* aux = the goroutine's own sudog, whose `success` tells */
	CS_SITE_WAKE_RECV = 17,
	/* In selectgo. scase array = aux, case index = select_case, number of sends = extra.
	 * chan: given where it is at hand (DIRECT), else scase[case].c. */
	CS_SITE_SELECT_SEND_BUFFERED = 18,
	CS_SITE_SELECT_RECV_BUFFERED = 19,
	CS_SITE_SELECT_RECV_CLOSED = 20,
	CS_SITE_SELECT_SEND_DIRECT = 21, /* peer = sudog of the receiver */
	CS_SITE_SELECT_RECV_DIRECT = 22, /* peer = sudog of the sender */
	CS_SITE_SELECT_WOKEN = 23,	 /* ok = recvOK (any value for a send) */
	CS_SITE_SELECT_DEFAULT = 24,
	CS_SITE_SELECT_SEND_PANIC = 25, /* case unknown: BPF takes the first closed send case in poll order, or none */
	CS_NR_MEANINGS = 26,
};

/* bits of cs_site.cond: a conditional jump as a site counts only if its condition comes out as told */
#define CS_COND_NONE 0xff
#define CS_COND_CC_MASK 0x0f   /* amd64 condition code, as in the opcode (0x70+cc, 0x0f 0x80+cc) */
#define CS_COND_NOT_TAKEN 0x10 /* count the hit when the jump is not taken */

struct cs_site {
	__u8 meaning; /* enum cs_meaning */
	__u8 cond;    /* CS_COND_*; CS_COND_NONE: every hit counts */
	__u16 layout; /* index of the binary's cs_layout */
	__u32 pad;    /* zero */
	struct cs_loc chan;
	struct cs_loc aux;
	struct cs_loc extra;
	struct cs_loc select_case;
	struct cs_loc peer;
	struct cs_loc ok;
	struct cs_loc poll_order; /* selectgo's order0: 2n uint16, poll order first */
	struct cs_loc nr_cases;	  /* at SEND_PANIC: length of the poll order; may be missing */
};

_Static_assert(sizeof(struct cs_site) == 72, "struct cs_site is shared with BPF");

#define CS_NO_FIELD 0xffff

/*
 * How much of a structure one read takes, from its start, bytes; the loader refuses a layout with a field outside.
 * hchan: qcount to elemtype ends at 48 up to go1.27, the structure has 96 bytes or more. g: stack.lo, stack.hi and
 * goid end at 168 up to go1.27, the structure has 392 bytes or more.
 */
#define CS_CHAN_WINDOW 48
#define CS_G_WINDOW 168

/*
 * Offsets in Go's runtime structures, bytes; CS_NO_FIELD where this version has no such field.
 * Sources: src/runtime/chan.go, runtime2.go, select.go of the Go release at hand.
 */
struct cs_layout {
	__u16 hchan_qcount, hchan_dataqsiz, hchan_elemsize, hchan_closed;
	__u16 hchan_timer, hchan_elemtype, hchan_sendq, hchan_recvq;
	__u16 hchan_lock, hchan_size;
	__u16 g_m, g_goid, g_status, g_waitreason;
	__u16 g_waiting, g_sched_sp, g_sched_pc, g_sched_bp;
	__u16 g_gopc, g_startpc, g_stack_lo, g_stack_hi;
	__u16 m_curg;
	__u16 sudog_g, sudog_elem, sudog_c, sudog_success, sudog_is_select, sudog_waitlink;
	__u16 scase_c, scase_size;
	__u16 g_size; /* bytes of g that hold all of the above */
};

_Static_assert(sizeof(struct cs_layout) == 64, "struct cs_layout is shared with BPF");

#endif
