/* SPDX-License-Identifier: Apache-2.0 */
/* Texts and other keys to small numbers, 1, 2, …, for formats that say everything once. */
#ifndef CHANSCOPE_SINK_INTERNER_H
#define CHANSCOPE_SINK_INTERNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct interned;

/* Zero it before the first use. */
struct interner {
	struct interned *entries;
	uint64_t nr;
};

/* The number of a key of sz bytes; *ret_new tells whether it is its first time. 0 without memory. */
uint64_t interner__key(struct interner *in, const void *key, size_t sz, bool *ret_new);
/* The number that a key has, 0: none. */
uint64_t interner__find(const struct interner *in, const void *key, size_t sz);
uint64_t interner__text(struct interner *in, const char *text, bool *ret_new);
void interner__free(struct interner *in);

#endif
