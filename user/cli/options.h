/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands and their options, each in one table, from which the parser, --help, the man page's check and the
 * hints in error messages are made.
 */
#ifndef CHANSCOPE_CLI_OPTIONS_H
#define CHANSCOPE_CLI_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

#include "attach/attach.h"
#include "base/diag.h"
#include "base/feed.h"
#include "cli/values.h"
#include "sink/sink.h"

/* What the command line said; a command makes the options of the modules that it calls from it. */
/* GROUP_AUTO: by channel, or by site if there are more than the table has rows for */
enum group_by { GROUP_AUTO, GROUP_CHANNEL, GROUP_SITE };

struct settings {
	const char *path; /* BINARY of plan; NULL: none */
	struct pid_list pids;
	uint64_t duration_ns;	 /* 0: until Ctrl-C or until the target ends */
	int mode;		 /* enum capture_mode; -1: not given */
	uint64_t ring_bytes;	 /* 0: default */
	uint64_t stack_depth;	 /* 0: default */
	int method;		 /* enum attach_method */
	const char *output;	 /* NULL: standard output */
	const char *input;	 /* recording to read; NULL: a live target, or the default one */
	const char *record;	 /* where to record a live run; NULL: nowhere */
	const char *live_option; /* one that was given and only a live target takes; NULL: none */
	bool json, svg, dry_run;
	int sort;	   /* enum report_sort */
	int group;	   /* enum group_by */
	int weight;	   /* enum flame_weight */
	int script_events; /* enum script_events */
	int export_to;	   /* enum export_format; -1: not given */
	const char *diff;  /* the run to compare with; NULL: none */
	uint64_t max_rows;
	unsigned int verbose;
	bool help, version;
};

/* values of --to */
enum export_format { EXPORT_PPROF, EXPORT_DOT, EXPORT_JSONL, EXPORT_PERFETTO, NR_EXPORT_FORMATS };

/* bits of the commands that take an option */
#define CMD_PLAN 0x01u
#define CMD_TRACE 0x02u
#define CMD_REPORT 0x04u
#define CMD_FLAME 0x08u
#define CMD_SCRIPT 0x100u
#define CMD_EXPORT 0x200u
#define CMD_RECORD 0x10u
/* those that look at events, live or recorded, and with record all that can look at a live target */
#define CMD_EVENTS (CMD_TRACE | CMD_REPORT | CMD_FLAME | CMD_SCRIPT | CMD_EXPORT)
#define CMD_LIVE (CMD_EVENTS | CMD_RECORD)
#define CMD_ANY (CMD_PLAN | CMD_LIVE)

struct command {
	const char *name;
	unsigned int bit;     /* CMD_* */
	const char *synopsis; /* what follows the name */
	const char *help;     /* one line */
	int (*run)(const struct settings *set, struct diag *d);
};

/* All commands, ending with one without a name. */
extern const struct command commands[];
const struct command *command_find(const char *name); /* NULL if unknown */

/* Parses the arguments of a command (argv[0] is its name). Fails with status EXIT_USAGE. */
int options_parse(const struct command *cmd, int argc, char **argv, struct settings *ret, struct diag *d);

/* --help of the tool and of one command; --version. */
void help_tool(FILE *out);
void help_command(FILE *out, const struct command *cmd);

#endif
