// SPDX-License-Identifier: Apache-2.0
/*
 * Damaged code: whatever the functions that are planned contain, planning ends soon, with a plan whose sites are
 * instructions of the file, or with a sentence. The damage is pseudo-random with a fixed seed.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "unit/gosample.h"
#include "unit/mutant.h"

#include "gobin/plan.h"

#define NR_MUTANTS 300
#define MAX_SECONDS 5 /* for one mutant, sanitizers included */

static const char *const targets[] = { "runtime.chansend", "runtime.chanrecv",	"runtime.closechan", "runtime.selectgo",
				       "runtime.makechan", "runtime.chansend1", "reflect.rselect" };

#define NR_TARGETS (sizeof(targets) / sizeof(targets[0]))

static uint64_t seed = 0x9e3779b97f4a7c15;

static uint64_t next_random(void)
{
	seed ^= seed << 13; /* xorshift64 */
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

struct stretch {
	uint64_t off, size;
};

static void find_targets(const char *path, struct stretch *ret)
{
	struct gobinary *bin;
	struct diag d = { 0 };

	assert_int_equal(gobinary__open(path, &bin, &d), 0);
	for (size_t i = 0; i < NR_TARGETS; i++) {
		struct go_func fn;

		assert_true(pclntab__func_named(bin->pclntab, targets[i], &fn));
		assert_true(image__text_offset(bin->image, fn.entry, &ret[i].off));
		ret[i].size = fn.end - fn.entry;
	}
	gobinary__close(bin);
}

/* One to eight places: a bit, a byte, or a stretch copied from elsewhere in the same function. */
static void damage(uint8_t *data, const struct stretch *s)
{
	for (uint64_t left = 1 + next_random() % 8; left; left--) {
		uint8_t *code = data + s->off;
		uint64_t at = next_random() % s->size, from = next_random() % s->size, n = 1 + next_random() % 12;

		switch (next_random() % 3) {
		case 0:
			code[at] ^= (uint8_t)(1u << next_random() % 8);
			break;
		case 1:
			code[at] = (uint8_t)next_random();
			break;
		default:
			if (at + n <= s->size && from + n <= s->size)
				memmove(code + at, code + from, n);
			break;
		}
	}
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* True if it was planned. */
static bool plan_mutant(const struct mutant *m)
{
	struct gobinary *bin;
	struct plan *p = NULL;
	struct diag d = { 0 };
	double start = seconds();
	int err;

	assert_int_equal(gobinary__open(m->path, &bin, &d), 0);
	err = plan__build(bin, &p, &d);
	assert_true(seconds() - start < MAX_SECONDS);
	if (err) {
		assert_null(p);
		assert_int_equal(d.err < 0, true);
		assert_true(d.what[0]);
	}
	for (size_t i = 0; p && i < p->nr_sites; i++) {
		assert_true(p->sites[i].off + p->sites[i].insn_sz <= m->size);
		assert_memory_equal(m->data + p->sites[i].off, p->sites[i].bytes, p->sites[i].insn_sz);
		assert_in_range(p->sites[i].site.meaning, CS_SITE_MAKE, CS_NR_MEANINGS - 1);
	}
	plan__free(p);
	gobinary__close(bin);
	return !err;
}

static void survives_damaged_code(void **state)
{
	struct gosample *sample = *state;
	struct stretch stretches[NR_TARGETS];
	unsigned int planned = 0;
	struct mutant m;
	uint8_t *clean;

	gosample_build(sample, "truth");
	find_targets(sample->path, stretches);
	mutant_load(&m, sample->path);
	clean = malloc(m.size);
	assert_non_null(clean);
	memcpy(clean, m.data, m.size);
	for (int i = 0; i < NR_MUTANTS; i++) {
		const struct stretch *s = &stretches[(size_t)i % NR_TARGETS];

		damage(m.data, s);
		mutant_write(&m, m.size);
		planned += plan_mutant(&m);
		memcpy(m.data + s->off, clean + s->off, s->size);
	}
	free(clean);
	mutant_free(&m);
	print_message("# %s: %u of %d damaged binaries were still planned\n", sample->toolchain, planned, NR_MUTANTS);
	/* harmless damage exists (in padding, in messages); if nearly all is harmless, nothing is checked */
	assert_true(planned < NR_MUTANTS / 2);
}

int main(void)
{
	static const char *const forms[] = { "plain" };
	static struct gosample samples[GOSAMPLE_MAX];
	size_t nr = gosample_list(samples, forms, 1);

	return gosample_run("plan_hostile", samples, nr, survives_damaged_code, NULL, 0);
}
