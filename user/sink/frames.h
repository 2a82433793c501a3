/* SPDX-License-Identifier: Apache-2.0 */
/* Stacks by id, as source frames, in the shapes that several formats need. */
#ifndef CHANSCOPE_SINK_FRAMES_H
#define CHANSCOPE_SINK_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sink/json_out.h"
#include "sink/sink.h"

/* The frames of one stack, innermost first; reused from stack to stack. Zero it before the first use. */
struct frames {
	struct sym_frame *f;
	size_t nr, room;
};

/* Resolves a stack; an unknown or empty one gives no frames. Returns 0 or -ENOMEM. */
int frames__load(struct frames *fr, const struct sink_in *in, uint32_t pid, uint64_t stack);
void frames__free(struct frames *fr);

/*
 * Without what is the same in every stack and says nothing about the program: the runtime's frames
 * inside of the user's innermost one, and runtime.goexit. Of a goroutine of the runtime's own: without what
 * channels are made of.
 */
void frames__drop_runtime(struct frames *fr);

/* The innermost frame outside of what channels are made of; NULL if there is none. */
const struct sym_frame *frames_outside_channels(const struct sym_frame *f, size_t nr);

/* The user's own line of a stack; false if it is unknown. */
bool frames_place(const struct sink_in *in, uint32_t pid, uint64_t stack, struct sym_frame *ret);

/* The best that is known about where a channel comes from: its creation, else its first use. */
enum frames_origin { FRAMES_UNKNOWN, FRAMES_MADE, FRAMES_USED };
enum frames_origin frames_channel_place(const struct sink_in *in, const struct channel *c, struct sym_frame *ret);

/* "worker.go:42", "pool.(*T).Run" if there is no file, "0x47f2a0" if there is no name either. */
void frames_format_place(char *buf, size_t sz, const struct sym_frame *f);

/* "pool.Job": the type of a channel's elements without the directories of its package; "?" if unknown. */
void frames_format_element(char *buf, size_t sz, const struct sink_in *in, const struct channel *c);

/* "github.com/a/b/pool.(*T).Run" without the directories of its package: "pool.(*T).Run". */
const char *frames_short_function(const char *function);

/* {function, file, line, pc, inlined}, and an array of them. */
void frames_json_place(struct json_out *j, const char *name, const struct sym_frame *f);
void frames_json_stack(struct json_out *j, const char *name, const struct sym_frame *f, size_t nr);

#endif
