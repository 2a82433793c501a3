/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A live capture: attaches to the targets, delivers what happens to a feed until it is told to stop or
 * all targets have ended, and closes the feed. What is done with the feed is not its business.
 */
#ifndef CHANSCOPE_CLI_CAPTURE_H
#define CHANSCOPE_CLI_CAPTURE_H

#include "attach/attach.h"
#include "base/feed.h"
#include "cli/targets.h"

struct capture;

struct capture_opts {
	struct attach_opts attach;
	uint64_t duration_ns; /* 0: no limit */
	bool progress;	      /* a line on stderr */
};

/* targets and feed are borrowed until free. */
int capture__new(const struct capture_opts *opts, struct targets *targets, const struct feed *feed,
		 struct capture **ret, struct diag *d);

/* Attaches and runs to the end; the feed has got everything, its end() too, when this returns 0. */
int capture__run(struct capture *c, struct diag *d);

/* Ends the run from within a callback of the feed. */
void capture__stop(struct capture *c);

/* Takes the probes off, which may take long where the kernel has no uprobe_multi: print results before. */
void capture__free(struct capture *c);

#endif
