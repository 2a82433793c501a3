// SPDX-License-Identifier: Apache-2.0
/* Owns the filling of a struct diag. Never prints, never exits. */
#include "base/diag.h"

#include <stdio.h>
#include <string.h>

__attribute__((format(printf, 4, 0))) static int fill(struct diag *d, enum exit_status status, int err, const char *fmt,
						      va_list ap)
{
	if (!d || d->err)
		return err;
	d->err = err;
	d->status = status;
	vsnprintf(d->what, sizeof(d->what), fmt, ap);
	return err;
}

int(diag_fail)(struct diag *d, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fill(d, EXIT_FAILED, err, fmt, ap);
	va_end(ap);
	return err;
}

int(diag_fail_status)(struct diag *d, enum exit_status status, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fill(d, status, err, fmt, ap);
	va_end(ap);
	return err;
}

void diag_hint(struct diag *d, const char *fmt, ...)
{
	va_list ap;

	if (!d || d->hint[0])
		return;
	va_start(ap, fmt);
	vsnprintf(d->hint, sizeof(d->hint), fmt, ap);
	va_end(ap);
}

void diag_prefix(struct diag *d, const char *fmt, ...)
{
	char old[sizeof(d->what)];
	va_list ap;
	int n;

	if (!d)
		return;
	memcpy(old, d->what, sizeof(old));
	va_start(ap, fmt);
	n = vsnprintf(d->what, sizeof(d->what), fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof(d->what))
		snprintf(d->what + n, sizeof(d->what) - (size_t)n, ": %s", old);
}
