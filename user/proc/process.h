/* SPDX-License-Identifier: Apache-2.0 */
/* A process as /proc shows it: identity, binary, load bias. */
#ifndef CHANSCOPE_PROC_PROCESS_H
#define CHANSCOPE_PROC_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/diag.h"
#include "gobin/gobinary.h"

struct process {
	pid_t pid;
	uint64_t started_at_ns; /* since boot (CLOCK_BOOTTIME), ns, in clock ticks' precision */
	char comm[16];
	char exe[4096];	   /* what /proc/PID/exe points to, as text */
	char exe_path[64]; /* "/proc/PID/exe": opens the running image, whatever happened to the file */
	dev_t dev;	   /* identity of the binary */
	ino_t ino;
};

/* Reads the facts of a process. Fails: no such process (hint), not permitted, a kernel thread or zombie. */
int process_read(pid_t pid, struct process *ret, struct diag *d);

/* Is it the same process (start time) with the same binary still? For exec and PID reuse. */
bool process_same(const struct process *p);

/* Address in the process minus address in the file, from /proc/PID/maps. */
int process_load_bias(const struct process *p, const struct image *img, uint64_t *ret, struct diag *d);

/* Reads memory of the process; short reads are failures. Returns 0 or a negative errno. */
int process_read_memory(pid_t pid, uint64_t addr, void *buf, size_t n);

#endif
