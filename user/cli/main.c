// SPDX-License-Identifier: Apache-2.0
/* Finds the command, runs it, and turns a diag into text and exit status: the only place that exits. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/signals.h"

static int finish(const struct diag *d)
{
	if (!d->err)
		return EXIT_DONE;
	fprintf(stderr, "chanscope: %s\n", d->what);
	if (d->hint[0])
		fprintf(stderr, "  %s\n", d->hint);
	return (int)d->status;
}

static int run_command(const struct command *cmd, int argc, char **argv, struct diag *d)
{
	struct settings set;
	int err = options_parse(cmd, argc, argv, &set, d);

	if (err)
		return err;
	if (set.help) {
		help_command(stdout, cmd);
		return 0;
	}
	if (set.verbose)
		log_set_all(set.verbose > 1 ? LOG_DEBUG : LOG_INFO);
	signals_install();
	err = cmd->run(&set, d);
	return err ? diag_fail(d, err, "%s failed: %s", cmd->name, strerror(-err)) : 0;
}

/* The words that stand in a command's place and are none. */
static int run_word(const char *word, struct diag *d)
{
	if (!strcmp(word, "--help") || !strcmp(word, "-h") || !strcmp(word, "help")) {
		help_tool(stdout);
		return 0;
	}
	if (!strcmp(word, "--version") || !strcmp(word, "version")) {
		puts("chanscope " CHANSCOPE_VERSION);
		return 0;
	}
	diag_hint(d, "`chanscope --help` lists the commands.");
	return diag_fail_status(d, EXIT_USAGE, -EINVAL, "there is no command `%s`", word);
}

int main(int argc, char **argv)
{
	struct diag d = { 0 };
	const struct command *cmd;

	if (argc < 2) {
		help_tool(stderr);
		return EXIT_USAGE;
	}
	cmd = command_find(argv[1]);
	if (cmd)
		run_command(cmd, argc - 1, argv + 1, &d);
	else
		run_word(argv[1], &d);
	output_close(NULL, stdout, 0, &d);
	return finish(&d);
}
