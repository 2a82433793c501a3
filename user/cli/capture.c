// SPDX-License-Identifier: Apache-2.0
/*
 * Owns a live run: attach, goroutine walk, the loop over the ring, the end. Given targets and a feed; knows
 * nothing of what the feed makes of it.
 */
#include "cli/capture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/idset.h"
#include "base/log.h"
#include "cli/host_facts.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "cli/walked.h"
#include "proc/gwalk.h"
#include "stream/stream.h"

/* Time between two looks at the ring: the ring wakes nobody per record. */
#define POLL_MS 50
/* How long the end waits for records that a preempted probe has reserved and not yet filled. */
#define SETTLE_MS 20

struct capture {
	struct capture_opts opts;
	struct targets *targets;
	const struct feed *feed;
	struct attach *attach;
	struct stream *stream;
	struct progress *progress;
	struct walked walked;
	struct idset stacks; /* announced already */
	uint64_t nr_events;
	uint64_t losses[CS_NR_LOSSES]; /* of user space */
	uint64_t drained_at_ns;	       /* during the walk */
	bool stop;
};

static uint64_t now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void announce_stack(struct capture *c, uint64_t id)
{
	struct cs_stack st;

	if (idset_add(&c->stacks, id) <= 0)
		return;
	if (attach__stack(c->attach, id, &st)) {
		c->losses[CS_LOSS_STACK_UNREAD]++;
		return;
	}
	if (c->feed->ops->stack)
		c->feed->ops->stack(c->feed->ctx, id, (const uint64_t *)st.pc, st.nr);
}

static void deliver(struct capture *c, const struct cs_event *e)
{
	c->nr_events++;
	if (c->feed->ops->event)
		c->feed->ops->event(c->feed->ctx, e);
}

/* From the ring. What the goroutine walk has seen before this moment comes first. */
static void on_event(void *ctx, const struct cs_event *e)
{
	struct capture *c = ctx;
	const struct cs_event *w;

	while ((w = walked_next(&c->walked, e->time_ns)))
		deliver(c, w);
	if (e->stack && !idset_has(&c->stacks, e->stack))
		announce_stack(c, e->stack);
	deliver(c, e);
}

int capture__new(const struct capture_opts *opts, struct targets *targets, const struct feed *feed,
		 struct capture **ret, struct diag *d)
{
	struct capture *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return diag_fail(d, -ENOMEM, "out of memory");
	c->opts = *opts;
	c->targets = targets;
	c->feed = feed;
	err = attach__new(&opts->attach, &c->attach, d);
	for (size_t i = 0; !err && i < targets->nr; i++) {
		const struct target *t = &targets->list[i];

		err = attach__add_target(c->attach, t->proc.pid, t->proc.exe_path, t->binary->plan,
					 &t->binary->bin->layout, d);
	}
	if (err) {
		capture__free(c);
		return err;
	}
	*ret = c;
	return 0;
}

static void feed_start(struct capture *c)
{
	struct feed_start s = { .mono_ns = now_ns(CLOCK_MONOTONIC),
				.wall_ns = now_ns(CLOCK_REALTIME),
				.mode = c->opts.attach.mode };

	if (c->feed->ops->start)
		c->feed->ops->start(c->feed->ctx, &s);
}

static void feed_host(struct capture *c)
{
	struct host_facts facts;

	host_facts_read(&facts);
	if (c->feed->ops->host)
		c->feed->ops->host(c->feed->ctx, &facts.host);
}

static void feed_processes(struct capture *c, uint64_t attached_at_ns)
{
	for (size_t i = 0; i < c->targets->nr; i++) {
		const struct target *t = &c->targets->list[i];
		const struct gobinary *bin = t->binary->bin;
		struct feed_process p = { .pid = (uint32_t)t->proc.pid,
					  .started_at_ns = t->proc.started_at_ns,
					  .attached_at_ns = attached_at_ns,
					  .comm = t->proc.comm,
					  .exe = t->proc.exe,
					  .build_id = image__build_id(bin->image),
					  .go_version = bin->version.text,
					  .layout_source = bin->layout_source,
					  .ptr_bias_known = 1,
					  .load_bias = t->load_bias,
					  .layout = &bin->layout };

		if (c->feed->ops->process)
			c->feed->ops->process(c->feed->ctx, &p);
	}
}

/* A walked goroutine's stack goes straight on; its records wait for their place among the ring's. */
static void walk_stack(void *ctx, uint64_t id, const uint64_t *pcs, uint32_t nr)
{
	struct capture *c = ctx;

	if (idset_add(&c->stacks, id) == 1 && c->feed->ops->stack)
		c->feed->ops->stack(c->feed->ctx, id, pcs, nr);
}

/* The ring goes on filling while we walk: it is read in between, which the order by time allows. */
static void walk_event(void *ctx, const struct cs_event *e)
{
	struct capture *c = ctx;
	uint64_t now = now_ns(CLOCK_MONOTONIC);

	if (walked_add(&c->walked, e))
		c->losses[CS_LOSS_WALK_UNREAD]++;
	if (now - c->drained_at_ns < POLL_MS * 1000000ull / 2)
		return;
	stream__drain(c->stream);
	c->drained_at_ns = now;
}

static void walk_all(struct capture *c)
{
	static const struct feed_ops ops = { .stack = walk_stack, .event = walk_event };
	struct feed feed = { .ops = &ops, .ctx = c };
	uint32_t depth = c->opts.attach.stack_depth ? c->opts.attach.stack_depth : ATTACH_DEFAULT_STACK_DEPTH;

	for (size_t i = 0; i < c->targets->nr; i++) {
		const struct target *t = &c->targets->list[i];
		const struct gwalk_target target = { &t->proc, t->binary->bin, t->load_bias, depth };
		struct gwalk_stats stats = { 0 };
		struct diag d = { 0 };

		if (gwalk(&target, &feed, &stats, &d)) {
			log_warn(CLI, "process %d: goroutines parked before attaching are not shown: %s", t->proc.pid,
				 d.what);
			c->losses[CS_LOSS_WALK_UNREAD]++;
		}
		c->losses[CS_LOSS_WALK_UNREAD] += stats.unread;
		c->losses[CS_LOSS_STACK_TRUNCATED] += stats.stacks_truncated;
		c->losses[CS_LOSS_STACK_UNREAD] += stats.stacks_unread;
		c->losses[CS_LOSS_SELECT_CASES] += stats.select_cases_lost;
		log_info(CLI, "process %d: %llu goroutines, %llu parked on channels", t->proc.pid,
			 (unsigned long long)stats.seen, (unsigned long long)stats.parked);
	}
}

static void on_target_end(void *ctx, struct target *t, bool execed)
{
	struct capture *c = ctx;

	stream__drain(c->stream);
	if (c->feed->ops->process_end)
		c->feed->ops->process_end(c->feed->ctx, (uint32_t)t->proc.pid, now_ns(CLOCK_MONOTONIC),
					  execed ? PROCESS_EXECED : PROCESS_EXITED);
	log_info(CLI, "process %d %s", t->proc.pid, execed ? "runs another program now" : "has exited");
}

static int run_loop(struct capture *c, struct diag *d)
{
	uint64_t started = now_ns(CLOCK_MONOTONIC);
	uint64_t end = c->opts.duration_ns ? started + c->opts.duration_ns : UINT64_MAX;

	while (!c->stop && !signals_stop_asked()) {
		uint64_t now = now_ns(CLOCK_MONOTONIC);
		int n;

		if (now >= end)
			break;
		n = stream__poll(c->stream,
				 end - now < POLL_MS * 1000000ull ? (int)((end - now) / 1000000) + 1 : POLL_MS);
		if (n < 0 && n != -EINTR)
			return diag_fail(d, n, "reading the ring buffer: %s", strerror(-n));
		if (c->feed->ops->pause)
			c->feed->ops->pause(c->feed->ctx);
		progress__show(c->progress, now - started, c->nr_events);
		if (!targets__reap(c->targets, on_target_end, c))
			break;
	}
	return 0;
}

/*
 * The probes stop counting at one moment; what they began before is given time to reach the ring.
 */
static void settle(struct capture *c)
{
	const struct timespec ms = { .tv_nsec = 1000000 };
	const struct cs_event *w;

	attach__activate(c->attach, false);
	for (int i = 0; i < SETTLE_MS; i++) {
		nanosleep(&ms, NULL);
		stream__drain(c->stream);
	}
	while ((w = walked_next(&c->walked, UINT64_MAX)))
		deliver(c, w);
}

static void on_overflow(void *ctx, const struct cs_overflow_key *k, const struct cs_overflow *v)
{
	const struct capture *c = ctx;

	if (c->feed->ops->overflow)
		c->feed->ops->overflow(c->feed->ctx, k->pid, k->chan, (const uint64_t *)v->nr);
}

static int feed_end(struct capture *c, uint64_t end_ns, struct diag *d)
{
	uint64_t losses[CS_NR_LOSSES] = { 0 };
	const struct feed_ops *ops = c->feed->ops;
	int err;

	err = attach__overflow(c->attach, on_overflow, c);
	if (!err)
		err = attach__losses(c->attach, losses);
	if (err)
		return diag_fail(d, err, "reading the loss counters: %s", strerror(-err));
	losses[CS_LOSS_BAD_RECORD] += stream__nr_bad(c->stream);
	for (int i = 0; i < CS_NR_LOSSES; i++)
		losses[i] += c->losses[i];
	for (size_t i = 0; ops->traps && i < c->targets->nr; i++)
		ops->traps(c->feed->ctx, (uint32_t)c->targets->list[i].proc.pid,
			   attach__traps(c->attach, c->targets->list[i].proc.pid));
	if (ops->losses)
		ops->losses(c->feed->ctx, losses);
	if (ops->end)
		ops->end(c->feed->ctx, end_ns);
	return 0;
}

int capture__run(struct capture *c, struct diag *d)
{
	uint64_t end_ns;
	int err;

	err = attach__load(c->attach, d);
	if (!err)
		err = stream__new(attach__ring_fd(c->attach), on_event, c, &c->stream, d);
	if (!err)
		err = attach__attach(c->attach, d);
	if (err)
		return err;
	log_info(CLI, "attached by %s", attach__method(c->attach));
	/* The reader must not starve while the target keeps all CPUs busy; harmless where it is not permitted. */
	setpriority(PRIO_PROCESS, 0, -10);
	feed_start(c);
	feed_host(c);
	feed_processes(c, now_ns(CLOCK_MONOTONIC));
	attach__activate(c->attach, true);
	walk_all(c);
	c->progress = progress__new(c->opts.progress, c->opts.duration_ns);
	err = run_loop(c, d);
	end_ns = now_ns(CLOCK_MONOTONIC);
	settle(c);
	progress__end(c->progress);
	c->progress = NULL;
	return err ? err : feed_end(c, end_ns, d);
}

void capture__stop(struct capture *c)
{
	c->stop = true;
}

static void detach(struct capture *c)
{
	uint64_t before = now_ns(CLOCK_MONOTONIC);

	attach__detach(c->attach);
	log_info(CLI, "probes off after %.1f ms", (double)(now_ns(CLOCK_MONOTONIC) - before) / 1e6);
}

void capture__free(struct capture *c)
{
	if (!c)
		return;
	progress__end(c->progress);
	detach(c);
	stream__free(c->stream);
	attach__free(c->attach);
	walked_free(&c->walked);
	idset_free(&c->stacks);
	free(c);
}
