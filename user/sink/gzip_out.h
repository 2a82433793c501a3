/* SPDX-License-Identifier: Apache-2.0 */
/* A gzip stream written as it goes. What goes wrong on the FILE stays in its error indicator. */
#ifndef CHANSCOPE_SINK_GZIP_OUT_H
#define CHANSCOPE_SINK_GZIP_OUT_H

#include <stddef.h>
#include <stdio.h>

#include <zlib.h>

struct gzip_out {
	FILE *out;
	z_stream z;
};

/* Returns 0 or -ENOMEM; after 0 it must be ended. */
int gzip_out__begin(struct gzip_out *g, FILE *out);
void gzip_out__write(struct gzip_out *g, const void *data, size_t sz);
void gzip_out__end(struct gzip_out *g);

#endif
