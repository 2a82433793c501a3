/* SPDX-License-Identifier: Apache-2.0 */
/* Which program counters and element types have been named in the file already, and the stacks that name them. */
#ifndef CHANSCOPE_REC_NAMES_H
#define CHANSCOPE_REC_NAMES_H

#include "base/idset.h"

struct names_stack;

/* All zeros is empty. */
struct names {
	struct names_stack *stacks; /* by id */
	struct idset seen;	    /* (process, what), mixed into one number */
};

/* Remembers a stack for the events that will name it. 0 or -ENOMEM. */
int names__add_stack(struct names *n, uint64_t id, const uint64_t *pcs, uint32_t nr);

/* True the first time for a process: then also the stack, nr 0 if it is not known. Borrowed until the next call. */
bool names__stack_is_new(struct names *n, uint32_t pid, uint64_t id, const uint64_t **ret_pcs, uint32_t *ret_nr);
bool names__pc_is_new(struct names *n, uint32_t pid, uint64_t pc, bool is_return_address);
bool names__type_is_new(struct names *n, uint32_t pid, uint64_t va);

/* A process begins, perhaps with a PID that another one had: all is new again. */
void names__forget(struct names *n);

void names__free(struct names *n);

#endif
