// SPDX-License-Identifier: Apache-2.0
/* sink: the report of a small world as table and as JSON, whatever the names in it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <jansson.h>

#include "unit/sink_demo.h"

static struct output out;
static struct diag diag;

static void print_table(const struct fixture *f, struct report_opts opts)
{
	diag = (struct diag){ 0 };
	assert_int_equal(sink_report_table(output_open(&out), &f->in, &opts, &diag), 0);
	output_close(&out);
}

static json_t *print_json(const struct fixture *f, struct report_opts opts)
{
	json_error_t err;
	json_t *root;

	diag = (struct diag){ 0 };
	assert_int_equal(sink_report_json(output_open(&out), &f->in, &opts, &diag), 0);
	output_close(&out);
	root = json_loads(out.text, JSON_REJECT_DUPLICATES, &err);
	if (!root)
		fail_msg("%s, line %d", err.text, err.line);
	return root;
}

static unsigned int longest_line(const char *text)
{
	unsigned int longest = 0, columns = 0;

	for (; *text; text++) {
		columns = *text == '\n' ? 0 : columns + ((*text & 0xc0) != 0x80);
		longest = columns > longest ? columns : longest;
	}
	return longest;
}

static uint64_t number(const json_t *object, const char *name)
{
	const json_t *n = json_object_get(object, name);

	if (!json_is_integer(n))
		fail_msg("%s is no integer", name);
	return (uint64_t)json_integer_value(n);
}

static const char *string(const json_t *object, const char *name)
{
	const json_t *s = json_object_get(object, name);

	if (!json_is_string(s))
		fail_msg("%s is no string", name);
	return json_string_value(s);
}

static bool is_true(const json_t *object, const char *name)
{
	const json_t *b = json_object_get(object, name);

	if (!json_is_boolean(b))
		fail_msg("%s is no boolean", name);
	return json_is_true(b);
}

/* The element of an array whose member has this string value. */
static json_t *element_with(const json_t *array, const char *name, const char *value)
{
	json_t *e;
	size_t i;

	json_array_foreach(array, i, e)
	{
		const char *s = json_string_value(json_object_get(e, name));

		if (s && strcmp(s, value) == 0)
			return e;
	}
	fail_msg("no element with %s %s", name, value);
	return NULL;
}

/* --- the table --- */

static void fits_into_80_columns(void **state)
{
	struct fixture f;

	(void)state;
	demo_begin(&f);
	fixture_end(&f, 5 * SEC);
	print_table(&f, (struct report_opts){ 0 });
	assert_golden("report-80.txt", &out);
	assert_true(longest_line(out.text) <= 80);
	fixture_free(&f);
}

static void shows_more_on_a_wide_terminal(void **state)
{
	struct fixture f;

	(void)state;
	demo_begin(&f);
	fixture_end(&f, 5 * SEC);
	print_table(&f, (struct report_opts){ .width = 160 });
	assert_golden("report-160.txt", &out);
	fixture_free(&f);
}

static void groups_by_site(void **state)
{
	struct fixture f;

	(void)state;
	demo_begin(&f);
	for (__u64 i = 0; i < 5; i++) {
		feed_event(&f, 50, 9,
			   (struct cs_event){ .kind = CS_MAKE,
					      .chan = 0xc000100000 + i * 96,
					      .cap = (__u32)i + 2,
					      .aux = 0x10,
					      .stack = STACK(0x103, 0x204, 0x200) });
		feed_event(&f, 51, 9,
			   (struct cs_event){ .kind = CS_SEND_BUFFERED,
					      .chan = 0xc000100000 + i * 96,
					      .cap = (__u32)i + 2,
					      .len = 1,
					      .aux = 0x10,
					      .stack = SUBMIT });
	}
	fixture_end(&f, 5 * SEC);
	print_table(&f, (struct report_opts){ .group_by_site = true });
	assert_golden("report-sites.txt", &out);
	fixture_free(&f);
}

static void says_that_nothing_was_seen(void **state)
{
	struct fixture f;

	(void)state;
	fixture_begin(&f, CAPTURE_WAIT);
	feed_process(&f, THE_PID, "idle");
	fixture_end(&f, 2 * SEC);
	print_table(&f, (struct report_opts){ 0 });
	assert_golden("report-empty.txt", &out);
	fixture_free(&f);
}

static void says_what_was_lost(void **state)
{
	struct fixture f;

	(void)state;
	demo_begin(&f);
	f.losses[CS_LOSS_RING_FULL] = 12;
	f.losses[CS_LOSS_SITE_UNREAD] = 3;
	fixture_end(&f, 5 * SEC);
	print_table(&f, (struct report_opts){ .max_rows = 1 });
	assert_golden("report-lossy.txt", &out);
	fixture_free(&f);
}

static void colors_only_when_told(void **state)
{
	struct fixture f;

	(void)state;
	demo_begin(&f);
	fixture_end(&f, 5 * SEC);
	print_table(&f, (struct report_opts){ .color = false });
	assert_null(strchr(out.text, '\033'));
	print_table(&f, (struct report_opts){ .color = true });
	assert_non_null(strstr(out.text, "\033[1;31m2\033[0m"));
	fixture_free(&f);
}

static void sorts_as_told(void **state)
{
	static const struct {
		enum report_sort sort;
		const char *first;
	} cases[] = {
		{ SORT_WORST, "pool.go:15" },  { SORT_SENDS, "pool.go:15" },  { SORT_RECEIVES, "pool.go:15" },
		{ SORT_WAIT, "main.go:12" },   { SORT_LENGTH, "pool.go:15" }, { SORT_SATURATION, "pool.go:15" },
		{ SORT_MADE, "merge.go:31?" },
	};
	struct fixture f;

	(void)state;
	demo_begin(&f);
	fixture_end(&f, 5 * SEC);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *row;

		print_table(&f, (struct report_opts){ .sort = cases[i].sort });
		row = strstr(out.text, "MADE AT");
		assert_non_null(row);
		row = strchr(row, '\n') + 1;
		assert_int_equal(strncmp(row, cases[i].first, strlen(cases[i].first)), 0);
	}
	fixture_free(&f);
}

/* --- JSON --- */

static void json_has_the_run(void **state)
{
	struct fixture f;
	json_t *root, *losses, *p;

	(void)state;
	demo_begin(&f);
	f.losses[CS_LOSS_RING_FULL] = 12;
	fixture_end(&f, 5 * SEC);
	root = print_json(&f, (struct report_opts){ 0 });
	assert_string_equal(string(root, "schema"), "chanscope.report/1");
	assert_true(number(root, "started_at_ns") == WALL0);
	assert_int_equal(number(root, "duration_ns"), 5 * SEC);
	assert_string_equal(string(root, "mode"), "all");
	losses = json_object_get(root, "losses");
	assert_int_equal(json_object_size(losses), CS_NR_LOSSES);
	assert_int_equal(number(losses, "ring_full"), 12);
	assert_int_equal(number(losses, "bad_record"), 0);
	(void)is_true(root, "complete");
	p = json_array_get(json_object_get(root, "processes"), 0);
	assert_int_equal(number(p, "pid"), THE_PID);
	assert_string_equal(string(p, "comm"), "server");
	assert_string_equal(string(p, "go_version"), "go1.26.8");
	assert_string_equal(string(p, "layout_source"), "dwarf");
	assert_false(is_true(p, "exited"));
	assert_int_equal(number(p, "traps"), 12345);
	json_decref(root);
	fixture_free(&f);
}

static void json_has_the_channels(void **state)
{
	struct fixture f;
	json_t *root, *c, *older;

	(void)state;
	demo_begin(&f);
	fixture_end(&f, 5 * SEC);
	root = print_json(&f, (struct report_opts){ 0 });
	c = element_with(json_object_get(root, "channels"), "channel", "0xc000030000");
	assert_int_equal(number(c, "generation"), 1);
	assert_string_equal(string(c, "element_type"), "int");
	assert_int_equal(number(c, "capacity"), 1);
	assert_string_equal(string(json_object_get(c, "made_by"), "function"), "main.merge");
	assert_int_equal(number(json_object_get(c, "made_by"), "line"), 31);
	assert_int_equal(number(c, "sends"), 1);
	assert_int_equal(number(c, "receives"), 1);
	assert_int_equal(number(c, "closed_receives"), 1);
	assert_int_equal(number(json_object_get(c, "queue_ns"), "max"), 2 * MS);
	assert_true(is_true(c, "closed"));
	assert_string_equal(string(c, "ended"), "closed");
	/* innermost first, the inlined frame before the one around it */
	json_t *by = json_object_get(c, "closed_by");

	assert_int_equal(json_array_size(by), 5);
	assert_string_equal(string(json_array_get(by, 1), "function"), "main.stop");
	assert_true(is_true(json_array_get(by, 1), "inlined"));
	assert_string_equal(string(json_array_get(by, 2), "function"), "main.shutdown");
	older = element_with(json_object_get(root, "channels"), "channel", "0xc000040000");
	assert_true(is_true(older, "made_before_attach"));
	assert_true(json_is_null(json_object_get(older, "made_by")));
	assert_true(json_is_null(json_object_get(older, "made_at_ns")));
	assert_true(json_is_null(json_object_get(older, "ended")));
	assert_int_equal(number(older, "receives_failed"), 1);
	json_decref(root);
	fixture_free(&f);
}

static void json_has_goroutines_and_selects(void **state)
{
	struct fixture f;
	json_t *root, *select, *waiting, *panics, *closing;

	(void)state;
	demo_begin(&f);
	fixture_end(&f, 5 * SEC);
	root = print_json(&f, (struct report_opts){ 0 });
	select = json_array_get(json_object_get(root, "selects"), 1);
	assert_string_equal(string(json_object_get(select, "at"), "file"), "/src/app/merge.go");
	assert_int_equal(number(select, "count"), 3);
	assert_int_equal(number(select, "default_taken"), 1);
	assert_int_equal(number(select, "blocked"), 1);
	assert_int_equal(json_array_size(json_object_get(select, "cases")), 3);
	assert_string_equal(
		string(element_with(json_object_get(select, "cases"), "channel", "0xc000010000"), "direction"), "send");
	panics = json_object_get(root, "panics");
	assert_int_equal(json_array_size(panics), 2);
	assert_string_equal(string(json_array_get(panics, 0), "kind"), "send_on_closed");
	assert_int_equal(json_array_size(json_object_get(json_array_get(panics, 0), "closed_by")), 5);
	closing = json_array_get(panics, 1);
	assert_string_equal(string(closing, "kind"), "close_of_nil");
	assert_true(json_is_null(json_object_get(closing, "channel")));
	waiting = json_object_get(root, "waiting");
	assert_int_equal(json_array_size(waiting), 7);
	assert_true(is_true(element_with(waiting, "channel", "0xc000020060"), "since_before_attach"));
	json_decref(root);
	fixture_free(&f);
}

static void json_groups_by_site(void **state)
{
	struct fixture f;
	json_t *root, *sites;

	(void)state;
	demo_begin(&f);
	feed_event(&f, 50, 9,
		   (struct cs_event){ .kind = CS_MAKE,
				      .chan = 0xc000100000,
				      .cap = 3,
				      .aux = 0x10,
				      .stack = STACK(0x103, 0x204, 0x200) });
	feed_event(&f, 51, 9,
		   (struct cs_event){ .kind = CS_SEND_BUFFERED,
				      .chan = 0xc000100000,
				      .cap = 3,
				      .len = 1,
				      .aux = 0x10,
				      .stack = SUBMIT });
	feed_event(&f, 55, 9,
		   (struct cs_event){
			   .kind = CS_RECV_BUFFERED, .chan = 0xc000100000, .cap = 3, .aux = 0x10, .stack = MERGE });
	fixture_end(&f, 5 * SEC);
	root = print_json(&f, (struct report_opts){ .group_by_site = true });
	sites = json_object_get(root, "sites");
	assert_int_equal(json_array_size(sites), 5);
	json_t *merged = element_with(sites, "element_type", "int");

	for (size_t i = 0; i < 5 && number(merged, "nr_channels") != 2; i++)
		merged = json_array_get(sites, i);
	assert_int_equal(number(merged, "nr_channels"), 2);
	assert_int_equal(number(merged, "sends"), 2);
	assert_int_equal(number(merged, "receives"), 2);
	assert_int_equal(number(merged, "capacity"), 1);
	assert_int_equal(number(merged, "capacity_max"), 3);
	assert_int_equal(number(json_object_get(merged, "queue_ns"), "count"), 2);
	assert_int_equal(number(json_object_get(merged, "queue_ns"), "mean"), 3 * MS);
	json_decref(root);
	fixture_free(&f);
}

/* --- hostile --- */

static void hostile_world(struct fixture *f)
{
	fixture_begin(f, CAPTURE_ALL);
	feed_process(f, THE_PID, hostile);
	feed_event(f, 1, 1,
		   (struct cs_event){ .kind = CS_MAKE,
				      .chan = JOBS,
				      .cap = 0xffffffff,
				      .aux = 0x13,
				      .stack = STACK(0x103, 0x300, 0x200) });
	feed_event(f, 2, ~0ULL,
		   (struct cs_event){
			   .kind = CS_PARK_SEND, .chan = JOBS, .aux = 0x13, .stack = STACK(0x100, 0x300, 0x300) });
	feed_event(f, 3, 1,
		   (struct cs_event){ .kind = CS_PARK_RECV, .chan = ~0ULL, .stack = STACK(0x999, 0x998, 0x997) });
	fixture_end(f, SEC);
}

static void survives_hostile_names(void **state)
{
	static char endless[100000];
	const char *saved = hostile;
	struct fixture f;
	json_t *root;

	(void)state;
	hostile_world(&f);
	print_table(&f, (struct report_opts){ .width = 300 });
	assert_python(PYTHON_CLEAN_TEXT, &out);
	root = print_json(&f, (struct report_opts){ 0 });
	assert_int_equal(number(json_object_get(root, "losses"), "symbol"), fake_unknown);
	assert_true(fake_unknown > 0);
	json_decref(root);
	memset(endless, 'x', sizeof(endless) - 1);
	hostile = endless;
	print_table(&f, (struct report_opts){ .width = 80 });
	assert_true(out.len < 20000);
	json_decref(print_json(&f, (struct report_opts){ 0 }));
	hostile = saved;
	fixture_free(&f);
}

static void reports_a_full_disk(void **state)
{
	struct report_opts opts = { 0 };
	struct fixture f;
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(full);
	setvbuf(full, NULL, _IONBF, 0);
	demo_begin(&f);
	fixture_end(&f, SEC);
	diag = (struct diag){ 0 };
	assert_int_equal(sink_report_table(full, &f.in, &opts, &diag), -EIO);
	diag = (struct diag){ 0 };
	assert_int_equal(sink_report_json(full, &f.in, &opts, &diag), -EIO);
	fclose(full);
	fixture_free(&f);
}

static int free_output(void **state)
{
	(void)state;
	free(out.text);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fits_into_80_columns),	 cmocka_unit_test(shows_more_on_a_wide_terminal),
		cmocka_unit_test(groups_by_site),	 cmocka_unit_test(says_that_nothing_was_seen),
		cmocka_unit_test(says_what_was_lost),	 cmocka_unit_test(colors_only_when_told),
		cmocka_unit_test(sorts_as_told),	 cmocka_unit_test(json_has_the_run),
		cmocka_unit_test(json_has_the_channels), cmocka_unit_test(json_has_goroutines_and_selects),
		cmocka_unit_test(json_groups_by_site),	 cmocka_unit_test(survives_hostile_names),
		cmocka_unit_test(reports_a_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, free_output);
}
