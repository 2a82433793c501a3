// SPDX-License-Identifier: Apache-2.0
/* Parses option arguments. Given text from the command line, trusts none of it; never prints. */
#include "cli/values.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A plain decimal number with an optional fraction; strtod alone would take "inf", "nan" and hex. */
static int leading_number(const char *text, double *ret, const char **ret_rest)
{
	size_t n = strspn(text, "0123456789.");
	char digits[64];
	char *end;

	if (!n || n >= sizeof(digits) || !isdigit((unsigned char)text[0]))
		return -EINVAL;
	memcpy(digits, text, n);
	digits[n] = '\0';
	*ret = strtod(digits, &end);
	if (*end)
		return -EINVAL;
	*ret_rest = text + n;
	return 0;
}

int value_duration(const char *text, uint64_t *ret_ns)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = { { "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 },   { "s", 1e9 },
		      { "", 1e9 }, { "m", 60e9 }, { "min", 60e9 }, { "h", 3600e9 } };
	const char *rest;
	double v;

	if (leading_number(text, &v, &rest))
		return -EINVAL;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		double ns = round(v * units[i].ns);

		if (strcmp(rest, units[i].unit))
			continue;
		if (ns < 1 || ns >= 0x1p63)
			return -EINVAL;
		*ret_ns = (uint64_t)ns;
		return 0;
	}
	return -EINVAL;
}

int value_size(const char *text, uint64_t *ret_bytes)
{
	static const char prefixes[] = "KMGT";
	const char *rest, *p;
	double v;

	if (leading_number(text, &v, &rest))
		return -EINVAL;
	if (*rest) {
		p = strchr(prefixes, toupper((unsigned char)*rest));
		if (p && *p) {
			v *= (double)(1ull << (10 * (p - prefixes + 1)));
			rest++;
			if (*rest == 'i')
				rest++;
		}
		if (*rest == 'B')
			rest++;
	}
	if (*rest || v < 1 || v >= 0x1p63)
		return -EINVAL;
	*ret_bytes = (uint64_t)v;
	return 0;
}

int value_uint(const char *text, uint64_t min, uint64_t max, uint64_t *ret)
{
	unsigned long long v;
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return -EINVAL;
	errno = 0;
	v = strtoull(text, &end, 10);
	if (errno || *end || v < min || v > max)
		return -EINVAL;
	*ret = v;
	return 0;
}

static int add_pid(struct pid_list *list, pid_t pid)
{
	for (size_t i = 0; i < list->nr; i++)
		if (list->pids[i] == pid)
			return 0;
	if (list->nr == VALUES_MAX_PIDS)
		return -EINVAL;
	list->pids[list->nr++] = pid;
	return 0;
}

int value_pids(const char *text, struct pid_list *list)
{
	struct pid_list before = *list;
	const char *p = text;

	for (;;) {
		const char *comma = strchrnul(p, ',');
		char one[16];
		uint64_t pid;
		size_t n = (size_t)(comma - p);

		if (n >= sizeof(one))
			goto bad;
		memcpy(one, p, n);
		one[n] = '\0';
		if (value_uint(one, 1, INT32_MAX, &pid) || add_pid(list, (pid_t)pid))
			goto bad;
		if (!*comma)
			return 0;
		p = comma + 1;
	}
bad:
	*list = before;
	return -EINVAL;
}
