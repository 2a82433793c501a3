/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of a pprof profile, written as they grow: strings, functions, locations, mappings, each once. The first
 * failure is kept: what follows it does nothing.
 */
#ifndef CHANSCOPE_SINK_PPROF_OUT_H
#define CHANSCOPE_SINK_PPROF_OUT_H

#include <user/sink/pprof.pb-c.h>

#include "sink/sink.h"

struct pprof_out;

/* out and in are borrowed until finish. Returns 0 or -ENOMEM. */
int pprof_out__new(FILE *out, const struct sink_in *in, struct pprof_out **ret);
/* Ends the file and frees. Returns the first failure: 0, -ENOMEM or -EIO. */
int pprof_out__finish(struct pprof_out *p);
int pprof_out__error(const struct pprof_out *p);

/* Index of a text in the string table; what is not plain in it is replaced. */
int64_t pprof_out__string(struct pprof_out *p, const char *text);

/* "1234/server", cut if it does not fit. */
void pprof_out__process_name(struct pprof_out *p, uint32_t pid, char *buf, size_t sz);

/* The id of a program counter, given its nr (> 0) frames, innermost first; exact: no return address. */
uint64_t pprof_out__location(struct pprof_out *p, uint32_t pid, bool exact, const struct sym_frame *f, size_t nr);

void pprof_out__sample(struct pprof_out *p, Pprof__Sample *s);
/* Part of a profile: lists are appended to, single fields replaced. */
void pprof_out__put(struct pprof_out *p, const Pprof__Profile *part);

#endif
