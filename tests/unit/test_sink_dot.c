// SPDX-License-Identifier: Apache-2.0
/* sink: the picture of the data flow, and what of it is red. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "sink/dot_graph.h"
#include "unit/sink_demo.h"

static struct output out;
static struct diag diag;
static struct fixture fx;

static void draw(uint64_t end_ns)
{
	fixture_end(&fx, end_ns);
	diag = (struct diag){ 0 };
	assert_int_equal(sink_dot(output_open(&out), &fx.in, &diag), 0);
	output_close(&out);
}

static void draws_the_demo(void **state)
{
	(void)state;
	fixture_begin_flows(&fx);
	demo_feed(&fx);
	draw(5 * SEC);
	assert_golden("dot.txt", &out);
	fixture_free(&fx);
}

/* Strings end where they should, braces match, and every node of an edge is there. */
#define PYTHON_DOT                                                                       \
	"import re, sys\n"                                                               \
	"t = sys.stdin.buffer.read().decode(\"utf-8\")\n"                                \
	"strings = re.findall(r\"\\\"(?:[^\\\"\\\\]|\\\\.)*\\\"\", t)\n"                 \
	"rest = re.sub(r\"\\\"(?:[^\\\"\\\\]|\\\\.)*\\\"\", \"S\", t)\n"                 \
	"assert \"\\\"\" not in rest and rest.count(\"{\") == rest.count(\"}\"), rest\n" \
	"assert not re.search(r\"[^\\w\\s{}\\[\\]=,;.>-]\", rest), rest\n"               \
	"nodes = set(re.findall(r\"^\\t\\t(\\w+) \\[\", rest, re.M))\n"                  \
	"edges = re.findall(r\"^\\t(\\w+) -> (\\w+) \\[\", rest, re.M)\n"                \
	"assert edges and all(n in nodes for e in edges for n in e), (nodes, edges)\n"

static void draws_hostile_names(void **state)
{
	static char endless[100000];
	const char *saved = hostile;
	static const char *const names[] = { "a\"];}\\", "\\", "\\N\\\"\n", "\xff\xe2\x80\xae<b>", endless, "" };

	(void)state;
	memset(endless, '"', sizeof(endless) - 1);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		hostile = names[i];
		fixture_begin_flows(&fx);
		feed_process(&fx, THE_PID, "a\"\\\n;");
		feed_process(&fx, THE_PID, "again");
		feed_event(
			&fx, 1, 2,
			(struct cs_event){ .kind = CS_MAKE, .chan = JOBS, .aux = 0x13, .stack = STACK(0, 0, 0x300) });
		feed_event(&fx, 1, 2,
			   (struct cs_event){ .kind = CS_SEND_BUFFERED,
					      .chan = JOBS,
					      .cap = 1,
					      .len = 1,
					      .aux = 0x13,
					      .stack = STACK(0, 0, 0x300) });
		feed_event(&fx, 2, 2, (struct cs_event){ .kind = CS_PARK_RECV, .stack = STACK(0, 0, 0x999) });
		draw(SEC);
		assert_python(PYTHON_DOT, &out);
		fixture_free(&fx);
	}
	hostile = saved;
}

static void draws_nothing_and_a_full_disk(void **state)
{
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	fixture_begin_flows(&fx);
	fx.losses[CS_LOSS_RING_FULL] = 3;
	fx.losses[CS_LOSS_BAD_RECORD] = 1;
	draw(SEC);
	assert_non_null(
		strstr(out.text, "label=\"watched for 1.00s; lost: ring_full 3, bad_record 1; counts are NOT exact\""));
	assert_null(strstr(out.text, "->"));
	fixture_free(&fx);
	assert_non_null(full);
	setvbuf(full, NULL, _IONBF, 0);
	fixture_begin_flows(&fx);
	demo_feed(&fx);
	fixture_end(&fx, SEC);
	assert_int_equal(sink_dot(full, &fx.in, &diag), -EIO);
	fclose(full);
	fixture_free(&fx);
}

/* --- cycles: main.main and the pool's worker, over two channels --- */

#define A STACK(0, 0, 0x200)
#define B STACK(0, 0, 0x202)
#define C STACK(0, 0, 0x204)

static void feed_kind(double ms, enum cs_kind kind, uint64_t chan, uint64_t goid, uint64_t stack)
{
	feed_event(&fx, ms, goid, (struct cs_event){ .kind = (__u8)kind, .chan = chan, .stack = stack });
}

/* Both have been seen on either side of both channels. */
static void begin_pair(void)
{
	static const struct {
		uint64_t chan, at;
	} made[] = { { JOBS, 0x203 }, { DONE, 0x206 } };

	fixture_begin_flows(&fx);
	feed_process(&fx, THE_PID, "app");
	for (int i = 0; i < 2; i++)
		feed_kind(1, CS_MAKE, made[i].chan, 1, STACK(0, made[i].at, 0x200));
	feed_kind(2, CS_PARK_RECV, JOBS, 2, B);
	feed_event(&fx, 3, 1, (struct cs_event){ .kind = CS_SEND_DIRECT, .chan = JOBS, .aux = 2, .stack = A });
	feed_event(&fx, 4, 2, (struct cs_event){ .kind = CS_WAKE_RECV, .chan = JOBS, .flags = CS_F_OK, .stack = B });
	feed_kind(5, CS_PARK_RECV, DONE, 1, A);
	feed_event(&fx, 6, 2, (struct cs_event){ .kind = CS_SEND_DIRECT, .chan = DONE, .aux = 1, .stack = B });
	feed_event(&fx, 7, 1, (struct cs_event){ .kind = CS_WAKE_RECV, .chan = DONE, .flags = CS_F_OK, .stack = A });
}

/* Number of streams in a cycle at the end. */
static unsigned int cycle_streams(uint64_t end_ns)
{
	struct dot_graph g;
	unsigned int nr = 0;

	fixture_end(&fx, end_ns);
	assert_int_equal(dot_graph__build(&g, &fx.in, &diag), 0);
	assert_int_equal(dot_graph__mark_cycles(&g), 0);
	for (size_t i = 0; i < g.nr_streams; i++) {
		nr += g.streams[i].in_cycle;
		assert_true(!g.streams[i].in_cycle || g.groups[g.streams[i].group].in_cycle);
		assert_true(!g.streams[i].in_cycle || g.chans[g.streams[i].chan].in_cycle);
	}
	dot_graph__free(&g);
	return nr;
}

static void marks_a_deadlock(void **state)
{
	(void)state;
	begin_pair();
	feed_kind(10, CS_PARK_SEND, JOBS, 1, A); /* needs B to receive */
	feed_kind(11, CS_PARK_SEND, DONE, 2, B); /* needs A to receive */
	assert_int_equal(cycle_streams(SEC), 4);
	assert_int_equal(sink_dot(output_open(&out), &fx.in, &diag), 0);
	output_close(&out);
	assert_non_null(strstr(out.text, "color=red"));
	fixture_free(&fx);
}

static void marks_no_wait_that_may_end(void **state)
{
	static const struct {
		const char *what;
		double since_ms;
		bool other_runs, third_serves, select;
		unsigned int streams;
	} cases[] = {
		{ "the deadlock itself", 10, false, false, false, 4 },
		{ "short waits", 950, false, false, false, 0 },
		{ "the other one runs", 10, true, false, false, 0 },
		{ "a third one, that runs, receives too", 10, false, true, false, 0 },
		{ "a select with another case", 10, false, false, true, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin_pair();
		if (cases[i].third_serves) {
			feed_kind(8, CS_RECV_FAILED, JOBS, 3, C);
			feed_kind(8, CS_RECV_FAILED, DONE, 3, C);
		}
		feed_kind(cases[i].since_ms, CS_PARK_SEND, JOBS, 1, A);
		if (cases[i].select) {
			feed_event(&fx, 11, 2, (struct cs_event){ .kind = CS_PARK_SELECT, .aux = 2, .stack = B });
			feed_event(&fx, 11, 2,
				   (struct cs_event){ .kind = CS_SELECT_CASE,
						      .chan = DONE,
						      .flags = CS_F_DIR_SEND | CS_F_SELECT });
			feed_event(&fx, 11, 2,
				   (struct cs_event){ .kind = CS_SELECT_CASE,
						      .chan = OLDER,
						      .flags = CS_F_SELECT,
						      .select_case = 1 });
		} else if (!cases[i].other_runs) {
			feed_kind(cases[i].since_ms + 1, CS_PARK_SEND, DONE, 2, B);
		}
		if (cycle_streams(SEC) != cases[i].streams)
			fail_msg("%s", cases[i].what);
		fixture_free(&fx);
	}
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
		cmocka_unit_test(draws_the_demo),
		cmocka_unit_test(draws_hostile_names),
		cmocka_unit_test(draws_nothing_and_a_full_disk),
		cmocka_unit_test(marks_a_deadlock),
		cmocka_unit_test(marks_no_wait_that_may_end),
	};

	return cmocka_run_group_tests(tests, NULL, free_output);
}
