/* SPDX-License-Identifier: Apache-2.0 */
/* A program of tests/programs, built and started, for the unit tests that need a real Go process. */
#ifndef CHANSCOPE_TESTS_GO_TARGET_H
#define CHANSCOPE_TESTS_GO_TARGET_H

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

struct go_target {
	pid_t pid;
	FILE *out; /* what it prints */
	int in;	   /* a line here starts it */
};

enum go_build { GO_BUILT, GO_SKIPPED, GO_FAILED };

/* Builds with tests/programs/build.sh. Of GO_SKIPPED the reason is on stderr. */
static inline enum go_build go_target_build(const char *program, const char *toolchain, const char *form, char *path,
					    size_t size)
{
	const char *out = getenv("O");
	char command[512];
	FILE *pipe;
	int status;
	bool read;

	snprintf(command, sizeof(command), "tests/programs/build.sh %s %s %s '%s/programs'", program, toolchain, form,
		 out ? out : "build");
	pipe = popen(command, "r");
	if (!pipe)
		return GO_FAILED;
	read = fgets(path, (int)size, pipe) != NULL;
	status = pclose(pipe);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		return GO_SKIPPED;
	if (!read || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return GO_FAILED;
	path[strcspn(path, "\n")] = '\0';
	return GO_BUILT;
}

static inline void go_target_exec(char *const argv[], int in, int out, int err)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves nothing behind */
	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	for (int fd = STDERR_FILENO + 1; fd < 64; fd++)
		close(fd);
	execv(argv[0], argv);
	_exit(127);
}

/* Starts a program and returns when it is ready; false if it never was. */
static inline bool go_target_start(struct go_target *ret, char *const argv[])
{
	int in[2], out[2], err[2];
	char line[64] = "";
	FILE *errors;

	if (pipe(in) || pipe(out) || pipe(err))
		return false;
	ret->pid = fork();
	if (ret->pid == 0)
		go_target_exec(argv, in[0], out[1], err[1]);
	close(in[0]);
	close(out[1]);
	close(err[1]);
	ret->in = in[1];
	ret->out = fdopen(out[0], "r");
	errors = fdopen(err[0], "r");
	if (!fgets(line, sizeof(line), errors))
		line[0] = '\0';
	fclose(errors); /* the program says nothing more unless it fails */
	return strncmp(line, "ready ", 6) == 0;
}

static inline bool go_target_go(const struct go_target *t)
{
	return write(t->in, "\n", 1) == 1;
}

static inline void go_target_kill(struct go_target *t)
{
	kill(t->pid, SIGKILL);
	waitpid(t->pid, NULL, 0);
	fclose(t->out);
	close(t->in);
}

#endif
