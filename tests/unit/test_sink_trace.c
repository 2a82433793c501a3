// SPDX-License-Identifier: Apache-2.0
/* sink: every kind of event as a line of text and as a line of JSON. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <jansson.h>

#include "unit/sink_fixture.h"

static struct output out;

static const struct sym_frame stack[] = {
	{ "runtime.chansend1", "/go/src/runtime/chan.go", 157, 0x10, false },
	{ "example.com/app/pool.(*Pool).Submit", "/src/pool.go", 42, 0x20, true },
	{ "main.main", "/src/main.go", 7, 0x20, false },
};

/* The event of a line; stack is for the asking. */
static struct trace_line line_of(const struct cs_event *e)
{
	return (struct trace_line){
		.event = e,
		.epoch_ns = WALL0 + 1234567,
		.comm = "server",
		.stack = stack,
		.nr_frames = 3,
	};
}

static const struct {
	struct cs_event e;
	const char *op, *outcome, *direction, *blocked_in;
	const char *text; /* op and outcome of the text line */
} kinds[] = {
	{ { .kind = CS_MAKE }, "make", NULL, NULL, NULL, "make            -  " },
	{ { .kind = CS_SEND_BUFFERED }, "send", "buffered", "send", NULL, "send            buffered  " },
	{ { .kind = CS_SEND_DIRECT }, "send", "direct", "send", NULL, "send            direct  " },
	{ { .kind = CS_SEND_FAILED }, "send", "would_block", "send", NULL, "send            would_block  " },
	{ { .kind = CS_SEND_PANIC }, "send", "panic", "send", NULL, "send            panic  " },
	{ { .kind = CS_RECV_BUFFERED }, "receive", "buffered", "receive", NULL, "receive         buffered  " },
	{ { .kind = CS_RECV_DIRECT }, "receive", "direct", "receive", NULL, "receive         direct  " },
	{ { .kind = CS_RECV_FAILED }, "receive", "would_block", "receive", NULL, "receive         would_block  " },
	{ { .kind = CS_RECV_CLOSED }, "receive", "closed", "receive", NULL, "receive         closed  " },
	{ { .kind = CS_CLOSE }, "close", "closed", NULL, NULL, "close           closed  " },
	{ { .kind = CS_CLOSE_PANIC }, "close", "panic", NULL, NULL, "close           panic  " },
	{ { .kind = CS_PARK_SEND }, "park", "blocked", "send", "send", "park send       blocked  " },
	{ { .kind = CS_PARK_RECV }, "park", "blocked", "receive", "receive", "park receive    blocked  " },
	{ { .kind = CS_PARK_SELECT }, "park", "blocked", NULL, "select", "park select     blocked  " },
	{ { .kind = CS_WAKE_SEND, .flags = CS_F_OK }, "wake", "value", "send", "send", "wake send       value  " },
	{ { .kind = CS_WAKE_SEND }, "wake", "panic", "send", "send", "wake send       panic  " },
	{ { .kind = CS_WAKE_RECV, .flags = CS_F_OK },
	  "wake",
	  "value",
	  "receive",
	  "receive",
	  "wake receive    value  " },
	{ { .kind = CS_WAKE_RECV }, "wake", "closed", "receive", "receive", "wake receive    closed  " },
	{ { .kind = CS_WAKE_SELECT, .flags = CS_F_OK | CS_F_DIR_SEND },
	  "wake",
	  "value",
	  "send",
	  "select",
	  "wake select     value  " },
	{ { .kind = CS_WAKE_SELECT }, "wake", "closed", "receive", "select", "wake select     closed  " },
	{ { .kind = CS_SELECT_DEFAULT }, "select", "default", NULL, NULL, "select          default  " },
	{ { .kind = CS_SEND_BUFFERED, .flags = CS_F_SELECT },
	  "select",
	  "buffered",
	  "send",
	  NULL,
	  "select send     buffered  " },
	{ { .kind = CS_RECV_CLOSED, .flags = CS_F_SELECT },
	  "select",
	  "closed",
	  "receive",
	  NULL,
	  "select receive  closed  " },
	{ { .kind = CS_SEND_PANIC, .flags = CS_F_SELECT }, "select", "panic", "send", NULL, "select send     panic  " },
	/* no lines of their own */
	{ { .kind = CS_SELECT_CASE }, NULL, NULL, NULL, NULL, NULL },
	{ { .kind = 0 }, NULL, NULL, NULL, NULL, NULL },
	{ { .kind = CS_NR_KINDS }, NULL, NULL, NULL, NULL, NULL },
	{ { .kind = 255 }, NULL, NULL, NULL, NULL, NULL },
};

static void assert_member(const json_t *root, const char *name, const char *want)
{
	const char *have = json_string_value(json_object_get(root, name));

	if (!want)
		assert_null(have);
	else
		assert_string_equal(have, want);
}

static void words_every_kind(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct cs_event e = kinds[i].e;
		struct trace_line line = line_of(&e);

		e.chan = 0xc000010000;
		e.select_case = CS_NO_CASE;
		assert_int_equal(sink_trace_text(output_open(&out), &line), 0);
		output_close(&out);
		if (kinds[i].text)
			assert_non_null(strstr(out.text, kinds[i].text));
		else
			assert_int_equal(out.len, 0);
		assert_int_equal(sink_trace_json(output_open(&out), &line), 0);
		output_close(&out);
		if (!kinds[i].op) {
			assert_int_equal(out.len, 0);
			continue;
		}
		json_t *root = json_loads(out.text, JSON_REJECT_DUPLICATES, NULL);

		assert_non_null(root);
		assert_member(root, "op", kinds[i].op);
		assert_member(root, "outcome", kinds[i].outcome);
		assert_member(root, "direction", kinds[i].direction);
		assert_member(root, "blocked_in", kinds[i].blocked_in);
		json_decref(root);
	}
}

static void aligns_text(void **state)
{
	struct cs_event send = { .kind = CS_SEND_DIRECT,
				 .chan = 0xc000010000,
				 .goid = 7,
				 .pid = 12,
				 .len = 3,
				 .cap = 10,
				 .flags = CS_F_CLOSED };
	struct cs_event nil = { .kind = CS_PARK_RECV, .goid = 123456, .pid = 4000000 };
	struct cs_event select = { .kind = CS_PARK_SELECT, .goid = 8, .pid = 12, .aux = 2 };
	struct cs_event panic = {
		.kind = CS_SEND_PANIC, .flags = CS_F_SELECT, .goid = 9, .pid = 12, .select_case = CS_NO_CASE
	};
	struct cs_event walked = {
		.kind = CS_PARK_SEND, .chan = 0xc000010000, .goid = 10, .pid = 12, .flags = CS_F_WALKED
	};
	struct trace_line line = line_of(&send);

	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	output_open(&out);
	assert_int_equal(sink_trace_text(out.file, &line), 0);
	line.event = &nil;
	line.nr_frames = 0;
	assert_int_equal(sink_trace_text(out.file, &line), 0);
	line.event = &select;
	line.nr_frames = 1;
	assert_int_equal(sink_trace_text(out.file, &line), 0);
	line.event = &panic;
	assert_int_equal(sink_trace_text(out.file, &line), 0);
	line.event = &walked;
	assert_int_equal(sink_trace_text(out.file, &line), 0);
	output_close(&out);
	assert_golden("trace.txt", &out);
}

static void json_has_all_fields(void **state)
{
	struct cs_event e = { .kind = CS_RECV_DIRECT,
			      .chan = 0xc000010000,
			      .goid = 7,
			      .pid = 12,
			      .tid = 13,
			      .len = 3,
			      .cap = 10,
			      .aux = 99,
			      .elem_size = 16,
			      .select_case = 2,
			      .flags = CS_F_SELECT };
	struct trace_line line = line_of(&e);
	json_t *root, *frame;

	(void)state;
	assert_int_equal(sink_trace_json(output_open(&out), &line), 0);
	output_close(&out);
	assert_ptr_equal(strchr(out.text, '\n'), out.text + out.len - 1);
	root = json_loads(out.text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(root);
	static const struct {
		const char *name;
		json_int_t value;
	} numbers[] = {
		{ "time_ns", (json_int_t)WALL0 + 1234567 },
		{ "pid", 12 },
		{ "tid", 13 },
		{ "goroutine", 7 },
		{ "length", 3 },
		{ "capacity", 10 },
		{ "peer", 99 },
		{ "select_case", 2 },
		{ "element_size", 16 },
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		assert_true(json_integer_value(json_object_get(root, numbers[i].name)) == numbers[i].value);
	assert_string_equal(json_string_value(json_object_get(root, "channel")), "0xc000010000");
	assert_true(json_is_false(json_object_get(root, "closed")));
	assert_int_equal(json_array_size(json_object_get(root, "stack")), 3);
	frame = json_array_get(json_object_get(root, "stack"), 1);
	assert_string_equal(json_string_value(json_object_get(frame, "function")), stack[1].function);
	assert_string_equal(json_string_value(json_object_get(frame, "pc")), "0x20");
	assert_true(json_is_true(json_object_get(frame, "inlined")));
	json_decref(root);
}

static void unknown_is_null(void **state)
{
	struct cs_event e = {
		.kind = CS_SEND_BUFFERED, .chan = 0xc000010000, .flags = CS_F_NO_CHAN, .select_case = CS_NO_CASE
	};
	static const char *const names[] = { "length", "capacity", "closed", "element_size", "comm" };
	struct trace_line line = line_of(&e);
	json_t *root;

	(void)state;
	line.comm = NULL;
	assert_int_equal(sink_trace_json(output_open(&out), &line), 0);
	output_close(&out);
	root = json_loads(out.text, 0, NULL);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_true(json_is_null(json_object_get(root, names[i])));
	assert_null(json_object_get(root, "select_case"));
	assert_null(json_object_get(root, "peer"));
	json_decref(root);
}

static void survives_hostile_names(void **state)
{
	struct sym_frame frame = { hostile, hostile, 1, ~0ULL, false };
	struct cs_event e = { .kind = CS_SEND_DIRECT,
			      .chan = ~0ULL,
			      .goid = ~0ULL,
			      .pid = ~0U,
			      .len = ~0U,
			      .cap = ~0U,
			      .aux = ~0ULL,
			      .flags = 0xff & ~CS_F_NO_CHAN };
	struct trace_line line = { .event = &e, .epoch_ns = ~0ULL, .comm = hostile, .stack = &frame, .nr_frames = 1 };
	json_t *root;

	(void)state;
	assert_int_equal(sink_trace_text(output_open(&out), &line), 0);
	output_close(&out);
	assert_python(PYTHON_CLEAN_TEXT, &out);
	assert_ptr_equal(strchr(out.text, '\n'), out.text + out.len - 1);
	assert_int_equal(sink_trace_json(output_open(&out), &line), 0);
	output_close(&out);
	assert_ptr_equal(strchr(out.text, '\n'), out.text + out.len - 1);
	root = json_loads(out.text, 0, NULL);
	assert_non_null(root);
	json_decref(root);
}

static void reports_a_full_disk(void **state)
{
	struct cs_event e = { .kind = CS_CLOSE };
	struct trace_line line = line_of(&e);
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(full);
	setvbuf(full, NULL, _IONBF, 0);
	assert_int_equal(sink_trace_text(full, &line), -EIO);
	clearerr(full);
	assert_int_equal(sink_trace_json(full, &line), -EIO);
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
		cmocka_unit_test(words_every_kind),	  cmocka_unit_test(aligns_text),
		cmocka_unit_test(json_has_all_fields),	  cmocka_unit_test(unknown_is_null),
		cmocka_unit_test(survives_hostile_names), cmocka_unit_test(reports_a_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, free_output);
}
