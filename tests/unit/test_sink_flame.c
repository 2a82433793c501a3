// SPDX-License-Identifier: Apache-2.0
/* sink: folded stacks and the flame graph drawn from them, whatever the names in them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "sink/flame_tree.h"
#include "unit/sink_demo.h"

static struct output out;
static struct diag diag;

static void fold(const struct fixture *f, enum flame_weight weight)
{
	diag = (struct diag){ 0 };
	assert_int_equal(sink_folded(output_open(&out), &f->in, weight, NULL, &diag), 0);
	output_close(&out);
}

static void draw(const struct fixture *f, enum flame_weight weight, const char *title)
{
	diag = (struct diag){ 0 };
	assert_int_equal(sink_flame_svg(output_open(&out), &f->in, weight, title, NULL, &diag), 0);
	output_close(&out);
}

static void folds_the_demo(void **state)
{
	static const struct {
		enum flame_weight weight;
		const char *golden;
	} cases[] = {
		{ WEIGHT_WAIT, "folded-wait.txt" },
		{ WEIGHT_OPS, "folded-ops.txt" },
		{ WEIGHT_QUEUE, "folded-queue.txt" },
	};
	struct fixture f;

	(void)state;
	demo_begin(&f);
	fixture_end(&f, 5 * SEC);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fold(&f, cases[i].weight);
		assert_golden(cases[i].golden, &out);
	}
	fixture_free(&f);
}

/* Two stacks that differ only in the runtime's frames are one line. */
static void merges_equal_lines(void **state)
{
	struct fixture f;

	(void)state;
	fixture_begin(&f, CAPTURE_ALL);
	feed_process(&f, THE_PID, "app");
	for (int i = 0; i < 3; i++)
		feed_event(&f, i, 1,
			   (struct cs_event){ .kind = CS_SEND_BUFFERED,
					      .chan = JOBS,
					      .cap = 9,
					      .len = (__u32)i + 1,
					      .stack = SUBMIT });
	feed_event(
		&f, 5, 1,
		(struct cs_event){
			.kind = CS_SEND_BUFFERED, .chan = JOBS, .cap = 9, .len = 4, .stack = STACK(0, 0x201, 0x200) });
	fixture_end(&f, SEC);
	fold(&f, WEIGHT_OPS);
	assert_string_equal(out.text,
			    "1234/app;main.main;example.com/app/pool.(*Pool).Submit;[chan send pool.go:42] 4\n");
	fixture_free(&f);
}

static void hostile_world(struct fixture *f)
{
	fixture_begin(f, CAPTURE_ALL);
	feed_process(f, THE_PID, "a;b\n<c>");
	feed_event(f, 1, 1,
		   (struct cs_event){ .kind = CS_PARK_SEND, .chan = JOBS, .stack = STACK(0x100, 0x300, 0x300) });
	feed_event(f, 2, 2,
		   (struct cs_event){ .kind = CS_PARK_RECV, .chan = JOBS + 96, .stack = STACK(0x999, 0x998, 0x997) });
	feed_event(f, 3, 3, (struct cs_event){ .kind = CS_PARK_RECV, .chan = JOBS + 192 }); /* no stack */
	fixture_end(f, SEC);
}

static void folds_hostile_names(void **state)
{
	struct fixture f;
	size_t lines = 0, semicolons = 0;

	(void)state;
	hostile_world(&f);
	fold(&f, WEIGHT_WAIT);
	assert_python(PYTHON_CLEAN_TEXT, &out);
	for (const char *p = out.text; *p; p++) {
		lines += *p == '\n';
		semicolons += *p == ';';
	}
	assert_int_equal(lines, 3);
	/* process, two or three frames, leaf; the stack that is unknown has no frames */
	assert_int_equal(semicolons, 3 + 4 + 1);
	assert_non_null(strstr(out.text, ";[chan receive] "));
	fixture_free(&f);
}

#define PYTHON_SVG                                                                                                \
	"import sys, xml.dom.minidom as m\n"                                                                      \
	"t = sys.stdin.buffer.read()\n"                                                                           \
	"d = m.parseString(t)\n"                                                                                  \
	"svg = d.documentElement\n"                                                                               \
	"assert len(d.getElementsByTagName(\"script\")) == 1\n"                                                   \
	"assert len(d.getElementsByTagName(\"style\")) == 1\n"                                                    \
	"on = [a for e in d.getElementsByTagName(\"*\") for a in e.attributes.keys() if a.startswith(\"on\") or " \
	"\"href\" in a]\n"                                                                                        \
	"assert not on, on\n"                                                                                     \
	"boxes = [g for g in d.getElementsByTagName(\"g\") if g.getAttribute(\"class\").startswith(\"f \")]\n"    \
	"assert boxes\n"                                                                                          \
	"assert all(len(g.getElementsByTagName(\"title\")) == 1 for g in boxes)\n"                                \
	"assert all(float(r.getAttribute(\"width\")) >= 0 for g in boxes for r in g.getElementsByTagName(\"rect\"))\n"

static void draws_valid_xml(void **state)
{
	struct fixture f;

	(void)state;
	demo_begin(&f);
	fixture_end(&f, 5 * SEC);
	for (int weight = WEIGHT_WAIT; weight <= WEIGHT_QUEUE; weight++) {
		draw(&f, (enum flame_weight)weight, NULL);
		assert_python(PYTHON_SVG, &out);
	}
	assert_non_null(strstr(out.text, "nothing lost; counts are exact"));
	assert_non_null(strstr(out.text, "pool.(*Pool).Submit\n24.0ms, 92.31% of all</title>"));
	fixture_free(&f);
}

static void draws_hostile_names(void **state)
{
	const char *saved = hostile;
	static char endless[100000];
	struct fixture f;

	(void)state;
	hostile_world(&f);
	draw(&f, WEIGHT_WAIT, "]]></svg><script>alert(1)</script>\x01");
	assert_python(PYTHON_SVG, &out);
	assert_null(strstr(out.text, "<script>alert"));
	assert_non_null(strstr(out.text, "evil.&lt;script&gt;alert(&#39;x&#39;)"));
	memset(endless, '<', sizeof(endless) - 1);
	hostile = endless;
	draw(&f, WEIGHT_WAIT, endless);
	assert_python(PYTHON_SVG, &out);
	hostile = saved;
	fixture_free(&f);
}

static void draws_nothing_and_losses(void **state)
{
	struct fixture f;

	(void)state;
	fixture_begin(&f, CAPTURE_ALL);
	f.losses[CS_LOSS_RING_FULL] = 12;
	f.losses[CS_LOSS_BAD_RECORD] = 1;
	fixture_end(&f, SEC);
	draw(&f, WEIGHT_WAIT, NULL);
	assert_python(PYTHON_SVG, &out);
	assert_non_null(strstr(out.text, "nothing of this kind was seen"));
	assert_non_null(strstr(out.text, "lost: ring_full 12, bad_record 1; counts are NOT exact"));
	fixture_free(&f);
}

static void reports_a_full_disk(void **state)
{
	struct fixture f;
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(full);
	setvbuf(full, NULL, _IONBF, 0);
	demo_begin(&f);
	fixture_end(&f, SEC);
	diag = (struct diag){ 0 };
	assert_int_equal(sink_folded(full, &f.in, WEIGHT_WAIT, NULL, &diag), -EIO);
	diag = (struct diag){ 0 };
	assert_int_equal(sink_flame_svg(full, &f.in, WEIGHT_WAIT, NULL, NULL, &diag), -EIO);
	fclose(full);
	fixture_free(&f);
}

/* --- the tree --- */

struct tree_line {
	const char *path;
	uint64_t value;
};

static void build(struct flame_tree *t, struct folded_lines *fl, const struct tree_line *lines, size_t nr)
{
	*fl = (struct folded_lines){ .lines = calloc(nr, sizeof(*fl->lines)), .nr = nr };
	assert_non_null(fl->lines);
	for (size_t i = 0; i < nr; i++) {
		fl->lines[i] = (struct folded_line){ .path = strdup(lines[i].path), .value = lines[i].value };
		fl->total += lines[i].value;
	}
	assert_int_equal(flame_tree__build(t, fl, 100, &diag), 0);
}

static const struct flame_node *node_named(const struct flame_tree *t, const char *name)
{
	for (uint32_t i = 0; i < t->nr; i++)
		if (t->nodes[i].name && strcmp(t->nodes[i].name, name) == 0)
			return &t->nodes[i];
	fail_msg("no box %s", name);
	return NULL;
}

static void places_boxes_widest_first(void **state)
{
	static const struct tree_line lines[] = { { "p;a;x", 10 }, { "p;a;y", 30 }, { "p;b", 60 } };
	struct folded_lines fl;
	struct flame_tree t;

	(void)state;
	build(&t, &fl, lines, 3);
	assert_int_equal(t.depth, 4);
	assert_int_equal(t.nodes[0].value, 100);
	assert_int_equal(node_named(&t, "b")->x, 0);
	assert_true(node_named(&t, "b")->leaf);
	assert_int_equal(node_named(&t, "a")->x, 60);
	assert_int_equal(node_named(&t, "a")->value, 40);
	assert_false(node_named(&t, "a")->leaf);
	assert_int_equal(node_named(&t, "y")->x, 60);
	assert_int_equal(node_named(&t, "x")->x, 90);
	assert_int_equal(node_named(&t, "x")->depth, 3);
	assert_int_equal(t.nr_too_small, 0);
	flame_tree__free(&t);
	folded_lines__free(&fl);
}

/* One in 100 of 1000 is 10: 9 is too small, 10 is not; two of 9 together are seen. */
static void merges_boxes_too_small_to_see(void **state)
{
	static const struct tree_line lines[] = {
		{ "p;big", 962 }, { "p;fits", 10 }, { "p;s1;deep", 9 }, { "p;s2", 9 }, { "q;other", 9 }, { "r", 1 },
	};
	const struct flame_node *merged;
	struct folded_lines fl;
	struct flame_tree t;

	(void)state;
	build(&t, &fl, lines, 6);
	assert_int_equal(fl.total, 1000);
	assert_false(node_named(&t, "fits")->hidden);
	assert_true(node_named(&t, "s1")->hidden);
	assert_true(node_named(&t, "deep")->hidden);
	assert_true(node_named(&t, "other")->hidden);
	assert_int_equal(t.nr_too_small, 6); /* s1 deep s2 q other r */
	merged = &t.nodes[t.nr - 1];
	assert_int_equal(merged->nr_merged, 2);
	assert_int_equal(merged->value, 18);
	assert_int_equal(merged->x, 972);
	merged = &t.nodes[t.nr - 2]; /* q and r */
	assert_int_equal(merged->nr_merged, 2);
	assert_int_equal(merged->value, 10);
	assert_int_equal(merged->x, 990);
	flame_tree__free(&t);
	folded_lines__free(&fl);
}

/* Deep enough to end any recursion. */
static void takes_any_depth(void **state)
{
	enum { DEPTH = 200000 };
	struct folded_lines fl;
	struct flame_tree t;
	auto_free char *path = malloc(2 * DEPTH);

	(void)state;
	assert_non_null(path);
	memset(path, 'f', 2 * DEPTH);
	for (size_t i = 1; i < 2 * DEPTH; i += 2)
		path[i] = ';';
	path[2 * DEPTH - 1] = '\0';
	build(&t, &fl, (const struct tree_line[]){ { path, 5 } }, 1);
	assert_int_equal(t.depth, DEPTH + 1);
	flame_tree__free(&t);
	folded_lines__free(&fl);
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
		cmocka_unit_test(folds_the_demo),
		cmocka_unit_test(merges_equal_lines),
		cmocka_unit_test(folds_hostile_names),
		cmocka_unit_test(draws_valid_xml),
		cmocka_unit_test(draws_hostile_names),
		cmocka_unit_test(draws_nothing_and_losses),
		cmocka_unit_test(reports_a_full_disk),
		cmocka_unit_test(places_boxes_widest_first),
		cmocka_unit_test(merges_boxes_too_small_to_see),
		cmocka_unit_test(takes_any_depth),
	};

	return cmocka_run_group_tests(tests, NULL, free_output);
}
