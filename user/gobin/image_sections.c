// SPDX-License-Identifier: Apache-2.0
/*
 * Owns what is found by name in an image: sections, symbols, the build id. All of it is optional in a program
 * that runs; what is missing or damaged is treated as absent, never as a reason to fail.
 */
#include "gobin/image_impl.h"

#include <errno.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"

#define NT_GO_BUILD_ID 4 /* cmd/link/internal/ld/elf.go, ELF_NOTE_GOBUILDID_TAG */

/* False if the section's bytes are not all in the file. */
static bool read_section(const struct image *img, Elf_Scn *scn, size_t names, struct image_section *ret)
{
	GElf_Shdr sh;
	const char *name;
	uint64_t end;

	if (!gelf_getshdr(scn, &sh) || sh.sh_type == SHT_NULL)
		return false;
	name = elf_strptr(img->elf, names, sh.sh_name);
	if (!name)
		return false;
	if (sh.sh_type != SHT_NOBITS && (__builtin_add_overflow(sh.sh_offset, sh.sh_size, &end) || end > img->size))
		return false;
	*ret = (struct image_section){
		.name = name,
		.va = sh.sh_flags & SHF_ALLOC ? sh.sh_addr : 0,
		.off = sh.sh_offset,
		.size = sh.sh_size,
		.writable = sh.sh_flags & SHF_WRITE,
		.nobits = sh.sh_type == SHT_NOBITS,
	};
	return true;
}

int image__load_sections(struct image *img)
{
	size_t nr, names;

	if (elf_getshdrnum(img->elf, &nr) || !nr || elf_getshdrstrndx(img->elf, &names))
		return 0;
	img->sections = calloc(nr, sizeof(*img->sections));
	if (!img->sections)
		return -ENOMEM;
	for (Elf_Scn *scn = NULL; img->nr_sections < nr && (scn = elf_nextscn(img->elf, scn));)
		if (read_section(img, scn, names, &img->sections[img->nr_sections]))
			img->nr_sections++;
	return 0;
}

const struct image_section *image__section(const struct image *img, const char *name)
{
	for (size_t i = 0; i < img->nr_sections; i++)
		if (!strcmp(img->sections[i].name, name))
			return &img->sections[i];
	return NULL;
}

static bool find_symbol(const struct image *img, Elf64_Word strings, struct cursor syms, const char *name,
			uint64_t *ret_va)
{
	size_t n = strlen(name) + 1;
	GElf_Shdr sh;
	Elf_Scn *scn = elf_getscn(img->elf, strings);

	if (!scn || !gelf_getshdr(scn, &sh) || sh.sh_offset > img->size || sh.sh_size > img->size - sh.sh_offset)
		return false;
	while (cursor_left(&syms) >= sizeof(Elf64_Sym)) {
		uint32_t name_off = cursor_u32(&syms);
		uint32_t info_other_shndx = cursor_u32(&syms);
		uint64_t value = cursor_u64(&syms);

		cursor_skip(&syms, 8);
		if (info_other_shndx >> 16 == SHN_UNDEF || name_off > sh.sh_size || n > sh.sh_size - name_off)
			continue;
		if (!memcmp(img->data + sh.sh_offset + name_off, name, n)) {
			*ret_va = value;
			return true;
		}
	}
	return false;
}

bool image__symbol(const struct image *img, const char *name, uint64_t *ret_va)
{
	for (Elf_Scn *scn = NULL; (scn = elf_nextscn(img->elf, scn));) {
		GElf_Shdr sh;

		if (!gelf_getshdr(scn, &sh) || sh.sh_type != SHT_SYMTAB)
			continue;
		if (sh.sh_offset > img->size || sh.sh_size > img->size - sh.sh_offset)
			return false;
		return find_symbol(img, sh.sh_link, cursor_over(img->data + sh.sh_offset, sh.sh_size), name, ret_va);
	}
	return false;
}

static void set_hex(struct image *img, const uint8_t *id, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	if (2 * n >= sizeof(img->build_id))
		n = (sizeof(img->build_id) - 1) / 2;
	for (size_t i = 0; i < n; i++) {
		img->build_id[2 * i] = digits[id[i] >> 4];
		img->build_id[2 * i + 1] = digits[id[i] & 15];
	}
	img->build_id[2 * n] = 0;
}

static void set_text(struct image *img, const uint8_t *id, size_t n)
{
	if (n >= sizeof(img->build_id))
		n = sizeof(img->build_id) - 1;
	for (size_t i = 0; i < n; i++)
		img->build_id[i] = id[i] > ' ' && id[i] < 127 ? (char)id[i] : '?';
	img->build_id[n] = 0;
}

/* Takes the build ids out of one block of notes; true once the GNU one is found, which comes before Go's. */
static bool scan_notes(struct image *img, struct cursor c)
{
	while (!c.bad && cursor_left(&c) >= 12) {
		uint32_t name_sz = cursor_u32(&c), desc_sz = cursor_u32(&c), type = cursor_u32(&c);
		const uint8_t *name = cursor_bytes(&c, ((uint64_t)name_sz + 3) & ~3ULL);
		const uint8_t *desc = cursor_bytes(&c, desc_sz);

		cursor_skip(&c, -desc_sz & 3);
		if (!name || !desc || name_sz != 4)
			continue;
		if (type == NT_GNU_BUILD_ID && !memcmp(name, "GNU", 4)) {
			set_hex(img, desc, desc_sz);
			return true;
		}
		if (type == NT_GO_BUILD_ID && !memcmp(name, "Go\0", 4))
			set_text(img, desc, desc_sz);
	}
	return false;
}

void image__load_build_id(struct image *img)
{
	size_t nr;

	if (elf_getphdrnum(img->elf, &nr))
		return;
	for (size_t i = 0; i < nr; i++) {
		GElf_Phdr p;

		if (!gelf_getphdr(img->elf, (int)i, &p) || p.p_type != PT_NOTE)
			continue;
		if (p.p_offset > img->size || p.p_filesz > img->size - p.p_offset)
			continue;
		if (scan_notes(img, cursor_over(img->data + p.p_offset, p.p_filesz)))
			return;
	}
}

/* UPX leaves no section headers, and its loader's header l_info, "UPX!" at 4, right behind the program headers. */
bool image__is_upx(const struct image *img)
{
	size_t window = img->size < 1024 ? img->size : 1024;

	return !img->nr_sections && memmem(img->data, window, "UPX!", 4);
}
