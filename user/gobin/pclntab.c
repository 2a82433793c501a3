// SPDX-License-Identifier: Apache-2.0
/*
 * Owns a function table: finding it in an image, its life, its functions by index and by pc. It is given an image and
 * trusts no offset in it. Never reads the code itself.
 */
#include "gobin/pclntab_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Headers that a scan tries to find module data for: each try reads all writable data. */
#define MAX_CANDIDATES 16

#define ENTRY_SZ(t) ((t)->version == PCLNTAB_116 ? 16U : 8U)

uint64_t pclntab__entry(const struct pclntab *t, uint64_t index)
{
	struct cursor c;
	uint64_t va;

	if (t->version == PCLNTAB_116) /* absolute, so it is relocated in a PIE */
		return image__pointer_at(t->img, t->va + t->functab_off + 16 * index, &va) ? va : 0;
	c = cursor_over(t->funcs.data, t->funcs.size);
	cursor_seek(&c, 8 * index);
	va = t->text + cursor_u32(&c);
	return c.bad ? 0 : va;
}

static bool read_record(const struct pclntab *t, uint64_t index, struct pclntab_func *f, uint32_t *ret_name_off)
{
	struct cursor c = cursor_over(t->funcs.data, t->funcs.size);
	uint64_t word = ENTRY_SZ(t) / 2;
	uint64_t record_off;

	cursor_seek(&c, ENTRY_SZ(t) * index + word);
	record_off = word == 8 ? cursor_u64(&c) : cursor_u32(&c);
	cursor_seek(&c, record_off);
	cursor_skip(&c, word); /* entry, again */
	*ret_name_off = cursor_u32(&c);
	cursor_skip(&c, 12); /* args, deferreturn, pcsp */
	f->pcfile = cursor_u32(&c);
	f->pcln = cursor_u32(&c);
	f->nr_pcdata = cursor_u32(&c);
	f->cu_off = cursor_u32(&c);
	if (t->version >= PCLNTAB_120)
		cursor_skip(&c, 4); /* startLine */
	f->func_id = cursor_u8(&c);
	cursor_skip(&c, 2); /* flag, padding */
	f->nr_funcdata = cursor_u8(&c);
	f->pcdata = c;
	cursor_skip(&c, 4ULL * f->nr_pcdata);
	f->funcdata_off = t->functab_off + c.pos;
	return !c.bad;
}

bool pclntab__read_func(const struct pclntab *t, uint64_t index, struct pclntab_func *ret)
{
	struct pclntab_func f = { 0 };
	uint32_t name_off;

	if (index >= t->nr_funcs || !read_record(t, index, &f, &name_off))
		return false;
	f.entry = pclntab__entry(t, index);
	f.name = pclntab__name(t, name_off);
	if (!f.name)
		return false;
	*ret = f;
	return true;
}

const char *pclntab__name(const struct pclntab *t, uint32_t off)
{
	struct cursor c = cursor_over(t->names.data, t->names.size);

	cursor_seek(&c, off);
	return cursor_cstr(&c, PCLNTAB_MAX_NAME);
}

bool pclntab__find_index(const struct pclntab *t, uint64_t pc, uint64_t *ret)
{
	uint64_t lo = 0, hi = t->nr_funcs; /* entry(lo) <= pc < entry(hi) */

	if (pc < pclntab__entry(t, lo) || pc >= pclntab__entry(t, hi))
		return false;
	while (hi - lo > 1) {
		uint64_t mid = lo + (hi - lo) / 2;

		if (pclntab__entry(t, mid) <= pc)
			lo = mid;
		else
			hi = mid;
	}
	*ret = lo;
	return true;
}

bool pclntab__func(const struct pclntab *t, size_t index, struct go_func *ret)
{
	struct pclntab_func f;

	if (!pclntab__read_func(t, index, &f))
		return false;
	*ret = (struct go_func){
		.entry = f.entry,
		.end = pclntab__entry(t, index + 1),
		.name = f.name,
		.index = (uint32_t)index,
		.wrapper = pclntab__is_wrapper(t, f.func_id),
	};
	return true;
}

bool pclntab__func_at(const struct pclntab *t, uint64_t pc, struct go_func *ret)
{
	uint64_t index;

	return pclntab__find_index(t, pc, &index) && pclntab__func(t, index, ret);
}

size_t pclntab__nr_funcs(const struct pclntab *t)
{
	return t->nr_funcs;
}

const struct go_moduledata *pclntab__moduledata(const struct pclntab *t)
{
	return &t->moduledata;
}

/* How far a search came, for the message when it fails. */
enum search_result { NOTHING, UNKNOWN_VERSION, NO_MODULEDATA, FOUND };

static enum search_result try_at(struct pclntab *t, uint64_t va, uint64_t size)
{
	int err = pclntab__parse_header(t, va, size);

	if (err)
		return err == -EPROTO ? UNKNOWN_VERSION : NOTHING;
	return pclntab__find_moduledata(t) ? FOUND : NO_MODULEDATA;
}

static enum search_result find_by_section(struct pclntab *t)
{
	static const char *const names[] = { ".gopclntab", ".data.rel.ro.gopclntab" };
	enum search_result best = NOTHING;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && best != FOUND; i++) {
		const struct image_section *s = image__section(t->img, names[i]);
		enum search_result r = s && !s->nobits ? try_at(t, s->va, s->size) : NOTHING;

		if (r > best)
			best = r;
	}
	return best;
}

/*
 * Without section headers, or where an external linker has merged the section into .data.rel.ro: every 8-aligned place
 * that looks like a header. A program may carry another Go program as data; only the table that module data
 * points to is this program's own.
 */
static enum search_result find_by_scan(struct pclntab *t)
{
	uint8_t quantum = image__machine(t->img) == IMAGE_AMD64 ? 1 : 4;
	const uint8_t tail[7] = { 0xff, 0xff, 0xff, 0, 0, quantum, 8 };
	enum search_result best = NOTHING;
	int nr_candidates = 0;
	bool executable;

	for (size_t i = 0; i < image__nr_segments(t->img); i++) {
		struct image_section s = image__segment(t->img, i, &executable);
		const uint8_t *p = image__at(t->img, s.va, s.size);
		uint64_t skew = -s.va & 7;

		for (uint64_t off = skew; p && off + 8 <= s.size; off += 8) {
			enum search_result r;

			if (p[off + 7] != 8 || memcmp(p + off + 1, tail, sizeof(tail)) != 0)
				continue;
			r = try_at(t, s.va + off, s.size - off);
			if (r > best)
				best = r;
			if (r == FOUND || (r == NO_MODULEDATA && ++nr_candidates == MAX_CANDIDATES))
				return best;
		}
	}
	return best;
}

static int fail(const struct image *img, enum search_result why, struct diag *d)
{
	const char *path = image__path(img);

	if (why == UNKNOWN_VERSION) {
		diag_fail(d, -EPROTO, "%s has a function table (.gopclntab) of an unknown version", path);
		diag_hint(d, "it was built by a Go release newer than this chanscope, or obfuscated (garble)");
		return -EPROTO;
	}
	if (why == NO_MODULEDATA) {
		diag_fail(d, -EINVAL, "%s has a function table (.gopclntab), but no module data belongs to it", path);
		diag_hint(d, "the file is damaged, obfuscated, or built by a Go release newer than this chanscope");
		return -EINVAL;
	}
	diag_fail(d, -ENOEXEC, "%s is not a Go program: it has no .gopclntab", path);
	diag_hint(d, "programs built by the Go toolchain (gc) have one even when stripped; gccgo and TinyGo are not "
		     "supported, nor are packed or obfuscated programs");
	return -ENOEXEC;
}

int pclntab__open(const struct image *img, struct pclntab **ret, struct diag *d)
{
	struct pclntab *t = calloc(1, sizeof(*t));
	enum search_result r, scanned;

	if (t)
		t->lazy = pclntab__new_lazy();
	if (!t || !t->lazy) {
		free(t);
		return diag_fail(d, -ENOMEM, "no memory to read %s", image__path(img));
	}
	t->img = img;
	r = find_by_section(t);
	if (r != FOUND) {
		scanned = find_by_scan(t);
		r = scanned > r ? scanned : r;
	}
	if (r != FOUND) {
		pclntab__free(t);
		return fail(img, r, d);
	}
	*ret = t;
	return 0;
}

void pclntab__free(struct pclntab *t)
{
	if (!t)
		return;
	pclntab__free_lazy(t->lazy);
	free(t);
}
