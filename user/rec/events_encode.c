// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the columns of the block being written and the hash tables that give shapes, channels and goroutines their
 * numbers. Made for millions of events a second: all memory is there from the start, for the worst case.
 */
#include "rec/events.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define NR_SLOTS (2 * REC_MAX_BLOCK_EVENTS)
#define SLOT_SHIFT (64 - 15)

_Static_assert(NR_SLOTS == 1 << (64 - SLOT_SHIFT), "the hash has as many bits as there are slots");

/* Numbers + 1 by hash; 0: free. At most half full. */
struct slots {
	uint16_t at[NR_SLOTS];
};

_Static_assert(REC_MAX_BLOCK_EVENTS < UINT16_MAX, "a number + 1 fits into a slot");

static const uint8_t column_room[REC_NR_COLUMNS] = {
	[REC_COL_CONTROL] = 1,
	[REC_COL_TIME] = BYTES_MAX_UVARINT,
	[REC_COL_SHAPE] = 3,
	[REC_COL_NEW_SHAPE] = REC_NEW_SHAPE_SZ,
	[REC_COL_CHAN] = 3,
	[REC_COL_NEW_CHAN] = BYTES_MAX_UVARINT,
	[REC_COL_GOID] = 3,
	[REC_COL_NEW_GOID] = BYTES_MAX_UVARINT,
	[REC_COL_TID] = BYTES_MAX_UVARINT,
	[REC_COL_LEN] = BYTES_MAX_UVARINT,
	[REC_COL_CAP] = BYTES_MAX_UVARINT,
	[REC_COL_AUX] = BYTES_MAX_UVARINT,
};

struct rec_encoder {
	uint32_t nr;
	uint64_t base_ns;
	uint8_t *columns[REC_NR_COLUMNS], *ends[REC_NR_COLUMNS];
	uint8_t *memory;  /* of all columns */
	uint64_t seed[3]; /* odd: a traced process must not be able to choose what collides */
	struct slots shape_slots, chan_slots, goid_slots;
	struct rec_memory seen;
};

struct rec_encoder *rec_encoder__new(void)
{
	struct rec_encoder *c = calloc(1, sizeof(*c));
	size_t sz = 0;

	if (!c)
		return NULL;
	for (int i = 0; i < REC_NR_COLUMNS; i++)
		sz += (size_t)column_room[i] * REC_MAX_BLOCK_EVENTS;
	c->memory = malloc(sz);
	if (!c->memory) {
		free(c);
		return NULL;
	}
	sz = 0;
	for (int i = 0; i < REC_NR_COLUMNS; i++) {
		c->columns[i] = c->ends[i] = c->memory + sz;
		sz += (size_t)column_room[i] * REC_MAX_BLOCK_EVENTS;
	}
	if (getrandom(c->seed, sizeof(c->seed), GRND_NONBLOCK) != (ssize_t)sizeof(c->seed))
		memset(c->seed, 0x5b, sizeof(c->seed));
	for (size_t i = 0; i < sizeof(c->seed) / sizeof(c->seed[0]); i++)
		c->seed[i] |= 1;
	return c;
}

void rec_encoder__free(struct rec_encoder *c)
{
	if (!c)
		return;
	free(c->memory);
	free(c);
}

static size_t hash(const struct rec_encoder *c, uint64_t a, uint64_t b)
{
	uint64_t h = a * c->seed[0] + b * c->seed[1];

	h ^= h >> 32;
	return (size_t)(h * c->seed[2] >> SLOT_SHIFT);
}

static void put_uvarint(struct rec_encoder *c, enum rec_column col, uint64_t v)
{
	c->ends[col] = bytes_uvarint(c->ends[col], v);
}

static void put_le(struct rec_encoder *c, enum rec_column col, uint64_t v, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		*c->ends[col]++ = (uint8_t)(v >> (8 * i));
}

static struct rec_shape *add_shape(struct rec_encoder *c, const struct cs_event *e)
{
	struct rec_shape *s = &c->seen.shapes[c->seen.nr_shapes++];

	*s = (struct rec_shape){ .stack = e->stack,
				 .pid = e->pid,
				 .site = e->site,
				 .elem_size = e->elem_size,
				 .select_case = e->select_case,
				 .kind = e->kind,
				 .flags = e->flags };
	put_le(c, REC_COL_NEW_SHAPE, e->stack, 8);
	put_le(c, REC_COL_NEW_SHAPE, e->pid, 4);
	put_le(c, REC_COL_NEW_SHAPE, e->site, 2);
	put_le(c, REC_COL_NEW_SHAPE, e->elem_size, 2);
	put_le(c, REC_COL_NEW_SHAPE, e->select_case, 2);
	put_le(c, REC_COL_NEW_SHAPE, e->kind, 1);
	put_le(c, REC_COL_NEW_SHAPE, e->flags, 1);
	return s;
}

/* The last 8 bytes of an event stand for kind, flags, elem_size, select_case and site. */
static uint64_t event_tail(const struct cs_event *e)
{
	return (uint64_t)e->kind | (uint64_t)e->flags << 8 | (uint64_t)e->elem_size << 16 |
	       (uint64_t)e->select_case << 32 | (uint64_t)e->site << 48;
}

static bool same_shape(const struct rec_shape *s, const struct cs_event *e)
{
	return s->stack == e->stack && s->pid == e->pid && s->kind == e->kind && s->flags == e->flags &&
	       s->site == e->site && s->elem_size == e->elem_size && s->select_case == e->select_case;
}

static struct rec_shape *shape_of(struct rec_encoder *c, const struct cs_event *e, bool *ret_new)
{
	struct rec_memory *m = &c->seen;
	size_t i = hash(c, e->stack ^ (uint64_t)e->pid << 32, event_tail(e));
	uint16_t n;

	for (; (n = c->shape_slots.at[i]); i = (i + 1) % NR_SLOTS)
		if (same_shape(&m->shapes[n - 1], e))
			break;
	put_uvarint(c, REC_COL_SHAPE, n ? n - 1u : m->nr_shapes);
	*ret_new = !n;
	if (n)
		return &m->shapes[n - 1];
	c->shape_slots.at[i] = (uint16_t)(m->nr_shapes + 1);
	return add_shape(c, e);
}

static struct rec_chan *chan_of(struct rec_encoder *c, const struct cs_event *e)
{
	struct rec_memory *m = &c->seen;
	size_t i = hash(c, e->chan, e->pid);
	uint16_t n;

	for (; (n = c->chan_slots.at[i]); i = (i + 1) % NR_SLOTS)
		if (m->chans[n - 1].addr == e->chan && m->chans[n - 1].pid == e->pid)
			break;
	put_uvarint(c, REC_COL_CHAN, n ? n - 1u : m->nr_chans);
	if (n)
		return &m->chans[n - 1];
	c->chan_slots.at[i] = (uint16_t)(m->nr_chans + 1);
	put_uvarint(c, REC_COL_NEW_CHAN, delta_to(m->new_addr, e->chan));
	return rec_memory__add_chan(m, e->chan, e->pid);
}

static struct rec_goroutine *goroutine_of(struct rec_encoder *c, const struct cs_event *e)
{
	struct rec_memory *m = &c->seen;
	size_t i = hash(c, e->goid, e->pid);
	uint16_t n;

	for (; (n = c->goid_slots.at[i]); i = (i + 1) % NR_SLOTS)
		if (m->goroutines[n - 1].goid == e->goid && m->goroutines[n - 1].pid == e->pid)
			break;
	put_uvarint(c, REC_COL_GOID, n ? n - 1u : m->nr_goroutines);
	if (n)
		return &m->goroutines[n - 1];
	c->goid_slots.at[i] = (uint16_t)(m->nr_goroutines + 1);
	put_uvarint(c, REC_COL_NEW_GOID, delta_to(m->new_goid, e->goid));
	return rec_memory__add_goroutine(m, e->goid, e->pid);
}

unsigned int rec_encoder__add(struct rec_encoder *c, const struct cs_event *e)
{
	struct rec_memory *m = &c->seen;
	bool new_shape;
	struct rec_shape *s;
	struct rec_chan *ch;
	struct rec_goroutine *g;
	uint64_t aux;
	uint32_t len;
	uint8_t control;

	if (!c->nr++) {
		c->base_ns = e->time_ns;
		rec_memory__reset(m, e->time_ns);
	}
	s = shape_of(c, e, &new_shape);
	ch = chan_of(c, e);
	g = goroutine_of(c, e);
	aux = rec_predict_aux(s, ch);
	len = rec_predict_len(s, ch);
	control = (uint8_t)((g->tid != e->tid ? REC_HAS_TID : 0) | (len != e->len ? REC_HAS_LEN : 0) |
			    (ch->cap != e->cap ? REC_HAS_CAP : 0) | (aux != e->aux ? REC_HAS_AUX : 0));
	*c->ends[REC_COL_CONTROL]++ = control;
	put_uvarint(c, REC_COL_TIME, delta_to(m->time_ns, e->time_ns));
	if (control & REC_HAS_TID)
		put_uvarint(c, REC_COL_TID, zigzag((int64_t)e->tid - m->tid));
	if (control & REC_HAS_LEN)
		put_uvarint(c, REC_COL_LEN, zigzag((int64_t)e->len - len));
	if (control & REC_HAS_CAP)
		put_uvarint(c, REC_COL_CAP, e->cap);
	if (control & REC_HAS_AUX)
		put_uvarint(c, REC_COL_AUX, delta_to(aux, e->aux));
	rec_learn(s, ch, g, e);
	m->time_ns = e->time_ns;
	m->tid = e->tid;
	return (new_shape && e->stack ? REC_NEWS_STACK : 0) |
	       (control & REC_HAS_AUX && e->aux && rec_aux_is_elem(e->kind) ? REC_NEWS_TYPE : 0);
}

uint32_t rec_encoder__nr(const struct rec_encoder *c)
{
	return c->nr;
}

void rec_encoder__finish(struct rec_encoder *c, struct bytes *out)
{
	bytes__put_uvarint(out, c->nr);
	bytes__put_u64(out, c->base_ns);
	bytes__put_uvarint(out, REC_NR_COLUMNS);
	for (int i = 0; i < REC_NR_COLUMNS; i++)
		bytes__put_uvarint(out, (uint64_t)(c->ends[i] - c->columns[i]));
	for (int i = 0; i < REC_NR_COLUMNS; i++) {
		bytes__put(out, c->columns[i], (size_t)(c->ends[i] - c->columns[i]));
		c->ends[i] = c->columns[i];
	}
	c->nr = 0;
	memset(&c->shape_slots, 0, sizeof(c->shape_slots));
	memset(&c->chan_slots, 0, sizeof(c->chan_slots));
	memset(&c->goid_slots, 0, sizeof(c->goid_slots));
}
