// SPDX-License-Identifier: Apache-2.0
/*
 * Owns how a stack or a place is named in every format. It is given stack ids of a world and asks the
 * symbolizer; it never keeps a frame beyond its caller's buffer.
 */
#include "sink/frames.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sink/text.h"

#define FIRST_ROOM 256
/* 127 return addresses expand to more frames only by inlining; deeper than this is no real program. */
#define MAX_ROOM 65536
/* Frames within which one of the runtime's own goroutines calls a channel operation. */
#define RUNTIME_DEPTH 16

static int make_room(struct frames *fr, size_t room)
{
	struct sym_frame *grown = realloc(fr->f, room * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	fr->f = grown;
	fr->room = room;
	return 0;
}

int frames__load(struct frames *fr, const struct sink_in *in, uint32_t pid, uint64_t stack)
{
	uint32_t nr_pcs = 0;
	const uint64_t *pcs = stack ? world__stack(in->world, stack, &nr_pcs) : NULL;

	fr->nr = 0;
	if (!pcs || !nr_pcs)
		return 0;
	if (!fr->room && make_room(fr, FIRST_ROOM))
		return -ENOMEM;
	for (;;) {
		fr->nr = symbolizer__stack(in->sym, pid, pcs, nr_pcs, fr->f, fr->room);
		if (fr->nr < fr->room || fr->room >= MAX_ROOM)
			return 0;
		if (make_room(fr, fr->room * 4))
			return -ENOMEM;
	}
}

void frames__free(struct frames *fr)
{
	free(fr->f);
	*fr = (struct frames){ 0 };
}

/* By name: package runtime itself, not runtime/pprof or a user's package whose name begins alike. */
static bool in_runtime(const struct sym_frame *f)
{
	return strncmp(f->function, "runtime.", strlen("runtime.")) == 0;
}

/* src/runtime/chan.go, select.go and proc.go, as of every release so far. */
static bool in_channel_code(const struct sym_frame *f)
{
	static const char *const starts[] = { "runtime.gopark",	  "runtime.chan",      "runtime.select",
					      "runtime.makechan", "runtime.closechan", "runtime.block",
					      "runtime.park_m",	  "runtime.send",      "runtime.recv",
					      "runtime.reflect_" };

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (strncmp(f->function, starts[i], strlen(starts[i])) == 0)
			return true;
	return false;
}

const struct sym_frame *frames_outside_channels(const struct sym_frame *f, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		if (!in_channel_code(&f[i]))
			return &f[i];
	return NULL;
}

void frames__drop_runtime(struct frames *fr)
{
	size_t first = 0, end = fr->nr;

	while (first < end && in_runtime(&fr->f[first]))
		first++;
	if (first == end) {
		const struct sym_frame *f = frames_outside_channels(fr->f, fr->nr);

		first = f ? (size_t)(f - fr->f) : 0;
	}
	if (end - first > 1 && strcmp(fr->f[end - 1].function, "runtime.goexit") == 0)
		end--;
	memmove(fr->f, fr->f + first, (end - first) * sizeof(*fr->f));
	fr->nr = end - first;
}

/* Nothing of the user's is on the stack: then at least not a line that is the same for all channels. */
static void place_in_runtime(const struct sink_in *in, uint32_t pid, const uint64_t *pcs, uint32_t nr_pcs,
			     struct sym_frame *ret)
{
	struct sym_frame f[RUNTIME_DEPTH];
	size_t nr = symbolizer__stack(in->sym, pid, pcs, nr_pcs, f, RUNTIME_DEPTH);
	const struct sym_frame *outside = frames_outside_channels(f, nr);

	if (outside)
		*ret = *outside;
}

bool frames_place(const struct sink_in *in, uint32_t pid, uint64_t stack, struct sym_frame *ret)
{
	uint32_t nr_pcs = 0;
	const uint64_t *pcs = stack ? world__stack(in->world, stack, &nr_pcs) : NULL;

	if (!pcs || !nr_pcs || !symbolizer__place(in->sym, pid, pcs, nr_pcs, ret))
		return false;
	if (in_channel_code(ret))
		place_in_runtime(in, pid, pcs, nr_pcs, ret);
	return true;
}

enum frames_origin frames_channel_place(const struct sink_in *in, const struct channel *c, struct sym_frame *ret)
{
	if (frames_place(in, c->pid, c->stack_made, ret))
		return FRAMES_MADE;
	return frames_place(in, c->pid, c->stack_used, ret) ? FRAMES_USED : FRAMES_UNKNOWN;
}

void frames_format_place(char *buf, size_t sz, const struct sym_frame *f)
{
	char raw[512];

	if (f->file[0])
		snprintf(raw, sizeof(raw), "%s:%" PRIu32, text_basename(f->file), f->line);
	else if (f->function[0])
		snprintf(raw, sizeof(raw), "%s", frames_short_function(f->function));
	else
		snprintf(raw, sizeof(raw), "0x%" PRIx64, f->pc);
	text_clean(buf, sz, raw);
}

void frames_format_element(char *buf, size_t sz, const struct sink_in *in, const struct channel *c)
{
	const char *name = c->elem_type ? symbolizer__type(in->sym, c->pid, c->elem_type) : NULL;

	if (!name)
		name = c->timer ? "time.Time" : "?";
	text_clean(buf, sz, frames_short_function(name));
}

const char *frames_short_function(const char *function)
{
	/* A type argument may hold slashes of its own: "pkg.F[a/b.T]". */
	size_t head = strcspn(function, "[(");
	const char *name = function;

	for (size_t i = 0; i < head; i++)
		if (function[i] == '/')
			name = function + i + 1;
	return name;
}

void frames_json_place(struct json_out *j, const char *name, const struct sym_frame *f)
{
	json_out__open(j, name, '{');
	json_out__string(j, "function", f->function);
	json_out__string(j, "file", f->file);
	json_out__uint(j, "line", f->line);
	json_out__pointer(j, "pc", f->pc);
	json_out__bool(j, "inlined", f->inlined);
	json_out__close(j, '}');
}

void frames_json_stack(struct json_out *j, const char *name, const struct sym_frame *f, size_t nr)
{
	json_out__open(j, name, '[');
	for (size_t i = 0; i < nr; i++)
		frames_json_place(j, NULL, &f[i]);
	json_out__close(j, ']');
}
