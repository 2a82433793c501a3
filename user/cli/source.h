/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a command's events come from: a live target or a recording, by the same calls. A live one may be recorded on
 * its way (--record).
 */
#ifndef CHANSCOPE_CLI_SOURCE_H
#define CHANSCOPE_CLI_SOURCE_H

#include "base/feed_tee.h"
#include "cli/capture.h"
#include "cli/options.h"
#include "cli/recorder.h"
#include "model/world.h"
#include "rec/reader.h"

struct source {
	const struct settings *set;
	struct symbolizer *sym;
	struct world_opts world_opts; /* of source_run_world, to be set before */
	struct world *world;	      /* made by it */
	struct feed_tee tee;
	/* live */
	struct targets targets;
	struct capture *capture;
	struct recorder *recorder;
	/* a recording */
	const char *path; /* NULL: live */
	struct rec_reader *reader;
	struct progress *progress;
	bool stopped; /* before its end, by source_stop or a signal */
};

/* What the settings say of attaching, with the mode that the command takes if none was given. */
struct capture_opts source_capture_opts(const struct settings *set, enum capture_mode default_mode);

/*
 * Opens the recording of set, or the targets and their symbols; with neither the recording of the default name, if
 * there is one. The caller closes by source_close, also after a failure. set is borrowed until then.
 */
int source_open(const struct settings *set, struct source *ret, struct diag *d);

/*
 * Delivers everything to feed until the end; opts is for live targets, but for its progress. The probes of a live one
 * are still in place until source_close. May be called once.
 */
int source_run(struct source *s, const struct capture_opts *opts, const struct feed *feed, struct diag *d);

/* The same into a new world. */
int source_run_world(struct source *s, const struct capture_opts *opts, struct diag *d);

/* Ends the run from within a callback of the feed. */
void source_stop(struct source *s);

void source_close(struct source *s);

/* Prints the plan of every binary of the targets to stdout: --dry-run. */
int source_dry_run(const struct source *s, enum capture_mode mode);

#endif
