/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of the output formats share: a symbolizer of their own that knows a handful of program
 * counters (it comes before the real one, which is not linked then), a world to feed, and ways to look at
 * what was written. Include once per test program.
 */
#ifndef CHANSCOPE_TESTS_SINK_FIXTURE_H
#define CHANSCOPE_TESTS_SINK_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "sink/sink.h"

/* --- symbols --- */

/* A name that tries everything at once; tests may point it elsewhere. */
static const char *hostile = "evil.<script>alert('x')</script>]]>\"&;\n\t\x1b[31m\xff\xfe\xe2\x80\xae"
			     "abc";

struct fake_pc {
	uint64_t pc;
	const char *function; /* NULL: hostile */
	const char *file;
	uint32_t line;
	const char *inlined_into; /* function of the frame around it, in the same file on line 7; NULL: none */
};

static const struct fake_pc fake_pcs[] = {
	{ 0x100, "runtime.chansend", "/go/src/runtime/chan.go", 160, NULL },
	{ 0x101, "runtime.chanrecv", "/go/src/runtime/chan.go", 440, NULL },
	{ 0x102, "runtime.selectgo", "/go/src/runtime/select.go", 121, NULL },
	{ 0x103, "runtime.makechan", "/go/src/runtime/chan.go", 70, NULL },
	{ 0x104, "runtime.goexit", "/go/src/runtime/asm_amd64.s", 1594, NULL },
	{ 0x105, "runtime.closechan", "/go/src/runtime/chan.go", 360, NULL },
	{ 0x106, "runtime.ensureSigM.func1", "/go/src/runtime/signal_unix.go", 991, NULL },
	{ 0x200, "main.main", "/src/app/main.go", 20, NULL },
	{ 0x201, "example.com/app/pool.(*Pool).Submit", "/src/app/pool/pool.go", 42, NULL },
	{ 0x202, "example.com/app/pool.(*Pool).worker", "/src/app/pool/pool.go", 77, NULL },
	{ 0x203, "example.com/app/pool.New", "/src/app/pool/pool.go", 15, NULL },
	{ 0x204, "main.merge", "/src/app/merge.go", 31, NULL },
	{ 0x205, "main.stop", "/src/app/main.go", 90, "main.shutdown" },
	{ 0x206, "main.done", "/src/app/main.go", 12, NULL },
	{ 0x300, NULL, "/src/<&\"'>;\n.go", 1, NULL },
};

static inline const struct fake_pc *fake_find(uint64_t pc)
{
	for (size_t i = 0; i < sizeof(fake_pcs) / sizeof(fake_pcs[0]); i++)
		if (fake_pcs[i].pc == pc)
			return &fake_pcs[i];
	return NULL;
}

static uint64_t fake_unknown;

size_t symbolizer__stack(struct symbolizer *s, uint32_t pid, const uint64_t *pcs, size_t nr, struct sym_frame *ret,
			 size_t max)
{
	size_t used = 0;

	(void)s;
	(void)pid;
	for (size_t i = 0; i < nr && used < max; i++) {
		const struct fake_pc *f = fake_find(pcs[i]);

		fake_unknown += !f;
		ret[used++] = (struct sym_frame){
			.function = !f		  ? ""
				    : f->function ? f->function
						  : hostile,
			.file = f ? f->file : "",
			.line = f ? f->line : 0,
			.pc = pcs[i],
			.inlined = f && f->inlined_into,
		};
		if (f && f->inlined_into && used < max)
			ret[used++] = (struct sym_frame){ f->inlined_into, f->file, 7, pcs[i], false };
	}
	return used;
}

bool symbolizer__place(struct symbolizer *s, uint32_t pid, const uint64_t *pcs, size_t nr, struct sym_frame *ret)
{
	struct sym_frame frames[64];
	size_t used = symbolizer__stack(s, pid, pcs, nr, frames, 64);

	for (size_t i = 0; i < used; i++) {
		if (strncmp(frames[i].function, "runtime.", 8) != 0) {
			*ret = frames[i];
			return true;
		}
	}
	if (used)
		*ret = frames[0];
	return used > 0;
}

const char *symbolizer__type(struct symbolizer *s, uint32_t pid, uint64_t va)
{
	(void)s;
	(void)pid;
	switch (va) {
	case 0x10:
		return "int";
	case 0x11:
		return "example.com/app/pool.Job";
	case 0x12:
		return "struct {}";
	case 0x13:
		return hostile;
	default:
		return NULL;
	}
}

uint64_t symbolizer__nr_unknown(const struct symbolizer *s)
{
	(void)s;
	return fake_unknown;
}

/* --- a world --- */

#define MS UINT64_C(1000000)
#define SEC (1000 * MS)
#define T0 (100 * SEC)
#define WALL0 (UINT64_C(1700000000) * SEC) /* 2023-11-14 22:13:20 UTC */
#define THE_PID 1234

/* Stack ids are the program counters that are not in the runtime, innermost first, 12 bits each. */
#define STACK(runtime_pc, a, b) ((uint64_t)(runtime_pc) << 24 | (uint64_t)(a) << 12 | (b))

struct fixture {
	struct world *w;
	struct feed feed;
	struct sink_in in;
	uint64_t losses[CS_NR_LOSSES];
};

static inline void feed_process(struct fixture *f, uint32_t pid, const char *comm)
{
	struct feed_process p = {
		.pid = pid,
		.attached_at_ns = T0,
		.comm = comm,
		.exe = "/usr/bin/app",
		.build_id = "abc/def",
		.go_version = "go1.26.8",
		.layout_source = "dwarf",
	};

	f->feed.ops->process(f->feed.ctx, &p);
}

static inline void fixture_begin_with(struct fixture *f, enum capture_mode mode, const struct world_opts *opts)
{
	struct feed_start start = { .wall_ns = WALL0, .mono_ns = T0, .mode = mode };
	struct world *w = world__new(opts);

	assert_non_null(w);
	*f = (struct fixture){ .w = w, .feed = world__feed(w), .in = { .world = w } };
	setenv("TZ", "UTC", 1);
	tzset();
	fake_unknown = 0;
	f->feed.ops->start(f->feed.ctx, &start);
}

static inline void fixture_begin(struct fixture *f, enum capture_mode mode)
{
	fixture_begin_with(f, mode, NULL);
}

/* With a world that keeps flows. */
static inline void fixture_begin_flows(struct fixture *f)
{
	const struct world_opts opts = { .flows = true };

	fixture_begin_with(f, CAPTURE_ALL, &opts);
}

static inline void fixture_end(struct fixture *f, uint64_t ns)
{
	if (f->feed.ops->losses)
		f->feed.ops->losses(f->feed.ctx, f->losses);
	f->feed.ops->end(f->feed.ctx, T0 + ns);
}

static inline void fixture_free(struct fixture *f)
{
	world__free(f->w);
}

/* An event `ms` after the start. The stack is announced with it; 0 for none. */
static inline void feed_event(struct fixture *f, double ms, uint64_t goid, struct cs_event e)
{
	uint64_t pcs[4];
	uint32_t nr = 0;

	e.time_ns = T0 + (uint64_t)(ms * (double)MS);
	e.goid = goid;
	e.pid = e.pid ? e.pid : THE_PID;
	e.tid = e.pid + 1;
	e.elem_size = 8;
	if (!e.select_case && !(e.flags & CS_F_SELECT))
		e.select_case = CS_NO_CASE;
	for (int shift = 24; shift >= 0 && e.stack; shift -= 12)
		if (e.stack >> shift & 0xfff)
			pcs[nr++] = e.stack >> shift & 0xfff;
	if (nr) {
		pcs[nr++] = 0x104;
		f->feed.ops->stack(f->feed.ctx, e.stack, pcs, nr);
	}
	f->feed.ops->event(f->feed.ctx, &e);
}

/* --- output --- */

struct output {
	char *text;
	size_t len;
	FILE *file;
};

static inline FILE *output_open(struct output *o)
{
	free(o->text);
	*o = (struct output){ 0 };
	o->file = open_memstream(&o->text, &o->len);
	assert_non_null(o->file);
	return o->file;
}

static inline void output_close(struct output *o)
{
	assert_int_equal(fclose(o->file), 0);
	o->file = NULL;
}

/* What a python program, given the output on stdin, says of it by its exit status: not our own code. */
static inline void assert_python(const char *program, const struct output *o)
{
	char command[1024];
	FILE *p;

	snprintf(command, sizeof(command), "python3 -c '%s'", program);
	p = popen(command, "w");
	assert_non_null(p);
	assert_int_equal(fwrite(o->text, 1, o->len, p), o->len);
	assert_int_equal(pclose(p), 0);
}

/* The same as a file of tests/golden, which UPDATE_GOLDEN=1 (environment) writes anew. */
static inline void assert_golden(const char *name, const struct output *o)
{
	char path[256], golden[16384];
	const char *mode = getenv("UPDATE_GOLDEN") ? "w+" : "r";
	auto_file FILE *f = NULL;
	size_t n;

	snprintf(path, sizeof(path), "tests/golden/%s", name);
	f = fopen(path, mode);
	assert_non_null(f);
	if (mode[0] == 'w') {
		assert_int_equal(fwrite(o->text, 1, o->len, f), o->len);
		rewind(f);
	}
	n = fread(golden, 1, sizeof(golden) - 1, f);
	golden[n] = '\0';
	assert_string_equal(o->text, golden);
}

/* No byte that could drive a terminal, and valid UTF-8 throughout. */
#define PYTHON_CLEAN_TEXT                                                                                      \
	"import sys, unicodedata\n"                                                                            \
	"t = sys.stdin.buffer.read().decode(\"utf-8\")\n"                                                      \
	"bad = [c for c in t if c != \"\\n\" and unicodedata.category(c) in (\"Cc\", \"Cf\", \"Cs\", \"Zl\", " \
	"\"Zp\")]\n"                                                                                           \
	"sys.exit(repr(bad) if bad else 0)\n"

#endif
