// SPDX-License-Identifier: Apache-2.0
/* ELF images: what is refused and why, addresses at the edges, relocations, build ids. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <sys/stat.h>

#include "unit/gosample.h"
#include "unit/mutant.h"

#include "gobin/gobinary.h"

static void open_image(struct gosample *s, struct image **img)
{
	struct diag d = { 0 };

	gosample_build(s, "frames");
	if (image__open(s->path, img, &d))
		fail_msg("%s", d.what);
}

static void test_refused_paths(void **state)
{
	static const struct {
		const char *path, *why;
		int err;
	} cases[] = {
		{ "/nonexistent", "can't open", -ENOENT },
		{ "/", "not a regular file", -EINVAL },
		{ "/dev/null", "not a regular file", -EINVAL },
		{ "Makefile", "is not an ELF file", -ENOEXEC },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct diag d = { 0 };
		struct image *img;

		assert_int_equal(image__open(cases[i].path, &img, &d), cases[i].err);
		assert_int_equal(d.err, cases[i].err);
		if (!strstr(d.what, cases[i].why) || !strstr(d.what, cases[i].path))
			fail_msg("%s: \"%s\"", cases[i].path, d.what);
	}
}

/* A named pipe without a writer must not be waited for. */
static void test_fifo(void **state)
{
	char path[] = "/tmp/test_image.XXXXXX";
	struct diag d = { 0 };
	struct image *img;

	(void)state;
	assert_non_null(mkdtemp(path));
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(image__open(path, &img, &d), -EINVAL);
	unlink(path);
}

static void expect_refused(struct mutant *m, size_t size, const char *why)
{
	struct diag d = { 0 };
	struct image *img;

	mutant_write(m, size);
	assert_true(image__open(m->path, &img, &d) < 0);
	if (!strstr(d.what, why))
		fail_msg("\"%s\" does not say \"%s\"", d.what, why);
}

static void test_refused_headers(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
		const char *why;
	} cases[] = {
		{ 0, 'x', "is not an ELF file" },
		{ 4, 1, "is not a 64-bit little-endian program" },
		{ 5, 2, "is not a 64-bit little-endian program" },
		{ 16, 1, "is neither an executable nor a shared object" },
		{ 16, 4, "is neither an executable nor a shared object" },
		{ 18, 3, "is for a machine other than amd64 and arm64" },
		{ 37, 0xff, "program headers are not in the file" }, /* e_phoff */
		{ 56, 0, "has no loadable segments" },		     /* e_phnum */
	};
	struct gosample *s = *state;
	struct mutant m;

	gosample_build(s, "frames");
	mutant_load(&m, s->path);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t old = m.data[cases[i].at];

		m.data[cases[i].at] = cases[i].value;
		expect_refused(&m, m.size, cases[i].why);
		m.data[cases[i].at] = old;
	}
	expect_refused(&m, 0, "is not an ELF file");
	expect_refused(&m, 3, "is not an ELF file");
	expect_refused(&m, 10, "is truncated");
	expect_refused(&m, 63, "damaged");
	expect_refused(&m, 100, "truncated");
	expect_refused(&m, 4096, "is truncated: its segment at 0x");
	expect_refused(&m, m.size / 2, "is truncated: its segment at 0x");
	mutant_free(&m);
}

/* [va, va+n) is handed out if and only if it lies wholly in one segment's bytes. */
static void test_edges(void **state)
{
	struct image *img;
	bool executable;

	open_image(*state, &img);
	assert_true(image__nr_segments(img) >= 3);
	for (size_t i = 0; i < image__nr_segments(img); i++) {
		struct image_section s = image__segment(img, i, &executable);
		uint64_t n, off;

		if (s.nobits)
			continue;
		assert_non_null(image__at(img, s.va, s.size));
		assert_null(image__at(img, s.va, s.size + 1));
		assert_non_null(image__at(img, s.va + s.size - 1, 1));
		assert_null(image__at(img, s.va + s.size - 1, 2));
		assert_null(image__at(img, s.va, UINT64_MAX));
		assert_non_null(image__from(img, s.va + 8, &n));
		assert_int_equal(n, s.size - 8);
		assert_int_equal(image__text_offset(img, s.va, &off), executable);
		if (executable)
			assert_int_equal(off, s.off);
		assert_int_equal(image__in_data(img, s.va, 8), s.writable);
	}
	image__segment(img, image__nr_segments(img), &executable);
	assert_false(executable);
	assert_null(image__at(img, UINT64_MAX, 1));
	assert_null(image__at(img, 0, 1));
	image__free(img);
}

/* Debian's 1.19 keeps its pointers in .noptrdata: what the loader would write there must point into the image. */
static void test_pointers(void **state)
{
	struct gosample *s = *state;
	const struct go_moduledata *m;
	struct gobinary *bin;
	struct diag d = { 0 };
	uint64_t v;

	gosample_build(s, "frames");
	assert_int_equal(gobinary__open(s->path, &bin, &d), 0);
	assert_int_equal(image__is_pie(bin->image), !strncmp(s->form, "pie", 3));
	m = pclntab__moduledata(bin->pclntab);
	for (uint64_t off = 160; off <= 184; off += 8) { /* minpc, maxpc, text, etext */
		assert_true(image__pointer_at(bin->image, m->va + off, &v));
		assert_true(v >= m->text && v <= m->etext);
	}
	assert_false(image__pointer_at(bin->image, UINT64_MAX - 3, &v));
	gobinary__close(bin);
}

/* Where in-place values are wiped, only the relocations are left to tell them. */
static void test_pointers_by_relocation(void **state)
{
	struct gosample *s = *state;
	struct gobinary *bin, *wiped;
	struct diag d = { 0 };
	struct mutant m;
	bool executable;
	uint64_t va;

	gosample_build(s, "frames");
	assert_int_equal(gobinary__open(s->path, &bin, &d), 0);
	va = pclntab__moduledata(bin->pclntab)->va;
	mutant_load(&m, s->path);
	for (size_t i = 0; i < image__nr_segments(bin->image); i++) {
		struct image_section seg = image__segment(bin->image, i, &executable);

		if (va >= seg.va && va < seg.va + seg.size) {
			memset(m.data + seg.off + (va - seg.va), 0, 16);
			memset(m.data + seg.off + (va - seg.va) + 160, 0, 32);
		}
	}
	mutant_write(&m, m.size);
	if (gobinary__open(m.path, &wiped, &d))
		fail_msg("%s", d.what);
	assert_memory_equal(pclntab__moduledata(wiped->pclntab), pclntab__moduledata(bin->pclntab),
			    sizeof(struct go_moduledata));
	gobinary__close(wiped);
	gobinary__close(bin);
	mutant_free(&m);
}

/* Without section headers all that is needed is still found. */
static void test_no_sections(void **state)
{
	struct gosample *s = *state;
	struct gobinary *bin, *bare;
	struct diag d = { 0 };
	struct mutant m;

	gosample_build(s, "frames");
	assert_int_equal(gobinary__open(s->path, &bin, &d), 0);
	mutant_load(&m, s->path);
	memset(m.data + 40, 0, 8); /* e_shoff */
	memset(m.data + 58, 0, 6); /* e_shentsize, e_shnum, e_shstrndx */
	mutant_write(&m, m.size);
	if (gobinary__open(m.path, &bare, &d))
		fail_msg("%s", d.what);
	assert_null(image__section(bare->image, ".text"));
	assert_memory_equal(pclntab__moduledata(bare->pclntab), pclntab__moduledata(bin->pclntab),
			    sizeof(struct go_moduledata));
	assert_string_equal(bare->version.text, bin->version.text);
	assert_string_equal(image__build_id(bare->image), image__build_id(bin->image));
	assert_int_equal(bare->va_allglen, bin->va_allglen);
	assert_int_equal(bare->va_allgptr, bin->va_allgptr);
	gobinary__close(bare);
	gobinary__close(bin);
	mutant_free(&m);
}

/* What a stripped binary's code tells must be what an unstripped one's symbols say. */
static void test_symbols(void **state)
{
	struct gosample *s = *state;
	struct gobinary *bin;
	struct diag d = { 0 };
	struct go_func f;
	uint64_t va;

	gosample_build(s, "frames");
	assert_int_equal(gobinary__open(s->path, &bin, &d), 0);
	assert_true(image__symbol(bin->image, "runtime.allglen", &va));
	assert_int_equal(va, bin->va_allglen);
	assert_true(image__symbol(bin->image, "runtime.allgptr", &va));
	assert_int_equal(va, bin->va_allgptr);
	assert_true(image__symbol(bin->image, "runtime.buildVersion", &va));
	assert_int_equal(va, bin->va_buildversion);
	assert_true(image__symbol(bin->image, "runtime.firstmoduledata", &va));
	assert_int_equal(va, pclntab__moduledata(bin->pclntab)->va);
	assert_true(image__symbol(bin->image, "runtime.chansend", &va));
	assert_true(pclntab__func_named(bin->pclntab, "runtime.chansend", &f));
	assert_int_equal(va, f.entry);
	assert_false(image__symbol(bin->image, "runtime.noSuchSymbol", &va));
	assert_false(image__symbol(bin->image, "", &va));
	gobinary__close(bin);
}

/* Three variables have no symbols in a stripped program; the code tells them, where the program is the same. */
static void test_stripped_variables(void **state)
{
	struct gosample *s = *state;
	struct gobinary *bin;
	struct diag d = { 0 };

	gosample_build(s, "frames");
	assert_int_equal(gobinary__open(s->path, &bin, &d), 0);
	assert_true(image__in_data(bin->image, bin->va_allglen, 8));
	assert_true(image__in_data(bin->image, bin->va_allgptr, 8));
	assert_true(image__in_data(bin->image, bin->va_buildversion, 16));
	gobinary__close(bin);
}

static void test_build_id(void **state)
{
	static const char go_note[] = "Go\0\0";
	struct gosample *s = *state;
	struct image *img;
	struct mutant m;
	struct diag d = { 0 };
	uint8_t *note;

	open_image(s, &img);
	assert_true(strlen(image__build_id(img)) > 20);
	assert_non_null(strchr(image__build_id(img), '/')); /* Go's text */
	image__free(img);
	/* a note that claims to be longer than the file */
	mutant_load(&m, s->path);
	note = memmem(m.data, 8192, go_note, 4);
	assert_non_null(note);
	memset(note - 8, 0xff, 4);
	mutant_write(&m, m.size);
	assert_int_equal(image__open(m.path, &img, &d), 0);
	assert_string_equal(image__build_id(img), "");
	image__free(img);
	mutant_free(&m);
}

static void test_packed(void **state)
{
	struct gosample *s = *state;
	struct gobinary *bin;
	struct diag d = { 0 };
	struct mutant m;

	gosample_build(s, "frames");
	mutant_load(&m, s->path);
	memset(m.data + 40, 0, 8);
	memset(m.data + 58, 0, 6);
	memcpy(m.data + 0x1ec, "UPX!", 4);
	assert_true(mutant_erase(&m, "\xff Go buildinf:", 14) >= 1);
	mutant_write(&m, m.size);
	assert_true(gobinary__open(m.path, &bin, &d) < 0);
	assert_non_null(strstr(d.what, "is packed by UPX"));
	mutant_free(&m);
}

#define ON(title, fn, sample)                 \
	{                                     \
		title, fn, NULL, NULL, sample \
	}

int main(void)
{
	static struct gosample plain = { .toolchain = "debian", .form = "plain" };
	static struct gosample stripped = { .toolchain = "debian", .form = "stripped" };
	static struct gosample pie = { .toolchain = "debian", .form = "pie-stripped" };
	static struct gosample local = { .toolchain = "local", .form = "plain" };
	static struct gosample local_pie = { .toolchain = "local", .form = "pie-stripped" };
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused_paths),
		cmocka_unit_test(test_fifo),
		ON("refused headers", test_refused_headers, &stripped),
		ON("edges", test_edges, &stripped),
		ON("edges, PIE", test_edges, &pie),
		ON("pointers", test_pointers, &stripped),
		ON("pointers, PIE", test_pointers, &pie),
		ON("pointers, local go, PIE", test_pointers, &local_pie),
		ON("pointers by relocation", test_pointers_by_relocation, &pie),
		ON("no sections", test_no_sections, &stripped),
		ON("no sections, PIE", test_no_sections, &pie),
		ON("no sections, local go", test_no_sections, &local),
		ON("no sections, local go, PIE", test_no_sections, &local_pie),
		ON("symbols", test_symbols, &plain),
		ON("symbols, local go", test_symbols, &local),
		ON("stripped variables", test_stripped_variables, &stripped),
		ON("stripped variables, PIE", test_stripped_variables, &pie),
		ON("stripped variables, local go", test_stripped_variables, &local_pie),
		ON("build id", test_build_id, &stripped),
		ON("packed", test_packed, &stripped),
	};

	return cmocka_run_group_tests_name("image", tests, NULL, NULL);
}
