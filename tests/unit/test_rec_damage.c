// SPDX-License-Identifier: Apache-2.0
/*
 * Recordings that are cut off, damaged, made by other versions or by an enemy: never a crash, and nothing lost that
 * stands before the damage.
 */
#include "unit/rec_fixture.h"

#include <errno.h>

#include "rec/block.h"

#define NR_TRIALS 1000
#define NR_EVENTS 16000
#define MAX_BLOCKS 256

/* A recording in memory, and what was told up to the end of each of its blocks. */
struct sample {
	uint8_t *data;
	size_t size;
	struct notes whole;
	size_t nr_blocks;
	uint64_t block_end[MAX_BLOCKS];	   /* offsets */
	uint64_t events_until[MAX_BLOCKS]; /* in all blocks up to this one */
};

/* Where the blocks are is read from their headers alone, their events from the begin of their payloads. */
static void find_blocks(struct sample *s)
{
	struct rec_unpacker *u = rec_unpacker__new();
	uint64_t at = REC_FILE_HEADER_SZ, nr_events = 0;
	struct rec_block_header h;

	while (at < s->size) {
		const uint8_t *payload = s->data + at + REC_BLOCK_HEADER_SZ;

		assert_true(rec_block_header_decode(s->data + at, &h));
		if (h.kind == REC_EVENTS) {
			struct cursor c = cursor_over(rec_unpacker__unpack(u, &h, payload), h.raw_sz);

			nr_events += cursor_uvarint(&c);
		}
		at += REC_BLOCK_HEADER_SZ + h.stored_sz;
		assert_true(s->nr_blocks < MAX_BLOCKS);
		s->block_end[s->nr_blocks] = at;
		s->events_until[s->nr_blocks++] = nr_events;
	}
	assert_int_equal(at, s->size);
	assert_int_equal(nr_events, NR_EVENTS);
	rec_unpacker__free(u);
}

static int make_sample(void **state)
{
	struct sample *s = calloc(1, sizeof(*s));
	const char *path = rec_path("sample");

	record_run(path, NR_EVENTS, 4711, &s->whole);
	s->data = load_file(path, &s->size);
	unlink(path);
	find_blocks(s);
	assert_true(s->nr_blocks > 10);
	*state = s;
	return 0;
}

static int free_sample(void **state)
{
	struct sample *s = *state;

	notes_free(&s->whole);
	free(s->data);
	free(s);
	return 0;
}

/* Blocks that end at or before an offset. */
static size_t blocks_before(const struct sample *s, uint64_t offset)
{
	size_t n = 0;

	while (n < s->nr_blocks && s->block_end[n] <= offset)
		n++;
	return n;
}

/* Reads a damaged file: all that stands before the damage must come, in order, and nothing that was not told. */
static void check_damaged(const struct sample *s, const uint8_t *data, size_t size, uint64_t first_damage)
{
	size_t blocks = blocks_before(s, first_damage);
	const char *path = rec_path("damaged");
	struct notes read = { 0 };
	struct rec_read result;
	struct diag d = { 0 };
	int err;

	store_file(path, data, size);
	err = read_notes(path, &read, &result, &d);
	if (first_damage < REC_FILE_HEADER_SZ) {
		assert_true(err < 0 && d.what[0] && d.status == EXIT_FAILED);
	} else {
		assert_int_equal(err, 0);
		assert_int_equal(result.nr_blocks, blocks);
		assert_int_equal(read.nr_events, blocks ? s->events_until[blocks - 1] : 0);
		assert_int_equal(result.complete, blocks == s->nr_blocks);
		assert_int_equal(read.nr_ends, 1);
		/* one more than the file says, if it still comes to say something */
		assert_int_equal(read.losses[CS_LOSS_RECORDING_CUT],
				 (read.losses[CS_LOSS_OVERFLOW_FULL] ? s->whole.losses[CS_LOSS_RECORDING_CUT] : 0) +
					 !result.complete);
		for (int i = 0; i < NR_CALLS; i++)
			assert_true(is_prefix(&read.calls[i], &s->whole.calls[i]));
	}
	notes_free(&read);
	unlink(path);
}

static void test_cuts(void **state)
{
	const struct sample *s = *state;
	struct random r = { .state = 1 };

	for (int i = 0; i < NR_TRIALS; i++) {
		size_t size = random_u64(&r) % s->size;

		check_damaged(s, s->data, size, size);
	}
	/* around every border */
	for (size_t i = 0; i < s->nr_blocks; i++)
		for (uint64_t at = s->block_end[i] - 1; at <= s->block_end[i] + 1 && at < s->size; at++)
			check_damaged(s, s->data, at, at);
	for (size_t at = 0; at <= REC_FILE_HEADER_SZ + 1; at++)
		check_damaged(s, s->data, at, at);
}

static void test_flipped_bits(void **state)
{
	const struct sample *s = *state;
	uint8_t *copy = malloc(s->size);
	struct random r = { .state = 2 };

	assert_non_null(copy);
	for (int i = 0; i < NR_TRIALS; i++) {
		/* every tenth in the first bytes, where the headers are */
		uint64_t bit = random_u64(&r) % (8 * (i % 10 ? s->size : 200));

		memcpy(copy, s->data, s->size);
		copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
		check_damaged(s, copy, s->size, bit / 8);
	}
	free(copy);
}

/* Several bits, bytes and blocks: what comes must still be what was told. */
static void test_wild_damage(void **state)
{
	const struct sample *s = *state;
	uint8_t *copy = malloc(s->size);
	struct random r = { .state = 3 };

	assert_non_null(copy);
	for (int i = 0; i < NR_TRIALS / 4; i++) {
		uint64_t at = REC_FILE_HEADER_SZ + random_u64(&r) % (s->size - REC_FILE_HEADER_SZ);
		uint64_t n = random_any(&r) % (s->size - at), from = random_u64(&r) % (s->size - n);

		memcpy(copy, s->data, s->size);
		memmove(copy + at, s->data + from, n);
		while (n && at < s->size && copy[at] == s->data[at]) {
			at++;
			n--;
		}
		check_damaged(s, copy, s->size, n ? at : s->size);
	}
	free(copy);
}

/* A block that is taken out, put in twice or swapped with the next. */
static void test_blocks_out_of_order(void **state)
{
	const struct sample *s = *state;
	uint8_t *copy = malloc(2 * s->size);

	assert_non_null(copy);
	for (size_t i = 0; i < s->nr_blocks; i++) {
		uint64_t begin = i ? s->block_end[i - 1] : REC_FILE_HEADER_SZ, end = s->block_end[i];

		if (i + 1 < s->nr_blocks) {
			memcpy(copy, s->data, begin);
			memcpy(copy + begin, s->data + end, s->size - end);
			check_damaged(s, copy, s->size - (end - begin), begin);
			memcpy(copy, s->data, end);
			memcpy(copy + end, s->data + begin, s->size - begin);
			check_damaged(s, copy, s->size + (end - begin), end);
		}
	}
	free(copy);
}

/* --- versions --- */

static void with_header(const struct sample *s, const struct rec_file_header *h, uint32_t gap, const char *path)
{
	uint8_t *copy = calloc(1, s->size + gap);

	assert_non_null(copy);
	rec_file_header_encode(h, copy);
	memcpy(copy + REC_FILE_HEADER_SZ + gap, s->data + REC_FILE_HEADER_SZ, s->size - REC_FILE_HEADER_SZ);
	store_file(path, copy, s->size + gap);
	free(copy);
}

static void test_versions(void **state)
{
	static const struct {
		struct rec_file_header h;
		uint32_t gap;
		int err;
	} cases[] = {
		{ { REC_MAJOR, REC_MINOR, REC_FILE_HEADER_SZ, 0 }, 0, 0 },
		{ { REC_MAJOR, REC_MINOR + 1, REC_FILE_HEADER_SZ, 0 }, 0, 0 },
		{ { REC_MAJOR, UINT16_MAX, REC_FILE_HEADER_SZ + 100, 0 }, 100, 0 },
		{ { REC_MAJOR + 1, 0, REC_FILE_HEADER_SZ, 0 }, 0, -ENOTSUP },
		{ { REC_MAJOR - 1, 0, REC_FILE_HEADER_SZ, 0 }, 0, -ENOTSUP },
		{ { UINT16_MAX, 0, REC_FILE_HEADER_SZ, 0 }, 0, -ENOTSUP },
		{ { REC_MAJOR, REC_MINOR, REC_FILE_HEADER_SZ - 1, 0 }, 0, -EBADMSG },
		{ { REC_MAJOR, REC_MINOR, REC_MAX_FILE_HEADER_SZ + 1, 0 }, 0, -EBADMSG },
	};
	const struct sample *s = *state;
	const char *path = rec_path("version");

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct notes read = { 0 };
		struct rec_read result;
		struct diag d = { 0 };

		with_header(s, &cases[i].h, cases[i].gap, path);
		assert_int_equal(read_notes(path, &read, &result, &d), cases[i].err);
		assert_int_equal(result.complete, cases[i].err == 0);
		if (!cases[i].err)
			assert_same_notes(&s->whole, &read);
		if (cases[i].err == -ENOTSUP)
			assert_true(strstr(d.what, "version") && d.hint[0]);
		notes_free(&read);
		unlink(path);
	}
}

static void test_the_mark_makes_it_incomplete(void **state)
{
	const struct rec_file_header h = { REC_MAJOR, REC_MINOR, REC_FILE_HEADER_SZ, REC_FILE_INCOMPLETE };
	const struct sample *s = *state;
	const char *path = rec_path("mark");
	struct notes read = { 0 };
	struct rec_read result;
	struct diag d = { 0 };

	with_header(s, &h, 0, path);
	assert_int_equal(read_notes(path, &read, &result, &d), 0);
	assert_true(result.marked && !result.complete && !result.damage[0]);
	assert_int_equal(read.losses[CS_LOSS_RECORDING_CUT], s->whole.losses[CS_LOSS_RECORDING_CUT] + 1);
	notes_free(&read);
	unlink(path);
}

/* --- files with right checksums that say what the writer never says --- */

struct forged {
	struct bytes file, raw;
	struct rec_packer *packer;
	uint32_t sequence;
};

static void forge_begin(struct forged *f)
{
	const struct rec_file_header h = { REC_MAJOR, REC_MINOR, REC_FILE_HEADER_SZ, 0 };
	uint8_t header[REC_FILE_HEADER_SZ];

	*f = (struct forged){ .packer = rec_packer__new() };
	rec_file_header_encode(&h, header);
	bytes__put(&f->file, header, sizeof(header));
}

static void forge_block(struct forged *f, unsigned int kind)
{
	assert_int_equal(rec_packer__pack(f->packer, (enum rec_kind)kind, f->sequence++, &f->raw, &f->file), 0);
	bytes__clear(&f->raw);
}

static void forge_end(struct forged *f)
{
	rec_put_end(&f->raw, &(struct rec_end){ .mono_ns = 77 });
	forge_block(f, REC_END);
}

static void forge_read(struct forged *f, struct notes *n, struct rec_read *ret)
{
	const char *path = rec_path("forged");
	struct diag d = { 0 };

	store_file(path, f->file.data, f->file.nr);
	assert_int_equal(read_notes(path, n, ret, &d), 0);
	unlink(path);
	bytes__free(&f->file);
	bytes__free(&f->raw);
	rec_packer__free(f->packer);
}

/* What a newer minor version may add is stepped over, and said. */
static void test_unknown_parts_are_counted(void **state)
{
	struct notes n = { 0 };
	struct rec_read result;
	struct forged f;

	(void)state;
	forge_begin(&f);
	bytes__put(&f.raw, "anything", 8);
	forge_block(&f, 4000);
	/* an item with a field more than we know: 1 + 2 + "!" */
	bytes__put(&f.raw, "\x04\x07\xac\x02!", 5);
	forge_block(&f, REC_TRAPS);
	bytes__put(&f.raw, "\x0anew_reason\0\x05", 1);
	bytes__clear(&f.raw);
	bytes__put(&f.raw, "\x08newest\0\x05", 9);
	forge_block(&f, REC_LOSSES);
	forge_end(&f);
	forge_read(&f, &n, &result);
	assert_true(result.complete);
	assert_int_equal(n.end_ns, 77);
	assert_int_equal(n.losses[CS_LOSS_RECORDING_NEWER], 1 + 5);
	assert_int_equal(n.losses[CS_LOSS_RECORDING_CUT], 0);
	assert_int_equal(n.calls[ON_TOTALS].nr > 0, 1);
	notes_free(&n);
}

static const struct {
	unsigned int kind;
	const char *raw;
	size_t size;
} nonsense[] = {
	{ 0, "x", 1 },
	{ REC_START, "\x7f", 1 },			  /* an item longer than the block */
	{ REC_START, "\x01x", 2 },			  /* shorter than its fields */
	{ REC_START, "\x11xxxxxxxxxxxxxxxx\x02", 18 },	  /* a mode that is none */
	{ REC_STACKS, "\x0axxxxxxxx\x80\x01", 11 },	  /* 128 frames */
	{ REC_STACKS, "\x09xxxxxxxx\x01", 10 },		  /* no frame where one is told */
	{ REC_FRAMES, "\x04\x01\x01\x02\x00", 5 },	  /* neither a return address nor none */
	{ REC_FRAMES, "\x04\x01\x01\x01\x7f", 5 },	  /* too many frames */
	{ REC_PROCESS_END, "\x03\x01\x01\x03", 4 },	  /* no reason */
	{ REC_TYPES, "\x04\x01\x01no", 5 },		  /* a string without an end */
	{ REC_TRAPS, "\x06\xff\xff\xff\xff\xff\x01", 7 }, /* a PID of more than 32 bits */
	{ REC_OVERFLOW, "\x03\x01\x01\x05", 4 },
	{ REC_END, "\x01\x80", 2 },
	{ REC_EVENTS, "", 0 },
	{ REC_EVENTS, "\x81\x80\x01", 3 }, /* more events than a block holds */
	{ REC_EVENTS,
	  "\x01"
	  "tttttttt"
	  "\x01\x00",
	  11 }, /* too few columns */
	{ REC_EVENTS,
	  "\x01"
	  "tttttttt"
	  "\xff\xff\x03",
	  12 }, /* too many */
	{ REC_EVENTS,
	  "\x01"
	  "tttttttt"
	  "\x0c"
	  "\0\0\0\0\0\0\0\0\0\0\0\0",
	  22 }, /* empty ones */
	{ REC_EVENTS,
	  "\x01"
	  "tttttttt"
	  "\x0c"
	  "\x7f\0\0\0\0\0\0\0\0\0\0\0",
	  22 }, /* longer than the block */
	{ REC_EVENTS,
	  "\x01"
	  "tttttttt"
	  "\x0c"
	  "\1\1\1\0\1\0\1\0\0\0\0\0"
	  "\0\0\5\0\0",
	  27 }, /* no such shape */
	{ REC_EVENTS,
	  "\x01"
	  "tttttttt"
	  "\x0c"
	  "\1\1\1\x14\1\0\1\0\0\0\0\0"
	  "\x10\0\0"
	  "12345678901234567890"
	  "\0\0",
	  47 }, /* no such bit */
	{ REC_EVENTS,
	  "\x01"
	  "tttttttt"
	  "\x0c"
	  "\1\1\1\x14\1\0\1\0\0\0\0\0"
	  "\0\0\0"
	  "12345678901234567890"
	  "\7\0",
	  47 }, /* no such channel */
};

static void test_blocks_that_make_no_sense(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++) {
		struct notes n = { 0 };
		struct rec_read result;
		struct forged f;

		forge_begin(&f);
		bytes__put(&f.raw, nonsense[i].raw, nonsense[i].size);
		forge_block(&f, nonsense[i].kind);
		forge_end(&f);
		forge_read(&f, &n, &result);
		if (result.complete || !strstr(result.damage, "makes no sense at byte 24"))
			fail_msg("case %zu: %s", i, result.damage);
		assert_int_equal(n.losses[CS_LOSS_RECORDING_CUT], 1);
		assert_int_equal(n.nr_events, 0);
		for (int k = 0; k < NR_CALLS; k++)
			assert_int_equal(n.calls[k].nr, 0);
		notes_free(&n);
	}
}

static void test_what_is_no_recording(void **state)
{
	static const char *const paths[] = { "/proc/self/exe", "/dev/null", "/proc/self/nonsense", "/tmp" };

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct rec_reader *r;
		struct diag d = { 0 };

		assert_true(rec_reader__open(paths[i], &r, &d) < 0);
		assert_non_null(strstr(d.what, paths[i]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cuts),
		cmocka_unit_test(test_flipped_bits),
		cmocka_unit_test(test_wild_damage),
		cmocka_unit_test(test_blocks_out_of_order),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_the_mark_makes_it_incomplete),
		cmocka_unit_test(test_unknown_parts_are_counted),
		cmocka_unit_test(test_blocks_that_make_no_sense),
		cmocka_unit_test(test_what_is_no_recording),
	};

	return cmocka_run_group_tests_name("recordings: damage", tests, make_sample, free_sample);
}
