// SPDX-License-Identifier: Apache-2.0
/* sink: pprof profiles, unpacked again: samples, labels, locations, and that every index leads somewhere. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <zlib.h>

#include <user/sink/pprof.pb-c.h>

#include "sink/gzip_out.h"
#include "sink/interner.h"
#include "unit/sink_demo.h"

static struct output out;
static struct diag diag;
static struct fixture fx;
static Pprof__Profile *profile;

static void begin(void)
{
	fixture_begin_flows(&fx);
}

static uint8_t *gunzip(const struct output *o, size_t *ret_sz)
{
	static uint8_t raw[8 << 20];
	z_stream z = { .next_in = (uint8_t *)o->text, .avail_in = (unsigned int)o->len };

	z.next_out = raw;
	z.avail_out = sizeof(raw);
	assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	assert_int_equal(z.avail_in, 0);
	*ret_sz = z.total_out;
	inflateEnd(&z);
	return raw;
}

static const char *text(int64_t index)
{
	assert_true(index >= 0 && (size_t)index < profile->n_string_table);
	return profile->string_table[index];
}

static bool has_id(uint64_t id, size_t nr)
{
	return id > 0 && id <= nr; /* ids are given in the order of the lists */
}

static void check_indices(void)
{
	assert_string_equal(text(0), "");
	for (size_t i = 0; i < profile->n_function; i++) {
		assert_int_equal(profile->function[i]->id, i + 1);
		text(profile->function[i]->name);
		text(profile->function[i]->filename);
	}
	for (size_t i = 0; i < profile->n_location; i++) {
		const Pprof__Location *l = profile->location[i];

		assert_int_equal(l->id, i + 1);
		assert_true(has_id(l->mapping_id, profile->n_mapping));
		for (size_t j = 0; j < l->n_line; j++)
			assert_true(has_id(l->line[j]->function_id, profile->n_function));
	}
	for (size_t i = 0; i < profile->n_sample; i++) {
		const Pprof__Sample *s = profile->sample[i];

		assert_int_equal(s->n_value, profile->n_sample_type);
		for (size_t j = 0; j < s->n_location_id; j++)
			assert_true(has_id(s->location_id[j], profile->n_location));
		for (size_t j = 0; j < s->n_label; j++)
			assert_true(text(s->label[j]->key)[0] && text(s->label[j]->str)[0]);
	}
}

static void end(uint64_t ns)
{
	size_t sz;
	uint8_t *raw;

	fixture_end(&fx, ns);
	diag = (struct diag){ 0 };
	assert_int_equal(sink_pprof(output_open(&out), &fx.in, &diag), 0);
	output_close(&out);
	raw = gunzip(&out, &sz);
	profile = pprof__profile__unpack(NULL, sz, raw);
	assert_non_null(profile);
	check_indices();
}

static void done(void)
{
	pprof__profile__free_unpacked(profile, NULL);
	fixture_free(&fx);
}

/* "main.merge merge.go:31 < main.main…", inlined ones by " in ". */
static void put_location(FILE *f, uint64_t id)
{
	const Pprof__Location *l = profile->location[id - 1];

	if (!l->n_line)
		fprintf(f, "0x%llx", (unsigned long long)l->address);
	for (size_t i = 0; i < l->n_line; i++) {
		const Pprof__Function *fn = profile->function[l->line[i]->function_id - 1];

		fprintf(f, "%s%s:%lld", i ? " in " : "", text(fn->name), (long long)l->line[i]->line);
	}
}

static void put_sample(FILE *f, const Pprof__Sample *s)
{
	for (size_t i = 0; i < s->n_value; i++)
		fprintf(f, "%lld ", (long long)s->value[i]);
	for (size_t i = 0; i < s->n_label; i++)
		fprintf(f, "%s=%s ", text(s->label[i]->key), text(s->label[i]->str));
	for (size_t i = 0; i < s->n_location_id; i++) {
		fputs(i ? " < " : "\n\t", f);
		put_location(f, s->location_id[i]);
	}
	putc('\n', f);
}

static void tells_the_demo(void **state)
{
	struct output dump = { 0 };
	FILE *f;

	(void)state;
	begin();
	demo_feed(&fx);
	end(5 * SEC);
	f = output_open(&dump);
	for (size_t i = 0; i < profile->n_sample_type; i++)
		fprintf(f, "%s/%s ", text(profile->sample_type[i]->type), text(profile->sample_type[i]->unit));
	fprintf(f, "default %s\n", text(profile->default_sample_type));
	for (size_t i = 0; i < profile->n_mapping; i++)
		fprintf(f, "%s %s\n", text(profile->mapping[i]->filename), text(profile->mapping[i]->build_id));
	fprintf(f, "%lld %lld %s\n", (long long)profile->time_nanos, (long long)profile->duration_nanos,
		text(profile->comment[0]));
	for (size_t i = 0; i < profile->n_sample; i++)
		put_sample(f, profile->sample[i]);
	output_close(&dump);
	assert_golden("pprof.txt", &dump);
	free(dump.text);
	done();
}

static bool add_stat(void *ctx, const struct stack_stat *s)
{
	struct stack_stat *sum = ctx;

	sum->wait_ns += s->wait_ns;
	sum->blocked += s->blocked;
	sum->ops += s->ops;
	sum->queue_ns += s->queue_ns;
	return true;
}

static void adds_up_to_the_model(void **state)
{
	struct stack_stat want = { 0 };
	uint64_t got[4] = { 0 };

	(void)state;
	begin();
	demo_feed(&fx);
	end(5 * SEC);
	world__stack_stats(fx.w, add_stat, &want);
	for (size_t i = 0; i < profile->n_sample; i++)
		for (size_t j = 0; j < 4; j++)
			got[j] += (uint64_t)profile->sample[i]->value[j];
	assert_int_equal(got[0], want.wait_ns);
	assert_int_equal(got[1], want.blocked);
	assert_int_equal(got[2], want.ops);
	assert_int_equal(got[3], want.queue_ns);
	done();
}

static void takes_hostile_names_and_huge_times(void **state)
{
	static char endless[100000];
	const char *saved = hostile;
	struct cs_event e = { .kind = CS_PARK_SEND, .time_ns = 1, .goid = 1, .pid = THE_PID, .chan = JOBS };

	(void)state;
	begin();
	feed_process(&fx, THE_PID, "a\xff\n\x1b");
	feed_event(&fx, 1, 2, (struct cs_event){ .kind = CS_MAKE, .chan = JOBS, .stack = STACK(0, 0x300, 0x300) });
	feed_event(&fx, 1, 2, (struct cs_event){ .kind = CS_PARK_SEND, .chan = JOBS, .stack = STACK(0, 0x300, 0x999) });
	fx.feed.ops->event(fx.feed.ctx, &e);
	fx.feed.ops->end(fx.feed.ctx, UINT64_MAX);
	end(0);
	for (size_t i = 0; i < profile->n_string_table; i++) {
		output_open(&out);
		fputs(profile->string_table[i], out.file);
		output_close(&out);
		assert_python(PYTHON_CLEAN_TEXT, &out);
	}
	for (size_t i = 0; i < profile->n_sample; i++)
		assert_true(profile->sample[i]->value[0] >= 0);
	done();
	memset(endless, '<', sizeof(endless) - 1);
	hostile = endless;
	begin();
	feed_event(&fx, 1, 2, (struct cs_event){ .kind = CS_MAKE, .chan = JOBS, .stack = STACK(0, 0x300, 0x200) });
	end(SEC);
	hostile = saved;
	assert_string_equal(text(profile->function[0]->name), endless);
	done();
}

static void takes_an_empty_world_and_a_full_disk(void **state)
{
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	begin();
	end(SEC);
	assert_int_equal(profile->n_sample, 0);
	assert_int_equal(profile->n_sample_type, 4);
	done();
	assert_non_null(full);
	setvbuf(full, NULL, _IONBF, 0);
	begin();
	demo_feed(&fx);
	fixture_end(&fx, SEC);
	assert_int_equal(sink_pprof(full, &fx.in, &diag), -EIO);
	fclose(full);
	fixture_free(&fx);
}

static void numbers_keys_once(void **state)
{
	struct interner in = { 0 };
	bool new;

	(void)state;
	assert_int_equal(interner__text(&in, "", &new), 1);
	assert_true(new);
	assert_int_equal(interner__text(&in, "a", &new), 2);
	assert_int_equal(interner__text(&in, "", &new), 1);
	assert_false(new);
	assert_int_equal(interner__key(&in, "a", 1, &new), 3); /* not the text with its NUL */
	assert_int_equal(in.nr, 3);
	interner__free(&in);
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
		cmocka_unit_test(adds_up_to_the_model),
		cmocka_unit_test(takes_hostile_names_and_huge_times),
		cmocka_unit_test(takes_an_empty_world_and_a_full_disk),
		cmocka_unit_test(numbers_keys_once),
	};

	return cmocka_run_group_tests(tests, NULL, free_output);
}
