/* SPDX-License-Identifier: Apache-2.0 */
/* One feed to several: each call goes to all of them, in the order in which they were added. */
#ifndef CHANSCOPE_BASE_FEED_TEE_H
#define CHANSCOPE_BASE_FEED_TEE_H

#include <stddef.h>

#include "base/feed.h"

#define FEED_TEE_MAX 4

/* Zero it before the first use; it owns nothing. */
struct feed_tee {
	struct feed to[FEED_TEE_MAX];
	size_t nr;
};

/* Returns 0, or -ENOSPC if there are FEED_TEE_MAX already. */
int feed_tee__add(struct feed_tee *t, struct feed to);

/* What to plug into a capture; t is borrowed. */
struct feed feed_tee__feed(struct feed_tee *t);

#endif
