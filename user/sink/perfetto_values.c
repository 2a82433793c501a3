// SPDX-License-Identifier: Apache-2.0
/* Owns the order of the values in a channel's buffer. It is given sends, which it does not own, and lengths. */
#include "sink/perfetto_values.h"

#include <errno.h>
#include <stdlib.h>

/* More unknown values than this behind known ones are not kept one by one: the known ones go instead. */
#define MAX_UNKNOWN 4096

static int make_room(struct perfetto_values *v)
{
	size_t nr_ring = v->nr_ring ? 2 * v->nr_ring : 4;
	struct perfetto_send **ring;

	if (v->nr < v->nr_ring)
		return 0;
	ring = calloc(nr_ring, sizeof(struct perfetto_send *));
	if (!ring)
		return -ENOMEM;
	for (size_t i = 0; i < v->nr; i++)
		ring[i] = v->ring[(v->head + i) & (v->nr_ring - 1)];
	free(v->ring);
	v->ring = ring;
	v->nr_ring = nr_ring;
	v->head = 0;
	return 0;
}

int perfetto_values__push(struct perfetto_values *v, struct perfetto_send *s)
{
	if (!s && !v->nr) {
		v->unknown_first++;
		return 0;
	}
	if (make_room(v))
		return -ENOMEM;
	v->ring[(v->head + v->nr++) & (v->nr_ring - 1)] = s;
	return 0;
}

struct perfetto_send *perfetto_values__pop(struct perfetto_values *v)
{
	struct perfetto_send *s;

	if (v->unknown_first) {
		v->unknown_first--;
		return NULL;
	}
	if (!v->nr)
		return NULL;
	s = v->ring[v->head];
	v->head = (v->head + 1) & (v->nr_ring - 1);
	v->nr--;
	return s;
}

static void drop(struct perfetto_values *v, uint64_t nr, void (*gone)(void *ctx, struct perfetto_send *s), void *ctx)
{
	if (nr <= v->unknown_first) {
		v->unknown_first -= nr;
		return;
	}
	nr -= v->unknown_first;
	v->unknown_first = 0;
	while (nr-- && v->nr) {
		struct perfetto_send *s = perfetto_values__pop(v);

		if (s)
			gone(ctx, s);
	}
}

int perfetto_values__resync(struct perfetto_values *v, uint64_t total, void (*gone)(void *ctx, struct perfetto_send *s),
			    void *ctx)
{
	uint64_t have = v->unknown_first + v->nr;

	if (have > total) {
		drop(v, have - total, gone, ctx);
		return 0;
	}
	if (v->nr && total - have > MAX_UNKNOWN)
		drop(v, have, gone, ctx);
	if (!v->nr) {
		v->unknown_first = total;
		return 0;
	}
	for (; have < total; have++)
		if (perfetto_values__push(v, NULL))
			return -ENOMEM;
	return 0;
}

void perfetto_values__free(struct perfetto_values *v)
{
	free(v->ring);
	*v = (struct perfetto_values){ 0 };
}
