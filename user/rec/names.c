// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the sets that tell what is new. Their memory has a limit, since addresses come from the traced process: beyond
 * it nothing is new any more, and stays without a name.
 */
#include "rec/names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "stack_hash.h"

#define MAX_SEEN (1u << 20)

struct names_stack {
	uint64_t id;
	uint32_t nr;
	UT_hash_handle hh;
	uint64_t pcs[];
};

enum what { STACK, PC_EXACT, PC_RETURN, TYPE };

int names__add_stack(struct names *n, uint64_t id, const uint64_t *pcs, uint32_t nr)
{
	struct names_stack *s;

	HASH_FIND(hh, n->stacks, &id, sizeof(id), s);
	if (s || HASH_COUNT(n->stacks) >= MAX_SEEN)
		return 0;
	s = malloc(sizeof(*s) + nr * sizeof(s->pcs[0]));
	if (!s)
		return -ENOMEM;
	s->id = id;
	s->nr = nr;
	if (nr)
		memcpy(s->pcs, pcs, nr * sizeof(s->pcs[0]));
	HASH_ADD(hh, n->stacks, id, sizeof(s->id), s);
	return 0;
}

static bool is_new(struct names *n, uint32_t pid, enum what what, uint64_t v)
{
	uint64_t h = cs_stack_hash_step(cs_stack_hash_init(), pid);

	h = cs_stack_hash_step(h, (uint64_t)what);
	h = cs_stack_hash_final(cs_stack_hash_step(h, v), 3);
	return n->seen.nr < MAX_SEEN ? idset_add(&n->seen, h) == 1 : false;
}

bool names__stack_is_new(struct names *n, uint32_t pid, uint64_t id, const uint64_t **ret_pcs, uint32_t *ret_nr)
{
	struct names_stack *s;

	if (!is_new(n, pid, STACK, id))
		return false;
	HASH_FIND(hh, n->stacks, &id, sizeof(id), s);
	*ret_pcs = s ? s->pcs : NULL;
	*ret_nr = s ? s->nr : 0;
	return true;
}

bool names__pc_is_new(struct names *n, uint32_t pid, uint64_t pc, bool is_return_address)
{
	return is_new(n, pid, is_return_address ? PC_RETURN : PC_EXACT, pc);
}

bool names__type_is_new(struct names *n, uint32_t pid, uint64_t va)
{
	return is_new(n, pid, TYPE, va);
}

void names__forget(struct names *n)
{
	idset_free(&n->seen);
}

void names__free(struct names *n)
{
	struct names_stack *s, *next;

	HASH_ITER (hh, n->stacks, s, next) {
		HASH_DEL(n->stacks, s);
		free(s);
	}
	idset_free(&n->seen);
}
