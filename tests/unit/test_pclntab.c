// SPDX-License-Identifier: Apache-2.0
/*
 * The function table against what the Go runtime says of the same program: the program "frames" prints its own stacks
 * (inlined calls, generics, closures, wrappers), and function, file and line at thousands of pcs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "unit/gosample.h"

#include "gobin/gobinary.h"

#define MAX_FRAMES 64

struct truth_frame {
	char function[1024];
	uint32_t line;
	char file[1024];
};

struct truth_stack {
	char name[64];
	uint64_t pcs[MAX_FRAMES];
	size_t nr_pcs;
	struct truth_frame frames[MAX_FRAMES];
	size_t nr_frames;
};

/* The frames at pcs[i], a return address, must be those of the truth from *pos on; hidden ones don't count. */
static void check_pc(const struct gobinary *bin, uint64_t va, const struct truth_stack *s, size_t *pos)
{
	struct go_frame f[GO_MAX_INLINE_DEPTH + 1];
	size_t n = pclntab__frames(bin->pclntab, va - 1, f, GO_MAX_INLINE_DEPTH + 1);

	assert_true(n > 0);
	assert_false(f[n - 1].inlined);
	for (size_t i = 0; i < n; i++) {
		if (f[i].wrapper)
			continue;
		assert_true(*pos < s->nr_frames);
		assert_string_equal(f[i].function, s->frames[*pos].function);
		assert_string_equal(f[i].file, s->frames[*pos].file);
		assert_int_equal(f[i].line, s->frames[*pos].line);
		(*pos)++;
	}
}

/*
 * Callers gives one pc per source frame, made up for those that others are inlined into: the pc of the
 * innermost one is real and stands for all of them.
 */
static void check_stack(const struct gobinary *bin, uint64_t bias, const struct truth_stack *s)
{
	size_t pos = 0;

	assert_int_equal(s->nr_pcs, s->nr_frames);
	while (pos < s->nr_frames)
		check_pc(bin, s->pcs[pos] - bias, s, &pos);
}

static void check_place(const struct gobinary *bin, uint64_t bias, const char *text)
{
	struct go_frame f[GO_MAX_INLINE_DEPTH + 1];
	struct truth_frame truth;
	uint64_t pc;

	assert_int_equal(sscanf(text, "at %lx %u %1023[^\t]\t%1023[^\n]", &pc, &truth.line, truth.function, truth.file),
			 4);
	assert_true(pclntab__frames(bin->pclntab, pc - bias, f, GO_MAX_INLINE_DEPTH + 1) > 0);
	if (strcmp(truth.function, "?") != 0) /* the runtime has no name for the function whose name comes first */
		assert_string_equal(f[0].function, truth.function);
	if (!strcmp(truth.file, "?"))
		truth.file[0] = 0;
	assert_string_equal(f[0].file, truth.file);
	assert_int_equal(f[0].line, truth.line);
}

static void parse_stack_line(struct truth_stack *s, const char *line)
{
	struct truth_frame *f = &s->frames[s->nr_frames];

	if (sscanf(line, "stack %63[^\n]", s->name) == 1) {
		s->nr_pcs = s->nr_frames = 0;
	} else if (sscanf(line, "pc %lx", &s->pcs[s->nr_pcs]) == 1) {
		assert_true(++s->nr_pcs < MAX_FRAMES);
	} else if (sscanf(line, "frame %u %1023[^\t]\t%1023[^\n]", &f->line, f->function, f->file) == 3) {
		assert_true(++s->nr_frames < MAX_FRAMES);
	}
}

static void test_runtime_agrees(void **state)
{
	struct truth_stack s = { 0 };
	struct gobinary *bin;
	struct diag d = { 0 };
	size_t nr_places = 0, nr_stacks = 0;
	struct go_func f;
	uint64_t bias = 0;
	char line[4096];
	FILE *truth;

	gosample_build(*state, "frames");
	if (gobinary__open(((struct gosample *)*state)->path, &bin, &d))
		fail_msg("%s", d.what);
	truth = gosample_truth(*state, "all");
	while (fgets(line, sizeof(line), truth)) {
		if (sscanf(line, "main %lx", &bias) == 1) {
			assert_true(pclntab__func_named(bin->pclntab, "main.main", &f));
			bias -= f.entry;
		} else if (!strncmp(line, "at ", 3)) {
			check_place(bin, bias, line);
			nr_places++;
		} else if (!strcmp(line, "end\n")) {
			check_stack(bin, bias, &s);
			nr_stacks++;
		} else {
			parse_stack_line(&s, line);
		}
	}
	assert_int_equal(pclose(truth), 0);
	assert_true(nr_stacks >= 15);
	assert_true(nr_places >= 1000);
	gobinary__close(bin);
}

static struct gobinary *open_sample(struct gosample *s)
{
	struct diag d = { 0 };
	struct gobinary *bin;

	gosample_build(s, "frames");
	if (gobinary__open(s->path, &bin, &d))
		fail_msg("%s", d.what);
	return bin;
}

/* Every function is found again by its entry, by its last byte and by its name. */
static void test_look_ups_agree(void **state)
{
	struct gobinary *bin = open_sample(*state);
	const struct pclntab *t = bin->pclntab;
	size_t nr_other = 0;

	assert_true(pclntab__nr_funcs(t) > 1000);
	for (size_t i = 0; i < pclntab__nr_funcs(t); i++) {
		struct go_func f, g;

		assert_true(pclntab__func(t, i, &f));
		assert_true(f.end > f.entry);
		assert_true(pclntab__func_at(t, f.entry, &g));
		assert_int_equal(g.index, i);
		assert_true(pclntab__func_at(t, f.end - 1, &g));
		assert_int_equal(g.index, i);
		assert_true(pclntab__func_named(t, f.name, &g));
		assert_string_equal(g.name, f.name);
		if (g.index == f.index)
			continue;
		nr_other++;
		/* of two with one name the found one is no wrapper, or both are */
		assert_true(!g.wrapper || f.wrapper);
	}
	assert_true(nr_other > 0);
	assert_true(nr_other < pclntab__nr_funcs(t) / 10);
	gobinary__close(bin);
}

static void test_what_is_not_there(void **state)
{
	struct gobinary *bin = open_sample(*state);
	const struct pclntab *t = bin->pclntab;
	struct go_frame frame;
	struct go_func first, f;

	assert_true(pclntab__func(t, 0, &first));
	assert_false(pclntab__func(t, pclntab__nr_funcs(t), &f));
	assert_false(pclntab__func(t, SIZE_MAX, &f));
	assert_false(pclntab__func_at(t, first.entry - 1, &f));
	assert_false(pclntab__func_at(t, 0, &f));
	assert_false(pclntab__func_at(t, UINT64_MAX, &f));
	assert_false(pclntab__func_named(t, "runtime.noSuchFunction", &f));
	assert_false(pclntab__func_named(t, "", &f));
	assert_int_equal(pclntab__frames(t, 0, &frame, 1), 0);
	assert_int_equal(pclntab__frames(t, first.entry, &frame, 0), 0);
	gobinary__close(bin);
}

static void test_no_go_program(void **state)
{
	struct image *img;
	struct pclntab *t;
	struct diag d = { 0 };

	(void)state;
	assert_int_equal(image__open("/bin/sh", &img, &d), 0);
	assert_true(pclntab__open(img, &t, &d) < 0);
	assert_non_null(strstr(d.what, "is not a Go program: it has no .gopclntab"));
	image__free(img);
}

int main(void)
{
	static const char *const forms[] = { "plain", "stripped", "pie", "pie-stripped" };
	static struct gosample samples[GOSAMPLE_MAX];
	static struct gosample one = { .toolchain = "debian", .form = "stripped" };
	size_t nr = gosample_list(samples, forms, 4);
	const struct CMUnitTest more[] = {
		{ "look-ups agree", test_look_ups_agree, NULL, NULL, &one },
		{ "what is not there", test_what_is_not_there, NULL, NULL, &one },
		cmocka_unit_test(test_no_go_program),
	};

	return gosample_run("pclntab", samples, nr, test_runtime_agrees, more, 3);
}
