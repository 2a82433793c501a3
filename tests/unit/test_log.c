// SPDX-License-Identifier: Apache-2.0
/*
 * base/log: which lines are written, and how. Levels only rise or are set by name and can't be reset, so the order of
 * the tests matters; stderr is a file during a test.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

static int real_stderr = -1;

static int divert_stderr(void **state)
{
	FILE *f = tmpfile();

	*state = f;
	real_stderr = dup(STDERR_FILENO);
	return f && real_stderr >= 0 && dup2(fileno(f), STDERR_FILENO) >= 0 ? 0 : -1;
}

static int restore_stderr(void **state)
{
	int r = dup2(real_stderr, STDERR_FILENO);

	close(real_stderr);
	fclose(*state);
	return r < 0;
}

/* What was written since the last call; buf of size bytes. */
static const char *written(void **state, char *buf, size_t size)
{
	FILE *f = *state;
	ssize_t n = pread(fileno(f), buf, size - 1, 0);

	assert_true(n >= 0);
	buf[n] = '\0';
	assert_int_equal(ftruncate(fileno(f), 0), 0);
	assert_int_equal(lseek(fileno(f), 0, SEEK_SET), 0);
	return buf;
}

static void warnings_are_on_at_first_and_info_is_off(void **state)
{
	char buf[256];

	log_error(CLI, "e%d", 1);
	log_warn(GOBIN, "w");
	log_info(CLI, "i");
	log_debug(CLI, "d");
	assert_string_equal(written(state, buf, sizeof(buf)), "chanscope: error: cli: e1\nchanscope: warn: gobin: w\n");
	assert_true(log_enabled(LOG_SYM, LOG_WARN));
	assert_false(log_enabled(LOG_SYM, LOG_INFO));
}

static void a_bad_spec_changes_nothing(void **state)
{
	static const char *const bad[] = {
		"",	    "sym",	":",	      "sym:",	    ":debug",	"nosuch:debug",
		"sym:loud", "sy:debug", "symx:debug", "sym:debugx", "al:debug",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (log_parse(bad[i]) != -EINVAL)
			fail_msg("'%s' was taken", bad[i]);
		for (int area = 0; area < LOG_NR_AREAS; area++)
			assert_false(log_enabled((enum log_area)area, LOG_INFO));
	}
}

static void sets_one_area(void **state)
{
	char buf[256];

	assert_int_equal(log_parse("sym:debug"), 0);
	log_debug(SYM, "shown");
	log_info(CLI, "not shown");
	assert_string_equal(written(state, buf, sizeof(buf)), "chanscope: debug: sym: shown\n");
	assert_int_equal(log_parse("sym:error"), 0);
	log_warn(SYM, "not shown");
	log_error(SYM, "shown");
	assert_string_equal(written(state, buf, sizeof(buf)), "chanscope: error: sym: shown\n");
}

static void raises_all_but_lowers_none(void **state)
{
	(void)state;
	assert_int_equal(log_parse("rec:debug"), 0);
	log_set_all(LOG_INFO);
	for (int area = 0; area < LOG_NR_AREAS; area++)
		assert_true(log_enabled((enum log_area)area, LOG_INFO));
	assert_true(log_enabled(LOG_REC, LOG_DEBUG));
	assert_false(log_enabled(LOG_CLI, LOG_DEBUG));
}

static void sets_all_areas_by_name(void **state)
{
	(void)state;
	assert_int_equal(log_parse("all:error"), 0);
	for (int area = 0; area < LOG_NR_AREAS; area++) {
		assert_true(log_enabled((enum log_area)area, LOG_ERROR));
		assert_false(log_enabled((enum log_area)area, LOG_WARN));
	}
}

static void ends_each_line_once(void **state)
{
	char buf[256];

	log_error(CLI, "one\n");
	log_error(CLI, "two\n\n");
	assert_string_equal(written(state, buf, sizeof(buf)),
			    "chanscope: error: cli: one\nchanscope: error: cli: two\n");
}

static void cuts_a_long_line_and_still_ends_it(void **state)
{
	char text[4096], buf[8192];
	size_t n;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	log_error(CLI, "%s", text);
	n = strlen(written(state, buf, sizeof(buf)));
	assert_in_range(n, 1000, 1024);
	assert_ptr_equal(strchr(buf, '\n'), buf + n - 1);
	assert_int_equal(buf[n - 2], 'x');
}

#define LOG_TEST(name) cmocka_unit_test_setup_teardown(name, divert_stderr, restore_stderr)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOG_TEST(warnings_are_on_at_first_and_info_is_off),
		LOG_TEST(a_bad_spec_changes_nothing),
		LOG_TEST(sets_one_area),
		LOG_TEST(raises_all_but_lowers_none),
		LOG_TEST(sets_all_areas_by_name),
		LOG_TEST(ends_each_line_once),
		LOG_TEST(cuts_a_long_line_and_still_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
