// SPDX-License-Identifier: Apache-2.0
/* Owns the opened processes and binaries of a run. Given PIDs; never attaches anything. */
#include "cli/targets.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"

static struct target_binary *find_binary(const struct targets *t, const struct process *p)
{
	for (struct target_binary *b = t->binaries; b; b = b->next)
		if (b->dev == p->dev && b->ino == p->ino)
			return b;
	return NULL;
}

static void free_binary(struct target_binary *b)
{
	plan__free(b->plan);
	gobinary__close(b->bin);
	free(b);
}

static int open_binary(struct targets *t, const struct process *p, struct target_binary **ret, struct diag *d)
{
	struct target_binary *b = find_binary(t, p);
	int err;

	if (b) {
		*ret = b;
		return 0;
	}
	b = calloc(1, sizeof(*b));
	if (!b)
		return diag_fail(d, -ENOMEM, "out of memory");
	b->dev = p->dev;
	b->ino = p->ino;
	err = gobinary__open(p->exe_path, &b->bin, d);
	if (!err)
		err = plan__build(b->bin, &b->plan, d);
	if (err) {
		free_binary(b);
		return err;
	}
	b->next = t->binaries;
	t->binaries = b;
	*ret = b;
	log_info(CLI, "%s: %s, %zu sites, layout from %s", p->exe, b->bin->version.text, b->plan->nr_sites,
		 b->bin->layout_source);
	return 0;
}

static int open_target(struct targets *t, pid_t pid, struct target *ret, struct diag *d)
{
	struct target_binary *b;
	int err;

	err = process_read(pid, &ret->proc, d);
	if (err)
		return err;
	err = open_binary(t, &ret->proc, &b, d);
	if (!err)
		err = process_load_bias(&ret->proc, b->bin->image, &ret->load_bias, d);
	if (err) {
		diag_prefix(d, "process %d (%s)", pid, ret->proc.exe);
		return err;
	}
	ret->binary = b;
	ret->pid_fd = (int)syscall(SYS_pidfd_open, pid, 0);
	return 0;
}

int targets__open(const struct pid_list *pids, struct targets *ret, struct diag *d)
{
	int err;

	*ret = (struct targets){ 0 };
	if (!pids->nr) {
		diag_hint(d, "Name a running Go process: -p PID.");
		return diag_fail_status(d, EXIT_USAGE, -EINVAL, "there is no target");
	}
	ret->list = calloc(pids->nr, sizeof(*ret->list));
	if (!ret->list)
		return diag_fail(d, -ENOMEM, "out of memory");
	for (size_t i = 0; i < pids->nr; i++) {
		err = open_target(ret, pids->pids[i], &ret->list[i], d);
		if (err) {
			targets__free(ret);
			return err;
		}
		ret->nr++;
	}
	return 0;
}

void targets__free(struct targets *t)
{
	for (size_t i = 0; i < t->nr; i++)
		if (t->list[i].pid_fd >= 0)
			close(t->list[i].pid_fd);
	while (t->binaries) {
		struct target_binary *b = t->binaries;

		t->binaries = b->next;
		free_binary(b);
	}
	free(t->list);
	*t = (struct targets){ 0 };
}

int targets__add_to(const struct targets *t, struct symbolizer *sym, struct diag *d)
{
	for (size_t i = 0; i < t->nr; i++) {
		const struct target *tg = &t->list[i];
		int err = symbolizer__add(sym, (uint32_t)tg->proc.pid, tg->binary->bin, tg->load_bias);

		if (err)
			return diag_fail(d, err, "symbols of process %d: %s", tg->proc.pid, strerror(-err));
	}
	return 0;
}

static bool has_exited(const struct target *t)
{
	struct pollfd p = { .fd = t->pid_fd, .events = POLLIN };

	return t->pid_fd >= 0 && poll(&p, 1, 0) == 1;
}

static bool runs_a_program(const struct target *t)
{
	struct process now;

	return !process_read(t->proc.pid, &now, NULL) && now.started_at_ns == t->proc.started_at_ns;
}

size_t targets__reap(struct targets *t, void (*fn)(void *ctx, struct target *t, bool execed), void *ctx)
{
	size_t left = 0;

	for (size_t i = 0; i < t->nr; i++) {
		struct target *tg = &t->list[i];
		bool exited;

		if (tg->ended)
			continue;
		exited = has_exited(tg);
		if (!exited && process_same(&tg->proc)) {
			left++;
			continue;
		}
		tg->ended = true;
		/* /proc may tell of the end a moment before the pidfd does: a process that still has a program execed
		 */
		fn(ctx, tg, !exited && runs_a_program(tg));
	}
	return left;
}
