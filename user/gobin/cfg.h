/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The control-flow graph of one function. A block also ends after every call, so that the instructions
 * which the planner may probe (calls and conditional jumps) are always the last of their block.
 */
#ifndef CHANSCOPE_GOBIN_CFG_H
#define CHANSCOPE_GOBIN_CFG_H

#include "gobin/disasm.h"

#define CFG_NONE UINT32_MAX

enum block_end {
	BLOCK_FALLS = 0, /* into the next block: next[0] */
	BLOCK_CALLS,	 /* and comes back: next[0] */
	BLOCK_JUMPS,	 /* next[0] */
	BLOCK_BRANCHES,	 /* not taken: next[0], taken: next[1] */
	BLOCK_RETURNS,
	BLOCK_PANICS,	/* calls runtime.gopanic */
	BLOCK_DIES,	/* calls throw, fatal, a bounds panic; ud2: never seen in a working program */
	BLOCK_RESTARTS, /* jumps to the function's start after growing the stack */
	BLOCK_LOST,	/* somewhere that can't be followed: an error if it is ever reached */
};

struct block {
	uint32_t first, last; /* instructions, both inclusive */
	uint32_t next[2];     /* CFG_NONE if there is none */
	const char *callee;   /* BLOCK_CALLS, BLOCK_PANICS, BLOCK_DIES: "runtime.send"; NULL if not known. Borrowed */
	uint8_t end;	      /* enum block_end */
};

struct cfg {
	struct code code;     /* owned */
	struct block *blocks; /* [0] is the function's start */
	uint32_t nr;
	uint32_t *block_of; /* by index of instruction */
};

/* The name of the function that starts at va, NULL if none does. */
typedef const char *(*cfg_name_fn)(void *ctx, uint64_t va);

/*
 * Builds the graph over code, whose first instruction is the function's start. Takes code over, also when it fails:
 * -ENOMEM. name tells callees apart and may be NULL. The caller frees by cfg__free.
 */
int cfg__build(struct code *code, cfg_name_fn name, void *ctx, struct cfg *ret, struct diag *d);
void cfg__free(struct cfg *g);

static inline const struct insn *cfg__last(const struct cfg *g, uint32_t block)
{
	return &g->code.insns[g->blocks[block].last];
}

/* Does the block call the function of this name? */
bool cfg__calls(const struct cfg *g, uint32_t block, const char *name);

#endif
