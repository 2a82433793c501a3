// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the header of the function table in its four shapes and the check that its parts lie in order inside it.
 * It is given an address that may hold a header, and says whether it does.
 *
 * Sources: struct pcHeader in https://github.com/golang/go/blob/go1.17/src/runtime/symtab.go (and go1.18, go1.20,
 * go1.26 of the same file); the magics in https://github.com/golang/go/blob/go1.20/src/debug/gosym/pclntab.go
 */
#include <errno.h>

#include "gobin/pclntab_impl.h"

#define MAGIC_12 0xfffffffbU /* Go 1.2 to 1.15 */
#define MAGIC_116 0xfffffffaU
#define MAGIC_118 0xfffffff0U
#define MAGIC_120 0xfffffff1U

/* Go 1.26 kept the magic of 1.20 and left out textStart: its first part starts right behind the 9 header words. */
#define FIRST_PART_126 0x48

static bool version_of_magic(uint32_t magic, enum pclntab_version *ret)
{
	if (magic == MAGIC_116)
		*ret = PCLNTAB_116;
	else if (magic == MAGIC_118)
		*ret = PCLNTAB_118;
	else if (magic == MAGIC_120)
		*ret = PCLNTAB_120;
	else
		return false;
	return true;
}

/* off[0..5) are names, cus, files, pctab, funcs. */
static bool take_parts(struct pclntab *t, const uint64_t off[5], uint64_t header_sz)
{
	struct pclntab_part *parts[5] = { &t->names, &t->cus, &t->files, &t->pctab, &t->funcs };

	for (int i = 0; i < 5; i++) {
		uint64_t end = i < 4 ? off[i + 1] : t->all.size;

		if (off[i] < header_sz || off[i] > end || end > t->all.size)
			return false;
		*parts[i] = (struct pclntab_part){ t->all.data + off[i], end - off[i] };
	}
	t->names_off = off[0];
	t->functab_off = off[4];
	return true;
}

static bool functab_fits(const struct pclntab *t)
{
	uint64_t pair = t->version == PCLNTAB_116 ? 16 : 8;

	/* nr_funcs pairs, then the end pc */
	return t->nr_funcs > 0 && t->funcs.size >= pair && t->nr_funcs <= (t->funcs.size - pair / 2) / pair &&
	       t->nr_funcs < UINT32_MAX;
}

int pclntab__parse_header(struct pclntab *t, uint64_t va, uint64_t size)
{
	uint8_t quantum = image__machine(t->img) == IMAGE_AMD64 ? 1 : 4;
	uint64_t off[5], header_sz;
	struct cursor c;
	uint32_t magic;

	t->va = va;
	t->all = (struct pclntab_part){ image__at(t->img, va, size), size };
	c = cursor_over(t->all.data, size);
	magic = cursor_u32(&c);
	if (cursor_u16(&c) != 0 || cursor_u8(&c) != quantum || cursor_u8(&c) != 8)
		return c.bad ? -EINVAL : -EPROTO;
	if (!version_of_magic(magic, &t->version))
		return magic == MAGIC_12 ? -EOPNOTSUPP : -EPROTO;
	t->quantum = quantum;
	t->nr_funcs = cursor_u64(&c);
	cursor_skip(&c, 8); /* nfiles */
	if (t->version != PCLNTAB_116 && !image__pointer_at(t->img, va + c.pos, &t->text))
		return -EINVAL;
	if (t->version != PCLNTAB_116)
		cursor_skip(&c, 8);
	for (int i = 0; i < 5; i++)
		off[i] = cursor_u64(&c);
	header_sz = c.pos;
	if (c.bad || !take_parts(t, off, header_sz) || !functab_fits(t))
		return -EINVAL;
	if (t->version == PCLNTAB_120 && off[0] == FIRST_PART_126 && !t->text)
		t->version = PCLNTAB_126;
	return 0;
}
