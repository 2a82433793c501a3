// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the tables of a pprof profile and its compressed output. It is given texts and frames as they come from the
 * traced process; whatever is in them, a valid message is written.
 */
#include "sink/pprof_out.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "sink/gzip_out.h"
#include "sink/interner.h"
#include "sink/text.h"

struct pprof_out {
	const struct sink_in *in;
	struct gzip_out gzip;
	struct interner strings, functions, locations, mappings;
	uint8_t *buf;
	size_t buf_sz;
	struct process_info process; /* the last one asked for; pid 0: none */
	int err;
};

static void fail(struct pprof_out *p, int err)
{
	if (!p->err)
		p->err = err;
}

int pprof_out__error(const struct pprof_out *p)
{
	return p->err;
}

void pprof_out__put(struct pprof_out *p, const Pprof__Profile *part)
{
	size_t sz = pprof__profile__get_packed_size(part);

	if (p->err)
		return;
	if (sz > p->buf_sz) {
		uint8_t *grown = realloc(p->buf, sz * 2);

		if (!grown) {
			fail(p, -ENOMEM);
			return;
		}
		p->buf = grown;
		p->buf_sz = sz * 2;
	}
	gzip_out__write(&p->gzip, p->buf, pprof__profile__pack(part, p->buf));
	if (ferror(p->gzip.out))
		fail(p, -EIO);
}

/* --- strings --- */

static void put_string(struct pprof_out *p, char *text)
{
	Pprof__Profile part = PPROF__PROFILE__INIT;

	part.n_string_table = 1;
	part.string_table = &text;
	pprof_out__put(p, &part);
}

/* Message texts must be valid UTF-8. */
int64_t pprof_out__string(struct pprof_out *p, const char *text)
{
	auto_free char *clean = text_clean_copy(text);
	bool new = false;
	uint64_t id = clean ? interner__text(&p->strings, clean, &new) : 0;

	if (!id) {
		fail(p, -ENOMEM);
		return 0;
	}
	if (new)
		put_string(p, clean);
	return (int64_t)(id - 1); /* [0] is "", put by pprof_out__new() */
}

/* --- processes --- */

static bool match_process(void *ctx, const struct process_info *info)
{
	struct pprof_out *p = ctx;

	if (info->pid == p->process.pid)
		p->process = *info;
	return true;
}

static const struct process_info *process_of(struct pprof_out *p, uint32_t pid)
{
	if (p->process.pid != pid || !pid) {
		p->process = (struct process_info){ .pid = pid, .exe = "", .build_id = "" };
		world__processes(p->in->world, match_process, p);
	}
	return &p->process;
}

void pprof_out__process_name(struct pprof_out *p, uint32_t pid, char *buf, size_t sz)
{
	snprintf(buf, sz, "%" PRIu32 "/%s", pid, process_of(p, pid)->comm);
}

/* Where in memory it lies does not matter: nobody needs to look for symbols. */
static uint64_t mapping_of(struct pprof_out *p, uint32_t pid)
{
	Pprof__Mapping m = PPROF__MAPPING__INIT, *list = &m;
	Pprof__Profile part = PPROF__PROFILE__INIT;
	bool new;

	m.id = interner__key(&p->mappings, &pid, sizeof(pid), &new);
	if (!m.id)
		fail(p, -ENOMEM);
	if (!new)
		return m.id;
	m.memory_limit = UINT64_MAX;
	m.filename = pprof_out__string(p, process_of(p, pid)->exe);
	m.build_id = pprof_out__string(p, process_of(p, pid)->build_id);
	m.has_functions = m.has_filenames = m.has_line_numbers = m.has_inline_frames = true;
	part.n_mapping = 1;
	part.mapping = &list;
	pprof_out__put(p, &part);
	return m.id;
}

/* --- functions and locations --- */

static uint64_t function_of(struct pprof_out *p, const struct sym_frame *f)
{
	Pprof__Function fn = PPROF__FUNCTION__INIT, *list = &fn;
	Pprof__Profile part = PPROF__PROFILE__INIT;
	int64_t key[2] = { pprof_out__string(p, f->function), pprof_out__string(p, f->file) };
	bool new;

	fn.id = interner__key(&p->functions, key, sizeof(key), &new);
	if (!fn.id)
		fail(p, -ENOMEM);
	if (!new)
		return fn.id;
	fn.name = fn.system_name = key[0];
	fn.filename = key[1];
	part.n_function = 1;
	part.function = &list;
	pprof_out__put(p, &part);
	return fn.id;
}

static void put_location(struct pprof_out *p, Pprof__Location *loc, const struct sym_frame *f, size_t nr)
{
	Pprof__Profile part = PPROF__PROFILE__INIT;
	auto_free Pprof__Line *lines = calloc(nr, sizeof(*lines));
	auto_free Pprof__Line **list = calloc(nr, sizeof(*list));

	if (!lines || !list) {
		fail(p, -ENOMEM);
		return;
	}
	for (size_t i = 0; i < nr; i++) {
		if (!f[i].function[0])
			continue; /* a bare address */
		Pprof__Line *line = &lines[loc->n_line];

		*line = (Pprof__Line)PPROF__LINE__INIT;
		line->function_id = function_of(p, &f[i]);
		line->line = f[i].line;
		list[loc->n_line++] = line;
	}
	loc->line = list;
	part.n_location = 1;
	part.location = &loc;
	pprof_out__put(p, &part);
}

uint64_t pprof_out__location(struct pprof_out *p, uint32_t pid, bool exact, const struct sym_frame *f, size_t nr)
{
	Pprof__Location loc = PPROF__LOCATION__INIT;
	/* With the number of frames: what is hidden of one may depend on its neighbours. */
	uint64_t key[4] = { pid, f[0].pc, exact, nr };
	bool new;

	loc.id = interner__key(&p->locations, key, sizeof(key), &new);
	if (!loc.id)
		fail(p, -ENOMEM);
	if (!new)
		return loc.id;
	loc.mapping_id = mapping_of(p, pid);
	loc.address = f[0].pc;
	put_location(p, &loc, f, nr);
	return loc.id;
}

void pprof_out__sample(struct pprof_out *p, Pprof__Sample *s)
{
	Pprof__Profile part = PPROF__PROFILE__INIT;

	part.n_sample = 1;
	part.sample = &s;
	pprof_out__put(p, &part);
}

int pprof_out__new(FILE *out, const struct sink_in *in, struct pprof_out **ret)
{
	struct pprof_out *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->in = in;
	if (gzip_out__begin(&p->gzip, out)) {
		free(p);
		return -ENOMEM;
	}
	pprof_out__string(p, "");
	*ret = p;
	return 0;
}

int pprof_out__finish(struct pprof_out *p)
{
	int err;

	gzip_out__end(&p->gzip);
	if (ferror(p->gzip.out))
		fail(p, -EIO);
	err = p->err;
	interner__free(&p->strings);
	interner__free(&p->functions);
	interner__free(&p->locations);
	interner__free(&p->mappings);
	free(p->buf);
	free(p);
	return err;
}
