// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the packets of a Perfetto trace and the interning of what they name. It is given times, tracks and texts in
 * any order; whatever is in a text, a valid message is written.
 */
#include "sink/perfetto_out.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <user/sink/perfetto.pb-c.h>

#include "base/cleanup.h"
#include "sink/interner.h"
#include "sink/text.h"

#define SEQUENCE 1
#define STATE_CLEARED 1
#define NEEDS_STATE 2
#define CLOCK_ID_REALTIME 1
#define CLOCK_ID_MONOTONIC 3
#define UNIT_COUNT 2
#define MAX_ANNOTATIONS 2

struct perfetto_out {
	FILE *out;
	struct interner names, annotations, texts, places;
	uint8_t *buf;
	size_t buf_sz;
	int err;
};

static void fail(struct perfetto_out *p, int err)
{
	if (!p->err)
		p->err = err;
}

int perfetto_out__error(const struct perfetto_out *p)
{
	return p->err;
}

/* A trace is nothing but packets: traces of one packet each, one after the other, are a trace. */
static void put(struct perfetto_out *p, Perfetto__TracePacket *packet)
{
	Perfetto__Trace trace = PERFETTO__TRACE__INIT;
	size_t sz;

	if (p->err)
		return;
	packet->has_trusted_packet_sequence_id = true;
	packet->trusted_packet_sequence_id = SEQUENCE;
	if (!packet->has_sequence_flags) {
		packet->has_sequence_flags = true;
		packet->sequence_flags = NEEDS_STATE;
	}
	trace.n_packet = 1;
	trace.packet = &packet;
	sz = perfetto__trace__get_packed_size(&trace);
	if (sz > p->buf_sz) {
		uint8_t *grown = realloc(p->buf, 2 * sz);

		if (!grown) {
			fail(p, -ENOMEM);
			return;
		}
		p->buf = grown;
		p->buf_sz = 2 * sz;
	}
	fwrite(p->buf, 1, perfetto__trace__pack(&trace, p->buf), p->out);
	if (ferror(p->out))
		fail(p, -EIO);
}

void perfetto_out__clock(struct perfetto_out *p, uint64_t mono_ns, uint64_t wall_ns)
{
	Perfetto__TracePacket packet = PERFETTO__TRACE_PACKET__INIT;
	Perfetto__TracePacketDefaults defaults = PERFETTO__TRACE_PACKET_DEFAULTS__INIT;
	Perfetto__ClockSnapshot snapshot = PERFETTO__CLOCK_SNAPSHOT__INIT;
	Perfetto__ClockSnapshot__Clock mono = PERFETTO__CLOCK_SNAPSHOT__CLOCK__INIT, wall = mono;
	Perfetto__ClockSnapshot__Clock *clocks[] = { &mono, &wall };

	mono.has_clock_id = mono.has_timestamp = wall.has_clock_id = wall.has_timestamp = true;
	mono.clock_id = CLOCK_ID_MONOTONIC;
	mono.timestamp = mono_ns;
	wall.clock_id = CLOCK_ID_REALTIME;
	wall.timestamp = wall_ns;
	snapshot.n_clocks = 2;
	snapshot.clocks = clocks;
	snapshot.has_primary_trace_clock = true;
	snapshot.primary_trace_clock = CLOCK_ID_MONOTONIC;
	defaults.has_timestamp_clock_id = true;
	defaults.timestamp_clock_id = CLOCK_ID_MONOTONIC;
	packet.clock_snapshot = &snapshot;
	packet.trace_packet_defaults = &defaults;
	packet.has_sequence_flags = true;
	packet.sequence_flags = STATE_CLEARED;
	put(p, &packet);
}

/* --- tracks --- */

static void put_track(struct perfetto_out *p, Perfetto__TrackDescriptor *d, uint64_t track, uint64_t parent)
{
	Perfetto__TracePacket packet = PERFETTO__TRACE_PACKET__INIT;

	d->has_uuid = true;
	d->uuid = track;
	d->has_parent_uuid = parent != 0;
	d->parent_uuid = parent;
	packet.track_descriptor = d;
	put(p, &packet);
}

void perfetto_out__process_track(struct perfetto_out *p, uint64_t track, uint32_t pid, const char *name)
{
	Perfetto__TrackDescriptor d = PERFETTO__TRACK_DESCRIPTOR__INIT;
	Perfetto__ProcessDescriptor process = PERFETTO__PROCESS_DESCRIPTOR__INIT;
	auto_free char *clean = text_clean_copy(name);

	if (!clean)
		fail(p, -ENOMEM);
	process.has_pid = true;
	process.pid = (int32_t)pid;
	process.process_name = clean;
	d.process = &process;
	put_track(p, &d, track, 0);
}

void perfetto_out__track(struct perfetto_out *p, uint64_t track, uint64_t parent, const char *name)
{
	Perfetto__TrackDescriptor d = PERFETTO__TRACK_DESCRIPTOR__INIT;
	auto_free char *clean = text_clean_copy(name);

	if (!clean)
		fail(p, -ENOMEM);
	d.name = clean;
	put_track(p, &d, track, parent);
}

void perfetto_out__counter_track(struct perfetto_out *p, uint64_t track, uint64_t parent, const char *name)
{
	Perfetto__TrackDescriptor d = PERFETTO__TRACK_DESCRIPTOR__INIT;
	Perfetto__CounterDescriptor counter = PERFETTO__COUNTER_DESCRIPTOR__INIT;
	auto_free char *clean = text_clean_copy(name);

	if (!clean)
		fail(p, -ENOMEM);
	counter.has_unit = true;
	counter.unit = UNIT_COUNT;
	d.name = clean;
	d.counter = &counter;
	put_track(p, &d, track, parent);
}

/* --- what is told once --- */

static void put_interned(struct perfetto_out *p, Perfetto__InternedData *data)
{
	Perfetto__TracePacket packet = PERFETTO__TRACE_PACKET__INIT;

	packet.interned_data = data;
	put(p, &packet);
}

/* The names of ours, and so clean and few. */
static uint64_t name_iid(struct perfetto_out *p, struct interner *in, const char *name)
{
	Perfetto__InternedData data = PERFETTO__INTERNED_DATA__INIT;
	Perfetto__InternedName entry = PERFETTO__INTERNED_NAME__INIT, *list = &entry;
	char copy[64];
	bool new;

	entry.iid = interner__text(in, name, &new);
	if (!entry.iid)
		fail(p, -ENOMEM);
	if (!new)
		return entry.iid;
	snprintf(copy, sizeof(copy), "%s", name);
	entry.has_iid = true;
	entry.name = copy;
	if (in == &p->names) {
		data.n_event_names = 1;
		data.event_names = &list;
	} else {
		data.n_debug_annotation_names = 1;
		data.debug_annotation_names = &list;
	}
	put_interned(p, &data);
	return entry.iid;
}

uint64_t perfetto_out__text(struct perfetto_out *p, const char *text)
{
	Perfetto__InternedData data = PERFETTO__INTERNED_DATA__INIT;
	Perfetto__InternedString entry = PERFETTO__INTERNED_STRING__INIT, *list = &entry;
	auto_free char *clean = text_clean_copy(text);
	bool new = false;

	entry.iid = clean ? interner__text(&p->texts, clean, &new) : 0;
	if (!entry.iid)
		fail(p, -ENOMEM);
	if (!new)
		return entry.iid;
	entry.has_iid = entry.has_str = true;
	entry.str.len = strlen(clean);
	entry.str.data = (uint8_t *)clean;
	data.n_debug_annotation_string_values = 1;
	data.debug_annotation_string_values = &list;
	put_interned(p, &data);
	return entry.iid;
}

static void put_place(struct perfetto_out *p, uint64_t iid, const struct sym_frame *f)
{
	Perfetto__InternedData data = PERFETTO__INTERNED_DATA__INIT;
	Perfetto__SourceLocation entry = PERFETTO__SOURCE_LOCATION__INIT, *list = &entry;
	auto_free char *file = text_clean_copy(f->file);
	auto_free char *function = text_clean_copy(f->function);

	if (!file || !function)
		fail(p, -ENOMEM);
	entry.has_iid = entry.has_line_number = true;
	entry.iid = iid;
	entry.file_name = file;
	entry.function_name = function;
	entry.line_number = f->line;
	data.n_source_locations = 1;
	data.source_locations = &list;
	put_interned(p, &data);
}

uint64_t perfetto_out__place(struct perfetto_out *p, const struct sym_frame *f)
{
	char *key = NULL;
	bool new = false;
	int len = asprintf(&key, "%s\n%s:%u", f->function, f->file, f->line);
	uint64_t iid = len > 0 ? interner__key(&p->places, key, (size_t)len, &new) : 0;

	if (len >= 0)
		free(key);
	if (!iid)
		fail(p, -ENOMEM);
	if (new)
		put_place(p, iid, f);
	return iid;
}

/* --- events --- */

struct annotations {
	Perfetto__DebugAnnotation list[MAX_ANNOTATIONS];
	Perfetto__DebugAnnotation *pointers[MAX_ANNOTATIONS];
	size_t nr;
};

static void annotate(struct perfetto_out *p, struct annotations *a, const char *name, uint64_t text)
{
	Perfetto__DebugAnnotation *d = &a->list[a->nr];

	*d = (Perfetto__DebugAnnotation)PERFETTO__DEBUG_ANNOTATION__INIT;
	d->has_name_iid = d->has_string_value_iid = true;
	d->name_iid = name_iid(p, &p->annotations, name);
	d->string_value_iid = text;
	a->pointers[a->nr++] = d;
}

static void put_event(struct perfetto_out *p, Perfetto__TrackEvent *ev, Perfetto__TrackEvent__Type type, uint64_t track,
		      uint64_t time_ns)
{
	Perfetto__TracePacket packet = PERFETTO__TRACE_PACKET__INIT;

	ev->has_type = ev->has_track_uuid = true;
	ev->type = type;
	ev->track_uuid = track;
	packet.has_timestamp = true;
	packet.timestamp = time_ns;
	packet.track_event = ev;
	put(p, &packet);
}

static void put_named(struct perfetto_out *p, Perfetto__TrackEvent__Type type, uint64_t track, uint64_t time_ns,
		      const struct perfetto_event *e)
{
	Perfetto__TrackEvent ev = PERFETTO__TRACK_EVENT__INIT;
	struct annotations a = { .nr = 0 };
	uint64_t from = e->flow_from, to = e->flow_to;

	ev.has_name_iid = true;
	ev.name_iid = name_iid(p, &p->names, e->name);
	ev.has_source_location_iid = e->place != 0;
	ev.source_location_iid = e->place;
	if (e->channel)
		annotate(p, &a, "channel", e->channel);
	if (e->outcome)
		annotate(p, &a, "outcome", perfetto_out__text(p, e->outcome));
	ev.n_debug_annotations = a.nr;
	ev.debug_annotations = a.pointers;
	ev.n_flow_ids = from != 0;
	ev.flow_ids = &from;
	ev.n_terminating_flow_ids = to != 0;
	ev.terminating_flow_ids = &to;
	put_event(p, &ev, type, track, time_ns);
}

void perfetto_out__begin(struct perfetto_out *p, uint64_t track, uint64_t time_ns, const struct perfetto_event *e)
{
	put_named(p, PERFETTO__TRACK_EVENT__TYPE__TYPE_SLICE_BEGIN, track, time_ns, e);
}

void perfetto_out__end(struct perfetto_out *p, uint64_t track, uint64_t time_ns)
{
	Perfetto__TrackEvent ev = PERFETTO__TRACK_EVENT__INIT;

	put_event(p, &ev, PERFETTO__TRACK_EVENT__TYPE__TYPE_SLICE_END, track, time_ns);
}

void perfetto_out__instant(struct perfetto_out *p, uint64_t track, uint64_t time_ns, const struct perfetto_event *e)
{
	put_named(p, PERFETTO__TRACK_EVENT__TYPE__TYPE_INSTANT, track, time_ns, e);
}

void perfetto_out__count(struct perfetto_out *p, uint64_t track, uint64_t time_ns, uint64_t value)
{
	Perfetto__TrackEvent ev = PERFETTO__TRACK_EVENT__INIT;

	ev.has_counter_value = true;
	ev.counter_value = value > INT64_MAX ? INT64_MAX : (int64_t)value;
	put_event(p, &ev, PERFETTO__TRACK_EVENT__TYPE__TYPE_COUNTER, track, time_ns);
}

int perfetto_out__new(FILE *out, struct perfetto_out **ret)
{
	struct perfetto_out *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->out = out;
	*ret = p;
	return 0;
}

int perfetto_out__free(struct perfetto_out *p)
{
	int err = p->err;

	interner__free(&p->names);
	interner__free(&p->annotations);
	interner__free(&p->texts);
	interner__free(&p->places);
	free(p->buf);
	free(p);
	return err;
}
