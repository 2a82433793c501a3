/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of struct pclntab, for the files that read it: pclntab*.c, moduledata.c, inltree.c. */
#ifndef CHANSCOPE_GOBIN_PCLNTAB_IMPL_H
#define CHANSCOPE_GOBIN_PCLNTAB_IMPL_H

#include "base/cursor.h"
#include "gobin/pclntab.h"

/* Bytes of a function's or file's name; generic instances reach some thousands. Bounds the time that hostile files
 * cost. */
#define PCLNTAB_MAX_NAME 16384

/* By the first release whose header looks so. */
enum pclntab_version { PCLNTAB_116, PCLNTAB_118, PCLNTAB_120, PCLNTAB_126 };

/* A stretch of the table, inside the image. */
struct pclntab_part {
	const uint8_t *data;
	uint64_t size; /* bytes */
};

struct pclntab_lazy; /* what look-ups by name build: pclntab_names.c */

struct pclntab {
	const struct image *img; /* not owned */
	uint64_t va;		 /* of the header */
	struct pclntab_part all; /* from the header to the end of its section or segment */
	enum pclntab_version version;
	uint8_t quantum; /* bytes per unit of the pc deltas: 1 on amd64, 4 on arm64 */
	uint64_t nr_funcs;
	uint64_t text;	      /* address that entries are relative to; unused in PCLNTAB_116 */
	uint64_t names_off;   /* of names, from the header */
	uint64_t functab_off; /* of funcs, from the header */
	struct pclntab_part names, cus, files, pctab, funcs;
	struct go_moduledata moduledata;
	uint64_t gofunc;    /* address that funcdata offsets are relative to; 0 in PCLNTAB_116 */
	uint32_t gofunc_at; /* offset of that field in the module data: tells 1.26 and 1.27 apart */
	struct pclntab_lazy *lazy;
};

/* A function's record, struct _func: https://github.com/golang/go/blob/go1.22.0/src/runtime/runtime2.go */
struct pclntab_func {
	uint64_t entry;
	const char *name; /* as in the table: type arguments spelled out */
	uint32_t pcfile, pcln, nr_pcdata, cu_off;
	uint8_t func_id, nr_funcdata;
	struct cursor pcdata;  /* at pcdata[0] */
	uint64_t funcdata_off; /* of funcdata[0], from the header */
};

/* Reads and checks the header at va, of which size bytes belong to the table. -EPROTO: magic or version not known. */
int pclntab__parse_header(struct pclntab *t, uint64_t va, uint64_t size);

/* Finds the module data that points to t and takes text, gofunc and the types from it; false if there is none. */
bool pclntab__find_moduledata(struct pclntab *t);

uint64_t pclntab__entry(const struct pclntab *t, uint64_t index); /* index <= nr_funcs; 0 if unreadable */
bool pclntab__read_func(const struct pclntab *t, uint64_t index, struct pclntab_func *ret);
bool pclntab__find_index(const struct pclntab *t, uint64_t pc, uint64_t *ret);
const char *pclntab__name(const struct pclntab *t, uint32_t off); /* NULL if out of bounds */

/* The value for pc in the pc-value table at off of a function that starts at entry; -1 if there is none. */
int32_t pclntab__pcvalue(const struct pclntab *t, uint32_t off, uint64_t entry, uint64_t pc);

struct pclntab_lazy *pclntab__new_lazy(void);
void pclntab__free_lazy(struct pclntab_lazy *lazy);

/* Is this the funcID of compiler-made glue? The number differs from release to release. */
bool pclntab__is_wrapper(const struct pclntab *t, uint8_t func_id);

/* A name as Go prints it, type arguments as "[...]"; lives as long as t. */
const char *pclntab__printable(const struct pclntab *t, const char *name);

#endif
