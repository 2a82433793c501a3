/* SPDX-License-Identifier: Apache-2.0 */
/* Many small reads of a process's memory in few system calls, for the goroutine walk. */
#ifndef CHANSCOPE_PROC_PROCESS_MEMORY_H
#define CHANSCOPE_PROC_PROCESS_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct memory_read {
	uint64_t addr;
	void *buf;   /* of the caller */
	size_t size; /* bytes, > 0 */
	bool ok;     /* set by process_read_many: all of it was read */
};

/*
 * Does n reads and tells for each whether it succeeded. Returns 0, or a negative errno that concerns all of
 * them (-ESRCH: the process is gone, -EPERM).
 */
int process_read_many(pid_t pid, struct memory_read *reads, size_t n);

#endif
