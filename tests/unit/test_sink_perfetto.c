// SPDX-License-Identifier: Apache-2.0
/* sink: Perfetto traces, unpacked again: slices, arrows, lengths, and that every number leads somewhere. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include <user/sink/perfetto.pb-c.h>

#include "sink/perfetto_values.h"
#include "unit/sink_events.h"

#define MAX_IIDS 1000

static struct output out;
static struct diag diag;
static struct event_fixture ef;
static Perfetto__Trace *trace;

/* What the trace has told so far while it is read. */
static const char *names[MAX_IIDS], *texts[MAX_IIDS], *annotations[MAX_IIDS];
static const Perfetto__SourceLocation *places[MAX_IIDS];
static const Perfetto__TrackDescriptor *tracks[MAX_IIDS];

static void begin(FILE *to, enum capture_mode mode)
{
	diag = (struct diag){ 0 };
	event_fixture_begin(&ef, mode);
	assert_int_equal(sink_perfetto(to, &ef.f.in, &ef.sink, &diag), 0);
	event_fixture_plug(&ef);
	feed_process(&ef.f, THE_PID, "app");
}

static void end(uint64_t ns)
{
	fixture_end(&ef.f, ns);
	assert_int_equal(event_fixture_close(&ef, &diag), 0);
	output_close(&out);
	fixture_free(&ef.f);
	trace = perfetto__trace__unpack(NULL, out.len, (uint8_t *)out.text);
	assert_non_null(trace);
}

static void done(void)
{
	perfetto__trace__free_unpacked(trace, NULL);
}

/* --- reading --- */

static void learn(const Perfetto__InternedData *d)
{
	for (size_t i = 0; i < d->n_event_names; i++)
		names[d->event_names[i]->iid] = d->event_names[i]->name;
	for (size_t i = 0; i < d->n_debug_annotation_names; i++)
		annotations[d->debug_annotation_names[i]->iid] = d->debug_annotation_names[i]->name;
	for (size_t i = 0; i < d->n_source_locations; i++)
		places[d->source_locations[i]->iid] = d->source_locations[i];
	for (size_t i = 0; i < d->n_debug_annotation_string_values; i++) {
		const Perfetto__InternedString *s = d->debug_annotation_string_values[i];
		static char copies[MAX_IIDS][256];

		snprintf(copies[s->iid], sizeof(copies[0]), "%.*s", (int)s->str.len, (const char *)s->str.data);
		texts[s->iid] = copies[s->iid];
	}
}

static const char *track_name(uint64_t uuid)
{
	assert_true(uuid < MAX_IIDS && tracks[uuid]);
	return tracks[uuid]->process ? tracks[uuid]->process->process_name : tracks[uuid]->name;
}

static void put_annotations(FILE *f, const Perfetto__TrackEvent *e)
{
	for (size_t i = 0; i < e->n_debug_annotations; i++) {
		const Perfetto__DebugAnnotation *a = e->debug_annotations[i];

		assert_non_null(annotations[a->name_iid]);
		assert_non_null(texts[a->string_value_iid]);
		fprintf(f, " %s=%s", annotations[a->name_iid], texts[a->string_value_iid]);
	}
	if (e->source_location_iid)
		fprintf(f, " at %s:%u", places[e->source_location_iid]->function_name,
			places[e->source_location_iid]->line_number);
	for (size_t i = 0; i < e->n_flow_ids; i++)
		fprintf(f, " >%llu", (unsigned long long)e->flow_ids[i]);
	for (size_t i = 0; i < e->n_terminating_flow_ids; i++)
		fprintf(f, " <%llu", (unsigned long long)e->terminating_flow_ids[i]);
}

static void put_event(FILE *f, uint64_t time_ns, const Perfetto__TrackEvent *e)
{
	static const char *const types[] = { "?", "begin", "end", "instant", "count" };

	fprintf(f, "%.3f ms %s %s", (double)(time_ns - T0) / 1e6, track_name(e->track_uuid), types[e->type]);
	if (e->has_name_iid) {
		assert_non_null(names[e->name_iid]);
		fprintf(f, " %s", names[e->name_iid]);
	}
	if (e->has_counter_value)
		fprintf(f, " %lld", (long long)e->counter_value);
	put_annotations(f, e);
	putc('\n', f);
}

static void put_track(FILE *f, const Perfetto__TrackDescriptor *d)
{
	assert_true(d->uuid > 0 && d->uuid < MAX_IIDS && !tracks[d->uuid]);
	tracks[d->uuid] = d;
	fprintf(f, "track %s%s%s%s\n", track_name(d->uuid), d->counter ? " (counter)" : "",
		d->parent_uuid ? " below " : "", d->parent_uuid ? track_name(d->parent_uuid) : "");
}

/* The trace as text; names that it does not know fail the test. */
static void dump(struct output *to)
{
	FILE *f = output_open(to);

	memset(tracks, 0, sizeof(tracks));
	memset(names, 0, sizeof(names));
	for (size_t i = 0; i < trace->n_packet; i++) {
		const Perfetto__TracePacket *p = trace->packet[i];

		assert_int_equal(p->sequence_flags, i ? 2 : 1);
		assert_int_equal(p->trusted_packet_sequence_id, 1);
		if (p->interned_data)
			learn(p->interned_data);
		if (p->track_descriptor)
			put_track(f, p->track_descriptor);
		if (p->track_event)
			put_event(f, p->timestamp, p->track_event);
	}
	output_close(to);
}

static void tells_the_demo(void **state)
{
	struct output text = { 0 };

	(void)state;
	begin(output_open(&out), CAPTURE_ALL);
	demo_feed(&ef.f);
	end(5 * SEC);
	assert_int_equal(trace->packet[0]->clock_snapshot->clocks[0]->timestamp, T0);
	assert_int_equal(trace->packet[0]->clock_snapshot->clocks[1]->timestamp, WALL0);
	assert_int_equal(trace->packet[0]->trace_packet_defaults->timestamp_clock_id, 3);
	dump(&text);
	assert_golden("perfetto.txt", &text);
	free(text.text);
	done();
}

/* --- arrows --- */

struct step {
	enum cs_kind kind;
	double ms;
	uint64_t goid, aux;
	__u32 len, cap;
	__u8 flags;
};

#define OK CS_F_OK
#define SEL CS_F_SELECT

/* From the goroutine and time of each arrow's begin to those of its end: "1@2>3@4". */
static void arrows(char *buf, size_t sz)
{
	uint64_t from[16][2] = { { 0 } }, to[16][2] = { { 0 } };
	struct output text = { 0 };
	size_t used = 0;

	dump(&text);
	free(text.text);
	for (size_t i = 0; i < trace->n_packet; i++) {
		const Perfetto__TrackEvent *e = trace->packet[i]->track_event;
		uint64_t goid = e ? strtoull(track_name(e->track_uuid) + 1, NULL, 10) : 0;
		uint64_t ms = (trace->packet[i]->timestamp - T0) / MS;

		for (size_t j = 0; e && j < e->n_flow_ids; j++) {
			assert_true(e->flow_ids[j] < 16 && !from[e->flow_ids[j]][0]);
			from[e->flow_ids[j]][0] = goid;
			from[e->flow_ids[j]][1] = ms;
		}
		for (size_t j = 0; e && j < e->n_terminating_flow_ids; j++) {
			assert_true(e->terminating_flow_ids[j] < 16 && !to[e->terminating_flow_ids[j]][0]);
			to[e->terminating_flow_ids[j]][0] = goid;
			to[e->terminating_flow_ids[j]][1] = ms;
		}
	}
	buf[0] = '\0';
	for (size_t i = 0; i < 16; i++) {
		assert_int_equal(from[i][0] != 0, to[i][0] != 0);
		if (from[i][0])
			used += (size_t)snprintf(buf + used, sz - used, "%llu@%llu>%llu@%llu ",
						 (unsigned long long)from[i][0], (unsigned long long)from[i][1],
						 (unsigned long long)to[i][0], (unsigned long long)to[i][1]);
	}
}

/* Every slice ends, on its own track. */
static void check_nesting(void)
{
	int depth[MAX_IIDS] = { 0 };

	for (size_t i = 0; i < trace->n_packet; i++) {
		const Perfetto__TrackEvent *e = trace->packet[i]->track_event;

		if (!e)
			continue;
		depth[e->track_uuid] += e->type == PERFETTO__TRACK_EVENT__TYPE__TYPE_SLICE_BEGIN;
		depth[e->track_uuid] -= e->type == PERFETTO__TRACK_EVENT__TYPE__TYPE_SLICE_END;
		assert_true(depth[e->track_uuid] >= 0 && depth[e->track_uuid] <= 2);
	}
	for (size_t i = 0; i < MAX_IIDS; i++)
		assert_int_equal(depth[i], 0);
}

static const struct {
	const char *what, *arrows;
	struct step steps[8];
} arrow_cases[] = {
	{ "through the buffer, in order",
	  "1@1>2@3 1@2>2@4 ",
	  { { CS_SEND_BUFFERED, 1, 1, 0, 1, 2, 0 },
	    { CS_SEND_BUFFERED, 2, 1, 0, 2, 2, 0 },
	    { CS_RECV_BUFFERED, 3, 2, 0, 1, 2, 0 },
	    { CS_RECV_BUFFERED, 4, 2, 0, 0, 2, 0 } } },
	{ "never received", "", { { CS_SEND_BUFFERED, 1, 1, 0, 1, 2, 0 } } },
	{ "to a parked receiver",
	  "1@2>2@3 ",
	  { { CS_PARK_RECV, 1, 2, 0, 0, 0, 0 },
	    { CS_SEND_DIRECT, 2, 1, 2, 0, 0, 0 },
	    { CS_WAKE_RECV, 3, 2, 0, 0, 0, OK } } },
	{ "to a parked receiver whose wake is lost",
	  "1@2>2@5 ",
	  { { CS_PARK_RECV, 1, 2, 0, 0, 0, 0 },
	    { CS_SEND_DIRECT, 2, 1, 2, 0, 0, 0 },
	    { CS_SEND_FAILED, 5, 2, 0, 0, 0, 0 } } },
	{ "to one that has not woken at the end",
	  "1@2>2@1000 ",
	  { { CS_PARK_RECV, 1, 2, 0, 0, 0, 0 }, { CS_SEND_DIRECT, 2, 1, 2, 0, 0, 0 } } },
	{ "to one whose park was not seen", "", { { CS_SEND_DIRECT, 2, 1, 2, 0, 0, 0 } } },
	{ "from a parked sender",
	  "1@1>2@2 ",
	  { { CS_PARK_SEND, 1, 1, 0, 0, 0, 0 },
	    { CS_RECV_DIRECT, 2, 2, 1, 0, 0, 0 },
	    { CS_WAKE_SEND, 3, 1, 0, 0, 0, OK } } },
	{ "from a parked sender into the buffer",
	  "1@1>3@3 1@2>3@5 ",
	  { { CS_SEND_BUFFERED, 1, 1, 0, 1, 1, 0 },
	    { CS_PARK_SEND, 2, 1, 0, 1, 1, 0 },
	    { CS_RECV_DIRECT, 3, 3, 1, 1, 1, 0 },
	    { CS_WAKE_SEND, 4, 1, 0, 1, 1, OK },
	    { CS_RECV_BUFFERED, 5, 3, 0, 0, 1, 0 } } },
	{ "from a parked sender that wakes after its value is received",
	  "1@1>3@3 1@2>3@4 ",
	  { { CS_SEND_BUFFERED, 1, 1, 0, 1, 1, 0 },
	    { CS_PARK_SEND, 2, 1, 0, 1, 1, 0 },
	    { CS_RECV_DIRECT, 3, 3, 1, 1, 1, 0 },
	    { CS_RECV_BUFFERED, 4, 3, 0, 0, 1, 0 },
	    { CS_WAKE_SEND, 5, 1, 0, 1, 1, OK } } },
	{ "through selects",
	  "1@1>2@4 ",
	  { { CS_PARK_SELECT, 1, 1, 2, 0, 0, 0 },
	    { CS_PARK_SELECT, 2, 3, 1, 0, 0, 0 },
	    { CS_RECV_DIRECT, 4, 2, 1, 0, 0, SEL },
	    { CS_WAKE_SELECT, 5, 1, 0, 0, 0, OK | CS_F_DIR_SEND },
	    { CS_WAKE_SELECT, 6, 3, 0, 0, 0, 0 } } },
	{ "not past a receive that was lost",
	  "1@2>2@4 ",
	  { { CS_SEND_BUFFERED, 1, 1, 0, 1, 2, 0 },
	    { CS_SEND_BUFFERED, 2, 1, 0, 2, 2, 0 },
	    { CS_RECV_BUFFERED, 4, 2, 0, 0, 2, 0 } } },
	{ "not from what was there before",
	  "1@2>2@4 ",
	  { { CS_SEND_BUFFERED, 2, 1, 0, 2, 2, 0 },
	    { CS_RECV_BUFFERED, 3, 2, 0, 1, 2, 0 },
	    { CS_RECV_BUFFERED, 4, 2, 0, 0, 2, 0 } } },
	{ "not into another channel at the same address",
	  "",
	  { { CS_SEND_BUFFERED, 1, 1, 0, 1, 2, 0 },
	    { CS_MAKE, 2, 1, 0, 0, 2, 0 },
	    { CS_RECV_BUFFERED, 4, 2, 0, 0, 2, 0 } } },
	{ "not from a sender that panicked",
	  "",
	  { { CS_PARK_SEND, 1, 1, 0, 0, 0, 0 }, { CS_CLOSE, 2, 2, 0, 0, 0, 0 }, { CS_WAKE_SEND, 3, 1, 0, 0, 0, 0 } } },
	{ "not from the runtime itself",
	  "",
	  { { CS_SEND_BUFFERED, 1, 0, 0, 1, 1, 0 }, { CS_RECV_BUFFERED, 2, 2, 0, 0, 1, 0 } } },
};

static void draws_an_arrow_for_each_value(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(arrow_cases) / sizeof(arrow_cases[0]); i++) {
		char found[256];

		begin(output_open(&out), CAPTURE_ALL);
		for (const struct step *s = arrow_cases[i].steps; s->kind; s++)
			feed_event(&ef.f, s->ms, s->goid,
				   (struct cs_event){ .kind = (__u8)s->kind,
						      .chan = s->kind == CS_PARK_SELECT ? 0 : JOBS,
						      .aux = s->aux,
						      .len = s->len,
						      .cap = s->cap,
						      .flags = s->flags,
						      .stack = SUBMIT });
		end(SEC);
		arrows(found, sizeof(found));
		if (strcmp(found, arrow_cases[i].arrows) != 0)
			fail_msg("%s: %s instead of %s", arrow_cases[i].what, found, arrow_cases[i].arrows);
		check_nesting();
		done();
	}
}

/* Every flow begins once and ends once. */
static void check_pairs(void)
{
	int nr[MAX_IIDS][2] = { { 0 } };

	for (size_t i = 0; i < trace->n_packet; i++) {
		const Perfetto__TrackEvent *e = trace->packet[i]->track_event;

		for (size_t j = 0; e && j < e->n_flow_ids; j++)
			nr[e->flow_ids[j] % MAX_IIDS][0]++;
		for (size_t j = 0; e && j < e->n_terminating_flow_ids; j++)
			nr[e->terminating_flow_ids[j] % MAX_IIDS][1]++;
	}
	for (size_t i = 0; i < MAX_IIDS; i++)
		assert_true(nr[i][0] == nr[i][1] && nr[i][0] <= 1);
}

/* Whatever comes, in any order: nothing is left open, and no arrow has one end only. */
static void survives_anything(void **state)
{
	uint64_t seed = 1;

	(void)state;
	for (int run = 0; run < 100; run++) {
		begin(output_open(&out), CAPTURE_ALL);
		for (int i = 0; i < 300; i++) {
			struct cs_event e = { .stack = SUBMIT };

			seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
			e.kind = (__u8)(seed >> 33) % (CS_NR_KINDS + 1);
			e.chan = seed >> 40 & 1 ? JOBS : seed >> 41 & 1 ? DONE : 0;
			e.aux = seed >> 42 & 3;
			e.len = seed >> 44 & 3;
			e.cap = seed >> 46 & 2;
			e.flags = (__u8)(seed >> 48);
			e.select_case = 1;
			if (!(seed >> 58))
				e.len = UINT32_MAX;
			feed_event(&ef.f, i, seed >> 56 & 3, e);
			if (seed >> 55 == 1)
				ef.f.feed.ops->process_end(ef.f.feed.ctx, THE_PID, T0 + (uint64_t)i * MS,
							   PROCESS_EXECED);
		}
		end(SEC);
		for (size_t i = 0; i < trace->n_packet; i++)
			if (trace->packet[i]->track_descriptor)
				assert_true(trace->packet[i]->track_descriptor->uuid < MAX_IIDS);
		check_nesting();
		check_pairs();
		done();
	}
}

static void takes_hostile_names(void **state)
{
	static char endless[100000];
	const char *saved = hostile;
	struct output text = { 0 };

	(void)state;
	begin(output_open(&out), CAPTURE_ALL);
	feed_event(&ef.f, 1, 1,
		   (struct cs_event){ .kind = CS_MAKE, .chan = JOBS, .aux = 0x13, .stack = STACK(0, 0, 0x300) });
	end(SEC);
	dump(&text);
	assert_python(PYTHON_CLEAN_TEXT, &text);
	done();
	memset(endless, 'x', sizeof(endless) - 1);
	hostile = endless;
	begin(output_open(&out), CAPTURE_ALL);
	feed_event(&ef.f, 1, 1,
		   (struct cs_event){ .kind = CS_MAKE, .chan = JOBS, .aux = 0x13, .stack = STACK(0, 0, 0x300) });
	end(SEC);
	dump(&text);
	hostile = saved;
	assert_non_null(strstr(text.text, endless));
	free(text.text);
	done();
}

/* A goroutine found parked by the walk; and the walk's report that comes after the goroutine's own events. */
static void takes_what_was_parked_before(void **state)
{
	struct output text = { 0 };

	(void)state;
	begin(output_open(&out), CAPTURE_WAIT);
	feed_event(&ef.f, 1, 1,
		   (struct cs_event){ .kind = CS_PARK_RECV, .chan = JOBS, .flags = CS_F_WALKED, .stack = SUBMIT });
	feed_event(&ef.f, 2, 2,
		   (struct cs_event){ .kind = CS_WAKE_RECV, .chan = JOBS, .flags = CS_F_OK, .stack = SUBMIT });
	feed_event(&ef.f, 3, 2,
		   (struct cs_event){ .kind = CS_PARK_RECV, .chan = JOBS, .flags = CS_F_WALKED, .stack = SUBMIT });
	feed_event(&ef.f, 4, 1, (struct cs_event){ .kind = CS_WAKE_RECV, .chan = JOBS, .stack = SUBMIT });
	end(SEC);
	dump(&text);
	assert_non_null(strstr(text.text, "1.000 ms g1 main.main begin receive channel=0xc000010000 outcome=closed"));
	assert_non_null(strstr(text.text, "2.000 ms g2 main.main begin receive channel=0xc000010000 outcome=value"));
	assert_null(strstr(text.text, "3.000 ms"));
	free(text.text);
	check_nesting();
	done();
}

static void reports_a_full_disk(void **state)
{
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(full);
	setvbuf(full, NULL, _IONBF, 0);
	begin(full, CAPTURE_ALL);
	demo_feed(&ef.f);
	fixture_end(&ef.f, SEC);
	assert_int_equal(event_fixture_close(&ef, &diag), -EIO);
	fixture_free(&ef.f);
	fclose(full);
}

/* --- values --- */

static void count_gone(void *ctx, struct perfetto_send *s)
{
	(void)s;
	++*(unsigned int *)ctx;
}

static void keeps_values_in_order(void **state)
{
	struct perfetto_values v = { 0 };
	struct perfetto_send sends[20];
	unsigned int gone = 0;

	(void)state;
	assert_null(perfetto_values__pop(&v));
	assert_int_equal(perfetto_values__resync(&v, 1ULL << 40, count_gone, &gone), 0);
	assert_null(perfetto_values__pop(&v));
	assert_int_equal(v.unknown_first, (1ULL << 40) - 1);
	assert_int_equal(perfetto_values__resync(&v, 1, count_gone, &gone), 0);
	for (int i = 0; i < 20; i++)
		assert_int_equal(perfetto_values__push(&v, i == 7 ? NULL : &sends[i]), 0);
	assert_null(perfetto_values__pop(&v));
	for (int i = 0; i < 10; i++)
		assert_ptr_equal(perfetto_values__pop(&v), i == 7 ? NULL : &sends[i]);
	/* too few: the newest are unknown; too many: the oldest go */
	assert_int_equal(perfetto_values__resync(&v, 12, count_gone, &gone), 0);
	assert_int_equal(gone, 0);
	assert_int_equal(perfetto_values__resync(&v, 4, count_gone, &gone), 0);
	assert_int_equal(gone, 8);
	assert_ptr_equal(perfetto_values__pop(&v), &sends[18]);
	assert_int_equal(perfetto_values__resync(&v, 1ULL << 40, count_gone, &gone), 0);
	assert_int_equal(gone, 9);
	assert_int_equal(v.unknown_first, 1ULL << 40);
	perfetto_values__free(&v);
}

static int free_output(void **state)
{
	(void)state;
	free(out.text);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_the_demo),
		cmocka_unit_test(draws_an_arrow_for_each_value),
		cmocka_unit_test(survives_anything),
		cmocka_unit_test(takes_hostile_names),
		cmocka_unit_test(takes_what_was_parked_before),
		cmocka_unit_test(reports_a_full_disk),
		cmocka_unit_test(keeps_values_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, free_output);
}
