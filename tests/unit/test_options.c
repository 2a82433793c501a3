// SPDX-License-Identifier: Apache-2.0
/* The command line: what each command takes, and that every wrong one is refused with exit status 2. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/option_table.h"
#include "cli/options.h"
#include "sink/event_sink.h"

#define MAX_ARGS 24

static int parse(const char *line, struct settings *set, struct diag *d)
{
	static char words[512]; /* settings borrow from it */
	char *argv[MAX_ARGS + 1] = { NULL };
	char *rest = words;
	int argc = 0;

	snprintf(words, sizeof(words), "%s", line);
	for (char *w; argc < MAX_ARGS && (w = strsep(&rest, " "));)
		argv[argc++] = w;
	*d = (struct diag){ 0 };
	return options_parse(command_find(argv[0]), argc, argv, set, d);
}

static void test_values_reach_their_fields(void **state)
{
	struct settings set;
	struct diag d;

	(void)state;
	assert_int_equal(parse("report -p 1,2 --pid 3 -d 250ms --mode wait --group site --sort length --json -o x -vv",
			       &set, &d),
			 0);
	assert_int_equal(set.pids.nr, 3);
	assert_int_equal(set.duration_ns, 250000000);
	assert_int_equal(set.mode, CAPTURE_WAIT);
	assert_int_equal(set.group, GROUP_SITE);
	assert_int_equal(set.sort, SORT_LENGTH);
	assert_true(set.json);
	assert_string_equal(set.output, "x");
	assert_int_equal(set.verbose, 2);
	assert_int_equal(parse("flame -p 1 --weight queue --svg", &set, &d), 0);
	assert_int_equal(set.weight, WEIGHT_QUEUE);
	assert_int_equal(set.mode, -1);
	assert_int_equal(parse("trace -p 1 --attach perf --buffer 1M --stack-depth 3", &set, &d), 0);
	assert_int_equal(set.method, ATTACH_PERF);
	assert_int_equal(set.ring_bytes, 1 << 20);
	assert_int_equal(set.stack_depth, 3);
	assert_int_equal(parse("report -i x.data --json --sort made", &set, &d), 0);
	assert_string_equal(set.input, "x.data");
	assert_null(set.live_option);
	assert_int_equal(parse("trace -p 1 --record y.data", &set, &d), 0);
	assert_string_equal(set.record, "y.data");
	assert_string_equal(set.live_option, "record");
	assert_int_equal(parse("record -p 1 -o z.data -d 1s", &set, &d), 0);
	assert_string_equal(set.output, "z.data");
	assert_int_equal(parse("plan ./binary", &set, &d), 0);
	assert_string_equal(set.path, "./binary");
}

static void test_wrong_usage_is_status_2(void **state)
{
	static const char *const lines[] = {
		"report --nonsense",
		"report -p",
		"report -p x",
		"report -p 1 extra",
		"report -p 1 -d 0",
		"report --weight wait",
		"trace --svg",
		"flame --json -p 1",
		"flame --weight weight",
		"report --mode both",
		"plan a b",
		"report -Z",
		"report --buffer 1",
		"report --buffer 3G",
		"trace --stack-depth 0",
		"trace --stack-depth 128",
		"report --log x",
		"report --log cli:loud",
		"report -p 1 -o ",
		"trace -p 0",
		"report -i x -p 1",
		"report -d 5s -i x",
		"flame -i x --mode wait",
		"trace -i x --record y",
		"script -i x --dry-run",
		"record -i x",
		"record -p 1 --record x",
		"plan -i x",
		"report -i",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct settings set;
		struct diag d;

		if (!parse(lines[i], &set, &d))
			fail_msg("`%s` was taken", lines[i]);
		assert_int_equal(d.status, EXIT_USAGE);
		assert_true(d.what[0] && d.hint[0]);
	}
}

/* Enums that choices index into: a name in the table and its constant stand at one place. */
static void test_choices_match_their_enums(void **state)
{
	static const struct {
		const char *line;
		size_t offset;
		int value;
	} cases[] = {
		{ "report --sort made -p 1", offsetof(struct settings, sort), SORT_MADE },
		{ "report --sort worst -p 1", offsetof(struct settings, sort), SORT_WORST },
		{ "report --sort saturation -p 1", offsetof(struct settings, sort), SORT_SATURATION },
		{ "flame --weight ops -p 1", offsetof(struct settings, weight), WEIGHT_OPS },
		{ "flame --mode all -p 1", offsetof(struct settings, mode), CAPTURE_ALL },
		{ "script --events ops -p 1", offsetof(struct settings, script_events), SCRIPT_OPS },
		{ "export --to pprof -p 1", offsetof(struct settings, export_to), EXPORT_PPROF },
		{ "export --to dot -p 1", offsetof(struct settings, export_to), EXPORT_DOT },
		{ "export --to jsonl -p 1", offsetof(struct settings, export_to), EXPORT_JSONL },
		{ "export --to perfetto -p 1", offsetof(struct settings, export_to), EXPORT_PERFETTO },
		{ "report --attach multi -p 1", offsetof(struct settings, method), ATTACH_MULTI },
		{ "report --attach auto -p 1", offsetof(struct settings, method), ATTACH_AUTO },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct settings set;
		struct diag d;

		assert_int_equal(parse(cases[i].line, &set, &d), 0);
		assert_int_equal(*(const int *)((const char *)&set + cases[i].offset), cases[i].value);
	}
}

static char *help_of(void (*write)(FILE *out, const struct command *cmd), const struct command *cmd)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	assert_non_null(f);
	write(f, cmd);
	fclose(f);
	return text;
}

static void test_help_names_every_option_in_80_columns(void **state)
{
	(void)state;
	for (const struct command *cmd = commands; cmd->name; cmd++) {
		char *text = help_of(help_command, cmd), *rest = text;

		for (int i = 0; option_table[i].name; i++) {
			char name[64];

			snprintf(name, sizeof(name), "--%s ", option_table[i].name);
			assert_int_equal(strstr(text, name) != NULL, (option_table[i].commands & cmd->bit) != 0);
		}
		for (char *line; (line = strsep(&rest, "\n"));)
			assert_true(strlen(line) <= 80);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values_reach_their_fields),
		cmocka_unit_test(test_wrong_usage_is_status_2),
		cmocka_unit_test(test_choices_match_their_enums),
		cmocka_unit_test(test_help_names_every_option_in_80_columns),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
