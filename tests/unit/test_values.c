// SPDX-License-Identifier: Apache-2.0
/* Option arguments: what is taken, what is refused, and that a refused one changes nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/values.h"

static void test_duration(void **state)
{
	static const struct {
		const char *text;
		uint64_t ns; /* 0: refused */
	} cases[] = {
		{ "5s", 5000000000u },
		{ "5", 5000000000u },
		{ "500ms", 500000000u },
		{ "0.5", 500000000u },
		{ "2m", 120000000000u },
		{ "1.5h", 5400000000000u },
		{ "10us", 10000u },
		{ "7ns", 7u },
		{ "", 0 },
		{ "0", 0 },
		{ "-1s", 0 },
		{ "s", 0 },
		{ "5 s", 0 },
		{ "5x", 0 },
		{ "inf", 0 },
		{ "nan", 0 },
		{ "0x10", 0 },
		{ "1.2.3", 0 },
		{ "1e3", 0 },
		{ "99999999999999999999h", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t ns = 42;
		int err = value_duration(cases[i].text, &ns);

		assert_int_equal(err == 0, cases[i].ns != 0);
		assert_int_equal(ns, cases[i].ns ? cases[i].ns : 42);
	}
}

static void test_size(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes; /* 0: refused */
	} cases[] = {
		{ "4096", 4096 },   { "64M", 64u << 20 }, { "64MiB", 64u << 20 }, { "512k", 512u << 10 },
		{ "1G", 1u << 30 }, { "1.5K", 1536 },	  { "100B", 100 },	  { "", 0 },
		{ "0", 0 },	    { "M", 0 },		  { "64X", 0 },		  { "64MM", 0 },
		{ "-4K", 0 },	    { "1 K", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t bytes = 42;
		int err = value_size(cases[i].text, &bytes);

		assert_int_equal(err == 0, cases[i].bytes != 0);
		assert_int_equal(bytes, cases[i].bytes ? cases[i].bytes : 42);
	}
}

static void test_uint_keeps_its_bounds(void **state)
{
	uint64_t v = 42;

	(void)state;
	assert_int_equal(value_uint("7", 1, 9, &v), 0);
	assert_int_equal(v, 7);
	assert_int_not_equal(value_uint("0", 1, 9, &v), 0);
	assert_int_not_equal(value_uint("10", 1, 9, &v), 0);
	assert_int_not_equal(value_uint("+7", 1, 9, &v), 0);
	assert_int_not_equal(value_uint("7 ", 1, 9, &v), 0);
	assert_int_not_equal(value_uint("99999999999999999999999", 1, UINT64_MAX, &v), 0);
	assert_int_equal(v, 7);
}

static void test_pids(void **state)
{
	struct pid_list list = { .nr = 0 };

	(void)state;
	assert_int_equal(value_pids("7,8", &list), 0);
	assert_int_equal(value_pids("8,9", &list), 0);
	assert_int_equal(list.nr, 3); /* each once */
	assert_int_equal(list.pids[2], 9);
	assert_int_not_equal(value_pids("", &list), 0);
	assert_int_not_equal(value_pids("1,", &list), 0);
	assert_int_not_equal(value_pids("10,x", &list), 0);
	assert_int_not_equal(value_pids("0", &list), 0);
	assert_int_not_equal(value_pids("-1", &list), 0);
	assert_int_not_equal(value_pids("4294967297", &list), 0);
	assert_int_equal(list.nr, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_duration),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_uint_keeps_its_bounds),
		cmocka_unit_test(test_pids),
	};

	return cmocka_run_group_tests_name("values", tests, NULL, NULL);
}
