// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the goroutine walk from the table of all goroutines to the decision that one is parked on a channel.
 * Is given a process with its binary; the channels, stacks and events are made by the other gwalk_*.c. The
 * process runs on meanwhile, so everything is read twice, and nothing read is believed unchecked.
 */
#include "proc/gwalk.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "proc/gwalk_internal.h"

#define MAX_GOROUTINES 10000000ULL
#define MAX_TRIES 3
#define STACK_PIECE 2048
/* Steps through queues in which sends and receives of selects mix: rare and short in any sane process. */
#define MAX_QUEUE_STEPS 1000000ULL

/* g.atomicstatus: src/runtime/runtime2.go, the same numbers in Go 1.17 to 1.27; the last two since 1.26 */
enum { G_IDLE = 0, G_WAITING = 4, G_DEAD = 6, G_LEAKED = 10, G_DEAD_EXTRA = 11, G_SCAN_BIT = 0x1000 };

uint64_t gw_field(const struct memory_read *read, uint16_t off, size_t n)
{
	struct cursor c = cursor_over(read->buf, read->size);

	if (off == CS_NO_FIELD)
		return 0;
	cursor_seek(&c, off);
	switch (n) {
	case 1:
		return cursor_u8(&c);
	case 2:
		return cursor_u16(&c);
	case 4:
		return cursor_u32(&c);
	default:
		return cursor_u64(&c);
	}
}

void gw_read_later(struct gw_batch *b, size_t i, uint64_t addr, size_t size, uint32_t owner)
{
	b->reads[i] = (struct memory_read){ .addr = addr, .buf = b->bytes + i * b->piece_sz, .size = size };
	b->owners[i] = owner;
}

static uint64_t monotonic_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

static struct gw_state parse_state(const struct memory_read *r, const struct cs_layout *l)
{
	struct gw_state s;

	s.goid = gw_field(r, l->g_goid, 8);
	s.waiting = gw_field(r, l->g_waiting, 8);
	s.sp = gw_field(r, l->g_sched_sp, 8);
	s.pc = gw_field(r, l->g_sched_pc, 8);
	s.bp = gw_field(r, l->g_sched_bp, 8);
	s.stack_lo = gw_field(r, l->g_stack_lo, 8);
	s.stack_hi = gw_field(r, l->g_stack_hi, 8);
	s.status = (uint32_t)gw_field(r, l->g_status, 4) & ~(uint32_t)G_SCAN_BIT;
	s.waitreason = (uint32_t)gw_field(r, l->g_waitreason, 1);
	return s;
}

/* What a g is, going by one look at it. */
static enum gw_outcome classify(const struct gw_context *ctx, struct gw_goroutine *g)
{
	uint32_t status = g->state.status;

	if (status == G_IDLE || status == G_DEAD || status == G_DEAD_EXTRA)
		return GW_NOT_ALIVE;
	if (status != G_WAITING && status != G_LEAKED)
		return GW_NOT_PARKED;
	/* The reason stays behind when a goroutine goes on, but then its status is another. */
	g->wait = go_wait_of(ctx->version, (uint8_t)g->state.waitreason);
	if (g->wait == GO_WAIT_OTHER)
		return GW_NOT_PARKED;
	return g->state.goid ? GW_PARKED : GW_CHANGED;
}

static int read_goroutines(struct gw_batch *b)
{
	const struct cs_layout *l = b->ctx->layout;
	int err;

	for (size_t i = 0; i < b->nr; i++)
		gw_read_later(b, i, b->g[i].va, l->g_size, (uint32_t)i);
	err = process_read_many(b->ctx->process->pid, b->reads, b->nr);
	if (err)
		return err;
	for (size_t i = 0; i < b->nr; i++) {
		struct gw_goroutine *g = &b->g[i];

		g->outcome = GW_CHANGED;
		if (!b->reads[i].ok)
			continue;
		g->state = parse_state(&b->reads[i], l);
		g->outcome = classify(b->ctx, g);
	}
	return 0;
}

/* The second look: whoever changed since the first has to be read again. */
static int check_unchanged(struct gw_batch *b)
{
	const struct cs_layout *l = b->ctx->layout;
	size_t n = 0;
	int err;

	for (size_t i = 0; i < b->nr; i++)
		if (b->g[i].outcome == GW_PARKED)
			gw_read_later(b, n++, b->g[i].va, l->g_size, (uint32_t)i);
	err = process_read_many(b->ctx->process->pid, b->reads, n);
	if (err)
		return err;
	for (size_t i = 0; i < n; i++) {
		struct gw_goroutine *g = &b->g[b->owners[i]];
		struct gw_state now = { 0 };

		if (b->reads[i].ok)
			now = parse_state(&b->reads[i], l);
		if (!b->reads[i].ok || memcmp(&now, &g->state, sizeof(now)) != 0)
			g->outcome = GW_CHANGED;
	}
	return 0;
}

/* Reads the goroutines at va[0..*nr) and reports them; leaves in va those that have to be tried again. */
static int walk_batch(struct gw_batch *b, uint64_t *va, size_t *nr)
{
	size_t again = 0;
	int err;

	b->nr = *nr;
	b->nr_cases = 0;
	for (size_t i = 0; i < b->nr; i++) {
		b->g[i].va = va[i];
		b->g[i].first_case = b->g[i].last_case = GW_NO_CASE;
		b->g[i].nr_cases = b->g[i].nr_pcs = 0;
		b->g[i].stack_cut = b->g[i].stack_broken = false;
	}
	err = read_goroutines(b);
	b->read_at_ns = monotonic_ns();
	if (!err)
		err = gw_read_cases(b);
	if (!err)
		err = gw_read_stacks(b);
	if (!err)
		err = check_unchanged(b);
	if (err)
		return err;
	for (size_t i = 0; i < b->nr; i++) {
		if (b->g[i].outcome == GW_CHANGED)
			va[again++] = b->g[i].va;
		else
			b->ctx->stats->seen += b->g[i].outcome != GW_NOT_ALIVE;
		if (b->g[i].outcome == GW_PARKED)
			gw_emit(b, &b->g[i]);
	}
	*nr = again;
	return 0;
}

static int walk_with_retries(struct gw_batch *b, uint64_t *va, size_t nr)
{
	for (int try = 0; nr && try < MAX_TRIES; try++) {
		int err = walk_batch(b, va, &nr);

		if (err)
			return err;
	}
	b->ctx->stats->seen += nr;
	b->ctx->stats->unread += nr;
	return 0;
}

/* The table of all goroutines: address of an array of *g and its length. */
struct g_table {
	uint64_t ptr, len;
	uint64_t va_ptr; /* where ptr is */
};

/* In the order of the runtime's atomicAllG (src/runtime/proc.go): the length first, then the array that has at least
 * as many. */
static int read_table(pid_t pid, const struct gobinary *bin, uint64_t bias, struct g_table *ret)
{
	int err = process_read_memory(pid, bin->va_allglen + bias, &ret->len, sizeof(ret->len));

	ret->va_ptr = bin->va_allgptr + bias;
	return err ? err : process_read_memory(pid, ret->va_ptr, &ret->ptr, sizeof(ret->ptr));
}

/* n pointers of the table from index at. When the table was moved meanwhile, the old one may be something else by now.
 */
static int read_pointers(pid_t pid, struct g_table *t, uint64_t at, uint64_t *va, size_t n)
{
	for (int try = 0; try < MAX_TRIES; try++) {
		int err = process_read_memory(pid, t->ptr + at * 8, va, n * 8);
		uint64_t ptr_now;
		int err_now = process_read_memory(pid, t->va_ptr, &ptr_now, sizeof(ptr_now));

		if (err_now)
			return err_now;
		if (ptr_now == t->ptr)
			return err;
		t->ptr = ptr_now;
	}
	return -EAGAIN;
}

static int walk_table(struct gw_batch *b, struct g_table *t)
{
	uint64_t va[GW_BATCH];

	for (uint64_t at = 0; at < t->len; at += GW_BATCH) {
		size_t n = t->len - at < GW_BATCH ? (size_t)(t->len - at) : GW_BATCH;
		int err = read_pointers(b->ctx->process->pid, t, at, va, n);

		if (err == -EFAULT || err == -EAGAIN) {
			b->ctx->stats->unread += n;
			continue;
		}
		if (!err)
			err = walk_with_retries(b, va, n);
		if (err)
			return err;
	}
	return 0;
}

static uint16_t max_u16(uint16_t a, uint16_t b)
{
	return a > b ? a : b;
}

static size_t sudog_bytes(const struct cs_layout *l)
{
	return (size_t)max_u16(max_u16(l->sudog_g, l->sudog_c), max_u16(l->sudog_waitlink, 16)) + 8;
}

static size_t hchan_bytes(const struct cs_layout *l)
{
	uint16_t top =
		max_u16(max_u16(l->hchan_qcount, l->hchan_dataqsiz), max_u16(l->hchan_elemsize, l->hchan_closed));

	top = max_u16(top, max_u16(l->hchan_sendq, l->hchan_recvq));
	if (l->hchan_timer != CS_NO_FIELD)
		top = max_u16(top, l->hchan_timer);
	return (size_t)max_u16(top, l->hchan_elemtype) + 8;
}

static int new_batch(struct gw_context *ctx, struct gw_batch **ret)
{
	struct gw_batch *b = calloc(1, sizeof(*b));
	size_t piece = STACK_PIECE;

	if (!b)
		return -ENOMEM;
	ctx->sudog_size = sudog_bytes(ctx->layout);
	ctx->hchan_size = hchan_bytes(ctx->layout);
	if (piece < ctx->sudog_size)
		piece = ctx->sudog_size;
	if (piece < ctx->hchan_size)
		piece = ctx->hchan_size;
	if (piece < ctx->layout->g_size)
		piece = ctx->layout->g_size;
	b->ctx = ctx;
	b->piece_sz = piece;
	b->bytes = malloc(GW_BATCH * piece);
	*ret = b;
	return b->bytes ? 0 : -ENOMEM;
}

static void free_batch(struct gw_batch **b)
{
	if (!*b)
		return;
	free((*b)->cases);
	free((*b)->bytes);
	free(*b);
}

static int fail_walk(const struct process *p, int err, struct diag *d)
{
	if (err == -EPERM || err == -EACCES) {
		diag_fail_status(d, EXIT_MACHINE, -EPERM, "process %d (%s): not permitted to read its memory", p->pid,
				 p->comm);
		diag_hint(d, "run as root, or with CAP_SYS_PTRACE");
		return -EPERM;
	}
	if (err == -ESRCH)
		return diag_fail(d, err, "process %d (%s): ended while its goroutines were read", p->pid, p->comm);
	return diag_fail(d, err, "process %d (%s): its table of goroutines cannot be read: %s", p->pid, p->comm,
			 strerror(-err));
}

int gwalk(const struct gwalk_target *t, const struct feed *feed, struct gwalk_stats *ret, struct diag *d)
{
	const struct process *p = t->process;
	const struct gobinary *bin = t->bin;
	auto_cleanup(free_batch) struct gw_batch *b = NULL;
	auto_free struct gw_context *ctx = calloc(1, sizeof(*ctx));
	struct gwalk_stats stats = { 0 };
	struct g_table table = { 0 };
	int err;

	if (!bin->va_allglen || !bin->va_allgptr)
		return diag_fail(d, -ENOENT, "process %d (%s): the table of goroutines is not found in its binary",
				 p->pid, p->comm);
	if (!ctx)
		return diag_fail(d, -ENOMEM, "process %d (%s): no memory for the goroutine walk", p->pid, p->comm);
	*ctx = (struct gw_context){ .process = p,
				    .layout = &bin->layout,
				    .version = &bin->version,
				    .feed = feed,
				    .stats = &stats,
				    .queue_steps_left = MAX_QUEUE_STEPS };
	ctx->stack_depth = t->stack_depth < CS_MAX_STACK_DEPTH ? t->stack_depth : CS_MAX_STACK_DEPTH;
	err = read_table(p->pid, bin, t->load_bias, &table);
	if (err)
		return fail_walk(p, err, d);
	if (table.len > MAX_GOROUTINES)
		return diag_fail(d, -E2BIG,
				 "process %d (%s): claims %" PRIu64 " goroutines, more than %llu are not read", p->pid,
				 p->comm, table.len, MAX_GOROUTINES);
	err = new_batch(ctx, &b);
	if (!err)
		err = walk_table(b, &table);
	*ret = stats;
	if (err)
		return fail_walk(p, err, d);
	log_info(PROC, "process %d: %" PRIu64 " goroutines, %" PRIu64 " parked on channels, %" PRIu64 " not readable",
		 p->pid, stats.seen, stats.parked, stats.unread);
	return 0;
}
