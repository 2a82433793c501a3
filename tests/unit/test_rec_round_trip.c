// SPDX-License-Identifier: Apache-2.0
/* What is recorded comes back: every call of the feed with every field, and the names that the writer asks for. */
#include "unit/rec_fixture.h"

static void round_trip(uint64_t nr_events, uint64_t seed)
{
	struct notes told = { 0 }, read = { 0 };
	struct rec_read result;
	struct diag d = { 0 };
	const char *path = rec_path("round");

	record_run(path, nr_events, seed, &told);
	if (read_notes(path, &read, &result, &d))
		fail_msg("%s", d.what);
	assert_true(result.complete && !result.marked && !result.damage[0]);
	assert_int_equal(result.nr_events, nr_events);
	assert_same_notes(&told, &read);
	notes_free(&told);
	notes_free(&read);
	unlink(path);
}

static void test_every_call_comes_back(void **state)
{
	static const uint64_t numbers[] = {
		0, 1, 2, 63, 1000, REC_MAX_BLOCK_EVENTS - 1, REC_MAX_BLOCK_EVENTS, REC_MAX_BLOCK_EVENTS + 1, 50000
	};

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		round_trip(numbers[i], 88172645463325252ull + i);
	for (uint64_t seed = 1; seed < 100; seed++)
		round_trip(300, seed * 0x9e3779b97f4a7c15);
}

/* Every number that a field can hold, at once and each alone. */
static void test_extreme_fields(void **state)
{
	static const struct rec_writer_opts none;
	const char *path = rec_path("extreme");
	struct notes told = { 0 }, read = { 0 };
	struct rec_read result;
	struct rec_writer *w;
	struct diag d = { 0 };
	struct tee t;

	(void)state;
	assert_int_equal(rec_writer__new(path, &none, &w, &d), 0);
	t = (struct tee){ .a = rec_writer__feed(w), .b = { .ops = &note_ops, .ctx = &told } };
	for (size_t i = 0; i < 8 * sizeof(struct cs_event); i++) {
		struct cs_event e;

		memset(&e, i % 2 ? 0xff : 0, sizeof(e));
		((uint8_t *)&e)[i / 8] ^= (uint8_t)(1u << i % 8);
		e.stack = 0;
		e.kind = (uint8_t)(1 + i % (CS_NR_KINDS - 1));
		TEE(&t, event, &e);
	}
	run_end(&t, &(struct random){ .state = 5 });
	assert_int_equal(rec_writer__close(w, &d), 0);
	rec_writer__free(w);
	assert_int_equal(read_notes(path, &read, &result, &d), 0);
	assert_same_notes(&told, &read);
	notes_free(&told);
	notes_free(&read);
	unlink(path);
}

/* --- names that the writer asks for --- */

struct asked {
	unsigned int nr_frames, nr_types;
};

static int give_frames(void *ctx, uint32_t pid, uint64_t pc, bool is_return_address, struct feed_frame *ret,
		       uint32_t max)
{
	struct asked *a = ctx;

	assert_true(max >= 2);
	a->nr_frames++;
	if (pc == 0x999)
		return -1;
	ret[0] = (struct feed_frame){ is_return_address ? "main.caller" : "main.leaf", "/src/x.go", pid, true };
	ret[1] = (struct feed_frame){ "main.outer", "", 0, false };
	return pc == 0x500 ? 0 : 2;
}

static const char *give_type(void *ctx, uint32_t pid, uint64_t va)
{
	struct asked *a = ctx;

	a->nr_types++;
	(void)pid;
	return va == 0x77 ? NULL : "struct {}";
}

/* What the writer is expected to add to the file, told by the calls of a feed. */
static void tell_expected(struct notes *n, uint32_t pid, uint64_t pc, bool is_return_address)
{
	struct asked none = { 0 };
	struct feed_frame f[REC_MAX_FRAMES];
	int nr = give_frames(&none, pid, pc, is_return_address, f, REC_MAX_FRAMES);

	note_frames(n, pid, pc, is_return_address, f, (uint32_t)nr);
}

static void send(const struct feed *feed, uint32_t pid, uint64_t stack, uint64_t type)
{
	struct cs_event e = { .kind = CS_SEND_BUFFERED,
			      .time_ns = 1,
			      .chan = 0xc000000000 + type,
			      .pid = pid,
			      .tid = pid,
			      .stack = stack,
			      .aux = type };

	feed->ops->event(feed->ctx, &e);
}

static void test_names_are_asked_for_once(void **state)
{
	static const uint64_t pcs[] = { 0x400, 0x500, 0x999, 0x400 };
	struct asked asked = { 0 };
	const struct rec_writer_opts opts = { .frames = give_frames, .type_name = give_type, .ctx = &asked };
	const char *path = rec_path("names");
	struct notes expected = { 0 }, read = { 0 };
	struct rec_read result;
	struct rec_writer *w;
	struct diag d = { 0 };
	struct feed feed;

	(void)state;
	assert_int_equal(rec_writer__new(path, &opts, &w, &d), 0);
	feed = rec_writer__feed(w);
	feed.ops->stack(feed.ctx, 42, pcs, 4);
	/* over several blocks: what is in one need not be in the next */
	for (int i = 0; i < 2 * REC_MAX_BLOCK_EVENTS; i++) {
		send(&feed, 10, 42, 0x88);
		send(&feed, 11, 42, 0x77);
		send(&feed, 10, 42, 0x66);
	}
	feed.ops->end(feed.ctx, 5);
	assert_int_equal(rec_writer__close(w, &d), 0);
	rec_writer__free(w);
	assert_int_equal(asked.nr_frames, 2 * 4);
	assert_int_equal(asked.nr_types, 3);
	for (uint32_t pid = 10; pid < 12; pid++) {
		tell_expected(&expected, pid, 0x400, false);
		tell_expected(&expected, pid, 0x500, true);
		tell_expected(&expected, pid, 0x400, true);
	}
	note_type(&expected, 10, 0x88, "struct {}");
	note_type(&expected, 10, 0x66, "struct {}");
	assert_int_equal(read_notes(path, &read, &result, &d), 0);
	assert_true(result.complete);
	for (int i = ON_FRAMES; i <= ON_TYPE; i++) {
		assert_int_equal(expected.calls[i].nr, read.calls[i].nr);
		assert_true(is_prefix(&expected.calls[i], &read.calls[i]));
	}
	notes_free(&expected);
	notes_free(&read);
	unlink(path);
}

static void test_stop_from_a_callback(void **state)
{
	struct notes read = { .stop_at = 20000 };
	const char *path = rec_path("stop");
	struct rec_read result;
	struct diag d = { 0 };

	(void)state;
	record_run(path, 50000, 3, NULL);
	assert_int_equal(read_notes(path, &read, &result, &d), 0);
	assert_int_equal(read.nr_events, 20000);
	assert_int_equal(read.nr_ends, 1);
	assert_int_equal(read.losses[CS_LOSS_RECORDING_CUT], 0);
	assert_false(result.complete);
	notes_free(&read);
	unlink(path);
}

/* A long string is cut, not refused. */
static void test_long_strings_are_cut(void **state)
{
	static const struct rec_writer_opts none;
	const char *path = rec_path("long");
	struct notes told = { 0 }, read = { 0 };
	char name[3 * REC_MAX_STRING];
	struct rec_read result;
	struct rec_writer *w;
	struct diag d = { 0 };
	struct feed feed;

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(rec_writer__new(path, &none, &w, &d), 0);
	feed = rec_writer__feed(w);
	feed.ops->type_name(feed.ctx, 1, 2, name);
	feed.ops->end(feed.ctx, 1);
	assert_int_equal(rec_writer__close(w, &d), 0);
	rec_writer__free(w);
	name[REC_MAX_STRING] = '\0';
	note_type(&told, 1, 2, name);
	assert_int_equal(read_notes(path, &read, &result, &d), 0);
	assert_int_equal(told.calls[ON_TYPE].nr, read.calls[ON_TYPE].nr);
	assert_true(is_prefix(&told.calls[ON_TYPE], &read.calls[ON_TYPE]));
	notes_free(&told);
	notes_free(&read);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_call_comes_back),	 cmocka_unit_test(test_extreme_fields),
		cmocka_unit_test(test_names_are_asked_for_once), cmocka_unit_test(test_stop_from_a_callback),
		cmocka_unit_test(test_long_strings_are_cut),
	};

	return cmocka_run_group_tests_name("recordings: round trip", tests, NULL, NULL);
}
