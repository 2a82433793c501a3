// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the cleaning, measuring and cutting of text that came from a traced process. It is given any bytes
 * that end with NUL; it never lets a control character, an invalid sequence or half a character through.
 */
#include "sink/text.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct rune_range {
	uint32_t first, last;
};

/* Unicode 15: controls, zero-width and bidirectional formatting, line separators, surrogates, non-characters. */
static const struct rune_range not_plain[] = {
	{ 0x00, 0x1f },	    { 0x7f, 0x9f },	{ 0xad, 0xad },	    { 0x061c, 0x061c },	  { 0x180e, 0x180e },
	{ 0x200b, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0xd800, 0xdfff },	  { 0xfdd0, 0xfdef },
	{ 0xfeff, 0xfeff }, { 0xfff9, 0xfffb }, { 0xfffe, 0xffff }, { 0xe0000, 0xe007f },
};

/* Combining marks of the scripts in common use, and variation selectors. */
static const struct rune_range zero_wide[] = {
	{ 0x0300, 0x036f }, { 0x0483, 0x0489 }, { 0x0591, 0x05bd }, { 0x064b, 0x065f }, { 0x1ab0, 0x1aff },
	{ 0x1dc0, 0x1dff }, { 0x20d0, 0x20ff }, { 0xfe00, 0xfe0f }, { 0xfe20, 0xfe2f },
};

/* East Asian Width W and F, in whole blocks, and emoji. */
static const struct rune_range double_wide[] = {
	{ 0x1100, 0x115f }, { 0x2e80, 0x303e },	  { 0x3041, 0x33ff },	{ 0x3400, 0x4dbf },   { 0x4e00, 0x9fff },
	{ 0xa000, 0xa4cf }, { 0xac00, 0xd7a3 },	  { 0xf900, 0xfaff },	{ 0xfe30, 0xfe6f },   { 0xff00, 0xff60 },
	{ 0xffe0, 0xffe6 }, { 0x1f300, 0x1f64f }, { 0x1f900, 0x1f9ff }, { 0x20000, 0x3fffd },
};

static bool in_ranges(uint32_t rune, const struct rune_range *r, size_t nr)
{
	for (size_t i = 0; i < nr && rune >= r[i].first; i++)
		if (rune <= r[i].last)
			return true;
	return false;
}

/* Bytes of the sequence that begins with lead, 0 if none may. *ret_bits: the bits of lead that count. */
static unsigned int sequence_length(uint8_t lead, uint32_t *ret_bits, uint32_t *ret_min)
{
	static const struct {
		uint8_t mask, value;
		uint32_t min; /* below it the sequence is longer than it need be */
	} forms[] = { { 0x80, 0x00, 0 }, { 0xe0, 0xc0, 0x80 }, { 0xf0, 0xe0, 0x800 }, { 0xf8, 0xf0, 0x10000 } };

	for (unsigned int i = 0; i < COUNT(forms); i++) {
		if ((lead & forms[i].mask) != forms[i].value)
			continue;
		*ret_bits = lead & (uint8_t)~forms[i].mask;
		*ret_min = forms[i].min;
		return i + 1;
	}
	return 0;
}

uint32_t text_decode(const char **s)
{
	const uint8_t *p = (const uint8_t *)*s;
	uint32_t rune = 0, min = 0;
	unsigned int len = sequence_length(p[0], &rune, &min);

	*s += 1;
	if (!len)
		return TEXT_REPLACEMENT;
	for (unsigned int i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return TEXT_REPLACEMENT;
		rune = rune << 6 | (p[i] & 0x3f);
	}
	if (rune < min || rune > 0x10ffff || (rune >= 0xd800 && rune <= 0xdfff))
		return TEXT_REPLACEMENT;
	*s += len - 1;
	return rune;
}

size_t text_encode(uint32_t rune, char ret[4])
{
	if (rune < 0x80) {
		ret[0] = (char)rune;
		return 1;
	}
	if (rune < 0x800) {
		ret[0] = (char)(0xc0 | rune >> 6);
		ret[1] = (char)(0x80 | (rune & 0x3f));
		return 2;
	}
	if (rune < 0x10000) {
		ret[0] = (char)(0xe0 | rune >> 12);
		ret[1] = (char)(0x80 | (rune >> 6 & 0x3f));
		ret[2] = (char)(0x80 | (rune & 0x3f));
		return 3;
	}
	ret[0] = (char)(0xf0 | (rune >> 18 & 0x07));
	ret[1] = (char)(0x80 | (rune >> 12 & 0x3f));
	ret[2] = (char)(0x80 | (rune >> 6 & 0x3f));
	ret[3] = (char)(0x80 | (rune & 0x3f));
	return 4;
}

bool text_is_plain(uint32_t rune)
{
	return rune <= 0x10ffff && (rune & 0xfffe) != 0xfffe && !in_ranges(rune, not_plain, COUNT(not_plain));
}

unsigned int text_rune_columns(uint32_t rune)
{
	if (rune < 0x300)
		return 1;
	if (in_ranges(rune, zero_wide, COUNT(zero_wide)))
		return 0;
	return in_ranges(rune, double_wide, COUNT(double_wide)) ? 2 : 1;
}

static uint32_t next_plain(const char **s)
{
	uint32_t rune = text_decode(s);

	return text_is_plain(rune) ? rune : TEXT_REPLACEMENT;
}

unsigned int text_columns(const char *s)
{
	unsigned int columns = 0;

	while (*s)
		columns += text_rune_columns(next_plain(&s));
	return columns;
}

/* As much of s as fits into sz bytes with the NUL and into the columns. Returns the bytes. */
static size_t copy_plain(char *buf, size_t sz, const char *s, unsigned int columns)
{
	size_t used = 0;

	while (*s) {
		uint32_t rune = next_plain(&s);
		unsigned int wide = text_rune_columns(rune);
		char utf8[4];
		size_t n = text_encode(rune, utf8);

		if (wide > columns || used + n >= sz)
			break;
		memcpy(buf + used, utf8, n);
		used += n;
		columns -= wide;
	}
	buf[used] = '\0';
	return used;
}

size_t text_clean(char *buf, size_t sz, const char *s)
{
	return copy_plain(buf, sz, s, ~0U);
}

char *text_clean_copy(const char *s)
{
	/* A broken byte becomes a character of three. */
	size_t sz = 3 * strlen(s) + 1;
	char *copy = malloc(sz);

	if (copy)
		text_clean(copy, sz, s);
	return copy;
}

size_t text_cut_end(char *buf, size_t sz, const char *s, unsigned int columns)
{
	const size_t dots = strlen(TEXT_ELLIPSIS);
	size_t n;

	if (text_columns(s) <= columns)
		return text_clean(buf, sz, s);
	if (!columns || sz <= dots) {
		buf[0] = '\0';
		return 0;
	}
	n = copy_plain(buf, sz - dots, s, columns - 1);
	memcpy(buf + n, TEXT_ELLIPSIS, dots + 1);
	return n + dots;
}

size_t text_cut_start(char *buf, size_t sz, const char *s, unsigned int columns)
{
	const size_t dots = strlen(TEXT_ELLIPSIS);
	unsigned int have = text_columns(s);

	if (have <= columns)
		return text_clean(buf, sz, s);
	if (!columns || sz <= dots) {
		buf[0] = '\0';
		return 0;
	}
	while (*s && have > columns - 1)
		have -= text_rune_columns(next_plain(&s));
	memcpy(buf, TEXT_ELLIPSIS, dots);
	return dots + copy_plain(buf + dots, sz - dots, s, columns);
}

static const char *xml_entity(uint32_t rune)
{
	switch (rune) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void text_put_rune(FILE *out, uint32_t rune)
{
	char utf8[4];
	size_t n = text_encode(rune, utf8);

	fwrite(utf8, 1, n, out);
}

void text_put_xml(FILE *out, const char *s)
{
	while (*s) {
		uint32_t rune = next_plain(&s);
		const char *entity = xml_entity(rune);

		if (entity)
			fputs(entity, out);
		else
			text_put_rune(out, rune);
	}
}

const char *text_basename(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}
