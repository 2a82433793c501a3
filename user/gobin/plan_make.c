// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the site of makechan: the conditional jump of the write barrier that guards the store of the element type into
 * the new channel. All ways to allocate a channel have joined there, and both the channel and its element type are in
 * registers, because the very next thing is to store the one into the other.
 */
#include "gobin/plan_func.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

struct store {
	uint8_t chan, type; /* registers, as they are at the jump */
	bool found, ambiguous;
};

static void note_store(struct store *s, struct sym chan, int64_t off, struct sym type, uint16_t elemtype)
{
	if (chan.kind != SYM_REG || chan.bits != 64 || chan.value + off != elemtype)
		return;
	if (type.kind != SYM_REG || type.bits != 64 || type.value != 0)
		return;
	if (s->found && (s->chan != chan.reg || s->type != type.reg))
		s->ambiguous = true;
	*s = (struct store){ .chan = chan.reg, .type = type.reg, .found = true, .ambiguous = s->ambiguous };
}

/*
 * Up to go1.20 the barrier stores by itself: rdi is where, the register in its name is what ("gcWriteBarrier": rax).
 * https://github.com/golang/go/blob/go1.20/src/runtime/asm_amd64.s
 */
static void note_barrier(struct store *s, const struct sym_state *st, const char *callee, uint16_t elemtype)
{
	static const struct {
		const char *name;
		uint8_t reg;
	} barriers[] = { { "runtime.gcWriteBarrier", CS_RAX },	 { "runtime.gcWriteBarrierCX", CS_RCX },
			 { "runtime.gcWriteBarrierDX", CS_RDX }, { "runtime.gcWriteBarrierBX", CS_RBX },
			 { "runtime.gcWriteBarrierBP", CS_RBP }, { "runtime.gcWriteBarrierSI", CS_RSI },
			 { "runtime.gcWriteBarrierR8", CS_R8 },	 { "runtime.gcWriteBarrierR9", CS_R9 } };

	for (size_t i = 0; i < sizeof(barriers) / sizeof(barriers[0]); i++)
		if (callee && !strcmp(callee, barriers[i].name))
			note_store(s, st->reg[CS_RDI], 0, st->reg[barriers[i].reg], elemtype);
}

static void note_block(struct store *s, const struct symex *sx, uint32_t b, uint16_t elemtype)
{
	const struct block *block = &sx->cfg->blocks[b];
	struct sym_state st = sx->at[b];

	for (uint32_t i = block->first; i <= block->last; i++) {
		const struct insn *in = &sx->cfg->code.insns[i];
		const struct operand *to = &in->op[0], *from = &in->op[1];

		if (in->flow != FLOW_NEXT)
			break;
		if (in->id == INSN_MOV && to->kind == OPERAND_MEM && to->size == 8 && !to->foreign &&
		    to->base != INSN_NO_REG && to->index == INSN_NO_REG && from->kind == OPERAND_REG &&
		    from->reg != INSN_NO_REG)
			note_store(s, st.reg[to->base], to->value, st.reg[from->reg], elemtype);
		sym_step(&st, in, &sx->frame); /* it went well once */
	}
	note_barrier(s, &st, block->callee, elemtype);
}

/* From one edge of the jump on, with all registers as they are there: what is stored, and what is returned? */
static int follow_edge(const struct plan_func *pf, const struct sym_state *at_jump, uint32_t next, struct store *ret)
{
	struct symex sx auto_cleanup(symex__free) = { 0 };
	struct sym_state start, end;

	sym_state__enter(&start);
	start.reg[CS_RSP] = at_jump->reg[CS_RSP];
	start.reg[CS_RBP] = at_jump->reg[CS_RBP];
	if (symex__run_from(&pf->cfg, next, &start, &pf->sx.frame, &sx, pf->to->d))
		return -EINVAL;
	*ret = (struct store){ 0 };
	for (uint32_t b = 0; b < pf->cfg.nr; b++)
		if (sx.reached[b])
			note_block(ret, &sx, b, pf->to->bin->layout.hchan_elemtype);
	for (uint32_t b = 0; b < pf->cfg.nr; b++) {
		if (!sx.reached[b] || pf->cfg.blocks[b].end != BLOCK_RETURNS)
			continue;
		symex__before_last(&sx, b, &end);
		if (!sym_is_reg(end.reg[CS_RAX], ret->chan, 0))
			ret->found = false;
	}
	return 0;
}

/* cmpl $0x0,writeBarrier(%rip), perhaps a nop, jcc */
static bool is_barrier_check(const struct plan_func *pf, uint32_t b)
{
	const struct block *block = &pf->cfg.blocks[b];
	const struct insn *in;
	uint32_t i = block->last;

	if (block->end != BLOCK_BRANCHES)
		return false;
	do {
		if (i == block->first)
			return false;
		in = &pf->cfg.code.insns[--i];
	} while (in->id == INSN_NOP);
	return in->id == INSN_CMP && in->op[0].kind == OPERAND_MEM && in->op[0].foreign && in->op[0].size == 4 &&
	       in->op[1].kind == OPERAND_IMM && in->op[1].value == 0;
}

/* 1 if the jump at the end of block b is the one, and then *ret is its site. */
static int try_jump(const struct plan_func *pf, uint32_t b, struct cs_site *ret)
{
	struct store store[2];
	struct sym_state st;

	symex__before_last(&pf->sx, b, &st);
	for (int edge = 0; edge < 2; edge++) {
		if (follow_edge(pf, &st, pf->cfg.blocks[b].next[edge], &store[edge]))
			return -EINVAL;
		if (!store[edge].found || store[edge].ambiguous)
			return 0;
	}
	if (store[0].chan != store[1].chan || store[0].type != store[1].type)
		return 0;
	*ret = site_of(CS_SITE_MAKE);
	ret->chan = loc_reg(store[0].chan, 0);
	ret->aux = loc_reg(store[0].type, 0);
	ret->extra = plan_func__locate(&st, ARG_1);
	if (ret->extra.kind == CS_LOC_NONE)
		return plan_func__refuse(pf, b, "the capacity is in no register and in no stack slot");
	return 1;
}

int plan_makechan(struct plan_builder *to)
{
	struct plan_func pf auto_cleanup(plan_func__close) = { 0 };
	int err = plan_func__open(to, "runtime.makechan", &pf);

	if (err <= 0)
		return err;
	for (uint32_t b = 0; b < pf.cfg.nr; b++) {
		struct cs_site site;

		if (!pf.sx.reached[b] || !is_barrier_check(&pf, b))
			continue;
		err = try_jump(&pf, b, &site);
		if (err > 0)
			err = plan_func__add(&pf, b, &site, MARK_DONE);
		if (err)
			return err;
	}
	if (!pf.nr_of[CS_SITE_MAKE])
		return plan_func__refuse(&pf, 0, "no write barrier found that guards the store of the element type");
	return plan_flow_check_once(&pf);
}
