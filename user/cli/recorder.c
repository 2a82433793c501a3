// SPDX-License-Identifier: Apache-2.0
/* Owns the writer of a recording and its questions to the symbolizer. Given the symbols of the run. */
#include "cli/recorder.h"

#include <errno.h>
#include <stdlib.h>

#include "rec/format.h"

struct recorder {
	struct rec_writer *writer;
	struct symbolizer *sym;
	void (*failed)(void *ctx);
	void *ctx;
};

static int frames(void *ctx, uint32_t pid, uint64_t pc, bool is_return_address, struct feed_frame *ret, uint32_t max)
{
	const struct recorder *r = ctx;
	struct sym_frame f[REC_MAX_FRAMES];
	int nr = symbolizer__pc(r->sym, pid, pc, is_return_address, f, max < REC_MAX_FRAMES ? max : REC_MAX_FRAMES);

	if (nr < 0)
		return -1;
	for (int i = 0; i < nr; i++)
		ret[i] = (struct feed_frame){
			.function = f[i].function, .file = f[i].file, .line = f[i].line, .inlined = f[i].inlined
		};
	return nr;
}

static const char *type_name(void *ctx, uint32_t pid, uint64_t va)
{
	const struct recorder *r = ctx;

	return symbolizer__type(r->sym, pid, va);
}

static void on_failed(void *ctx)
{
	const struct recorder *r = ctx;

	r->failed(r->ctx);
}

int recorder__new(const char *path, struct symbolizer *sym, void (*failed)(void *ctx), void *ctx, struct recorder **ret,
		  struct diag *d)
{
	struct recorder *r = calloc(1, sizeof(*r));
	const struct rec_writer_opts opts = { .frames = frames, .type_name = type_name, .failed = on_failed, .ctx = r };
	int err;

	if (!r)
		return diag_fail(d, -ENOMEM, "out of memory");
	r->sym = sym;
	r->failed = failed;
	r->ctx = ctx;
	err = rec_writer__new(path, &opts, &r->writer, d);
	if (err) {
		free(r);
		return err;
	}
	*ret = r;
	return 0;
}

struct feed recorder__feed(struct recorder *r)
{
	return rec_writer__feed(r->writer);
}

void recorder__written(const struct recorder *r, struct rec_written *ret)
{
	rec_writer__written(r->writer, ret);
}

int recorder__close(struct recorder *r, struct diag *d)
{
	int err = rec_writer__close(r->writer, d);

	if (err)
		diag_hint(d, "Tracing has stopped; what was written before stays readable.");
	return err;
}

void recorder__free(struct recorder *r)
{
	if (!r)
		return;
	rec_writer__free(r->writer);
	free(r);
}
