// SPDX-License-Identifier: Apache-2.0
/* The ring reader over a ring made by hand (a memfd mapped twice), and the validation of records. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "stream/ring_reader.h"
#include "stream/stream.h"

#define BUSY (1u << 31)
#define DISCARD (1u << 30)

struct fake_ring {
	uint64_t consumer, producer;
	uint8_t *data;
	struct ring_reader reader;
};

static void fake_open(struct fake_ring *f)
{
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	int fd = memfd_create("ring", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	f->data = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(f->data, MAP_FAILED);
	for (size_t i = 0; i < 2; i++)
		assert_ptr_not_equal(
			mmap(f->data + i * size, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0),
			MAP_FAILED);
	close(fd);
	f->consumer = f->producer = 0;
	f->reader = (struct ring_reader){ &f->consumer, &f->producer, f->data, size };
}

static void fake_close(struct fake_ring *f)
{
	munmap(f->data, 2 * f->reader.size);
}

/* Appends a record of len bytes, all equal to fill, with bits ORed into its header. */
static void fake_put(struct fake_ring *f, uint32_t len, uint8_t fill, uint32_t bits)
{
	uint8_t *at = f->data + (f->producer & (f->reader.size - 1));
	uint32_t head = len | bits;

	memcpy(at, &head, sizeof(head));
	memset(at + 8, fill, len);
	f->producer += (len + 8 + 7) & ~7u;
}

struct seen {
	unsigned int nr;
	uint8_t fill[256];
	uint32_t size[256];
};

static void see(void *ctx, const void *data, uint32_t size)
{
	struct seen *s = ctx;

	assert_true(s->nr < 256);
	s->fill[s->nr] = size ? *(const uint8_t *)data : 0;
	s->size[s->nr++] = size;
	for (uint32_t i = 0; i < size; i++)
		assert_int_equal(((const uint8_t *)data)[i], s->fill[s->nr - 1]);
}

static void test_order_and_discard(void **state)
{
	struct fake_ring f;
	struct seen s = { 0 };

	(void)state;
	fake_open(&f);
	assert_int_equal(ring_reader__consume(&f.reader, see, &s), 0);
	fake_put(&f, 64, 1, 0);
	fake_put(&f, 64, 2, DISCARD);
	fake_put(&f, 5, 3, 0);
	fake_put(&f, 0, 0, 0);
	assert_int_equal(ring_reader__consume(&f.reader, see, &s), 3);
	assert_int_equal(s.fill[0], 1);
	assert_int_equal(s.fill[1], 3);
	assert_int_equal(s.size[1], 5);
	assert_int_equal(f.consumer, f.producer);
	fake_close(&f);
}

static void test_busy_ends_the_batch(void **state)
{
	struct fake_ring f;
	struct seen s = { 0 };
	uint64_t busy_at;
	uint32_t head = 64;

	(void)state;
	fake_open(&f);
	fake_put(&f, 64, 1, 0);
	busy_at = f.producer;
	fake_put(&f, 64, 2, BUSY);
	fake_put(&f, 64, 3, 0);
	assert_int_equal(ring_reader__consume(&f.reader, see, &s), 1);
	assert_int_equal(f.consumer, busy_at);
	memcpy(f.data + busy_at, &head, sizeof(head));
	assert_int_equal(ring_reader__consume(&f.reader, see, &s), 2);
	assert_int_equal(s.fill[1], 2);
	assert_int_equal(s.fill[2], 3);
	fake_close(&f);
}

static void test_wraps(void **state)
{
	struct fake_ring f;
	struct seen s = { 0 };

	(void)state;
	fake_open(&f);
	for (uint8_t i = 0; i < 200; i++) {
		fake_put(&f, 64, i, 0);
		assert_int_equal(ring_reader__consume(&f.reader, see, &s), 1);
		assert_int_equal(s.fill[i], i);
	}
	assert_true(f.producer > f.reader.size);
	fake_close(&f);
}

/* A length that leaves what was produced must neither be read nor loop. */
static void test_hostile_length(void **state)
{
	static const uint32_t lens[] = { 65, 4096, 1u << 20, (1u << 30) - 1 };

	(void)state;
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		struct fake_ring f;
		struct seen s = { 0 };

		fake_open(&f);
		fake_put(&f, 64, 1, 0);
		memcpy(f.data, &lens[i], sizeof(lens[i]));
		assert_int_equal(ring_reader__consume(&f.reader, see, &s), -EPROTO);
		assert_int_equal(s.nr, 0);
		assert_int_equal(f.consumer, f.producer);
		fake_put(&f, 64, 2, 0);
		assert_int_equal(ring_reader__consume(&f.reader, see, &s), 1);
		fake_close(&f);
	}
}

static struct cs_event good(void)
{
	return (struct cs_event){ .time_ns = 1,
				  .chan = 0xc000012000,
				  .goid = 7,
				  .stack = 9,
				  .pid = 3,
				  .tid = 4,
				  .kind = CS_SEND_BUFFERED,
				  .select_case = CS_NO_CASE };
}

static void test_valid_kinds(void **state)
{
	(void)state;
	for (unsigned int kind = 0; kind < 256; kind++) {
		struct cs_event e = good();

		e.kind = (uint8_t)kind;
		e.select_case = 2;
		assert_int_equal(stream_record_valid(&e, sizeof(e)), kind >= 1 && kind < CS_NR_KINDS);
	}
}

static void test_nil_channel(void **state)
{
	static const uint8_t may[] = { CS_SEND_FAILED, CS_RECV_FAILED, CS_CLOSE_PANIC,	 CS_PARK_SEND,
				       CS_PARK_RECV,   CS_PARK_SELECT, CS_SELECT_DEFAULT };

	(void)state;
	for (int kind = 1; kind < CS_NR_KINDS; kind++) {
		struct cs_event e = good();

		e.kind = (uint8_t)kind;
		e.chan = 0;
		e.select_case = 0;
		assert_int_equal(stream_record_valid(&e, sizeof(e)), !!memchr(may, kind, sizeof(may)));
	}
}

static void test_panic_of_unknown_case(void **state)
{
	struct cs_event e = good();

	(void)state;
	e.kind = CS_SEND_PANIC;
	e.flags |= CS_F_SELECT;
	e.chan = 0;
	e.select_case = CS_NO_CASE;
	assert_true(stream_record_valid(&e, sizeof(e)));
	e.select_case = 1; /* a case without its channel */
	assert_false(stream_record_valid(&e, sizeof(e)));
	e.select_case = CS_NO_CASE, e.chan = good().chan;
	assert_false(stream_record_valid(&e, sizeof(e)));
	e.chan = 0, e.flags &= (__u8)~CS_F_SELECT; /* a plain send blocks on nil */
	assert_false(stream_record_valid(&e, sizeof(e)));
	e.kind = CS_SEND_BUFFERED, e.flags |= CS_F_SELECT;
	assert_false(stream_record_valid(&e, sizeof(e)));
}

static void test_refused(void **state)
{
	struct cs_event e = good();

	(void)state;
	assert_true(stream_record_valid(&e, sizeof(e)));
	assert_false(stream_record_valid(&e, sizeof(e) - 1));
	assert_false(stream_record_valid(&e, sizeof(e) + 8));
	assert_false(stream_record_valid(&e, 0));
	e = good(), e.time_ns = 0;
	assert_false(stream_record_valid(&e, sizeof(e)));
	e = good(), e.pid = 0;
	assert_false(stream_record_valid(&e, sizeof(e)));
	e = good(), e.stack = 0;
	assert_false(stream_record_valid(&e, sizeof(e)));
	e.flags = CS_F_NO_STACK;
	assert_true(stream_record_valid(&e, sizeof(e)));
	e = good(), e.flags = CS_F_NO_STACK;
	assert_false(stream_record_valid(&e, sizeof(e)));
	e = good(), e.flags = CS_F_WALKED;
	assert_false(stream_record_valid(&e, sizeof(e)));
	e = good(), e.flags = CS_F_SELECT;
	assert_false(stream_record_valid(&e, sizeof(e)));
	e = good(), e.kind = CS_SELECT_CASE;
	assert_false(stream_record_valid(&e, sizeof(e)));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order_and_discard),
		cmocka_unit_test(test_busy_ends_the_batch),
		cmocka_unit_test(test_wraps),
		cmocka_unit_test(test_hostile_length),
		cmocka_unit_test(test_valid_kinds),
		cmocka_unit_test(test_nil_channel),
		cmocka_unit_test(test_panic_of_unknown_case),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
