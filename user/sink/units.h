/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers for people: three or four significant digits, a unit, at most 6 columns. Exact ones are in --json. */
#ifndef CHANSCOPE_SINK_UNITS_H
#define CHANSCOPE_SINK_UNITS_H

#include <stdint.h>

#define UNITS_SZ 32 /* room for the longest result of any of these, NUL included */

/* "0s", "850ns", "12.3µs", "4.21ms", "1.50s", "2m05s", "1h02m", "3d04h", "412d" */
void units_duration(char ret[UNITS_SZ], uint64_t ns);

/* "9999", "12.3k", "1.23M", "45.6G", … */
void units_count(char ret[UNITS_SZ], uint64_t n);

/* Of a share 0..1: "0%", "<1%", "37%", ">99%", "100%": only what is exactly none or all says so. */
void units_percent(char ret[UNITS_SZ], double share);

/* Local time of day with microseconds, "HH:MM:SS.uuuuuu". */
void units_time_of_day(char ret[UNITS_SZ], uint64_t epoch_ns);

#endif
