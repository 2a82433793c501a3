// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the sites of chansend and chanrecv, which are one shape: a fast way out for non-blocking operations, then the
 * lock, under which the operation is handed over, done through the buffer, failed, or parked and woken. It is given
 * their code, and takes no meaning from a place in it: only from what a path calls, counts and returns.
 * https://github.com/golang/go/blob/go1.26.0/src/runtime/chan.go
 */
#include "gobin/plan_func.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* What a way out of the function means by its results and by what happened to the channel's length before. */
struct way_out {
	uint8_t qcount; /* QCOUNT_* */
	uint8_t end;	/* END_PANIC, or END_RETURN << n */
	uint8_t meaning;
};

struct chan_op {
	const char *function, *handoff;
	unsigned int nr_results;
	uint8_t done; /* END_*: what the function returns after a handover */
	uint8_t direct, park, wake;
	struct way_out ways[4]; /* behind the lock */
	uint8_t required[7];
};

enum {
	RET_0 = END_RETURN,	 /* false, and (false, false) */
	RET_1 = END_RETURN << 1, /* true, and (true, false) */
	RET_11 = END_RETURN << 3,
};

static const struct chan_op op_send = {
	.function = "runtime.chansend",
	.handoff = "runtime.send",
	.nr_results = 1,
	.done = RET_1,
	.direct = CS_SITE_SEND_DIRECT,
	.park = CS_SITE_PARK_SEND,
	.wake = CS_SITE_WAKE_SEND,
	.ways = { { QCOUNT_UP, RET_1, CS_SITE_SEND_BUFFERED },
		  { QCOUNT_SAME, RET_0, CS_SITE_SEND_FAILED },
		  { QCOUNT_SAME, END_PANIC, CS_SITE_SEND_PANIC } },
	.required = { CS_SITE_SEND_BUFFERED, CS_SITE_SEND_FAILED, CS_SITE_SEND_PANIC, CS_SITE_SEND_DIRECT,
		      CS_SITE_PARK_SEND, CS_SITE_WAKE_SEND },
};

static const struct chan_op op_recv = {
	.function = "runtime.chanrecv",
	.handoff = "runtime.recv",
	.nr_results = 2,
	.done = RET_11,
	.direct = CS_SITE_RECV_DIRECT,
	.park = CS_SITE_PARK_RECV,
	.wake = CS_SITE_WAKE_RECV,
	.ways = { { QCOUNT_DOWN, RET_11, CS_SITE_RECV_BUFFERED },
		  { QCOUNT_SAME, RET_0, CS_SITE_RECV_FAILED },
		  { QCOUNT_SAME, RET_1, CS_SITE_RECV_CLOSED } },
	.required = { CS_SITE_RECV_BUFFERED, CS_SITE_RECV_FAILED, CS_SITE_RECV_CLOSED, CS_SITE_RECV_DIRECT,
		      CS_SITE_PARK_RECV, CS_SITE_WAKE_RECV },
};

static bool bool_of(struct sym s, unsigned int *ret)
{
	if (s.kind != SYM_CONST || (s.value & 0xff) > 1)
		return false;
	*ret = (unsigned int)(s.value & 0xff);
	return true;
}

/* The outcome as one END_* bit; END_OTHER if it is none of them. */
static uint8_t end_of(const struct plan_outcome *o, unsigned int nr_results)
{
	unsigned int a, c = 0;

	if (o->panics)
		return o->returns ? END_OTHER : END_PANIC;
	if (!o->returns || !bool_of(o->rax, &a) || (nr_results > 1 && !bool_of(o->rbx, &c)))
		return END_OTHER;
	return (uint8_t)(END_RETURN << (a + 2 * c));
}

static bool is_unlock(const struct plan_func *pf, uint32_t b)
{
	return cfg__calls(&pf->cfg, b, "runtime.unlock2") || cfg__calls(&pf->cfg, b, "runtime.unlock") ||
	       cfg__calls(&pf->cfg, b, "runtime.unlockWithRank");
}

/* call unlock: rax is &c.lock; which way out it is, the results and the channel's length tell. */
static int add_unlock(struct plan_func *pf, const struct chan_op *op, uint32_t b, uint8_t qcount)
{
	uint16_t lock = pf->to->bin->layout.hchan_lock;
	struct plan_outcome o;
	struct sym_state st;
	uint8_t end;

	symex__before_last(&pf->sx, b, &st);
	if (!sym_is_reg(st.reg[CS_RAX], ARG_0, lock))
		return plan_func__refuse(pf, b, "rax is not proven to be the lock of the channel, at offset %u", lock);
	if (plan_func__outcome(pf, b, &o))
		return -EINVAL;
	end = end_of(&o, op->nr_results);
	for (size_t i = 0; i < sizeof(op->ways) / sizeof(op->ways[0]); i++) {
		struct cs_site site = site_of(op->ways[i].meaning);

		if (!op->ways[i].meaning || op->ways[i].end != end || op->ways[i].qcount != qcount)
			continue;
		site.chan = loc_reg(CS_RAX, -lock);
		return plan_func__add(pf, b, &site, MARK_DONE);
	}
	return plan_func__refuse(pf, b, "what follows the unlock is no outcome that is known (results %u, length %u)",
				 end, qcount);
}

/* call send, call recv: rax is the channel, rbx the sudog of the goroutine that waited. */
static int add_handoff(struct plan_func *pf, const struct chan_op *op, uint32_t b, uint8_t qcount)
{
	struct cs_site site = site_of(op->direct);
	struct plan_outcome o;
	struct sym_state st;

	symex__before_last(&pf->sx, b, &st);
	if (!sym_is_reg(st.reg[CS_RAX], ARG_0, 0))
		return plan_func__refuse(pf, b, "rax is not proven to be the channel");
	if (plan_func__outcome(pf, b, &o))
		return -EINVAL;
	if (end_of(&o, op->nr_results) != op->done || qcount != QCOUNT_SAME)
		return plan_func__refuse(pf, b, "a handover that does not return success");
	site.chan = loc_reg(CS_RAX, 0);
	site.aux = loc_reg(CS_RBX, 0);
	return plan_func__add(pf, b, &site, MARK_DONE);
}

/* call gopark: rbx is the lock, or nil for the nil channel, and then nothing comes back. */
static int add_park(struct plan_func *pf, const struct chan_op *op, uint32_t b)
{
	struct cs_site site = site_of(op->park);
	struct plan_outcome o;
	struct sym_state st;

	symex__before_last(&pf->sx, b, &st);
	if (plan_func__outcome(pf, b, &o))
		return -EINVAL;
	if (st.nil == SYM_NIL_YES && sym_is_const(st.reg[CS_RBX], 0)) {
		if (o.returns || o.panics)
			return plan_func__refuse(pf, b, "a nil channel's park that comes back");
		site.chan = loc_const(0);
		return plan_func__add(pf, b, &site, MARK_PASSING);
	}
	if (!sym_is_reg(st.reg[CS_RBX], ARG_0, pf->to->bin->layout.hchan_lock) || st.nil != SYM_NIL_NO || !o.returns)
		return plan_func__refuse(pf, b, "a park that is neither on the channel's lock nor on a nil channel");
	site.chan = plan_func__locate(&st, ARG_0);
	return plan_func__add(pf, b, &site, MARK_PASSING);
}

/* call releaseSudog: rax is the goroutine's own sudog, which still says how it was woken. */
static int add_wake(struct plan_func *pf, const struct chan_op *op, uint32_t b, uint8_t parked)
{
	struct cs_site site = site_of(op->wake);
	struct plan_outcome o;
	struct sym_state st;
	unsigned int selected;

	symex__before_last(&pf->sx, b, &st);
	if (plan_func__outcome(pf, b, &o))
		return -EINVAL;
	if (parked != PARKED_YES || !o.returns || !bool_of(o.rax, &selected) || !selected)
		return plan_func__refuse(pf, b, "a sudog is released that no park stands before");
	site.chan = plan_func__locate(&st, ARG_0);
	site.aux = loc_reg(CS_RAX, 0);
	if (site.chan.kind == CS_LOC_NONE)
		return plan_func__refuse(pf, b, "the channel is in no register and in no stack slot");
	return plan_func__add(pf, b, &site, MARK_DONE);
}

static int add_calls(struct plan_func *pf, const struct chan_op *op)
{
	uint8_t *qcount auto_free = plan_flow_qcount(pf);
	uint8_t *parked auto_free = plan_flow_parked(pf);
	int err = 0;

	if (!qcount || !parked)
		return diag_fail(pf->to->d, -ENOMEM, "no memory");
	for (uint32_t b = 0; b < pf->cfg.nr && !err; b++) {
		if (!pf->sx.reached[b])
			continue;
		if (is_unlock(pf, b))
			err = add_unlock(pf, op, b, qcount[b]);
		else if (cfg__calls(&pf->cfg, b, op->handoff))
			err = add_handoff(pf, op, b, qcount[b]);
		else if (cfg__calls(&pf->cfg, b, "runtime.gopark"))
			err = add_park(pf, op, b);
		else if (cfg__calls(&pf->cfg, b, "runtime.releaseSudog"))
			err = add_wake(pf, op, b, parked[b]);
	}
	return err;
}

/* The ways out before the lock: a non-blocking operation that fails, or that finds the channel closed and drained. */
static uint8_t fast_meaning(const struct chan_op *op, uint8_t end)
{
	for (size_t i = 0; i < sizeof(op->ways) / sizeof(op->ways[0]); i++)
		if (op->ways[i].meaning && op->ways[i].qcount == QCOUNT_SAME && op->ways[i].end == end &&
		    end != END_PANIC)
			return op->ways[i].meaning;
	return 0;
}

/*
 * The jump that decides: on one of its edges every path returns the same, without another site; before it, something
 * else was still possible.
 */
static int add_deciding_jump(struct plan_func *pf, const struct chan_op *op, uint32_t b, int edge, const uint8_t *ends)
{
	uint8_t end = ends[pf->cfg.blocks[b].next[edge]];
	uint8_t meaning = fast_meaning(op, end);
	struct cs_site site = site_of(meaning);
	struct sym_state st;

	if (!meaning || ends[b] == end)
		return 0;
	symex__before_last(&pf->sx, b, &st);
	site.chan = st.nil == SYM_NIL_YES ? loc_const(0) : plan_func__locate(&st, ARG_0);
	if (site.chan.kind == CS_LOC_NONE)
		return plan_func__refuse(pf, b, "the channel is in no register and in no stack slot");
	return plan_func__add(pf, b, &site, edge ? MARK_TAKEN : MARK_NOT_TAKEN);
}

static int add_jumps(struct plan_func *pf, const struct chan_op *op)
{
	uint8_t *passed auto_free = plan_flow_passed(pf);
	uint8_t *ends auto_free = plan_flow_ends(pf, op->nr_results);
	int err = 0;

	if (!passed || !ends)
		return diag_fail(pf->to->d, -ENOMEM, "no memory");
	for (uint32_t b = 0; b < pf->cfg.nr && !err; b++) {
		if (pf->cfg.blocks[b].end != BLOCK_BRANCHES || passed[b] != PASSED_NONE)
			continue;
		err = add_deciding_jump(pf, op, b, 0, ends);
		if (!err)
			err = add_deciding_jump(pf, op, b, 1, ends);
	}
	return err;
}

static int check_required(const struct plan_func *pf, const struct chan_op *op)
{
	for (size_t i = 0; i < sizeof(op->required) && op->required[i]; i++)
		if (!pf->nr_of[op->required[i]])
			return plan_func__refuse(pf, 0, "no place found that tells: %s",
						 site_meaning_text(op->required[i]));
	if (pf->nr_of[op->park] < 2)
		return plan_func__refuse(pf, 0, "expected a park for nil channels and one for the others");
	return plan_flow_check_once(pf);
}

static int plan_chan(struct plan_builder *to, const struct chan_op *op)
{
	struct plan_func pf auto_cleanup(plan_func__close) = { 0 };
	int err = plan_func__open(to, op->function, &pf);

	if (err <= 0)
		return err;
	err = add_calls(&pf, op);
	if (!err)
		err = add_jumps(&pf, op);
	return err ? err : check_required(&pf, op);
}

int plan_chansend(struct plan_builder *to)
{
	return plan_chan(to, &op_send);
}

int plan_chanrecv(struct plan_builder *to)
{
	return plan_chan(to, &op_recv);
}
