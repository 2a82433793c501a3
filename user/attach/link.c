// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the probes on processes: one link for all sites where the kernel has uprobe_multi, else a perf event per
 * site. Is given a loaded program; never places a return probe.
 */
#include <errno.h>
#include <string.h>

#include "attach/parallel.h"
#include "attach/state.h"
#include "attach/uprobe_multi.h"
#include "base/cleanup.h"
#include "base/log.h"

/* The waits inside the kernel take no CPU: more threads than CPUs. */
#define NR_THREADS 64

static uint64_t cookie_of(uint32_t target, const struct attach_binary *b, uint32_t i)
{
	return (uint64_t)target << 32 | (b->first + i);
}

static int link_fail(const struct attach_target *t, int err, struct diag *d)
{
	if (err == -ESRCH)
		return diag_fail(d, err, "process %d has ended", t->pid);
	if (err == -EPERM || err == -EACCES)
		return diag_fail_status(d, EXIT_MACHINE, err, "process %d: not permitted to place probes in %s", t->pid,
					t->exe_path);
	return diag_fail(d, err, "process %d: can't place the probes in %s: %s", t->pid, t->exe_path, strerror(-err));
}

static int link_multi(struct attach *a, uint32_t target, struct diag *d)
{
	struct attach_target *t = &a->targets[target];
	const struct attach_binary *b = &a->binaries[t->binary];
	auto_free uint64_t *cookies = calloc(b->nr, sizeof(*cookies));
	struct uprobe_multi m = { .prog_fd = attach_prog_fd(a),
				  .path = t->exe_path,
				  .offsets = b->offsets,
				  .cookies = cookies,
				  .nr = b->nr,
				  .pid = t->pid };
	int fd;

	if (!cookies)
		return diag_fail(d, -ENOMEM, "out of memory");
	for (uint32_t i = 0; i < b->nr; i++)
		cookies[i] = cookie_of(target, b, i);
	fd = uprobe_multi_link(&m);
	if (fd < 0)
		return link_fail(t, fd, d);
	t->multi_fd = fd;
	return 0;
}

struct perf_job {
	struct attach *a;
	uint32_t target;
};

static int open_one(void *ctx, size_t i)
{
	const struct perf_job *j = ctx;
	struct attach_target *t = &j->a->targets[j->target];
	const struct attach_binary *b = &j->a->binaries[t->binary];
	int err = perf_uprobe__open(&t->perfs[i], attach_prog_fd(j->a), t->exe_path, b->offsets[i],
				    cookie_of(j->target, b, (uint32_t)i), t->pid);

	if (err)
		log_info(ATTACH, "process %d: perf event at offset 0x%llx: %s", t->pid,
			 (unsigned long long)b->offsets[i], strerror(-err));
	return err;
}

static int link_perf(struct attach *a, uint32_t target, struct diag *d)
{
	struct attach_target *t = &a->targets[target];
	uint32_t nr = a->binaries[t->binary].nr;
	struct perf_job job = { a, target };
	int err;

	t->perfs = calloc(nr, sizeof(*t->perfs));
	if (!t->perfs)
		return diag_fail(d, -ENOMEM, "out of memory");
	for (uint32_t i = 0; i < nr; i++)
		t->perfs[i] = (struct perf_uprobe){ -1, -1 };
	err = parallel_run(nr, NR_THREADS, 1, open_one, &job);
	if (!err)
		return 0;
	attach_unlink(a, target, 1);
	return link_fail(t, err, d);
}

int attach_link(struct attach *a, uint32_t target, struct diag *d)
{
	return a->use_multi ? link_multi(a, target, d) : link_perf(a, target, d);
}

static int close_perf(void *ctx, size_t i)
{
	struct perf_uprobe **all = ctx;

	perf_uprobe__close(all[i]);
	return 0;
}

/* Every perf event of the targets as one list, so that all of them are closed side by side. */
static void unlink_perfs(struct attach *a, uint32_t first, uint32_t nr)
{
	auto_free struct perf_uprobe **all = NULL;
	size_t n = 0, max = 0;

	for (uint32_t i = first; i < first + nr; i++)
		if (a->targets[i].perfs)
			max += a->binaries[a->targets[i].binary].nr;
	if (max)
		all = calloc(max, sizeof(*all));
	for (uint32_t i = first; i < first + nr; i++) {
		struct attach_target *t = &a->targets[i];

		for (uint32_t k = 0; t->perfs && k < a->binaries[t->binary].nr; k++)
			if (all)
				all[n++] = &t->perfs[k];
			else
				perf_uprobe__close(&t->perfs[k]);
	}
	parallel_run(n, NR_THREADS, 0, close_perf, all);
	for (uint32_t i = first; i < first + nr; i++) {
		free(a->targets[i].perfs);
		a->targets[i].perfs = NULL;
	}
}

static int close_multi(void *ctx, size_t i)
{
	struct attach_target *t = (struct attach_target *)ctx + i;

	cleanup_fd(&t->multi_fd);
	t->multi_fd = -1;
	return 0;
}

void attach_unlink(struct attach *a, uint32_t first, uint32_t nr)
{
	parallel_run(nr, NR_THREADS, 0, close_multi, a->targets + first);
	unlink_perfs(a, first, nr);
}
