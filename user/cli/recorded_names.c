// SPDX-License-Identifier: Apache-2.0
/* Owns nothing: passes processes, frames and type names of a recording on to a symbolizer, and tells the log of its
 * host. */
#include "cli/recorded_names.h"

#include "base/log.h"
#include "rec/format.h"

static void on_host(void *ctx, const struct feed_host *h)
{
	(void)ctx;
	log_info(CLI, "recorded by chanscope %s on %s, Linux %s %s, %u CPUs", h->tool_version, h->hostname,
		 h->kernel_release, h->machine, h->nr_cpus);
}

static void on_process(void *ctx, const struct feed_process *p)
{
	if (symbolizer__add_recorded(ctx, p->pid))
		log_error(CLI, "process %u has no names: out of memory", p->pid);
}

/* What finds no room is shown as an address, and counted as that. */
static void on_frames(void *ctx, uint32_t pid, uint64_t pc, bool is_return_address, const struct feed_frame *f,
		      uint32_t nr)
{
	struct sym_frame to[REC_MAX_FRAMES];

	for (uint32_t i = 0; i < nr && i < REC_MAX_FRAMES; i++)
		to[i] = (struct sym_frame){
			.function = f[i].function, .file = f[i].file, .line = f[i].line, .inlined = f[i].inlined
		};
	if (symbolizer__add_frames(ctx, pid, pc, is_return_address, to, nr < REC_MAX_FRAMES ? nr : REC_MAX_FRAMES))
		log_info(CLI, "process %u: the name of %#llx is dropped", pid, (unsigned long long)pc);
}

static void on_type_name(void *ctx, uint32_t pid, uint64_t va, const char *name)
{
	if (symbolizer__add_type(ctx, pid, va, name))
		log_info(CLI, "process %u: the type at %#llx is dropped", pid, (unsigned long long)va);
}

struct feed recorded_names_feed(struct symbolizer *sym)
{
	static const struct feed_ops ops = {
		.host = on_host, .process = on_process, .frames = on_frames, .type_name = on_type_name
	};

	return (struct feed){ .ops = &ops, .ctx = sym };
}
