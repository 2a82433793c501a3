/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Real Go programs for unit tests, built by tests/programs/build.sh when a test wants them: by the distribution's go
 * and by the go on the path, and by every release that CHANSCOPE_TEST_TOOLCHAINS names ("go1.23.12 go1.27.0").
 */
#ifndef CHANSCOPE_TESTS_GOSAMPLE_H
#define CHANSCOPE_TESTS_GOSAMPLE_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define GOSAMPLE_MAX 64

struct gosample {
	char toolchain[32];
	const char *form;
	char name[64]; /* of the test */
	char path[4096];
};

/* Builds program as s says and fills s->path; skips the running test, with the reason shown, if that can't be done
 * here. */
static inline void gosample_build(struct gosample *s, const char *program)
{
	const char *out = getenv("O") ? getenv("O") : "build";
	char cmd[4096];
	FILE *f;
	int status;

	snprintf(cmd, sizeof(cmd), "tests/programs/build.sh %s %s %s %s/samples", program, s->toolchain, s->form, out);
	f = popen(cmd, "r");
	assert_non_null(f);
	if (!fgets(s->path, sizeof(s->path), f))
		s->path[0] = 0;
	status = pclose(f);
	s->path[strcspn(s->path, "\n")] = 0;
	if (status == 77 << 8)
		skip();
	if (status)
		fail_msg("%s: status 0x%x", cmd, (unsigned int)status);
}

/* Every toolchain in every one of the forms; returns their number. */
static inline size_t gosample_list(struct gosample *ret, const char *const *forms, size_t nr_forms)
{
	const char *more = getenv("CHANSCOPE_TEST_TOOLCHAINS");
	char all[1024], *save = NULL;
	size_t n = 0;

	snprintf(all, sizeof(all), "debian local %s", more ? more : "");
	for (char *tc = strtok_r(all, " ", &save); tc; tc = strtok_r(NULL, " ", &save))
		for (size_t i = 0; i < nr_forms && n < GOSAMPLE_MAX; i++, n++) {
			snprintf(ret[n].toolchain, sizeof(ret[n].toolchain), "%s", tc);
			ret[n].form = forms[i];
			snprintf(ret[n].name, sizeof(ret[n].name), "%s, %s", tc, forms[i]);
		}
	return n;
}

/* One test per sample, then those of more[]; what main returns. */
static inline int gosample_run(const char *group, struct gosample *samples, size_t nr, CMUnitTestFunction fn,
			       const struct CMUnitTest *more, size_t nr_more)
{
	struct CMUnitTest tests[2 * GOSAMPLE_MAX] = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < nr; i++)
		tests[n++] = (struct CMUnitTest){ samples[i].name, fn, NULL, NULL, &samples[i] };
	for (size_t i = 0; i < nr_more && n < 2 * GOSAMPLE_MAX; i++)
		tests[n++] = more[i];
	return _cmocka_run_group_tests(group, tests, n, NULL, NULL);
}

/* What the program frames prints about itself; the caller closes it by pclose. */
static inline FILE *gosample_truth(const struct gosample *s, const char *arguments)
{
	char cmd[5000];
	FILE *f;

	snprintf(cmd, sizeof(cmd), "%s %s", s->path, arguments);
	f = popen(cmd, "r");
	assert_non_null(f);
	return f;
}

#endif
