// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the list of targets and their life: which processes are to be probed, which share a binary, which have their
 * probes. Is given plans, which it copies; never reads a target's memory and never talks to the kernel itself.
 */
#include "attach/attach.h"

#include <errno.h>
#include <string.h>

#include "attach/state.h"
#include "base/cleanup.h"
#include "base/log.h"

int attach__new(const struct attach_opts *opts, struct attach **ret, struct diag *d)
{
	struct attach *a;

	if (opts->stack_depth > CS_MAX_STACK_DEPTH)
		return diag_fail_status(d, EXIT_USAGE, -EINVAL, "a stack depth of %u is more than %d",
					opts->stack_depth, CS_MAX_STACK_DEPTH);
	a = calloc(1, sizeof(*a));
	if (!a)
		return diag_fail(d, -ENOMEM, "out of memory");
	a->opts = *opts;
	if (!a->opts.ring_bytes)
		a->opts.ring_bytes = ATTACH_DEFAULT_RING_BYTES;
	if (!a->opts.stack_depth)
		a->opts.stack_depth = ATTACH_DEFAULT_STACK_DEPTH;
	if (!a->opts.nr_stacks)
		a->opts.nr_stacks = ATTACH_DEFAULT_NR_STACKS;
	*ret = a;
	return 0;
}

static void binary_release(struct attach_binary *b)
{
	free(b->sites);
	free(b->offsets);
	memset(b, 0, sizeof(*b));
}

/* Copies the sites of the mode. */
static int binary_fill(struct attach_binary *b, const struct attach *a, const struct plan *plan,
		       const struct cs_layout *layout)
{
	memset(b, 0, sizeof(*b));
	b->layout = *layout;
	b->first = a->nr_sites;
	b->sites = calloc(plan->nr_sites + 1, sizeof(*b->sites));
	b->offsets = calloc(plan->nr_sites + 1, sizeof(*b->offsets));
	if (!b->sites || !b->offsets)
		return -ENOMEM;
	for (size_t i = 0; i < plan->nr_sites; i++) {
		const struct plan_site *s = &plan->sites[i];

		if (a->opts.mode == CAPTURE_WAIT && !s->wait_mode)
			continue;
		b->sites[b->nr] = s->site;
		b->sites[b->nr].layout = 0;
		b->offsets[b->nr++] = s->off;
	}
	return 0;
}

static bool binary_same(const struct attach_binary *a, const struct attach_binary *b)
{
	return a->nr == b->nr && !memcmp(&a->layout, &b->layout, sizeof(a->layout)) &&
	       !memcmp(a->offsets, b->offsets, a->nr * sizeof(*a->offsets)) &&
	       !memcmp(a->sites, b->sites, a->nr * sizeof(*a->sites));
}

static void binary_set_layout(struct attach_binary *b, uint32_t index)
{
	for (uint32_t i = 0; i < b->nr; i++)
		b->sites[i].layout = (uint16_t)index;
}

/* Takes over b: adds it, or releases it if there is one like it. Returns its index or a negative errno. */
static int binary_add(struct attach *a, struct attach_binary *b, struct diag *d)
{
	struct attach_binary *grown;

	for (uint32_t i = 0; i < a->nr_binaries; i++) {
		binary_set_layout(b, i);
		if (!binary_same(&a->binaries[i], b))
			continue;
		binary_release(b);
		return (int)i;
	}
	binary_set_layout(b, a->nr_binaries);
	if (a->nr_binaries == CS_MAX_LAYOUTS || a->nr_sites + b->nr > CS_MAX_SITES)
		return diag_fail(d, -E2BIG, "too many different binaries: the limits are %d binaries and %d sites",
				 CS_MAX_LAYOUTS, CS_MAX_SITES);
	grown = realloc(a->binaries, (a->nr_binaries + 1) * sizeof(*grown));
	if (!grown)
		return diag_fail(d, -ENOMEM, "out of memory");
	a->binaries = grown;
	grown[a->nr_binaries] = *b;
	a->nr_sites += b->nr;
	memset(b, 0, sizeof(*b));
	return (int)a->nr_binaries++;
}

/* Returns the index of the binary, which is in the maps if there are maps; or a negative errno. */
static int add_plan(struct attach *a, const struct plan *plan, const struct cs_layout *layout, struct diag *d)
{
	auto_cleanup(binary_release) struct attach_binary b;
	uint32_t before = a->nr_binaries;
	int index, err;

	if (binary_fill(&b, a, plan, layout))
		return diag_fail(d, -ENOMEM, "out of memory");
	if (!b.nr)
		return diag_fail(d, -EINVAL, "the plan has no site to probe");
	index = binary_add(a, &b, d);
	if (index < 0 || !a->skel || (uint32_t)index < before)
		return index;
	err = attach_publish(a, (uint32_t)index, d);
	return err ? err : index;
}

int attach__add_target(struct attach *a, pid_t pid, const char *exe_path, const struct plan *plan,
		       const struct cs_layout *layout, struct diag *d)
{
	struct attach_target *grown, t = { .pid = pid, .multi_fd = -1 };
	int binary;

	if (pid <= 0)
		return diag_fail(d, -EINVAL, "%d is no process", pid);
	if (!attach_layout_fits(layout))
		return diag_fail(d, -EINVAL,
				 "process %d: a field of its runtime's structures is out of the probes' reach", pid);
	if (strlen(exe_path) >= sizeof(t.exe_path))
		return diag_fail(d, -ENAMETOOLONG, "process %d: the path %s is too long", pid, exe_path);
	if (a->nr_targets == CS_MAX_TARGETS)
		return diag_fail(d, -E2BIG, "more than %d processes", CS_MAX_TARGETS);
	binary = add_plan(a, plan, layout, d);
	if (binary < 0)
		return binary;
	grown = realloc(a->targets, (a->nr_targets + 1) * sizeof(*grown));
	if (!grown)
		return diag_fail(d, -ENOMEM, "out of memory");
	a->targets = grown;
	t.binary = (uint32_t)binary;
	memcpy(t.exe_path, exe_path, strlen(exe_path) + 1);
	grown[a->nr_targets++] = t;
	return 0;
}

int attach__attach(struct attach *a, struct diag *d)
{
	if (!a->skel)
		return diag_fail(d, -EINVAL, "nothing is loaded that could be attached");
	for (uint32_t i = 0; i < a->nr_targets; i++) {
		struct attach_target *t = &a->targets[i];
		struct diag why = { 0 };
		int err = t->attached ? 0 : attach_link(a, i, &why);

		t->attached = true;
		if (err == -ESRCH && a->nr_targets > 1) {
			log_info(ATTACH, "%s", why.what);
		} else if (err) {
			if (d && !d->err)
				*d = why;
			return err;
		}
	}
	return 0;
}

void attach__drop_target(struct attach *a, pid_t pid)
{
	for (uint32_t i = 0; i < a->nr_targets; i++)
		if (a->targets[i].pid == pid)
			attach_unlink(a, i, 1);
}

void attach__detach(struct attach *a)
{
	attach_unlink(a, 0, a->nr_targets);
}

const char *attach__method(const struct attach *a)
{
	return a->use_multi ? "uprobe_multi" : "perf_event";
}

void attach__free(struct attach *a)
{
	if (!a)
		return;
	attach__detach(a);
	attach_unload(a);
	for (uint32_t i = 0; i < a->nr_binaries; i++)
		binary_release(&a->binaries[i]);
	free(a->binaries);
	free(a->targets);
	free(a);
}
