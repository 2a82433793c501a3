// SPDX-License-Identifier: Apache-2.0
/* Owns the opening and closing of a perf-event uprobe. Is given a loaded program; never opens a return probe. */
#include "attach/perf_uprobe.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"

int perf_uprobe_type(void)
{
	auto_file FILE *f = fopen("/sys/bus/event_source/devices/uprobe/type", "re");
	int type;

	if (!f)
		return -errno;
	return fscanf(f, "%d", &type) == 1 && type >= 0 ? type : -EINVAL;
}

/*
 * The event belongs to the process's first thread, but the breakpoint to its memory, and the program runs before
 * the event's own filter (kernel/trace/trace_uprobe.c, __uprobe_perf_func): all threads are covered.
 */
static int open_event(const char *path, uint64_t offset, pid_t pid)
{
	struct perf_event_attr attr;
	int type = perf_uprobe_type();
	long fd;

	if (type < 0)
		return type;
	memset(&attr, 0, sizeof(attr));
	attr.size = sizeof(attr);
	attr.type = (uint32_t)type;
	attr.config1 = (uintptr_t)path;
	attr.config2 = offset;
	fd = syscall(__NR_perf_event_open, &attr, pid, -1, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : (int)fd;
}

int perf_uprobe__open(struct perf_uprobe *ret, int prog_fd, const char *path, uint64_t offset, uint64_t cookie,
		      pid_t pid)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .perf_event.bpf_cookie = cookie);
	struct perf_uprobe p = { -1, -1 };
	int err = 0;

	p.perf_fd = open_event(path, offset, pid);
	if (p.perf_fd < 0)
		return p.perf_fd;
	p.link_fd = bpf_link_create(prog_fd, p.perf_fd, BPF_PERF_EVENT, &opts);
	if (p.link_fd < 0 || ioctl(p.perf_fd, PERF_EVENT_IOC_ENABLE, 0))
		err = -errno;
	if (err)
		perf_uprobe__close(&p);
	else
		*ret = p;
	return err;
}

void perf_uprobe__close(struct perf_uprobe *p)
{
	if (p->link_fd >= 0)
		close(p->link_fd);
	if (p->perf_fd >= 0)
		close(p->perf_fd);
	p->link_fd = -1;
	p->perf_fd = -1;
}
