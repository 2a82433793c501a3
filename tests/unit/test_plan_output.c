// SPDX-License-Identifier: Apache-2.0
/*
 * The output of `chanscope plan`: the names that stay in --json, and a text in which every site and every value that
 * is read stands. The plan is made by hand, so that each kind of value occurs.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "cli/plan_output.h"

static struct plan_site sites[] = {
	{ .va = 0x401010,
	  .off = 0x1010,
	  .function = "runtime.chansend",
	  .insn = "je 0x401020",
	  .cost = COST_EMULATED,
	  .site = { .meaning = CS_SITE_SEND_FAILED,
		    .cond = 4 | CS_COND_NOT_TAKEN,
		    .chan = { .kind = CS_LOC_REG, .reg = CS_RAX } } },
	{ .va = 0x401020,
	  .off = 0x1020,
	  .function = "runtime.chansend",
	  .insn = "call runtime.releaseSudog",
	  .cost = COST_EMULATED,
	  .wait_mode = true,
	  .site = { .meaning = CS_SITE_WAKE_SEND,
		    .cond = CS_COND_NONE,
		    .chan = { .kind = CS_LOC_SLOT, .reg = CS_RBP, .disp = 16 },
		    .aux = { .kind = CS_LOC_REG, .reg = CS_RAX } } },
	{ .va = 0x401030,
	  .off = 0x1030,
	  .function = "runtime.selectgo",
	  .insn = "ret",
	  .cost = COST_SINGLE_STEP,
	  .site = { .meaning = CS_SITE_SELECT_DEFAULT, .cond = CS_COND_NONE } },
};

static struct plan plan = { .sites = sites, .nr_sites = 3, .missing = "runtime.block, runtime.closechan" };

static char *output(int (*emit)(FILE *, const struct plan_view *), const struct plan_view *v)
{
	char *text = NULL;
	size_t sz;
	FILE *f = open_memstream(&text, &sz);

	assert_non_null(f);
	assert_int_equal(emit(f, v), 0);
	fclose(f);
	return text;
}

static const char *string_at(const json_t *j, const char *key)
{
	return json_string_value(json_object_get(j, key));
}

static json_int_t number_at(const json_t *j, const char *a, const char *b, const char *c)
{
	return json_integer_value(json_object_get(json_object_get(json_object_get(j, a), b), c));
}

static void check_site(const json_t *s)
{
	assert_string_equal(string_at(s, "function"), "runtime.chansend");
	assert_string_equal(string_at(s, "address"), "0x401010");
	assert_string_equal(string_at(s, "offset"), "0x1010");
	assert_string_equal(string_at(s, "instruction"), "je 0x401020");
	assert_string_equal(string_at(s, "meaning"), "send_failed");
	assert_string_equal(string_at(s, "cost"), "emulated");
	assert_string_equal(string_at(s, "mode"), "all");
	assert_string_equal(string_at(s, "condition"), "e not taken");
	assert_string_equal(string_at(json_object_get(s, "values"), "channel"), "rax");
}

static void json_has_the_names_that_stay(void **state)
{
	struct plan_view v = { .path = "some/binary", .plan = &plan };
	char *text = output(plan_output_json, &v);
	json_t *j = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	const json_t *list, *traps;

	(void)state;
	assert_non_null(j);
	assert_string_equal(string_at(j, "binary"), "some/binary");
	assert_string_equal(string_at(j, "build_id"), "");
	assert_string_equal(string_at(j, "go_version"), "");
	assert_string_equal(string_at(j, "layout_source"), "");
	assert_true(json_is_null(json_object_get(j, "refused")));
	list = json_object_get(j, "sites");
	assert_int_equal(json_array_size(list), 3);
	check_site(json_array_get(list, 0));
	assert_string_equal(string_at(json_array_get(list, 1), "mode"), "wait");
	assert_true(json_is_null(json_object_get(json_array_get(list, 1), "condition")));
	assert_string_equal(string_at(json_object_get(json_array_get(list, 1), "values"), "channel"), "[rbp+16]");
	assert_string_equal(string_at(json_object_get(json_array_get(list, 1), "values"), "sudog"), "rax");
	assert_string_equal(string_at(json_array_get(list, 2), "cost"), "single_step");
	list = json_object_get(j, "missing");
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(json_string_value(json_array_get(list, 1)), "runtime.closechan");
	traps = json_object_get(j, "traps");
	assert_int_equal(number_at(traps, "all", "send, would block", "traps"), 1);
	assert_int_equal(number_at(traps, "wait", "send, would block", "traps"), 0);
	assert_int_equal(number_at(traps, "wait", "send, blocked", "emulated"), 1);
	assert_int_equal(number_at(traps, "all", "select, default", "single_step"), 1);
	assert_true(number_at(traps, "all", "select, default", "floor_ns") > 5000);
	json_decref(j);
	free(text);
}

static void json_says_why_it_is_refused(void **state)
{
	struct plan_view v = { .path = "\xff.bin", .refused = "no Go program" };
	char *text = output(plan_output_json, &v);
	json_t *j = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

	(void)state;
	assert_non_null(j);
	assert_string_equal(string_at(j, "refused"), "no Go program");
	assert_string_equal(string_at(j, "binary"), ""); /* not UTF-8 */
	assert_int_equal(json_array_size(json_object_get(j, "sites")), 0);
	json_decref(j);
	free(text);
}

static void text_has_every_site_on_a_line(void **state)
{
	static const char *const needles[] = {
		"some/binary\n",
		"runtime.chansend  0x401010 ",
		"runtime.block, runtime.closechan\n",
		"0x401010 ",
		"je 0x401020 ",
		"channel=rax if e not taken\n",
		"non-blocking send failed",
		"channel=[rbp+16] sudog=rax\n",
		"select took its default",
		"single_step",
	};
	struct plan_view v = { .path = "some/binary", .plan = &plan };
	char *text = output(plan_output_text, &v);

	(void)state;
	for (size_t i = 0; i < sizeof(needles) / sizeof(needles[0]); i++)
		if (!strstr(text, needles[i]))
			fail_msg("'%s' is not in:\n%s", needles[i], text);
	free(text);
}

static void text_says_why_it_is_refused(void **state)
{
	struct plan_view v = { .path = "some/binary", .refused = "no Go program" };
	char *text = output(plan_output_text, &v);

	(void)state;
	assert_string_equal(text, "binary        some/binary\nrefused       no Go program\n");
	free(text);
}

static void a_full_disk_is_an_error(void **state)
{
	struct plan_view v = { .path = "some/binary", .plan = &plan };
	FILE *f = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(f);
	setvbuf(f, NULL, _IONBF, 0);
	assert_int_equal(plan_output_text(f, &v), -EIO);
	fclose(f);
	f = fopen("/dev/full", "w");
	assert_non_null(f);
	setvbuf(f, NULL, _IONBF, 0);
	assert_int_equal(plan_output_json(f, &v), -EIO);
	fclose(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_has_the_names_that_stay),	 cmocka_unit_test(json_says_why_it_is_refused),
		cmocka_unit_test(text_has_every_site_on_a_line), cmocka_unit_test(text_says_why_it_is_refused),
		cmocka_unit_test(a_full_disk_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
