/* SPDX-License-Identifier: Apache-2.0 */
/*
 * .gopclntab: functions by name and by pc, file and line, inlined calls. Header versions of Go 1.16-17,
 * 1.18-19, 1.20-25 and 1.26+ (src/runtime/symtab.go, src/internal/abi/symtab.go of those releases).
 */
#ifndef CHANSCOPE_GOBIN_PCLNTAB_H
#define CHANSCOPE_GOBIN_PCLNTAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "gobin/image.h"

struct pclntab;

struct go_func {
	uint64_t entry;	  /* address in the file's terms */
	uint64_t end;	  /* entry of the next function */
	const char *name; /* as in the table, type arguments spelled out; borrowed from the image */
	uint32_t index;	  /* in the table */
	bool wrapper;	  /* compiler-made glue: hide it in stacks */
};

/* One source-level frame. Strings live as long as the table. */
struct go_frame {
	const char *function; /* as Go's traceback prints it: "main.F[...]" */
	const char *file;     /* "" if unknown */
	uint32_t line;	      /* 0 if unknown */
	bool inlined;	      /* inlined into the next frame */
	bool wrapper;
};

/*
 * Finds and checks the table and the module data of img (section, else scan). img must outlive it.
 * Fails if there is none (not Go, or an obfuscated binary), or its version is unknown.
 */
int pclntab__open(const struct image *img, struct pclntab **ret, struct diag *d);
void pclntab__free(struct pclntab *t);

size_t pclntab__nr_funcs(const struct pclntab *t);
bool pclntab__func(const struct pclntab *t, size_t index, struct go_func *ret);
bool pclntab__func_at(const struct pclntab *t, uint64_t pc, struct go_func *ret);
/* By exact name; of two with one name the one that is no ABI wrapper. O(1) after the first call. */
bool pclntab__func_named(const struct pclntab *t, const char *name, struct go_func *ret);

#define GO_MAX_INLINE_DEPTH 64
/*
 * The frames at pc, innermost first, at most max. pc is an exact instruction address; for a return
 * address pass ra - 1 (amd64) or ra - 4 (arm64). Returns their number; 0 if pc is in no function.
 */
size_t pclntab__frames(const struct pclntab *t, uint64_t pc, struct go_frame *ret, size_t max);

/* Addresses of the module data that others need; 0 where this version has none. */
struct go_moduledata {
	uint64_t va;
	uint64_t text, etext, types, etypes;
};
const struct go_moduledata *pclntab__moduledata(const struct pclntab *t);

#endif
