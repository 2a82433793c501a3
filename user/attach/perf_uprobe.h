/* SPDX-License-Identifier: Apache-2.0 */
/* One uprobe as a perf event with a BPF program on it: for kernels without uprobe_multi. */
#ifndef CHANSCOPE_ATTACH_PERF_UPROBE_H
#define CHANSCOPE_ATTACH_PERF_UPROBE_H

#include <stdint.h>
#include <sys/types.h>

struct perf_uprobe {
	int perf_fd; /* -1: none */
	int link_fd;
};

/* Number of the uprobe PMU (Linux 4.17, 33ea4b24277b), or a negative errno. */
int perf_uprobe_type(void);

/*
 * Opens a uprobe at a file offset of path in every thread of a process, with prog_fd and its cookie on it, and
 * enables it. Returns 0 and fills *ret, or a negative errno.
 */
int perf_uprobe__open(struct perf_uprobe *ret, int prog_fd, const char *path, uint64_t offset, uint64_t cookie,
		      pid_t pid);
void perf_uprobe__close(struct perf_uprobe *p); /* idempotent */

#endif
