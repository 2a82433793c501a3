// SPDX-License-Identifier: Apache-2.0
/*
 * Owns what is made on first use from a function table's names: the index by name, the funcID of wrappers, the names
 * as Go prints them. Never changes what the table says.
 */
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "gobin/pclntab_impl.h"

/*
 * With at most half of the slots taken, real names lie within some tens of their place; a file of names that all
 * collide must not cost quadratic time. A function beyond is not found by name.
 */
#define MAX_PROBES 256

/* Names don't overlap, so all of them together have no more bytes than the table; only few are used twice. */
#define NAMES_BUDGET(t) (4 * (t)->names.size)

struct printable {
	const char *name; /* in the image: the key is the pointer */
	char *text;
	UT_hash_handle hh;
};

struct pclntab_lazy {
	bool indexed;
	uint32_t *slots;   /* function index + 1, 0: free; open addressing */
	uint32_t nr_slots; /* power of two, at least twice the functions */
	int wrapper_id;	   /* -1: not looked up yet */
	struct printable *printables;
};

struct pclntab_lazy *pclntab__new_lazy(void)
{
	struct pclntab_lazy *lazy = calloc(1, sizeof(*lazy));

	if (lazy)
		lazy->wrapper_id = -1;
	return lazy;
}

void pclntab__free_lazy(struct pclntab_lazy *lazy)
{
	struct printable *p, *next;

	HASH_ITER (hh, lazy->printables, p, next) {
		HASH_DEL(lazy->printables, p);
		free(p->text);
		free(p);
	}
	free(lazy->slots);
	free(lazy);
}

static uint32_t hash_name(const char *name)
{
	uint32_t h = 2166136261U; /* FNV-1a */

	while (*name)
		h = (h ^ (uint8_t)*name++) * 16777619U;
	return h ^ h >> 15;
}

static void build_index(const struct pclntab *t, struct pclntab_lazy *lazy)
{
	uint64_t nr = 64, budget = NAMES_BUDGET(t);
	struct pclntab_func f;

	lazy->indexed = true;
	while (nr < 2 * t->nr_funcs)
		nr *= 2;
	if (nr > UINT32_MAX)
		return;
	lazy->slots = calloc(nr, sizeof(*lazy->slots));
	if (!lazy->slots)
		return;
	lazy->nr_slots = (uint32_t)nr;
	for (uint64_t i = 0; i < t->nr_funcs && budget; i++) {
		uint32_t slot, probes = 0;
		size_t n;

		if (!pclntab__read_func(t, i, &f))
			continue;
		n = strlen(f.name) + 1;
		budget -= n < budget ? n : budget;
		slot = hash_name(f.name) & (lazy->nr_slots - 1);
		while (lazy->slots[slot] && probes++ < MAX_PROBES)
			slot = (slot + 1) & (lazy->nr_slots - 1);
		if (!lazy->slots[slot])
			lazy->slots[slot] = (uint32_t)i + 1;
	}
}

/* The next function of that name from *slot on. *slot starts as UINT32_MAX. */
static bool next_named(const struct pclntab *t, const char *name, uint32_t *slot, struct pclntab_func *ret,
		       uint32_t *ret_index)
{
	struct pclntab_lazy *lazy = t->lazy;

	if (!lazy->indexed)
		build_index(t, lazy);
	if (!lazy->slots)
		return false;
	*slot = *slot == UINT32_MAX ? hash_name(name) & (lazy->nr_slots - 1) : (*slot + 1) & (lazy->nr_slots - 1);
	for (uint32_t probes = 0; lazy->slots[*slot] && probes++ <= MAX_PROBES;
	     *slot = (*slot + 1) & (lazy->nr_slots - 1)) {
		*ret_index = lazy->slots[*slot] - 1;
		if (pclntab__read_func(t, *ret_index, ret) && !strcmp(ret->name, name))
			return true;
	}
	return false;
}

/*
 * funcID_wrapper has always been the last of the enum, right behind runtime.systemstack_switch, which every Go
 * program contains: https://github.com/golang/go/blob/go1.25.0/src/internal/abi/symtab.go (funcID in
 * src/runtime/symtab.go up to 1.19). So its number needs no table of releases.
 */
static int find_wrapper_id(const struct pclntab *t)
{
	struct pclntab_func f;
	uint32_t slot = UINT32_MAX, index;

	if (next_named(t, "runtime.systemstack_switch", &slot, &f, &index) && f.func_id)
		return f.func_id + 1;
	return t->version == PCLNTAB_118 ? 21 : t->version == PCLNTAB_126 ? 23 : 22;
}

bool pclntab__is_wrapper(const struct pclntab *t, uint8_t func_id)
{
	if (t->lazy->wrapper_id < 0)
		t->lazy->wrapper_id = find_wrapper_id(t);
	return func_id == t->lazy->wrapper_id;
}

bool pclntab__func_named(const struct pclntab *t, const char *name, struct go_func *ret)
{
	uint32_t slot = UINT32_MAX, index;
	struct pclntab_func f;
	bool found = false;

	while (next_named(t, name, &slot, &f, &index)) {
		struct go_func func;

		if (!pclntab__func(t, index, &func) || (found && func.wrapper))
			continue;
		*ret = func;
		found = true;
		if (!func.wrapper)
			break;
	}
	return found;
}

/* funcNameForPrint of https://github.com/golang/go/blob/go1.21.0/src/runtime/symtab.go: first '[' to last ']'. */
static char *without_type_arguments(const char *name, const char *open, const char *close)
{
	size_t head = (size_t)(open - name), tail = strlen(close + 1);
	char *text = malloc(head + 5 + tail + 1);

	if (!text)
		return NULL;
	memcpy(text, name, head);
	memcpy(text + head, "[...]", 5);
	memcpy(text + head + 5, close + 1, tail + 1);
	return text;
}

const char *pclntab__printable(const struct pclntab *t, const char *name)
{
	const char *open = strchr(name, '['), *close = open ? strrchr(name, ']') : NULL;
	struct printable *p;

	if (!close || close < open)
		return name;
	HASH_FIND_PTR(t->lazy->printables, &name, p);
	if (p)
		return p->text;
	p = calloc(1, sizeof(*p));
	if (p)
		p->text = without_type_arguments(name, open, close);
	if (!p || !p->text) {
		free(p);
		return name;
	}
	p->name = name;
	HASH_ADD_PTR(t->lazy->printables, name, p);
	return p->text;
}
