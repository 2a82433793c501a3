// SPDX-License-Identifier: Apache-2.0
/* Owns the wording of numbers in output for people. It is given plain numbers; it never loses their magnitude. */
#include "sink/units.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#define NS_PER_SEC UINT64_C(1000000000)

/*
 * Three significant digits of n / unit, where 1 <= n / unit < 1000: integer arithmetic, rounded down, so
 * that 999.9 never turns into a four-digit 1000.
 */
static void three_digits(char ret[UNITS_SZ], uint64_t n, uint64_t unit, const char *suffix)
{
	uint64_t whole = n / unit, rest = n % unit;

	if (whole >= 100)
		snprintf(ret, UNITS_SZ, "%" PRIu64 "%s", whole, suffix);
	else if (whole >= 10)
		snprintf(ret, UNITS_SZ, "%" PRIu64 ".%" PRIu64 "%s", whole, rest / (unit / 10), suffix);
	else
		snprintf(ret, UNITS_SZ, "%" PRIu64 ".%02" PRIu64 "%s", whole, rest / (unit / 100), suffix);
}

static void two_units(char ret[UNITS_SZ], uint64_t big, char big_unit, uint64_t small, char small_unit)
{
	snprintf(ret, UNITS_SZ, "%" PRIu64 "%c%02" PRIu64 "%c", big, big_unit, small, small_unit);
}

void units_duration(char ret[UNITS_SZ], uint64_t ns)
{
	uint64_t sec = ns / NS_PER_SEC;

	if (!ns)
		snprintf(ret, UNITS_SZ, "0s");
	else if (ns < 1000)
		snprintf(ret, UNITS_SZ, "%" PRIu64 "ns", ns);
	else if (ns < 1000000)
		three_digits(ret, ns, 1000, "\xc2\xb5s");
	else if (ns < NS_PER_SEC)
		three_digits(ret, ns, 1000000, "ms");
	else if (sec < 60)
		three_digits(ret, ns, NS_PER_SEC, "s");
	else if (sec < 3600)
		two_units(ret, sec / 60, 'm', sec % 60, 's');
	else if (sec < 86400)
		two_units(ret, sec / 3600, 'h', sec / 60 % 60, 'm');
	else if (sec < 100 * 86400)
		two_units(ret, sec / 86400, 'd', sec / 3600 % 24, 'h');
	else
		snprintf(ret, UNITS_SZ, "%" PRIu64 "d", sec / 86400);
}

void units_count(char ret[UNITS_SZ], uint64_t n)
{
	static const char *const suffixes[] = { "k", "M", "G", "T", "P", "E" };
	uint64_t unit = 1000;
	unsigned int i = 0;

	if (n < 10000) {
		snprintf(ret, UNITS_SZ, "%" PRIu64, n);
		return;
	}
	while (n / unit >= 1000) {
		unit *= 1000;
		i++;
	}
	three_digits(ret, n, unit, suffixes[i]);
}

void units_percent(char ret[UNITS_SZ], double share)
{
	double percent = share * 100;

	if (!(percent > 0))
		snprintf(ret, UNITS_SZ, "0%%");
	else if (percent < 1)
		snprintf(ret, UNITS_SZ, "<1%%");
	else if (percent >= 100)
		snprintf(ret, UNITS_SZ, "100%%");
	else if (percent > 99)
		snprintf(ret, UNITS_SZ, ">99%%");
	else
		snprintf(ret, UNITS_SZ, "%.0f%%", percent);
}

void units_time_of_day(char ret[UNITS_SZ], uint64_t epoch_ns)
{
	time_t sec = (time_t)(epoch_ns / NS_PER_SEC);
	struct tm tm;

	if (!localtime_r(&sec, &tm)) {
		snprintf(ret, UNITS_SZ, "%" PRIu64 ".%06" PRIu64, epoch_ns / NS_PER_SEC, epoch_ns % NS_PER_SEC / 1000);
		return;
	}
	snprintf(ret, UNITS_SZ, "%02d:%02d:%02d.%06" PRIu64, tm.tm_hour, tm.tm_min, tm.tm_sec,
		 epoch_ns % NS_PER_SEC / 1000);
}
