// SPDX-License-Identifier: Apache-2.0
/* Owns targets, symbols, model and capture of one run, and the order in which they go. */
#include "cli/live.h"

#include <errno.h>

#include "cli/plan_output.h"

struct capture_opts live_capture_opts(const struct settings *set, enum capture_mode default_mode)
{
	return (struct capture_opts){
		.attach = { .mode = set->mode >= 0 ? (enum capture_mode)set->mode : default_mode,
			    .method = (enum attach_method)set->method,
			    .ring_bytes = (uint32_t)set->ring_bytes,
			    .stack_depth = (uint32_t)set->stack_depth },
		.duration_ns = set->duration_ns,
		.progress = true,
	};
}

int live_open(const struct settings *set, struct live *ret, struct diag *d)
{
	int err;

	*ret = (struct live){ 0 };
	err = targets__open(&set->pids, &ret->targets, d);
	if (err)
		return err;
	ret->sym = symbolizer__new();
	if (!ret->sym)
		return diag_fail(d, -ENOMEM, "out of memory");
	return targets__add_to(&ret->targets, ret->sym, d);
}

int live_run(struct live *l, const struct capture_opts *opts, struct diag *d)
{
	struct feed feed;
	int err;

	l->world = world__new(&l->world_opts);
	if (!l->world)
		return diag_fail(d, -ENOMEM, "out of memory");
	feed = world__feed(l->world);
	err = capture__new(opts, &l->targets, &feed, &l->capture, d);
	return err ? err : capture__run(l->capture, d);
}

void live_close(struct live *l)
{
	capture__free(l->capture);
	world__free(l->world);
	symbolizer__free(l->sym);
	targets__free(&l->targets);
	*l = (struct live){ 0 };
}

int live_dry_run(const struct live *l, enum capture_mode mode)
{
	for (const struct target_binary *b = l->targets.binaries; b; b = b->next) {
		struct plan_view v = {
			.bin = b->bin, .path = image__path(b->bin->image), .plan = b->plan, .mode = mode
		};

		plan_output_text(stdout, &v);
	}
	return 0;
}
