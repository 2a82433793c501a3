// SPDX-License-Identifier: Apache-2.0
/* sink: text from a traced process is cleaned, measured and cut; numbers are worded; JSON is always JSON. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "sink/frames.h"
#include "sink/json_out.h"
#include "sink/text.h"
#include "sink/units.h"

#define BAD "\xef\xbf\xbd" /* what stands for anything that can't be shown */
#define DOTS TEXT_ELLIPSIS
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void cleans(void **state)
{
	static const struct {
		const char *in, *out;
		unsigned int columns;
	} cases[] = {
		{ "", "", 0 },
		{ "main.go:1", "main.go:1", 9 },
		{ "a\tb\nc\x1b[31m\x7f", "a" BAD "b" BAD "c" BAD "[31m" BAD, 11 },
		{ "\xc3\xa9t\xc3\xa9", "\xc3\xa9t\xc3\xa9", 3 },
		{ "e\xcc\x81", "e\xcc\x81", 1 },			       /* combining accent */
		{ "\xe4\xb8\xad\xe6\x96\x87", "\xe4\xb8\xad\xe6\x96\x87", 4 }, /* wide */
		{ "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80", 2 },		       /* an emoji */
		{ "\xff\xfe", BAD BAD, 2 },				       /* never UTF-8 */
		{ "\xc0\xaf", BAD BAD, 2 },				       /* longer than need be */
		{ "\xed\xa0\x80", BAD BAD BAD, 3 },			       /* a surrogate */
		{ "\xf4\x90\x80\x80", BAD BAD BAD BAD, 4 },		       /* beyond Unicode */
		{ "\xe2\x82", BAD BAD, 2 },				       /* cut off */
		{ "\xe2\x80\xae"
		  "a",
		  BAD "a", 2 },		    /* right to left override */
		{ "\xef\xbf\xbe", BAD, 1 }, /* non-character */
		{ "\xc2\x9b", BAD, 1 },	    /* C1 control */
	};
	char buf[64];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(text_clean(buf, sizeof(buf), cases[i].in), strlen(cases[i].out));
		assert_string_equal(buf, cases[i].out);
		assert_int_equal(text_columns(cases[i].in), cases[i].columns);
	}
}

static void cuts(void **state)
{
	static const struct {
		const char *in;
		unsigned int columns;
		const char *end, *start;
	} cases[] = {
		{ "abcdef", 6, "abcdef", "abcdef" },
		{ "abcdef", 4, "abc" DOTS, DOTS "def" },
		{ "abcdef", 1, DOTS, DOTS },
		{ "abcdef", 0, "", "" },
		{ "\xe4\xb8\xad\xe6\x96\x87\xe5\xad\x97", 4, "\xe4\xb8\xad" DOTS, DOTS "\xe5\xad\x97" },
		{ "\n\n\n", 2, BAD DOTS, DOTS BAD },
	};
	char buf[64];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		text_cut_end(buf, sizeof(buf), cases[i].in, cases[i].columns);
		assert_string_equal(buf, cases[i].end);
		text_cut_start(buf, sizeof(buf), cases[i].in, cases[i].columns);
		assert_string_equal(buf, cases[i].start);
	}
}

static void never_writes_half_a_character(void **state)
{
	char buf[8];

	(void)state;
	for (size_t sz = 1; sz <= sizeof(buf); sz++) {
		memset(buf, 'x', sizeof(buf));
		size_t n = text_clean(buf, sz, "\xe4\xb8\xad\xe6\x96\x87\xe5\xad\x97");

		assert_int_equal(n, (sz - 1) / 3 * 3);
		assert_int_equal(buf[n], '\0');
	}
}

static void words_durations(void **state)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} cases[] = {
		{ 0, "0s" },
		{ 1, "1ns" },
		{ 999, "999ns" },
		{ 1000, "1.00\xc2\xb5s" },
		{ 999999, "999\xc2\xb5s" },
		{ 4219999, "4.21ms" },
		{ 12345678, "12.3ms" },
		{ 999999999, "999ms" },
		{ 1500000000, "1.50s" },
		{ 59999999999, "59.9s" },
		{ 60000000000, "1m00s" },
		{ 3599999999999, "59m59s" },
		{ 3720000000000, "1h02m" },
		{ 86400000000000, "1d00h" },
		{ 35596800000000000, "412d" },
		{ UINT64_MAX, "213503d" },
	};
	char buf[UNITS_SZ];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		units_duration(buf, cases[i].ns);
		assert_string_equal(buf, cases[i].text);
	}
}

static void words_counts(void **state)
{
	static const struct {
		uint64_t n;
		const char *text;
	} cases[] = {
		{ 0, "0" },	      { 9999, "9999" },	     { 10000, "10.0k" },      { 999999, "999k" },
		{ 1000000, "1.00M" }, { 12345678, "12.3M" }, { 1000000000, "1.00G" }, { UINT64_MAX, "18.4E" },
	};
	char buf[UNITS_SZ];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		units_count(buf, cases[i].n);
		assert_string_equal(buf, cases[i].text);
	}
}

static void words_shares(void **state)
{
	static const struct {
		double share;
		const char *text;
	} cases[] = {
		{ 0, "0%" },	    { 0.0001, "<1%" }, { 0.374, "37%" }, { 0.99, "99%" },
		{ 0.9999, ">99%" }, { 1, "100%" },     { 1.5, "100%" },	 { (double)NAN, "0%" },
	};
	char buf[UNITS_SZ];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		units_percent(buf, cases[i].share);
		assert_string_equal(buf, cases[i].text);
	}
}

static void shortens_functions(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "main.main", "main.main" },
		{ "github.com/a/b/pool.(*T).Run", "pool.(*T).Run" },
		{ "a/b.F[c/d.T]", "b.F[c/d.T]" },
		{ "a/b.(*L[c/d.T]).F", "b.(*L[c/d.T]).F" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_string_equal(frames_short_function(cases[i].in), cases[i].out);
}

static void writes_json_of_any_bytes(void **state)
{
	struct json_out j = { 0 };
	auto_free char *text = NULL;
	size_t len = 0;
	json_t *root;
	char every[257];

	(void)state;
	for (int i = 1; i < 256; i++)
		every[i - 1] = (char)i;
	every[255] = '\0';
	j.out = open_memstream(&text, &len);
	json_out__open(&j, NULL, '{');
	json_out__string(&j, "every \"\\\n\xff", every);
	json_out__string(&j, "none", NULL);
	json_out__double(&j, "nan", (double)NAN);
	json_out__double(&j, "half", 0.5);
	json_out__pointer(&j, "p", UINT64_MAX);
	json_out__open(&j, "list", '[');
	json_out__open(&j, NULL, '[');
	json_out__close(&j, ']');
	json_out__uint(&j, NULL, 9007199254740993);
	json_out__bool(&j, NULL, true);
	json_out__close(&j, ']');
	json_out__close(&j, '}');
	fclose(j.out);
	root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(root);
	const char *s = json_string_value(json_object_get(root, "every \"\\\n" BAD));

	assert_non_null(s);
	/* ASCII comes back as it was, each byte beyond as a replacement: none begins a sequence here. */
	assert_memory_equal(s, every, 127);
	assert_int_equal(strlen(s), 127 + 128 * strlen(BAD));
	assert_true(json_is_null(json_object_get(root, "none")));
	assert_true(json_is_null(json_object_get(root, "nan")));
	assert_true(fabs(json_real_value(json_object_get(root, "half")) - 0.5) < 1e-9);
	assert_string_equal(json_string_value(json_object_get(root, "p")), "0xffffffffffffffff");
	assert_int_equal(json_array_size(json_object_get(root, "list")), 3);
	assert_true(json_integer_value(json_array_get(json_object_get(root, "list"), 1)) == 9007199254740993);
	json_decref(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cleans),
		cmocka_unit_test(cuts),
		cmocka_unit_test(never_writes_half_a_character),
		cmocka_unit_test(words_durations),
		cmocka_unit_test(words_counts),
		cmocka_unit_test(words_shares),
		cmocka_unit_test(shortens_functions),
		cmocka_unit_test(writes_json_of_any_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
