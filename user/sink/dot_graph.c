// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the graph behind the picture of the data flow: what is one node, and what each stream adds up to. It is given
 * the flows, channels and waiters of a world; how it looks is not its business.
 */
#include "sink/dot_graph.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sink/frames.h"

/* A goroutine that was parked for less may just be taking its turn. */
#define STUCK_NS 100000000u

#define KEY_SZ 1024
#define PLACE_SZ 512

struct builder {
	struct dot_graph *g;
	const struct sink_in *in;
	struct frames frames;
	uint64_t end_ns; /* of the waits that are looked at: end of the run, or … */
	bool at_exit;	 /* … of the process */
	int err;
};

/* Room for element nr, which interners give out one by one. */
static void *grow(void *list, size_t nr, size_t sz)
{
	return nr & (nr - 1) ? list : realloc(list, (nr ? 2 * nr : 1) * sz);
}

#define ADD(list, nr)                                                        \
	__extension__({                                                      \
		void *grown_ = grow(list, nr, sizeof(*(list)));              \
		if (grown_)                                                  \
			(list) = grown_;                                     \
		grown_ ? memset(&(list)[(nr)++], 0, sizeof(*(list))) : NULL; \
	})

/* --- nodes --- */

static bool in_runtime(const struct sym_frame *f)
{
	return strncmp(f->function, "runtime.", strlen("runtime.")) == 0;
}

/* "" for a stack that is unknown or all runtime. */
static const char *group_function(struct builder *b, uint32_t pid, uint64_t stack)
{
	b->err = frames__load(&b->frames, b->in, pid, stack);
	for (size_t i = b->frames.nr; i > 0; i--)
		if (!in_runtime(&b->frames.f[i - 1]))
			return b->frames.f[i - 1].function;
	return "";
}

static size_t keyed(struct builder *b, struct interner *keys, const char *key, bool *ret_new)
{
	uint64_t id = interner__text(keys, key, ret_new);

	if (!id) {
		b->err = -ENOMEM;
		return 0;
	}
	return id - 1;
}

static struct dot_group *group_of(struct builder *b, uint32_t pid, uint64_t stack, size_t *ret)
{
	const char *function = group_function(b, pid, stack);
	struct dot_graph *g = b->g;
	char key[KEY_SZ];
	bool new;

	if (b->err)
		return NULL;
	snprintf(key, sizeof(key), "%u %s", pid, function);
	*ret = keyed(b, &g->group_keys, key, &new);
	if (!b->err && new) {
		struct dot_group *n = ADD(g->groups, g->nr_groups);

		if (n) {
			n->pid = pid;
			n->function = strdup(function);
		}
		if (!n || !n->function)
			b->err = -ENOMEM;
	}
	return b->err ? NULL : &g->groups[*ret];
}

/* Not every event tells the type: some channels of a site may know it, and others not. */
static int fill_type(struct builder *b, struct dot_chan *n, uint32_t pid, const struct channel *c)
{
	const char *type = c ? symbolizer__type(b->in->sym, pid, c->elem_type) : NULL;

	if (n->type && (n->type[0] || !type))
		return 0;
	free(n->type);
	n->type = strdup(type ? type : "");
	return n->type ? 0 : -ENOMEM;
}

static int fill_chan(struct builder *b, struct dot_chan *n, uint32_t pid, const struct channel *c, const char *place)
{
	n->pid = pid;
	n->nil = !c;
	n->capacity = c ? c->capacity : 0;
	n->timer = c && c->timer;
	n->place = strdup(place);
	return n->place ? fill_type(b, n, pid, c) : -ENOMEM;
}

/* With a question mark, as in the report, if it is only where the channel was first used. */
static void format_site(char ret[PLACE_SZ], enum frames_origin origin, const struct sym_frame *at)
{
	char text[PLACE_SZ - 2];

	frames_format_place(text, sizeof(text), at);
	snprintf(ret, PLACE_SZ, "%s%s", text, origin == FRAMES_USED ? "?" : "");
}

/* c NULL: the nil channel. */
static struct dot_chan *chan_of_site(struct builder *b, uint32_t pid, const struct channel *c, size_t *ret)
{
	struct dot_graph *g = b->g;
	struct sym_frame at;
	char key[KEY_SZ], place[PLACE_SZ] = "";
	enum frames_origin origin = c ? frames_channel_place(b->in, c, &at) : FRAMES_UNKNOWN;
	bool new;

	if (origin != FRAMES_UNKNOWN) {
		format_site(place, origin, &at);
		/* One line may use several; of those made at one line the place is name enough. */
		snprintf(key, sizeof(key), "%u %d %u at %s:%u %s", pid, (int)origin,
			 origin == FRAMES_USED ? c->capacity : 0, at.file, at.line, at.function);
	} else if (c) {
		snprintf(key, sizeof(key), "%u of %llx %u", pid, (unsigned long long)c->elem_type, c->capacity);
	} else {
		snprintf(key, sizeof(key), "%u nil", pid);
	}
	*ret = keyed(b, &g->chan_keys, key, &new);
	if (!b->err && new) {
		struct dot_chan *n = ADD(g->chans, g->nr_chans);

		b->err = n ? fill_chan(b, n, pid, c, place) : -ENOMEM;
	}
	return b->err ? NULL : &g->chans[*ret];
}

static struct dot_stream *stream_of(struct builder *b, size_t group, size_t chan, bool send, bool close)
{
	struct dot_graph *g = b->g;
	uint64_t id, key[4] = { group, chan, send, close };
	bool new;

	id = interner__key(&g->stream_keys, key, sizeof(key), &new);
	if (id && new) {
		struct dot_stream *s = ADD(g->streams, g->nr_streams);

		if (!s)
			id = 0;
		else
			*s = (struct dot_stream){ .group = group, .chan = chan, .send = send, .close = close };
	}
	if (!id)
		b->err = -ENOMEM;
	return id ? &g->streams[id - 1] : NULL;
}

/* --- what is counted --- */

static bool add_channel(void *ctx, const struct channel *c)
{
	struct builder *b = ctx;
	size_t at;
	struct dot_chan *n = chan_of_site(b, c->pid, c, &at);

	if (!n)
		return false;
	b->err = fill_type(b, n, c->pid, c);
	n->nr++;
	n->nr_closed += c->closed;
	n->several_capacities |= n->capacity != c->capacity;
	n->values += c->sends;
	n->wait_ns += c->send_wait_ns + c->receive_wait_ns;
	if (c->saturation > n->saturation)
		n->saturation = c->saturation;
	return !b->err;
}

static bool add_evicted(void *ctx, const struct channel_group *cg)
{
	struct builder *b = ctx;
	size_t at;
	struct dot_chan *n = chan_of_site(b, cg->pid, &cg->sum, &at);

	if (!n)
		return false;
	n->nr += cg->nr_channels;
	n->several_capacities |= !cg->sum.capacity_known;
	n->values += cg->sum.sends;
	n->wait_ns += cg->sum.send_wait_ns + cg->sum.receive_wait_ns;
	return true;
}

static bool add_flow(void *ctx, const struct flow_stat *f)
{
	struct builder *b = ctx;
	struct dot_group *group;
	struct dot_stream *s;
	size_t at, chan;

	/* Making is no stream; a select of which no case fired has none yet. */
	if (f->op == STACK_MAKE || (f->op == STACK_SELECT && !f->chan))
		return true;
	group = group_of(b, f->pid, f->stack, &at);
	if (!group || !chan_of_site(b, f->pid, f->chan, &chan))
		return false;
	s = stream_of(b, at, chan, f->send, f->op == STACK_CLOSE);
	if (!s)
		return false;
	group->wait_ns += f->wait_ns;
	s->values += f->values;
	s->ops += f->ops;
	s->blocked += f->blocked;
	s->wait_ns += f->wait_ns;
	return true;
}

/* At exit all waits are as long as they were going to be. Where others get through a channel nothing is stuck. */
static bool is_stuck(const struct builder *b, const struct waiter *wt, const struct channel *c)
{
	uint64_t last_ns = c && c->last_event_ns > wt->since_ns ? c->last_event_ns : wt->since_ns;

	return b->at_exit || (b->end_ns > last_ns && b->end_ns - last_ns >= STUCK_NS);
}

static bool add_case(struct builder *b, const struct waiter *wt, size_t group, const struct channel *c, bool send)
{
	struct dot_stream *s;
	size_t chan;

	if (!chan_of_site(b, wt->pid, c, &chan))
		return false;
	s = stream_of(b, group, chan, send, false);
	if (!s)
		return false;
	s->parked++;
	/* A select waits for any of its cases: that one of them will not come does not hold it. */
	s->stuck += is_stuck(b, wt, c) && wt->nr_cases <= 1;
	return true;
}

static bool add_waiter(void *ctx, const struct waiter *wt)
{
	struct builder *b = ctx;
	size_t at;
	struct dot_group *group = group_of(b, wt->pid, wt->stack, &at);

	if (!group)
		return false;
	group->parked++;
	if (wt->kind != CS_PARK_SELECT)
		return add_case(b, wt, at, wt->chan, wt->kind == CS_PARK_SEND);
	for (uint32_t i = 0; i < wt->nr_cases; i++)
		if (!add_case(b, wt, at, wt->cases[i].chan, wt->cases[i].send))
			return false;
	return true;
}

int dot_graph__build(struct dot_graph *g, const struct sink_in *in, struct diag *d)
{
	struct builder b = { .g = g, .in = in };
	struct world_totals t;

	*g = (struct dot_graph){ 0 };
	world__totals(in->world, &t);
	b.end_ns = t.end_ns;
	world__channels(in->world, add_channel, &b);
	if (!b.err)
		world__evicted(in->world, add_evicted, &b);
	if (!b.err)
		world__flows(in->world, add_flow, &b);
	if (!b.err)
		world__waiters(in->world, add_waiter, &b);
	b.at_exit = true;
	if (!b.err)
		world__waiters_at_exit(in->world, add_waiter, &b);
	frames__free(&b.frames);
	return b.err ? diag_fail(d, b.err, "not enough memory for a graph") : 0;
}

void dot_graph__free(struct dot_graph *g)
{
	for (size_t i = 0; i < g->nr_groups; i++)
		free(g->groups[i].function);
	for (size_t i = 0; i < g->nr_chans; i++) {
		free(g->chans[i].place);
		free(g->chans[i].type);
	}
	free(g->groups);
	free(g->chans);
	free(g->streams);
	interner__free(&g->group_keys);
	interner__free(&g->chan_keys);
	interner__free(&g->stream_keys);
	*g = (struct dot_graph){ 0 };
}
