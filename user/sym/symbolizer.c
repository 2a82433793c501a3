// SPDX-License-Identifier: Apache-2.0
/*
 * Owns which process runs which binary, and per binary the frames and type names that were looked up once; of processes
 * from a recording what it tells of them. It is given binaries that outlive it. Never reads a process, and never
 * remembers an address that has no symbol, so garbage from a target can't fill the memory.
 */
#include "sym/symbolizer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/cleanup.h"
#include "base/idset.h"
#include "gobin/gobinary.h"
#include "gobin/rtype.h"
#include "sym/name_table.h"
#include "sym/pcmap.h"

#define MAX_CACHED_PCS (1U << 20) /* per binary; beyond, its cache starts anew */
#define MAX_UNKNOWN (1U << 20)	  /* counted one by one */
#define MAX_TYPE_NAME 1024	  /* bytes, the NUL included; a longer name is cut */

struct binary {
	const struct gobinary *bin; /* the key; not owned */
	uint64_t call_sz;	    /* bytes from a return address back into its call */
	struct pcmap frames;	    /* address in the file -> struct frames */
	struct pcmap types;	    /* address in the file -> name */
	UT_hash_handle hh;
};

struct target {
	uint32_t pid; /* the key */
	uint64_t load_bias;
	struct binary *binary;	 /* NULL: from a recording */
	struct name_table names; /* then */
	UT_hash_handle hh;
};

struct symbolizer {
	struct target *targets;
	struct binary *binaries;
	struct target *last;  /* the one found before: events of one process come in runs */
	struct idset unknown; /* (pid, pc) without a symbol, mixed into one id */
};

struct symbolizer *symbolizer__new(void)
{
	return calloc(1, sizeof(struct symbolizer));
}

void symbolizer__free(struct symbolizer *s)
{
	struct target *t, *next_t;
	struct binary *b, *next_b;

	if (!s)
		return;
	HASH_ITER (hh, s->targets, t, next_t) {
		HASH_DEL(s->targets, t);
		name_table__free(&t->names);
		free(t);
	}
	HASH_ITER (hh, s->binaries, b, next_b) {
		HASH_DEL(s->binaries, b);
		pcmap__clear(&b->frames, free);
		pcmap__clear(&b->types, free);
		free(b);
	}
	idset_free(&s->unknown);
	free(s);
}

/* Remembered only to be counted once; past the limit the count says "at least". */
static void note_unknown(struct symbolizer *s, uint32_t pid, uint64_t pc)
{
	if (s->unknown.nr < MAX_UNKNOWN)
		idset_add(&s->unknown, (pc ^ ((uint64_t)pid << 40)) | 1ull << 63);
}

static struct binary *get_binary(struct symbolizer *s, const struct gobinary *bin)
{
	struct binary *b;

	HASH_FIND_PTR(s->binaries, &bin, b);
	if (b)
		return b;
	b = calloc(1, sizeof(*b));
	if (!b)
		return NULL;
	b->bin = bin;
	b->call_sz = image__machine(bin->image) == IMAGE_AMD64 ? 1 : 4;
	HASH_ADD_PTR(s->binaries, bin, b);
	return b;
}

static struct target *find_target(struct symbolizer *s, uint32_t pid)
{
	if (!s->last || s->last->pid != pid)
		HASH_FIND(hh, s->targets, &pid, sizeof(pid), s->last);
	return s->last;
}

/* The target of a pid, made if there was none; what was known of it before is gone. NULL without memory. */
static struct target *renew_target(struct symbolizer *s, uint32_t pid)
{
	struct target *t = find_target(s, pid);

	if (!t) {
		t = calloc(1, sizeof(*t));
		if (!t)
			return NULL;
		t->pid = pid;
		HASH_ADD(hh, s->targets, pid, sizeof(t->pid), t);
	}
	name_table__free(&t->names);
	t->names = (struct name_table){ 0 };
	t->binary = NULL;
	return t;
}

int symbolizer__add(struct symbolizer *s, uint32_t pid, const struct gobinary *bin, uint64_t load_bias)
{
	struct binary *b = get_binary(s, bin);
	struct target *t = b ? renew_target(s, pid) : NULL;

	if (!t)
		return -ENOMEM;
	t->binary = b;
	t->load_bias = load_bias;
	return 0;
}

int symbolizer__add_recorded(struct symbolizer *s, uint32_t pid)
{
	return renew_target(s, pid) ? 0 : -ENOMEM;
}

int symbolizer__add_frames(struct symbolizer *s, uint32_t pid, uint64_t pc, bool is_return_address,
			   const struct sym_frame *f, size_t nr)
{
	struct target *t = find_target(s, pid);

	return t && !t->binary ? name_table__add_frames(&t->names, pc, is_return_address, f, nr) : -ENOENT;
}

int symbolizer__add_type(struct symbolizer *s, uint32_t pid, uint64_t va, const char *name)
{
	struct target *t = find_target(s, pid);

	return t && !t->binary ? name_table__add_type(&t->names, va, name) : -ENOENT;
}

static struct frames *look_up(const struct gobinary *bin, uint64_t va)
{
	struct go_frame found[GO_MAX_INLINE_DEPTH + 1];
	size_t nr = pclntab__frames(bin->pclntab, va, found, GO_MAX_INLINE_DEPTH + 1);
	struct frames *f = nr ? malloc(sizeof(*f) + nr * sizeof(f->at[0])) : NULL;

	if (!f)
		return NULL;
	f->nr = 0;
	for (size_t i = 0; i < nr; i++)
		if (!found[i].wrapper)
			f->at[f->nr++] = found[i];
	return f;
}

/* The frames of one pc of a process; NULL if it has no symbol. */
static const struct frames *frames_of(const struct target *t, uint64_t pc, bool is_return_address)
{
	struct binary *b = t->binary;
	struct frames *f;
	uint64_t va;

	if (!b)
		return name_table__frames(&t->names, pc, is_return_address);
	va = pc - t->load_bias - (is_return_address ? b->call_sz : 0);
	f = pcmap__find(&b->frames, va);
	if (f)
		return f;
	if (b->frames.nr_used >= MAX_CACHED_PCS)
		pcmap__clear(&b->frames, free);
	f = look_up(b->bin, va);
	if (f && !pcmap__add(&b->frames, va, f)) {
		free(f);
		return NULL;
	}
	return f;
}

static struct sym_frame known(const struct go_frame *f, uint64_t pc)
{
	return (struct sym_frame){
		.function = f->function,
		.file = f->file,
		.line = f->line,
		.pc = pc,
		.inlined = f->inlined,
	};
}

static struct sym_frame unknown(uint64_t pc)
{
	return (struct sym_frame){ .function = "", .file = "", .pc = pc };
}

size_t symbolizer__stack(struct symbolizer *s, uint32_t pid, const uint64_t *pcs, size_t nr, struct sym_frame *ret,
			 size_t max)
{
	const struct target *t = find_target(s, pid);
	size_t n = 0;

	for (size_t i = 0; i < nr && n < max; i++) {
		const struct frames *f = t ? frames_of(t, pcs[i], i > 0) : NULL;

		if (!f) {
			note_unknown(s, pid, pcs[i]);
			ret[n++] = unknown(pcs[i]);
			continue;
		}
		for (size_t k = 0; k < f->nr && n < max; k++)
			ret[n++] = known(&f->at[k], pcs[i]);
	}
	return n;
}

int symbolizer__pc(struct symbolizer *s, uint32_t pid, uint64_t pc, bool is_return_address, struct sym_frame *ret,
		   size_t max)
{
	const struct target *t = find_target(s, pid);
	const struct frames *f = t ? frames_of(t, pc, is_return_address) : NULL;
	size_t n = 0;

	if (!f)
		return -ENOENT;
	for (; n < f->nr && n < max; n++)
		ret[n] = known(&f->at[n], pc);
	return (int)n;
}

static bool has_prefix(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

/*
 * Of packages runtime, reflect and time (whose channels are made for the user's time.After), and of what only the
 * runtime is made of.
 */
static bool is_go_internal(const char *function)
{
	static const char *const prefixes[] = { "runtime.", "reflect.", "time.", "runtime/internal/",
						"internal/runtime/" };

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (has_prefix(function, prefixes[i]))
			return true;
	return false;
}

bool symbolizer__place(struct symbolizer *s, uint32_t pid, const uint64_t *pcs, size_t nr, struct sym_frame *ret)
{
	const struct target *t = find_target(s, pid);
	bool found = false;

	for (size_t i = 0; i < nr; i++) {
		const struct frames *f = t ? frames_of(t, pcs[i], i > 0) : NULL;

		for (size_t k = 0; f && k < f->nr; k++) {
			bool internal = is_go_internal(f->at[k].function);

			if (!found || !internal)
				*ret = known(&f->at[k], pcs[i]);
			found = true;
			if (!internal)
				return true;
		}
		if (!f)
			note_unknown(s, pid, pcs[i]);
		if (!f && !found) {
			*ret = unknown(pcs[i]);
			found = true;
		}
	}
	return found;
}

const char *symbolizer__type(struct symbolizer *s, uint32_t pid, uint64_t va)
{
	const struct target *t = find_target(s, pid);
	char buf[MAX_TYPE_NAME], *name;

	if (!t)
		return NULL;
	if (!t->binary)
		return name_table__type(&t->names, va);
	va -= t->load_bias;
	name = pcmap__find(&t->binary->types, va);
	if (name || !rtype_name(t->binary->bin, va, buf, sizeof(buf)))
		return name;
	name = strdup(buf);
	if (name && !pcmap__add(&t->binary->types, va, name)) {
		free(name);
		return NULL;
	}
	return name;
}

uint64_t symbolizer__nr_unknown(const struct symbolizer *s)
{
	return s->unknown.nr;
}
