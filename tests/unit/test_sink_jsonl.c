// SPDX-License-Identifier: Apache-2.0
/* sink: every event as a line of JSON, read by Python. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "unit/sink_events.h"

static struct output out;
static struct diag diag;
static struct event_fixture ef;

static void begin(FILE *to)
{
	diag = (struct diag){ 0 };
	event_fixture_begin(&ef, CAPTURE_ALL);
	assert_int_equal(sink_jsonl(to, &ef.f.in, &ef.sink, &diag), 0);
	event_fixture_plug(&ef);
}

#define PYTHON_DEMO                                                                             \
	"import json, sys\n"                                                                    \
	"es = [json.loads(l) for l in sys.stdin]\n"                                             \
	"assert len(es) == 28, len(es)\n"                                                       \
	"assert all(e[\"pid\"] == 1234 and e[\"comm\"] == \"server\" for e in es)\n"            \
	"assert es[0][\"op\"] == \"make\" and es[0][\"time_ns\"] == 1700000000001000000\n"      \
	"assert es[0][\"stack\"][1][\"function\"] == \"example.com/app/pool.New\"\n"            \
	"assert [e[\"time_ns\"] for e in es[:12]] == sorted(e[\"time_ns\"] for e in es[:12])\n" \
	"assert sum(e[\"op\"] == \"park\" for e in es) == 9\n"                                  \
	"assert [e[\"cases\"] for e in es if e.get(\"blocked_in\") == \"select\"] == [2, 0]\n"

static void tells_the_demo(void **state)
{
	(void)state;
	begin(output_open(&out));
	demo_feed(&ef.f);
	fixture_end(&ef.f, 5 * SEC);
	assert_int_equal(event_fixture_close(&ef, &diag), 0);
	output_close(&out);
	assert_python(PYTHON_DEMO, &out);
	fixture_free(&ef.f);
}

#define PYTHON_NAMES                                \
	"import json, sys\n"                        \
	"es = [json.loads(l) for l in sys.stdin]\n" \
	"assert [e[\"comm\"] for e in es] == [\"a\", \"b\", \"c\", \"a\", \"\"], es\n"

/* A PID that is given again, and one that nobody announced. */
static void names_each_process(void **state)
{
	static const struct {
		uint32_t pid;
		const char *comm;
	} steps[] = { { 1, "a" }, { 2, "b" }, { 2, "c" }, { 1, NULL }, { 3, NULL } };

	(void)state;
	begin(output_open(&out));
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (steps[i].comm)
			feed_process(&ef.f, steps[i].pid, steps[i].comm);
		feed_event(&ef.f, (double)i, 1,
			   (struct cs_event){ .kind = CS_MAKE, .chan = JOBS, .pid = steps[i].pid, .stack = SUBMIT });
	}
	fixture_end(&ef.f, SEC);
	assert_int_equal(event_fixture_close(&ef, &diag), 0);
	output_close(&out);
	assert_python(PYTHON_NAMES, &out);
	fixture_free(&ef.f);
}

static void reports_a_full_disk(void **state)
{
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(full);
	setvbuf(full, NULL, _IONBF, 0);
	begin(full);
	demo_feed(&ef.f);
	fixture_end(&ef.f, SEC);
	assert_int_equal(event_fixture_close(&ef, &diag), -EIO);
	fixture_free(&ef.f);
	fclose(full);
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
		cmocka_unit_test(tells_the_demo),
		cmocka_unit_test(names_each_process),
		cmocka_unit_test(reports_a_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, free_output);
}
