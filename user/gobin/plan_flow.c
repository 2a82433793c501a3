// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the proofs over all paths of a function: which states of a small automaton can be met before each block, and
 * how the paths behind it can end. It is given the sites as marks and never adds any.
 */
#include "gobin/plan_func.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* The next state (one bit) when control passes a block's last instruction by edge 0 (next) or 1 (jump taken). */
typedef uint8_t (*edge_fn)(const struct plan_func *pf, uint32_t block, int edge, uint8_t state);
/* The next state within a block, before its last instruction. */
typedef uint8_t (*body_fn)(const struct plan_func *pf, uint32_t block, uint8_t state);

struct automaton {
	body_fn body; /* may be NULL */
	edge_fn edge; /* may be NULL */
};

static uint8_t through_body(const struct plan_func *pf, const struct automaton *a, uint32_t b, uint8_t set)
{
	uint8_t out = 0;

	if (!a->body)
		return set;
	for (uint8_t bit = 1; bit; bit = (uint8_t)(bit << 1))
		if (set & bit)
			out |= a->body(pf, b, bit);
	return out;
}

static uint8_t over_edge(const struct plan_func *pf, const struct automaton *a, uint32_t b, int edge, uint8_t set)
{
	uint8_t out = 0;

	if (!a->edge)
		return set;
	for (uint8_t bit = 1; bit; bit = (uint8_t)(bit << 1))
		if (set & bit)
			out |= a->edge(pf, b, edge, bit);
	return out;
}

/* Sets only grow, by at most eight bits a block, so this ends. */
static uint8_t *run(const struct plan_func *pf, const struct automaton *a)
{
	uint8_t *in auto_free = calloc(pf->cfg.nr, 1);
	uint8_t *before_last auto_free = calloc(pf->cfg.nr, 1);
	bool changed = true;

	if (!in || !before_last)
		return NULL;
	in[0] = 1;
	while (changed) {
		changed = false;
		for (uint32_t b = 0; b < pf->cfg.nr; b++) {
			if (!in[b] || !pf->sx.reached[b])
				continue;
			before_last[b] = through_body(pf, a, b, in[b]);
			for (int edge = 0; edge < 2; edge++) {
				uint32_t to = pf->cfg.blocks[b].next[edge];
				uint8_t more = to == CFG_NONE ? 0 : over_edge(pf, a, b, edge, before_last[b]);

				if (!more || (in[to] | more) == in[to])
					continue;
				in[to] |= more;
				changed = true;
			}
		}
	}
	return steal_ptr(before_last);
}

/* inc, dec, add and sub of the 64-bit word at offset qcount of something that is not the stack */
static uint8_t qcount_body(const struct plan_func *pf, uint32_t block, uint8_t state)
{
	const struct block *b = &pf->cfg.blocks[block];

	for (uint32_t i = b->first; i <= b->last; i++) {
		const struct insn *in = &pf->cfg.code.insns[i];
		const struct operand *op = &in->op[0];
		bool by_one = in->op[1].kind == OPERAND_IMM && in->op[1].value == 1;

		if (op->kind != OPERAND_MEM || op->size != 8 || op->foreign || op->index != INSN_NO_REG ||
		    op->base == CS_RSP || op->base == CS_RBP || op->value != pf->to->bin->layout.hchan_qcount)
			continue;
		if (in->id == INSN_INC || (in->id == INSN_ADD && by_one))
			state = QCOUNT_UP;
		else if (in->id == INSN_DEC || (in->id == INSN_SUB && by_one))
			state = QCOUNT_DOWN;
	}
	return state;
}

static uint8_t parked_edge(const struct plan_func *pf, uint32_t block, int edge, uint8_t state)
{
	(void)edge;
	return cfg__calls(&pf->cfg, block, "runtime.gopark") ? PARKED_YES : state;
}

static bool completes(const struct plan_func *pf, uint32_t block, int edge)
{
	switch (pf->mark[block]) {
	case MARK_DONE:
		return true;
	case MARK_TAKEN:
		return edge == 1;
	case MARK_NOT_TAKEN:
		return edge == 0;
	default:
		return false;
	}
}

static uint8_t passed_edge(const struct plan_func *pf, uint32_t block, int edge, uint8_t state)
{
	if (!completes(pf, block, edge))
		return state;
	return state == PASSED_NONE ? PASSED_ONE : PASSED_MANY;
}

uint8_t *plan_flow_qcount(const struct plan_func *pf)
{
	return run(pf, &(struct automaton){ .body = qcount_body });
}

uint8_t *plan_flow_parked(const struct plan_func *pf)
{
	return run(pf, &(struct automaton){ .edge = parked_edge });
}

uint8_t *plan_flow_passed(const struct plan_func *pf)
{
	return run(pf, &(struct automaton){ .edge = passed_edge });
}

int plan_flow_check_once(const struct plan_func *pf)
{
	uint8_t *passed auto_free = plan_flow_passed(pf);

	if (!passed)
		return diag_fail(pf->to->d, -ENOMEM, "no memory");
	for (uint32_t b = 0; b < pf->cfg.nr; b++) {
		uint8_t end = pf->cfg.blocks[b].end;
		uint8_t set = passed[b];

		if (!set)
			continue;
		if (end == BLOCK_PANICS && pf->mark[b] == MARK_DONE)
			set = over_edge(pf, &(struct automaton){ .edge = passed_edge }, b, 0, set);
		if (end == BLOCK_RETURNS && set != PASSED_ONE)
			return plan_func__refuse(pf, b,
						 set & PASSED_MANY ? "a path returns here behind two outcomes"
								   : "a path returns here behind no known outcome");
		if (end == BLOCK_PANICS && (set & PASSED_MANY))
			return plan_func__refuse(pf, b, "a path panics here behind two outcomes");
	}
	return 0;
}

static uint8_t end_of_return(const struct plan_func *pf, uint32_t b, unsigned int nr_results)
{
	struct sym_state st;
	int64_t a, c;

	symex__before_last(&pf->sx, b, &st);
	if (st.reg[CS_RAX].kind != SYM_CONST || (nr_results > 1 && st.reg[CS_RBX].kind != SYM_CONST))
		return END_OTHER;
	a = st.reg[CS_RAX].value & 0xff;
	c = nr_results > 1 ? st.reg[CS_RBX].value & 0xff : 0;
	if (a > 1 || c > 1)
		return END_OTHER;
	return (uint8_t)(END_RETURN << (a + 2 * c));
}

static uint8_t end_of(const struct plan_func *pf, uint32_t b, unsigned int nr_results, const uint8_t *ends)
{
	const struct block *block = &pf->cfg.blocks[b];
	uint8_t set = 0;

	if (pf->mark[b])
		return END_SITE;
	if (block->end == BLOCK_PANICS)
		return END_PANIC;
	if (block->end == BLOCK_RETURNS)
		return end_of_return(pf, b, nr_results);
	for (int edge = 0; edge < 2; edge++)
		if (block->next[edge] != CFG_NONE)
			set |= ends[block->next[edge]];
	return set;
}

uint8_t *plan_flow_ends(const struct plan_func *pf, unsigned int nr_results)
{
	uint8_t *ends auto_free = calloc(pf->cfg.nr, 1);
	bool changed = true;

	if (!ends)
		return NULL;
	while (changed) {
		changed = false;
		for (uint32_t b = pf->cfg.nr; b-- > 0;) {
			uint8_t set = pf->sx.reached[b] ? end_of(pf, b, nr_results, ends) : 0;

			if (set == ends[b])
				continue;
			ends[b] |= set;
			changed = true;
		}
	}
	return steal_ptr(ends);
}
