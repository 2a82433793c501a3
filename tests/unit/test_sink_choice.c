// SPDX-License-Identifier: Apache-2.0
/* sink: what the report's table shows, what it leaves out, and what it says about that. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/sink_demo.h"

static struct output out;

static void print_table(const struct fixture *f, struct report_opts opts)
{
	struct diag diag = { 0 };

	assert_int_equal(sink_report_table(output_open(&out), &f->in, &opts, &diag), 0);
	output_close(&out);
}

static void tells_how_to_see_more(void **state)
{
	struct fixture f;

	(void)state;
	demo_begin(&f);
	fixture_end(&f, 5 * SEC);
	print_table(&f, (struct report_opts){ .max_rows = 2, .more_hint = "ask for it" });
	assert_non_null(strstr(out.text, "… and 3 more rows: ask for it\n"));
	assert_non_null(strstr(out.text, "… and 3 more places\n"));
	print_table(&f, (struct report_opts){ .max_rows = 4 });
	assert_non_null(strstr(out.text, "… and 1 more row\n"));
	print_table(&f, (struct report_opts){ .max_rows = 4, .group_if_many = true, .single_hint = "ask" });
	assert_non_null(strstr(out.text, "\ngrouped by place and type (ask)\n"));
	assert_non_null(strstr(out.text, "  CHANS  "));
	print_table(&f, (struct report_opts){ .max_rows = 5, .group_if_many = true });
	assert_null(strstr(out.text, "grouped"));
	assert_null(strstr(out.text, "CHANS"));
	fixture_free(&f);
}

static void hides_values_in_mode_wait(void **state)
{
	struct fixture f;

	(void)state;
	fixture_begin(&f, CAPTURE_WAIT);
	demo_feed(&f);
	fixture_end(&f, 5 * SEC);
	print_table(&f, (struct report_opts){ 0 });
	assert_non_null(strstr(out.text, "\nMADE AT"));
	assert_null(strstr(out.text, "VALUES"));
	fixture_free(&f);
}

/* Nobody's own line is on it: then at least none that is the same for all channels. */
static void places_the_runtime_itself(void **state)
{
	struct fixture f;

	(void)state;
	fixture_begin(&f, CAPTURE_ALL);
	feed_process(&f, THE_PID, "server");
	feed_event(&f, 1, 3, (struct cs_event){ .kind = CS_PARK_RECV, .chan = JOBS, .stack = STACK(0, 0x101, 0x106) });
	fixture_end(&f, 5 * SEC);
	print_table(&f, (struct report_opts){ 0 });
	assert_non_null(strstr(out.text, "\nsignal_unix.go:991?"));
	assert_non_null(strstr(out.text, "    runtime.ensureSigM.func1"));
	assert_null(strstr(out.text, "runtime.chanrecv"));
	assert_null(strstr(out.text, "runtime.goexit"));
	fixture_free(&f);
}

/* A select that panicked at a case that could not be told. */
static void tells_a_panic_without_channel(void **state)
{
	struct fixture f;

	(void)state;
	fixture_begin(&f, CAPTURE_ALL);
	feed_process(&f, THE_PID, "server");
	feed_event(&f, 1, 3,
		   (struct cs_event){
			   .kind = CS_SEND_PANIC, .flags = CS_F_SELECT, .select_case = CS_NO_CASE, .stack = MERGE });
	fixture_end(&f, 5 * SEC);
	print_table(&f, (struct report_opts){ 0 });
	assert_non_null(strstr(out.text, "send on closed channel: goroutine 3"));
	assert_non_null(strstr(out.text, "  on one of the select's channels, which one is not known\n"));
	fixture_free(&f);
}

/* Its cases by direction and type, those taken most often first, the other directions and types not lost. */
static void sums_the_cases_of_a_select(void **state)
{
	static const struct {
		uint8_t kind;
		__u64 chan, type;
		int nr;
	} taken[] = {
		{ CS_RECV_BUFFERED, 0x1000, 0x10, 3 },
		{ CS_RECV_BUFFERED, 0x2000, 0x10, 4 },
		{ CS_SEND_BUFFERED, 0x1000, 0x10, 2 },
		{ CS_RECV_BUFFERED, 0x3000, 0x12, 1 },
	};
	struct fixture f;

	(void)state;
	fixture_begin(&f, CAPTURE_ALL);
	feed_process(&f, THE_PID, "server");
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		for (int n = 0; n < taken[i].nr; n++)
			feed_event(&f, 1, 3,
				   (struct cs_event){ .kind = taken[i].kind,
						      .chan = taken[i].chan,
						      .aux = taken[i].type,
						      .cap = 9,
						      .flags = CS_F_SELECT,
						      .select_case = 1,
						      .stack = MERGE });
	fixture_end(&f, 5 * SEC);
	print_table(&f, (struct report_opts){ 0 });
	assert_non_null(strstr(out.text, "\n1 select, busiest first\n"));
	assert_non_null(strstr(out.text, "    10  7 from int, 2 to int, 1 from struct {}\n"));
	fixture_free(&f);
}

static int free_output(void **state)
{
	(void)state;
	free(out.text);
	out = (struct output){ 0 };
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_how_to_see_more),      cmocka_unit_test(hides_values_in_mode_wait),
		cmocka_unit_test(places_the_runtime_itself),  cmocka_unit_test(tells_a_panic_without_channel),
		cmocka_unit_test(sums_the_cases_of_a_select),
	};

	return cmocka_run_group_tests(tests, NULL, free_output);
}
