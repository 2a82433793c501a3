// SPDX-License-Identifier: Apache-2.0
/* Owns the running of graphviz's `dot`. Given two files; starts no shell. */
#include "cli/graphviz.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int spawn_dot(int in_fd, int out_fd, pid_t *ret)
{
	char name[] = "dot", format[] = "-Tsvg";
	char *argv[] = { name, format, NULL };
	posix_spawn_file_actions_t actions;
	int err = posix_spawn_file_actions_init(&actions);

	if (err)
		return -err;
	err = posix_spawn_file_actions_adddup2(&actions, in_fd, STDIN_FILENO);
	if (!err)
		err = posix_spawn_file_actions_adddup2(&actions, out_fd, STDOUT_FILENO);
	if (!err)
		err = posix_spawnp(ret, name, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return -err;
}

static int wait_for(pid_t pid, struct diag *d)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return diag_fail(d, -errno, "waiting for graphviz's dot: %s", strerror(errno));
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	diag_hint(d, "Without --svg the graph itself is written.");
	if (WIFSIGNALED(status))
		return diag_fail(d, -EIO, "graphviz's dot was killed by signal %d", WTERMSIG(status));
	return diag_fail(d, -EIO, "graphviz's dot failed with exit status %d", WEXITSTATUS(status));
}

int graphviz_svg(FILE *graph, FILE *out, struct diag *d)
{
	pid_t pid = -1;
	int err;

	if (fflush(graph) || fflush(out) || lseek(fileno(graph), 0, SEEK_SET))
		return diag_fail(d, -EIO, "the graph can't be handed to graphviz: %s", strerror(errno));
	err = spawn_dot(fileno(graph), fileno(out), &pid);
	if (err == -ENOENT) {
		diag_hint(d, "Install graphviz, or leave out --svg.");
		return diag_fail_status(d, EXIT_MACHINE, err, "there is no program `dot` (graphviz) to draw with");
	}
	if (err)
		return diag_fail(d, err, "graphviz's dot can't be started: %s", strerror(-err));
	return wait_for(pid, d);
}
