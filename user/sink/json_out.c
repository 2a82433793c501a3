// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the syntax of JSON output (RFC 8259): commas, escapes, numbers. It is given values in order; it
 * never writes a byte sequence that is not UTF-8, and never a number that JSON does not have.
 */
#include "sink/json_out.h"

#include <inttypes.h>
#include <math.h>

#include "sink/text.h"

/* ASCII that stands for itself; most of every name is such. */
static bool is_literal(char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static void put_rune(FILE *out, uint32_t rune)
{
	if (rune == '"' || rune == '\\')
		fprintf(out, "\\%c", (int)rune);
	else if (rune < 0x20 || (rune >= 0x7f && rune < 0xa0) || rune == 0x2028 || rune == 0x2029)
		/* More than JSON asks for: safe on a terminal and inside JavaScript. */
		fprintf(out, "\\u%04x", rune);
	else
		text_put_rune(out, rune);
}

static void put_string(FILE *out, const char *s)
{
	putc_unlocked('"', out);
	while (*s) {
		const char *start = s;

		while (is_literal(*s))
			s++;
		fwrite_unlocked(start, 1, (size_t)(s - start), out);
		if (*s)
			put_rune(out, text_decode(&s));
	}
	putc_unlocked('"', out);
}

/* printf() takes most of the time of a report of many channels. */
static void put_number(FILE *out, uint64_t n, unsigned int base)
{
	char digits[20], *d = digits + sizeof(digits);

	do {
		*--d = "0123456789abcdef"[n % base];
		n /= base;
	} while (n);
	fwrite_unlocked(d, 1, (size_t)(digits + sizeof(digits) - d), out);
}

static void put_name(struct json_out *j, const char *name)
{
	if (j->comma)
		putc_unlocked(',', j->out);
	if (j->lines && j->depth && j->depth <= 2)
		fprintf(j->out, "\n%*s", (int)j->depth, "");
	j->comma = true;
	if (name) {
		put_string(j->out, name);
		putc_unlocked(':', j->out);
	}
}

void json_out__open(struct json_out *j, const char *name, char bracket)
{
	put_name(j, name);
	putc_unlocked(bracket, j->out);
	j->depth++;
	j->comma = false;
}

void json_out__close(struct json_out *j, char bracket)
{
	j->depth--;
	if (j->lines && j->comma && j->depth < 2)
		fprintf(j->out, "\n%*s", (int)j->depth, "");
	putc_unlocked(bracket, j->out);
	j->comma = true;
}

void json_out__string(struct json_out *j, const char *name, const char *s)
{
	if (!s) {
		json_out__null(j, name);
		return;
	}
	put_name(j, name);
	put_string(j->out, s);
}

void json_out__uint(struct json_out *j, const char *name, uint64_t n)
{
	put_name(j, name);
	if (n > INT64_MAX)
		fputs("null", j->out);
	else
		put_number(j->out, n, 10);
}

void json_out__double(struct json_out *j, const char *name, double x)
{
	put_name(j, name);
	/* A locale may have a decimal comma; six decimals as an integer never do. */
	if (!isfinite(x) || x < 0 || x >= 1e12) {
		fputs("null", j->out);
		return;
	}
	uint64_t millionths = (uint64_t)(x * 1e6 + 0.5);

	fprintf(j->out, "%" PRIu64 ".%06" PRIu64, millionths / 1000000, millionths % 1000000);
}

void json_out__bool(struct json_out *j, const char *name, bool b)
{
	put_name(j, name);
	fputs(b ? "true" : "false", j->out);
}

void json_out__null(struct json_out *j, const char *name)
{
	put_name(j, name);
	fputs("null", j->out);
}

void json_out__pointer(struct json_out *j, const char *name, uint64_t address)
{
	put_name(j, name);
	fputs_unlocked("\"0x", j->out);
	put_number(j->out, address, 16);
	putc_unlocked('"', j->out);
}
