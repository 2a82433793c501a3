/* SPDX-License-Identifier: Apache-2.0 */
/* A set of 64-bit ids other than 0, for the hot path: open addressing, no allocation per id. */
#ifndef CHANSCOPE_BASE_IDSET_H
#define CHANSCOPE_BASE_IDSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct idset {
	uint64_t *ids;	 /* 0: free place */
	size_t nr, size; /* size is 0 or a power of two, nr at most half of it */
};

/* Adds id. Returns 1 if it is new, 0 if it was there, -ENOMEM (the set is as before). id 0 is never new. */
int idset_add(struct idset *s, uint64_t id);
bool idset_has(const struct idset *s, uint64_t id);
void idset_free(struct idset *s);

#endif
