// SPDX-License-Identifier: Apache-2.0
/* Writes --help from the command and option tables, so that it can't name what does not exist. */
#include <string.h>

#include "cli/option_table.h"

#define HELP_WIDTH 80
#define HELP_INDENT 28

/* Text from column HELP_INDENT on, broken at spaces before HELP_WIDTH. */
static void wrapped(FILE *out, const char *text)
{
	size_t room = HELP_WIDTH - HELP_INDENT, used = 0;

	while (*text) {
		size_t n = strcspn(text, " ");

		if (used && used + 1 + n > room) {
			fprintf(out, "\n%*s", HELP_INDENT, "");
			used = 0;
		}
		used += (size_t)fprintf(out, "%s%.*s", used ? " " : "", (int)n, text);
		text += n + strspn(text + n, " ");
	}
	fputc('\n', out);
}

static void option_line(FILE *out, const struct option_def *def)
{
	char left[HELP_INDENT + 32], text[512];
	int n;

	n = snprintf(left, sizeof(left), "  %c%c%c --%s%s%s", def->letter ? '-' : ' ', def->letter ? def->letter : ' ',
		     def->letter ? ',' : ' ', def->name, def->arg ? " " : "", def->arg ? def->arg : "");
	fprintf(out, "%-*s", HELP_INDENT, left);
	if (n >= HELP_INDENT)
		fprintf(out, "\n%*s", HELP_INDENT, "");
	snprintf(text, sizeof(text), "%s", def->help);
	if (def->choices) {
		strncat(text, " (", sizeof(text) - strlen(text) - 1);
		for (int i = 0; def->choices[i]; i++) {
			strncat(text, i ? ", " : "", sizeof(text) - strlen(text) - 1);
			strncat(text, def->choices[i], sizeof(text) - strlen(text) - 1);
		}
		strncat(text, ")", sizeof(text) - strlen(text) - 1);
	}
	wrapped(out, text);
}

void help_command(FILE *out, const struct command *cmd)
{
	fprintf(out, "Usage: chanscope %s %s\n\n%s\n\nOptions:\n", cmd->name, cmd->synopsis, cmd->help);
	for (int i = 0; option_table[i].name; i++)
		if (option_table[i].commands & cmd->bit)
			option_line(out, &option_table[i]);
}

void help_tool(FILE *out)
{
	fputs("Usage: chanscope COMMAND [OPTIONS]\n\n"
	      "Shows what the channels of running Go programs do, from outside: no rebuild,\n"
	      "no restart. Needs root (or CAP_BPF, CAP_PERFMON and CAP_SYS_PTRACE) to look at\n"
	      "a process; `plan` of a file needs no privilege.\n\n"
	      "Commands:\n",
	      out);
	for (const struct command *cmd = commands; cmd->name; cmd++)
		fprintf(out, "  %-8s %s\n", cmd->name, cmd->help);
	fputs("\n`chanscope COMMAND --help` lists a command's options; --version tells the version.\n\n"
	      "Exit status: 0 done; 1 failed while running; 2 wrong usage; 3 this machine or\n"
	      "these privileges can't run it.\n",
	      out);
}
