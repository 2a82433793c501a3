// SPDX-License-Identifier: Apache-2.0
/* sink: the text of `perf script`, by the patterns with which other programs read it. */
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

static void begin(enum script_events events)
{
	diag = (struct diag){ 0 };
	event_fixture_begin(&ef, CAPTURE_ALL);
	assert_int_equal(sink_script(output_open(&out), &ef.f.in, events, &ef.sink, &diag), 0);
	event_fixture_plug(&ef);
}

static void end(uint64_t ns)
{
	fixture_end(&ef.f, ns);
	assert_int_equal(event_fixture_close(&ef, &diag), 0);
	output_close(&out);
	fixture_free(&ef.f);
}

/* The number of records of an event, and the sum of their periods. */
static unsigned int records(const char *name, uint64_t *ret_periods)
{
	unsigned int nr = 0;
	char header[64];

	*ret_periods = 0;
	snprintf(header, sizeof(header), " %s: \n", name);
	for (const char *p = out.text; (p = strstr(p, header)); p++, nr++) {
		const char *digits = p;

		while (digits[-1] != ' ')
			digits--;
		*ret_periods += strtoull(digits, NULL, 10);
	}
	return nr;
}

static void tells_the_demo(void **state)
{
	(void)state;
	begin(SCRIPT_ALL);
	demo_feed(&ef.f);
	end(5 * SEC);
	assert_golden("script.txt", &out);
}

struct sums {
	uint64_t wait_ns, ops, makes;
};

static bool add_stat(void *ctx, const struct stack_stat *s)
{
	struct sums *sums = ctx;

	sums->wait_ns += s->wait_ns;
	sums->ops += s->ops;
	sums->makes += s->op == STACK_MAKE ? s->ops : 0;
	return true;
}

/* What was parked before attaching is a wait and no operation of this run: the demo has one. */
static void adds_up_to_the_model(void **state)
{
	static const char *const ops[] = { "chan-make", "chan-send", "chan-receive", "chan-select", "chan-close" };
	struct sums want = { 0 };
	uint64_t periods, nr_ops = 0;

	(void)state;
	begin(SCRIPT_ALL);
	demo_feed(&ef.f);
	fixture_end(&ef.f, 5 * SEC);
	world__stack_stats(ef.f.w, add_stat, &want);
	assert_int_equal(event_fixture_close(&ef, &diag), 0);
	output_close(&out);
	fixture_free(&ef.f);
	assert_int_equal(records("chan-wait", &periods), 9);
	assert_int_equal(periods, want.wait_ns);
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		nr_ops += records(ops[i], &periods);
		assert_int_equal(records(ops[i], &periods), periods); /* each has period 1 */
	}
	assert_int_equal(nr_ops, want.ops - 1);
	assert_int_equal(records("chan-make", &periods), want.makes);
}

static void tells_only_what_is_asked(void **state)
{
	uint64_t periods;

	(void)state;
	begin(SCRIPT_WAITS);
	demo_feed(&ef.f);
	end(5 * SEC);
	assert_int_equal(records("chan-wait", &periods), 9);
	assert_int_equal(records("chan-send", &periods), 0);
	begin(SCRIPT_OPS);
	demo_feed(&ef.f);
	end(5 * SEC);
	assert_int_equal(records("chan-wait", &periods), 0);
	assert_true(records("chan-send", &periods) > 0);
}

/* Goroutines that were parked as their process ended waited until then. */
static void ends_waits_with_the_process(void **state)
{
	uint64_t periods;

	(void)state;
	begin(SCRIPT_ALL);
	feed_process(&ef.f, THE_PID, "app");
	feed_event(&ef.f, 10, 1, (struct cs_event){ .kind = CS_PARK_SEND, .chan = JOBS, .stack = SUBMIT });
	ef.f.feed.ops->process_end(ef.f.feed.ctx, THE_PID, T0 + 25 * MS, PROCESS_EXITED);
	end(SEC);
	assert_int_equal(records("chan-wait", &periods), 1);
	assert_int_equal(periods, 15 * MS);
	assert_non_null(strstr(out.text, "  100.025000000:   15000000 chan-wait: \n"));
}

/* A wake whose park was not seen is an operation, without a wait; a select that panics was counted as it parked. */
static void counts_each_operation_once(void **state)
{
	uint64_t periods;

	(void)state;
	begin(SCRIPT_ALL);
	feed_process(&ef.f, THE_PID, "app");
	feed_event(&ef.f, 1, 1,
		   (struct cs_event){ .kind = CS_WAKE_SEND, .chan = JOBS, .flags = CS_F_OK, .stack = SUBMIT });
	feed_event(&ef.f, 2, 2, (struct cs_event){ .kind = CS_PARK_SELECT, .aux = 1, .stack = MERGE });
	feed_event(
		&ef.f, 2, 2,
		(struct cs_event){
			.kind = CS_SELECT_CASE, .chan = JOBS, .flags = CS_F_DIR_SEND | CS_F_SELECT, .select_case = 0 });
	feed_event(&ef.f, 5, 2,
		   (struct cs_event){
			   .kind = CS_SEND_PANIC, .chan = JOBS, .flags = CS_F_SELECT | CS_F_CLOSED, .stack = MERGE });
	end(SEC);
	assert_int_equal(records("chan-send", &periods), 1);
	assert_int_equal(records("chan-select", &periods), 1);
	assert_int_equal(records("chan-wait", &periods), 1);
	assert_int_equal(periods, 3 * MS);
}

/*
 * The patterns of stackcollapse-perf.pl, speedscope and the Firefox Profiler, and inferno's way to split a line;
 * every record must have its process, event, period and all its frames under each of them.
 */
#define PYTHON_READERS                                                                              \
	"import re, sys\n"                                                                          \
	"t = sys.stdin.buffer.read().decode(\"utf-8\")\n"                                           \
	"n = 0\n"                                                                                   \
	"for r in t.split(\"\\n\\n\")[:-1]:\n"                                                      \
	"    h, *frames = r.split(\"\\n\")\n"                                                       \
	"    assert frames, r\n"                                                                    \
	"    m = re.match(r\"(\\S.+?)\\s+(\\d+)/*(\\d+)*\\s+\", h)\n"                               \
	"    assert m and m[2] == \"1234\" and m[3] == \"1235\", h\n"                               \
	"    m = re.search(r\":\\s*(\\d+)*\\s+(\\S+):\\s*$\", h)\n"                                 \
	"    assert m and m[1] and m[2] == \"chan-close\", h\n"                                     \
	"    assert re.match(r\"\\S.*?\\s+(?:\\d+/)?\\d+\\s+(?:\\[\\d+\\]\\s+)?[\\d.]+:\", h), h\n" \
	"    assert not h[0] in \"#{\"\n"                                                           \
	"    for f in frames:\n"                                                                    \
	"        m = re.match(r\"\\s*(\\w+)\\s*(.+) \\((\\S*)\\)$\", f)\n"                          \
	"        assert m and m[2][0] != \"(\" and \"->\" not in m[2], f\n"                         \
	"        assert f.rsplit(\" \", 1)[1][0] == \"(\", f\n"                                     \
	"    n += 1\n"                                                                              \
	"assert n == 7, n\n"

static void takes_hostile_names(void **state)
{
	static const char *const comms[] = { "a;b\n<c>", "#x", "{", "x", "", "12 34/56", "\xff\x1b[2J \xe2\x80\xa8" };
	static const char *const names[] = { "(evil)->a\nb", " ", "->", "a (b) (c", "+0x12", "\xe2\x80\xae", ")" };
	const char *saved = hostile;

	(void)state;
	begin(SCRIPT_OPS);
	for (unsigned int i = 0; i < sizeof(comms) / sizeof(comms[0]); i++) {
		struct feed_process p = {
			.pid = THE_PID, .comm = comms[i], .exe = "/a b\xc2\xa0(c)\n/d", .attached_at_ns = T0
		};

		hostile = names[i];
		ef.f.feed.ops->process(ef.f.feed.ctx, &p);
		/* another stack each time: they are kept as text */
		feed_event(&ef.f, i, 1,
			   (struct cs_event){ .kind = CS_CLOSE, .chan = JOBS, .stack = STACK(0, 0x300, 0x900 + i) });
	}
	end(SEC);
	hostile = saved;
	assert_python(PYTHON_READERS, &out);
	*strchr(out.text, '\n') = '\0';
	assert_null(strchr(out.text, '\x1b'));
}

static void takes_endless_names_and_huge_times(void **state)
{
	static char endless[100000];
	const char *saved = hostile;
	struct cs_event e = { .kind = CS_PARK_SEND, .time_ns = 1, .goid = 1, .pid = THE_PID, .chan = JOBS };

	(void)state;
	memset(endless, 'x', sizeof(endless) - 1);
	hostile = endless;
	begin(SCRIPT_ALL);
	feed_process(&ef.f, THE_PID, "app");
	feed_event(&ef.f, 1, 2, (struct cs_event){ .kind = CS_PARK_SEND, .chan = JOBS, .stack = STACK(0, 0, 0x300) });
	ef.f.feed.ops->event(ef.f.feed.ctx, &e);
	ef.f.feed.ops->end(ef.f.feed.ctx, UINT64_MAX);
	assert_int_equal(event_fixture_close(&ef, &diag), 0);
	output_close(&out);
	fixture_free(&ef.f);
	hostile = saved;
	assert_non_null(strstr(out.text, endless));
	assert_non_null(strstr(out.text, " 18446744073.709551615: 18446744073709551614 chan-wait: \n"));
}

static void tells_losses_and_a_full_disk(void **state)
{
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	begin(SCRIPT_ALL);
	demo_feed(&ef.f);
	ef.f.losses[CS_LOSS_RING_FULL] = 12;
	end(SEC);
	assert_non_null(strstr(out.text, "\n# lost: 12 events dropped because the ring buffer was full"));
	assert_non_null(full);
	setvbuf(full, NULL, _IONBF, 0);
	event_fixture_begin(&ef, CAPTURE_ALL);
	assert_int_equal(sink_script(full, &ef.f.in, SCRIPT_ALL, &ef.sink, &diag), 0);
	event_fixture_plug(&ef);
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
		cmocka_unit_test(adds_up_to_the_model),
		cmocka_unit_test(tells_only_what_is_asked),
		cmocka_unit_test(ends_waits_with_the_process),
		cmocka_unit_test(counts_each_operation_once),
		cmocka_unit_test(takes_hostile_names),
		cmocka_unit_test(takes_endless_names_and_huge_times),
		cmocka_unit_test(tells_losses_and_a_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, free_output);
}
