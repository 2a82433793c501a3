/* SPDX-License-Identifier: Apache-2.0 */
/* The names of one process as a recording tells them, in place of its binary. Inside user/sym only. */
#ifndef CHANSCOPE_SYM_NAME_TABLE_H
#define CHANSCOPE_SYM_NAME_TABLE_H

#include "gobin/pclntab.h"
#include "sym/pcmap.h"
#include "sym/symbolizer.h"

/* The source frames of one program counter, innermost first, wrappers left out. */
struct frames {
	size_t nr;
	struct go_frame at[];
};

struct name_table_string;

/* All zeros is empty. */
struct name_table {
	struct pcmap frames; /* program counter and its sort -> struct frames */
	struct pcmap types;  /* address -> name */
	struct name_table_string *strings;
};

/* What is there already stays. Return 0, -ENOMEM, or -ENOSPC beyond a million. */
int name_table__add_frames(struct name_table *t, uint64_t pc, bool is_return_address, const struct sym_frame *f,
			   size_t nr);
int name_table__add_type(struct name_table *t, uint64_t va, const char *name);

/* NULL: not told. */
struct frames *name_table__frames(const struct name_table *t, uint64_t pc, bool is_return_address);
const char *name_table__type(const struct name_table *t, uint64_t va);

void name_table__free(struct name_table *t);

#endif
