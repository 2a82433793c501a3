// SPDX-License-Identifier: Apache-2.0
/* Owns the raw BPF_LINK_CREATE of a uprobe_multi link. Is given everything; keeps nothing. */
#include "attach/uprobe_multi.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

/* union bpf_attr, link_create with uprobe_multi: include/uapi/linux/bpf.h since Linux 6.6 (89ae89f53d20). */
struct link_create_attr {
	uint32_t prog_fd;
	uint32_t target_fd;
	uint32_t attach_type;
	uint32_t flags;
	uint64_t path;
	uint64_t offsets;
	uint64_t ref_ctr_offsets;
	uint64_t cookies;
	uint32_t nr;
	uint32_t multi_flags;
	uint32_t pid;
	uint32_t pad; /* zero */
};

_Static_assert(sizeof(struct link_create_attr) == 64, "struct link_create_attr mirrors union bpf_attr");

int uprobe_multi_link(const struct uprobe_multi *m)
{
	struct link_create_attr attr = {
		.prog_fd = (uint32_t)m->prog_fd,
		.attach_type = UPROBE_MULTI_ATTACH_TYPE,
		.path = (uintptr_t)m->path,
		.offsets = (uintptr_t)m->offsets,
		.cookies = (uintptr_t)m->cookies,
		.nr = m->nr,
		.pid = (uint32_t)m->pid,
	};
	long fd = syscall(__NR_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));

	return fd < 0 ? -errno : (int)fd;
}
