// SPDX-License-Identifier: Apache-2.0
/* Owns the option table and its parser. Given argv, fills struct settings; prints nothing (help.c does). */
#include "cli/options.h"

#include "cli/option_table.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "base/log.h"

const struct option_def option_table[] = {
	{ .name = "pid",
	  .letter = 'p',
	  .arg = "PID[,PID...]",
	  .type = OPT_PIDS,
	  FIELD(pids),
	  .commands = CMD_ANY,
	  .live = true,
	  .help = "the running Go process to look at; several by commas or by repeating" },
	{ .name = "input",
	  .letter = 'i',
	  .arg = "FILE",
	  .type = OPT_STRING,
	  FIELD(input),
	  .commands = CMD_EVENTS,
	  .help = "read a recording in place of a live target; without either: chanscope.data, if it is there" },
	{ .name = "record",
	  .arg = "FILE",
	  .type = OPT_STRING,
	  FIELD(record),
	  .commands = CMD_EVENTS,
	  .live = true,
	  .help = "keep what the result is made of, to read it again with -i FILE" },
	{ .name = "duration",
	  .letter = 'd',
	  .arg = "TIME",
	  .type = OPT_DURATION,
	  FIELD(duration_ns),
	  .commands = CMD_LIVE,
	  .live = true,
	  .help = "stop after this long (5s, 500ms, 2m); else Ctrl-C, or the end of the target" },
	{ .name = "mode",
	  .arg = "MODE",
	  .type = OPT_CHOICE,
	  FIELD(mode),
	  .commands = CMD_ANY,
	  .choices = (const char *const[]){ "all", "wait", NULL },
	  .live = true,
	  .help = "all: every operation; wait: only parking and waking, so that an operation which does not "
		  "block costs nothing" },
	{ .name = "sort",
	  .arg = "KEY",
	  .type = OPT_CHOICE,
	  FIELD(sort),
	  .commands = CMD_REPORT,
	  .choices =
		  (const char *const[]){ "worst", "sends", "receives", "wait", "length", "saturation", "made", NULL },
	  .help = "order of the rows, largest first" },
	{ .name = "group",
	  .arg = "BY",
	  .type = OPT_CHOICE,
	  FIELD(group),
	  .commands = CMD_REPORT,
	  .choices = (const char *const[]){ "auto", "channel", "site", NULL },
	  .help = "one row per channel, or per creation site; auto: per site if there are too many channels" },
	{ .name = "rows",
	  .arg = "N",
	  .type = OPT_UINT,
	  FIELD(max_rows),
	  .min = 1,
	  .max = 1000000000,
	  .commands = CMD_REPORT,
	  .help = "show at most this many rows (the table: 40)" },
	{ .name = "weight",
	  .arg = "WHAT",
	  .type = OPT_CHOICE,
	  FIELD(weight),
	  .commands = CMD_FLAME,
	  .choices = (const char *const[]){ "wait", "ops", "queue", NULL },
	  .help = "width of a frame: time blocked, number of operations, or time that values lay in the buffer" },
	{ .name = "to",
	  .arg = "FORMAT",
	  .type = OPT_CHOICE,
	  FIELD(export_to),
	  .commands = CMD_EXPORT,
	  .choices = (const char *const[]){ "pprof", "dot", "jsonl", "perfetto", NULL },
	  .help = "pprof: a profile for `go tool pprof`; dot: the data flow as a graph for graphviz; jsonl: every "
		  "event "
		  "as a line of JSON; perfetto: a trace for ui.perfetto.dev" },
	{ .name = "events",
	  .arg = "WHICH",
	  .type = OPT_CHOICE,
	  FIELD(script_events),
	  .commands = CMD_SCRIPT,
	  .choices = (const char *const[]){ "all", "waits", "ops", NULL },
	  .help = "waits: one record (chan-wait) for each time that a goroutine was parked, its period in ns; ops: one "
		  "for each operation; most readers take only the first event that they find" },
	{ .name = "diff",
	  .arg = "OLD",
	  .type = OPT_STRING,
	  FIELD(diff),
	  .commands = CMD_FLAME,
	  .help = "compare with another run, a recording or folded stacks: what has grown since is red, what has "
		  "shrunk blue; without --svg both values of each stack" },
	{ .name = "svg",
	  .type = OPT_FLAG,
	  FIELD(svg),
	  .commands = CMD_FLAME | CMD_EXPORT,
	  .help = "a picture to open in a browser: flame draws its stacks, export the graph of its format dot" },
	{ .name = "json",
	  .type = OPT_FLAG,
	  FIELD(json),
	  .commands = CMD_PLAN | CMD_TRACE | CMD_REPORT,
	  .help = "machine-readable output" },
	{ .name = "output",
	  .letter = 'o',
	  .arg = "FILE",
	  .type = OPT_STRING,
	  FIELD(output),
	  .commands = CMD_ANY,
	  .help = "write to FILE in place of standard output (record: of chanscope.data)" },
	{ .name = "buffer",
	  .arg = "SIZE",
	  .type = OPT_SIZE,
	  FIELD(ring_bytes),
	  .min = 4096,
	  .max = 1ull << 31,
	  .commands = CMD_LIVE,
	  .live = true,
	  .help = "ring buffer between kernel and tool (default 32M)" },
	{ .name = "stack-depth",
	  .arg = "N",
	  .type = OPT_UINT,
	  FIELD(stack_depth),
	  .min = 1,
	  .max = CS_MAX_STACK_DEPTH,
	  .commands = CMD_LIVE,
	  .live = true,
	  .help = "frames kept of a stack (default 64)" },
	{ .name = "attach",
	  .arg = "HOW",
	  .type = OPT_CHOICE,
	  FIELD(method),
	  .commands = CMD_LIVE,
	  .choices = (const char *const[]){ "auto", "multi", "perf", NULL },
	  .live = true,
	  .help = "how to place the probes: uprobe_multi link (kernel 6.6), perf events (5.15), or what works" },
	{ .name = "dry-run",
	  .type = OPT_FLAG,
	  FIELD(dry_run),
	  .commands = CMD_LIVE,
	  .live = true,
	  .help = "print the plan for the target and attach nothing" },
	{ .name = "verbose",
	  .letter = 'v',
	  .type = OPT_COUNT,
	  FIELD(verbose),
	  .commands = CMD_ANY,
	  .help = "say what is done; twice: in detail" },
	{ .name = "log",
	  .arg = "AREA:LEVEL",
	  .type = OPT_LOG,
	  .commands = CMD_ANY,
	  .help = "log one area at one level, as in attach:debug" },
	{ .name = "help", .letter = 'h', .type = OPT_FLAG, FIELD(help), .commands = CMD_ANY, .help = "this text" },
	{ .name = NULL },
};

const struct option_def *option_of(size_t offset)
{
	const struct option_def *o = option_table;

	while (o->name && (o->offset != offset || o->type == OPT_LOG))
		o++;
	return o;
}

/* getopt_long() wants its own tables: index i of option_table becomes value OPT_BASE + i. */
#define OPT_BASE 256
#define MAX_OPTIONS 64

struct getopt_tables {
	struct option longs[MAX_OPTIONS];
	char shorts[2 + 2 * MAX_OPTIONS];
};

static void make_getopt_tables(const struct command *cmd, struct getopt_tables *t)
{
	size_t nr_long = 0, nr_short = 0;

	memset(t, 0, sizeof(*t));
	t->shorts[nr_short++] = ':'; /* tells a missing argument apart from an unknown option */
	for (int i = 0; option_table[i].name; i++) {
		const struct option_def *def = &option_table[i];

		if (!(def->commands & cmd->bit))
			continue;
		t->longs[nr_long++] =
			(struct option){ def->name, def->arg ? required_argument : no_argument, NULL, OPT_BASE + i };
		if (!def->letter)
			continue;
		t->shorts[nr_short++] = def->letter;
		if (def->arg)
			t->shorts[nr_short++] = ':';
	}
}

static const struct option_def *def_of(int value)
{
	if (value >= OPT_BASE)
		return &option_table[value - OPT_BASE];
	for (int i = 0; option_table[i].name; i++)
		if (option_table[i].letter == value)
			return &option_table[i];
	return NULL;
}

static int parse_choice(const struct option_def *def, const char *arg, int *ret)
{
	for (int i = 0; def->choices[i]; i++) {
		if (!strcmp(arg, def->choices[i])) {
			*ret = i;
			return 0;
		}
	}
	return -EINVAL;
}

static int parse_value(const struct option_def *def, const char *arg, struct settings *set)
{
	void *field = (char *)set + def->offset;
	uint64_t v;
	int err;

	switch (def->type) {
	case OPT_FLAG:
		*(bool *)field = true;
		return 0;
	case OPT_COUNT:
		++*(unsigned int *)field;
		return 0;
	case OPT_STRING:
		*(const char **)field = arg;
		return *arg ? 0 : -EINVAL;
	case OPT_PIDS:
		return value_pids(arg, field);
	case OPT_DURATION:
		return value_duration(arg, field);
	case OPT_UINT:
		return value_uint(arg, def->min, def->max, field);
	case OPT_SIZE:
		err = value_size(arg, &v);
		if (err || v < def->min || v > def->max)
			return -EINVAL;
		*(uint64_t *)field = v;
		return 0;
	case OPT_CHOICE:
		return parse_choice(def, arg, field);
	case OPT_LOG:
		return log_parse(arg);
	}
	return -EINVAL;
}

static int usage_fail(const struct command *cmd, struct diag *d)
{
	diag_hint(d, "`chanscope %s --help` lists its options.", cmd->name);
	return -EINVAL;
}

static int bad_value(const struct command *cmd, const struct option_def *def, const char *arg, struct diag *d)
{
	diag_fail_status(d, EXIT_USAGE, -EINVAL, "--%s: `%s` is no valid %s", def->name, arg, def->arg);
	if (def->choices) {
		char names[256] = "";

		for (int i = 0; def->choices[i]; i++) {
			strncat(names, i ? ", " : "", sizeof(names) - strlen(names) - 1);
			strncat(names, def->choices[i], sizeof(names) - strlen(names) - 1);
		}
		diag_hint(d, "It is one of: %s.", names);
	}
	return usage_fail(cmd, d);
}

static int parse_positional(const struct command *cmd, int argc, char **argv, struct settings *set, struct diag *d)
{
	if (optind == argc)
		return 0;
	if (cmd->bit == CMD_PLAN && !set->path) {
		set->path = argv[optind++];
		if (optind == argc)
			return 0;
	}
	diag_fail_status(d, EXIT_USAGE, -EINVAL, "%s: unexpected argument `%s`", cmd->name, argv[optind]);
	return usage_fail(cmd, d);
}

int options_parse(const struct command *cmd, int argc, char **argv, struct settings *ret, struct diag *d)
{
	struct getopt_tables tables;
	int c;

	*ret = (struct settings){ .mode = -1, .export_to = -1 };
	make_getopt_tables(cmd, &tables);
	opterr = 0;
	optind = 0; /* glibc: start afresh */
	while ((c = getopt_long(argc, argv, tables.shorts, tables.longs, NULL)) != -1) {
		const struct option_def *def = c == '?' || c == ':' ? NULL : def_of(c);

		if (c == ':') {
			diag_fail_status(d, EXIT_USAGE, -EINVAL, "%s: option `%s` needs an argument", cmd->name,
					 argv[optind - 1]);
			return usage_fail(cmd, d);
		}
		if (!def) {
			diag_fail_status(d, EXIT_USAGE, -EINVAL, "%s: unknown option `%s`", cmd->name,
					 argv[optind - 1]);
			return usage_fail(cmd, d);
		}
		if (parse_value(def, optarg ? optarg : "", ret))
			return bad_value(cmd, def, optarg ? optarg : "", d);
		if (def->live)
			ret->live_option = def->name;
	}
	if (ret->input && ret->live_option) {
		diag_fail_status(d, EXIT_USAGE, -EINVAL, "%s: --%s is for live targets, and --input names a recording",
				 cmd->name, ret->live_option);
		return usage_fail(cmd, d);
	}
	return parse_positional(cmd, argc, argv, ret, d);
}
