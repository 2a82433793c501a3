// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the reading of items and the calls to the feed. Given untrusted bytes: an item is read whole and checked
 * before anybody is told of it. What follows the known fields of an item is left to newer versions.
 */
#include "rec/facts.h"

#include <errno.h>
#include <string.h>

static const char *take_string(struct cursor *c)
{
	const char *s = cursor_cstr(c, REC_MAX_STRING);

	return s ? s : "";
}

static uint32_t take_u32(struct cursor *c)
{
	uint64_t v = cursor_uvarint(c);

	c->bad |= v > UINT32_MAX;
	return (uint32_t)v;
}

static int take_start(struct cursor *c, const struct feed *feed)
{
	struct feed_start s = { .wall_ns = cursor_u64(c) };
	uint64_t mode;

	s.mono_ns = cursor_u64(c);
	mode = cursor_uvarint(c);

	if (c->bad || mode > CAPTURE_WAIT)
		return -EBADMSG;
	s.mode = (enum capture_mode)mode;
	if (feed->ops->start)
		feed->ops->start(feed->ctx, &s);
	return 0;
}

static int take_host(struct cursor *c, const struct feed *feed)
{
	struct feed_host h = { .tool_version = take_string(c) };

	h.kernel_release = take_string(c);
	h.machine = take_string(c);
	h.hostname = take_string(c);
	h.boot_id = take_string(c);
	h.nr_cpus = take_u32(c);
	h.page_sz = take_u32(c);
	h.memory_sz = cursor_uvarint(c);
	if (c->bad)
		return -EBADMSG;
	if (feed->ops->host)
		feed->ops->host(feed->ctx, &h);
	return 0;
}

/* Fields that an older version did not write are CS_NO_FIELD; false: there is no layout. */
static bool take_layout(struct cursor *c, struct cs_layout *ret)
{
	uint16_t fields[sizeof(*ret) / sizeof(uint16_t)];
	uint64_t nr = cursor_uvarint(c);

	c->bad |= nr > REC_MAX_LAYOUT_FIELDS;
	memset(fields, 0xff, sizeof(fields));
	for (uint64_t i = 0; i < nr && !c->bad; i++) {
		uint16_t v = cursor_u16(c);

		if (i < sizeof(fields) / sizeof(fields[0]))
			fields[i] = v;
	}
	memcpy(ret, fields, sizeof(fields));
	return nr > 0;
}

static int take_process(struct cursor *c, const struct feed *feed)
{
	struct feed_process p = { .pid = take_u32(c) };
	struct cs_layout layout;

	p.started_at_ns = cursor_uvarint(c);
	p.attached_at_ns = cursor_uvarint(c);
	p.comm = take_string(c);
	p.exe = take_string(c);
	p.build_id = take_string(c);
	p.go_version = take_string(c);
	p.layout_source = take_string(c);
	p.ptr_bias_known = take_u32(c);
	p.load_bias = cursor_uvarint(c);
	p.layout = take_layout(c, &layout) ? &layout : NULL;
	if (c->bad)
		return -EBADMSG;
	if (feed->ops->process)
		feed->ops->process(feed->ctx, &p);
	return 0;
}

static int take_process_end(struct cursor *c, const struct feed *feed)
{
	uint32_t pid = take_u32(c);
	uint64_t time_ns = cursor_uvarint(c), why = cursor_uvarint(c);

	if (c->bad || (why != PROCESS_EXITED && why != PROCESS_EXECED))
		return -EBADMSG;
	if (feed->ops->process_end)
		feed->ops->process_end(feed->ctx, pid, time_ns, (enum process_end)why);
	return 0;
}

static int take_stack(struct cursor *c, const struct feed *feed)
{
	uint64_t id = cursor_u64(c), nr = cursor_uvarint(c), pcs[CS_MAX_STACK_DEPTH], pc = 0;

	if (c->bad || nr > CS_MAX_STACK_DEPTH)
		return -EBADMSG;
	for (uint64_t i = 0; i < nr; i++)
		pcs[i] = pc = delta_from(pc, cursor_uvarint(c));
	if (c->bad)
		return -EBADMSG;
	if (feed->ops->stack)
		feed->ops->stack(feed->ctx, id, pcs, (uint32_t)nr);
	return 0;
}

static int take_frames(struct cursor *c, const struct feed *feed)
{
	struct feed_frame f[REC_MAX_FRAMES];
	uint32_t pid = take_u32(c);
	uint64_t pc = cursor_uvarint(c), is_return = cursor_uvarint(c), nr = cursor_uvarint(c);

	if (c->bad || is_return > 1 || nr > REC_MAX_FRAMES)
		return -EBADMSG;
	for (uint64_t i = 0; i < nr && !c->bad; i++) {
		f[i].function = take_string(c);
		f[i].file = take_string(c);
		f[i].line = take_u32(c);
		f[i].inlined = cursor_uvarint(c) != 0;
	}
	if (c->bad)
		return -EBADMSG;
	if (feed->ops->frames)
		feed->ops->frames(feed->ctx, pid, pc, is_return == 1, f, (uint32_t)nr);
	return 0;
}

static int take_type(struct cursor *c, const struct feed *feed)
{
	uint32_t pid = take_u32(c);
	uint64_t va = cursor_uvarint(c);
	const char *name = take_string(c);

	if (c->bad)
		return -EBADMSG;
	if (feed->ops->type_name)
		feed->ops->type_name(feed->ctx, pid, va, name);
	return 0;
}

static int take_loss(struct cursor *c, struct rec_found *found)
{
	static const char *const names[] = {
#define LOSS_NAME(id, name, exact, text) name,
		CS_LOSSES(LOSS_NAME)
#undef LOSS_NAME
	};
	const char *name = take_string(c);
	uint64_t nr = cursor_uvarint(c);

	if (c->bad)
		return -EBADMSG;
	for (size_t i = 0; i < CS_NR_LOSSES; i++) {
		if (!strcmp(name, names[i])) {
			found->losses[i] += nr;
			return 0;
		}
	}
	found->losses[CS_LOSS_RECORDING_NEWER] += nr;
	return 0;
}

static int take_overflow(struct cursor *c, const struct feed *feed, struct rec_found *found)
{
	uint64_t counts[CS_NR_KINDS] = { 0 }, newer = 0;
	uint32_t pid = take_u32(c);
	uint64_t chan = cursor_uvarint(c), nr = cursor_uvarint(c);

	for (uint64_t i = 0; i < nr && !c->bad; i++) {
		uint64_t v = cursor_uvarint(c);

		if (i < CS_NR_KINDS)
			counts[i] = v;
		else
			newer += v;
	}
	if (c->bad)
		return -EBADMSG;
	found->losses[CS_LOSS_RECORDING_NEWER] += newer;
	if (feed->ops->overflow)
		feed->ops->overflow(feed->ctx, pid, chan, counts);
	return 0;
}

static int take_traps(struct cursor *c, const struct feed *feed)
{
	uint32_t pid = take_u32(c);
	uint64_t nr = cursor_uvarint(c);

	if (c->bad)
		return -EBADMSG;
	if (feed->ops->traps)
		feed->ops->traps(feed->ctx, pid, nr);
	return 0;
}

static int take_end(struct cursor *c, struct rec_found *found)
{
	struct rec_end end = { .mono_ns = cursor_uvarint(c) };

	end.nr_events = cursor_uvarint(c);
	if (c->bad)
		return -EBADMSG;
	found->end = end;
	return 0;
}

int rec_take_item(uint16_t kind, struct cursor *item, const struct feed *feed, struct rec_found *found)
{
	switch (kind) {
	case REC_START:
		return take_start(item, feed);
	case REC_HOST:
		return take_host(item, feed);
	case REC_PROCESS:
		return take_process(item, feed);
	case REC_PROCESS_END:
		return take_process_end(item, feed);
	case REC_STACKS:
		return take_stack(item, feed);
	case REC_FRAMES:
		return take_frames(item, feed);
	case REC_TYPES:
		return take_type(item, feed);
	case REC_LOSSES:
		return take_loss(item, found);
	case REC_OVERFLOW:
		return take_overflow(item, feed, found);
	case REC_TRAPS:
		return take_traps(item, feed);
	case REC_END:
		return take_end(item, found);
	default:
		return -ENOTSUP;
	}
}
