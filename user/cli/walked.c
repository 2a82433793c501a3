// SPDX-License-Identifier: Apache-2.0
/* Owns the list of walked records. */
#include "cli/walked.h"

#include <errno.h>
#include <stdlib.h>

int walked_add(struct walked *w, const struct cs_event *e)
{
	if (w->nr == w->size) {
		size_t size = w->size ? 2 * w->size : 256;
		struct cs_event *list = realloc(w->list, size * sizeof(*list));

		if (!list)
			return -ENOMEM;
		w->list = list;
		w->size = size;
	}
	w->list[w->nr++] = *e;
	return 0;
}

const struct cs_event *walked_next(struct walked *w, __u64 time_ns)
{
	if (w->next == w->nr || w->list[w->next].time_ns > time_ns)
		return NULL;
	return &w->list[w->next++];
}

void walked_free(struct walked *w)
{
	free(w->list);
	*w = (struct walked){ 0 };
}
