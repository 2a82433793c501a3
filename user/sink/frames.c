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

void frames__drop_runtime(struct frames *fr)
{
	size_t first = 0, end = fr->nr;

	while (first < end && in_runtime(&fr->f[first]))
		first++;
	if (first == end)
		return;
	if (strcmp(fr->f[end - 1].function, "runtime.goexit") == 0)
		end--;
	memmove(fr->f, fr->f + first, (end - first) * sizeof(*fr->f));
	fr->nr = end - first;
}

bool frames_place(const struct sink_in *in, uint32_t pid, uint64_t stack, struct sym_frame *ret)
{
	uint32_t nr_pcs = 0;
	const uint64_t *pcs = stack ? world__stack(in->world, stack, &nr_pcs) : NULL;

	return pcs && nr_pcs && symbolizer__place(in->sym, pid, pcs, nr_pcs, ret);
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
