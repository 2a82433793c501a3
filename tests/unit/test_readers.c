// SPDX-License-Identifier: Apache-2.0
/*
 * The BPF program's readers of Go structures, compiled for user space over made-up memory: registers and
 * conditions, places of values, structures, the walk of a stack.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, ip, flags, sp;
};

/* The memory that the readers see: a read succeeds if it lies wholly in one region. */
static struct region {
	uint64_t base, size;
	const void *data;
} regions[8];
static size_t nr_regions;
static unsigned int nr_reads;

static long bpf_probe_read_user(void *dst, uint32_t size, const void *from)
{
	uint64_t at = (uintptr_t)from;

	nr_reads++;
	for (size_t i = 0; i < nr_regions; i++) {
		const struct region *r = &regions[i];

		if (at < r->base || at - r->base > r->size || size > r->size - (at - r->base))
			continue;
		memcpy(dst, (const uint8_t *)r->data + (at - r->base), size);
		return 0;
	}
	return -14;
}

#include "../../bpf/go_read.h"
#include "../../bpf/go_stack.h"

static void map_region(uint64_t base, const void *data, uint64_t size)
{
	regions[nr_regions++] = (struct region){ base, size, data };
}

static int unmap_all(void **state)
{
	(void)state;
	nr_regions = 0;
	nr_reads = 0;
	return 0;
}

static const struct pt_regs some_regs = {
	.ax = 100,
	.cx = 101,
	.dx = 102,
	.bx = 103,
	.sp = 104,
	.bp = 105,
	.si = 106,
	.di = 107,
	.r8 = 108,
	.r9 = 109,
	.r10 = 110,
	.r11 = 111,
	.r12 = 112,
	.r13 = 113,
	.r14 = 114,
	.r15 = 115,
};

static void test_registers(void **state)
{
	(void)state;
	for (uint8_t i = 0; i < 16; i++)
		assert_int_equal(regs_get(&some_regs, i), 100 + i);
	assert_int_equal(regs_get(&some_regs, 16), 0);
}

/* What the processor itself says of a condition code under these flags. */
static int cpu_condition(uint64_t flags, int cc)
{
	uint8_t set[16];

#define SETCC(n, name)                                                                             \
	__asm__ volatile("sub $128, %%rsp; pushq %1; popfq; set" name " %0; lea 128(%%rsp), %%rsp" \
			 : "=&q"(set[n])                                                           \
			 : "r"(flags)                                                              \
			 : "cc", "memory")
	SETCC(0, "o");
	SETCC(1, "no");
	SETCC(2, "b");
	SETCC(3, "ae");
	SETCC(4, "e");
	SETCC(5, "ne");
	SETCC(6, "be");
	SETCC(7, "a");
	SETCC(8, "s");
	SETCC(9, "ns");
	SETCC(10, "p");
	SETCC(11, "np");
	SETCC(12, "l");
	SETCC(13, "ge");
	SETCC(14, "le");
	SETCC(15, "g");
	return set[cc];
}

static void test_conditions_as_the_cpu(void **state)
{
	static const uint64_t bits[] = { FLAG_CF, FLAG_PF, FLAG_ZF, FLAG_SF, FLAG_OF };

	(void)state;
	for (unsigned int mask = 0; mask < 32; mask++) {
		uint64_t flags = 0x202;

		for (unsigned int i = 0; i < 5; i++)
			flags |= mask & (1u << i) ? bits[i] : 0;
		for (uint8_t cc = 0; cc < 16; cc++) {
			int want = cpu_condition(flags, cc);

			assert_int_equal(regs_condition(flags, cc), want);
			assert_int_equal(regs_hit_counts(flags, cc), want);
			assert_int_equal(regs_hit_counts(flags, cc | CS_COND_NOT_TAKEN), !want);
			assert_true(regs_hit_counts(flags, CS_COND_NONE));
		}
	}
}

static void test_places(void **state)
{
	static const uint64_t stack[4] = { 11, 22, 33, (uint64_t)-8 };
	struct pt_regs regs = { .bp = 0x1010, .r9 = 500 };
	static const struct {
		struct cs_loc loc;
		bool ok;
		uint64_t want;
	} cases[] = {
		{ { .kind = CS_LOC_NONE }, false, 0 },
		{ { .kind = 77 }, false, 0 },
		{ { .kind = CS_LOC_CONST, .disp = 0 }, true, 0 },
		{ { .kind = CS_LOC_CONST, .disp = -1 }, true, UINT64_MAX },
		{ { .kind = CS_LOC_REG, .reg = CS_R9 }, true, 500 },
		{ { .kind = CS_LOC_REG, .reg = CS_R9, .disp = -104 }, true, 396 },
		{ { .kind = CS_LOC_SLOT, .disp = 0 }, true, 33 },
		{ { .kind = CS_LOC_SLOT, .disp = -16 }, true, 11 },
		{ { .kind = CS_LOC_SLOT, .disp = -8, .add = -2 }, true, 20 },
		{ { .kind = CS_LOC_SLOT, .disp = 8, .add = 3 }, true, (uint64_t)-5 },
		{ { .kind = CS_LOC_SLOT, .disp = 16 }, false, 0 },
	};

	(void)state;
	map_region(0x1000, stack, sizeof(stack));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t v = 0xdead;

		assert_int_equal(loc_read(&cases[i].loc, &regs, (__u64 *)&v), cases[i].ok);
		assert_int_equal(v, cases[i].ok ? cases[i].want : 0xdead);
	}
}

/* go1.19 and go1.26: src/runtime/chan.go, runtime2.go at these tags. */
static const struct cs_layout go119 = {
	.hchan_qcount = 0,
	.hchan_dataqsiz = 8,
	.hchan_elemsize = 24,
	.hchan_closed = 28,
	.hchan_timer = CS_NO_FIELD,
	.hchan_elemtype = 32,
	.g_stack_lo = 0,
	.g_stack_hi = 8,
	.g_goid = 152,
	.sudog_g = 0,
	.sudog_success = 53,
	.scase_size = 16,
};
static const struct cs_layout go126 = {
	.hchan_qcount = 0,
	.hchan_dataqsiz = 8,
	.hchan_elemsize = 24,
	.hchan_closed = 28,
	.hchan_timer = 32,
	.hchan_elemtype = 40,
	.g_stack_lo = 0,
	.g_stack_hi = 8,
	.g_goid = 152,
	.sudog_g = 0,
	.sudog_success = 61,
	.scase_size = 16,
};

static void test_channel(void **state)
{
	uint64_t w[12] = { 3, 8, 0xc000, 0x0000000000010010, 0x4a0, 0x4b0 };
	struct go_chan c;

	(void)state;
	map_region(0xc000100000, w, sizeof(w));
	nr_reads = 0;
	assert_true(go_read_chan(&go126, 0xc000100000, &c));
	assert_int_equal(nr_reads, 1);
	assert_int_equal(c.len, 3);
	assert_int_equal(c.cap, 8);
	assert_int_equal(c.elem_size, 16);
	assert_int_equal(c.elem_type, 0x4b0);
	assert_int_equal(c.flags, CS_F_TIMER);
	w[3] = 0x00000001ffff0008;
	assert_true(go_read_chan(&go119, 0xc000100000, &c));
	assert_int_equal(c.elem_size, 8);
	assert_int_equal(c.elem_type, 0x4a0);
	assert_int_equal(c.flags, CS_F_CLOSED);
	w[0] = 1ULL << 32;
	w[1] = UINT64_MAX;
	assert_true(go_read_chan(&go119, 0xc000100000, &c));
	assert_int_equal(c.len, UINT32_MAX);
	assert_int_equal(c.cap, UINT32_MAX);
	assert_false(go_read_chan(&go119, 0, &c));
	assert_false(go_read_chan(&go119, 0xc000100000 + sizeof(w) - 40, &c));
}

static void test_goroutine_and_sudog(void **state)
{
	uint64_t g[50] = { 0x7000, 0x8000, [19] = 4711 };
	uint64_t sudog[13] = { 0xc000002000 };
	struct go_goroutine r;
	uint64_t goid = 0;
	bool ok = true;

	(void)state;
	map_region(0xc000002000, g, sizeof(g));
	map_region(0xc000003000, sudog, sizeof(sudog));
	assert_true(go_read_g(&go126, 0xc000002000, &r));
	assert_int_equal(r.goid, 4711);
	assert_int_equal(r.stack_lo, 0x7000);
	assert_int_equal(r.stack_hi, 0x8000);
	assert_false(go_read_g(&go126, 0, &r));
	assert_true(go_read_sudog_goid(&go126, 0xc000003000, (__u64 *)&goid));
	assert_int_equal(goid, 4711);
	assert_true(go_read_sudog_success(&go126, 0xc000003000, &ok));
	assert_false(ok);
	((uint8_t *)sudog)[61] = 1;
	assert_true(go_read_sudog_success(&go126, 0xc000003000, &ok));
	assert_true(ok);
	sudog[0] = 0;
	assert_false(go_read_sudog_goid(&go126, 0xc000003000, (__u64 *)&goid));
	assert_false(go_read_sudog_success(&go126, 1, &ok));
}

static void test_scase(void **state)
{
	static const uint64_t cases[] = { 0xc1, 0, 0, 0, 0xc2, 0xe2 };
	__u64 chan;

	(void)state;
	map_region(0x5000, cases, sizeof(cases));
	assert_true(go_read_scase(&go126, 0x5000, 0, &chan));
	assert_int_equal(chan, 0xc1);
	assert_true(go_read_scase(&go126, 0x5000, 1, &chan));
	assert_int_equal(chan, 0);
	assert_true(go_read_scase(&go126, 0x5000, 2, &chan));
	assert_int_equal(chan, 0xc2);
	assert_false(go_read_scase(&go126, 0x5000, 3, &chan));
}

/* --- the walk --- */

#define STACK_LO 0xc000200000ULL
#define STACK_WORDS 4096
static uint64_t stack[STACK_WORDS];
static struct go_walk walk;
static struct cs_stack found;

/* A chain of nr frames, gap words apart, from word 10 on; the last one's saved frame pointer is `end`. */
static void chain(unsigned int nr, unsigned int gap, uint64_t end)
{
	memset(stack, 0, sizeof(stack));
	for (unsigned int i = 0; i < nr; i++) {
		unsigned int at = 10 + i * gap;

		stack[at] = i + 1 < nr ? STACK_LO + 8ULL * (at + gap) : end;
		stack[at + 1] = 0x400000 + i;
	}
	map_region(STACK_LO, stack, sizeof(stack));
}

static uint64_t go(uint32_t depth)
{
	memset(&found, 0xee, sizeof(found));
	memset(&walk, 0xee, sizeof(walk));
	walk.bp = STACK_LO + 80;
	walk.lo = STACK_LO;
	walk.hi = STACK_LO + sizeof(stack);
	return go_walk_stack(&walk, 0x3fffff, depth, &found);
}

static void expect_frames(uint64_t id, uint32_t nr)
{
	assert_int_equal(found.nr, nr);
	assert_int_equal(found.pad, 0);
	assert_int_equal(found.pc[0], 0x3fffff);
	for (uint32_t i = 1; i < nr; i++)
		assert_int_equal(found.pc[i], 0x400000 + i - 1);
	assert_int_equal(id, cs_stack_hash(found.pc, nr));
	assert_int_not_equal(id, 0);
}

static void test_walk_lengths(void **state)
{
	static const unsigned int gaps[] = { 2, 3, 12, 63, 126, 127, 128, 129, 200 };

	for (size_t i = 0; i < sizeof(gaps) / sizeof(gaps[0]); i++)
		for (unsigned int nr = 1; nr <= 20; nr++) {
			unmap_all(state);
			chain(nr, gaps[i], 0);
			expect_frames(go(64), nr + 1);
			assert_false(walk.unread);
			assert_false(go_walk_truncated(&walk, 64, &found));
		}
}

static void test_walk_reads_little(void **state)
{
	(void)state;
	chain(6, 20, 0);
	go(64);
	assert_int_equal(nr_reads, 1);
}

static void test_walk_depth(void **state)
{
	static const struct {
		unsigned int frames;
		uint32_t depth, nr;
		bool truncated;
	} cases[] = {
		{ 5, 1, 1, true },	  { 5, 3, 3, true },	   { 5, 5, 5, true },	    { 5, 6, 6, false },
		{ 126, 127, 127, false }, { 127, 127, 127, true }, { 300, 127, 127, true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unmap_all(state);
		chain(cases[i].frames, 4, 0);
		expect_frames(go(cases[i].depth), cases[i].nr);
		assert_int_equal(go_walk_truncated(&walk, cases[i].depth, &found), cases[i].truncated);
		assert_false(walk.unread);
	}
}

/* The chain ends, with the frame that says so taken along, where the next frame pointer can't be one. */
static void test_walk_ends(void **state)
{
	static const uint64_t ends[] = { 0,
					 8,
					 STACK_LO,
					 STACK_LO + 80,
					 STACK_LO - 8,
					 STACK_LO + sizeof(stack),
					 STACK_LO + sizeof(stack) - 8,
					 UINT64_MAX,
					 STACK_LO + 8 * 2000 + 1 };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		unmap_all(state);
		chain(7, 9, ends[i]);
		expect_frames(go(64), 8);
		assert_false(go_walk_truncated(&walk, 64, &found));
	}
	unmap_all(state);
	chain(7, 9, STACK_LO + sizeof(stack) - 16);
	go(64);
	assert_int_equal(found.nr, 8); /* the topmost frame there is, but its return address is 0 */
}

static void test_walk_unread(void **state)
{
	(void)state;
	chain(3, 4, 0);
	nr_regions = 0;
	go(64);
	assert_int_equal(found.nr, 1);
	assert_true(walk.unread);
	/* readable up to the third chunk only */
	unmap_all(state);
	chain(20, 100, 0);
	regions[0].size = 8 * (10 + 128 + 128 + 128);
	go(64);
	assert_true(found.nr > 1 && found.nr < 21);
	assert_true(walk.unread);
	for (uint32_t i = 1; i < found.nr; i++)
		assert_int_equal(found.pc[i], 0x400000 + i - 1);
}

static void test_walk_outside(void **state)
{
	static const struct {
		uint64_t bp, lo, hi;
	} cases[] = {
		{ STACK_LO + 80, 0, 0 },
		{ STACK_LO + 80, STACK_LO + 88, STACK_LO + 4096 },
		{ STACK_LO + 80, STACK_LO, STACK_LO + 80 },
		{ STACK_LO + 80, STACK_LO, STACK_LO + 88 },
		{ STACK_LO + 81, STACK_LO, STACK_LO + 4096 },
		{ 0, 0, 8 },
		{ UINT64_MAX - 7, 0, UINT64_MAX },
	};

	(void)state;
	chain(3, 4, 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		walk.bp = cases[i].bp;
		walk.lo = cases[i].lo;
		walk.hi = cases[i].hi;
		nr_reads = 0;
		go_walk_stack(&walk, 0x3fffff, 64, &found);
		assert_int_equal(found.nr, 1);
		assert_true(walk.unread);
		assert_int_equal(nr_reads, 0);
	}
}

int main(void)
{
#define READER_TEST(fn) cmocka_unit_test_setup(fn, unmap_all)
	static const struct CMUnitTest tests[] = {
		READER_TEST(test_registers),	READER_TEST(test_conditions_as_the_cpu), READER_TEST(test_places),
		READER_TEST(test_channel),	READER_TEST(test_goroutine_and_sudog),	 READER_TEST(test_scase),
		READER_TEST(test_walk_lengths), READER_TEST(test_walk_reads_little),	 READER_TEST(test_walk_depth),
		READER_TEST(test_walk_ends),	READER_TEST(test_walk_unread),		 READER_TEST(test_walk_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
