// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the division of a function into blocks. It is given decoded instructions and a way to name callees, and
 * never guesses where control goes: what can't be followed is marked as lost.
 */
#include "gobin/cfg.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static bool starts_with(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

/* https://github.com/golang/go/blob/go1.26.0/src/runtime/panic.go: functions that never return. */
static bool never_returns(const char *callee)
{
	static const char *const exact[] = { "runtime.throw",	      "runtime.fatal",	     "runtime.fatalthrow",
					     "runtime.abort",	      "runtime.panicdivide", "runtime.panicshift",
					     "runtime.panicoverflow", "runtime.panicmem",    "runtime.panicwrap",
					     "runtime.panicnil" };
	static const char *const families[] = { "runtime.panicIndex", "runtime.panicSlice", "runtime.panicBounds",
						"runtime.panicExtend", "runtime.panicunsafe" };

	for (size_t i = 0; i < sizeof(exact) / sizeof(exact[0]); i++)
		if (!strcmp(callee, exact[i]))
			return true;
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		if (starts_with(callee, families[i]))
			return true;
	return false;
}

static bool ends_block(const struct insn *in)
{
	return in->flow != FLOW_NEXT;
}

/* Marks the instructions that start a block; one byte each. */
static uint8_t *find_leaders(const struct code *code)
{
	uint8_t *leader = calloc(code->nr + 1, 1);

	if (!leader)
		return NULL;
	leader[0] = 1;
	for (size_t i = 0; i < code->nr; i++) {
		const struct insn *in = &code->insns[i];

		if (in->flow == FLOW_JUMP || in->flow == FLOW_BRANCH)
			leader[code__find(code, in->target)] = 1;
		if (ends_block(in))
			leader[i + 1] = 1;
	}
	return leader;
}

static uint32_t block_at(const struct cfg *g, uint64_t va)
{
	size_t i = code__find(&g->code, va);

	return i < g->code.nr ? g->block_of[i] : CFG_NONE;
}

static void end_with_call(struct block *b, const struct insn *in, uint32_t after, cfg_name_fn name, void *ctx)
{
	b->callee = in->target && name ? name(ctx, in->target) : NULL;
	b->end = BLOCK_CALLS;
	b->next[0] = after;
	if (!b->callee)
		return;
	if (!strcmp(b->callee, "runtime.gopanic"))
		b->end = BLOCK_PANICS;
	else if (never_returns(b->callee))
		b->end = BLOCK_DIES;
	if (b->end != BLOCK_CALLS)
		b->next[0] = CFG_NONE;
}

static void end_block(struct cfg *g, struct block *b, cfg_name_fn name, void *ctx)
{
	const struct insn *in = &g->code.insns[b->last];
	uint32_t after = b->last + 1 < g->code.nr ? g->block_of[b->last + 1] : CFG_NONE;

	switch (in->flow) {
	case FLOW_NEXT:
		b->end = BLOCK_FALLS;
		b->next[0] = after;
		break;
	case FLOW_CALL:
		end_with_call(b, in, after, name, ctx);
		break;
	case FLOW_JUMP:
		b->end = in->target == g->code.va ? BLOCK_RESTARTS : BLOCK_JUMPS;
		b->next[0] = b->end == BLOCK_JUMPS ? block_at(g, in->target) : CFG_NONE;
		break;
	case FLOW_BRANCH:
		b->end = BLOCK_BRANCHES;
		b->next[0] = after;
		b->next[1] = block_at(g, in->target);
		break;
	case FLOW_RETURN:
		b->end = BLOCK_RETURNS;
		break;
	case FLOW_TRAP:
		b->end = BLOCK_DIES;
		break;
	default:
		b->end = BLOCK_LOST;
		break;
	}
	if ((b->end == BLOCK_FALLS || b->end == BLOCK_CALLS || b->end == BLOCK_JUMPS) && b->next[0] == CFG_NONE)
		b->end = BLOCK_LOST;
	if (b->end == BLOCK_BRANCHES && (b->next[0] == CFG_NONE || b->next[1] == CFG_NONE))
		b->end = BLOCK_LOST;
}

static int divide(struct cfg *g, cfg_name_fn name, void *ctx)
{
	uint8_t *leader auto_free = find_leaders(&g->code);

	g->block_of = calloc(g->code.nr + 1, sizeof(*g->block_of));
	g->blocks = calloc(g->code.nr + 1, sizeof(*g->blocks));
	if (!leader || !g->block_of || !g->blocks)
		return -ENOMEM;
	for (uint32_t i = 0; i < g->code.nr; i++) {
		if (leader[i])
			g->blocks[g->nr++] = (struct block){ .first = i, .next = { CFG_NONE, CFG_NONE } };
		g->blocks[g->nr - 1].last = i;
		g->block_of[i] = g->nr - 1;
	}
	for (uint32_t b = 0; b < g->nr; b++)
		end_block(g, &g->blocks[b], name, ctx);
	return 0;
}

int cfg__build(struct code *code, cfg_name_fn name, void *ctx, struct cfg *ret, struct diag *d)
{
	struct cfg g = { .code = *code };
	uint64_t va = code->va;

	*code = (struct code){ 0 };
	if (divide(&g, name, ctx)) {
		cfg__free(&g);
		return diag_fail(d, -ENOMEM, "no memory for the control flow of the function at 0x%llx",
				 (unsigned long long)va);
	}
	*ret = g;
	return 0;
}

void cfg__free(struct cfg *g)
{
	code__free(&g->code);
	free(g->blocks);
	free(g->block_of);
	*g = (struct cfg){ 0 };
}

bool cfg__calls(const struct cfg *g, uint32_t block, const char *name)
{
	const struct block *b = &g->blocks[block];

	return b->callee && !strcmp(b->callee, name);
}
