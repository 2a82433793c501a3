// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the search for cycles of waiting: groups wait for channels, channels for the groups on their other side. It is
 * given a graph of streams; a stream lies on a cycle if its end leads back to its begin.
 */
#include "sink/dot_graph.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"

/*
 * Nodes are numbered groups first, then two for each channel: waited for by receivers, and by senders. Arcs: from a
 * group to the channel that it is stuck at, and from there to each group that has been seen to serve such waits.
 */
struct search {
	const struct dot_graph *g;
	size_t nr_nodes;
	bool *running; /* by node: a group that may go on, or a channel that such a group serves, or nobody does */
	size_t *first; /* of a node's arcs in to[]; one more at the end */
	size_t *to;
	bool *seen;
	size_t *queue;
};

static size_t waited_node(const struct dot_graph *g, const struct dot_stream *s)
{
	return g->nr_groups + 2 * s->chan + s->send;
}

/* What the group behind a stream does for those who wait on the other side. A close ends the waits of receivers. */
static size_t served_node(const struct dot_graph *g, const struct dot_stream *s)
{
	return g->nr_groups + 2 * s->chan + (!s->send && !s->close);
}

/* Takes out those that are not stuck, then what they serve, then who waits for that, and so on. */
static void find_running(struct search *sr)
{
	const struct dot_graph *g = sr->g;
	bool changed = true;

	for (size_t i = 0; i < sr->nr_nodes; i++)
		sr->running[i] = true;
	for (size_t i = 0; i < g->nr_streams; i++) {
		sr->running[g->streams[i].group] &= !g->streams[i].stuck;
		sr->running[served_node(g, &g->streams[i])] = false;
	}
	while (changed) {
		changed = false;
		for (size_t i = 0; i < g->nr_streams; i++) {
			const struct dot_stream *s = &g->streams[i];
			bool *served = &sr->running[served_node(g, s)], *group = &sr->running[s->group];
			bool served_before = *served, group_before = *group;

			*served |= *group;
			*group |= s->stuck && sr->running[waited_node(g, s)];
			changed |= *served != served_before || *group != group_before;
		}
	}
}

static void arc(struct search *sr, size_t from, size_t to, bool count)
{
	if (count)
		sr->first[from + 1]++;
	else
		sr->to[sr->first[from]++] = to;
}

static void each_arc(struct search *sr, bool count)
{
	const struct dot_graph *g = sr->g;

	for (size_t i = 0; i < g->nr_streams; i++) {
		const struct dot_stream *s = &g->streams[i];

		if (sr->running[s->group])
			continue;
		if (s->stuck)
			arc(sr, s->group, waited_node(g, s), count);
		if (!sr->running[served_node(g, s)])
			arc(sr, served_node(g, s), s->group, count);
	}
}

static int make_arcs(struct search *sr)
{
	size_t nr = sr->nr_nodes;

	sr->first = calloc(nr + 2, sizeof(*sr->first));
	sr->to = calloc(2 * sr->g->nr_streams + 1, sizeof(*sr->to));
	sr->running = calloc(nr + 1, sizeof(*sr->running));
	sr->seen = calloc(nr + 1, sizeof(*sr->seen));
	sr->queue = calloc(nr + 1, sizeof(*sr->queue));
	if (!sr->first || !sr->to || !sr->running || !sr->seen || !sr->queue)
		return -ENOMEM;
	find_running(sr);
	each_arc(sr, true);
	for (size_t i = 0; i < nr; i++)
		sr->first[i + 1] += sr->first[i];
	each_arc(sr, false);
	/* Filling has moved each begin to its end, which is the next one's begin. */
	for (size_t i = nr; i > 0; i--)
		sr->first[i] = sr->first[i - 1];
	sr->first[0] = 0;
	return 0;
}

static bool reaches(struct search *sr, size_t from, size_t goal)
{
	size_t head = 0, tail = 0;
	bool found = from == goal;

	sr->queue[tail++] = from;
	sr->seen[from] = true;
	while (head < tail && !found) {
		size_t at = sr->queue[head++];

		for (size_t i = sr->first[at]; i < sr->first[at + 1] && !found; i++) {
			found = sr->to[i] == goal;
			if (sr->seen[sr->to[i]])
				continue;
			sr->seen[sr->to[i]] = true;
			sr->queue[tail++] = sr->to[i];
		}
	}
	for (size_t i = 0; i < tail; i++)
		sr->seen[sr->queue[i]] = false;
	return found;
}

static void mark(struct search *sr, struct dot_graph *g)
{
	for (size_t i = 0; i < g->nr_streams; i++) {
		struct dot_stream *s = &g->streams[i];

		if (sr->running[s->group])
			continue;
		s->in_cycle = s->stuck && reaches(sr, waited_node(g, s), s->group);
		if (!s->in_cycle && !sr->running[served_node(g, s)])
			s->in_cycle = reaches(sr, s->group, served_node(g, s));
		if (!s->in_cycle)
			continue;
		g->groups[s->group].in_cycle = true;
		g->chans[s->chan].in_cycle = true;
	}
}

int dot_graph__mark_cycles(struct dot_graph *g)
{
	struct search sr = { .g = g, .nr_nodes = g->nr_groups + 2 * g->nr_chans };
	int err = make_arcs(&sr);

	if (!err)
		mark(&sr, g);
	free(sr.first);
	free(sr.to);
	free(sr.running);
	free(sr.seen);
	free(sr.queue);
	return err;
}
