/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan: which instructions of a binary to probe, what a hit of each means, and where its values
 * are. Made from the file alone, by disassembly; every assumption is checked or the binary is refused.
 */
#ifndef CHANSCOPE_GOBIN_PLAN_H
#define CHANSCOPE_GOBIN_PLAN_H

#include "base/feed.h"
#include "gobin/gobinary.h"

enum probe_cost { COST_NOP, COST_EMULATED, COST_SINGLE_STEP };

struct plan_site {
	uint64_t va;	      /* in the file's terms */
	uint64_t off;	      /* file offset, what a uprobe takes */
	const char *function; /* borrowed from the image */
	uint64_t function_va; /* its entry */
	char insn[64];	      /* disassembly: "call runtime.send" */
	uint8_t bytes[16];    /* the instruction as in the file, to check that no probe was left behind */
	uint8_t insn_sz;      /* bytes */
	enum probe_cost cost;
	bool wait_mode;	     /* probed in mode wait, too */
	struct cs_site site; /* layout is 0: the attacher fills it in */
};

struct plan {
	struct plan_site *sites;
	size_t nr_sites;
	char missing[256]; /* functions that this binary does not contain, "" if all are there */
};

/*
 * Plans for bin, sites in ascending address. Fails with the reason if the code does not match what the
 * planner can prove (a missing outcome, a spill that does not dominate, …). The caller frees by plan__free.
 */
int plan__build(const struct gobinary *bin, struct plan **ret, struct diag *d);
void plan__free(struct plan *p);

/* "done through the buffer", "parks (send)", …: one phrase per meaning, for people. */
const char *site_meaning_text(enum cs_meaning m);
/* "send_buffered", …: for --json. */
const char *site_meaning_name(enum cs_meaning m);
const char *probe_cost_name(enum probe_cost c); /* "nop", "emulated", "single_step" */

/* "rax", "[rbp+16]", "rax-104", "-1": where a value is read from; "" for CS_LOC_NONE. */
void loc_text(const struct cs_loc *loc, char *buf, size_t buf_sz);

/* What an operation costs by this plan: traps hit on its usual path, by operation. */
struct plan_traps {
	const char *operation; /* "send, buffered", … */
	unsigned int nop, emulated, single_step;
};
size_t plan__traps(const struct plan *p, enum capture_mode mode, struct plan_traps *ret, size_t max);

#endif
