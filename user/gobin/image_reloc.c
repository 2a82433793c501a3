// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the relative relocations of a position-independent program: what the loader would write into its
 * pointers, less the load bias. Read from PT_DYNAMIC, so a missing section table does no harm. Symbolic
 * relocations are never resolved: Go's own data has none.
 *
 * DT_RELR needs no table: there the addend is stored in place, in the pointer itself.
 */
#include "gobin/image_impl.h"

#include <stdlib.h>

#include "base/cursor.h"

#define RELA_SZ 24

static bool find_rela(const struct image *img, struct cursor *ret)
{
	struct cursor dyn = cursor_over(image__at(img, img->dynamic_va, img->dynamic_sz), img->dynamic_sz);
	uint64_t va = 0, size = 0;
	const uint8_t *p;

	while (cursor_left(&dyn) >= 16) {
		uint64_t tag = cursor_u64(&dyn), value = cursor_u64(&dyn);

		if (tag == DT_NULL)
			break;
		if (tag == DT_RELA)
			va = value;
		if (tag == DT_RELASZ)
			size = value;
	}
	p = size ? image__at(img, va, size) : NULL;
	if (!p)
		return false;
	*ret = cursor_over(p, size);
	return true;
}

static int by_va(const void *a, const void *b)
{
	const struct image_reloc *x = a, *y = b;

	return (x->va > y->va) - (x->va < y->va);
}

static void load_relocs(const struct image *img, struct image_relocs *r)
{
	uint32_t relative = img->machine == IMAGE_AMD64 ? R_X86_64_RELATIVE : R_AARCH64_RELATIVE;
	bool ascending = true;
	struct cursor c;

	r->loaded = true;
	if (!img->dynamic_sz || !find_rela(img, &c))
		return;
	r->items = calloc(cursor_left(&c) / RELA_SZ + 1, sizeof(*r->items));
	if (!r->items)
		return;
	while (cursor_left(&c) >= RELA_SZ) {
		uint64_t va = cursor_u64(&c), info = cursor_u64(&c), addend = cursor_u64(&c);

		if ((uint32_t)info != relative)
			continue;
		if (r->nr && va < r->items[r->nr - 1].va)
			ascending = false;
		r->items[r->nr++] = (struct image_reloc){ va, addend };
	}
	if (!ascending)
		qsort(r->items, r->nr, sizeof(*r->items), by_va);
}

const struct image_relocs *image__relocs(const struct image *img)
{
	if (!img->relocs->loaded)
		load_relocs(img, img->relocs);
	return img->relocs;
}

bool image__pointer_at(const struct image *img, uint64_t va, uint64_t *ret)
{
	const uint8_t *p = image__at(img, va, 8);
	const struct image_relocs *r;
	struct image_reloc *hit;
	struct cursor c;

	if (!p)
		return false;
	if (img->pie) {
		r = image__relocs(img);
		hit = r->nr ? bsearch(&(struct image_reloc){ .va = va }, r->items, r->nr, sizeof(*r->items), by_va)
			    : NULL;
		if (hit) {
			*ret = hit->addend;
			return true;
		}
	}
	c = cursor_over(p, 8);
	*ret = cursor_u64(&c);
	return true;
}
