// SPDX-License-Identifier: Apache-2.0
/* What attach decides without the kernel: which layouts it takes, which sites, who shares them; its threads. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "attach/parallel.h"
#include "attach/state.h"
#include "attach/uprobe_multi.h"

/* go1.26, src/runtime/chan.go and runtime2.go. */
static const struct cs_layout good_layout = {
	.hchan_qcount = 0,
	.hchan_dataqsiz = 8,
	.hchan_elemsize = 24,
	.hchan_closed = 28,
	.hchan_timer = 32,
	.hchan_elemtype = 40,
	.g_stack_lo = 0,
	.g_stack_hi = 8,
	.g_goid = 152,
	.g_waiting = 320,
	.sudog_g = 0,
	.sudog_success = 61,
	.sudog_waitlink = 72,
	.scase_c = 0,
	.scase_size = 16,
};

static void test_layouts(void **state)
{
	static const struct {
		size_t field; /* offset in struct cs_layout */
		uint16_t value;
		bool fits;
	} cases[] = {
		{ offsetof(struct cs_layout, hchan_timer), CS_NO_FIELD, true },
		{ offsetof(struct cs_layout, hchan_timer), 41, false },
		{ offsetof(struct cs_layout, hchan_qcount), 40, true },
		{ offsetof(struct cs_layout, hchan_qcount), 48, false },
		{ offsetof(struct cs_layout, hchan_qcount), 4, false },
		{ offsetof(struct cs_layout, hchan_dataqsiz), CS_NO_FIELD, false },
		{ offsetof(struct cs_layout, hchan_elemsize), 46, true },
		{ offsetof(struct cs_layout, hchan_elemsize), 7, false },
		{ offsetof(struct cs_layout, hchan_closed), 44, true },
		{ offsetof(struct cs_layout, hchan_closed), 45, false },
		{ offsetof(struct cs_layout, hchan_elemtype), 48, false },
		{ offsetof(struct cs_layout, g_goid), 160, true },
		{ offsetof(struct cs_layout, g_goid), 168, false },
		{ offsetof(struct cs_layout, g_stack_hi), CS_NO_FIELD, false },
		{ offsetof(struct cs_layout, g_stack_lo), 12, false },
		{ offsetof(struct cs_layout, g_waiting), CS_NO_FIELD, false },
		{ offsetof(struct cs_layout, sudog_g), CS_NO_FIELD, false },
		{ offsetof(struct cs_layout, sudog_success), CS_NO_FIELD, false },
		{ offsetof(struct cs_layout, sudog_waitlink), CS_NO_FIELD, false },
		{ offsetof(struct cs_layout, scase_c), CS_NO_FIELD, false },
		{ offsetof(struct cs_layout, scase_size), 0, false },
		{ offsetof(struct cs_layout, scase_size), CS_NO_FIELD, false },
	};

	(void)state;
	assert_true(attach_layout_fits(&good_layout));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cs_layout l = good_layout;

		memcpy((uint8_t *)&l + cases[i].field, &cases[i].value, sizeof(cases[i].value));
		assert_int_equal(attach_layout_fits(&l), cases[i].fits);
	}
}

#define NR_SITES 40
static struct plan_site sites[CS_MAX_SITES + 1];

static struct plan some_plan(size_t nr, uint64_t first_off)
{
	struct plan p = { .sites = sites, .nr_sites = nr };

	memset(sites, 0, sizeof(sites));
	for (size_t i = 0; i < nr; i++) {
		sites[i].off = first_off + i * 16;
		sites[i].wait_mode = i % 4 == 0;
		sites[i].site.meaning = CS_SITE_SEND_BUFFERED;
	}
	return p;
}

static struct attach *new_attach(enum capture_mode mode)
{
	struct attach_opts opts = { .mode = mode };
	struct attach *a = NULL;
	struct diag d = { 0 };

	assert_int_equal(attach__new(&opts, &a, &d), 0);
	return a;
}

static int add(struct attach *a, pid_t pid, const struct plan *p, const struct cs_layout *l, struct diag *d)
{
	memset(d, 0, sizeof(*d));
	return attach__add_target(a, pid, "/proc/self/exe", p, l, d);
}

static void test_processes_share_sites(void **state)
{
	struct attach *a = new_attach(CAPTURE_ALL);
	struct cs_layout other = good_layout;
	struct diag d;
	struct plan p = some_plan(NR_SITES, 0x1000);

	(void)state;
	for (pid_t pid = 1; pid <= 5; pid++)
		assert_int_equal(add(a, pid, &p, &good_layout, &d), 0);
	assert_int_equal(a->nr_targets, 5);
	assert_int_equal(a->nr_binaries, 1);
	assert_int_equal(a->nr_sites, NR_SITES);
	/* another layout, other offsets, another site: each a binary of its own */
	other.g_goid = 160;
	assert_int_equal(add(a, 6, &p, &other, &d), 0);
	p = some_plan(NR_SITES, 0x2000);
	assert_int_equal(add(a, 7, &p, &good_layout, &d), 0);
	sites[3].site.cond = 4;
	assert_int_equal(add(a, 8, &p, &good_layout, &d), 0);
	assert_int_equal(a->nr_binaries, 4);
	for (uint32_t b = 0; b < 4; b++) {
		assert_int_equal(a->binaries[b].first, b * NR_SITES);
		for (uint32_t i = 0; i < NR_SITES; i++)
			assert_int_equal(a->binaries[b].sites[i].layout, b);
	}
	attach__free(a);
}

static void test_wait_mode(void **state)
{
	struct attach *a = new_attach(CAPTURE_WAIT);
	struct plan p = some_plan(NR_SITES, 0x1000);
	struct diag d;

	(void)state;
	assert_int_equal(add(a, 1, &p, &good_layout, &d), 0);
	assert_int_equal(a->nr_sites, NR_SITES / 4);
	for (uint32_t i = 0; i < a->nr_sites; i++)
		assert_int_equal(a->binaries[0].offsets[i], 0x1000 + 64 * i);
	attach__free(a);
}

static void test_refused_targets(void **state)
{
	struct attach *a = new_attach(CAPTURE_ALL);
	struct cs_layout bad = good_layout;
	struct plan p = some_plan(NR_SITES, 0x1000), none = { .sites = sites }, huge;
	char path[300];
	struct diag d;

	(void)state;
	assert_int_equal(add(a, 0, &p, &good_layout, &d), -EINVAL);
	assert_int_equal(add(a, 1, &none, &good_layout, &d), -EINVAL);
	assert_string_equal(d.what, "the plan has no site to probe");
	bad.g_goid = CS_NO_FIELD;
	assert_int_equal(add(a, 1, &p, &bad, &d), -EINVAL);
	memset(path, 'x', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	memset(&d, 0, sizeof(d));
	assert_int_equal(attach__add_target(a, 1, path, &p, &good_layout, &d), -ENAMETOOLONG);
	assert_int_equal(a->nr_targets, 0);
	huge = some_plan(CS_MAX_SITES + 1, 0);
	assert_int_equal(add(a, 1, &huge, &good_layout, &d), -E2BIG);
	huge.nr_sites--;
	assert_int_equal(add(a, 1, &huge, &good_layout, &d), 0);
	p = some_plan(1, 7);
	assert_int_equal(add(a, 1, &p, &good_layout, &d), -E2BIG);
	attach__free(a);
}

static void test_limits(void **state)
{
	struct attach *a = new_attach(CAPTURE_ALL);
	struct plan p = some_plan(1, 0x1000);
	struct diag d;

	(void)state;
	for (uint32_t i = 0; i < CS_MAX_LAYOUTS; i++) {
		sites[0].off = i;
		assert_int_equal(add(a, 1, &p, &good_layout, &d), 0);
	}
	sites[0].off = CS_MAX_LAYOUTS;
	assert_int_equal(add(a, 1, &p, &good_layout, &d), -E2BIG);
	sites[0].off = 0;
	while (a->nr_targets < CS_MAX_TARGETS)
		assert_int_equal(add(a, 1, &p, &good_layout, &d), 0);
	assert_int_equal(add(a, 1, &p, &good_layout, &d), -E2BIG);
	attach__free(a);
}

static void test_options(void **state)
{
	struct attach_opts opts = { .stack_depth = CS_MAX_STACK_DEPTH + 1 };
	struct attach *a = NULL;
	struct diag d = { 0 };

	(void)state;
	assert_int_equal(attach__new(&opts, &a, &d), -EINVAL);
	assert_int_equal(d.status, EXIT_USAGE);
	assert_null(a);
	opts.stack_depth = 0;
	memset(&d, 0, sizeof(d));
	assert_int_equal(attach__new(&opts, &a, &d), 0);
	assert_int_equal(a->opts.stack_depth, ATTACH_DEFAULT_STACK_DEPTH);
	assert_int_equal(a->opts.ring_bytes, ATTACH_DEFAULT_RING_BYTES);
	assert_int_equal(attach__attach(a, &d), -EINVAL); /* not loaded */
	attach__detach(a);
	attach__drop_target(a, 1);
	attach__free(a);
	attach__free(NULL);
}

struct tally {
	atomic_int calls[100];
	int fail_at;
};

static int tally(void *ctx, size_t i)
{
	struct tally *t = ctx;

	atomic_fetch_add(&t->calls[i], 1);
	return (int)i == t->fail_at ? -EIO : 0;
}

static void test_parallel(void **state)
{
	static const size_t threads[] = { 0, 1, 2, 7, 200 };

	(void)state;
	for (size_t k = 0; k < sizeof(threads) / sizeof(threads[0]); k++) {
		struct tally t = { .fail_at = -1 };

		assert_int_equal(parallel_run(100, threads[k], 1, tally, &t), 0);
		for (int i = 0; i < 100; i++)
			assert_int_equal(t.calls[i], 1);
		t.fail_at = 50;
		assert_int_equal(parallel_run(100, threads[k], 0, tally, &t), -EIO);
		for (int i = 0; i < 100; i++)
			assert_int_equal(t.calls[i], 2);
	}
}

static void test_parallel_stops(void **state)
{
	struct tally t = { .fail_at = 3 };

	(void)state;
	assert_int_equal(parallel_run(100, 1, 1, tally, &t), -EIO);
	for (int i = 0; i < 100; i++)
		assert_int_equal(t.calls[i], i <= 3);
	assert_int_equal(parallel_run(0, 8, 1, tally, &t), 0);
}

static void test_bad_link(void **state)
{
	uint64_t zero = 0;
	struct uprobe_multi m = { .prog_fd = -1, .path = "/", .offsets = &zero, .cookies = &zero, .nr = 1 };

	(void)state;
	assert_true(uprobe_multi_link(&m) < 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layouts),	  cmocka_unit_test(test_processes_share_sites),
		cmocka_unit_test(test_wait_mode), cmocka_unit_test(test_refused_targets),
		cmocka_unit_test(test_limits),	  cmocka_unit_test(test_options),
		cmocka_unit_test(test_parallel),  cmocka_unit_test(test_parallel_stops),
		cmocka_unit_test(test_bad_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
