// SPDX-License-Identifier: Apache-2.0
/* Stacks, places and types of processes, against what the program "frames" prints of itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "unit/gosample.h"

#include "gobin/gobinary.h"
#include "sym/pcmap.h"
#include "sym/symbolizer.h"

#define MAX_FRAMES 64

/* One stack as the program told it, the pcs that Callers made up for inlined frames left out. */
struct told {
	char name[64];
	uint64_t pcs[MAX_FRAMES];
	struct {
		char function[1024];
		unsigned int line;
	} frames[MAX_FRAMES];
	size_t nr_pcs, nr_frames;
};

struct fixture {
	struct gobinary *bin;
	struct symbolizer *s;
	uint64_t bias;
	FILE *truth;
};

static void set_up(struct fixture *f, struct gosample *sample)
{
	struct diag d = { 0 };
	struct go_func main_func;
	char line[4096];
	uint64_t main_va;

	gosample_build(sample, "frames");
	if (gobinary__open(sample->path, &f->bin, &d))
		fail_msg("%s", d.what);
	f->s = symbolizer__new();
	assert_non_null(f->s);
	f->truth = gosample_truth(sample, "");
	while (fgets(line, sizeof(line), f->truth) && sscanf(line, "main %lx", &main_va) != 1)
		;
	assert_true(pclntab__func_named(f->bin->pclntab, "main.main", &main_func));
	f->bias = main_va - main_func.entry;
	assert_int_equal(symbolizer__add(f->s, 7, f->bin, f->bias), 0);
}

static void tear_down(struct fixture *f)
{
	pclose(f->truth);
	symbolizer__free(f->s);
	gobinary__close(f->bin);
}

/* The next stack of the program, or false. */
static bool next_stack(struct fixture *f, struct told *t)
{
	char line[4096];

	memset(t, 0, sizeof(*t));
	while (fgets(line, sizeof(line), f->truth)) {
		if (sscanf(line, "stack %63[^\n]", t->name) == 1)
			continue;
		if (!strcmp(line, "end\n"))
			return true;
		if (sscanf(line, "pc %lx", &t->pcs[t->nr_pcs]) == 1)
			t->nr_pcs++;
		else if (sscanf(line, "frame %u %1023[^\t]", &t->frames[t->nr_frames].line,
				t->frames[t->nr_frames].function) == 2)
			t->nr_frames++;
		assert_true(t->nr_pcs < MAX_FRAMES && t->nr_frames < MAX_FRAMES);
	}
	return false;
}

/* Keeps the pcs that a stack walk would give: of a frame and those it is inlined into only the innermost one's. */
static void keep_real_pcs(struct fixture *f, struct told *t)
{
	size_t kept = 0;

	for (size_t i = 0; i < t->nr_pcs;) {
		struct go_frame frames[MAX_FRAMES];
		size_t n = pclntab__frames(f->bin->pclntab, t->pcs[i] - f->bias - 1, frames, MAX_FRAMES), shown = 0;

		for (size_t k = 0; k < n; k++)
			shown += !frames[k].wrapper;
		t->pcs[kept++] = t->pcs[i];
		assert_true(shown > 0);
		i += shown;
	}
	t->nr_pcs = kept;
	t->pcs[0]--; /* the first one of a stack is exact */
}

static void check_stack(struct fixture *f, const struct told *t)
{
	struct sym_frame frames[MAX_FRAMES], place;
	size_t n = symbolizer__stack(f->s, 7, t->pcs, t->nr_pcs, frames, MAX_FRAMES), first = 0;

	assert_int_equal(n, t->nr_frames);
	for (size_t i = 0; i < n; i++) {
		assert_string_equal(frames[i].function, t->frames[i].function);
		assert_int_equal(frames[i].line, t->frames[i].line);
	}
	assert_int_equal(frames[0].pc, t->pcs[0]);
	assert_int_equal(frames[n - 1].pc, t->pcs[t->nr_pcs - 1]);
	/* the place is the first frame that is not of package runtime */
	while (first < n && !strncmp(frames[first].function, "runtime.", 8))
		first++;
	assert_true(symbolizer__place(f->s, 7, t->pcs, t->nr_pcs, &place));
	assert_string_equal(place.function, "main.report");
	assert_string_equal(place.function, frames[first].function);
	assert_int_equal(place.line, frames[first].line);
	/* cut to fewer frames: the innermost ones stay */
	assert_int_equal(symbolizer__stack(f->s, 7, t->pcs, t->nr_pcs, &place, 1), 1);
	assert_string_equal(place.function, t->frames[0].function);
}

static void test_stacks(void **state)
{
	struct fixture f;
	struct told t;
	int nr = 0;

	set_up(&f, *state);
	while (next_stack(&f, &t)) {
		keep_real_pcs(&f, &t);
		check_stack(&f, &t);
		check_stack(&f, &t); /* from the cache */
		nr++;
	}
	assert_true(nr >= 15);
	assert_int_equal(symbolizer__nr_unknown(f.s), 0);
	tear_down(&f);
}

static void test_types(void **state)
{
	char line[4096], name[1024];
	struct fixture f;
	uint64_t va;
	int nr = 0;

	set_up(&f, *state);
	while (fgets(line, sizeof(line), f.truth)) {
		const char *found;

		if (sscanf(line, "type %lx %*u %1023[^\n]", &va, name) != 2)
			continue;
		found = symbolizer__type(f.s, 7, va);
		assert_non_null(found);
		assert_string_equal(found, name);
		assert_ptr_equal(symbolizer__type(f.s, 7, va), found);
		assert_null(symbolizer__type(f.s, 8, va));
		nr++;
	}
	assert_true(nr > 0);
	assert_null(symbolizer__type(f.s, 7, 0));
	assert_null(symbolizer__type(f.s, 7, UINT64_MAX));
	tear_down(&f);
}

static void test_unknown(void **state)
{
	const uint64_t garbage[] = { 1, UINT64_MAX, 0 };
	struct sym_frame frames[8];
	struct fixture f;
	struct told t;

	set_up(&f, *state);
	assert_true(next_stack(&f, &t));
	/* a process that nobody told of */
	assert_int_equal(symbolizer__stack(f.s, 8, t.pcs, 2, frames, 8), 2);
	assert_string_equal(frames[0].function, "");
	assert_string_equal(frames[0].file, "");
	assert_int_equal(frames[1].pc, t.pcs[1]);
	assert_int_equal(symbolizer__nr_unknown(f.s), 2);
	/* addresses without code */
	assert_int_equal(symbolizer__stack(f.s, 7, garbage, 3, frames, 8), 3);
	assert_int_equal(symbolizer__nr_unknown(f.s), 5);
	assert_true(symbolizer__place(f.s, 7, garbage, 3, frames));
	assert_string_equal(frames[0].function, "");
	assert_int_equal(frames[0].pc, garbage[0]);
	/* nothing at all */
	assert_int_equal(symbolizer__stack(f.s, 7, garbage, 0, frames, 8), 0);
	assert_int_equal(symbolizer__stack(f.s, 7, t.pcs, 2, frames, 0), 0);
	assert_false(symbolizer__place(f.s, 7, garbage, 0, frames));
	tear_down(&f);
}

/* A pid told of again has the new load bias. */
static void test_replaced(void **state)
{
	struct sym_frame before, after;
	struct fixture f;
	struct told t;

	set_up(&f, *state);
	assert_true(next_stack(&f, &t));
	assert_int_equal(symbolizer__stack(f.s, 7, t.pcs, 1, &before, 1), 1);
	assert_int_equal(symbolizer__add(f.s, 7, f.bin, f.bias + 0x10000000), 0);
	t.pcs[0] += 0x10000000;
	assert_int_equal(symbolizer__stack(f.s, 7, t.pcs, 1, &after, 1), 1);
	assert_string_equal(after.function, before.function);
	assert_int_equal(after.pc, before.pc + 0x10000000);
	assert_int_equal(symbolizer__nr_unknown(f.s), 0);
	tear_down(&f);
}

static void test_pcmap(void **state)
{
	struct pcmap m = { 0 };
	static char values[5000];

	(void)state;
	assert_null(pcmap__find(&m, 0));
	for (uint64_t i = 0; i < sizeof(values); i++) {
		assert_null(pcmap__find(&m, i << 32));
		assert_true(pcmap__add(&m, i << 32, &values[i]));
	}
	for (uint64_t i = 0; i < sizeof(values); i++)
		assert_ptr_equal(pcmap__find(&m, i << 32), &values[i]);
	assert_null(pcmap__find(&m, 1));
	pcmap__clear(&m, NULL);
	assert_null(pcmap__find(&m, 0));
}

int main(void)
{
	static const char *const forms[] = { "plain", "pie-stripped" };
	static struct gosample samples[GOSAMPLE_MAX];
	static struct gosample one = { .toolchain = "debian", .form = "pie" };
	size_t nr = gosample_list(samples, forms, 2);
	const struct CMUnitTest more[] = {
		{ "types", test_types, NULL, NULL, &one },
		{ "unknown", test_unknown, NULL, NULL, &one },
		{ "replaced", test_replaced, NULL, NULL, &one },
		cmocka_unit_test(test_pcmap),
	};

	return gosample_run("symbolizer", samples, nr, test_stacks, more, 4);
}
