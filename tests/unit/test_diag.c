// SPDX-License-Identifier: Apache-2.0
/* base/diag: the innermost failure's sentence survives, its hint too, and no length overruns the buffers. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/diag.h"

/* Longer than every buffer of a diag. */
static char longtext[2048];

static int make_longtext(void **state)
{
	(void)state;
	memset(longtext, 'x', sizeof(longtext) - 1);
	return 0;
}

static void fills_error_status_and_sentence(void **state)
{
	struct diag d = { 0 };

	(void)state;
	assert_int_equal(diag_fail(&d, -ENOENT, "%s: no such file", "/proc/7"), -ENOENT);
	assert_int_equal(d.err, -ENOENT);
	assert_int_equal(d.status, EXIT_FAILED);
	assert_string_equal(d.what, "/proc/7: no such file");
	assert_string_equal(d.hint, "");
}

static void carries_the_exit_status(void **state)
{
	static const enum exit_status statuses[] = { EXIT_FAILED, EXIT_USAGE, EXIT_MACHINE, EXIT_FINDINGS };

	(void)state;
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		struct diag d = { 0 };

		assert_int_equal(diag_fail_status(&d, statuses[i], -EPERM, "no"), -EPERM);
		assert_int_equal(d.status, statuses[i]);
	}
}

static void exit_statuses_are_the_documented_ones(void **state)
{
	(void)state;
	assert_int_equal(EXIT_DONE, 0);
	assert_int_equal(EXIT_FAILED, 1);
	assert_int_equal(EXIT_USAGE, 2);
	assert_int_equal(EXIT_MACHINE, 3);
	assert_int_equal(EXIT_FINDINGS, 4);
}

static void keeps_the_first_failure(void **state)
{
	struct diag d = { 0 };

	(void)state;
	diag_fail_status(&d, EXIT_MACHINE, -EPERM, "inner");
	assert_int_equal(diag_fail(&d, -EIO, "outer"), -EIO);
	assert_int_equal(d.err, -EPERM);
	assert_int_equal(d.status, EXIT_MACHINE);
	assert_string_equal(d.what, "inner");
}

static void keeps_the_first_hint(void **state)
{
	struct diag d = { 0 };

	(void)state;
	diag_hint(&d, "run as %s", "root");
	diag_hint(&d, "give up");
	assert_string_equal(d.hint, "run as root");
}

static void prefixes_the_sentence(void **state)
{
	struct diag d = { 0 };

	(void)state;
	diag_fail(&d, -EINVAL, "not an ELF file");
	diag_prefix(&d, "/proc/%d/exe", 7);
	assert_string_equal(d.what, "/proc/7/exe: not an ELF file");
	assert_int_equal(d.err, -EINVAL);
}

static void does_without_a_diag(void **state)
{
	(void)state;
	assert_int_equal(diag_fail(NULL, -ENOMEM, "%d", 1), -ENOMEM);
	assert_int_equal(diag_fail_status(NULL, EXIT_USAGE, -EINVAL, "%d", 1), -EINVAL);
	diag_hint(NULL, "%d", 1);
	diag_prefix(NULL, "%d", 1);
}

static void cuts_what_is_too_long(void **state)
{
	struct diag d = { 0 };

	(void)state;
	diag_fail(&d, -E2BIG, "%s", longtext);
	assert_int_equal(strlen(d.what), sizeof(d.what) - 1);
	diag_hint(&d, "%s", longtext);
	assert_int_equal(strlen(d.hint), sizeof(d.hint) - 1);
	diag_prefix(&d, "context");
	assert_memory_equal(d.what, "context: x", 10);
	assert_int_equal(strlen(d.what), sizeof(d.what) - 1);
	diag_prefix(&d, "%s", longtext);
	assert_int_equal(strlen(d.what), sizeof(d.what) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fills_error_status_and_sentence),
		cmocka_unit_test(carries_the_exit_status),
		cmocka_unit_test(exit_statuses_are_the_documented_ones),
		cmocka_unit_test(keeps_the_first_failure),
		cmocka_unit_test(keeps_the_first_hint),
		cmocka_unit_test(prefixes_the_sentence),
		cmocka_unit_test(does_without_a_diag),
		cmocka_unit_test(cuts_what_is_too_long),
	};

	return cmocka_run_group_tests(tests, make_longtext, NULL);
}
