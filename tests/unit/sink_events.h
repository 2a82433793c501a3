/* SPDX-License-Identifier: Apache-2.0 */
/* A fixture whose events go through a sink first and then into the world, as a capture does it. Include once. */
#ifndef CHANSCOPE_TESTS_SINK_EVENTS_H
#define CHANSCOPE_TESTS_SINK_EVENTS_H

#include "base/feed_tee.h"
#include "sink/event_sink.h"
#include "unit/sink_demo.h"

struct event_fixture {
	struct fixture f;
	struct feed_tee tee;
	struct event_sink sink;
};

/* The sink is made between, from ef->f.in. */
static inline void event_fixture_begin(struct event_fixture *ef, enum capture_mode mode)
{
	*ef = (struct event_fixture){ 0 };
	fixture_begin(&ef->f, mode);
}

static inline void event_fixture_plug(struct event_fixture *ef)
{
	struct feed_start start = { .wall_ns = WALL0, .mono_ns = T0 };

	/* The world has had its own. */
	if (ef->sink.feed.ops->start)
		ef->sink.feed.ops->start(ef->sink.feed.ctx, &start);
	assert_int_equal(feed_tee__add(&ef->tee, ef->sink.feed), 0);
	assert_int_equal(feed_tee__add(&ef->tee, ef->f.feed), 0);
	ef->f.feed = feed_tee__feed(&ef->tee);
}

static inline int event_fixture_close(struct event_fixture *ef, struct diag *d)
{
	return ef->sink.close(ef->sink.feed.ctx, d);
}

#endif
