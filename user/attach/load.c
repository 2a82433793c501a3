// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the loading of the BPF object: the check of the machine, the sizes of the maps, sites and layouts into them.
 * Reads what the program counts. Never attaches anything.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "attach/state.h"
#include "attach/uprobe_multi.h"
#include "base/log.h"
#include "chanscope.skel.h"

#define RING_MAX_BYTES (1u << 30)

/* libbpf tells its warnings from its details; both are of interest only when something is looked into. */
__attribute__((format(printf, 2, 0))) static int libbpf_line(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	enum log_level to = level == LIBBPF_WARN ? LOG_INFO : LOG_DEBUG;
	char line[1024];
	int n;

	if (!log_enabled(LOG_LIBBPF, to))
		return 0;
	n = vsnprintf(line, sizeof(line), fmt, ap);
	if (n > 0 && n < (int)sizeof(line) && line[n - 1] == '\n')
		line[n - 1] = '\0';
	log_line(LOG_LIBBPF, to, "%s", line);
	return n;
}

/* What must be there, each with the sentence and the hint of its absence. */
static int check_machine(const struct kernel_features *f, enum attach_method method, struct diag *d)
{
	const struct {
		bool there;
		const char *what, *hint;
	} needs[] = {
		{ f->bpf_permitted, "loading BPF programs is not permitted",
		  "run as root, or with the capabilities CAP_BPF, CAP_PERFMON and CAP_SYS_PTRACE" },
		{ f->btf, "this kernel has no BTF (/sys/kernel/btf/vmlinux)",
		  "run a kernel built with CONFIG_DEBUG_INFO_BTF" },
		{ f->ring_buffer, "this kernel has no BPF ring buffer", "run Linux 5.15 or newer" },
		{ f->attach_cookie, "this kernel has no BPF attach cookies", "run Linux 5.15 or newer" },
		{ f->uprobe_multi || method != ATTACH_MULTI,
		  "this kernel has no uprobe_multi links for whole processes",
		  "run Linux 6.10 or newer, or leave the choice of the method to chanscope" },
		{ f->uprobe_multi || f->perf_uprobe, "this kernel has neither uprobe_multi links nor the uprobe PMU",
		  "run a kernel built with CONFIG_UPROBE_EVENTS" },
		{ f->perf_uprobe || method != ATTACH_PERF, "this kernel has no uprobe PMU",
		  "run a kernel built with CONFIG_UPROBE_EVENTS" },
	};

	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
		if (needs[i].there)
			continue;
		diag_hint(d, "%s", needs[i].hint);
		return diag_fail_status(d, EXIT_MACHINE, -EOPNOTSUPP, "%s", needs[i].what);
	}
	return 0;
}

static uint32_t ring_size(uint32_t wanted)
{
	uint32_t size = (uint32_t)sysconf(_SC_PAGESIZE);

	while (size < wanted && size < RING_MAX_BYTES)
		size <<= 1;
	return size;
}

static int configure(struct attach *a, struct diag *d)
{
	struct chanscope_bpf *s = a->skel;
	uint32_t ring = ring_size(a->opts.ring_bytes);
	uint32_t stack_sz = (uint32_t)(offsetof(struct cs_stack, pc) + a->opts.stack_depth * sizeof(uint64_t));
	int err;

	if (s->rodata->abi_version != CS_ABI_VERSION)
		return diag_fail(d, -EINVAL, "the BPF object was built for version %u of the shared records, not %u",
				 s->rodata->abi_version, CS_ABI_VERSION);
	s->rodata->stack_depth = a->opts.stack_depth;
	s->rodata->ring_wake_bytes = ring / 8;
	err = bpf_map__set_max_entries(s->maps.ring, ring);
	if (!err)
		err = bpf_map__set_value_size(s->maps.stacks, stack_sz);
	if (!err)
		err = bpf_map__set_max_entries(s->maps.stacks, a->opts.nr_stacks);
	if (!err && a->use_multi)
		err = bpf_program__set_expected_attach_type(s->progs.chanscope_hit, UPROBE_MULTI_ATTACH_TYPE);
	return err ? diag_fail(d, err, "can't configure the BPF object: %s", strerror(-err)) : 0;
}

int attach_publish(const struct attach *a, uint32_t binary, struct diag *d)
{
	const struct attach_binary *b = &a->binaries[binary];
	int err = bpf_map_update_elem(bpf_map__fd(a->skel->maps.layouts), &binary, &b->layout, BPF_ANY);

	for (uint32_t i = 0; !err && i < b->nr; i++) {
		uint32_t key = b->first + i;

		err = bpf_map_update_elem(bpf_map__fd(a->skel->maps.sites), &key, &b->sites[i], BPF_ANY);
	}
	return err ? diag_fail(d, err, "can't write the sites into the BPF map: %s", strerror(-err)) : 0;
}

static int load_object(struct attach *a, struct diag *d)
{
	int err;

	a->skel = chanscope_bpf__open();
	if (!a->skel)
		return diag_fail(d, -errno, "can't open the BPF object: %s", strerror(errno));
	err = configure(a, d);
	if (err)
		return err;
	err = chanscope_bpf__load(a->skel);
	if (err == -EPERM)
		diag_hint(d, "run as root, or with the capabilities CAP_BPF, CAP_PERFMON and CAP_SYS_PTRACE");
	else if (err)
		diag_hint(d, "see why with --log libbpf:debug");
	if (err)
		return diag_fail_status(d, EXIT_MACHINE, err, "the kernel refused the BPF object: %s", strerror(-err));
	for (uint32_t i = 0; !err && i < a->nr_binaries; i++)
		err = attach_publish(a, i, d);
	return err;
}

int attach__load(struct attach *a, struct diag *d)
{
	int err;

	if (a->skel)
		return diag_fail(d, -EINVAL, "the BPF object is loaded already");
	libbpf_set_print(libbpf_line);
	err = features_probe(&a->features, d);
	if (!err)
		err = check_machine(&a->features, a->opts.method, d);
	if (err)
		return err;
	a->use_multi = a->opts.method != ATTACH_PERF && a->features.uprobe_multi;
	err = load_object(a, d);
	if (err)
		attach_unload(a);
	return err;
}

void attach_unload(struct attach *a)
{
	chanscope_bpf__destroy(a->skel);
	a->skel = NULL;
}

void attach__activate(struct attach *a, bool on)
{
	__atomic_store_n(&a->skel->bss->active, on, __ATOMIC_SEQ_CST);
}

int attach_prog_fd(const struct attach *a)
{
	return bpf_program__fd(a->skel->progs.chanscope_hit);
}

int attach__ring_fd(const struct attach *a)
{
	return bpf_map__fd(a->skel->maps.ring);
}

int attach_map_fd(const struct attach *a, enum attach_map map)
{
	switch (map) {
	case ATTACH_MAP_STACKS:
		return bpf_map__fd(a->skel->maps.stacks);
	case ATTACH_MAP_LOSSES:
		return bpf_map__fd(a->skel->maps.losses);
	case ATTACH_MAP_TRAPS:
		return bpf_map__fd(a->skel->maps.traps);
	case ATTACH_MAP_OVERFLOW:
		return bpf_map__fd(a->skel->maps.overflow);
	}
	return -EINVAL;
}
