// SPDX-License-Identifier: Apache-2.0
/* Owns the compression of an output. It is given bytes and hands on bytes; the FILE stays its caller's. */
#include "sink/gzip_out.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>

#define BLOCK_SZ 16384
#define WINDOW_BITS 15
#define AS_GZIP 16 /* added to the window bits, see deflateInit2() */
#define MEM_LEVEL 8

int gzip_out__begin(struct gzip_out *g, FILE *out)
{
	*g = (struct gzip_out){ .out = out };
	return deflateInit2(&g->z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, WINDOW_BITS + AS_GZIP, MEM_LEVEL,
			    Z_DEFAULT_STRATEGY) == Z_OK
		       ? 0
		       : -ENOMEM;
}

static void pump(struct gzip_out *g, int flush)
{
	unsigned char block[BLOCK_SZ];

	do {
		g->z.next_out = block;
		g->z.avail_out = sizeof(block);
		deflate(&g->z, flush);
		fwrite(block, 1, sizeof(block) - g->z.avail_out, g->out);
	} while (!g->z.avail_out);
}

void gzip_out__write(struct gzip_out *g, const void *data, size_t sz)
{
	const unsigned char *rest = data;

	while (sz) {
		size_t part = sz < UINT_MAX ? sz : UINT_MAX;

		g->z.next_in = (z_const unsigned char *)(uintptr_t)rest;
		g->z.avail_in = (unsigned int)part;
		pump(g, Z_NO_FLUSH);
		rest += part;
		sz -= part;
	}
}

void gzip_out__end(struct gzip_out *g)
{
	g->z.avail_in = 0;
	pump(g, Z_FINISH);
	deflateEnd(&g->z);
}
