// SPDX-License-Identifier: Apache-2.0
/* Owns the reading of what the BPF program has counted and stored. Never changes a map. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "attach/state.h"
#include "base/cleanup.h"

int attach__stack(const struct attach *a, uint64_t id, struct cs_stack *ret)
{
	struct cs_stack s; /* the map's values are as long or shorter */
	int err = bpf_map_lookup_elem(attach_map_fd(a, ATTACH_MAP_STACKS), &id, &s);

	if (err)
		return err;
	if (!s.nr || s.nr > a->opts.stack_depth)
		return -EINVAL;
	ret->nr = s.nr;
	ret->pad = 0;
	memcpy(ret->pc, s.pc, s.nr * sizeof(s.pc[0]));
	return 0;
}

/* Sum over CPUs of an entry of a per-CPU array of u64. */
static int read_sum(int fd, uint32_t key, uint64_t *ret)
{
	int nr_cpus = libbpf_num_possible_cpus();
	auto_free uint64_t *by_cpu = NULL;
	int err;

	if (nr_cpus < 0)
		return nr_cpus;
	by_cpu = calloc((size_t)nr_cpus, sizeof(*by_cpu));
	if (!by_cpu)
		return -ENOMEM;
	err = bpf_map_lookup_elem(fd, &key, by_cpu);
	if (err)
		return err;
	*ret = 0;
	for (int i = 0; i < nr_cpus; i++)
		*ret += by_cpu[i];
	return 0;
}

int attach__losses(const struct attach *a, uint64_t ret[CS_NR_LOSSES])
{
	for (uint32_t i = 0; i < CS_NR_LOSSES; i++) {
		int err = read_sum(attach_map_fd(a, ATTACH_MAP_LOSSES), i, &ret[i]);

		if (err)
			return err;
	}
	return 0;
}

uint64_t attach__traps(const struct attach *a, pid_t pid)
{
	uint64_t sum = 0, n;

	for (uint32_t i = 0; i < a->nr_targets; i++)
		if (a->targets[i].pid == pid && !read_sum(attach_map_fd(a, ATTACH_MAP_TRAPS), i, &n))
			sum += n;
	return sum;
}

int attach__overflow(const struct attach *a,
		     void (*fn)(void *ctx, const struct cs_overflow_key *k, const struct cs_overflow *v), void *ctx)
{
	int fd = attach_map_fd(a, ATTACH_MAP_OVERFLOW);
	struct cs_overflow_key key, *prev = NULL;
	struct cs_overflow v;
	int err;

	while (!(err = bpf_map_get_next_key(fd, prev, &key))) {
		err = bpf_map_lookup_elem(fd, &key, &v);
		if (err)
			return err;
		fn(ctx, &key, &v);
		prev = &key;
	}
	return err == -ENOENT ? 0 : err;
}
