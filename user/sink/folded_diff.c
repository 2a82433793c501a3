// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the comparison of two runs, line by line of their folded stacks. It is given a file that anybody may have
 * written and believes nothing of it.
 */
#include "sink/folded_diff.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "sink/text.h"

/* Sums of both runs stay below 2^63. */
#define MAX_TOTAL (1ULL << 62)

static int append(struct folded_lines *fl, size_t *room, char *path, uint64_t value)
{
	if (fl->nr == *room) {
		size_t more = *room ? 2 * *room : 256;
		struct folded_line *grown = realloc(fl->lines, more * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		fl->lines = grown;
		*room = more;
	}
	fl->lines[fl->nr++] = (struct folded_line){ .path = path, .value = value };
	return 0;
}

/* Cuts the line behind the path. */
static bool parse(char *line, uint64_t *ret_value)
{
	char *space = strrchr(line, ' '), *end;

	if (!space || space == line || space[1] < '0' || space[1] > '9')
		return false;
	errno = 0;
	*ret_value = strtoull(space + 1, &end, 10);
	*space = '\0';
	return !*end && !errno;
}

static int read_line(struct folded_lines *fl, size_t *room, char *line)
{
	auto_free char *path = NULL;
	uint64_t value;
	int err;

	if (!parse(line, &value))
		return -EINVAL;
	if (value > MAX_TOTAL || fl->total > MAX_TOTAL - value)
		return -ERANGE;
	path = text_clean_copy(line);
	err = path ? append(fl, room, path, value) : -ENOMEM;
	if (err)
		return err;
	path = NULL;
	fl->total += value;
	return 0;
}

static int read_failed(int err, const char *name, size_t nr, struct diag *d)
{
	if (err == -ENOMEM)
		return diag_fail(d, err, "not enough memory for %s", name);
	if (err == -ERANGE)
		return diag_fail(d, err, "%s: the weights up to line %zu add up to more than 2^62", name, nr);
	diag_hint(d, "A line has frames, joined by ';', a space and a number, as `chanscope flame` writes it.");
	return diag_fail(d, err, "%s: line %zu is no folded stack", name, nr);
}

int folded_lines__read(struct folded_lines *fl, FILE *in, const char *name, struct diag *d)
{
	auto_free char *line = NULL;
	size_t sz = 0, room = 0, nr = 0;
	ssize_t len;

	*fl = (struct folded_lines){ 0 };
	while ((len = getline(&line, &sz, in)) >= 0) {
		int err;

		nr++;
		while (len && (line[len - 1] == '\n' || line[len - 1] == '\r'))
			line[--len] = '\0';
		if (!len || line[0] == '#')
			continue;
		err = strlen(line) == (size_t)len ? read_line(fl, &room, line) : -EINVAL;
		if (err)
			return read_failed(err, name, nr, d);
	}
	return ferror(in) ? diag_fail(d, -EIO, "%s can't be read", name) : 0;
}

/* In place. */
static void drop_pid(char *path)
{
	size_t digits = strspn(path, "0123456789");

	if (digits && path[digits] == '/')
		memmove(path, path + digits + 1, strlen(path + digits + 1) + 1);
}

int folded_lines__join(struct folded_lines *fl, struct folded_lines *old, struct diag *d)
{
	struct folded_line *grown = realloc(fl->lines, (fl->nr + old->nr + 1) * sizeof(*grown));

	if (!grown)
		return diag_fail(d, -ENOMEM, "not enough memory to compare two runs");
	fl->lines = grown;
	for (size_t i = 0; i < old->nr; i++)
		fl->lines[fl->nr++] = (struct folded_line){ .path = old->lines[i].path, .old = old->lines[i].value };
	/* What the lines pointed to has another owner now. */
	old->nr = 0;
	for (size_t i = 0; i < fl->nr; i++)
		drop_pid(fl->lines[i].path);
	fl->is_diff = true;
	folded_lines__merge(fl);
	return 0;
}
