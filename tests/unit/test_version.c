// SPDX-License-Identifier: Apache-2.0
/* The Go version: parsed, read from build information, found without it, and what is refused for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>

#include "unit/gosample.h"
#include "unit/mutant.h"

#include "gobin/version.h"

#define BUILDINFO_MAGIC "\xff Go buildinf:"

static void test_parse(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		int minor, patch;
	} cases[] = {
		{ "go1.19.8", true, 19, 8 },
		{ "go1.26", true, 26, -1 },
		{ "go1.21.0", true, 21, 0 },
		{ "go1.9.7", true, 9, 7 },
		{ "go1.26rc2", true, 26, -1 },
		{ "go1.18beta1", true, 18, -1 },
		{ "go1.22.4 X:boringcrypto", true, 22, 4 },
		{ "go1.26.1-X:nogreenteagc", true, 26, 1 },
		{ "go1.19.8-vendor3", true, 19, 8 },
		{ "devel go1.27-a5f29a67d7 Tue Jul 14 2026", true, 27, -1 },
		{ "go2.0", false, 0, 0 },
		{ "go1", false, 0, 0 },
		{ "go1.", false, 0, 0 },
		{ "go1.x", false, 0, 0 },
		{ "go1.22.", false, 0, 0 },
		{ "go1.12345", false, 0, 0 },
		{ "go1.22.99999999999", false, 0, 0 },
		{ "devel +abcdef Mon Jan", false, 0, 0 },
		{ "devel ", false, 0, 0 },
		{ "unknown", false, 0, 0 },
		{ "", false, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct go_version v = { .minor = 77 };

		if (go_version_parse(cases[i].text, strlen(cases[i].text), &v) != cases[i].ok)
			fail_msg("\"%s\"", cases[i].text);
		assert_int_equal(v.minor, cases[i].ok ? cases[i].minor : 77);
		if (!cases[i].ok)
			continue;
		assert_int_equal(v.patch, cases[i].patch);
		assert_string_equal(v.text, cases[i].text);
	}
}

/* The text need not end with a NUL, may be longer than is kept, and may hold anything. */
static void test_parse_raw_bytes(void **state)
{
	char text[200];
	struct go_version v;

	(void)state;
	memset(text, '\n', sizeof(text));
	memcpy(text, "go1.22.1", 8);
	assert_true(go_version_parse(text, sizeof(text), &v));
	assert_int_equal(strlen(v.text), sizeof(v.text) - 1);
	assert_int_equal(v.text[8], '?');
	assert_true(go_version_parse("go1.22.15", 8, &v));
	assert_int_equal(v.patch, 1);
	assert_false(go_version_parse("go1.22", 4, &v));
}

static void check_read(const char *path, const struct go_version *want, bool build_info)
{
	struct go_version v;
	struct gobinary *bin;
	struct diag d = { 0 };

	if (gobinary__open(path, &bin, &d))
		fail_msg("%s", d.what);
	assert_int_equal(go_version_read(bin->image, &v, NULL), build_info ? 0 : -ENOENT);
	assert_int_equal(bin->version.minor, want->minor);
	if (want->patch >= 0)
		assert_int_equal(bin->version.patch, want->patch);
	assert_int_equal(go_version_infer(bin->image, bin->pclntab, &v, NULL), 0);
	assert_int_equal(v.minor, want->minor);
	gobinary__close(bin);
}

/* The version that the program tells of itself must be read from its file: by the build information; without it; and
 * even if no version text is left in the file. */
static void test_program_agrees(void **state)
{
	struct gosample *s = *state;
	struct go_version want = { 0 };
	char line[256], text[64];
	struct mutant m;
	FILE *truth;

	gosample_build(s, "frames");
	truth = gosample_truth(s, "");
	while (fgets(line, sizeof(line), truth))
		if (sscanf(line, "version %63[^\n]", text) == 1)
			assert_true(go_version_parse(text, strlen(text), &want));
	pclose(truth);
	assert_true(want.minor >= 17);
	check_read(s->path, &want, true);

	mutant_load(&m, s->path);
	assert_true(mutant_erase(&m, BUILDINFO_MAGIC, 14) >= 1);
	mutant_write(&m, m.size);
	check_read(m.path, &want, false);
	assert_true(mutant_erase(&m, text, strlen(text)) >= 1);
	mutant_write(&m, m.size);
	want.patch = -1;
	check_read(m.path, &want, false);
	mutant_free(&m);
}

static void replace_version(struct mutant *m, const char *from, const char *to)
{
	uint8_t *p = memmem(m->data, m->size, BUILDINFO_MAGIC, 14);

	assert_non_null(p);
	p = memmem(p, 256, from, strlen(from));
	assert_non_null(p);
	memcpy(p, to, strlen(to));
}

static void check_refused(struct gosample *s, const char *to, const char *why)
{
	struct gobinary *bin;
	struct diag d = { 0 };
	struct mutant m;

	gosample_build(s, "frames");
	mutant_load(&m, s->path);
	replace_version(&m, "go1.19", to);
	mutant_write(&m, m.size);
	assert_true(gobinary__open(m.path, &bin, &d) < 0);
	assert_int_equal(d.status, EXIT_FAILED);
	if (!strstr(d.what, why))
		fail_msg("\"%s\" does not say \"%s\"", d.what, why);
	assert_true(d.hint[0]);
	mutant_free(&m);
}

static void test_too_old(void **state)
{
	check_refused(*state, "go1.16", "take their arguments on the stack");
	check_refused(*state, "go1.09", "take their arguments on the stack");
}

static void test_too_new(void **state)
{
	check_refused(*state, "go1.41", "whose memory layout is not known (go1.17 to go1.27 are), and it has no DWARF");
}

/* With DWARF an unknown release is no obstacle. */
static void test_new_with_dwarf(void **state)
{
	struct gosample *s = *state;
	struct gobinary *bin, *original;
	struct diag d = { 0 };
	struct mutant m;

	gosample_build(s, "frames");
	mutant_load(&m, s->path);
	replace_version(&m, "go1.19", "go1.41");
	mutant_write(&m, m.size);
	if (gobinary__open(m.path, &bin, &d))
		fail_msg("%s", d.what);
	assert_int_equal(bin->version.minor, 41);
	assert_string_equal(bin->layout_source, "dwarf");
	assert_int_equal(gobinary__open(s->path, &original, &d), 0);
	assert_memory_equal(&bin->layout, &original->layout, sizeof(bin->layout));
	gobinary__close(bin);
	gobinary__close(original);
	mutant_free(&m);
}

int main(void)
{
	static const char *const forms[] = { "plain", "stripped", "pie-stripped" };
	static struct gosample samples[GOSAMPLE_MAX];
	static struct gosample stripped = { .toolchain = "debian", .form = "stripped" };
	static struct gosample plain = { .toolchain = "debian", .form = "plain" };
	size_t nr = gosample_list(samples, forms, 3);
	const struct CMUnitTest more[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_parse_raw_bytes),
		{ "too old", test_too_old, NULL, NULL, &stripped },
		{ "too new, without DWARF", test_too_new, NULL, NULL, &stripped },
		{ "too new, with DWARF", test_new_with_dwarf, NULL, NULL, &plain },
	};

	return gosample_run("version", samples, nr, test_program_agrees, more, 5);
}
