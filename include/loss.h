/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Every reason for which something may be missing from a result, once: CS_LOSS(id, name, exact, text).
 * `name` is the stable key in --json; `exact` is 1 if per-channel counts stay exact all the same.
 * Append-only: the order is the index in the BPF counter array and in recordings.
 */
#ifndef CHANSCOPE_LOSS_H
#define CHANSCOPE_LOSS_H

#define CS_LOSSES(CS_LOSS)                                                                                      \
	CS_LOSS(RING_FULL, "ring_full", 1, "events dropped because the ring buffer was full (totals are kept)") \
	CS_LOSS(OVERFLOW_FULL, "overflow_full", 0, "dropped events that found no room in the overflow totals")  \
	CS_LOSS(STACK_UNREAD, "stack_unread", 1, "user stacks that could not be read")                          \
	CS_LOSS(STACK_MAP_FULL, "stack_map_full", 1, "user stacks that found no room in the stack map")         \
	CS_LOSS(STACK_TRUNCATED, "stack_truncated", 1, "user stacks deeper than --stack-depth")                 \
	CS_LOSS(SCRATCH_BUSY, "scratch_busy", 1, "user stacks skipped because no scratch buffer was free")      \
	CS_LOSS(CHAN_UNREAD, "chan_unread", 1, "channels whose header could not be read")                       \
	CS_LOSS(GOROUTINE_UNREAD, "goroutine_unread", 1, "events whose goroutine could not be read")            \
	CS_LOSS(SITE_UNREAD, "site_unread", 0, "hits whose channel or case could not be read: not counted")     \
	CS_LOSS(SELECT_CASES, "select_cases", 1, "select cases beyond the number that is recorded")             \
	CS_LOSS(BAD_RECORD, "bad_record", 0, "ring records that failed validation")                             \
	CS_LOSS(SYMBOL, "symbol", 1, "program counters without a symbol")                                       \
	CS_LOSS(CHANNELS_EVICTED, "channels_evicted", 1, "channels folded into their creation site for memory") \
	CS_LOSS(WALK_UNREAD, "walk_unread", 1, "goroutines that changed or could not be read while walking")    \
	CS_LOSS(NO_MEMORY, "no_memory", 0, "records or details for which the analysis had no memory")           \
	CS_LOSS(RECORDING_CUT, "recording_cut", 0, "recordings that end early, cut off or damaged")             \
	CS_LOSS(RECORDING_NEWER, "recording_newer", 0, "parts of a recording that this version does not know")

enum cs_loss {
#define CS_LOSS_ENUM(id, name, exact, text) CS_LOSS_##id,
	CS_LOSSES(CS_LOSS_ENUM)
#undef CS_LOSS_ENUM
		CS_NR_LOSSES
};

#endif
