// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the decoding of pc-value tables: runs of (value delta, pc delta) that tell line, file or inline index of
 * every pc of a function. Source: step() in https://github.com/golang/go/blob/go1.17/src/runtime/symtab.go, unchanged
 * since.
 */
#include "gobin/pclntab_impl.h"

/* Runs in one table, far more than the largest generated functions have; bounds the time that damage costs. */
#define MAX_RUNS (1 << 20)

static int32_t unzigzag(uint64_t v)
{
	return (int32_t)((uint32_t)(v >> 1) ^ -(uint32_t)(v & 1));
}

int32_t pclntab__pcvalue(const struct pclntab *t, uint32_t off, uint64_t entry, uint64_t pc)
{
	struct cursor c = cursor_over(t->pctab.data, t->pctab.size);
	uint32_t value = UINT32_MAX; /* -1 */
	uint64_t at = entry;

	if (!off) /* no table */
		return -1;
	cursor_seek(&c, off);
	for (int i = 0; i < MAX_RUNS && !c.bad; i++) {
		uint64_t delta = cursor_uvarint(&c);

		if (!delta && i)
			break; /* the end of the table */
		value += (uint32_t)unzigzag(delta);
		at += cursor_uvarint(&c) * t->quantum;
		if (pc < at)
			return c.bad ? -1 : (int32_t)value;
	}
	return -1;
}
