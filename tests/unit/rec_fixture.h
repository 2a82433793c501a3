/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of recordings share: a feed that notes every call as bytes, by sort of call, a made-up run that makes
 * every call, and files in a folder of their own.
 */
#ifndef CHANSCOPE_TESTS_REC_FIXTURE_H
#define CHANSCOPE_TESTS_REC_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/idset.h"
#include "rec/bytes.h"
#include "rec/facts.h"
#include "rec/reader.h"
#include "rec/writer.h"

/* --- notes of the calls of a feed --- */

enum call {
	ON_START,
	ON_HOST,
	ON_PROCESS,
	ON_PROCESS_END,
	ON_STACK,
	ON_FRAMES,
	ON_TYPE,
	ON_EVENT,
	ON_TOTALS,
	NR_CALLS
};

struct notes {
	struct bytes calls[NR_CALLS];
	uint64_t losses[CS_NR_LOSSES];
	uint64_t nr_events, nr_ends, end_ns;
	struct idset stacks;
	uint64_t nr_early; /* events that name a stack which was not announced before */
	uint64_t stop_at;  /* stop `reader` at this event; 0: never */
	struct rec_reader *reader;
};

static inline void note_start(void *ctx, const struct feed_start *s)
{
	rec_put_start(&((struct notes *)ctx)->calls[ON_START], s);
}

static inline void note_host(void *ctx, const struct feed_host *h)
{
	rec_put_host(&((struct notes *)ctx)->calls[ON_HOST], h);
}

static inline void note_process(void *ctx, const struct feed_process *p)
{
	rec_put_process(&((struct notes *)ctx)->calls[ON_PROCESS], p);
}

static inline void note_process_end(void *ctx, uint32_t pid, uint64_t time_ns, enum process_end why)
{
	struct notes *n = ctx;

	rec_put_process_end(&n->calls[ON_PROCESS_END], pid, time_ns, why);
	bytes__put_u64(&n->calls[ON_PROCESS_END], n->nr_events); /* its place among the events */
}

static inline void note_stack(void *ctx, uint64_t id, const uint64_t *pcs, uint32_t nr)
{
	struct notes *n = ctx;

	idset_add(&n->stacks, id);
	rec_put_stack(&n->calls[ON_STACK], id, pcs, nr);
}

static inline void note_frames(void *ctx, uint32_t pid, uint64_t pc, bool is_return_address, const struct feed_frame *f,
			       uint32_t nr)
{
	const struct rec_pc at = { .pid = pid, .pc = pc, .is_return_address = is_return_address };

	rec_put_frames(&((struct notes *)ctx)->calls[ON_FRAMES], &at, f, nr);
}

static inline void note_type(void *ctx, uint32_t pid, uint64_t va, const char *name)
{
	rec_put_type(&((struct notes *)ctx)->calls[ON_TYPE], pid, va, name);
}

static inline void note_event(void *ctx, const struct cs_event *e)
{
	struct notes *n = ctx;

	if (e->stack && !idset_has(&n->stacks, e->stack))
		n->nr_early++;
	bytes__put(&n->calls[ON_EVENT], e, sizeof(*e));
	if (++n->nr_events == n->stop_at)
		rec_reader__stop(n->reader);
}

static inline void note_overflow(void *ctx, uint32_t pid, uint64_t chan, const uint64_t nr[CS_NR_KINDS])
{
	rec_put_overflow(&((struct notes *)ctx)->calls[ON_TOTALS], pid, chan, nr);
}

static inline void note_traps(void *ctx, uint32_t pid, uint64_t nr)
{
	rec_put_traps(&((struct notes *)ctx)->calls[ON_TOTALS], pid, nr);
}

static inline void note_losses(void *ctx, const uint64_t nr[CS_NR_LOSSES])
{
	memcpy(((struct notes *)ctx)->losses, nr, sizeof(uint64_t) * CS_NR_LOSSES);
}

static inline void note_end(void *ctx, uint64_t mono_ns)
{
	struct notes *n = ctx;

	n->end_ns = mono_ns;
	n->nr_ends++;
}

static const struct feed_ops note_ops = {
	.start = note_start,
	.host = note_host,
	.process = note_process,
	.process_end = note_process_end,
	.stack = note_stack,
	.frames = note_frames,
	.type_name = note_type,
	.event = note_event,
	.overflow = note_overflow,
	.traps = note_traps,
	.losses = note_losses,
	.end = note_end,
};

static inline void notes_free(struct notes *n)
{
	for (int i = 0; i < NR_CALLS; i++)
		bytes__free(&n->calls[i]);
	idset_free(&n->stacks);
}

/* Does b begin with all of a? */
static inline bool is_prefix(const struct bytes *a, const struct bytes *b)
{
	return a->nr <= b->nr && (!a->nr || !memcmp(a->data, b->data, a->nr));
}

static inline void assert_same_notes(const struct notes *a, const struct notes *b)
{
	for (int i = 0; i < NR_CALLS; i++) {
		assert_int_equal(a->calls[i].nr, b->calls[i].nr);
		assert_true(is_prefix(&a->calls[i], &b->calls[i]));
	}
	assert_memory_equal(a->losses, b->losses, sizeof(a->losses));
	assert_int_equal(a->end_ns, b->end_ns);
	assert_int_equal(a->nr_ends, b->nr_ends);
	assert_int_equal(b->nr_early, 0);
}

/* --- a made-up run --- */

struct random {
	uint64_t state;
};

static inline uint64_t random_u64(struct random *r)
{
	r->state ^= r->state << 13;
	r->state ^= r->state >> 7;
	r->state ^= r->state << 17;
	return r->state;
}

/* Numbers of every length, small ones mostly. */
static inline uint64_t random_any(struct random *r)
{
	return random_u64(r) >> (random_u64(r) % 64);
}

/* Both feeds get the same calls; TEE evaluates its arguments twice. */
struct tee {
	struct feed a, b;
};

#define TEE(t, call, ...)                                                        \
	do {                                                                     \
		(t)->a.ops->call((t)->a.ctx __VA_OPT__(, ) __VA_ARGS__);         \
		if ((t)->b.ops)                                                  \
			(t)->b.ops->call((t)->b.ctx __VA_OPT__(, ) __VA_ARGS__); \
	} while (0)

#define NR_STACKS 200

static inline void run_begin(const struct tee *t)
{
	struct feed_start s = { .wall_ns = 1700000000123456789, .mono_ns = 987654321, .mode = CAPTURE_WAIT };
	struct feed_host h = { .tool_version = "0.1.0",
			       .kernel_release = "6.18.0",
			       .machine = "x86_64",
			       .hostname = "host",
			       .boot_id = "b00t",
			       .nr_cpus = 2,
			       .page_sz = 4096,
			       .memory_sz = 1ull << 34 };
	struct cs_layout layout;

	memset(&layout, 7, sizeof(layout));
	layout.g_size = 392;
	TEE(t, start, &s);
	TEE(t, host, &h);
	for (uint32_t pid = 10; pid < 13; pid++) {
		struct feed_process p = { .pid = pid,
					  .started_at_ns = 5,
					  .attached_at_ns = 1ull << 50,
					  .comm = "comm",
					  .exe = "/path/to a/програма",
					  .build_id = "",
					  .go_version = "go1.26.8",
					  .layout_source = "dwarf",
					  .ptr_bias_known = 1,
					  .load_bias = pid == 11 ? 0 : -4096ull,
					  .layout = pid == 12 ? NULL : &layout };

		TEE(t, process, &p);
	}
}

static inline void run_stack(const struct tee *t, struct random *r, uint64_t id)
{
	uint64_t pcs[CS_MAX_STACK_DEPTH];
	uint32_t nr = (uint32_t)(id % (CS_MAX_STACK_DEPTH + 1));

	for (uint32_t i = 0; i < nr; i++)
		pcs[i] = random_any(r);
	TEE(t, stack, id, pcs, nr);
}

/* Plausible ones mostly: what fields predict each other must come out as it went in, and so must what nobody expects.
 */
static inline struct cs_event random_event(struct random *r, uint64_t *time_ns)
{
	uint64_t x = random_u64(r), chan = x % 40, g = x / 40 % 30, wild = x >> 60;
	struct cs_event e = { .kind = (uint8_t)(1 + (x >> 20) % (CS_NR_KINDS - 1)),
			      .time_ns = *time_ns += random_u64(r) % 3000,
			      .chan = chan ? 0xc000000000 + 96 * chan : 0,
			      .goid = g + 1,
			      .stack = 1 + (x >> 30) % NR_STACKS,
			      .aux = 0x4a0000 + 64 * (chan % 5),
			      .pid = (uint32_t)(10 + g % 3),
			      .tid = (uint32_t)(100 + g % 4),
			      .len = (uint32_t)(x >> 40) % 8,
			      .cap = 8,
			      .elem_size = 8,
			      .select_case = CS_NO_CASE,
			      .site = (uint16_t)(x >> 45) % 30 };

	if (wild == 1) {
		e.time_ns = random_any(r);
		e.chan = random_any(r);
		e.goid = random_any(r);
	} else if (wild == 2) {
		e.aux = random_any(r);
		e.tid = (uint32_t)random_any(r);
		e.len = (uint32_t)random_any(r);
		e.cap = (uint32_t)random_any(r);
		e.stack = 0;
		e.flags = (uint8_t)random_u64(r);
	} else if (wild == 3) {
		e.pid = (uint32_t)random_any(r);
		e.site = (uint16_t)random_any(r);
		e.elem_size = (uint16_t)random_any(r);
		e.select_case = (uint16_t)random_any(r);
	}
	return e;
}

static inline void run_end(const struct tee *t, struct random *r)
{
	uint64_t losses[CS_NR_LOSSES], counts[CS_NR_KINDS];

	for (uint32_t i = 0; i < 500; i++) {
		for (int k = 0; k < CS_NR_KINDS; k++)
			counts[k] = random_any(r);
		TEE(t, overflow, 10 + i % 3, 0xc000000000 + i, counts);
	}
	for (uint32_t pid = 10; pid < 13; pid++)
		TEE(t, traps, pid, pid * 1000ull);
	for (int i = 0; i < CS_NR_LOSSES; i++)
		losses[i] = (uint64_t)i * 3;
	TEE(t, losses, losses);
	TEE(t, end, 99999999999);
}

/* Makes every sort of call; the same seed makes the same calls. */
static inline void make_run(const struct tee *t, uint64_t nr_events, uint64_t seed)
{
	struct random r = { .state = seed };
	uint64_t time_ns = 987654321, announced = 0;

	run_begin(t);
	for (uint64_t i = 0; i < nr_events; i++) {
		struct cs_event e = random_event(&r, &time_ns);
		struct feed_frame f[2] = { { "main.f[...]", "/src/main.go", 7, true }, { "main.main", "", 0, false } };

		while (announced < e.stack)
			run_stack(t, &r, ++announced);
		uint64_t pc = random_any(&r);

		if (i % 97 == 0)
			TEE(t, frames, e.pid, pc, i % 2, f, (uint32_t)(i % 3));
		if (i % 101 == 0)
			TEE(t, type_name, e.pid, e.aux, "map[string]chan int");
		if (i && i % 5000 == 0)
			TEE(t, process_end, (uint32_t)(10 + i / 5000), e.time_ns, PROCESS_EXITED);
		TEE(t, event, &e);
	}
	run_end(t, &r);
}

/* --- files --- */

/* Of the test's own folder; the result is valid until the next call. */
static inline const char *rec_path(const char *name)
{
	static char path[256];
	const char *tmp = getenv("TMPDIR");

	snprintf(path, sizeof(path), "%s/chanscope-test-%d-%s", tmp ? tmp : "/tmp", (int)getpid(), name);
	return path;
}

/* Records a run of nr_events and notes its calls. */
static inline void record_run(const char *path, uint64_t nr_events, uint64_t seed, struct notes *n)
{
	static const struct rec_writer_opts none;
	struct rec_writer *w;
	struct diag d = { 0 };
	struct tee t;

	if (rec_writer__new(path, &none, &w, &d))
		fail_msg("%s", d.what);
	t = (struct tee){ .a = rec_writer__feed(w), .b = { .ops = n ? &note_ops : NULL, .ctx = n } };
	make_run(&t, nr_events, seed);
	if (rec_writer__close(w, &d))
		fail_msg("%s", d.what);
	rec_writer__free(w);
}

/* Reads a file; notes and ret are filled also for damaged ones. Returns what open or run returned. */
static inline int read_notes(const char *path, struct notes *n, struct rec_read *ret, struct diag *d)
{
	const struct feed feed = { .ops = &note_ops, .ctx = n };
	struct rec_reader *r;
	int err;

	*ret = (struct rec_read){ 0 };
	err = rec_reader__open(path, &r, d);
	if (err)
		return err;
	n->reader = r;
	err = rec_reader__run(r, &feed, NULL, ret, d);
	rec_reader__free(r);
	return err;
}

static inline uint8_t *load_file(const char *path, size_t *ret_size)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data;
	long size;

	assert_non_null(f);
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	size = ftell(f);
	assert_true(size > 0);
	rewind(f);
	data = malloc((size_t)size);
	assert_non_null(data);
	assert_int_equal(fread(data, 1, (size_t)size, f), (size_t)size);
	fclose(f);
	*ret_size = (size_t)size;
	return data;
}

static inline void store_file(const char *path, const uint8_t *data, size_t size)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
}

#endif
