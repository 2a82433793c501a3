// SPDX-License-Identifier: Apache-2.0
/* The set of ids against what it must say, through several growths and with colliding ids. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/idset.h"

#define NR_IDS 10000u

static void test_each_id_is_new_once(void **state)
{
	struct idset s = { 0 };

	(void)state;
	assert_false(idset_has(&s, 1));
	for (uint64_t i = 1; i <= NR_IDS; i++)
		assert_int_equal(idset_add(&s, i << 40), 1);
	for (uint64_t i = 1; i <= NR_IDS; i++) {
		assert_int_equal(idset_add(&s, i << 40), 0);
		assert_true(idset_has(&s, i << 40));
		assert_false(idset_has(&s, (i << 40) + 1));
	}
	assert_int_equal(s.nr, NR_IDS);
	idset_free(&s);
	assert_false(idset_has(&s, 1ull << 40));
}

static void test_zero_is_no_id(void **state)
{
	struct idset s = { 0 };

	(void)state;
	assert_int_equal(idset_add(&s, 0), 0);
	assert_false(idset_has(&s, 0));
	idset_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_id_is_new_once),
		cmocka_unit_test(test_zero_is_no_id),
	};

	return cmocka_run_group_tests_name("idset", tests, NULL, NULL);
}
