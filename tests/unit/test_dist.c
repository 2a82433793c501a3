// SPDX-License-Identifier: Apache-2.0
/* Tests the distribution: exact count, sum and maximum, and percentiles against a sorted array. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "model/dist.h"

#define NR 20000

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* The value below or at which percentile p of the sorted values lie: the nearest rank. */
static uint64_t exact_percentile(const uint64_t *sorted, size_t nr, double p)
{
	double want = p / 100 * (double)nr;
	size_t rank = (size_t)want;

	if ((double)rank < want || !rank)
		rank++;
	return sorted[rank - 1];
}

static void check_bound(uint64_t *values, size_t nr)
{
	static const double percentiles[] = { 0, 0.1, 1, 10, 25, 50, 75, 90, 99, 99.9, 99.99, 100 };
	struct dist d = { 0 };
	uint64_t sum = 0;

	for (size_t i = 0; i < nr; i++) {
		assert_int_equal(dist__add(&d, values[i]), 0);
		sum += values[i];
	}
	qsort(values, nr, sizeof(*values), by_value);
	assert_int_equal(d.count, nr);
	assert_int_equal(d.sum_ns, sum);
	assert_int_equal(d.max_ns, values[nr - 1]);
	for (size_t i = 0; i < sizeof(percentiles) / sizeof(percentiles[0]); i++) {
		uint64_t exact = exact_percentile(values, nr, percentiles[i]);
		uint64_t got = dist_percentile(&d, percentiles[i]);

		assert_true(got >= exact);
		assert_true(got - exact <= exact / 32);
		assert_true(got <= d.max_ns);
	}
	dist__clear(&d);
}

static void test_bound(void **state)
{
	static const unsigned int bits[] = { 1, 5, 6, 10, 20, 33, 47, 60, 64 };
	static uint64_t values[NR];
	uint64_t seed = 88172645463325252ULL;

	(void)state;
	for (size_t b = 0; b < sizeof(bits) / sizeof(bits[0]); b++) {
		/* evenly over the range, and evenly over its logarithm */
		for (size_t i = 0; i < NR; i++)
			values[i] = next_random(&seed) >> (64 - bits[b]);
		check_bound(values, NR);
		for (size_t i = 0; i < NR; i++)
			values[i] = next_random(&seed) >> (64 - bits[b]) >> next_random(&seed) % bits[b];
		check_bound(values, NR);
	}
}

static void test_edges(void **state)
{
	static const uint64_t edges[] = {
		0, 1, 31, 32, 33, 63, 64, 65, 127, 128, UINT32_MAX, 1ULL << 32, (1ULL << 63) - 1, 1ULL << 63, UINT64_MAX
	};

	(void)state;
	for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
		uint64_t one[1] = { edges[i] }, two[2] = { edges[i], UINT64_MAX };

		check_bound(one, 1);
		check_bound(two, 2);
	}
}

static void test_empty(void **state)
{
	struct dist d = { 0 };

	(void)state;
	assert_int_equal(dist_percentile(&d, 50), 0);
	assert_null(d.buckets);
	dist__clear(&d);
}

static void test_odd_percentiles(void **state)
{
	struct dist d = { 0 };

	(void)state;
	dist__add(&d, 10);
	dist__add(&d, 20);
	assert_int_equal(dist_percentile(&d, -5), 10);
	assert_int_equal(dist_percentile(&d, 1000), 20);
	dist__clear(&d);
}

static void test_merge(void **state)
{
	struct dist a = { 0 }, b = { 0 }, both = { 0 };
	uint64_t seed = 12345;

	(void)state;
	for (size_t i = 0; i < NR; i++) {
		uint64_t v = next_random(&seed) >> next_random(&seed) % 64;

		dist__add(i & 1 ? &a : &b, v);
		dist__add(&both, v);
	}
	assert_int_equal(dist__merge(&a, &b), 0);
	assert_int_equal(a.count, both.count);
	assert_int_equal(a.sum_ns, both.sum_ns);
	assert_int_equal(a.max_ns, both.max_ns);
	for (int p = 0; p <= 100; p++)
		assert_int_equal(dist_percentile(&a, p), dist_percentile(&both, p));
	dist__clear(&a);
	/* into and from an empty one */
	assert_int_equal(dist__merge(&a, &b), 0);
	assert_int_equal(dist_percentile(&a, 50), dist_percentile(&b, 50));
	dist__clear(&b);
	assert_int_equal(dist__merge(&a, &b), 0);
	assert_int_equal(a.count, NR / 2);
	dist__clear(&a);
	dist__clear(&both);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bound), cmocka_unit_test(test_edges),	      cmocka_unit_test(test_empty),
		cmocka_unit_test(test_merge), cmocka_unit_test(test_odd_percentiles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
