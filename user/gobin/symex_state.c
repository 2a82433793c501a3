// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the symbolic state: values of registers and stack slots, and what is left of two states where paths meet.
 * It knows no instructions.
 */
#include "gobin/symex.h"

#include <errno.h>
#include <string.h>

static const struct sym unknown = { .kind = SYM_UNKNOWN };

void sym_state__enter(struct sym_state *st)
{
	memset(st, 0, sizeof(*st));
	for (uint8_t r = 0; r < SYM_NR_REGS; r++)
		st->reg[r] = (struct sym){ .kind = SYM_REG, .reg = r, .bits = 64 };
	st->reg[CS_RSP] = (struct sym){ .kind = SYM_STACK };
}

static bool is_spill(const struct sym_frame *f, int64_t off)
{
	uint64_t i = (uint64_t)(-1 - off);

	return off < 0 && i < SYM_MAX_FRAME_SZ && f->spills[i / 64] >> (i % 64) & 1;
}

bool sym_frame_keeps(const struct sym_frame *f, int64_t off)
{
	if (off < f->locals_off)
		return false;
	if (off >= -8 && off < 0)
		return true; /* the saved frame pointer belongs to no variable */
	return off < 0 ? off < f->escape_off || is_spill(f, off) : off < f->arg_escape_off;
}

static bool overlaps(const struct sym_cell *c, int64_t off, uint32_t sz)
{
	return c->off < off + sz && off < (int64_t)c->off + c->sz;
}

/* What a slot holds that was never written since the start. */
static struct sym initial(int64_t off, uint32_t sz)
{
	if (sz != 1 && sz != 2 && sz != 4 && sz != 8)
		return unknown;
	return (struct sym){ .kind = SYM_SLOT, .bits = (uint8_t)(sz * 8), .value = off };
}

static void drop(struct sym_state *st, unsigned int i)
{
	st->nr_cells--;
	memmove(&st->cell[i], &st->cell[i + 1], (st->nr_cells - i) * sizeof(st->cell[0]));
}

/* A store that covers a cell in part leaves the rest of it written, with unknown content: grow over both. */
static void absorb(struct sym_state *st, int64_t *off, uint32_t *sz, struct sym *value)
{
	for (unsigned int i = 0; i < st->nr_cells;) {
		const struct sym_cell *c = &st->cell[i];
		int64_t lo, hi;

		if (!overlaps(c, *off, *sz)) {
			i++;
			continue;
		}
		lo = c->off < *off ? c->off : *off;
		hi = (int64_t)c->off + c->sz > *off + *sz ? (int64_t)c->off + c->sz : *off + *sz;
		if (lo != *off || hi != *off + *sz)
			*value = unknown;
		*off = lo;
		*sz = (uint32_t)(hi - lo);
		drop(st, i);
		i = 0;
	}
}

int sym_state__store(struct sym_state *st, int64_t off, uint32_t sz, struct sym value)
{
	unsigned int at = 0;

	if (!sz)
		return 0;
	if (off < INT32_MIN / 2 || off > INT32_MAX / 2 || sz > 4096)
		return -E2BIG;
	absorb(st, &off, &sz, &value);
	if (st->nr_cells == SYM_MAX_CELLS)
		return -E2BIG;
	while (at < st->nr_cells && st->cell[at].off < off)
		at++;
	memmove(&st->cell[at + 1], &st->cell[at], (st->nr_cells - at) * sizeof(st->cell[0]));
	st->cell[at] = (struct sym_cell){ .off = (int32_t)off, .sz = sz, .value = value };
	st->nr_cells++;
	return 0;
}

struct sym sym_state__load(const struct sym_state *st, int64_t off, uint32_t sz)
{
	for (unsigned int i = 0; i < st->nr_cells; i++) {
		const struct sym_cell *c = &st->cell[i];

		if (c->off == off && c->sz == sz)
			return c->value;
		if (overlaps(c, off, sz))
			return unknown;
	}
	return initial(off, sz);
}

static bool lose(struct sym *mine, struct sym other)
{
	if (mine->kind == SYM_UNKNOWN || sym_equal(*mine, other))
		return false;
	*mine = unknown;
	return true;
}

/* Cells of st: other must hold the same there. */
static bool join_own_cells(struct sym_state *st, const struct sym_state *other)
{
	bool changed = false;

	for (unsigned int i = 0; i < st->nr_cells; i++) {
		struct sym_cell *c = &st->cell[i];

		changed |= lose(&c->value, sym_state__load(other, c->off, c->sz));
	}
	return changed;
}

/* Cells that only other has: st still holds the initial content there. */
static int join_foreign_cells(struct sym_state *st, const struct sym_state *other, bool *changed)
{
	for (unsigned int i = 0; i < other->nr_cells; i++) {
		const struct sym_cell *c = &other->cell[i];
		struct sym mine;
		bool covered = false;

		for (unsigned int k = 0; k < st->nr_cells; k++)
			covered |= st->cell[k].off <= c->off &&
				   (int64_t)st->cell[k].off + st->cell[k].sz >= (int64_t)c->off + c->sz;
		if (covered)
			continue; /* compared already */
		mine = sym_state__load(st, c->off, c->sz);
		if (mine.kind != SYM_UNKNOWN && sym_equal(mine, c->value))
			continue;
		*changed = true;
		if (sym_state__store(st, c->off, c->sz, unknown))
			return -E2BIG;
	}
	return 0;
}

int sym_state__join(struct sym_state *st, const struct sym_state *other, bool *ret_changed)
{
	bool changed = false;

	for (unsigned int r = 0; r < SYM_NR_REGS; r++)
		changed |= lose(&st->reg[r], other->reg[r]);
	changed |= lose(&st->tested, other->tested);
	if (st->nil != SYM_NIL_MAYBE && st->nil != other->nil) {
		st->nil = SYM_NIL_MAYBE;
		changed = true;
	}
	changed |= join_own_cells(st, other);
	if (join_foreign_cells(st, other, &changed))
		return -E2BIG;
	*ret_changed = changed;
	return 0;
}
