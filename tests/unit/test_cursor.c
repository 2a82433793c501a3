// SPDX-License-Identifier: Apache-2.0
/*
 * base/cursor: what is read inside the window, and that nothing is ever read outside it. Inputs are copied
 * into heap blocks of their exact size, so that the address sanitizer sees every step across the edge.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/cursor.h"

#define BYTES(...) ((const uint8_t[]){ __VA_ARGS__ }), sizeof((const uint8_t[]){ __VA_ARGS__ })

static uint8_t *exact_copy(const uint8_t *bytes, size_t size)
{
	uint8_t *copy = malloc(size);

	assert_non_null(copy);
	memcpy(copy, bytes, size);
	return copy;
}

static void assert_cursor(const struct cursor *c, size_t pos, bool bad)
{
	assert_int_equal(c->pos, pos);
	assert_int_equal(c->bad, bad);
}

static void starts_at_the_first_byte(void **state)
{
	const uint8_t bytes[3] = { 1, 2, 3 };
	struct cursor c = cursor_over(bytes, sizeof(bytes));

	(void)state;
	assert_cursor(&c, 0, false);
	assert_int_equal(cursor_left(&c), 3);
}

static void no_data_is_an_empty_window(void **state)
{
	struct cursor c = cursor_over(NULL, 8);

	(void)state;
	assert_int_equal(cursor_left(&c), 0);
	assert_int_equal(cursor_u8(&c), 0);
	assert_true(c.bad);
}

static void reads_little_endian(void **state)
{
	auto_free uint8_t *bytes = exact_copy(
		BYTES(0xf1, 0xf3, 0xf2, 0x87, 0x86, 0x85, 0xf4, 0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0xfa, 0xf9, 0xf8));
	struct cursor c = cursor_over(bytes, 15);

	(void)state;
	assert_int_equal(cursor_u8(&c), 0xf1);
	assert_int_equal(cursor_u16(&c), 0xf2f3);
	assert_int_equal(cursor_u32(&c), 0xf4858687);
	assert_cursor(&c, 7, false);
	assert_true(cursor_u64(&c) == 0xf8f9fafbfcfdfeffULL);
	assert_cursor(&c, 15, false);
}

typedef uint64_t (*read_fn)(struct cursor *c);

static uint64_t read_u8(struct cursor *c)
{
	return cursor_u8(c);
}

static uint64_t read_u16(struct cursor *c)
{
	return cursor_u16(c);
}

static uint64_t read_u32(struct cursor *c)
{
	return cursor_u32(c);
}

static const struct {
	read_fn read;
	size_t size; /* bytes it needs */
} reads[] = { { read_u8, 1 }, { read_u16, 2 }, { read_u32, 4 }, { cursor_u64, 8 } };

static void a_read_across_the_edge_gives_0_and_stays_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(reads) / sizeof(reads[0]); i++) {
		size_t size = reads[i].size + 1;
		auto_free uint8_t *bytes = malloc(size);
		struct cursor c;

		assert_non_null(bytes);
		memset(bytes, 0xee, size);
		c = cursor_over(bytes, size);
		cursor_seek(&c, 2);
		assert_true(reads[i].read(&c) == 0);
		assert_cursor(&c, 2, true);
		cursor_seek(&c, 0);
		assert_true(reads[i].read(&c) == 0);
		assert_true(c.bad);
	}
}

static void a_read_up_to_the_edge_is_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(reads) / sizeof(reads[0]); i++) {
		size_t size = reads[i].size;
		auto_free uint8_t *bytes = malloc(size);
		struct cursor c;

		assert_non_null(bytes);
		memset(bytes, 0xff, size);
		c = cursor_over(bytes, size);
		assert_true(reads[i].read(&c) == (size == 8 ? UINT64_MAX : (1ULL << (8 * size)) - 1));
		assert_cursor(&c, size, false);
		assert_int_equal(cursor_left(&c), 0);
	}
}

static void seeks_inside_and_to_the_end_only(void **state)
{
	static const struct {
		uint64_t to;
		size_t pos;
		bool bad;
	} cases[] = {
		{ 0, 0, false }, { 3, 3, false }, { 4, 4, false }, { 5, 0, true }, { UINT64_MAX, 0, true },
	};
	const uint8_t bytes[4] = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cursor c = cursor_over(bytes, sizeof(bytes));

		cursor_seek(&c, cases[i].to);
		assert_cursor(&c, cases[i].pos, cases[i].bad);
	}
}

static void skips_forward_without_overflow(void **state)
{
	static const struct {
		uint64_t by; /* from position 2 of 4 */
		size_t pos;
		bool bad;
	} cases[] = {
		{ 0, 2, false },
		{ 2, 4, false },
		{ 3, 2, true },
		{ UINT64_MAX, 2, true },
		{ UINT64_MAX - 1, 2, true },
		{ (uint64_t)SIZE_MAX - 2, 2, true },
	};
	const uint8_t bytes[4] = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cursor c = cursor_over(bytes, sizeof(bytes));

		cursor_seek(&c, 2);
		cursor_skip(&c, cases[i].by);
		assert_cursor(&c, cases[i].pos, cases[i].bad);
	}
}

static void lends_bytes_in_place(void **state)
{
	const uint8_t bytes[4] = { 1, 2, 3, 4 };
	struct cursor c = cursor_over(bytes, sizeof(bytes));

	(void)state;
	cursor_skip(&c, 1);
	assert_ptr_equal(cursor_bytes(&c, 3), bytes + 1);
	assert_ptr_equal(cursor_bytes(&c, 0), bytes + 4);
	assert_false(c.bad);
	assert_null(cursor_bytes(&c, 1));
	assert_cursor(&c, 4, true);
	assert_null(cursor_bytes(&c, 0));
}

static const struct {
	const char *what;
	const uint8_t *bytes;
	size_t size;
	uint64_t value;
	size_t pos;
	bool bad;
} uvarints[] = {
	{ "zero", BYTES(0x00), 0, 1, false },
	{ "one byte", BYTES(0x7f), 127, 1, false },
	{ "two bytes", BYTES(0x80, 0x01), 128, 2, false },
	{ "the DWARF example", BYTES(0xe5, 0x8e, 0x26), 624485, 3, false },
	{ "padded zero", BYTES(0x80, 0x80, 0x00), 0, 3, false },
	{ "stops at its end", BYTES(0x01, 0x02), 1, 1, false },
	{ "largest", BYTES(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01), UINT64_MAX, 10, false },
	{ "65 bits", BYTES(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x03), 0, 10, true },
	{ "eleven bytes", BYTES(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00), 0, 10, true },
	{ "cut off", BYTES(0x80), 0, 1, true },
	{ "cut off after two", BYTES(0xff, 0xff), 0, 2, true },
};

static void reads_uvarints(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(uvarints) / sizeof(uvarints[0]); i++) {
		auto_free uint8_t *bytes = exact_copy(uvarints[i].bytes, uvarints[i].size);
		struct cursor c = cursor_over(bytes, uvarints[i].size);
		uint64_t value = cursor_uvarint(&c);

		if (value != uvarints[i].value || c.pos != uvarints[i].pos || c.bad != uvarints[i].bad)
			fail_msg("%s: value %llu, position %zu, bad %d", uvarints[i].what, (unsigned long long)value,
				 c.pos, c.bad);
	}
}

static const struct {
	const char *what;
	const uint8_t *bytes;
	size_t size;
	size_t max;
	const char *value; /* NULL: bad */
	size_t pos;
} cstrs[] = {
	{ "ends before the window", BYTES('a', 'b', 0, 'c'), 100, "ab", 3 },
	{ "ends with the window", BYTES('a', 'b', 0), SIZE_MAX, "ab", 3 },
	{ "empty", BYTES(0), 0, "", 1 },
	{ "as long as allowed", BYTES('a', 'b', 0), 2, "ab", 3 },
	{ "longer than allowed", BYTES('a', 'b', 0), 1, NULL, 0 },
	{ "no NUL in the window", BYTES('a', 'b'), 100, NULL, 0 },
	{ "no NUL in a window as long as allowed", BYTES('a', 'b'), 2, NULL, 0 },
};

static void reads_strings(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cstrs) / sizeof(cstrs[0]); i++) {
		auto_free uint8_t *bytes = exact_copy(cstrs[i].bytes, cstrs[i].size);
		struct cursor c = cursor_over(bytes, cstrs[i].size);
		const char *s = cursor_cstr(&c, cstrs[i].max);
		bool as_expected = cstrs[i].value ? s && !strcmp(s, cstrs[i].value) : !s;

		if (!as_expected || c.pos != cstrs[i].pos || c.bad != !cstrs[i].value)
			fail_msg("%s: '%s', position %zu, bad %d", cstrs[i].what, s ? s : "(null)", c.pos, c.bad);
	}
}

static void a_string_at_the_end_of_the_window_is_bad(void **state)
{
	auto_free uint8_t *bytes = exact_copy(BYTES('a'));
	struct cursor c = cursor_over(bytes, 1);

	(void)state;
	cursor_skip(&c, 1);
	assert_null(cursor_cstr(&c, 10));
	assert_true(c.bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts_at_the_first_byte),
		cmocka_unit_test(no_data_is_an_empty_window),
		cmocka_unit_test(reads_little_endian),
		cmocka_unit_test(a_read_across_the_edge_gives_0_and_stays_bad),
		cmocka_unit_test(a_read_up_to_the_edge_is_good),
		cmocka_unit_test(seeks_inside_and_to_the_end_only),
		cmocka_unit_test(skips_forward_without_overflow),
		cmocka_unit_test(lends_bytes_in_place),
		cmocka_unit_test(reads_uvarints),
		cmocka_unit_test(reads_strings),
		cmocka_unit_test(a_string_at_the_end_of_the_window_is_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
