// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the sites of closechan (closed; closed already; nil) and of the select without cases. They are told apart by
 * how the paths behind them end, never by their order in the code.
 */
#include "gobin/plan_func.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static int add_unlock(struct plan_func *pf, uint32_t b)
{
	uint16_t lock = pf->to->bin->layout.hchan_lock;
	struct cs_site site = site_of(CS_SITE_CLOSE);
	struct plan_outcome o;
	struct sym_state st;

	symex__before_last(&pf->sx, b, &st);
	if (!sym_is_reg(st.reg[CS_RAX], ARG_0, lock))
		return plan_func__refuse(pf, b, "rax is not proven to be the lock of the channel, at offset %u", lock);
	if (plan_func__outcome(pf, b, &o))
		return -EINVAL;
	if (o.returns == o.panics)
		return plan_func__refuse(pf, b, "behind the unlock it is open whether close returns or panics");
	if (o.panics)
		site.meaning = CS_SITE_CLOSE_PANIC;
	site.chan = loc_reg(CS_RAX, -lock);
	return plan_func__add(pf, b, &site, MARK_DONE);
}

static int add_nil_panic(struct plan_func *pf, uint32_t b)
{
	struct cs_site site = site_of(CS_SITE_CLOSE_PANIC);
	struct sym_state st;

	symex__before_last(&pf->sx, b, &st);
	if (st.nil != SYM_NIL_YES)
		return 0; /* behind the unlock, or no matter of this channel (go1.24: another synctest bubble) */
	site.chan = loc_const(0);
	return plan_func__add(pf, b, &site, MARK_DONE);
}

int plan_closechan(struct plan_builder *to)
{
	struct plan_func pf auto_cleanup(plan_func__close) = { 0 };
	int err = plan_func__open(to, "runtime.closechan", &pf);

	if (err <= 0)
		return err;
	err = 0;
	for (uint32_t b = 0; b < pf.cfg.nr && !err; b++) {
		if (!pf.sx.reached[b])
			continue;
		if (cfg__calls(&pf.cfg, b, "runtime.unlock2") || cfg__calls(&pf.cfg, b, "runtime.unlock") ||
		    cfg__calls(&pf.cfg, b, "runtime.unlockWithRank"))
			err = add_unlock(&pf, b);
		else if (pf.cfg.blocks[b].end == BLOCK_PANICS)
			err = add_nil_panic(&pf, b);
	}
	if (err)
		return err;
	if (!pf.nr_of[CS_SITE_CLOSE] || pf.nr_of[CS_SITE_CLOSE_PANIC] < 2)
		return plan_func__refuse(&pf, 0,
					 "expected an unlock that returns, one that panics, and a panic for nil");
	return plan_flow_check_once(&pf);
}

/* select {}: runtime.block, or inlined into the reflect package's Select without cases. */
static int plan_forever(struct plan_builder *to, const char *function)
{
	struct plan_func pf auto_cleanup(plan_func__close) = { 0 };
	int err = plan_func__open(to, function, &pf);

	if (err <= 0)
		return err;
	err = 0;
	for (uint32_t b = 0; b < pf.cfg.nr && !err; b++) {
		struct cs_site site = site_of(CS_SITE_PARK_FOREVER);
		struct sym_state st;

		if (!pf.sx.reached[b] || !cfg__calls(&pf.cfg, b, "runtime.gopark"))
			continue;
		symex__before_last(&pf.sx, b, &st);
		if (!sym_is_const(st.reg[CS_RAX], 0) || !sym_is_const(st.reg[CS_RBX], 0))
			return plan_func__refuse(&pf, b, "a park that waits for something");
		err = plan_func__add(&pf, b, &site, MARK_PASSING);
	}
	return err;
}

int plan_block(struct plan_builder *to)
{
	struct go_func fn;
	size_t before = to->plan->nr_sites;
	int err = plan_forever(to, "runtime.block");

	if (err)
		return err;
	if (pclntab__func_named(to->bin->pclntab, "runtime.block", &fn) && to->plan->nr_sites == before)
		return diag_fail(to->d, -ENOTSUP,
				 "runtime.block does not call runtime.gopark: inlined by a "
				 "profile-guided build, which is not supported yet");
	if (!pclntab__func_named(to->bin->pclntab, "reflect.rselect", &fn))
		return 0; /* no program needs reflect: not worth a word */
	return plan_forever(to, "reflect.rselect");
}
