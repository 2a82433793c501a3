// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the identity of a process: what /proc/PID/{status,stat,exe} tell, and whether it still holds. Is
 * given a PID by the user, so every way in which that can be wrong has its own sentence. Never reads
 * the process's memory (see process_memory.c) and never keeps anything of it open.
 */
#include "proc/process.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

/* PF_KTHREAD of the kernel's include/linux/sched.h: the flags field of /proc/PID/stat is read by ps too. */
#define KTHREAD_FLAG 0x00200000UL

/* What is used of /proc/PID/stat, see proc_pid_stat(5). */
struct stat_line {
	char comm[16];
	char state;
	unsigned long flags;
	unsigned long long start_ticks; /* since boot */
};

/* Reads a small file whole. Returns the number of bytes, which a NUL follows, or a negative errno. */
static ssize_t read_small_file(const char *path, char *buf, size_t size)
{
	auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t used = 0;
	ssize_t n;

	if (fd < 0)
		return -errno;
	while (used < size - 1) {
		n = read(fd, buf + used, size - 1 - used);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		used += (size_t)n;
	}
	buf[used] = '\0';
	return (ssize_t)used;
}

/* comm may hold spaces and parentheses: it ends at the last ')'. */
static int parse_stat(const char *text, struct stat_line *ret)
{
	const char *open_paren = strchr(text, '(');
	const char *close_paren = strrchr(text, ')');
	size_t n;

	if (!open_paren || !close_paren || close_paren < open_paren)
		return -EINVAL;
	n = (size_t)(close_paren - open_paren - 1);
	if (n >= sizeof(ret->comm))
		n = sizeof(ret->comm) - 1;
	memcpy(ret->comm, open_paren + 1, n);
	ret->comm[n] = '\0';
	/* fields 3 (state), 9 (flags) and 22 (starttime) */
	if (sscanf(close_paren + 1, " %c %*s %*s %*s %*s %*s %lu %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu",
		   &ret->state, &ret->flags, &ret->start_ticks) != 3)
		return -EINVAL;
	return 0;
}

static int read_stat(pid_t pid, struct stat_line *ret)
{
	char path[64], text[2048];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	n = read_small_file(path, text, sizeof(text));
	if (n < 0)
		return (int)n;
	return n == 0 ? -ESRCH : parse_stat(text, ret);
}

/* The thread group of pid, which is itself unless it is a thread; 0 if unknown. */
static pid_t read_tgid(pid_t pid)
{
	char path[64], text[4096];
	const char *line;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	if (read_small_file(path, text, sizeof(text)) <= 0)
		return 0;
	line = strstr(text, "\nTgid:");
	return line ? (pid_t)strtol(line + strlen("\nTgid:"), NULL, 10) : 0;
}

static uint64_t ticks_to_ns(unsigned long long ticks)
{
	unsigned long hz = (unsigned long)sysconf(_SC_CLK_TCK);

	return ticks / hz * 1000000000ULL + ticks % hz * 1000000000ULL / hz;
}

static int fail_no_process(pid_t pid, int err, struct diag *d)
{
	/* With hidepid= on /proc, a process of another user exists but has no directory. */
	if (kill(pid, 0) == 0 || errno == EPERM) {
		diag_fail_status(d, EXIT_MACHINE, -EPERM, "process %d: its /proc/%d is hidden from this user", pid,
				 pid);
		diag_hint(d, "run as root");
		return -EPERM;
	}
	if (err != -ENOENT && err != -ESRCH)
		return diag_fail(d, err, "process %d: cannot read /proc/%d/stat: %s", pid, pid, strerror(-err));
	diag_fail(d, -ESRCH, "process %d: no such process", pid);
	diag_hint(d, "list the running processes with: ps -e");
	return -ESRCH;
}

static int fail_no_exe(pid_t pid, const struct stat_line *stat, int err, struct diag *d)
{
	if (stat->flags & KTHREAD_FLAG) {
		diag_fail(d, -EINVAL, "process %d (%s): a kernel thread, it runs no Go program", pid, stat->comm);
		diag_hint(d, "give the PID of a running Go program");
		return -EINVAL;
	}
	if (stat->state == 'Z' || stat->state == 'X') {
		diag_fail(d, -ESRCH, "process %d (%s): has ended already, only its exit status is left (zombie)", pid,
			  stat->comm);
		diag_hint(d, "give the PID of a running Go program");
		return -ESRCH;
	}
	if (err == -EACCES || err == -EPERM) {
		diag_fail_status(d, EXIT_MACHINE, -EPERM, "process %d (%s): not permitted to look at it: %s", pid,
				 stat->comm, strerror(-err));
		diag_hint(d, "run as root, or with CAP_SYS_PTRACE");
		return -EPERM;
	}
	/* no memory any more, but not yet a zombie */
	if (err == -ENOENT || err == -ESRCH)
		return diag_fail(d, -ESRCH, "process %d (%s): is ending", pid, stat->comm);
	return diag_fail(d, err, "process %d (%s): cannot read /proc/%d/exe: %s", pid, stat->comm, pid, strerror(-err));
}

static int read_exe(struct process *p)
{
	struct stat st;
	ssize_t n = readlink(p->exe_path, p->exe, sizeof(p->exe) - 1);

	if (n < 0)
		return -errno;
	p->exe[n] = '\0';
	if (stat(p->exe_path, &st) != 0)
		return -errno;
	p->dev = st.st_dev;
	p->ino = st.st_ino;
	return 0;
}

int process_read(pid_t pid, struct process *ret, struct diag *d)
{
	struct stat_line stat;
	struct process p = { .pid = pid };
	pid_t tgid;
	int err;

	if (pid <= 0)
		return diag_fail_status(d, EXIT_USAGE, -EINVAL, "process %d: a PID is a positive number", pid);
	err = read_stat(pid, &stat);
	if (err)
		return fail_no_process(pid, err, d);
	tgid = read_tgid(pid);
	if (tgid > 0 && tgid != pid) {
		diag_fail(d, -EINVAL, "process %d (%s): a thread of process %d, not a process", pid, stat.comm, tgid);
		diag_hint(d, "give the process: -p %d", tgid);
		return -EINVAL;
	}
	snprintf(p.comm, sizeof(p.comm), "%s", stat.comm);
	snprintf(p.exe_path, sizeof(p.exe_path), "/proc/%d/exe", pid);
	p.started_at_ns = ticks_to_ns(stat.start_ticks);
	err = read_exe(&p);
	if (err)
		return fail_no_exe(pid, &stat, err, d);
	*ret = p;
	return 0;
}

bool process_same(const struct process *p)
{
	struct stat_line line;
	struct stat st;

	if (read_stat(p->pid, &line) || line.state == 'Z' || line.state == 'X')
		return false;
	if (ticks_to_ns(line.start_ticks) != p->started_at_ns)
		return false;
	return stat(p->exe_path, &st) == 0 && st.st_dev == p->dev && st.st_ino == p->ino;
}
