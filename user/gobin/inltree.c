// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the expansion of a pc into source frames by a function's inline tree. It is given a function table; a damaged
 * tree gives fewer frames, never an error and never an endless loop.
 *
 * Sources: https://github.com/golang/go/blob/go1.17/src/runtime/symtab.go (inlinedCall),
 * https://github.com/golang/go/blob/go1.20/src/runtime/symtabinl.go (inlinedCall, inlineUnwinder).
 */
#include "gobin/pclntab_impl.h"

#define PCDATA_INL_TREE_INDEX 2
#define FUNCDATA_INL_TREE 3

struct inlined_call {
	const char *name;
	uint8_t func_id;
	int32_t parent;	    /* up to 1.19: index of the call it was inlined into, -1: none */
	int32_t file, line; /* up to 1.19: of the call */
	int32_t parent_pc;  /* from 1.20: offset in the function, a pc of the calling frame */
};

struct position {
	const char *file;
	uint32_t line;
};

/* What the walk over one pc's frames needs. */
struct walk {
	const struct pclntab *t;
	struct pclntab_func f;
	struct cursor tree; /* at entry 0; empty if the function has none */
};

static uint64_t tree_va(const struct pclntab *t, const struct pclntab_func *f)
{
	uint64_t off = f->funcdata_off, va;
	struct cursor c;
	uint32_t rel;

	if (f->nr_funcdata <= FUNCDATA_INL_TREE)
		return 0;
	if (t->version == PCLNTAB_116) { /* 8-aligned absolute pointers */
		off = ((t->va + off + 7) & ~7ULL) - t->va;
		return image__pointer_at(t->img, t->va + off + 8ULL * FUNCDATA_INL_TREE, &va) ? va : 0;
	}
	c = cursor_over(t->all.data, t->all.size);
	cursor_seek(&c, off + 4ULL * FUNCDATA_INL_TREE);
	rel = cursor_u32(&c);
	return c.bad || rel == UINT32_MAX || !t->gofunc ? 0 : t->gofunc + rel;
}

static void find_tree(struct walk *w)
{
	uint64_t va = tree_va(w->t, &w->f), n = 0;
	const uint8_t *p = va ? image__from(w->t->img, va, &n) : NULL;

	w->tree = cursor_over(p, n);
}

static bool read_call(const struct walk *w, int32_t index, struct inlined_call *ret)
{
	bool old = w->t->version < PCLNTAB_120;
	struct inlined_call call = { .parent = -1 };
	struct cursor c = w->tree;

	cursor_seek(&c, (uint64_t)index * (old ? 20 : 16));
	if (old)
		call.parent = (int16_t)cursor_u16(&c);
	call.func_id = cursor_u8(&c);
	cursor_skip(&c, old ? 1 : 3);
	if (old) {
		call.file = (int32_t)cursor_u32(&c);
		call.line = (int32_t)cursor_u32(&c);
	}
	call.name = pclntab__name(w->t, cursor_u32(&c));
	call.parent_pc = (int32_t)cursor_u32(&c);
	if (c.bad || !call.name)
		return false;
	*ret = call;
	return true;
}

static const char *file_name(const struct walk *w, int32_t file)
{
	struct cursor c = cursor_over(w->t->cus.data, w->t->cus.size);
	const char *name = NULL;
	uint32_t off;

	if (file < 0)
		return "";
	cursor_seek(&c, 4 * ((uint64_t)w->f.cu_off + (uint32_t)file));
	off = cursor_u32(&c);
	if (!c.bad && off != UINT32_MAX) {
		c = cursor_over(w->t->files.data, w->t->files.size);
		cursor_seek(&c, off);
		name = cursor_cstr(&c, PCLNTAB_MAX_NAME);
	}
	return name ? name : "";
}

static uint32_t line_number(int32_t line)
{
	return line > 0 ? (uint32_t)line : 0;
}

static struct position position_at(const struct walk *w, uint64_t pc)
{
	return (struct position){
		.file = file_name(w, pclntab__pcvalue(w->t, w->f.pcfile, w->f.entry, pc)),
		.line = line_number(pclntab__pcvalue(w->t, w->f.pcln, w->f.entry, pc)),
	};
}

/* Index into the tree of the innermost call inlined at pc, -1: none. */
static int32_t call_at(const struct walk *w, uint64_t pc)
{
	struct cursor c = w->f.pcdata;
	uint32_t off;

	if (w->f.nr_pcdata <= PCDATA_INL_TREE_INDEX || !w->tree.size)
		return -1;
	cursor_skip(&c, 4ULL * PCDATA_INL_TREE_INDEX);
	off = cursor_u32(&c);
	return c.bad ? -1 : pclntab__pcvalue(w->t, off, w->f.entry, pc);
}

static struct go_frame frame(const struct walk *w, const char *name, uint8_t func_id, struct position at)
{
	return (struct go_frame){
		.function = pclntab__printable(w->t, name),
		.file = at.file,
		.line = at.line,
		.wrapper = pclntab__is_wrapper(w->t, func_id),
	};
}

/* From the inlined call at index to the frame that calls it: its position, and its own index or -1. */
static int32_t step_out(const struct walk *w, int32_t index, const struct inlined_call *call, struct position *at)
{
	int32_t outer = call->parent;
	uint64_t pc;

	if (w->t->version < PCLNTAB_120) {
		*at = (struct position){ file_name(w, call->file), line_number(call->line) };
	} else {
		pc = w->f.entry + (uint64_t)(int64_t)call->parent_pc;
		*at = position_at(w, pc);
		outer = call_at(w, pc);
	}
	/* Package init functions of Go 1.22.4 have entries that map back to themselves. */
	return outer == index ? -1 : outer;
}

size_t pclntab__frames(const struct pclntab *t, uint64_t pc, struct go_frame *ret, size_t max)
{
	struct walk w = { .t = t };
	struct inlined_call call;
	struct position at;
	uint64_t index;
	size_t n = 0;
	int32_t inlined;

	if (!pclntab__find_index(t, pc, &index) || !pclntab__read_func(t, index, &w.f))
		return 0;
	find_tree(&w);
	at = position_at(&w, pc);
	inlined = call_at(&w, pc);
	for (int depth = 0; depth < GO_MAX_INLINE_DEPTH && n < max && inlined >= 0; depth++) {
		if (!read_call(&w, inlined, &call))
			break;
		ret[n] = frame(&w, call.name, call.func_id, at);
		ret[n++].inlined = true;
		inlined = step_out(&w, inlined, &call, &at);
	}
	if (n < max)
		ret[n++] = frame(&w, w.f.name, w.f.func_id, at);
	return n;
}
