/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An ELF file, opened read-only: bytes by address, address to file offset, sections, symbols, build id.
 * Everything in it is hostile until checked; no pointer handed out leaves the mapped file.
 */
#ifndef CHANSCOPE_GOBIN_IMAGE_H
#define CHANSCOPE_GOBIN_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"

struct image;

enum image_machine { IMAGE_AMD64, IMAGE_ARM64 };

struct image_section {
	const char *name; /* owned by the image */
	uint64_t va;	  /* 0: not loaded */
	uint64_t off;	  /* file offset */
	uint64_t size;	  /* bytes */
	bool writable;
	bool nobits; /* no bytes in the file */
};

/*
 * Opens path (a file, or /proc/PID/exe). Fails with a diag: not readable, not an ELF file, not 64-bit
 * little-endian, not an executable or shared object, a machine other than amd64 and arm64, truncated.
 * The caller frees *ret by image__free.
 */
int image__open(const char *path, struct image **ret, struct diag *d);
void image__free(struct image *img);

const char *image__path(const struct image *img);
enum image_machine image__machine(const struct image *img);
bool image__is_pie(const struct image *img); /* ET_DYN */

/* n bytes of the file at an address, borrowed; NULL if [va, va+n) is not wholly in one file-backed segment. */
const uint8_t *image__at(const struct image *img, uint64_t va, uint64_t n);

/* All file-backed bytes from va to the end of its segment; *ret_n gets their number. NULL if none. */
const uint8_t *image__from(const struct image *img, uint64_t va, uint64_t *ret_n);

/* The 8-byte pointer at an address with relative relocations applied (PIE); false if not readable. */
bool image__pointer_at(const struct image *img, uint64_t va, uint64_t *ret);

/* Address to file offset (what a uprobe takes), of an executable segment only; false if none. */
bool image__text_offset(const struct image *img, uint64_t va, uint64_t *ret_off);

/* The address that file offset 0 would have in the first loadable segment: p_vaddr - p_offset. Load bias is
 * what the process maps there minus this. */
uint64_t image__base_va(const struct image *img);

/* Is [va, va+n) inside one writable segment, memory that starts as zeros included? There live the variables. */
bool image__in_data(const struct image *img, uint64_t va, uint64_t n);

const struct image_section *image__section(const struct image *img, const char *name); /* NULL if absent */
size_t image__nr_segments(const struct image *img);
/* The i-th PT_LOAD as a section without a name. */
struct image_section image__segment(const struct image *img, size_t i, bool *ret_executable);

/* Value of a symbol in .symtab; false if absent (stripped). */
bool image__symbol(const struct image *img, const char *name, uint64_t *ret_va);

/* Is it the work of the packer UPX? Then neither code nor tables of the program are in the file. */
bool image__is_upx(const struct image *img);

/* GNU build id as hex, else Go's build id text, else "". Owned by the image. */
const char *image__build_id(const struct image *img);

#endif
