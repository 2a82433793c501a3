/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the planner: one function of the runtime under examination, the sites found in it so far, and the proofs
 * over its control-flow graph that all of them share.
 */
#ifndef CHANSCOPE_GOBIN_PLAN_FUNC_H
#define CHANSCOPE_GOBIN_PLAN_FUNC_H

#include "gobin/plan.h"
#include "gobin/symex.h"

/* How a site at the end of a block counts. */
enum plan_mark {
	MARK_NONE = 0,
	MARK_DONE,	/* completes the operation, whichever way the instruction goes */
	MARK_TAKEN,	/* completes it if the conditional jump is taken */
	MARK_NOT_TAKEN, /* completes it if not */
	MARK_PASSING,	/* the operation goes on behind it: a park */
};

/* What is being planned: the sites of all functions. */
struct plan_builder {
	const struct gobinary *bin;
	struct plan *plan;
	size_t max_sites; /* allocated */
	struct diag *d;
};

struct plan_func {
	struct plan_builder *to;
	struct go_func fn;
	struct cfg cfg;
	struct symex sx; /* from the entry */
	uint8_t *mark;	 /* enum plan_mark, by block */
	uint32_t nr_of[CS_NR_MEANINGS];
};

/*
 * Disassembles and executes the function of this name. Returns 1 if the binary has it, 0 if not (and adds it to the
 * plan's missing functions), a negative errno if it can't be followed. The caller closes *ret, which stays where it
 * is, in any case.
 */
int plan_func__open(struct plan_builder *to, const char *name, struct plan_func *ret);
void plan_func__close(struct plan_func *pf);

/* Fails with "runtime.chansend at 0x…: <sentence>" for the last instruction of a block. */
__attribute__((format(printf, 3, 4))) int plan_func__refuse(const struct plan_func *pf, uint32_t block, const char *fmt,
							    ...);

/* Go's n-th integer argument on entry, by number of the register (amd64 ABIInternal). */
enum { ARG_0 = CS_RAX, ARG_1 = CS_RBX, ARG_2 = CS_RCX, ARG_3 = CS_RDI, ARG_4 = CS_RSI };

/* Where the value is that register arg held at the entry: a register if possible, else a stack slot; NONE if nowhere.
 */
struct cs_loc plan_func__locate(const struct sym_state *st, uint8_t arg);
/* A value that runs from behind a call ended with (a constant, a stack slot), as it is to be read before the call. */
bool plan_func__loc_of(const struct plan_func *pf, const struct sym_state *st, struct sym value, struct cs_loc *ret);

static inline struct cs_loc loc_const(int32_t value)
{
	return (struct cs_loc){ .kind = CS_LOC_CONST, .disp = value };
}

static inline struct cs_loc loc_reg(uint8_t reg, int32_t disp)
{
	return (struct cs_loc){ .kind = CS_LOC_REG, .reg = reg, .disp = disp };
}

static inline struct cs_site site_of(enum cs_meaning m)
{
	return (struct cs_site){ .meaning = (uint8_t)m, .cond = CS_COND_NONE };
}

/* Puts a site at the last instruction of a block. For MARK_TAKEN and MARK_NOT_TAKEN sets the condition. */
int plan_func__add(struct plan_func *pf, uint32_t block, const struct cs_site *site, enum plan_mark mark);

/* How a path from behind a call ends. Dead ends (throw) don't count. */
struct plan_outcome {
	bool returns, panics;
	struct sym rax, rbx; /* on return; SYM_UNKNOWN if paths disagree */
};
int plan_func__outcome(const struct plan_func *pf, uint32_t block, struct plan_outcome *ret);

/* --- plan_flow.c: what holds on all paths to a block --- */

/* Sets of states of a small automaton, as bits. */
enum { QCOUNT_SAME = 1, QCOUNT_UP = 2, QCOUNT_DOWN = 4 };  /* last change of a channel's length since the entry */
enum { PARKED_NO = 1, PARKED_YES = 2 };			   /* has gopark been passed? */
enum { PASSED_NONE = 1, PASSED_ONE = 2, PASSED_MANY = 4 }; /* sites that complete the operation */

/* By block, before its last instruction; 0: not reached. The caller frees. NULL: no memory. */
uint8_t *plan_flow_qcount(const struct plan_func *pf);
uint8_t *plan_flow_parked(const struct plan_func *pf);
uint8_t *plan_flow_passed(const struct plan_func *pf);

/* Fails unless every return passes exactly one site that completes the operation, and no panic passes two. */
int plan_flow_check_once(const struct plan_func *pf);

/* How the paths from a block on may end: bits. */
enum {
	END_SITE = 1,	/* at a marked site */
	END_PANIC = 2,	/* panics without one */
	END_OTHER = 4,	/* returns something that is not constant */
	END_RETURN = 8, /* returns (0,0); << 1: (1,0); << 2: (0,1); << 3: (1,1) */
};
/* By block. nr_results: 1 or 2 booleans in rax, rbx; the absent one counts as 0. The caller frees. */
uint8_t *plan_flow_ends(const struct plan_func *pf, unsigned int nr_results);

/* --- one file per kind of function; each fails if what it expects is not there --- */

int plan_chansend(struct plan_builder *to);
int plan_chanrecv(struct plan_builder *to);
int plan_closechan(struct plan_builder *to);
int plan_makechan(struct plan_builder *to);
int plan_selectgo(struct plan_builder *to);
int plan_block(struct plan_builder *to);

/* Refuses a binary in which a compiler's entry point does not call the function that is probed (it is inlined). */
int plan_check_callers(struct plan_builder *to);

#endif
