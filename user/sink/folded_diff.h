/* SPDX-License-Identifier: Apache-2.0 */
/* Folded lines of two runs side by side. */
#ifndef CHANSCOPE_SINK_FOLDED_DIFF_H
#define CHANSCOPE_SINK_FOLDED_DIFF_H

#include <stdio.h>

#include "sink/folded_lines.h"

/*
 * Reads folded stacks, as sink_folded() and other tools write them: lines of a path, a space and a number. name is what
 * to call the file in errors. The caller frees by folded_lines__free, also after a failure.
 */
int folded_lines__read(struct folded_lines *fl, FILE *in, const char *name, struct diag *d);

/*
 * Puts the values of old (which is emptied) beside those of fl. PIDs differ from run to run and are left out of the
 * paths: "1234/server;main.main" becomes "server;main.main".
 */
int folded_lines__join(struct folded_lines *fl, struct folded_lines *old, struct diag *d);

#endif
