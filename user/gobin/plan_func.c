// SPDX-License-Identifier: Apache-2.0
/*
 * Owns one function under examination: its code, the states before its blocks, and the questions that all planners
 * ask of them (where is this argument now, what does the path behind this call return). It decides no meaning.
 */
#include "gobin/plan_func.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static const char *name_at(void *ctx, uint64_t va)
{
	const struct plan_builder *to = ctx;
	struct go_func fn;

	return pclntab__func_at(to->bin->pclntab, va, &fn) && fn.entry == va ? fn.name : NULL;
}

static void note_missing(struct plan *plan, const char *name)
{
	size_t n = strlen(plan->missing);

	snprintf(plan->missing + n, sizeof(plan->missing) - n, "%s%s", n ? ", " : "", name);
}

static int analyse(struct plan_func *pf)
{
	const struct image *img = pf->to->bin->image;
	uint64_t sz = pf->fn.end > pf->fn.entry ? pf->fn.end - pf->fn.entry : 0;
	const uint8_t *bytes = sz ? image__at(img, pf->fn.entry, sz) : NULL;
	struct diag *d = pf->to->d;
	struct code code;

	if (!bytes)
		return diag_fail(d, -EINVAL, "its code at 0x%llx is not in the file", (unsigned long long)pf->fn.entry);
	if (disasm_code(bytes, sz, pf->fn.entry, &code, d) || cfg__build(&code, name_at, pf->to, &pf->cfg, d) ||
	    symex__run(&pf->cfg, &pf->sx, d))
		return -EINVAL;
	pf->mark = calloc(pf->cfg.nr, 1);
	return pf->mark ? 0 : diag_fail(d, -ENOMEM, "no memory");
}

int plan_func__open(struct plan_builder *to, const char *name, struct plan_func *ret)
{
	*ret = (struct plan_func){ .to = to };
	if (!pclntab__func_named(to->bin->pclntab, name, &ret->fn)) {
		note_missing(to->plan, name);
		return 0;
	}
	if (analyse(ret)) { /* what it made so far, the caller closes */
		diag_prefix(to->d, "%s", name);
		return -ENOTSUP;
	}
	return 1;
}

void plan_func__close(struct plan_func *pf)
{
	cfg__free(&pf->cfg);
	symex__free(&pf->sx);
	free(pf->mark);
	pf->mark = NULL;
}

int plan_func__refuse(const struct plan_func *pf, uint32_t block, const char *fmt, ...)
{
	char why[320];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	return diag_fail(pf->to->d, -ENOTSUP, "%s at 0x%llx: %s", pf->fn.name,
			 (unsigned long long)cfg__last(&pf->cfg, block)->va, why);
}

/* The frame pointer as BPF uses it: the address of the saved one, which this very code has put there. */
static bool frame_pointer_set(const struct sym_state *st)
{
	struct sym fp = st->reg[CS_RBP];

	return fp.kind == SYM_STACK && fp.value == -8 && sym_is_reg(sym_state__load(st, -8, 8), CS_RBP, 0);
}

static bool fits(int64_t add, bool slot)
{
	return slot ? add >= INT16_MIN && add <= INT16_MAX : add >= INT32_MIN / 2 && add <= INT32_MAX / 2;
}

/* How good a place is for the argument: 0 not at all, else the larger the better. As it came beats with an offset. */
static int merit(struct sym s, uint8_t arg, bool slot)
{
	if (s.kind != SYM_REG || s.reg != arg || s.bits != 64 || !fits(s.value, slot))
		return 0;
	return (s.value == 0) + (slot ? 1 : 3);
}

struct cs_loc plan_func__locate(const struct sym_state *st, uint8_t arg)
{
	struct cs_loc loc = { 0 };
	int best = 0;

	for (uint8_t r = 0; r < SYM_NR_REGS; r++) {
		int m = r == CS_RSP || r == CS_RBP ? 0 : merit(st->reg[r], arg, false);

		if (m > best)
			loc = loc_reg(r, (int32_t)-st->reg[r].value);
		best = m > best ? m : best;
	}
	for (unsigned int i = 0; i < st->nr_cells && frame_pointer_set(st); i++) {
		const struct sym_cell *c = &st->cell[i];
		int m = c->sz == 8 ? merit(c->value, arg, true) : 0;

		if (m > best)
			loc = (struct cs_loc){
				.kind = CS_LOC_SLOT, .reg = CS_RBP, .add = (int16_t)-c->value.value, .disp = c->off + 8
			};
		best = m > best ? m : best;
	}
	return loc;
}

bool plan_func__loc_of(const struct plan_func *pf, const struct sym_state *st, struct sym value, struct cs_loc *ret)
{
	if (value.kind == SYM_CONST && fits(value.value, false)) {
		*ret = loc_const((int32_t)value.value);
		return true;
	}
	if (value.kind != SYM_SLOT || !frame_pointer_set(st) || !sym_frame_keeps(&pf->sx.frame, value.value))
		return false;
	*ret = (struct cs_loc){ .kind = CS_LOC_SLOT, .reg = CS_RBP, .disp = (int32_t)value.value + 8 };
	return true;
}

static enum probe_cost cost_of(const uint8_t *bytes, uint8_t sz, const struct insn *in)
{
	static const uint8_t nop5[] = { 0x0f, 0x1f, 0x44, 0x00, 0x00 };

	if (sz == 5 && !memcmp(bytes, nop5, 5))
		return COST_NOP;
	if (in->id == INSN_NOP || in->flow == FLOW_BRANCH || (in->flow == FLOW_JUMP && bytes[0] != 0x66) ||
	    (in->flow == FLOW_CALL && bytes[0] == 0xe8) || (in->id == INSN_PUSH && in->op[0].kind == OPERAND_REG))
		return COST_EMULATED;
	return COST_SINGLE_STEP;
}

static bool in_mode_wait(uint8_t meaning)
{
	switch (meaning) {
	case CS_SITE_PARK_SEND:
	case CS_SITE_PARK_RECV:
	case CS_SITE_PARK_SELECT:
	case CS_SITE_PARK_FOREVER:
	case CS_SITE_WAKE_SEND:
	case CS_SITE_WAKE_RECV:
	case CS_SITE_SELECT_WOKEN:
	case CS_SITE_SELECT_SEND_PANIC: /* a select that close woke ends here, too */
		return true;
	default:
		return false;
	}
}

/* "call runtime.send" rather than "call 0x413ec0" */
static void describe(struct plan_site *s, const char *callee)
{
	if (callee)
		snprintf(s->insn, sizeof(s->insn), "call %s", callee);
	else
		disasm_text(s->bytes, s->insn_sz, s->va, s->insn, sizeof(s->insn));
}

static struct plan_site *new_site(struct plan_builder *to)
{
	struct plan *p = to->plan;

	if (p->nr_sites == to->max_sites) {
		size_t max = to->max_sites ? to->max_sites * 2 : 32;
		struct plan_site *more = reallocarray(p->sites, max, sizeof(*more));

		if (!more)
			return NULL;
		p->sites = more;
		to->max_sites = max;
	}
	p->sites[p->nr_sites] = (struct plan_site){ 0 };
	return &p->sites[p->nr_sites++];
}

int plan_func__add(struct plan_func *pf, uint32_t block, const struct cs_site *site, enum plan_mark mark)
{
	const struct insn *in = cfg__last(&pf->cfg, block);
	const uint8_t *bytes = image__at(pf->to->bin->image, in->va, in->sz);
	struct plan_site *s;
	uint64_t off;

	if (!bytes || !image__text_offset(pf->to->bin->image, in->va, &off))
		return plan_func__refuse(pf, block, "the instruction is not in an executable segment");
	if (pf->mark[block])
		return plan_func__refuse(pf, block, "one instruction has two meanings");
	s = new_site(pf->to);
	if (!s)
		return diag_fail(pf->to->d, -ENOMEM, "no memory for the plan");
	s->va = in->va;
	s->off = off;
	s->function = pf->fn.name;
	s->function_va = pf->fn.entry;
	s->insn_sz = in->sz;
	memcpy(s->bytes, bytes, in->sz < sizeof(s->bytes) ? in->sz : sizeof(s->bytes));
	s->cost = cost_of(bytes, in->sz, in);
	s->wait_mode = in_mode_wait(site->meaning);
	s->site = *site;
	if (mark == MARK_TAKEN || mark == MARK_NOT_TAKEN)
		s->site.cond = (uint8_t)(in->cc | (mark == MARK_NOT_TAKEN ? CS_COND_NOT_TAKEN : 0));
	describe(s, pf->cfg.blocks[block].callee);
	pf->mark[block] = (uint8_t)mark;
	pf->nr_of[site->meaning]++;
	return 0;
}

static void take_result(struct sym *result, struct sym value, bool first)
{
	if (first)
		*result = value;
	else if (!sym_equal(*result, value))
		*result = (struct sym){ .kind = SYM_UNKNOWN };
}

int plan_func__outcome(const struct plan_func *pf, uint32_t block, struct plan_outcome *ret)
{
	struct symex sx auto_cleanup(symex__free) = { 0 };
	struct plan_outcome o = { 0 };
	struct sym_state start = { 0 }, before, st;

	*ret = o;
	if (pf->cfg.blocks[block].end != BLOCK_CALLS) {
		o.panics = pf->cfg.blocks[block].end == BLOCK_PANICS;
		*ret = o;
		return 0;
	}
	symex__before_last(&pf->sx, block, &before);
	start.reg[CS_RSP] = before.reg[CS_RSP];
	start.reg[CS_RBP] = before.reg[CS_RBP];
	if (symex__run_from(&pf->cfg, pf->cfg.blocks[block].next[0], &start, &pf->sx.frame, &sx, pf->to->d))
		return -EINVAL;
	for (uint32_t b = 0; b < pf->cfg.nr; b++) {
		if (!sx.reached[b])
			continue;
		o.panics |= pf->cfg.blocks[b].end == BLOCK_PANICS;
		if (pf->cfg.blocks[b].end != BLOCK_RETURNS)
			continue;
		symex__before_last(&sx, b, &st);
		take_result(&o.rax, st.reg[CS_RAX], !o.returns);
		take_result(&o.rbx, st.reg[CS_RBX], !o.returns);
		o.returns = true;
	}
	*ret = o;
	return 0;
}
