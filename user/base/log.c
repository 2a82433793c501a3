// SPDX-License-Identifier: Apache-2.0
/* Owns the log levels and writes log lines to stderr, one write each so that lines never mix. */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const area_names[] = {
#define LOG_AREA_NAME(id, name) name,
	LOG_AREAS(LOG_AREA_NAME)
#undef LOG_AREA_NAME
};

static const char *const level_names[] = { "error", "warn", "info", "debug" };

static unsigned char levels[LOG_NR_AREAS];
static int levels_set;

static enum log_level level_of(enum log_area area)
{
	return levels_set ? (enum log_level)levels[area] : LOG_WARN;
}

static void set_defaults(void)
{
	if (levels_set)
		return;
	memset(levels, LOG_WARN, sizeof(levels));
	levels_set = 1;
}

void log_set_all(enum log_level level)
{
	set_defaults();
	for (int i = 0; i < LOG_NR_AREAS; i++)
		if (levels[i] < level)
			levels[i] = (unsigned char)level;
}

int log_parse(const char *spec)
{
	const char *colon = strchr(spec, ':');
	int level = -1, hit = 0;
	size_t n;

	if (!colon)
		return -EINVAL;
	for (int i = 0; i <= LOG_DEBUG; i++)
		if (!strcmp(colon + 1, level_names[i]))
			level = i;
	if (level < 0)
		return -EINVAL;
	set_defaults();
	n = (size_t)(colon - spec);
	for (int i = 0; i < LOG_NR_AREAS; i++) {
		int named = strlen(area_names[i]) == n && !memcmp(spec, area_names[i], n);

		if (!named && !(n == 3 && !memcmp(spec, "all", 3)))
			continue;
		levels[i] = (unsigned char)level;
		hit = 1;
	}
	return hit ? 0 : -EINVAL;
}

int log_enabled(enum log_area area, enum log_level level)
{
	return level <= level_of(area);
}

void log_line(enum log_area area, enum log_level level, const char *fmt, ...)
{
	char line[1024];
	va_list ap;
	size_t n;
	int r;

	if (!log_enabled(area, level))
		return;
	r = snprintf(line, sizeof(line), "chanscope: %s: %s: ", level_names[level], area_names[area]);
	n = r > 0 ? (size_t)r : 0;
	va_start(ap, fmt);
	r = vsnprintf(line + n, sizeof(line) - n - 1, fmt, ap);
	va_end(ap);
	if (r > 0)
		n += (size_t)r < sizeof(line) - n - 1 ? (size_t)r : sizeof(line) - n - 2;
	while (n && line[n - 1] == '\n')
		n--;
	line[n++] = '\n';
	fwrite(line, 1, n, stderr);
}
