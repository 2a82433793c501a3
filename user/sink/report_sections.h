/* SPDX-License-Identifier: Apache-2.0 */
/* What follows the table of a report. Each begins with an empty line, and writes nothing if there is nothing. */
#ifndef CHANSCOPE_SINK_REPORT_SECTIONS_H
#define CHANSCOPE_SINK_REPORT_SECTIONS_H

#include "sink/sink.h"

int report_print_selects(FILE *out, const struct sink_in *in, const struct report_opts *opts, struct diag *d);
int report_print_parked(FILE *out, const struct sink_in *in, const struct report_opts *opts, struct diag *d);
int report_print_panics(FILE *out, const struct sink_in *in, const struct report_opts *opts, struct diag *d);

#endif
