/* SPDX-License-Identifier: Apache-2.0 */
/* One BPF link over many uprobes of one process, by the raw system call: libbpf knows it from 1.3 on only. */
#ifndef CHANSCOPE_ATTACH_UPROBE_MULTI_H
#define CHANSCOPE_ATTACH_UPROBE_MULTI_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* BPF_TRACE_UPROBE_MULTI in enum bpf_attach_type, Linux 6.6 (89ae89f53d20). */
#define UPROBE_MULTI_ATTACH_TYPE ((enum bpf_attach_type)48)

struct uprobe_multi {
	int prog_fd;
	const char *path;	 /* the binary, as this process sees it */
	const uint64_t *offsets; /* file offsets */
	const uint64_t *cookies;
	uint32_t nr;
	pid_t pid; /* process; 0: every one */
};

/* Returns the link's file descriptor (the caller closes it), or a negative errno. */
int uprobe_multi_link(const struct uprobe_multi *m);

#endif
