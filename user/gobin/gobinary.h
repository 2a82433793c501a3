/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Go binary as everything else sees it: the image with its pclntab, its Go version, the layout of
 * the runtime's structures and where that layout comes from.
 */
#ifndef CHANSCOPE_GOBIN_GOBINARY_H
#define CHANSCOPE_GOBIN_GOBINARY_H

#include "base/diag.h"
#include "gobin/image.h"
#include "gobin/pclntab.h"
#include "site.h"

struct go_version {
	int minor;     /* N of go1.N */
	int patch;     /* -1 if not told */
	char text[64]; /* as the binary has it: "go1.19.8", "devel go1.27-…" */
};

struct gobinary {
	struct image *image;
	struct pclntab *pclntab;
	struct go_version version;
	struct cs_layout layout;
	const char *layout_source;	 /* "dwarf", "table", "nearest" */
	uint64_t va_allglen, va_allgptr; /* runtime.allglen and allgptr; 0 if not found */
	uint64_t va_buildversion;	 /* 0 if not found */
};

/*
 * Opens path and reads all of it. Fails with a sentence that says why a binary is refused: not ELF, not
 * Go, older than go1.17, a version or layout that is not known. The caller frees by gobinary__close.
 */
int gobinary__open(const char *path, struct gobinary **ret, struct diag *d);
void gobinary__close(struct gobinary *bin);

#endif
