// SPDX-License-Identifier: Apache-2.0
/* Owns the numbering of keys. It is given bytes and keeps copies; what they mean it does not know. */
#include "sink/interner.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>

struct interned {
	uint64_t id;
	UT_hash_handle hh;
	char key[];
};

uint64_t interner__key(struct interner *in, const void *key, size_t sz, bool *ret_new)
{
	struct interned *e;

	*ret_new = false;
	HASH_FIND(hh, in->entries, key, sz, e);
	if (e)
		return e->id;
	e = malloc(sizeof(*e) + sz);
	if (!e)
		return 0;
	memcpy(e->key, key, sz);
	e->id = ++in->nr;
	HASH_ADD_KEYPTR(hh, in->entries, e->key, sz, e);
	*ret_new = true;
	return e->id;
}

uint64_t interner__find(const struct interner *in, const void *key, size_t sz)
{
	struct interned *e;

	HASH_FIND(hh, in->entries, key, sz, e);
	return e ? e->id : 0;
}

uint64_t interner__text(struct interner *in, const char *text, bool *ret_new)
{
	/* With the NUL: a key of no bytes would be none. */
	return interner__key(in, text, strlen(text) + 1, ret_new);
}

void interner__free(struct interner *in)
{
	struct interned *e, *tmp;

	HASH_ITER (hh, in->entries, e, tmp) {
		HASH_DEL(in->entries, e);
		free(e);
	}
	in->nr = 0;
}
