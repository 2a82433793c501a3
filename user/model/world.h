/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The model: events in, channels, goroutines, waits and selects out. Pure: no BPF, no symbols, no I/O.
 * world__feed() gives the feed to plug into a capture; queries are valid after its end() (or at any time, as
 * of the last event).
 */
#ifndef CHANSCOPE_MODEL_WORLD_H
#define CHANSCOPE_MODEL_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/feed.h"

struct world;

struct world_opts {
	uint64_t max_channels; /* kept one by one; ended ones beyond are folded by creation stack; 0: default */
	bool flows;	       /* keep what world__flows() tells */
};

#define WORLD_DEFAULT_MAX_CHANNELS 1000000

struct world *world__new(const struct world_opts *opts);
void world__free(struct world *w);
struct feed world__feed(struct world *w);

/* --- what came out; every pointer is owned by the world and valid until the next event --- */

struct process_info {
	uint32_t pid;
	char comm[16];
	const char *exe, *build_id, *go_version, *layout_source;
	uint64_t attached_at_ns, ended_at_ns; /* monotonic; ended 0: alive at the end */
	enum process_end end_why;	      /* 0: alive */
	uint64_t traps;
};

/* Why a channel's life ended. */
enum chan_end { CHAN_ALIVE = 0, CHAN_CLOSED, CHAN_REUSED, CHAN_PROCESS_EXIT };

/* Distribution of durations; percentiles from a log-linear histogram, at most 1/32 (3.2 %) too high. */
struct dist {
	uint64_t count, sum_ns, max_ns;
	uint32_t *buckets; /* NULL while count == 0; see model/dist.h */
};

struct channel {
	uint32_t pid;
	uint64_t addr;
	uint32_t generation; /* 1, 2, … per pid and address; numbers may be skipped once channels were evicted */
	uint64_t elem_type;  /* address of its descriptor in the process, 0: unknown */
	uint32_t elem_size;
	uint32_t capacity;
	bool capacity_known;	 /* false until the first event that could read the header */
	bool made_before_attach; /* its make was not seen, and the address held no channel before */
	bool timer;
	uint64_t made_at_ns; /* monotonic; of the first event if made_before_attach */
	uint64_t stack_made; /* 0: unknown */
	uint64_t stack_used; /* of the first operation of a goroutine on it, 0: none or unknown */

	uint64_t sends, receives, closed_receives;
	uint64_t sends_failed, receives_failed;
	uint64_t sends_blocked, receives_blocked; /* had to park; of selects those whose case fired */
	uint64_t send_wait_ns, receive_wait_ns;	  /* of these, those still parked up to the end of the run */
	uint64_t send_wait_max_ns, receive_wait_max_ns;
	uint32_t senders_waiting, receivers_waiting; /* now; a parked select counts in each of its cases */
	uint32_t senders_waiting_max, receivers_waiting_max;
	uint32_t length, length_max;
	double saturation;     /* 0..1: share of its observed life at full length; unbuffered: with a sender parked */
	struct dist queue;     /* time values lay in the buffer; 0 for direct handoffs */
	uint64_t closed_at_ns; /* 0: open; of the first sign of it if the close itself was not seen */
	uint64_t stack_closed; /* 0: unknown */
	uint64_t closed_by_goid;
	bool closed;
	enum chan_end ended;
	uint64_t ended_at_ns, last_event_ns;
	bool from_totals; /* part of the counts rests on totals of lost events */
};

/* A case of a parked select. */
struct waiter_case {
	const struct channel *chan;
	bool send;
};

/* A goroutine parked now. */
struct waiter {
	uint32_t pid;
	uint64_t goid;
	uint64_t since_ns; /* monotonic; of attach if since_before_attach */
	bool since_before_attach;
	uint8_t kind; /* CS_PARK_SEND, CS_PARK_RECV, CS_PARK_SELECT */
	uint64_t stack;
	const struct channel *chan;  /* NULL: nil channel, or a select */
	uint32_t nr_cases;	     /* of a select: those known, in cases[] */
	uint64_t nr_cases_announced; /* of a select: all, those lost included; 0: it waits for ever */
	const struct waiter_case *cases;
};

/* What happened at one stack, by operation: the weight of a flame graph. */
enum stack_op { STACK_SEND, STACK_RECV, STACK_SELECT, STACK_CLOSE, STACK_MAKE, NR_STACK_OPS };
struct stack_stat {
	uint32_t pid;
	uint64_t stack;
	enum stack_op op;
	bool nil_chan;	  /* the nil channel, or select without cases */
	uint64_t ops;	  /* completed, failed or begun to block: each operation once */
	uint64_t blocked; /* parks */
	uint64_t wait_ns; /* parked time, up to the end of the run for those still parked */
	uint64_t still_parked;
	uint64_t queue_ns, queued; /* of values sent here: time in the buffer, and their number */
};

/*
 * The part of a stack's operations that concerns one channel and direction. Over all flows of a stack and operation
 * each count adds up to that of its stack_stat.
 */
struct flow_stat {
	uint32_t pid;
	uint64_t stack;
	enum stack_op op;
	bool nil_chan;
	bool send;		    /* of a select: the direction of the case; else that of the operation */
	const struct channel *chan; /* NULL: nil channel, or a select of which no case fired; addr 0: evicted ones */
	uint64_t ops, blocked, wait_ns, still_parked, queue_ns, queued; /* as in stack_stat */
	uint64_t values;						/* that went in (send) or came out */
};

/* A case of the selects at one stack. chan->addr is 0 for evicted channels: then it is the sum of their group. */
struct select_case_stat {
	const struct channel *chan;
	bool send;
	uint64_t taken;
};

/* Selects of several cases at one stack. */
struct select_stat {
	uint32_t pid;
	uint64_t stack;
	uint64_t count, default_taken, blocked, wait_ns, still_parked;
	size_t nr_cases;
	const struct select_case_stat *cases; /* those seen: taken, or waited on; in no particular order */
};

enum panic_kind { PANIC_SEND_ON_CLOSED, PANIC_CLOSE_OF_CLOSED, PANIC_CLOSE_OF_NIL };
struct panic_info {
	uint32_t pid;
	uint64_t goid, time_ns, stack;
	enum panic_kind kind;
	const struct channel *chan; /* NULL for close of nil, or unknown */
};

/* Ended channels beyond the limit, folded by creation stack. Counts are sums; saturation is not kept. */
struct channel_group {
	uint32_t pid;
	uint64_t stack_made;
	uint64_t nr_channels;
	struct channel sum;
};

/* Calls fn for each until it returns false. Channels in order of their first event; the others in order of creation. */
void world__processes(const struct world *w, bool (*fn)(void *ctx, const struct process_info *p), void *ctx);
void world__channels(const struct world *w, bool (*fn)(void *ctx, const struct channel *c), void *ctx);
void world__evicted(const struct world *w, bool (*fn)(void *ctx, const struct channel_group *g), void *ctx);
void world__waiters(const struct world *w, bool (*fn)(void *ctx, const struct waiter *wt), void *ctx);
/* The same of goroutines that were parked when their process ended; since_ns to the process's ended_at_ns. */
void world__waiters_at_exit(const struct world *w, bool (*fn)(void *ctx, const struct waiter *wt), void *ctx);
/* The wait of one goroutine as of the last event; NULL if it is not known to be parked. */
const struct waiter *world__waiter(const struct world *w, uint32_t pid, uint64_t goid);
void world__stack_stats(const struct world *w, bool (*fn)(void *ctx, const struct stack_stat *s), void *ctx);
void world__flows(const struct world *w, bool (*fn)(void *ctx, const struct flow_stat *f), void *ctx);
void world__selects(const struct world *w, bool (*fn)(void *ctx, const struct select_stat *s), void *ctx);
void world__panics(const struct world *w, bool (*fn)(void *ctx, const struct panic_info *p), void *ctx);

/* The pcs of a stack, innermost first; NULL and 0 for an unknown id. */
const uint64_t *world__stack(const struct world *w, uint64_t id, uint32_t *ret_nr);

struct world_totals {
	struct feed_start start;
	uint64_t end_ns; /* monotonic: end of the run */
	uint64_t events;
	uint64_t losses[CS_NR_LOSSES];
	bool complete; /* every count is exact: no loss that touches counts */
};
void world__totals(const struct world *w, struct world_totals *ret);

/* Percentile 0..100 of a distribution in ns; 0 if it is empty. */
uint64_t dist_percentile(const struct dist *d, double percentile);

#endif
