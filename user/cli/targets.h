/* SPDX-License-Identifier: Apache-2.0 */
/* The processes to look at, each with its binary, plan and load bias; one reading per binary. */
#ifndef CHANSCOPE_CLI_TARGETS_H
#define CHANSCOPE_CLI_TARGETS_H

#include "base/diag.h"
#include "cli/values.h"
#include "gobin/plan.h"
#include "proc/process.h"
#include "sym/symbolizer.h"

/* A Go binary and its plan, shared by the processes that run it. */
struct target_binary {
	dev_t dev;
	ino_t ino;
	struct gobinary *bin;
	struct plan *plan;
	struct target_binary *next;
};

struct target {
	struct process proc;
	const struct target_binary *binary;
	uint64_t load_bias;
	int pid_fd; /* readable when the process has ended; -1: ask /proc */
	bool ended;
};

struct targets {
	struct target *list;
	size_t nr;
	struct target_binary *binaries;
};

/*
 * Reads every process of pids and the binaries they run. Fails at the first that can't be read or is
 * refused. The caller frees by targets__free, after the symbolizer that got them.
 */
int targets__open(const struct pid_list *pids, struct targets *ret, struct diag *d);
void targets__free(struct targets *t);

/* Tells the symbolizer of all of them. */
int targets__add_to(const struct targets *t, struct symbolizer *sym, struct diag *d);

/* Marks those that have exited or run another program now, and calls fn once for each. Returns how many are left. */
size_t targets__reap(struct targets *t, void (*fn)(void *ctx, struct target *t, bool execed), void *ctx);

#endif
