/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Program counters to source frames, and type descriptors to names, for the processes of a capture: from the Go
 * binary that a process runs, or from what a recording tells in place of it.
 */
#ifndef CHANSCOPE_SYM_SYMBOLIZER_H
#define CHANSCOPE_SYM_SYMBOLIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gobinary;

struct sym_frame {
	const char *function; /* as Go's traceback names it; owned by the symbolizer. "" if unknown */
	const char *file;     /* "" if unknown */
	uint32_t line;
	uint64_t pc; /* in the process */
	bool inlined;
};

struct symbolizer;

struct symbolizer *symbolizer__new(void);
void symbolizer__free(struct symbolizer *s);

/* Tells of a process; bin (borrowed, must outlive s) is mapped with load_bias. Again for a pid: replaces. */
int symbolizer__add(struct symbolizer *s, uint32_t pid, const struct gobinary *bin, uint64_t load_bias);

/* Tells of a process without a binary: what is known of it is told by the next two, of which the first word counts. */
int symbolizer__add_recorded(struct symbolizer *s, uint32_t pid);
/* Only function, file, line and inlined of f count; they are copied. -ENOENT: the process was not told, or has a
 * binary. */
int symbolizer__add_frames(struct symbolizer *s, uint32_t pid, uint64_t pc, bool is_return_address,
			   const struct sym_frame *f, size_t nr);
int symbolizer__add_type(struct symbolizer *s, uint32_t pid, uint64_t va, const char *name);

/*
 * The source frames of a stack (pcs[0] exact, the others return addresses), innermost first, inlined ones
 * expanded, wrappers hidden, at most max; a pc without symbol gives a frame without a name and
 * counts in symbolizer__nr_unknown. Returns their number.
 */
size_t symbolizer__stack(struct symbolizer *s, uint32_t pid, const uint64_t *pcs, size_t nr, struct sym_frame *ret,
			 size_t max);

/*
 * The same for one program counter, or -ENOENT for one without symbol, which then does not count as unknown: for
 * those who write down what is known.
 */
int symbolizer__pc(struct symbolizer *s, uint32_t pid, uint64_t pc, bool is_return_address, struct sym_frame *ret,
		   size_t max);

/*
 * The place of a stack: its innermost frame outside packages runtime, reflect and time (the user's own line);
 * the innermost frame if there is none. False for an empty stack.
 */
bool symbolizer__place(struct symbolizer *s, uint32_t pid, const uint64_t *pcs, size_t nr, struct sym_frame *ret);

/* Name of the type whose descriptor is at va in the process; NULL if unknown. Owned by the symbolizer. */
const char *symbolizer__type(struct symbolizer *s, uint32_t pid, uint64_t va);

/* Program counters without a symbol so far, each once per process. */
uint64_t symbolizer__nr_unknown(const struct symbolizer *s);

#endif
