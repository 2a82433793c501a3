// SPDX-License-Identifier: Apache-2.0
/*
 * Owns frames and type names that somebody has told, and one copy of each string in them. Never knows where they
 * come from; bounded, since a file may say anything.
 */
#include "sym/name_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#define MAX_NAMED (1U << 20) /* program counters, and types, of one process */

struct name_table_string {
	UT_hash_handle hh;
	char text[];
};

/* The one copy of a string; NULL without memory. */
static const char *intern(struct name_table *t, const char *text)
{
	size_t n = strlen(text);
	struct name_table_string *s;

	HASH_FIND(hh, t->strings, text, n, s);
	if (s)
		return s->text;
	s = malloc(sizeof(*s) + n + 1);
	if (!s)
		return NULL;
	memcpy(s->text, text, n + 1);
	HASH_ADD_KEYPTR(hh, t->strings, s->text, n, s);
	return s->text;
}

/* One number for both sorts of counters; user space has no address with the highest bit. */
static uint64_t frames_key(uint64_t pc, bool is_return_address)
{
	return pc << 1 | is_return_address;
}

int name_table__add_frames(struct name_table *t, uint64_t pc, bool is_return_address, const struct sym_frame *f,
			   size_t nr)
{
	uint64_t key = frames_key(pc, is_return_address);
	struct frames *all;

	if (pcmap__find(&t->frames, key))
		return 0;
	if (t->frames.nr_used >= MAX_NAMED)
		return -ENOSPC;
	all = calloc(1, sizeof(*all) + nr * sizeof(all->at[0]));
	if (!all)
		return -ENOMEM;
	for (size_t i = 0; i < nr; i++) {
		struct go_frame *g = &all->at[all->nr++];

		g->function = intern(t, f[i].function);
		g->file = intern(t, f[i].file);
		g->line = f[i].line;
		g->inlined = f[i].inlined;
		if (!g->function || !g->file) {
			free(all);
			return -ENOMEM;
		}
	}
	if (pcmap__add(&t->frames, key, all))
		return 0;
	free(all);
	return -ENOMEM;
}

int name_table__add_type(struct name_table *t, uint64_t va, const char *name)
{
	char *copy;

	if (pcmap__find(&t->types, va))
		return 0;
	if (t->types.nr_used >= MAX_NAMED)
		return -ENOSPC;
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	if (pcmap__add(&t->types, va, copy))
		return 0;
	free(copy);
	return -ENOMEM;
}

struct frames *name_table__frames(const struct name_table *t, uint64_t pc, bool is_return_address)
{
	return pcmap__find(&t->frames, frames_key(pc, is_return_address));
}

const char *name_table__type(const struct name_table *t, uint64_t va)
{
	return pcmap__find(&t->types, va);
}

void name_table__free(struct name_table *t)
{
	struct name_table_string *s, *next;

	pcmap__clear(&t->frames, free);
	pcmap__clear(&t->types, free);
	HASH_ITER (hh, t->strings, s, next) {
		HASH_DEL(t->strings, s);
		free(s);
	}
}
