/* SPDX-License-Identifier: Apache-2.0 */
/* Where a result goes: standard output or the file of --output. */
#ifndef CHANSCOPE_CLI_OUTPUT_H
#define CHANSCOPE_CLI_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

#include "base/diag.h"

/* Opens path for writing (mode 0600: results hold paths and stacks of the target), or gives stdout for NULL. */
int output_open(const char *path, FILE **ret, struct diag *d);

/*
 * Flushes, closes a file, and reports what went wrong while writing. err: the result of what wrote to f, -EIO if it
 * met a write error. Returns it, or the write error with its reason; a reader that went away (`| head`) is none.
 */
int output_close(const char *path, FILE *f, int err, struct diag *d);

/* Columns of the terminal that f is, else of $COLUMNS, else 80. */
unsigned int output_width(FILE *f);

/* Colours only on a terminal, and never with NO_COLOR. */
bool output_color(FILE *f);

#endif
