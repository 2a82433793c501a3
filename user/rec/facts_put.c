// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the layout of items as they are written. Given what a feed is told; strings longer than the format allows are
 * cut.
 */
#include "rec/facts.h"

#include <string.h>

/* The length of an item is put before it once it is known: it takes this many bytes, as a padded varint. */
#define LENGTH_SZ 4

static size_t begin(struct bytes *b)
{
	size_t at = b->nr;

	bytes__put(b, "\0\0\0\0", LENGTH_SZ);
	return at;
}

static void finish(struct bytes *b, size_t at)
{
	size_t n;

	if (b->bad)
		return;
	n = b->nr - at - LENGTH_SZ;
	for (int i = 0; i < LENGTH_SZ; i++)
		b->data[at + (size_t)i] = (uint8_t)((n >> (7 * i) & 0x7f) | (i < LENGTH_SZ - 1 ? 0x80 : 0));
}

static void put_string(struct bytes *b, const char *s)
{
	bytes__put_cstr(b, s, REC_MAX_STRING);
}

void rec_put_start(struct bytes *b, const struct feed_start *s)
{
	size_t at = begin(b);

	bytes__put_u64(b, s->wall_ns);
	bytes__put_u64(b, s->mono_ns);
	bytes__put_uvarint(b, (uint64_t)s->mode);
	finish(b, at);
}

void rec_put_host(struct bytes *b, const struct feed_host *h)
{
	size_t at = begin(b);

	put_string(b, h->tool_version);
	put_string(b, h->kernel_release);
	put_string(b, h->machine);
	put_string(b, h->hostname);
	put_string(b, h->boot_id);
	bytes__put_uvarint(b, h->nr_cpus);
	bytes__put_uvarint(b, h->page_sz);
	bytes__put_uvarint(b, h->memory_sz);
	finish(b, at);
}

static void put_layout(struct bytes *b, const struct cs_layout *l)
{
	uint16_t fields[sizeof(*l) / sizeof(uint16_t)];

	if (!l) {
		bytes__put_uvarint(b, 0);
		return;
	}
	memcpy(fields, l, sizeof(fields));
	bytes__put_uvarint(b, sizeof(fields) / sizeof(fields[0]));
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		bytes__put_u16(b, fields[i]);
}

void rec_put_process(struct bytes *b, const struct feed_process *p)
{
	size_t at = begin(b);

	bytes__put_uvarint(b, p->pid);
	bytes__put_uvarint(b, p->started_at_ns);
	bytes__put_uvarint(b, p->attached_at_ns);
	put_string(b, p->comm);
	put_string(b, p->exe);
	put_string(b, p->build_id);
	put_string(b, p->go_version);
	put_string(b, p->layout_source);
	bytes__put_uvarint(b, p->ptr_bias_known);
	bytes__put_uvarint(b, p->load_bias);
	put_layout(b, p->layout);
	finish(b, at);
}

void rec_put_process_end(struct bytes *b, uint32_t pid, uint64_t time_ns, enum process_end why)
{
	size_t at = begin(b);

	bytes__put_uvarint(b, pid);
	bytes__put_uvarint(b, time_ns);
	bytes__put_uvarint(b, (uint64_t)why);
	finish(b, at);
}

void rec_put_stack(struct bytes *b, uint64_t id, const uint64_t *pcs, uint32_t nr)
{
	size_t at = begin(b);
	uint64_t before = 0;

	bytes__put_u64(b, id);
	bytes__put_uvarint(b, nr);
	for (uint32_t i = 0; i < nr; i++) {
		bytes__put_uvarint(b, delta_to(before, pcs[i]));
		before = pcs[i];
	}
	finish(b, at);
}

void rec_put_frames(struct bytes *b, const struct rec_pc *pc, const struct feed_frame *f, uint32_t nr)
{
	size_t at = begin(b);

	if (nr > REC_MAX_FRAMES)
		nr = REC_MAX_FRAMES;
	bytes__put_uvarint(b, pc->pid);
	bytes__put_uvarint(b, pc->pc);
	bytes__put_uvarint(b, pc->is_return_address);
	bytes__put_uvarint(b, nr);
	for (uint32_t i = 0; i < nr; i++) {
		put_string(b, f[i].function);
		put_string(b, f[i].file);
		bytes__put_uvarint(b, f[i].line);
		bytes__put_uvarint(b, f[i].inlined);
	}
	finish(b, at);
}

void rec_put_type(struct bytes *b, uint32_t pid, uint64_t va, const char *name)
{
	size_t at = begin(b);

	bytes__put_uvarint(b, pid);
	bytes__put_uvarint(b, va);
	put_string(b, name);
	finish(b, at);
}

void rec_put_losses(struct bytes *b, const uint64_t nr[CS_NR_LOSSES])
{
	static const char *const names[] = {
#define LOSS_NAME(id, name, exact, text) name,
		CS_LOSSES(LOSS_NAME)
#undef LOSS_NAME
	};

	for (size_t i = 0; i < CS_NR_LOSSES; i++) {
		size_t at = begin(b);

		put_string(b, names[i]);
		bytes__put_uvarint(b, nr[i]);
		finish(b, at);
	}
}

void rec_put_overflow(struct bytes *b, uint32_t pid, uint64_t chan, const uint64_t nr[CS_NR_KINDS])
{
	size_t at = begin(b);

	bytes__put_uvarint(b, pid);
	bytes__put_uvarint(b, chan);
	bytes__put_uvarint(b, CS_NR_KINDS);
	for (int i = 0; i < CS_NR_KINDS; i++)
		bytes__put_uvarint(b, nr[i]);
	finish(b, at);
}

void rec_put_traps(struct bytes *b, uint32_t pid, uint64_t nr)
{
	size_t at = begin(b);

	bytes__put_uvarint(b, pid);
	bytes__put_uvarint(b, nr);
	finish(b, at);
}

void rec_put_end(struct bytes *b, const struct rec_end *end)
{
	size_t at = begin(b);

	bytes__put_uvarint(b, end->mono_ns);
	bytes__put_uvarint(b, end->nr_events);
	finish(b, at);
}
