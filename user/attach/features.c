// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the questions to the kernel about what it can do. Asks by trying with throw-away programs and maps; keeps
 * nothing open and decides nothing.
 */
#include "attach/features.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "attach/perf_uprobe.h"
#include "attach/uprobe_multi.h"
#include "base/cleanup.h"

/* return 0 */
static const struct bpf_insn empty_insns[] = {
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
	{ .code = BPF_JMP | BPF_EXIT },
};

/* Before 5.11 (d5299b67dd59) BPF memory counts as locked memory. No harm if it can't be raised. */
static void raise_memlock(void)
{
	struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };

	setrlimit(RLIMIT_MEMLOCK, &unlimited);
}

static int load_empty(enum bpf_attach_type expected)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = expected);
	int fd = bpf_prog_load(BPF_PROG_TYPE_KPROBE, NULL, "GPL", empty_insns, 2, &opts);

	return fd < 0 ? -errno : fd;
}

static bool has_ring_buffer(void)
{
	auto_fd int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, NULL, 0, 0, (__u32)sysconf(_SC_PAGESIZE), NULL);

	return fd >= 0;
}

/*
 * The way of libbpf's probe_uprobe_multi_link() since 1.5: a link on "/", which has no code, fails with EBADF
 * where the link type is known. The first releases applied the PID filter to threads; the fix (46ba0e49b642, in
 * 6.10 and stable trees) came with a check that refuses a negative PID before the path is looked at.
 */
static bool has_uprobe_multi(void)
{
	auto_fd int prog = load_empty(UPROBE_MULTI_ATTACH_TYPE);
	uint64_t zero = 0;
	struct uprobe_multi m = { .prog_fd = prog, .path = "/", .offsets = &zero, .cookies = &zero, .nr = 1 };

	if (prog < 0 || uprobe_multi_link(&m) != -EBADF)
		return false;
	m.pid = -1;
	return uprobe_multi_link(&m) == -EINVAL;
}

int features_probe(struct kernel_features *ret, struct diag *d)
{
	auto_fd int prog = -1;

	raise_memlock();
	memset(ret, 0, sizeof(*ret));
	prog = load_empty((enum bpf_attach_type)0);
	if (prog == -ENOSYS) {
		diag_hint(d, "run a kernel with CONFIG_BPF_SYSCALL");
		return diag_fail_status(d, EXIT_MACHINE, -ENOSYS, "this kernel has no bpf(2) system call");
	}
	ret->btf = !access("/sys/kernel/btf/vmlinux", R_OK);
	ret->perf_uprobe = perf_uprobe_type() >= 0;
	ret->bpf_permitted = prog >= 0;
	if (!ret->bpf_permitted)
		return 0;
	ret->ring_buffer = has_ring_buffer();
	ret->attach_cookie = libbpf_probe_bpf_helper(BPF_PROG_TYPE_KPROBE, BPF_FUNC_get_attach_cookie, NULL) == 1;
	ret->uprobe_multi = has_uprobe_multi();
	return 0;
}
