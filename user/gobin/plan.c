// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the plan as a whole: which functions are looked at, in which order, and what must hold of the binary before
 * any of them is. It is given a binary that is open already, and never runs or changes it.
 */
#include "gobin/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "gobin/plan_func.h"

#define MAX_CALLER_SZ 4096 /* bytes; the wrappers have about 100, reflect.rselect 1300 */

static void free_plan(struct plan **p)
{
	plan__free(*p);
}

void plan__free(struct plan *p)
{
	if (p)
		free(p->sites);
	free(p);
}

static int by_address(const void *a, const void *b)
{
	const struct plan_site *x = a, *y = b;

	return x->va < y->va ? -1 : x->va > y->va;
}

/* Is there a direct call from one to the other? */
static int calls(struct plan_builder *to, const struct go_func *from, uint64_t target, bool *ret)
{
	uint64_t sz = from->end > from->entry ? from->end - from->entry : 0;
	const uint8_t *bytes = image__at(to->bin->image, from->entry, sz);
	struct code code;

	*ret = false;
	if (!bytes || !sz || sz > MAX_CALLER_SZ)
		return diag_fail(to->d, -ENOTSUP, "%s at 0x%llx: its code has an unexpected size", from->name,
				 (unsigned long long)from->entry);
	if (disasm_code(bytes, sz, from->entry, &code, to->d))
		return -EINVAL;
	for (size_t i = 0; i < code.nr; i++)
		if ((code.insns[i].flow == FLOW_CALL || code.insns[i].flow == FLOW_JUMP) &&
		    code.insns[i].target == target)
			*ret = true;
	code__free(&code);
	return 0;
}

int plan_check_callers(struct plan_builder *to)
{
	/* The names under which the compiler and reflect call the functions that are probed. */
	static const char *const callers[][2] = {
		{ "runtime.chansend1", "runtime.chansend" },	{ "runtime.selectnbsend", "runtime.chansend" },
		{ "reflect.chansend", "runtime.chansend" },	{ "reflect.chansend0", "runtime.chansend" },
		{ "runtime.chanrecv1", "runtime.chanrecv" },	{ "runtime.chanrecv2", "runtime.chanrecv" },
		{ "runtime.selectnbrecv", "runtime.chanrecv" }, { "reflect.chanrecv", "runtime.chanrecv" },
		{ "reflect.chanclose", "runtime.closechan" },	{ "reflect.makechan", "runtime.makechan" },
		{ "reflect.rselect", "runtime.selectgo" },
	};

	for (size_t i = 0; i < sizeof(callers) / sizeof(callers[0]); i++) {
		const char *name = callers[i][0];
		struct go_func caller, callee;
		bool found = false;

		/* since go1.21 a function of reflect's own has this name, and calls chansend0 */
		if (!strcmp(name, "reflect.chansend") && to->bin->version.minor > 20)
			continue;
		if (!pclntab__func_named(to->bin->pclntab, name, &caller))
			continue;
		if (pclntab__func_named(to->bin->pclntab, callers[i][1], &callee) &&
		    calls(to, &caller, callee.entry, &found))
			return -ENOTSUP;
		if (!found)
			return diag_fail(to->d, -ENOTSUP,
					 "%s does not call %s: inlined by a profile-guided build, which is not "
					 "supported yet",
					 name, callers[i][1]);
	}
	return 0;
}

static int build(struct plan_builder *to)
{
	static int (*const parts[])(struct plan_builder *) = { plan_check_callers, plan_chansend, plan_chanrecv,
							       plan_closechan,	   plan_selectgo, plan_makechan,
							       plan_block };

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		int err = parts[i](to);

		if (err)
			return err;
	}
	if (!to->plan->nr_sites)
		return diag_fail(to->d, -ENOTSUP, "the binary contains no channel operation");
	return 0;
}

int plan__build(const struct gobinary *bin, struct plan **ret, struct diag *d)
{
	struct plan *plan auto_cleanup(free_plan) = calloc(1, sizeof(*plan));
	struct plan_builder to = { .bin = bin, .plan = plan, .d = d };
	int err;

	if (!plan)
		return diag_fail(d, -ENOMEM, "no memory for the plan");
	if (image__machine(bin->image) != IMAGE_AMD64)
		return diag_fail(d, -ENOTSUP, "only amd64 code can be planned so far, this is arm64");
	err = build(&to);
	if (err) {
		diag_hint(d, "a profile-guided build (default.pgo) is refused so far: build it with -pgo=off");
		return err;
	}
	if (plan->nr_sites)
		qsort(plan->sites, plan->nr_sites, sizeof(plan->sites[0]), by_address);
	*ret = steal_ptr(plan);
	return 0;
}
