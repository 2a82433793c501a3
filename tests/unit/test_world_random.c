// SPDX-License-Identifier: Apache-2.0
/*
 * Feeds random but valid records in any order, with few addresses, goroutines and a low limit so that everything
 * meets everything, and checks after each few what must always hold. WORLD_SEEDS sets the number of runs.
 */
#include "world_fixture.h"

#include "model/world_impl.h"

#define NR_ADDRS 7
#define NR_GOIDS 6
#define NR_STACKS 5
#define NR_PIDS 2
#define STEPS 1500
#define CHECK_AT 100

struct run {
	struct world *w;
	struct feed f;
	uint64_t seed, time_ns;
	/* what the counts of all channels must add up to */
	uint64_t sends, receives, failed, closed_receives, panics, selects;
};

static uint64_t rnd(struct run *r, uint64_t below)
{
	r->seed ^= r->seed << 13;
	r->seed ^= r->seed >> 7;
	r->seed ^= r->seed << 17;
	return (r->seed >> 11) % below;
}

static uint32_t random_length(struct run *r)
{
	static const uint32_t odd[] = { UINT32_MAX, UINT32_MAX - 1, 1U << 31, 1000 };

	return rnd(r, 50) ? (uint32_t)rnd(r, 4) : odd[rnd(r, ARRAY_SIZE(odd))];
}

static struct cs_event random_event(struct run *r)
{
	struct cs_event e = {
		.kind = (uint8_t)(1 + rnd(r, CS_NR_KINDS - 1)),
		.time_ns = r->time_ns,
		.chan = rnd(r, NR_ADDRS) * 128,
		.goid = rnd(r, NR_GOIDS),
		.stack = rnd(r, NR_STACKS),
		.aux = rnd(r, NR_GOIDS),
		.pid = 1 + (uint32_t)rnd(r, NR_PIDS),
		.len = random_length(r),
		/* mostly the same, so that channels live for some time */
		.cap = rnd(r, 100) ? 2 : random_length(r),
		.flags = (uint8_t)rnd(r, 256),
		.elem_size = (uint16_t)rnd(r, 9),
		.select_case = (uint16_t)rnd(r, 4),
	};
	bool park = e.kind == CS_PARK_SEND || e.kind == CS_PARK_RECV || e.kind == CS_PARK_SELECT ||
		    e.kind == CS_SELECT_CASE;

	if (rnd(r, 8) || !park)
		e.flags &= (uint8_t)~CS_F_WALKED;
	if (rnd(r, 10))
		e.flags &= (uint8_t) ~(CS_F_NO_CHAN | CS_F_CLOSED);
	if (e.kind == CS_MAKE && !e.chan)
		e.chan = 128;
	if (!rnd(r, 500))
		e.aux = UINT64_MAX;
	/* time may stand still, jump, or be a little behind as between two channels */
	r->time_ns += rnd(r, 3) ? rnd(r, 1000) : 0;
	if (!rnd(r, 200))
		r->time_ns += 1ULL << rnd(r, 40);
	if (!rnd(r, 20) && e.time_ns > 5000)
		e.time_ns -= rnd(r, 5000);
	return e;
}

static void expect(struct run *r, const struct cs_event *e)
{
	bool to_sender = e->kind == CS_RECV_DIRECT || e->kind == CS_SEND_DIRECT;
	bool closed_wake = !(e->flags & CS_F_OK) &&
			   (e->kind == CS_WAKE_RECV || (e->kind == CS_WAKE_SELECT && !(e->flags & CS_F_DIR_SEND)));

	if (e->kind == CS_CLOSE_PANIC || e->kind == CS_SEND_PANIC)
		r->panics++;
	r->selects += e->kind == CS_SELECT_DEFAULT;
	if (!e->chan)
		return;
	if (e->kind == CS_WAKE_SEND && !(e->flags & CS_F_OK))
		r->panics++;
	r->sends += e->kind == CS_SEND_BUFFERED || to_sender;
	r->receives += e->kind == CS_RECV_BUFFERED || to_sender;
	r->failed += e->kind == CS_SEND_FAILED || e->kind == CS_RECV_FAILED;
	r->closed_receives += e->kind == CS_RECV_CLOSED || closed_wake;
}

static void random_step(struct run *r)
{
	uint64_t what = rnd(r, 1000);

	if (what == 0) {
		announce(r->w, 1 + (uint32_t)rnd(r, NR_PIDS + 1), r->time_ns);
	} else if (what == 1) {
		r->f.ops->process_end(r->f.ctx, 1 + (uint32_t)rnd(r, NR_PIDS + 1), r->time_ns,
				      rnd(r, 2) ? PROCESS_EXITED : PROCESS_EXECED);
	} else if (what == 2) {
		uint64_t pcs[3] = { 1, 2, 3 };

		r->f.ops->stack(r->f.ctx, rnd(r, 10), pcs, (uint32_t)rnd(r, 4));
	} else {
		struct cs_event e = random_event(r);

		expect(r, &e);
		r->f.ops->event(r->f.ctx, &e);
	}
}

/* --- what must hold --- */

struct sums {
	uint64_t sends, receives, failed, closed_receives, waiting;
};

static void add(struct sums *s, const struct channel *c)
{
	s->sends += c->sends;
	s->receives += c->receives;
	s->failed += c->sends_failed + c->receives_failed;
	s->closed_receives += c->closed_receives;
	s->waiting += c->senders_waiting + c->receivers_waiting;
}

static bool check_channel(void *ctx, const struct channel *c)
{
	add(ctx, c);
	assert_true(c->addr != 0);
	assert_true(c->generation > 0);
	assert_true(!c->capacity_known || c->length <= c->capacity);
	assert_true(c->length <= c->length_max);
	assert_true(c->saturation >= 0 && c->saturation <= 1);
	assert_true(c->queue.count <= c->receives);
	assert_true(c->send_wait_ns >= c->send_wait_max_ns && c->receive_wait_ns >= c->receive_wait_max_ns);
	assert_true(dist_percentile(&c->queue, 50) <= dist_percentile(&c->queue, 99));
	assert_true(dist_percentile(&c->queue, 100) == c->queue.max_ns);
	assert_true(c->closed || c->ended != CHAN_CLOSED);
	assert_true(c->senders_waiting <= c->senders_waiting_max && c->receivers_waiting <= c->receivers_waiting_max);
	assert_true(chan_of(c)->values.total <= UINT32_MAX);
	assert_true(chan_of(c)->parked[DIR_SEND] >= c->senders_waiting);
	assert_true(chan_of(c)->parked[DIR_RECV] >= c->receivers_waiting);
	return true;
}

static bool check_group(void *ctx, const struct channel_group *g)
{
	add(ctx, &g->sum);
	assert_true(g->nr_channels > 0);
	assert_int_equal(g->sum.addr, 0);
	return true;
}

struct waiters {
	uint64_t nr, places, last_goid[NR_PIDS + 2][NR_GOIDS];
};

static bool check_waiter(void *ctx, const struct waiter *wt)
{
	struct waiters *seen = ctx;

	seen->nr++;
	assert_true(wt->goid != 0);
	assert_int_equal(seen->last_goid[wt->pid][wt->goid]++, 0);
	assert_true(wt->kind == CS_PARK_SELECT || !wt->nr_cases);
	assert_true(wt->nr_cases <= wt->nr_cases_announced);
	seen->places += wt->nr_cases + (wt->chan != NULL);
	for (uint32_t i = 0; i < wt->nr_cases; i++)
		assert_int_equal(wt->cases[i].chan->pid, wt->pid);
	return true;
}

struct op_sums {
	uint64_t still_parked, ops, queued;
};

static bool check_stat(void *ctx, const struct stack_stat *s)
{
	struct op_sums *sum = ctx;

	assert_true(s->blocked <= s->ops);
	assert_true(s->still_parked <= s->blocked);
	sum->still_parked += s->still_parked;
	return true;
}

/* What the flows of a stack and operation must add up to. */
static bool take_off(void *ctx, const struct flow_stat *f)
{
	struct stack_stat *s = ctx;

	assert_true(f->values <= f->ops && f->blocked <= f->ops && f->still_parked <= f->blocked);
	assert_true(!f->chan || f->chan->pid == f->pid);
	if (f->pid != s->pid || f->stack != s->stack || f->op != s->op || f->nil_chan != s->nil_chan)
		return true;
	s->ops -= f->ops;
	s->blocked -= f->blocked;
	s->wait_ns -= f->wait_ns;
	s->still_parked -= f->still_parked;
	s->queue_ns -= f->queue_ns;
	s->queued -= f->queued;
	return true;
}

/* A PID that was given anew has stats of its own: those before and after one are taken together. */
static bool add_twin(void *ctx, const struct stack_stat *s)
{
	struct stack_stat *sum = ctx;

	if (sum->pid != s->pid || sum->stack != s->stack || sum->op != s->op || sum->nil_chan != s->nil_chan)
		return true;
	sum->ops += s->ops;
	sum->blocked += s->blocked;
	sum->wait_ns += s->wait_ns;
	sum->still_parked += s->still_parked;
	sum->queue_ns += s->queue_ns;
	sum->queued += s->queued;
	return true;
}

static bool check_flows(void *ctx, const struct stack_stat *s)
{
	struct stack_stat rest = { .pid = s->pid, .stack = s->stack, .op = s->op, .nil_chan = s->nil_chan };
	const struct world *w = ctx;

	world__stack_stats(w, add_twin, &rest);
	world__flows(w, take_off, &rest);
	assert_true(!rest.ops && !rest.blocked && !rest.wait_ns);
	assert_true(!rest.still_parked && !rest.queue_ns && !rest.queued);
	return true;
}

static bool check_select(void *ctx, const struct select_stat *s)
{
	uint64_t nr_taken = s->default_taken;

	assert_true(s->blocked <= s->count);
	for (size_t i = 0; i < s->nr_cases; i++) {
		nr_taken += s->cases[i].taken;
		assert_int_equal(s->cases[i].chan->pid, s->pid);
		for (size_t j = 0; j < i; j++)
			assert_true(s->cases[i].chan != s->cases[j].chan || s->cases[i].send != s->cases[j].send);
	}
	assert_true(nr_taken <= s->count);
	*(uint64_t *)ctx += s->default_taken;
	return true;
}

static bool check_panic(void *ctx, const struct panic_info *p)
{
	++*(uint64_t *)ctx;
	assert_true(!p->chan || p->chan->pid == p->pid);
	return true;
}

static void check(const struct run *r)
{
	struct sums sums = { 0 };
	struct waiters waiters = { 0 };
	struct op_sums ops = { 0 };
	uint64_t panics = 0, defaults = 0;

	world__channels(r->w, check_channel, &sums);
	world__evicted(r->w, check_group, &sums);
	assert_int_equal(sums.sends, r->sends);
	assert_int_equal(sums.receives, r->receives);
	assert_int_equal(sums.failed, r->failed);
	assert_int_equal(sums.closed_receives, r->closed_receives);
	world__waiters(r->w, check_waiter, &waiters);
	assert_int_equal(sums.waiting, waiters.places);
	world__stack_stats(r->w, check_stat, &ops);
	assert_int_equal(ops.still_parked, waiters.nr);
	world__stack_stats(r->w, check_flows, r->w);
	world__selects(r->w, check_select, &defaults);
	assert_int_equal(defaults, r->selects);
	world__panics(r->w, check_panic, &panics);
	assert_int_equal(panics, r->panics);
	assert_int_equal(totals_of(r->w).losses[CS_LOSS_NO_MEMORY], 0);
}

static void random_totals(struct run *r)
{
	for (int i = 0; i < 20; i++) {
		uint64_t nr[CS_NR_KINDS];

		for (int kind = 0; kind < CS_NR_KINDS; kind++)
			nr[kind] = rnd(r, 3) ? 0 : rnd(r, 5);
		r->f.ops->overflow(r->f.ctx, 1 + (uint32_t)rnd(r, NR_PIDS + 1), rnd(r, NR_ADDRS + 3) * 128, nr);
	}
	r->f.ops->traps(r->f.ctx, 1, 5);
	r->f.ops->end(r->f.ctx, r->time_ns);
}

static void test_random(void **state)
{
	const char *env = getenv("WORLD_SEEDS");
	uint64_t nr_seeds = env ? strtoull(env, NULL, 10) : 200;

	(void)state;
	for (uint64_t seed = 1; seed <= nr_seeds; seed++) {
		struct run r = { .seed = seed * 0x9e3779b97f4a7c15ULL, .time_ns = 10000 };
		struct sums sums = { 0 };

		/* from hardly any channel kept to all of them */
		r.w = new_world_limited(1 + rnd(&r, 40));
		r.f = world__feed(r.w);
		for (int step = 0; step < STEPS; step++) {
			random_step(&r);
			if (step % CHECK_AT == CHECK_AT - 1)
				check(&r);
		}
		random_totals(&r);
		world__channels(r.w, check_channel, &sums);
		world__free(r.w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_random) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
