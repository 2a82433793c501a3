// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the sites of selectgo: each outcome of a select of several cases has a call of its own under the channels'
 * locks (send, recv, or selunlock), and what the function returns behind it tells which outcome it is.
 * https://github.com/golang/go/blob/go1.26.0/src/runtime/select.go
 */
#include "gobin/plan_func.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* The case array and the number of sends: what the index of a case means. */
static int locate_cases(const struct plan_func *pf, uint32_t b, const struct sym_state *st, struct cs_site *site)
{
	site->aux = plan_func__locate(st, ARG_0);
	site->extra = plan_func__locate(st, ARG_3);
	if (site->aux.kind == CS_LOC_NONE)
		return plan_func__refuse(pf, b, "the case array is in no register and in no stack slot");
	if (site->extra.kind == CS_LOC_NONE)
		return plan_func__refuse(pf, b, "the number of sends is in no register and in no stack slot");
	return 0;
}

/* The index that selectgo is going to return. */
static int locate_choice(const struct plan_func *pf, uint32_t b, const struct sym_state *st,
			 const struct plan_outcome *o, struct cs_site *site)
{
	if (o->rax.kind != SYM_SLOT || o->rax.bits != 64 || !plan_func__loc_of(pf, st, o->rax, &site->select_case))
		return plan_func__refuse(pf, b, "the chosen case is in no stack slot");
	return 0;
}

static int add_handoff(struct plan_func *pf, uint32_t b, enum cs_meaning m, int64_t ok)
{
	struct cs_site site = site_of(m);
	struct plan_outcome o;
	struct sym_state st;
	int err;

	symex__before_last(&pf->sx, b, &st);
	if (plan_func__outcome(pf, b, &o))
		return -EINVAL;
	if (!o.returns || o.panics || !sym_is_const(o.rbx, ok))
		return plan_func__refuse(pf, b, "a handover that does not return success");
	site.chan = loc_reg(CS_RAX, 0); /* send and recv take the channel and the sudog */
	site.peer = loc_reg(CS_RBX, 0);
	err = locate_cases(pf, b, &st, &site);
	if (!err)
		err = locate_choice(pf, b, &st, &o, &site);
	return err ? err : plan_func__add(pf, b, &site, MARK_DONE);
}

static int add_park(struct plan_func *pf, uint32_t b)
{
	struct cs_site site = site_of(CS_SITE_PARK_SELECT);
	struct sym_state st;
	int err;

	symex__before_last(&pf->sx, b, &st);
	err = locate_cases(pf, b, &st, &site);
	return err ? err : plan_func__add(pf, b, &site, MARK_PASSING);
}

/*
 * Send on a closed channel, before or after a park. The arguments of selunlock are two slices: the cases (rax, rbx,
 * rcx) and the lock order (rdi, rsi, r8). The orders leave out nil channels and are of one length, so rsi is the
 * number of valid entries in the poll order, too.
 */
static int add_panic(struct plan_func *pf, uint32_t b, const struct sym_state *st)
{
	struct cs_site site = site_of(CS_SITE_SELECT_SEND_PANIC);
	int err = locate_cases(pf, b, st, &site);

	if (err)
		return err;
	site.poll_order = plan_func__locate(st, ARG_1);
	site.nr_cases = loc_reg(CS_RSI, 0);
	if (site.poll_order.kind == CS_LOC_NONE)
		return plan_func__refuse(pf, b, "the poll order is in no register and in no stack slot");
	return plan_func__add(pf, b, &site, MARK_DONE);
}

static int add_woken(struct plan_func *pf, uint32_t b, const struct sym_state *st, const struct plan_outcome *o)
{
	struct cs_site site = site_of(CS_SITE_SELECT_WOKEN);
	int err = locate_cases(pf, b, st, &site);

	if (!err)
		err = locate_choice(pf, b, st, o, &site);
	if (err)
		return err;
	if (o->rbx.kind != SYM_SLOT || !plan_func__loc_of(pf, st, o->rbx, &site.ok))
		return plan_func__refuse(pf, b, "whether a value was received is in no stack slot");
	return plan_func__add(pf, b, &site, MARK_DONE);
}

/* Done at once, by one case. The lengths tell a buffered send from a closed receive: both return ok = false. */
static int add_at_once(struct plan_func *pf, uint32_t b, const struct sym_state *st, const struct plan_outcome *o,
		       uint8_t qcount)
{
	struct cs_site site = site_of(CS_SITE_SELECT_RECV_CLOSED);
	int err;

	if (qcount == QCOUNT_UP && sym_is_const(o->rbx, 0))
		site.meaning = CS_SITE_SELECT_SEND_BUFFERED;
	else if (qcount == QCOUNT_DOWN && sym_is_const(o->rbx, 1))
		site.meaning = CS_SITE_SELECT_RECV_BUFFERED;
	else if (qcount != QCOUNT_SAME || !sym_is_const(o->rbx, 0))
		return plan_func__refuse(pf, b, "what follows the unlock is no outcome that is known");
	err = locate_cases(pf, b, st, &site);
	if (!err)
		err = locate_choice(pf, b, st, o, &site);
	return err ? err : plan_func__add(pf, b, &site, MARK_DONE);
}

static int add_default(struct plan_func *pf, uint32_t b, const struct plan_outcome *o)
{
	struct cs_site site = site_of(CS_SITE_SELECT_DEFAULT);

	if (!sym_is_const(o->rbx, 0))
		return plan_func__refuse(pf, b, "a default that received something");
	return plan_func__add(pf, b, &site, MARK_DONE);
}

static int add_unlock(struct plan_func *pf, uint32_t b, uint8_t qcount, uint8_t parked)
{
	struct plan_outcome o;
	struct sym_state st;

	symex__before_last(&pf->sx, b, &st);
	if (!sym_is_reg(st.reg[CS_RAX], ARG_0, 0))
		return plan_func__refuse(pf, b, "rax is not proven to be the case array");
	if (plan_func__outcome(pf, b, &o))
		return -EINVAL;
	if (o.returns == o.panics)
		return plan_func__refuse(pf, b, "behind the unlock it is open whether select returns or panics");
	if (o.panics)
		return add_panic(pf, b, &st);
	if (parked == PARKED_YES && qcount == QCOUNT_SAME)
		return add_woken(pf, b, &st, &o);
	if (parked != PARKED_NO)
		return plan_func__refuse(pf, b, "an unlock that may or may not follow a park");
	if (sym_is_const(o.rax, -1) && qcount == QCOUNT_SAME)
		return add_default(pf, b, &o);
	return add_at_once(pf, b, &st, &o, qcount);
}

static int add_calls(struct plan_func *pf)
{
	uint8_t *qcount auto_free = plan_flow_qcount(pf);
	uint8_t *parked auto_free = plan_flow_parked(pf);
	int err = 0;

	if (!qcount || !parked)
		return diag_fail(pf->to->d, -ENOMEM, "no memory");
	for (uint32_t b = 0; b < pf->cfg.nr && !err; b++) {
		if (!pf->sx.reached[b])
			continue;
		if (cfg__calls(&pf->cfg, b, "runtime.selunlock"))
			err = add_unlock(pf, b, qcount[b], parked[b]);
		else if (cfg__calls(&pf->cfg, b, "runtime.send"))
			err = add_handoff(pf, b, CS_SITE_SELECT_SEND_DIRECT, 0);
		else if (cfg__calls(&pf->cfg, b, "runtime.recv"))
			err = add_handoff(pf, b, CS_SITE_SELECT_RECV_DIRECT, 1);
		else if (cfg__calls(&pf->cfg, b, "runtime.gopark"))
			err = add_park(pf, b);
	}
	return err;
}

int plan_selectgo(struct plan_builder *to)
{
	struct plan_func pf auto_cleanup(plan_func__close) = { 0 };
	int err = plan_func__open(to, "runtime.selectgo", &pf);

	if (err <= 0)
		return err;
	err = add_calls(&pf);
	if (err)
		return err;
	for (unsigned int m = CS_SITE_SELECT_SEND_BUFFERED; m <= CS_SITE_SELECT_SEND_PANIC; m++)
		if (!pf.nr_of[m])
			return plan_func__refuse(&pf, 0, "no place found that tells: %s", site_meaning_text(m));
	if (!pf.nr_of[CS_SITE_PARK_SELECT])
		return plan_func__refuse(&pf, 0, "no place found that tells: %s",
					 site_meaning_text(CS_SITE_PARK_SELECT));
	return plan_flow_check_once(&pf);
}
