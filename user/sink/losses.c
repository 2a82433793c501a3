// SPDX-License-Identifier: Apache-2.0
/* Owns the list of losses as text. It is given totals; it never leaves a reason out. */
#include "sink/losses.h"

#include <inttypes.h>
#include <stdio.h>

const struct loss_text loss_texts[CS_NR_LOSSES] = {
#define LOSS_TEXT(id, key, is_exact, sentence) \
	[CS_LOSS_##id] = { .name = (key), .text = (sentence), .exact = (is_exact) },
	CS_LOSSES(LOSS_TEXT)
#undef LOSS_TEXT
};

void losses_totals(const struct sink_in *in, struct world_totals *ret)
{
	world__totals(in->world, ret);
	ret->losses[CS_LOSS_SYMBOL] += symbolizer__nr_unknown(in->sym);
}

void losses_format(char *buf, size_t sz, const struct world_totals *t)
{
	size_t used = 0;

	snprintf(buf, sz, "nothing lost");
	for (unsigned int i = 0; i < CS_NR_LOSSES && used < sz; i++) {
		if (!t->losses[i])
			continue;
		int n = snprintf(buf + used, sz - used, "%s%s %" PRIu64, used ? ", " : "lost: ", loss_texts[i].name,
				 t->losses[i]);
		used += n > 0 ? (size_t)n : 0;
	}
}
