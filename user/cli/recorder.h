/* SPDX-License-Identifier: Apache-2.0 */
/* A live run into a recording, with the names that the run's symbols know. */
#ifndef CHANSCOPE_CLI_RECORDER_H
#define CHANSCOPE_CLI_RECORDER_H

#include "base/feed.h"
#include "rec/writer.h"
#include "sym/symbolizer.h"

/* Where a recording goes and comes from unless told otherwise. */
#define DEFAULT_RECORDING "chanscope.data"

struct recorder;

/* sym is borrowed until free; failed(ctx) is called once if the file can't be written any more. */
int recorder__new(const char *path, struct symbolizer *sym, void (*failed)(void *ctx), void *ctx, struct recorder **ret,
		  struct diag *d);
struct feed recorder__feed(struct recorder *r);
void recorder__written(const struct recorder *r, struct rec_written *ret);
/* Writes the rest. Returns the first failure of the whole writing. */
int recorder__close(struct recorder *r, struct diag *d);
void recorder__free(struct recorder *r);

#endif
