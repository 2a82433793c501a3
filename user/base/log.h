/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tool's log, on stderr. The one piece of global state besides the signal flag: a level per area,
 * set once by cli from -v and --log AREA:LEVEL.
 */
#ifndef CHANSCOPE_BASE_LOG_H
#define CHANSCOPE_BASE_LOG_H

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* id, name as in --log */
#define LOG_AREAS(AREA)        \
	AREA(CLI, "cli")       \
	AREA(GOBIN, "gobin")   \
	AREA(PLAN, "plan")     \
	AREA(PROC, "proc")     \
	AREA(SYM, "sym")       \
	AREA(ATTACH, "attach") \
	AREA(LIBBPF, "libbpf") \
	AREA(STREAM, "stream") \
	AREA(MODEL, "model")   \
	AREA(REC, "rec")

enum log_area {
#define LOG_AREA_ENUM(id, name) LOG_##id,
	LOG_AREAS(LOG_AREA_ENUM)
#undef LOG_AREA_ENUM
		LOG_NR_AREAS
};

/* Raises every area to at least this level (LOG_WARN is the default). */
void log_set_all(enum log_level level);

/* Parses "AREA:LEVEL" (area "all" too). Returns 0, or -EINVAL and changes nothing. */
int log_parse(const char *spec);

/* Would a line of this area and level be written? For work done only to be logged. */
int log_enabled(enum log_area area, enum log_level level);

__attribute__((format(printf, 3, 4))) void log_line(enum log_area area, enum log_level level, const char *fmt, ...);

#define log_error(area, ...) log_line(LOG_##area, LOG_ERROR, __VA_ARGS__)
#define log_warn(area, ...) log_line(LOG_##area, LOG_WARN, __VA_ARGS__)
#define log_info(area, ...) log_line(LOG_##area, LOG_INFO, __VA_ARGS__)
#define log_debug(area, ...) log_line(LOG_##area, LOG_DEBUG, __VA_ARGS__)

#endif
