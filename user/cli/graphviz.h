/* SPDX-License-Identifier: Apache-2.0 */
/* A graph in graphviz's language to a picture, by graphviz's own program. */
#ifndef CHANSCOPE_CLI_GRAPHVIZ_H
#define CHANSCOPE_CLI_GRAPHVIZ_H

#include <stdio.h>

#include "base/diag.h"

/* Writes graph (a regular file, from its begin) as SVG to out. Without the program: status EXIT_MACHINE. */
int graphviz_svg(FILE *graph, FILE *out, struct diag *d);

#endif
