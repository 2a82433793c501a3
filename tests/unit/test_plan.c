// SPDX-License-Identifier: Apache-2.0
/*
 * Plans of real programs, against a truth that has nothing to do with disassembly: the line of Go source that each
 * site was compiled from, read in the toolchain's own runtime.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "unit/gosample.h"
#include "unit/mutant.h"

#include "gobin/plan.h"

#define PROGRAM "truth" /* uses every channel operation, by reflection too; but no select without cases */
#define MAX_LINES 4096

/*
 * How many sites a meaning has, and what the source says there: on the site's line or within the next `below` lines
 * stands `text`; going up from it, the first label is `label`.
 */
static const struct expected {
	uint8_t meaning;
	const char *function;
	unsigned int nr;
	const char *text;
	unsigned int below;
	const char *label;
} expected[] = {
	{ CS_SITE_MAKE, "runtime.makechan", 1, "c.elemtype = elem", 0, NULL },
	{ CS_SITE_SEND_BUFFERED, "runtime.chansend", 1, "return true", 1, NULL },
	{ CS_SITE_SEND_DIRECT, "runtime.chansend", 1, "send(c, sg, ep", 0, NULL },
	{ CS_SITE_SEND_FAILED, "runtime.chansend", 3, "return false", 1, NULL },
	{ CS_SITE_SEND_PANIC, "runtime.chansend", 1, "panic(plainError(\"send on closed channel\"))", 1, NULL },
	{ CS_SITE_PARK_SEND, "runtime.chansend", 2, "gopark(", 0, NULL },
	{ CS_SITE_WAKE_SEND, "runtime.chansend", 1, "releaseSudog(mysg)", 0, NULL },
	{ CS_SITE_RECV_BUFFERED, "runtime.chanrecv", 1, "return true, true", 1, NULL },
	{ CS_SITE_RECV_DIRECT, "runtime.chanrecv", 1, "recv(c, sg, ep", 0, NULL },
	{ CS_SITE_RECV_FAILED, "runtime.chanrecv", 3, "return", 8, NULL },
	{ CS_SITE_RECV_CLOSED, "runtime.chanrecv", 2, "return true, false", 9, NULL },
	{ CS_SITE_PARK_RECV, "runtime.chanrecv", 2, "gopark(", 0, NULL },
	{ CS_SITE_WAKE_RECV, "runtime.chanrecv", 1, "releaseSudog(mysg)", 0, NULL },
	{ CS_SITE_CLOSE, "runtime.closechan", 1, "Ready all Gs", 2, NULL },
	{ CS_SITE_CLOSE_PANIC, "runtime.closechan", 2, "panic(plainError(\"close of ", 1, NULL },
	{ CS_SITE_PARK_SELECT, "runtime.selectgo", 1, "gopark(selparkcommit", 0, NULL },
	{ CS_SITE_SELECT_SEND_BUFFERED, "runtime.selectgo", 1, "selunlock(", 0, "bufsend:" },
	{ CS_SITE_SELECT_RECV_BUFFERED, "runtime.selectgo", 1, "selunlock(", 0, "bufrecv:" },
	{ CS_SITE_SELECT_RECV_CLOSED, "runtime.selectgo", 1, "selunlock(", 0, "rclose:" },
	{ CS_SITE_SELECT_SEND_DIRECT, "runtime.selectgo", 1, "send(c, sg", 0, "send:" },
	{ CS_SITE_SELECT_RECV_DIRECT, "runtime.selectgo", 1, "recv(c, sg", 0, "recv:" },
	{ CS_SITE_SELECT_SEND_PANIC, "runtime.selectgo", 1, "selunlock(", 0, "sclose:" },
	{ CS_SITE_SELECT_WOKEN, "runtime.selectgo", 1, "goto retc", 1, NULL },
	{ CS_SITE_SELECT_DEFAULT, "runtime.selectgo", 1, "casi = -1", 1, NULL },
};

#define NR_EXPECTED (sizeof(expected) / sizeof(expected[0]))

struct source {
	char *lines[MAX_LINES];
	size_t nr;
};

static bool source_load(struct source *s, const char *path)
{
	FILE *f = fopen(path, "r");
	size_t cap = 0;

	s->nr = 0;
	if (!f)
		return false;
	while (s->nr < MAX_LINES) {
		s->lines[s->nr] = NULL;
		cap = 0;
		if (getline(&s->lines[s->nr], &cap, f) < 0) {
			free(s->lines[s->nr]);
			break;
		}
		s->nr++;
	}
	fclose(f);
	return true;
}

static void source_free(struct source *s)
{
	for (size_t i = 0; i < s->nr; i++)
		free(s->lines[i]);
	s->nr = 0;
}

static bool is_label(const char *line)
{
	size_t n = strcspn(line, ":");

	return line[n] == ':' && line[n + 1] == '\n' && n == strspn(line, "abcdefghijklmnopqrstuvwxyz");
}

static const char *line_at(const struct source *s, uint32_t nr)
{
	const char *line = nr && nr <= s->nr ? s->lines[nr - 1] : NULL;

	return line ? line : "";
}

static bool source_agrees(const struct source *s, uint32_t line, const struct expected *e)
{
	bool found = false;

	for (uint32_t i = line; i <= line + e->below && i <= s->nr; i++)
		found |= strstr(line_at(s, i), e->text) != NULL;
	for (uint32_t i = line; e->label && i > 0; i--)
		if (is_label(line_at(s, i)))
			return found && !strncmp(line_at(s, i), e->label, strlen(e->label));
	return found;
}

/* The line of the probed function itself at va: the outermost frame. */
static void check_source(const struct gobinary *bin, const struct plan_site *site, const struct expected *e)
{
	struct go_frame f[GO_MAX_INLINE_DEPTH + 1];
	size_t n = pclntab__frames(bin->pclntab, site->va, f, GO_MAX_INLINE_DEPTH + 1);
	struct source s = { 0 };

	assert_true(n > 0);
	if (!source_load(&s, f[n - 1].file)) {
		print_message("# no %s on this machine: source not compared\n", f[n - 1].file);
		skip();
	}
	assert_in_range(f[n - 1].line, 1, s.nr);
	if (!source_agrees(&s, f[n - 1].line, e))
		fail_msg("%s, %s at 0x%llx: the source at %s:%u says otherwise", bin->version.text,
			 site_meaning_name(site->site.meaning), (unsigned long long)site->va, f[n - 1].file,
			 f[n - 1].line);
	source_free(&s);
}

static const struct expected *expectation(uint8_t meaning)
{
	for (size_t i = 0; i < NR_EXPECTED; i++)
		if (expected[i].meaning == meaning)
			return &expected[i];
	return NULL;
}

static struct plan *plan_of(const char *path, struct gobinary **bin)
{
	struct diag d = { 0 };
	struct plan *p = NULL;

	if (gobinary__open(path, bin, &d) || plan__build(*bin, &p, &d))
		fail_msg("%s: %s", path, d.what);
	return p;
}

static void check_bytes(const struct gobinary *bin, const struct plan_site *s)
{
	const uint8_t *bytes = image__at(bin->image, s->va, s->insn_sz);
	uint64_t off;

	assert_non_null(bytes);
	assert_memory_equal(bytes, s->bytes, s->insn_sz);
	assert_true(image__text_offset(bin->image, s->va, &off));
	assert_int_equal(off, s->off);
	assert_int_equal(s->cost, COST_EMULATED);
	assert_true(s->insn[0]);
	assert_true(s->va > s->function_va);
}

/* Every site has what its meaning needs to make a record. */
static void check_values(const struct plan_site *s)
{
	uint8_t m = s->site.meaning;
	bool jump = s->insn[0] == 'j';

	if (m == CS_SITE_PARK_SELECT) {
		assert_int_not_equal(s->site.aux.kind, CS_LOC_NONE);
		assert_int_not_equal(s->site.extra.kind, CS_LOC_NONE);
	} else if (m < CS_SITE_SELECT_SEND_BUFFERED && m != CS_SITE_PARK_FOREVER) {
		assert_int_not_equal(s->site.chan.kind, CS_LOC_NONE);
	} else if (m > CS_SITE_PARK_FOREVER && m != CS_SITE_SELECT_DEFAULT) {
		assert_int_not_equal(s->site.aux.kind, CS_LOC_NONE);
		assert_int_not_equal(s->site.extra.kind, CS_LOC_NONE);
		if (m == CS_SITE_SELECT_SEND_PANIC)
			assert_int_not_equal(s->site.poll_order.kind, CS_LOC_NONE);
		else
			assert_int_equal(s->site.select_case.kind, CS_LOC_SLOT);
	}
	if (m == CS_SITE_SELECT_WOKEN)
		assert_int_equal(s->site.ok.kind, CS_LOC_SLOT);
	assert_int_equal(s->site.cond != CS_COND_NONE, jump && m != CS_SITE_MAKE);
}

static void plans_what_the_source_says(void **state)
{
	struct gosample *sample = *state;
	unsigned int nr_of[CS_NR_MEANINGS] = { 0 };
	struct gobinary *bin;
	struct plan *p;

	gosample_build(sample, PROGRAM);
	p = plan_of(sample->path, &bin);
	for (size_t i = 0; i < p->nr_sites; i++) {
		const struct plan_site *s = &p->sites[i];
		const struct expected *e = expectation(s->site.meaning);

		assert_true(i == 0 || p->sites[i - 1].va < s->va);
		check_bytes(bin, s);
		nr_of[s->site.meaning]++;
		if (s->site.meaning == CS_SITE_PARK_FOREVER)
			continue;
		assert_non_null(e);
		assert_string_equal(s->function, e->function);
		check_values(s);
		check_source(bin, s, e);
	}
	for (size_t i = 0; i < NR_EXPECTED; i++)
		if (nr_of[expected[i].meaning] != expected[i].nr)
			fail_msg("%s: %u sites mean %s, not %u", bin->version.text, nr_of[expected[i].meaning],
				 site_meaning_name(expected[i].meaning), expected[i].nr);
	plan__free(p);
	gobinary__close(bin);
}

static void one_trap_at_once_and_two_if_blocked(void **state)
{
	struct gosample sample = { .toolchain = "local", .form = "plain" };
	struct plan_traps t[32];
	struct gobinary *bin;
	struct plan *p;
	size_t nr;

	(void)state;
	gosample_build(&sample, PROGRAM);
	p = plan_of(sample.path, &bin);
	for (int mode = CAPTURE_ALL; mode <= CAPTURE_WAIT; mode++) {
		nr = plan__traps(p, (enum capture_mode)mode, t, 32);
		assert_true(nr > 10);
		for (size_t i = 0; i < nr; i++) {
			unsigned int want = strstr(t[i].operation, "blocked") ? 2 : mode == CAPTURE_ALL;

			assert_int_equal(t[i].emulated, want);
			assert_int_equal(t[i].single_step, 0);
			assert_int_equal(t[i].nop, 0);
		}
	}
	assert_int_equal(plan__traps(p, CAPTURE_ALL, t, 3), 3);
	plan__free(p);
	gobinary__close(bin);
}

/* Overwrites by nops what matches in a function; returns how often. */
static unsigned int blank(struct mutant *m, const struct gobinary *bin, const char *function, const uint8_t *pattern,
			  const uint8_t *mask, size_t n)
{
	struct go_func fn;
	uint64_t off;
	unsigned int nr = 0;

	assert_true(pclntab__func_named(bin->pclntab, function, &fn));
	assert_true(image__text_offset(bin->image, fn.entry, &off));
	for (uint8_t *p = m->data + off; p + n <= m->data + off + (fn.end - fn.entry); p++) {
		bool match = true;

		for (size_t i = 0; i < n; i++)
			match = match && (p[i] & mask[i]) == pattern[i];
		if (match)
			memset(p, 0x90, n);
		nr += match;
	}
	return nr;
}

/* A function that no longer does what its source does is refused, not planned as if it did. */
static void refuses_changed_code(void **state)
{
	static const struct {
		const char *function, *what, *reason;
		uint8_t pattern[4], mask[4];
		size_t n;
	} changes[] = {
		{ "runtime.chansend",
		  "inc (reg): the length is not counted",
		  "no outcome",
		  { 0x48, 0xff, 0x00 },
		  { 0xff, 0xff, 0xf8 },
		  3 },
		{ "runtime.chanrecv",
		  "dec (reg): the length is not counted",
		  "no outcome",
		  { 0x48, 0xff, 0x08 },
		  { 0xff, 0xff, 0xf8 },
		  3 },
		{ "runtime.selectgo",
		  "inc (reg), dec (reg): the length is not counted",
		  "selectgo",
		  { 0x48, 0xff, 0x00 },
		  { 0xff, 0xff, 0xf0 },
		  3 },
		{ "runtime.closechan",
		  "add $lock,%rax: the lock is elsewhere",
		  "lock of the channel",
		  { 0x48, 0x83, 0xc0 },
		  { 0xff, 0xff, 0xff },
		  4 },
		{ "runtime.chansend",
		  "test %al,%al …: the nil check",
		  "chansend",
		  { 0x48, 0x85, 0xc0 },
		  { 0xff, 0xff, 0xff },
		  3 },
	};
	struct gosample sample = { .toolchain = "local", .form = "plain" };
	struct gobinary *bin;

	(void)state;
	gosample_build(&sample, PROGRAM);
	plan__free(plan_of(sample.path, &bin));
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		struct gobinary *changed;
		struct plan *p = NULL;
		struct diag d = { 0 };
		struct mutant m;

		mutant_load(&m, sample.path);
		if (!blank(&m, bin, changes[i].function, changes[i].pattern, changes[i].mask, changes[i].n))
			fail_msg("%s has no %s", changes[i].function, changes[i].what);
		mutant_write(&m, m.size);
		assert_int_equal(gobinary__open(m.path, &changed, &d), 0);
		if (!plan__build(changed, &p, &d))
			fail_msg("planned in spite of: %s", changes[i].what);
		assert_null(p);
		if (!strstr(d.what, changes[i].reason) || !strstr(d.what, changes[i].function))
			fail_msg("%s: '%s'", changes[i].what, d.what);
		gobinary__close(changed);
		mutant_free(&m);
	}
	gobinary__close(bin);
}

static void names_locations(void **state)
{
	static const struct {
		struct cs_loc loc;
		const char *text;
	} locs[] = {
		{ { 0 }, "" },
		{ { .kind = CS_LOC_CONST, .disp = -1 }, "-1" },
		{ { .kind = CS_LOC_REG, .reg = CS_RAX }, "rax" },
		{ { .kind = CS_LOC_REG, .reg = CS_R10, .disp = -104 }, "r10-104" },
		{ { .kind = CS_LOC_SLOT, .reg = CS_RBP, .disp = 16 }, "[rbp+16]" },
		{ { .kind = CS_LOC_SLOT, .reg = CS_RBP, .disp = -32, .add = -104 }, "[rbp-32]-104" },
	};
	char buf[32];

	(void)state;
	for (size_t i = 0; i < sizeof(locs) / sizeof(locs[0]); i++) {
		loc_text(&locs[i].loc, buf, sizeof(buf));
		assert_string_equal(buf, locs[i].text);
	}
	for (unsigned int m = CS_SITE_MAKE; m < CS_NR_MEANINGS; m++) {
		assert_string_not_equal(site_meaning_name((enum cs_meaning)m), "unknown");
		assert_string_not_equal(site_meaning_text((enum cs_meaning)m), "unknown");
		for (unsigned int k = CS_SITE_MAKE; k < m; k++)
			assert_string_not_equal(site_meaning_name((enum cs_meaning)m),
						site_meaning_name((enum cs_meaning)k));
	}
	assert_string_equal(site_meaning_name((enum cs_meaning)CS_NR_MEANINGS), "unknown");
}

int main(void)
{
	static const char *const forms[] = { "plain", "stripped", "pie" };
	static struct gosample samples[GOSAMPLE_MAX];
	const struct CMUnitTest more[] = {
		cmocka_unit_test(one_trap_at_once_and_two_if_blocked),
		cmocka_unit_test(refuses_changed_code),
		cmocka_unit_test(names_locations),
	};
	size_t nr = gosample_list(samples, forms, 3);

	return gosample_run("plan", samples, nr, plans_what_the_source_says, more, sizeof(more) / sizeof(more[0]));
}
