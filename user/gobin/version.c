// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the reading of the Go version out of a binary's build information. It is given an image; the text in it is
 * untrusted. Never guesses: what the file does not say is left to version_infer.c.
 *
 * Source: https://github.com/golang/go/blob/go1.26.0/src/debug/buildinfo/buildinfo.go, whose comments keep the format
 * of 1.17 and before, too.
 */
#include "gobin/version.h"

#include <errno.h>
#include <string.h>

#include "base/cursor.h"

#define MAGIC "\xff Go buildinf:"
#define MAGIC_SZ 14
#define ALIGN 16
#define HEADER_SZ 32
#define FLAG_BIG_ENDIAN 1
#define FLAG_INLINE 2
#define MAX_VERSION_TEXT 4096 /* bytes; a vendor's may be long, more is damage */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Digits at *pos of text, at most three; -1 if there are none. */
static int parse_number(const char *text, size_t n, size_t *pos)
{
	int v = 0;

	if (*pos >= n || !is_digit(text[*pos]))
		return -1;
	for (int i = 0; i < 3 && *pos < n && is_digit(text[*pos]); i++)
		v = 10 * v + (text[(*pos)++] - '0');
	return *pos < n && is_digit(text[*pos]) ? -1 : v;
}

bool go_version_parse(const char *text, size_t n, struct go_version *ret)
{
	static const char devel[] = "devel ", prefix[] = "go1.";
	struct go_version v = { .patch = -1 };
	size_t pos = 0, kept;

	if (n >= sizeof(devel) - 1 && !memcmp(text, devel, sizeof(devel) - 1))
		pos = sizeof(devel) - 1;
	if (n - pos < sizeof(prefix) - 1 || memcmp(text + pos, prefix, sizeof(prefix) - 1) != 0)
		return false;
	pos += sizeof(prefix) - 1;
	v.minor = parse_number(text, n, &pos);
	if (v.minor < 0)
		return false;
	if (pos < n && text[pos] == '.') {
		pos++;
		v.patch = parse_number(text, n, &pos);
		if (v.patch < 0)
			return false;
	}
	kept = n < sizeof(v.text) ? n : sizeof(v.text) - 1;
	for (size_t i = 0; i < kept; i++)
		v.text[i] = text[i] >= ' ' && text[i] < 127 ? text[i] : '?';
	*ret = v;
	return true;
}

static bool has_magic(const uint8_t *p)
{
	return !memcmp(p, MAGIC, MAGIC_SZ);
}

/* The build information lies at the start of its section; without section headers, in a writable segment. */
static bool find_buildinfo(const struct image *img, uint64_t *ret_va)
{
	const struct image_section *s = image__section(img, ".go.buildinfo");
	const uint8_t *p = s ? image__at(img, s->va, HEADER_SZ) : NULL;
	bool executable;

	if (p && has_magic(p)) {
		*ret_va = s->va;
		return true;
	}
	for (size_t i = 0; i < image__nr_segments(img); i++) {
		struct image_section seg = image__segment(img, i, &executable);

		p = image__at(img, seg.va, seg.size);
		for (uint64_t off = -seg.va & (ALIGN - 1); p && seg.writable && off + HEADER_SZ <= seg.size;
		     off += ALIGN)
			if (has_magic(p + off)) {
				*ret_va = seg.va + off;
				return true;
			}
	}
	return false;
}

/* 1.18 and later: the text follows the header. */
static const char *inline_text(const struct image *img, uint64_t va, uint64_t *ret_n)
{
	uint64_t left;
	const uint8_t *p = image__from(img, va + HEADER_SZ, &left);
	struct cursor c = cursor_over(p, p ? left : 0);

	*ret_n = cursor_uvarint(&c);
	return *ret_n <= MAX_VERSION_TEXT ? (const char *)cursor_bytes(&c, *ret_n) : NULL;
}

const char *go_string_at(const struct image *img, uint64_t va, uint64_t *ret_n)
{
	const uint8_t *len = image__at(img, va + 8, 8);
	struct cursor c = cursor_over(len, 8);
	uint64_t text_va;

	*ret_n = cursor_u64(&c);
	if (c.bad || *ret_n > MAX_VERSION_TEXT || !image__pointer_at(img, va, &text_va))
		return NULL;
	return (const char *)image__at(img, text_va, *ret_n);
}

/* Up to 1.17: a pointer to the string header runtime.buildVersion. */
static const char *pointed_text(const struct image *img, uint64_t va, uint64_t *ret_n)
{
	uint64_t string_va;

	return image__pointer_at(img, va + 16, &string_va) ? go_string_at(img, string_va, ret_n) : NULL;
}

int go_version_read(const struct image *img, struct go_version *ret, struct diag *d)
{
	const char *text = NULL;
	const uint8_t *p;
	uint64_t va, n = 0;

	if (!find_buildinfo(img, &va))
		return diag_fail(d, -ENOENT, "%s has no Go build information", image__path(img));
	p = image__at(img, va, HEADER_SZ);
	if (p && (p[15] & FLAG_INLINE))
		text = inline_text(img, va, &n);
	else if (p && p[14] == 8 && !(p[15] & FLAG_BIG_ENDIAN))
		text = pointed_text(img, va, &n);
	if (!text)
		return diag_fail(d, -EINVAL, "the Go build information of %s is damaged", image__path(img));
	if (!go_version_parse(text, n, ret))
		return diag_fail(d, -EINVAL, "the Go build information of %s names no Go version", image__path(img));
	return 0;
}
