/* SPDX-License-Identifier: Apache-2.0 */
/* A map from 64-bit keys to pointers, made for look-ups in the millions a second: open addressing, no removal. */
#ifndef CHANSCOPE_SYM_PCMAP_H
#define CHANSCOPE_SYM_PCMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pcmap_slot {
	uint64_t key;
	void *value; /* NULL: free */
};

/* All zeros is an empty map. */
struct pcmap {
	struct pcmap_slot *slots;
	size_t nr_slots; /* 0 or a power of two */
	size_t nr_used;
};

void *pcmap__find(const struct pcmap *m, uint64_t key); /* NULL if absent */
/* key must be absent, value not NULL; the value's owner does not change. False: no memory. */
bool pcmap__add(struct pcmap *m, uint64_t key, void *value);
/* Frees the map; each value by free_value unless that is NULL. */
void pcmap__clear(struct pcmap *m, void (*free_value)(void *));

#endif
