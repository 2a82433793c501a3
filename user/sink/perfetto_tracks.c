// SPDX-License-Identifier: Apache-2.0
/*
 * Owns which tracks there are and what they are called. It is given the events that need them; values that lie in a
 * channel are its caller's.
 */
#include "sink/perfetto_tracks.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sink/text.h"

#define NAME_SZ 512
#define TYPED_KINDS                                                                                               \
	(1U << CS_MAKE | 1U << CS_SEND_BUFFERED | 1U << CS_SEND_FAILED | 1U << CS_RECV_BUFFERED |                 \
	 1U << CS_RECV_FAILED | 1U << CS_RECV_CLOSED | 1U << CS_CLOSE | 1U << CS_PARK_SEND | 1U << CS_PARK_RECV | \
	 1U << CS_SELECT_CASE)

enum track_kind { TRACK_PROCESS, TRACK_GOROUTINES, TRACK_CHANNELS, TRACK_GOROUTINE, TRACK_CHANNEL, TRACK_LENGTH };

/* The number of a track, and whether it is to be told now. */
static uint64_t track_id(struct perfetto_tracks *t, enum track_kind kind, uint32_t pid, uint64_t what, bool *ret_new)
{
	const uint64_t key[3] = { kind, pid, what };
	uint64_t id = interner__key(&t->ids, key, sizeof(key), ret_new);

	if (!id)
		t->err = -ENOMEM;
	return id;
}

static bool match_process(void *ctx, const struct process_info *p)
{
	struct process_info *want = ctx;

	if (p->pid == want->pid)
		*want = *p;
	return true;
}

uint64_t perfetto_tracks__process(struct perfetto_tracks *t, uint32_t pid)
{
	struct process_info p = { .pid = pid };
	bool new;
	uint64_t id = track_id(t, TRACK_PROCESS, pid, 0, &new);

	if (!new)
		return id;
	world__processes(t->in->world, match_process, &p);
	perfetto_out__process_track(t->out, id, pid, p.comm);
	return id;
}

static uint64_t folder(struct perfetto_tracks *t, uint32_t pid, enum track_kind kind, const char *name)
{
	uint64_t process = perfetto_tracks__process(t, pid);
	bool new;
	uint64_t id = track_id(t, kind, pid, 0, &new);

	if (new)
		perfetto_out__track(t->out, id, process, name);
	return id;
}

/* --- goroutines --- */

static const char *outermost_function(struct perfetto_tracks *t, uint32_t pid, uint64_t stack)
{
	if (frames__load(&t->frames, t->in, pid, stack))
		t->err = -ENOMEM;
	frames__drop_runtime(&t->frames);
	for (size_t i = t->frames.nr; i > 0; i--)
		if (strncmp(t->frames.f[i - 1].function, "runtime.", strlen("runtime.")) != 0)
			return frames_short_function(t->frames.f[i - 1].function);
	return "";
}

uint64_t perfetto_tracks__goroutine(struct perfetto_tracks *t, uint32_t pid, uint64_t goid, uint64_t stack)
{
	uint64_t id, parent;
	char name[NAME_SZ];
	bool new;

	if (!goid)
		return 0;
	id = track_id(t, TRACK_GOROUTINE, pid, goid, &new);
	if (!new)
		return id;
	parent = folder(t, pid, TRACK_GOROUTINES, "goroutines");
	snprintf(name, sizeof(name), "g%" PRIu64 " %s", goid, outermost_function(t, pid, stack));
	perfetto_out__track(t->out, id, parent, name);
	return id;
}

uint64_t perfetto_tracks__known(const struct perfetto_tracks *t, uint32_t pid, uint64_t goid)
{
	const uint64_t key[3] = { TRACK_GOROUTINE, pid, goid };

	return interner__find(&t->ids, key, sizeof(key));
}

/* Room for element nr of a list that grows at each power of two. */
static void *grow(void *list, size_t nr, size_t sz)
{
	return nr & (nr - 1) ? list : realloc(list, (nr ? 2 * nr : 1) * sz);
}

static int add_place(struct perfetto_tracks *t, uint64_t place)
{
	uint64_t *grown = grow(t->places, t->nr_places, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	t->places = grown;
	t->places[t->nr_places++] = place;
	return 0;
}

uint64_t perfetto_tracks__place(struct perfetto_tracks *t, uint32_t pid, uint64_t stack)
{
	const uint64_t key[2] = { pid, stack };
	struct sym_frame f;
	bool new;
	uint64_t nr = interner__key(&t->stacks, key, sizeof(key), &new);

	if (nr && !new &&nr <= t->nr_places)
		return t->places[nr - 1];
	if (!nr || add_place(t, frames_place(t->in, pid, stack, &f) ? perfetto_out__place(t->out, &f) : 0)) {
		t->err = -ENOMEM;
		return 0;
	}
	return t->places[nr - 1];
}

/* --- channels --- */

/* "worker.go:42 pool.Job 0xc000010000", with the number of its life from the second on. */
static void format_chan(char buf[NAME_SZ], struct perfetto_tracks *t, const struct cs_event *e, uint32_t generation)
{
	uint64_t type_va = TYPED_KINDS >> e->kind & 1 ? e->aux : 0;
	const char *type = type_va ? symbolizer__type(t->in->sym, e->pid, type_va) : NULL;
	char place[NAME_SZ / 4] = "", clean_type[NAME_SZ / 4], life[16] = "";
	struct sym_frame made;

	if (e->kind == CS_MAKE && frames_place(t->in, e->pid, e->stack, &made))
		frames_format_place(place, sizeof(place), &made);
	text_clean(clean_type, sizeof(clean_type), type ? type : "");
	if (generation > 1)
		snprintf(life, sizeof(life), "#%" PRIu32, generation);
	snprintf(buf, NAME_SZ, "%s%s%s%s0x%" PRIx64 "%s", place, *place ? " " : "", clean_type, *clean_type ? " " : "",
		 (uint64_t)e->chan, life);
}

static void tell_chan(struct perfetto_tracks *t, struct perfetto_chan *c, const struct cs_event *e)
{
	uint64_t parent = folder(t, e->pid, TRACK_CHANNELS, "channels");
	char name[NAME_SZ], length[NAME_SZ + 16];
	bool new;

	c->generation++;
	c->counted = false;
	/* A number of its own: another life is another track. */
	c->track = track_id(t, TRACK_CHANNEL, e->pid, t->ids.nr, &new);
	c->counter = track_id(t, TRACK_LENGTH, e->pid, t->ids.nr, &new);
	format_chan(name, t, e, c->generation);
	snprintf(length, sizeof(length), "length %s", name);
	perfetto_out__track(t->out, c->track, parent, name);
	perfetto_out__counter_track(t->out, c->counter, c->track, length);
	c->name = perfetto_out__text(t->out, name);
}

struct perfetto_chan *perfetto_tracks__find_chan(struct perfetto_tracks *t, uint32_t pid, uint64_t addr)
{
	const uint64_t key[2] = { pid, addr };
	uint64_t nr = interner__find(&t->chan_ids, key, sizeof(key));

	return nr && nr <= t->nr_chans ? t->chans[nr - 1] : NULL;
}

static struct perfetto_chan *new_chan(struct perfetto_tracks *t, uint32_t pid, uint64_t addr)
{
	const uint64_t key[2] = { pid, addr };
	struct perfetto_chan **grown = grow(t->chans, t->nr_chans, sizeof(struct perfetto_chan *));
	struct perfetto_chan *c = calloc(1, sizeof(*c));
	bool new;

	if (grown)
		t->chans = grown;
	if (!grown || !c || !interner__key(&t->chan_ids, key, sizeof(key), &new)) {
		free(c);
		t->err = -ENOMEM;
		return NULL;
	}
	t->chans[t->nr_chans++] = c;
	return c;
}

struct perfetto_chan *perfetto_tracks__chan(struct perfetto_tracks *t, const struct cs_event *e)
{
	struct perfetto_chan *c;

	if (!e->chan || t->err)
		return NULL;
	c = perfetto_tracks__find_chan(t, e->pid, e->chan);
	if (c && e->kind != CS_MAKE)
		return c;
	if (!c)
		c = new_chan(t, e->pid, e->chan);
	if (c)
		tell_chan(t, c, e);
	return c;
}

void perfetto_tracks__free(struct perfetto_tracks *t)
{
	for (size_t i = 0; i < t->nr_chans; i++) {
		perfetto_values__free(&t->chans[i]->values);
		free(t->chans[i]);
	}
	free(t->chans);
	free(t->places);
	interner__free(&t->ids);
	interner__free(&t->stacks);
	interner__free(&t->chan_ids);
	frames__free(&t->frames);
}
