// SPDX-License-Identifier: Apache-2.0
/*
 * Damaged copies of real Go programs: whatever a file says, reading it ends soon, with an answer or with a sentence.
 * The damage is pseudo-random with a fixed seed, and hits the places that are parsed more often than the rest.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "unit/gosample.h"
#include "unit/mutant.h"

#include "gobin/layout.h"
#include "gobin/rtype.h"
#include "gobin/version.h"

#define NR_MUTANTS 150 /* per program */
#define MAX_SECONDS 10 /* for one mutant, sanitizers included */

static uint64_t seed;

static uint64_t next_random(void)
{
	seed ^= seed << 13; /* xorshift64 */
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* Stretches of the file worth damaging. */
struct spots {
	struct {
		uint64_t off, size;
	} at[16];
	size_t nr;
};

static void add_spot(struct spots *s, const struct image *img, uint64_t va, uint64_t size)
{
	bool executable;

	for (size_t i = 0; i < image__nr_segments(img); i++) {
		struct image_section seg = image__segment(img, i, &executable);

		if (va >= seg.va && va - seg.va < seg.size && s->nr < 16) {
			s->at[s->nr].off = seg.off + (va - seg.va);
			s->at[s->nr++].size = size < seg.size - (va - seg.va) ? size : seg.size - (va - seg.va);
			return;
		}
	}
}

static void find_spots(const char *path, struct spots *s)
{
	static const char *const sections[] = { ".gopclntab", ".data.rel.ro.gopclntab", ".go.buildinfo", ".shstrtab" };
	struct diag d = { 0 };
	struct gobinary *bin;
	struct go_func f;

	*s = (struct spots){ 0 };
	assert_int_equal(gobinary__open(path, &bin, &d), 0);
	s->at[s->nr].off = 0; /* ELF, program and section headers */
	s->at[s->nr++].size = 2048;
	for (size_t i = 0; i < 4; i++) {
		const struct image_section *sec = image__section(bin->image, sections[i]);

		if (!sec)
			continue;
		s->at[s->nr].off = sec->off;
		s->at[s->nr++].size = sec->size < 128 ? sec->size : 128;
		s->at[s->nr].off = sec->off;
		s->at[s->nr++].size = sec->size;
	}
	add_spot(s, bin->image, pclntab__moduledata(bin->pclntab)->va, 600);
	add_spot(s, bin->image, pclntab__moduledata(bin->pclntab)->types, 4096);
	if (pclntab__func_named(bin->pclntab, "runtime.forEachGRace", &f))
		add_spot(s, bin->image, f.entry, f.end - f.entry);
	gobinary__close(bin);
}

static void damage(struct mutant *m, const struct spots *s)
{
	unsigned int nr = 1 + (unsigned int)(next_random() % 8);

	for (unsigned int i = 0; i < nr; i++) {
		size_t spot = next_random() % s->nr;
		uint64_t off = s->at[spot].off + next_random() % s->at[spot].size;

		switch (next_random() % 4) {
		case 0:
			m->data[off] ^= (uint8_t)(1U << (next_random() % 8));
			break;
		case 1:
			m->data[off] = (uint8_t)next_random();
			break;
		case 2:
			memset(m->data + off, 0xff, off + 8 < m->size ? 8 : 1);
			break;
		default:
			memset(m->data + off, 0, off + 8 < m->size ? 8 : 1);
			break;
		}
	}
}

/* Asks a binary everything that chanscope ever asks one. */
static void use(const struct gobinary *bin)
{
	const struct go_moduledata *m = pclntab__moduledata(bin->pclntab);
	struct go_frame frames[GO_MAX_INLINE_DEPTH + 1];
	uint64_t span = m->etext - m->text, size;
	struct go_func f;
	char name[64];

	for (int i = 0; i < 300; i++) {
		uint64_t pc = m->text + (span ? next_random() % span : 0);
		size_t n = pclntab__frames(bin->pclntab, pc, frames, GO_MAX_INLINE_DEPTH + 1);

		for (size_t k = 0; k < n; k++)
			assert_true(strlen(frames[k].function) + strlen(frames[k].file) < SIZE_MAX);
		if (pclntab__func_at(bin->pclntab, pc, &f))
			pclntab__func_named(bin->pclntab, f.name, &f);
		if (m->etypes > m->types)
			rtype_name(bin, (m->types + next_random() % (m->etypes - m->types)) & ~7ULL, name,
				   sizeof(name));
		rtype_size(bin, m->types + 8 * (uint64_t)i, &size);
	}
	pclntab__func_named(bin->pclntab, "runtime.chansend", &f);
}

static bool try_mutant(const struct mutant *m)
{
	struct timespec before, after;
	struct go_version v;
	struct gobinary *bin;
	struct diag d = { 0 };
	int err;

	clock_gettime(CLOCK_MONOTONIC, &before);
	err = gobinary__open(m->path, &bin, &d);
	if (err) {
		assert_true(err < 0);
		assert_int_equal(d.err, err);
		assert_true(d.what[0]);
		assert_int_equal(d.status, EXIT_FAILED);
	} else {
		use(bin);
		go_version_infer(bin->image, bin->pclntab, &v, NULL);
		gobinary__close(bin);
	}
	clock_gettime(CLOCK_MONOTONIC, &after);
	assert_true(after.tv_sec - before.tv_sec < MAX_SECONDS);
	return !err;
}

static void test_bit_flips(void **state)
{
	struct gosample *s = *state;
	int nr_opened = 0;
	struct spots spots;
	struct mutant m;
	uint8_t *original;

	gosample_build(s, "frames");
	find_spots(s->path, &spots);
	mutant_load(&m, s->path);
	original = malloc(m.size);
	assert_non_null(original);
	memcpy(original, m.data, m.size);
	seed = 0x9e3779b97f4a7c15ULL;
	for (int i = 0; i < NR_MUTANTS; i++) {
		damage(&m, &spots);
		mutant_write(&m, m.size);
		nr_opened += try_mutant(&m);
		memcpy(m.data, original, m.size);
	}
	/* both ways must have been walked, or the damage is not what this test means */
	assert_true(nr_opened > 0);
	assert_true(nr_opened < NR_MUTANTS);
	free(original);
	mutant_free(&m);
}

static void test_cut_short(void **state)
{
	struct gosample *s = *state;
	struct mutant m;

	gosample_build(s, "frames");
	mutant_load(&m, s->path);
	for (int i = 0; i < 40; i++) {
		mutant_write(&m, i < 20 ? (size_t)i * 37 : m.size * (size_t)(i - 20) / 20);
		try_mutant(&m);
	}
	mutant_free(&m);
}

#define ON(title, fn, sample)                 \
	{                                     \
		title, fn, NULL, NULL, sample \
	}

int main(void)
{
	static struct gosample stripped = { .toolchain = "debian", .form = "stripped" };
	static struct gosample pie = { .toolchain = "debian", .form = "pie-stripped" };
	static struct gosample local = { .toolchain = "local", .form = "stripped" };
	static struct gosample local_pie = { .toolchain = "local", .form = "pie-stripped" };
	const struct CMUnitTest tests[] = {
		ON("bit flips", test_bit_flips, &stripped),
		ON("bit flips, PIE", test_bit_flips, &pie),
		ON("bit flips, local go", test_bit_flips, &local),
		ON("bit flips, local go, PIE", test_bit_flips, &local_pie),
		ON("cut short", test_cut_short, &stripped),
		ON("cut short, local go, PIE", test_cut_short, &local_pie),
	};

	return cmocka_run_group_tests_name("gobin, hostile files", tests, NULL, NULL);
}
