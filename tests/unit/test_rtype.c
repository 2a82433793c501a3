// SPDX-License-Identifier: Apache-2.0
/* Type descriptors against what the program "frames" prints of its own types by package reflect. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "unit/gosample.h"

#include "gobin/rtype.h"

static struct gobinary *open_sample(struct gosample *s)
{
	struct diag d = { 0 };
	struct gobinary *bin;

	gosample_build(s, "frames");
	if (gobinary__open(s->path, &bin, &d))
		fail_msg("%s", d.what);
	return bin;
}

static uint64_t bias_of(const struct gobinary *bin, uint64_t main_va)
{
	struct go_func f;

	assert_true(pclntab__func_named(bin->pclntab, "main.main", &f));
	return main_va - f.entry;
}

static void test_reflect_agrees(void **state)
{
	struct gobinary *bin = open_sample(*state);
	FILE *truth = gosample_truth(*state, "");
	char line[4096], name[1024], buf[1024];
	uint64_t bias = 0, va, size, truth_size;
	int nr = 0;

	while (fgets(line, sizeof(line), truth)) {
		if (sscanf(line, "main %lx", &va) == 1)
			bias = bias_of(bin, va);
		if (sscanf(line, "type %lx %lu %1023[^\n]", &va, &truth_size, name) != 3)
			continue;
		assert_true(rtype_name(bin, va - bias, buf, sizeof(buf)));
		assert_string_equal(buf, name);
		assert_true(rtype_size(bin, va - bias, &size));
		assert_int_equal(size, truth_size);
		/* a small buffer takes the start of it */
		assert_true(rtype_name(bin, va - bias, buf, 4));
		assert_true(strlen(buf) <= 3 && !strncmp(buf, name, strlen(buf)));
		nr++;
	}
	assert_int_equal(pclose(truth), 0);
	assert_true(nr >= 20);
	gobinary__close(bin);
}

/* Any address whatsoever gives a name or none, and leaves no garbage behind. */
static void test_no_descriptor(void **state)
{
	struct gobinary *bin = open_sample(*state);
	const struct go_moduledata *m = pclntab__moduledata(bin->pclntab);
	const uint64_t outside[] = {
		0, 8, m->types - 8, m->etypes, m->etypes - 8, m->text, UINT64_MAX, UINT64_MAX - 7
	};
	char buf[256];
	uint64_t size;

	for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++) {
		memset(buf, 'x', sizeof(buf));
		assert_false(rtype_name(bin, outside[i], buf, sizeof(buf)));
		assert_int_equal(buf[0], 0);
		assert_false(rtype_size(bin, outside[i], &size));
	}
	for (uint64_t va = m->types; va < m->etypes; va++) {
		bool found = rtype_name(bin, va, buf, sizeof(buf));

		assert_true(strlen(buf) < sizeof(buf));
		assert_int_equal(found, buf[0] != 0);
	}
	assert_false(rtype_name(bin, m->types, buf, 0));
	gobinary__close(bin);
}

int main(void)
{
	static const char *const forms[] = { "plain", "pie-stripped" };
	static struct gosample samples[GOSAMPLE_MAX];
	static struct gosample one = { .toolchain = "debian", .form = "stripped" };
	size_t nr = gosample_list(samples, forms, 2);
	const struct CMUnitTest more[] = {
		{ "no descriptor", test_no_descriptor, NULL, NULL, &one },
	};

	return gosample_run("rtype", samples, nr, test_reflect_agrees, more, 1);
}
