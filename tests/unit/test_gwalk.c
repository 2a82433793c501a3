// SPDX-License-Identifier: Apache-2.0
/*
 * proc/gwalk on real Go processes: tests/programs/waits tells which of its goroutines nobody ever wakes, on
 * which channels they are and in which functions, and the walk has to find just that, release by release,
 * with and without symbols and position-independence. Skipped for a toolchain that cannot be had.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>
#include <time.h>

#include "gobin/gobinary.h"
#include "proc/gwalk.h"
#include "unit/go_target.h"

#define MAX_EVENTS 256
#define MAX_STACKS 128

struct known_stack {
	uint64_t id;
	uint32_t nr;
	uint64_t pcs[CS_MAX_STACK_DEPTH];
};

/* What the walk gave, and the process that it was about. */
struct walked {
	struct go_target target;
	struct process process;
	struct gobinary *bin;
	uint64_t bias;
	struct gwalk_stats stats;
	struct cs_event events[MAX_EVENTS];
	size_t nr_events, nr_parks;
	struct known_stack stacks[MAX_STACKS];
	size_t nr_stacks;
	bool unknown_stack; /* an event named a stack that was not announced */
};

static const struct known_stack *find_stack(const struct walked *w, uint64_t id)
{
	for (size_t i = 0; i < w->nr_stacks; i++)
		if (w->stacks[i].id == id)
			return &w->stacks[i];
	return NULL;
}

static void take_stack(void *ctx, uint64_t id, const uint64_t *pcs, uint32_t nr)
{
	struct walked *w = ctx;
	struct known_stack *s = &w->stacks[w->nr_stacks];

	if (w->nr_stacks == MAX_STACKS || nr > CS_MAX_STACK_DEPTH)
		return;
	s->id = id;
	s->nr = nr;
	memcpy(s->pcs, pcs, nr * sizeof(*pcs));
	w->nr_stacks++;
}

static void take_event(void *ctx, const struct cs_event *e)
{
	struct walked *w = ctx;

	if (e->stack && !find_stack(w, e->stack))
		w->unknown_stack = true;
	w->nr_parks += e->kind != CS_SELECT_CASE;
	if (w->nr_events < MAX_EVENTS)
		w->events[w->nr_events++] = *e;
}

static const struct feed_ops ops = { .stack = take_stack, .event = take_event };

static void walk(struct walked *w, uint32_t depth)
{
	const struct gwalk_target target = { &w->process, w->bin, w->bias, depth };
	struct feed feed = { .ops = &ops, .ctx = w };
	struct diag d = { 0 };

	w->nr_events = w->nr_parks = w->nr_stacks = 0;
	w->unknown_stack = false;
	if (gwalk(&target, &feed, &w->stats, &d))
		fail_msg("%s", d.what);
	assert_int_equal(w->stats.parked, w->nr_parks);
	assert_false(w->unknown_stack);
}

/* Walks until so many are parked: what the program said does not mean that all of it waits already. */
static void walk_until(struct walked *w, uint64_t nr_parked)
{
	for (int tries = 0; tries < 1000; tries++) {
		walk(w, CS_MAX_STACK_DEPTH);
		if (w->stats.parked >= nr_parked && !w->stats.unread)
			return;
		usleep(10000);
	}
	fail_msg("%d goroutines are parked instead of %d", (int)w->stats.parked, (int)nr_parked);
}

/* false: skipped */
static bool start(struct walked *w, const char *toolchain, const char *form, char *crowd)
{
	char path[4096], hold[] = "-hold", crowd_flag[] = "-crowd";
	char *argv[] = { path, hold, crowd_flag, crowd, NULL };
	enum go_build built = go_target_build("waits", toolchain, form, path, sizeof(path));
	struct diag d = { 0 };

	memset(w, 0, sizeof(*w));
	if (built == GO_SKIPPED)
		return false;
	assert_int_equal(built, GO_BUILT);
	assert_true(go_target_start(&w->target, argv));
	assert_int_equal(process_read(w->target.pid, &w->process, &d), 0);
	if (gobinary__open(w->process.exe_path, &w->bin, &d) ||
	    process_load_bias(&w->process, w->bin->image, &w->bias, &d))
		fail_msg("%s %s: %s", toolchain, form, d.what);
	return true;
}

static void stop(struct walked *w)
{
	gobinary__close(w->bin);
	go_target_kill(&w->target);
}

/* The JSON line that the program prints when it only holds on. */
static json_t *read_truth(struct walked *w)
{
	json_t *truth;

	assert_true(go_target_go(&w->target));
	truth = json_loadf(w->target.out, JSON_DISABLE_EOF_CHECK, NULL);
	assert_non_null(truth);
	return truth;
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	assert_non_null(text);
	return text;
}

static uint64_t address_of(const json_t *object)
{
	return strtoull(text_of(object, "channel"), NULL, 16);
}

static bool stack_has(const struct walked *w, uint64_t id, const char *function)
{
	const struct known_stack *s = find_stack(w, id);

	for (uint32_t i = 0; s && i < s->nr; i++) {
		struct go_frame frames[GO_MAX_INLINE_DEPTH];
		size_t n = pclntab__frames(w->bin->pclntab, s->pcs[i] - w->bias - (i > 0), frames, GO_MAX_INLINE_DEPTH);

		for (size_t f = 0; f < n; f++)
			if (!strcmp(frames[f].function, function))
				return true;
	}
	return false;
}

static uint8_t kind_of(const char *reason)
{
	return strncmp(reason, "chan send", 9) == 0	  ? CS_PARK_SEND
	       : strncmp(reason, "chan receive", 12) == 0 ? CS_PARK_RECV
							  : CS_PARK_SELECT;
}

static const struct cs_event *find_park(const struct walked *w, uint64_t goid)
{
	const struct cs_event *found = NULL;

	for (size_t i = 0; i < w->nr_events; i++) {
		if (w->events[i].goid != goid || w->events[i].kind == CS_SELECT_CASE)
			continue;
		assert_null(found); /* reported once */
		found = &w->events[i];
	}
	return found;
}

static void check_cases(const struct cs_event *park, const json_t *cases)
{
	size_t i;
	json_t *one;

	assert_int_equal(park->aux, json_array_size(cases));
	json_array_foreach(cases, i, one)
	{
		bool is_send = !strcmp(text_of(one, "direction"), "send"), found = false;

		for (size_t c = 1; c <= park->aux; c++) {
			const struct cs_event *e = &park[c];

			assert_int_equal(e->kind, CS_SELECT_CASE);
			assert_int_equal(e->goid, park->goid);
			assert_int_equal(e->flags & ~CS_F_DIR_SEND, CS_F_WALKED);
			assert_int_equal(e->select_case, CS_NO_CASE);
			assert_int_equal(e->elem_size, 8);
			assert_int_not_equal(e->aux, 0);
			found = found || (e->chan == address_of(one) && !!(e->flags & CS_F_DIR_SEND) == is_send);
		}
		assert_true(found);
	}
}

static void check_leak(const struct walked *w, const json_t *leak)
{
	uint64_t goid = (uint64_t)json_integer_value(json_object_get(leak, "goroutine"));
	const struct cs_event *park = find_park(w, goid);
	const char *function = text_of(leak, "function");
	uint8_t kind = kind_of(text_of(leak, "kind"));

	if (!park) {
		fail_msg("%s, goroutine %" PRIu64 ": not found", function, goid);
		return;
	}
	assert_int_equal(park->kind, kind);
	assert_int_equal(park->flags, CS_F_WALKED);
	assert_int_equal(park->pid, w->process.pid);
	assert_int_equal(park->site, CS_NO_SITE);
	if (!stack_has(w, park->stack, function))
		fail_msg("goroutine %" PRIu64 ": no %s in its stack", goid, function);
	assert_true(stack_has(w, park->stack, "runtime.goexit"));
	if (kind == CS_PARK_SELECT) {
		check_cases(park, json_object_get(leak, "cases"));
		return;
	}
	assert_int_equal(park->chan, address_of(leak));
	assert_int_equal(park->len, json_integer_value(json_object_get(leak, "length")));
	assert_int_equal(park->cap, json_integer_value(json_object_get(leak, "capacity")));
	assert_int_equal(park->elem_size, park->chan ? 8 : 0);
	assert_int_equal(park->aux != 0, park->chan != 0);
}

static void check_release(const char *toolchain, const char *form)
{
	static struct walked w;
	char none[] = "0";
	json_t *truth, *leaks, *leak;
	size_t i;

	if (!start(&w, toolchain, form, none)) {
		print_message("skipped: no toolchain %s\n", toolchain);
		skip();
		return;
	}
	truth = read_truth(&w);
	leaks = json_object_get(truth, "still_blocked");
	assert_true(json_array_size(leaks) > 20);
	/* the leaks, and the main goroutine as soon as it waits for SIGTERM */
	walk_until(&w, json_array_size(leaks) + 1);
	assert_int_equal(w.stats.unread, 0);
	assert_int_equal(w.stats.stacks_unread, 0);
	assert_int_equal(w.stats.stacks_truncated, 0);
	assert_int_equal(w.stats.select_cases_lost, 0);
	assert_true(w.stats.seen > w.stats.parked);
	json_array_foreach(leaks, i, leak) check_leak(&w, leak);
	/* package os/signal's goroutine or the finalizer's may be parked too */
	assert_in_range(w.stats.parked, json_array_size(leaks) + 1, json_array_size(leaks) + 4);

	walk(&w, 3);
	assert_int_equal(w.stats.stacks_truncated, w.stats.parked);
	for (i = 0; i < w.nr_stacks; i++)
		assert_int_equal(w.stacks[i].nr, 3);
	walk(&w, 0);
	assert_int_equal(w.nr_stacks, 0);
	for (i = 0; i < w.nr_events; i++) {
		assert_int_equal(w.events[i].stack, 0);
		assert_int_equal(w.events[i].flags & CS_F_NO_STACK, 0);
	}
	json_decref(truth);
	stop(&w);
}

#define RELEASE(name, toolchain, form)          \
	static void name(void **state)          \
	{                                       \
		(void)state;                    \
		check_release(toolchain, form); \
	}

RELEASE(finds_the_parked_1_17, "go1.17.13", "plain")
RELEASE(finds_the_parked_1_19_stripped, "debian", "stripped")
RELEASE(finds_the_parked_1_19_pie, "debian", "pie")
RELEASE(finds_the_parked_1_22, "go1.22.12", "plain")
RELEASE(finds_the_parked_1_24, "go1.24.9", "stripped")
RELEASE(finds_the_parked_1_25, "go1.25.4", "pie-stripped")
RELEASE(finds_the_parked_1_26, "go1.26.8", "plain")
RELEASE(finds_the_parked_1_27_stripped, "go1.27.0", "stripped")
RELEASE(finds_the_parked_1_27_pie, "go1.27.0", "pie")

static double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void walks_a_crowd_quickly(void **state)
{
	static struct walked w;
	char crowd[] = "100000";
	double best_s = 1e9;

	(void)state;
	if (!start(&w, "debian", "plain", crowd)) {
		print_message("skipped: no Go toolchain\n");
		skip();
		return;
	}
	walk_until(&w, 100000);
	for (int i = 0; i < 5; i++) {
		double start_s = now_s();

		walk(&w, CS_MAX_STACK_DEPTH);
		if (now_s() - start_s < best_s)
			best_s = now_s() - start_s;
	}
	print_message("# 100,000 goroutines with stacks in %.3f s\n", best_s);
	assert_in_range(w.stats.parked, 100000, 100100);
	assert_int_equal(w.stats.unread, 0);
	assert_true(best_s < 3); /* sanitizers and a loaded machine included */
	stop(&w);
}

static void tells_that_the_process_is_gone(void **state)
{
	static struct walked w;
	char none[] = "0";
	struct feed feed = { .ops = &ops, .ctx = &w };
	struct gwalk_target target;
	struct gwalk_stats stats = { 0 };
	struct diag d = { 0 };

	(void)state;
	if (!start(&w, "debian", "plain", none)) {
		print_message("skipped: no Go toolchain\n");
		skip();
		return;
	}
	target = (struct gwalk_target){ &w.process, w.bin, w.bias, 10 };
	go_target_kill(&w.target);
	assert_int_equal(gwalk(&target, &feed, &stats, &d), -ESRCH);
	assert_int_equal(d.status, EXIT_FAILED);
	assert_non_null(strstr(d.what, "ended"));
	gobinary__close(w.bin);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_parked_1_17),	  cmocka_unit_test(finds_the_parked_1_19_stripped),
		cmocka_unit_test(finds_the_parked_1_19_pie),	  cmocka_unit_test(finds_the_parked_1_22),
		cmocka_unit_test(finds_the_parked_1_24),	  cmocka_unit_test(finds_the_parked_1_25),
		cmocka_unit_test(finds_the_parked_1_26),	  cmocka_unit_test(finds_the_parked_1_27_stripped),
		cmocka_unit_test(finds_the_parked_1_27_pie),	  cmocka_unit_test(walks_a_crowd_quickly),
		cmocka_unit_test(tells_that_the_process_is_gone),
	};

	return cmocka_run_group_tests_name("gwalk", tests, NULL, NULL);
}
