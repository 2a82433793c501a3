// SPDX-License-Identifier: Apache-2.0
/*
 * Owns what a reader keeps of the events so far in a block. Given untrusted bytes: every number that names something
 * is checked against what there is, and a column that runs out ends the block.
 */
#include "rec/events.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cursor.h"

/* A newer minor version may add columns at the end; more than this is damage. */
#define MAX_COLUMNS 256

struct rec_decoder {
	struct cursor columns[REC_NR_COLUMNS];
	struct rec_memory seen;
};

struct rec_decoder *rec_decoder__new(void)
{
	return calloc(1, sizeof(struct rec_decoder));
}

void rec_decoder__free(struct rec_decoder *d)
{
	free(d);
}

/* As cursor_uvarint(), with the frequent case of few bytes in the open: it is called several times an event. */
static inline uint64_t next(struct cursor *c)
{
	const uint8_t *at = c->data + c->pos;
	size_t left = c->size - c->pos;

	if (left >= 1 && at[0] < 0x80) {
		c->pos++;
		return at[0];
	}
	if (left >= 2 && at[1] < 0x80) {
		c->pos += 2;
		return (uint64_t)(at[0] & 0x7f) | (uint64_t)at[1] << 7;
	}
	if (left >= 3 && at[2] < 0x80) {
		c->pos += 3;
		return (uint64_t)(at[0] & 0x7f) | (uint64_t)(at[1] & 0x7f) << 7 | (uint64_t)at[2] << 14;
	}
	return cursor_uvarint(c);
}

static int split(struct rec_decoder *d, struct cursor *c)
{
	uint64_t nr = cursor_uvarint(c), sizes[REC_NR_COLUMNS];

	if (nr < REC_NR_COLUMNS || nr > MAX_COLUMNS)
		return -EBADMSG;
	for (uint64_t i = 0; i < nr; i++) {
		uint64_t size = cursor_uvarint(c);

		if (i < REC_NR_COLUMNS)
			sizes[i] = size;
	}
	for (int i = 0; i < REC_NR_COLUMNS; i++)
		d->columns[i] = cursor_over(cursor_bytes(c, sizes[i]), (size_t)sizes[i]);
	return c->bad ? -EBADMSG : 0;
}

static struct rec_shape *next_shape(struct rec_decoder *d)
{
	struct rec_memory *m = &d->seen;
	uint64_t n = next(&d->columns[REC_COL_SHAPE]);
	struct cursor *c = &d->columns[REC_COL_NEW_SHAPE];
	struct rec_shape *s;

	if (n < m->nr_shapes)
		return &m->shapes[n];
	if (n > m->nr_shapes || cursor_left(c) < REC_NEW_SHAPE_SZ)
		return NULL;
	s = &m->shapes[m->nr_shapes++];
	s->stack = cursor_u64(c);
	s->pid = cursor_u32(c);
	s->site = cursor_u16(c);
	s->elem_size = cursor_u16(c);
	s->select_case = cursor_u16(c);
	s->kind = cursor_u8(c);
	s->flags = cursor_u8(c);
	s->aux = 0;
	return s;
}

static struct rec_chan *next_chan(struct rec_decoder *d, uint32_t pid)
{
	struct rec_memory *m = &d->seen;
	uint64_t n = next(&d->columns[REC_COL_CHAN]);

	if (n < m->nr_chans)
		return &m->chans[n];
	if (n > m->nr_chans)
		return NULL;
	return rec_memory__add_chan(m, delta_from(m->new_addr, next(&d->columns[REC_COL_NEW_CHAN])), pid);
}

static struct rec_goroutine *next_goroutine(struct rec_decoder *d, uint32_t pid)
{
	struct rec_memory *m = &d->seen;
	uint64_t n = next(&d->columns[REC_COL_GOID]);

	if (n < m->nr_goroutines)
		return &m->goroutines[n];
	if (n > m->nr_goroutines)
		return NULL;
	return rec_memory__add_goroutine(m, delta_from(m->new_goid, next(&d->columns[REC_COL_NEW_GOID])), pid);
}

static bool next_event(struct rec_decoder *d, struct cs_event *e)
{
	struct rec_memory *m = &d->seen;
	uint64_t control = next(&d->columns[REC_COL_CONTROL]);
	struct rec_shape *s = next_shape(d);
	struct rec_chan *ch = s ? next_chan(d, s->pid) : NULL;
	struct rec_goroutine *g = ch ? next_goroutine(d, s->pid) : NULL;

	if (!g || control > REC_HAS_ALL)
		return false;
	e->time_ns = m->time_ns = delta_from(m->time_ns, next(&d->columns[REC_COL_TIME]));
	e->chan = ch->addr;
	e->goid = g->goid;
	e->stack = s->stack;
	e->pid = s->pid;
	e->kind = s->kind;
	e->flags = s->flags;
	e->elem_size = s->elem_size;
	e->select_case = s->select_case;
	e->site = s->site;
	e->tid = g->tid;
	e->len = rec_predict_len(s, ch);
	e->cap = ch->cap;
	e->aux = rec_predict_aux(s, ch);
	if (control & REC_HAS_TID)
		e->tid = (uint32_t)delta_from(m->tid, next(&d->columns[REC_COL_TID]));
	if (control & REC_HAS_LEN)
		e->len = (uint32_t)delta_from(e->len, next(&d->columns[REC_COL_LEN]));
	if (control & REC_HAS_CAP)
		e->cap = (uint32_t)next(&d->columns[REC_COL_CAP]);
	if (control & REC_HAS_AUX)
		e->aux = delta_from(e->aux, next(&d->columns[REC_COL_AUX]));
	rec_learn(s, ch, g, e);
	m->tid = e->tid;
	return true;
}

static bool any_bad(const struct rec_decoder *d)
{
	bool bad = false;

	for (int i = 0; i < REC_NR_COLUMNS; i++)
		bad |= d->columns[i].bad;
	return bad;
}

int rec_decoder__decode(struct rec_decoder *d, const uint8_t *data, size_t size, rec_event_fn fn, void *ctx)
{
	struct cursor c = cursor_over(data, size);
	uint64_t nr = cursor_uvarint(&c);
	struct cs_event e;

	if (nr > REC_MAX_BLOCK_EVENTS)
		return -EBADMSG;
	rec_memory__reset(&d->seen, cursor_u64(&c));
	if (split(d, &c))
		return -EBADMSG;
	for (uint64_t i = 0; i < nr; i++) {
		if (!next_event(d, &e) || any_bad(d))
			return -EBADMSG;
		if (!fn(ctx, &e))
			break;
	}
	return 0;
}
