// SPDX-License-Identifier: Apache-2.0
/* Owns the slots of a map from 64-bit keys to pointers. Never owns the values, and never shrinks. */
#include "sym/pcmap.h"

#include <stdlib.h>

static size_t place(uint64_t key, size_t nr_slots)
{
	key ^= key >> 32;
	key *= 0x9e3779b97f4a7c15ULL; /* 2^64 / golden ratio: spreads addresses that differ in few bits */
	return (size_t)(key >> 20) & (nr_slots - 1);
}

void *pcmap__find(const struct pcmap *m, uint64_t key)
{
	if (!m->nr_slots)
		return NULL;
	for (size_t i = place(key, m->nr_slots); m->slots[i].value; i = (i + 1) & (m->nr_slots - 1))
		if (m->slots[i].key == key)
			return m->slots[i].value;
	return NULL;
}

static void insert(struct pcmap *m, uint64_t key, void *value)
{
	size_t i = place(key, m->nr_slots);

	while (m->slots[i].value)
		i = (i + 1) & (m->nr_slots - 1);
	m->slots[i] = (struct pcmap_slot){ key, value };
	m->nr_used++;
}

static bool grow(struct pcmap *m)
{
	struct pcmap bigger = { .nr_slots = m->nr_slots ? 2 * m->nr_slots : 256 };

	bigger.slots = calloc(bigger.nr_slots, sizeof(*bigger.slots));
	if (!bigger.slots)
		return false;
	for (size_t i = 0; i < m->nr_slots; i++)
		if (m->slots[i].value)
			insert(&bigger, m->slots[i].key, m->slots[i].value);
	free(m->slots);
	*m = bigger;
	return true;
}

bool pcmap__add(struct pcmap *m, uint64_t key, void *value)
{
	if (2 * m->nr_used >= m->nr_slots && !grow(m))
		return false;
	insert(m, key, value);
	return true;
}

void pcmap__clear(struct pcmap *m, void (*free_value)(void *))
{
	for (size_t i = 0; free_value && i < m->nr_slots; i++)
		if (m->slots[i].value)
			free_value(m->slots[i].value);
	free(m->slots);
	*m = (struct pcmap){ 0 };
}
