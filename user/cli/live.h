/* SPDX-License-Identifier: Apache-2.0 */
/* A live target into a finished world: what report and flame have in common. */
#ifndef CHANSCOPE_CLI_LIVE_H
#define CHANSCOPE_CLI_LIVE_H

#include "cli/capture.h"
#include "cli/options.h"
#include "model/world.h"

struct live {
	struct targets targets;
	struct symbolizer *sym;
	struct world_opts world_opts; /* of the world that live_run() makes; may be set before */
	struct world *world;
	struct capture *capture;
};

/* What the settings say of attaching, with the mode that the command takes if none was given. */
struct capture_opts live_capture_opts(const struct settings *set, enum capture_mode default_mode);

/* Opens the targets of set and their symbols. The caller closes by live_close, also after a failure. */
int live_open(const struct settings *set, struct live *ret, struct diag *d);

/* Captures into a new world until the end. The probes are still in place until live_close. */
int live_run(struct live *l, const struct capture_opts *opts, struct diag *d);

void live_close(struct live *l);

/* Prints the plan of every binary of the targets to stdout: --dry-run. */
int live_dry_run(const struct live *l, enum capture_mode mode);

#endif
