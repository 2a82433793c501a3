/* SPDX-License-Identifier: Apache-2.0 */
/* What a recording tells of names, to the symbolizer. */
#ifndef CHANSCOPE_CLI_RECORDED_NAMES_H
#define CHANSCOPE_CLI_RECORDED_NAMES_H

#include "base/feed.h"
#include "sym/symbolizer.h"

/* Goes in front of the feeds that ask for names. sym is borrowed. */
struct feed recorded_names_feed(struct symbolizer *sym);

#endif
