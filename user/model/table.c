// SPDX-License-Identifier: Apache-2.0
/* Owns the array of slots. Given keys and pointers; never follows a pointer. */
#include "model/table.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#define MIN_SLOTS 64

static void seed_once(struct table *t)
{
	if (t->seed[0])
		return;
	/* Without random bytes (never since Linux 3.17) the constants still spread well. */
	if (getrandom(t->seed, sizeof(t->seed), GRND_NONBLOCK) != (ssize_t)sizeof(t->seed)) {
		t->seed[0] = 0xff51afd7ed558ccdULL;
		t->seed[1] = 0xc4ceb9fe1a85ec53ULL;
	}
	t->seed[0] |= 1;
	t->seed[1] |= 1;
}

static struct slot *free_slot(const struct table *t, uint64_t k1, uint64_t k2)
{
	size_t i = table_home(t, k1, k2);

	while (t->slots[i].k2)
		i = (i + 1) & (t->nr_slots - 1);
	return &t->slots[i];
}

/* Moves what is to be kept into an array of nr_slots. */
static int rebuild(struct table *t, size_t nr_slots, bool keep_nulls)
{
	struct table to = *t;

	to.slots = calloc(nr_slots, sizeof(*to.slots));
	if (!to.slots)
		return -ENOMEM;
	to.nr_slots = nr_slots;
	to.used = 0;
	to.shift = 64 - (unsigned int)__builtin_ctzll(nr_slots);
	for (size_t i = 0; i < t->nr_slots; i++) {
		const struct slot *s = &t->slots[i];

		if (!s->k2 || (!s->value && !keep_nulls))
			continue;
		*free_slot(&to, s->k1, s->k2) = *s;
		to.used++;
	}
	free(t->slots);
	*t = to;
	return 0;
}

struct slot *table__get(struct table *t, uint64_t k1, uint64_t k2)
{
	struct slot *s = table__find(t, k1, k2);

	if (s)
		return s;
	seed_once(t);
	if (!table__has_room(t) && rebuild(t, t->nr_slots ? 2 * t->nr_slots : MIN_SLOTS, true))
		return NULL;
	s = free_slot(t, k1, k2);
	*s = (struct slot){ .k1 = k1, .k2 = k2 };
	t->used++;
	return s;
}

void table__delete(struct table *t, struct slot *s)
{
	size_t mask = t->nr_slots - 1, hole = (size_t)(s - t->slots);

	/* Whoever was pushed past the hole by it moves back, so that no probe sequence is cut. */
	for (size_t i = (hole + 1) & mask; t->slots[i].k2; i = (i + 1) & mask) {
		size_t home = table_home(t, t->slots[i].k1, t->slots[i].k2);

		if (((i - home) & mask) < ((i - hole) & mask))
			continue;
		t->slots[hole] = t->slots[i];
		hole = i;
	}
	t->slots[hole] = (struct slot){ 0 };
	t->used--;
}

int table__drop_nulls(struct table *t)
{
	size_t kept = 0, nr_slots = MIN_SLOTS;

	for (size_t i = 0; i < t->nr_slots; i++)
		kept += t->slots[i].k2 && t->slots[i].value;
	/* At most half of what may be used, so that the next time is far. */
	while (nr_slots / 16 * 5 < kept)
		nr_slots *= 2;
	return t->nr_slots ? rebuild(t, nr_slots, false) : 0;
}

void table__clear(struct table *t)
{
	free(t->slots);
	*t = (struct table){ 0 };
}
