// SPDX-License-Identifier: Apache-2.0
/*
 * Owns what is counted by place instead of by channel: operations by stack, selects with their cases, panics.
 * Given stack ids; never resolves one.
 */
#include "model/world_impl.h"

#include <stdlib.h>
#include <string.h>

struct op_stat *op_stat__get(struct world *w, struct proc *p, uint64_t stack, enum stack_op op, bool nil_chan)
{
	uint64_t k2 = (uint64_t)p->id << 8 | (uint64_t)op << 1 | nil_chan;
	struct slot *s = world_slot(w, &w->by_op, stack, k2);
	struct op_stat *st = s ? s->value : NULL;

	if (!s || st)
		return st;
	st = world_alloc(w, sizeof(*st));
	if (!st) {
		table__delete(&w->by_op, s);
		return NULL;
	}
	st->pub = (struct stack_stat){ .pid = p->pub.pid, .stack = stack, .op = op, .nil_chan = nil_chan };
	s->value = st;
	link_append(&w->op_stats, &st->order);
	return st;
}

struct select *select__get(struct world *w, struct proc *p, uint64_t stack)
{
	struct slot *s = world_slot(w, &w->by_select, stack, p->id);
	struct select *sel = s ? s->value : NULL;

	if (!s || sel)
		return sel;
	sel = world_alloc(w, sizeof(*sel));
	if (!sel) {
		table__delete(&w->by_select, s);
		return NULL;
	}
	sel->proc = p;
	sel->id = ++w->nr_selects;
	sel->pub.pid = p->pub.pid;
	sel->pub.stack = stack;
	s->value = sel;
	link_append(&w->selects, &sel->order);
	return sel;
}

/* Slots of by_case hold the index of the case, plus 1. */
static struct select_case_stat *add_case(struct world *w, struct select *sel, struct slot *s)
{
	if (sel->pub.nr_cases == sel->nr_room) {
		size_t nr_room = sel->nr_room ? 2 * sel->nr_room : 4;
		struct select_case_stat *cases = realloc(sel->cases, nr_room * sizeof(*cases));

		if (!cases) {
			world_no_memory(w);
			table__delete(&w->by_case, s);
			return NULL;
		}
		sel->cases = cases;
		sel->pub.cases = cases;
		sel->nr_room = nr_room;
	}
	s->value = (void *)(uintptr_t)++sel->pub.nr_cases;
	return &sel->cases[sel->pub.nr_cases - 1];
}

struct select_case_stat *select__case(struct world *w, struct select *sel, struct chan *c, enum direction dir)
{
	struct slot *s = world_slot(w, &w->by_case, c->id << 1 | (uint64_t)dir, sel->id);
	struct select_case_stat *sc;

	if (!s)
		return NULL;
	if (s->value)
		return &sel->cases[(uintptr_t)s->value - 1];
	sc = add_case(w, sel, s);
	if (sc) {
		*sc = (struct select_case_stat){ .chan = &c->pub, .send = dir == DIR_SEND };
		c->in_cases++;
	}
	return sc;
}

/* Finds or makes the case of a group's sum; there are few of them in one select. */
static void merge_into(struct select *sel, size_t nr, const struct select_case_stat *from, size_t *ret_nr)
{
	for (size_t i = 0; i < nr; i++) {
		if (sel->cases[i].chan != from->chan || sel->cases[i].send != from->send)
			continue;
		sel->cases[i].taken += from->taken;
		return;
	}
	sel->cases[nr] = *from;
	*ret_nr = nr + 1;
}

/* Groups first, then what lives: so that the search for a group's case is short. */
static void sweep_one(struct world *w, struct select *sel)
{
	size_t nr = sel->pub.nr_cases, nr_groups = 0, nr_kept = 0;
	struct select_case_stat *old = sel->cases;
	struct slot *s;

	sel->cases = world_alloc(w, sel->nr_room * sizeof(*old));
	if (!sel->cases) {
		/* Without memory for a copy all detail goes; what is counted as lost already. */
		free(old);
		sel->pub.cases = NULL;
		sel->pub.nr_cases = sel->nr_room = 0;
		return;
	}
	for (size_t i = 0; i < nr; i++) {
		struct select_case_stat sc = old[i];

		if (sc.chan->addr && !chan_of(sc.chan)->doomed)
			continue;
		if (sc.chan->addr)
			sc.chan = chan_of(sc.chan)->folded_into;
		if (sc.chan)
			merge_into(sel, nr_groups, &sc, &nr_groups);
	}
	for (size_t i = 0; i < nr; i++)
		if (old[i].chan->addr && !chan_of(old[i].chan)->doomed)
			sel->cases[nr_groups + nr_kept++] = old[i];
	sel->pub.nr_cases = nr_groups + nr_kept;
	sel->pub.cases = sel->cases;
	free(old);
	for (size_t i = nr_groups; i < sel->pub.nr_cases; i++) {
		const struct select_case_stat *sc = &sel->cases[i];

		s = world_slot(w, &w->by_case, chan_of(sc->chan)->id << 1 | (uint64_t)sc->send, sel->id);
		if (s)
			s->value = (void *)(uintptr_t)(i + 1);
	}
}

void select__sweep(struct world *w)
{
	struct link *l, *n;

	/* Every index may change: the table is built anew. */
	table__clear(&w->by_case);
	link_for_each(l, n, &w->selects)
	{
		struct select *sel = link_entry(l, struct select, order);

		if (sel->pub.nr_cases)
			sweep_one(w, sel);
	}
}

static bool panic_room(struct world *w)
{
	size_t nr_room = w->nr_panic_room ? 2 * w->nr_panic_room : 16;
	struct panic_info *panics;

	if (w->nr_panics < w->nr_panic_room)
		return w->nr_panics < WORLD_MAX_PANICS;
	panics = realloc(w->panics, nr_room * sizeof(*panics));
	if (!panics)
		return false;
	w->panics = panics;
	w->nr_panic_room = nr_room;
	return true;
}

void panic__add(const struct op *op, enum panic_kind kind, struct chan *c, uint64_t stack)
{
	struct world *w = op->w;

	if (!panic_room(w)) {
		world_no_memory(w);
		return;
	}
	w->panics[w->nr_panics++] = (struct panic_info){
		.pid = op->e->pid,
		.goid = op->e->goid,
		.time_ns = op->e->time_ns,
		.stack = stack,
		.kind = kind,
		.chan = c ? &c->pub : NULL,
	};
	if (c)
		c->pins++;
}

void stats__free_all(struct world *w)
{
	struct link *l, *n;

	link_for_each(l, n, &w->op_stats) free(link_entry(l, struct op_stat, order));
	link_for_each(l, n, &w->selects)
	{
		struct select *sel = link_entry(l, struct select, order);

		free(sel->cases);
		free(sel);
	}
	free(w->panics);
	table__clear(&w->by_op);
	table__clear(&w->by_select);
	table__clear(&w->by_case);
}
