// SPDX-License-Identifier: Apache-2.0
/* Owns the table of a set of ids. Never removes an id. */
#include "base/idset.h"

#include <errno.h>
#include <stdlib.h>

#define IDSET_MIN_SIZE 64

static size_t place_of(const struct idset *s, uint64_t id)
{
	size_t i = (size_t)((id * 0x9e3779b97f4a7c15ull) >> 20) & (s->size - 1);

	while (s->ids[i] && s->ids[i] != id)
		i = (i + 1) & (s->size - 1);
	return i;
}

static int grow(struct idset *s)
{
	struct idset bigger = { .nr = s->nr, .size = s->size ? 2 * s->size : IDSET_MIN_SIZE };

	bigger.ids = calloc(bigger.size, sizeof(*bigger.ids));
	if (!bigger.ids)
		return -ENOMEM;
	for (size_t i = 0; i < s->size; i++)
		if (s->ids[i])
			bigger.ids[place_of(&bigger, s->ids[i])] = s->ids[i];
	free(s->ids);
	*s = bigger;
	return 0;
}

int idset_add(struct idset *s, uint64_t id)
{
	size_t i;

	if (!id)
		return 0;
	if (2 * s->nr >= s->size && grow(s))
		return -ENOMEM;
	i = place_of(s, id);
	if (s->ids[i])
		return 0;
	s->ids[i] = id;
	s->nr++;
	return 1;
}

bool idset_has(const struct idset *s, uint64_t id)
{
	return id && s->size && s->ids[place_of(s, id)] == id;
}

void idset_free(struct idset *s)
{
	free(s->ids);
	*s = (struct idset){ 0 };
}
