// SPDX-License-Identifier: Apache-2.0
/* Owns the opening and closing of result files. */
#include "cli/output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/values.h"

#define MIN_WIDTH 40
#define DEFAULT_WIDTH 80
#define MAX_WIDTH 1000

int output_open(const char *path, FILE **ret, struct diag *d)
{
	FILE *f;
	int fd;

	if (!path) {
		*ret = stdout;
		return 0;
	}
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	f = fd < 0 ? NULL : fdopen(fd, "w");
	if (!f) {
		int err = -errno;

		if (fd >= 0)
			close(fd);
		return diag_fail(d, err, "%s can't be written: %s", path, strerror(-err));
	}
	*ret = f;
	return 0;
}

/* Whoever read a pipe has gone. */
static bool has_no_reader(FILE *f)
{
	struct pollfd p = { .fd = fileno(f) };

	return poll(&p, 1, 0) == 1 && p.revents & POLLERR;
}

/*
 * What is left in the buffer is tried once more: stdio has forgotten why it failed the first time, and may have
 * thrown the rest away.
 */
static int write_error(FILE *f)
{
	bool failed = ferror(f);

	errno = 0;
	if (!fflush(f) && !failed)
		return 0;
	if (!errno && has_no_reader(f))
		return -EPIPE;
	return errno ? -errno : -EIO;
}

int output_close(const char *path, FILE *f, int err, struct diag *d)
{
	int write_err = write_error(f);

	if (f != stdout && fclose(f) && !write_err)
		write_err = -errno;
	if (write_err == -EPIPE)
		return 0;
	if (write_err)
		return diag_fail(d, write_err, "writing %s: %s", path ? path : "standard output", strerror(-write_err));
	return err;
}

unsigned int output_width(FILE *f)
{
	const char *columns = getenv("COLUMNS");
	struct winsize ws;
	uint64_t n;

	if (isatty(fileno(f)) && !ioctl(fileno(f), TIOCGWINSZ, &ws) && ws.ws_col >= MIN_WIDTH)
		return ws.ws_col;
	if (columns && !value_uint(columns, MIN_WIDTH, MAX_WIDTH, &n))
		return (unsigned int)n;
	return DEFAULT_WIDTH;
}

bool output_color(FILE *f)
{
	const char *no_color = getenv("NO_COLOR");

	return isatty(fileno(f)) && !(no_color && *no_color);
}
