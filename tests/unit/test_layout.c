// SPDX-License-Identifier: Apache-2.0
/*
 * The table of layouts against the DWARF of real programs, and the wait reasons. Further binaries with DWARF to compare
 * with can be named in CHANSCOPE_TEST_BINARIES, separated by colons.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>

#include "unit/gosample.h"

#include "gobin/layout.h"
#include "gobin/version.h"

/* Field by field, so that a failure tells which one. */
static void compare(const struct cs_layout *table, const struct cs_layout *dwarf)
{
	uint16_t a[sizeof(*table) / 2], b[sizeof(*dwarf) / 2];

	memcpy(a, table, sizeof(a));
	memcpy(b, dwarf, sizeof(b));
	for (size_t i = 0; i < sizeof(a) / sizeof(a[0]); i++)
		if (a[i] != b[i])
			fail_msg("field at byte %zu of struct cs_layout: table says %u, DWARF %u", 2 * i, a[i], b[i]);
}

static void check_binary(const char *path)
{
	struct cs_layout table, dwarf;
	struct diag d = { 0 };
	struct gobinary *bin;

	if (gobinary__open(path, &bin, &d))
		fail_msg("%s", d.what);
	assert_string_equal(bin->layout_source, "table");
	assert_true(layout_from_table(&bin->version, &table));
	assert_memory_equal(&table, &bin->layout, sizeof(table));
	if (layout_from_dwarf(bin->image, &dwarf, &d))
		fail_msg("%s", d.what);
	compare(&table, &dwarf);
	/* reading DWARF must not have changed what the image says */
	assert_non_null(image__section(bin->image, ".text"));
	assert_int_equal(layout_from_dwarf(bin->image, &dwarf, NULL), 0);
	gobinary__close(bin);
}

static void test_dwarf_agrees(void **state)
{
	struct gosample *s = *state;

	gosample_build(s, "frames");
	check_binary(s->path);
}

static void test_named_binaries(void **state)
{
	const char *list = getenv("CHANSCOPE_TEST_BINARIES");
	char all[8192], *save = NULL;

	(void)state;
	if (!list || !*list) {
		print_message("skip: CHANSCOPE_TEST_BINARIES names none\n");
		skip();
	}
	snprintf(all, sizeof(all), "%s", list);
	for (char *path = strtok_r(all, ":", &save); path; path = strtok_r(NULL, ":", &save))
		check_binary(path);
}

static void test_no_dwarf(void **state)
{
	struct gosample *s = *state;
	struct cs_layout l;
	struct image *img;
	struct diag d = { 0 };

	gosample_build(s, "frames");
	assert_int_equal(image__open(s->path, &img, &d), 0);
	assert_int_equal(layout_from_dwarf(img, &l, &d), -ENOENT);
	assert_non_null(strstr(d.what, "has no DWARF"));
	image__free(img);
}

static void test_table_range(void **state)
{
	static const struct {
		const char *version;
		bool known;
		uint16_t goid;
	} cases[] = {
		{ "go1.16.15", false, 0 },
		{ "go1.17", true, 152 },
		{ "go1.20.14", true, 152 },
		{ "go1.22.0", true, 152 },
		{ "go1.23.1", true, 160 },
		{ "go1.24.9", true, 160 },
		{ "go1.25.0", true, 152 },
		{ "go1.26rc1", true, 152 },
		{ "go1.27.0", true, 152 },
		{ "go1.28.0", false, 0 },
		{ "go1.99", false, 0 },
		{ "devel go1.26-abcdef Mon Jan", false, 0 },
		{ "go1.22.1 X:rangefunc", true, 152 },
		{ "go1.22.1 X:staticlockranking", false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct go_version v;
		struct cs_layout l;

		assert_true(go_version_parse(cases[i].version, strlen(cases[i].version), &v));
		if (layout_from_table(&v, &l) != cases[i].known)
			fail_msg("%s: known %d expected", cases[i].version, cases[i].known);
		if (cases[i].known)
			assert_int_equal(l.g_goid, cases[i].goid);
	}
}

static void test_wait_reasons(void **state)
{
	static const struct {
		int first, last;
		uint8_t recv, send, select, nil_recv, nil_send, none;
	} rows[] = {
		{ 17, 25, 14, 15, 9, 3, 4, 10 },
		{ 26, 28, 19, 20, 18, 15, 16, 17 },
	};

	(void)state;
	for (size_t i = 0; i < 2; i++)
		for (int minor = rows[i].first; minor <= rows[i].last; minor++) {
			const struct go_version v = { .minor = minor, .patch = -1 };

			assert_int_equal(go_wait_of(&v, rows[i].recv), GO_WAIT_RECV);
			assert_int_equal(go_wait_of(&v, rows[i].send), GO_WAIT_SEND);
			assert_int_equal(go_wait_of(&v, rows[i].select), GO_WAIT_SELECT);
			assert_int_equal(go_wait_of(&v, rows[i].nil_recv), GO_WAIT_NIL_RECV);
			assert_int_equal(go_wait_of(&v, rows[i].nil_send), GO_WAIT_NIL_SEND);
			assert_int_equal(go_wait_of(&v, rows[i].none), GO_WAIT_SELECT_NO_CASES);
			assert_int_equal(go_wait_of(&v, 0), GO_WAIT_OTHER);
			assert_int_equal(go_wait_of(&v, 2), GO_WAIT_OTHER); /* I/O */
			assert_int_equal(go_wait_of(&v, 255), GO_WAIT_OTHER);
		}
	assert_int_equal(go_wait_of(&(struct go_version){ .minor = 24 }, 43), GO_WAIT_SELECT);
	assert_int_equal(go_wait_of(&(struct go_version){ .minor = 25 }, 43), GO_WAIT_SEND);
	assert_int_equal(go_wait_of(&(struct go_version){ .minor = 23 }, 43), GO_WAIT_OTHER);
}

int main(void)
{
	static const char *const forms[] = { "plain", "pie" };
	static struct gosample samples[GOSAMPLE_MAX];
	static struct gosample stripped = { .toolchain = "debian", .form = "stripped" };
	size_t nr = gosample_list(samples, forms, 2);
	const struct CMUnitTest more[] = {
		cmocka_unit_test(test_named_binaries),
		{ "no dwarf", test_no_dwarf, NULL, NULL, &stripped },
		cmocka_unit_test(test_table_range),
		cmocka_unit_test(test_wait_reasons),
	};

	return gosample_run("layout", samples, nr, test_dwarf_agrees, more, 4);
}
