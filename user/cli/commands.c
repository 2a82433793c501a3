// SPDX-License-Identifier: Apache-2.0
/* The table of commands, from which --help and the dispatch are made. */
#include "cli/commands.h"

#include <string.h>

const struct command commands[] = {
	{ "plan", CMD_PLAN, "BINARY | -p PID", "what would be probed, at which instruction, at what cost", cmd_plan },
	{ "record", CMD_RECORD, "-p PID [OPTIONS]", "everything into a file, for the other commands to read",
	  cmd_record },
	{ "trace", CMD_TRACE, "-p PID | -i FILE [OPTIONS]", "live events, one line each", cmd_trace },
	{ "report", CMD_REPORT, "-p PID | -i FILE [OPTIONS]", "one row per channel, worst first", cmd_report },
	{ "flame", CMD_FLAME, "-p PID | -i FILE [OPTIONS]", "where goroutines wait for channels, as a flame graph",
	  cmd_flame },
	{ "script", CMD_SCRIPT, "-p PID | -i FILE [OPTIONS]", "waits and operations as the text of `perf script`",
	  cmd_script },
	{ "export", CMD_EXPORT, "--to FORMAT -p PID | -i FILE [OPTIONS]", "the same in a format of other tools",
	  cmd_export },
	{ NULL, 0, NULL, NULL, NULL },
};

const struct command *command_find(const char *name)
{
	for (const struct command *cmd = commands; cmd->name; cmd++)
		if (!strcmp(cmd->name, name))
			return cmd;
	return NULL;
}
