// SPDX-License-Identifier: Apache-2.0
/* sink: two runs compared, as folded stacks and as a flame graph. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "sink/folded_diff.h"
#include "unit/sink_demo.h"

static struct output out;
static struct diag diag;

static int read_text(struct folded_lines *fl, const char *text, size_t len)
{
	char copy[4096];
	auto_file FILE *f = NULL;

	assert_true(len < sizeof(copy));
	memcpy(copy, text, len + 1);
	f = fmemopen(copy, len, "r");
	assert_non_null(f);
	diag = (struct diag){ 0 };
	return folded_lines__read(fl, f, "old.txt", &diag);
}

static void reads_folded_stacks(void **state)
{
	struct folded_lines fl;
	static const char text[] = "# by another tool\n"
				   "1/app;main.main;[chan send main.go:7] 10\n"
				   "\r\n"
				   "app;a frame with blanks; 5\r\n"
				   "x\xff\x1b;y 18446744073709551 \n";

	(void)state;
	assert_int_equal(read_text(&fl, text, sizeof(text) - 1), -EINVAL); /* a blank at the end */
	assert_string_equal(diag.what, "old.txt: line 5 is no folded stack");
	assert_int_equal(fl.nr, 2);
	assert_string_equal(fl.lines[0].path, "1/app;main.main;[chan send main.go:7]");
	assert_int_equal(fl.lines[0].value, 10);
	assert_string_equal(fl.lines[1].path, "app;a frame with blanks;");
	assert_int_equal(fl.lines[1].value, 5);
	assert_int_equal(fl.total, 15);
	folded_lines__free(&fl);
	assert_int_equal(read_text(&fl, "x\xff\x1b;y 3", 7), 0);
	assert_string_equal(fl.lines[0].path, "x\xef\xbf\xbd\xef\xbf\xbd;y");
	folded_lines__free(&fl);
}

static void refuses_what_is_none(void **state)
{
	static const struct {
		const char *text;
		size_t len; /* 0: all */
		int err;
	} cases[] = {
		{ "stack\n", 0, -EINVAL },
		{ "stack x\n", 0, -EINVAL },
		{ "stack -1\n", 0, -EINVAL },
		{ "stack +1\n", 0, -EINVAL },
		{ "stack 1.5\n", 0, -EINVAL },
		{ "stack 0x10\n", 0, -EINVAL },
		{ " 1\n", 0, -EINVAL },
		{ "stack 18446744073709551616\n", 0, -EINVAL },
		{ "stack 18446744073709551615\n", 0, -ERANGE },
		{ "a 4611686018427387904\nb 1\n", 0, -ERANGE },
		{ "st\0ack 1\n", 9, -EINVAL },
		{ "\x7f"
		  "ELF\x02\x01\x01",
		  0, -EINVAL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct folded_lines fl;
		size_t len = cases[i].len ? cases[i].len : strlen(cases[i].text);

		if (read_text(&fl, cases[i].text, len) != cases[i].err)
			fail_msg("`%s`: %s", cases[i].text, diag.what);
		assert_non_null(strstr(diag.what, "old.txt"));
		folded_lines__free(&fl);
	}
}

static void begin(struct fixture *f)
{
	fixture_begin(f, CAPTURE_ALL);
	feed_process(f, THE_PID, "app");
	feed_event(f, 1, 1, (struct cs_event){ .kind = CS_PARK_SEND, .chan = JOBS, .stack = SUBMIT });
	feed_event(f, 101, 1,
		   (struct cs_event){ .kind = CS_WAKE_SEND, .chan = JOBS, .flags = CS_F_OK, .stack = SUBMIT });
	feed_event(f, 1, 2, (struct cs_event){ .kind = CS_PARK_RECV, .chan = DONE, .stack = MERGE });
	feed_event(f, 301, 2,
		   (struct cs_event){ .kind = CS_WAKE_RECV, .chan = DONE, .flags = CS_F_OK, .stack = MERGE });
	fixture_end(f, SEC);
}

/* Another PID; the send waited half as long, the receive is new, and something has gone. */
static const char before[] = "77/app;main.main;example.com/app/pool.(*Pool).Submit;[chan send pool.go:42] 200000000\n"
			     "77/app;main.main;main.gone;[chan receive gone.go:1] 50000000\n";

static void writes_both_values(void **state)
{
	struct folded_lines old;
	struct fixture f;

	(void)state;
	begin(&f);
	assert_int_equal(read_text(&old, before, sizeof(before) - 1), 0);
	assert_int_equal(sink_folded(output_open(&out), &f.in, WEIGHT_WAIT, &old, &diag), 0);
	output_close(&out);
	assert_string_equal(
		out.text,
		"app;main.main;example.com/app/pool.(*Pool).Submit;[chan send pool.go:42] 200000000 100000000\n"
		"app;main.main;main.gone;[chan receive gone.go:1] 50000000 0\n"
		"app;main.main;main.merge;[chan receive merge.go:31] 0 300000000\n");
	folded_lines__free(&old);
	fixture_free(&f);
}

#define PYTHON_CLASSES                                                                                   \
	"import sys, xml.dom.minidom as m\n"                                                             \
	"d = m.parseString(sys.stdin.buffer.read())\n"                                                   \
	"boxes = {}\n"                                                                                   \
	"for g in d.getElementsByTagName(\"g\"):\n"                                                      \
	"    if g.getAttribute(\"class\").startswith(\"f \"):\n"                                         \
	"        name, about = g.getElementsByTagName(\"title\")[0].firstChild.data.split(\"\\n\")\n"    \
	"        boxes[name] = (g.getAttribute(\"class\")[2:], about)\n"                                 \
	"assert boxes[\"all\"] == (\"more2\", \"400ms, 100.00% of all; 250ms before, +60.0%\"), boxes\n" \
	"assert boxes[\"app\"][0] == \"more2\"\n"                                                        \
	"assert boxes[\"[chan send pool.go:42]\"] == (\"less3\", \"100ms, 25.00% of all; 200ms before, " \
	"-50.0%\"), boxes\n"                                                                             \
	"assert boxes[\"main.merge\"] == (\"more4\", \"300ms, 75.00% of all; nothing before\"), boxes\n" \
	"assert \"main.gone\" not in boxes\n"

static void draws_what_has_changed(void **state)
{
	struct folded_lines old;
	struct fixture f;

	(void)state;
	begin(&f);
	assert_int_equal(read_text(&old, before, sizeof(before) - 1), 0);
	assert_int_equal(sink_flame_svg(output_open(&out), &f.in, WEIGHT_WAIT, NULL, &old, &diag), 0);
	output_close(&out);
	assert_python(PYTHON_CLASSES, &out);
	assert_non_null(strstr(out.text, "more than before"));
	assert_null(strstr(out.text, "at a send"));
	folded_lines__free(&old);
	fixture_free(&f);
}

/* The same run twice: nothing has changed. */
static void draws_equal_runs(void **state)
{
	struct folded_lines old = { 0 };
	struct fixture f;

	(void)state;
	begin(&f);
	assert_int_equal(folded_lines__collect(&old, &f.in, WEIGHT_WAIT, &diag), 0);
	assert_int_equal(sink_flame_svg(output_open(&out), &f.in, WEIGHT_WAIT, NULL, &old, &diag), 0);
	output_close(&out);
	assert_non_null(strstr(out.text, "class=\"f same\""));
	assert_null(strstr(out.text, "class=\"f more"));
	assert_null(strstr(out.text, "class=\"f less"));
	folded_lines__free(&old);
	fixture_free(&f);
}

/* Nothing now, something before; and the largest numbers that are taken. */
static void draws_nothing_left(void **state)
{
	static const char most[] = "x;y 4611686018427387904\n";
	struct folded_lines old;
	struct fixture f;

	(void)state;
	fixture_begin(&f, CAPTURE_ALL);
	fixture_end(&f, SEC);
	assert_int_equal(read_text(&old, most, sizeof(most) - 1), 0);
	assert_int_equal(sink_flame_svg(output_open(&out), &f.in, WEIGHT_WAIT, NULL, &old, &diag), 0);
	output_close(&out);
	assert_python("import sys, xml.dom.minidom as m; m.parseString(sys.stdin.buffer.read())", &out);
	assert_non_null(strstr(out.text, "class=\"f less4\""));
	folded_lines__free(&old);
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
		cmocka_unit_test(reads_folded_stacks), cmocka_unit_test(refuses_what_is_none),
		cmocka_unit_test(writes_both_values),  cmocka_unit_test(draws_what_has_changed),
		cmocka_unit_test(draws_equal_runs),    cmocka_unit_test(draws_nothing_left),
	};

	return cmocka_run_group_tests(tests, NULL, free_output);
}
