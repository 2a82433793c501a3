// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the search for runtime.firstmoduledata of a program without symbols, and the few of its fields that
 * others need. It is given a function table: module data is what points to it.
 *
 * Source of the offsets: struct moduledata in https://github.com/golang/go/blob/go1.17/src/runtime/symtab.go, and the
 * same file at go1.18, go1.20, go1.26 and go1.27. The fields up to etext have been the same in all of them.
 */
#include "gobin/image_impl.h"
#include "gobin/pclntab_impl.h"

#define MD_FUNCNAMETAB 8
#define MD_FTAB_LEN 136
#define MD_MINPC 160
#define MD_MAXPC 168
#define MD_TEXT 176
#define MD_ETEXT 184

struct md_offsets {
	uint16_t types, etypes, gofunc; /* gofunc 0: this version has none */
	uint16_t epclntab;		/* 0: likewise */
};

static const struct md_offsets md_116 = { .types = 280, .etypes = 288 };
static const struct md_offsets md_118 = { .types = 280, .etypes = 288, .gofunc = 304 };
static const struct md_offsets md_120 = { .types = 296, .etypes = 304, .gofunc = 320 };
static const struct md_offsets md_126 = { .types = 296, .etypes = 304, .gofunc = 320, .epclntab = 328 };
static const struct md_offsets md_127 = { .types = 296, .etypes = 312, .gofunc = 344, .epclntab = 352 };

static uint64_t word(const struct pclntab *t, uint64_t va, uint16_t off)
{
	uint64_t v;

	return image__pointer_at(t->img, va + off, &v) ? v : 0;
}

/* Does the field hold the end of the function table? That tells 1.26 from 1.27, whose headers are alike. */
static bool ends_pclntab(const struct pclntab *t, uint64_t va, const struct md_offsets *o)
{
	uint64_t end = word(t, va, o->epclntab);

	return end >= t->va + t->functab_off && end <= t->va + t->all.size;
}

static const struct md_offsets *offsets_of(const struct pclntab *t, uint64_t va)
{
	switch (t->version) {
	case PCLNTAB_116:
		return &md_116;
	case PCLNTAB_118:
		return &md_118;
	case PCLNTAB_120:
		return &md_120;
	case PCLNTAB_126:
		return ends_pclntab(t, va, &md_127) ? &md_127 : ends_pclntab(t, va, &md_126) ? &md_126 : NULL;
	}
	return NULL;
}

/* Takes the fields if va holds module data of t: cross-checked by what the function table itself says. */
static bool take(struct pclntab *t, uint64_t va)
{
	uint64_t text = word(t, va, MD_TEXT), minpc = word(t, va, MD_MINPC), maxpc = word(t, va, MD_MAXPC);
	uint64_t header_text = t->text;
	const struct md_offsets *o;

	if (word(t, va, 0) != t->va || word(t, va, MD_FUNCNAMETAB) != t->va + t->names_off)
		return false;
	if (word(t, va, MD_FTAB_LEN) != t->nr_funcs + 1 || text > minpc || minpc >= maxpc)
		return false;
	t->text = text;
	o = offsets_of(t, va);
	if (!o || pclntab__entry(t, 0) != minpc) {
		t->text = header_text;
		return false;
	}
	t->moduledata = (struct go_moduledata){
		.va = va,
		.text = text,
		.etext = word(t, va, MD_ETEXT),
		.types = word(t, va, o->types),
		.etypes = word(t, va, o->etypes),
	};
	t->gofunc_at = o->gofunc;
	t->gofunc = o->gofunc ? word(t, va, o->gofunc) : 0;
	return true;
}

/* In a PIE the two pointers are relocations; not every linker stores their values in place, too. */
static bool find_by_relocs(struct pclntab *t)
{
	const struct image_relocs *r = image__relocs(t->img);

	for (size_t i = 0; i + 1 < r->nr; i++)
		if (r->items[i].addend == t->va && r->items[i + 1].addend == t->va + t->names_off &&
		    r->items[i + 1].va == r->items[i].va + MD_FUNCNAMETAB && take(t, r->items[i].va))
			return true;
	return false;
}

static bool find_by_scan(struct pclntab *t)
{
	bool executable;

	for (size_t i = 0; i < image__nr_segments(t->img); i++) {
		struct image_section s = image__segment(t->img, i, &executable);
		struct cursor c;

		if (!s.writable)
			continue;
		c = cursor_over(image__at(t->img, s.va, s.size), s.size);
		cursor_skip(&c, -s.va & 7);
		while (cursor_left(&c) >= 8 && !c.bad) {
			uint64_t va = s.va + c.pos;

			if (cursor_u64(&c) == t->va && take(t, va))
				return true;
		}
	}
	return false;
}

bool pclntab__find_moduledata(struct pclntab *t)
{
	const struct image_section *s = image__section(t->img, ".go.module"); /* since 1.26 */

	if (s && take(t, s->va))
		return true;
	return (image__is_pie(t->img) && find_by_relocs(t)) || find_by_scan(t);
}
