/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The record that a probe puts into the ring buffer, and that everything behind it reads: one fixed
 * 64-byte shape for every kind. Kinds and flags are append-only and keep their numbers: recordings
 * and older readers depend on them.
 */
#ifndef CHANSCOPE_EVENT_H
#define CHANSCOPE_EVENT_H

#include <linux/types.h>

/* Raised whenever the meaning of anything in include/ changes; checked between tool and BPF object at load. */
#define CS_ABI_VERSION 1

enum cs_kind {
	CS_MAKE = 1,		/* a channel was made; aux = element type, len = 0, cap = its capacity */
	CS_SEND_BUFFERED = 2,	/* value went into the buffer; len already counts it */
	CS_SEND_DIRECT = 3,	/* value handed to a parked receiver; aux = the receiver's goid */
	CS_SEND_FAILED = 4,	/* non-blocking send found no room and no receiver (or a nil channel) */
	CS_SEND_PANIC = 5,	/* send on a closed channel: this goroutine panics now. With CS_F_SELECT, chan == 0
				 * and no case: at a send case of the select, which one could not be told */
	CS_RECV_BUFFERED = 6,	/* value came out of the buffer; len no longer counts it */
	CS_RECV_DIRECT = 7,	/* a parked sender was served; aux = the sender's goid. With cap > 0 the value
				 * received is the oldest in the buffer and the sender's goes in behind */
	CS_RECV_FAILED = 8,	/* non-blocking receive found nothing (or a nil channel) */
	CS_RECV_CLOSED = 9,	/* zero value, because the channel is closed and drained */
	CS_CLOSE = 10,		/* closed; everybody parked on it is woken */
	CS_CLOSE_PANIC = 11,	/* close of a closed (chan != 0) or of a nil channel (chan == 0) */
	CS_PARK_SEND = 12,	/* a send blocks now; chan == 0: nil channel, for ever */
	CS_PARK_RECV = 13,	/* a receive blocks now; chan == 0: nil channel, for ever */
	CS_PARK_SELECT = 14,	/* a select blocks now; aux = number of its waiting cases, 0: for ever. That many
				 * CS_SELECT_CASE records of the same goid follow, less those counted as lost */
	CS_SELECT_CASE = 15,	/* one case of the select that just parked: chan, select_case, CS_F_DIR_SEND */
	CS_WAKE_SEND = 16,	/* a parked send runs again; CS_F_OK: value taken, else closed (it panics) */
	CS_WAKE_RECV = 17,	/* a parked receive runs again; CS_F_OK: got a value, else closed */
	CS_WAKE_SELECT = 18,	/* a parked select runs again; chan, select_case, CS_F_OK: see CS_F_DIR_SEND */
	CS_SELECT_DEFAULT = 19, /* a select of several cases took its default */
	CS_NR_KINDS = 20,
};

/* bits of cs_event.flags */
#define CS_F_CLOSED 0x01   /* hchan.closed was set when the record was made */
#define CS_F_SELECT 0x02   /* the operation is the chosen case (select_case) of a select; see CS_SEND_PANIC */
#define CS_F_OK 0x04	   /* wake: by a value, not by close; a woken select's send case always has it */
#define CS_F_DIR_SEND 0x08 /* a select case that sends */
#define CS_F_TIMER 0x10	   /* the channel belongs to a timer (Go 1.23+: hchan.timer != NULL) */
#define CS_F_NO_CHAN 0x20  /* hchan could not be read: len, cap, CLOSED, TIMER are not valid */
#define CS_F_WALKED 0x40   /* not from a probe: found parked by the goroutine walk at attach, since before it */
#define CS_F_NO_STACK 0x80 /* the stack is lost (counted as a loss); stack == 0 */

/* select_case of an operation that is no select case */
#define CS_NO_CASE 0xffff
/* site of a record that no probe made (CS_F_WALKED) */
#define CS_NO_SITE 0xffff

struct cs_event {
	__u64 time_ns; /* CLOCK_MONOTONIC, ns; per channel non-decreasing in ring order */
	__u64 chan;    /* address of the hchan; 0: nil channel, or none */
	__u64 goid;    /* goroutine; 0: the runtime itself (timers, on a g0) */
	__u64 stack;   /* id of the user stack, see struct cs_stack; 0: none */
	__u64 aux;     /* by kind, see above. For SEND/RECV_BUFFERED, *_FAILED, RECV_CLOSED, CLOSE, PARK_SEND,
			* PARK_RECV, SELECT_CASE: address of the element's type descriptor, 0 if not read */
	__u32 pid;     /* process (thread group), in the initial PID namespace */
	__u32 tid;
	__u32 len;	   /* qcount after the operation, 2^32-1 if larger */
	__u32 cap;	   /* dataqsiz, 2^32-1 if larger */
	__u8 kind;	   /* enum cs_kind */
	__u8 flags;	   /* CS_F_* */
	__u16 elem_size;   /* bytes; hchan.elemsize */
	__u16 select_case; /* index in selectgo's case array: sends first, in source order, then receives from
			    * the end backwards. CS_NO_CASE: none */
	__u16 site;	   /* index of the site that made the record */
};

_Static_assert(sizeof(struct cs_event) == 64, "struct cs_event is a wire format");

/* Value of the stack map; the key is the 64-bit id that events carry, a hash over nr and pc[0..nr). */
#define CS_MAX_STACK_DEPTH 127
struct cs_stack {
	__u32 nr;		      /* frames in pc[], innermost first */
	__u32 pad;		      /* zero */
	__u64 pc[CS_MAX_STACK_DEPTH]; /* pc[0] is the probed instruction, the others are return addresses */
};

/*
 * Operations that did not fit into the ring, by channel, so that totals stay exact: key and value of
 * the overflow map. Index of nr[]: enum cs_kind.
 */
struct cs_overflow_key {
	__u64 chan;
	__u32 pid;
	__u32 pad; /* zero */
};

struct cs_overflow {
	__u64 nr[CS_NR_KINDS];
};

#endif
