/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of the goroutine walk share. Goroutines are worked on in batches, and each step reads for a
 * whole batch at once: 100,000 goroutines are then some thousand system calls.
 */
#ifndef CHANSCOPE_PROC_GWALK_INTERNAL_H
#define CHANSCOPE_PROC_GWALK_INTERNAL_H

#include "base/cursor.h"
#include "gobin/layout.h"
#include "proc/gwalk.h"
#include "proc/process_memory.h"

#define GW_BATCH 512 /* goroutines */
/* The compiler allows no more cases (src/cmd/compile/internal/walk/select.go, src/runtime/select.go: uint16). */
#define GW_MAX_WAITING 65536
#define GW_NO_CASE UINT32_MAX

struct gw_context {
	const struct process *process;
	const struct cs_layout *layout;
	const struct go_version *version;
	const struct feed *feed;
	struct gwalk_stats *stats;
	uint32_t stack_depth;	       /* 0 .. CS_MAX_STACK_DEPTH */
	size_t sudog_size, hchan_size; /* bytes that hold the fields of interest */
	uint64_t queue_steps_left;     /* budget for following queues of waiting sudogs, over the whole walk */
	uint64_t announced[1024];      /* ids of stacks given to the feed lately, by their low bits */
};

/* The part of a g that must not change while its channels and its stack are read. */
struct gw_state {
	uint64_t goid, waiting;
	uint64_t sp, pc, bp, stack_lo, stack_hi;
	uint32_t status; /* without the bit for "being scanned" */
	uint32_t waitreason;
};

_Static_assert(sizeof(struct gw_state) == 64, "compared as bytes: no padding");

/* One sudog of a parked goroutine, with its channel. */
struct gw_case {
	uint64_t sudog, sudog_prev, chan;
	uint64_t qcount, dataqsiz, elemtype, sendq_first, recvq_first;
	uint32_t next;	/* index of the goroutine's next case; GW_NO_CASE: the last */
	uint32_t owner; /* index in the batch */
	uint16_t elem_size;
	bool closed, timer, is_send;
};

enum gw_outcome {
	GW_CHANGED, /* changed while it was read, or could not be read: try again */
	GW_NOT_ALIVE,
	GW_NOT_PARKED, /* alive, not waiting for a channel */
	GW_PARKED,
};

struct gw_goroutine {
	uint64_t va;
	enum gw_outcome outcome;
	enum go_wait wait;
	struct gw_state state;
	uint32_t first_case, last_case; /* of those recorded; GW_NO_CASE: none */
	uint32_t nr_cases;		/* all */
	uint64_t next_sudog;
	uint64_t bp;	   /* where the frame chain goes on; 0: done */
	uint32_t nr_pcs;   /* innermost first, in pcs */
	bool stack_cut;	   /* deeper than stack_depth */
	bool stack_broken; /* the chain left the stack */
	uint64_t pcs[CS_MAX_STACK_DEPTH];
};

struct gw_batch {
	struct gw_context *ctx;
	size_t nr;
	uint64_t read_at_ns; /* CLOCK_MONOTONIC: all that is reported was parked then */
	struct gw_case *cases;
	size_t nr_cases, cap_cases;
	uint8_t *bytes; /* GW_BATCH pieces of the largest thing read */
	size_t piece_sz;
	struct memory_read reads[GW_BATCH];
	uint32_t owners[GW_BATCH]; /* of reads: index in g or in cases */
	struct gw_goroutine g[GW_BATCH];
};

/* A little-endian word of n bytes at off in what reads[i] brought; 0 outside. */
uint64_t gw_field(const struct memory_read *read, uint16_t off, size_t n);

/* Queues piece i of the batch's buffer to be read from addr; owner tells whose it is. */
void gw_read_later(struct gw_batch *b, size_t i, uint64_t addr, size_t size, uint32_t owner);

/* The waiting channels of all that are parked. Those whose lists don't hold together become GW_CHANGED.
 * Returns 0, -ENOMEM, or what process_read_many says. */
int gw_read_cases(struct gw_batch *b);

/* Call stacks of all that are parked, by frame pointers. What cannot be read is shorter, never wrong. */
int gw_read_stacks(struct gw_batch *b);

/* Gives one parked goroutine to the feed. */
void gw_emit(struct gw_batch *b, const struct gw_goroutine *g);

#endif
