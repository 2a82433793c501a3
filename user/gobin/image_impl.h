/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of struct image, for the files image*.c and for layout_dwarf.c (which hands the ELF on to libdw). */
#ifndef CHANSCOPE_GOBIN_IMAGE_IMPL_H
#define CHANSCOPE_GOBIN_IMAGE_IMPL_H

#include <libelf.h>

#include "gobin/image.h"

/* A Go program has 3 to 6 loadable segments; the bound keeps look-ups by address cheap in hostile files. */
#define IMAGE_MAX_SEGMENTS 32
#define IMAGE_MAX_BUILD_ID 192 /* characters; Go's text has about 83 */

struct image_load {
	uint64_t va, off;
	uint64_t file_sz, mem_sz; /* file_sz <= mem_sz, [off, off + file_sz) is inside the file */
	uint32_t flags;		  /* PF_* */
};

/* R_*_RELATIVE: the loader writes load bias + addend to va. */
struct image_reloc {
	uint64_t va, addend;
};

struct image_relocs {
	bool loaded;
	struct image_reloc *items; /* ascending by va */
	size_t nr;
};

struct image {
	char *path;
	uint8_t *data; /* the whole file */
	size_t size;   /* bytes; > 0 */
	Elf *elf;      /* over data */
	enum image_machine machine;
	bool pie;
	struct image_load loads[IMAGE_MAX_SEGMENTS];
	size_t nr_loads;
	uint64_t dynamic_va, dynamic_sz; /* PT_DYNAMIC; sz 0 if none */
	struct image_section *sections;
	size_t nr_sections;
	char build_id[IMAGE_MAX_BUILD_ID];
	struct image_relocs *relocs; /* filled by the first use */
};

/* Fills sections; a damaged section table leaves none, the program runs without it, too. -ENOMEM only. */
int image__load_sections(struct image *img);

/* Fills build_id from the notes; leaves it empty if there are none. */
void image__load_build_id(struct image *img);

/* The relative relocations, ascending by address; empty without relocations or without memory. */
const struct image_relocs *image__relocs(const struct image *img);

#endif
