/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events to columns and back. Each block stands alone: it numbers its shapes (what an event has in common with
 * others of its place), channels and goroutines anew, in order of their first use, and an event names them by
 * number. What can be predicted from the events before is left out; the rest is told as the distance to the
 * prediction. The compressor behind it does what is left.
 */
#ifndef CHANSCOPE_REC_EVENTS_H
#define CHANSCOPE_REC_EVENTS_H

#include "event.h"
#include "rec/bytes.h"
#include "rec/format.h"

/* --- what writer and reader both keep of the events so far in a block --- */

struct rec_shape {
	uint64_t stack;
	uint32_t pid;
	uint16_t site, elem_size, select_case;
	uint8_t kind, flags;
	uint64_t aux; /* of the latest event */
};

struct rec_chan {
	uint64_t addr;
	uint32_t pid;
	uint32_t len, cap;
	uint64_t elem_type; /* latest, 0: none yet */
	uint64_t peer[2];   /* latest of direct sends and of direct receives */
};

struct rec_goroutine {
	uint64_t goid;
	uint32_t pid;
	uint32_t tid;
};

struct rec_memory {
	uint32_t nr_shapes, nr_chans, nr_goroutines;
	uint32_t tid; /* of the event before */
	uint64_t time_ns, new_addr, new_goid;
	struct rec_shape shapes[REC_MAX_BLOCK_EVENTS];
	struct rec_chan chans[REC_MAX_BLOCK_EVENTS];
	struct rec_goroutine goroutines[REC_MAX_BLOCK_EVENTS];
};

static inline void rec_memory__reset(struct rec_memory *m, uint64_t time_ns)
{
	m->nr_shapes = m->nr_chans = m->nr_goroutines = 0;
	m->tid = 0;
	m->time_ns = time_ns;
	m->new_addr = m->new_goid = 0;
}

static inline struct rec_chan *rec_memory__add_chan(struct rec_memory *m, uint64_t addr, uint32_t pid)
{
	struct rec_chan *c = &m->chans[m->nr_chans++];

	*c = (struct rec_chan){ .addr = addr, .pid = pid };
	m->new_addr = addr;
	return c;
}

static inline struct rec_goroutine *rec_memory__add_goroutine(struct rec_memory *m, uint64_t goid, uint32_t pid)
{
	struct rec_goroutine *g = &m->goroutines[m->nr_goroutines++];

	*g = (struct rec_goroutine){ .goid = goid, .pid = pid, .tid = m->tid };
	m->new_goid = goid;
	return g;
}

/* Where the prediction of aux comes from, by kind: part of the format. Kinds that are not named: the shape. */
#define REC_AUX_ELEM                                                                                              \
	(1u << CS_MAKE | 1u << CS_SEND_BUFFERED | 1u << CS_RECV_BUFFERED | 1u << CS_SEND_FAILED |                 \
	 1u << CS_RECV_FAILED | 1u << CS_RECV_CLOSED | 1u << CS_CLOSE | 1u << CS_PARK_SEND | 1u << CS_PARK_RECV | \
	 1u << CS_SELECT_CASE)

static inline bool rec_aux_is_elem(uint8_t kind)
{
	return kind < 32 && (REC_AUX_ELEM >> kind & 1);
}

static inline uint64_t rec_predict_aux(const struct rec_shape *s, const struct rec_chan *c)
{
	if (s->kind == CS_SEND_DIRECT || s->kind == CS_RECV_DIRECT)
		return c->peer[s->kind == CS_RECV_DIRECT];
	return rec_aux_is_elem(s->kind) && c->elem_type ? c->elem_type : s->aux;
}

static inline uint32_t rec_predict_len(const struct rec_shape *s, const struct rec_chan *c)
{
	return c->len + (s->kind == CS_SEND_BUFFERED) - (s->kind == CS_RECV_BUFFERED);
}

/* Takes in an event that has been told. */
static inline void rec_learn(struct rec_shape *s, struct rec_chan *c, struct rec_goroutine *g, const struct cs_event *e)
{
	s->aux = e->aux;
	c->len = e->len;
	c->cap = e->cap;
	if (rec_aux_is_elem(e->kind))
		c->elem_type = e->aux;
	else if (e->kind == CS_SEND_DIRECT || e->kind == CS_RECV_DIRECT)
		c->peer[e->kind == CS_RECV_DIRECT] = e->aux;
	g->tid = e->tid;
}

/* Bytes that an event may take in each column. */
#define REC_NEW_SHAPE_SZ 20

/* --- writing --- */

struct rec_encoder;
struct rec_encoder *rec_encoder__new(void);
void rec_encoder__free(struct rec_encoder *c);

/* bits of what rec_encoder__add returns: named for the first time in this block, so perhaps at all */
#define REC_NEWS_STACK 0x1u /* of this process */
#define REC_NEWS_TYPE 0x2u  /* aux is an element type that was not expected */

/* Takes an event. There must be room: fewer than REC_MAX_BLOCK_EVENTS. Never fails. */
unsigned int rec_encoder__add(struct rec_encoder *c, const struct cs_event *e);
uint32_t rec_encoder__nr(const struct rec_encoder *c);

/* Appends the payload of the block to out and begins a new one. */
void rec_encoder__finish(struct rec_encoder *c, struct bytes *out);

/* --- reading --- */

struct rec_decoder;
struct rec_decoder *rec_decoder__new(void);
void rec_decoder__free(struct rec_decoder *d);

/* Called for each event; false ends the block early. */
typedef bool (*rec_event_fn)(void *ctx, const struct cs_event *e);

/* Every event of a payload to fn. Returns 0, or -EBADMSG at one that makes no sense, those before it delivered. */
int rec_decoder__decode(struct rec_decoder *d, const uint8_t *data, size_t size, rec_event_fn fn, void *ctx);

#endif
