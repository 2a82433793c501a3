/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names come from the traced process and may hold anything. Here they become text that a terminal, a
 * folded line or an XML document can take: no control characters, no broken UTF-8, a known width.
 */
#ifndef CHANSCOPE_SINK_TEXT_H
#define CHANSCOPE_SINK_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define TEXT_REPLACEMENT 0xfffd /* stands for whatever cannot be shown */
#define TEXT_ELLIPSIS "\xe2\x80\xa6"

/*
 * The code point at *s (not at its end), and moves *s behind it. A byte that does not begin a valid UTF-8
 * sequence gives TEXT_REPLACEMENT and is passed alone.
 */
uint32_t text_decode(const char **s);

/* Writes a code point as UTF-8 (up to 4 bytes, no NUL) and returns the number of bytes. */
size_t text_encode(uint32_t rune, char ret[4]);
void text_put_rune(FILE *out, uint32_t rune);

/*
 * May it be shown as it is? Not: controls, what reverses or hides text (bidirectional controls, line
 * separators, zero width), non-characters. What passes is also valid in XML 1.0.
 */
bool text_is_plain(uint32_t rune);

/* Columns on a terminal: 0 for combining marks, 2 for East Asian wide characters and emoji, else 1. */
unsigned int text_rune_columns(uint32_t rune);
unsigned int text_columns(const char *s);

/*
 * Copies s into buf with everything that is not plain replaced; cut after whole characters if sz (> 0) does
 * not suffice. Returns the bytes written without the NUL.
 */
size_t text_clean(char *buf, size_t sz, const char *s);

/* A copy of all of s, to be freed; NULL without memory. */
char *text_clean_copy(const char *s);

/* The same as text_clean() in at most `columns` columns, with an ellipsis at the end or the start of what was cut. */
size_t text_cut_end(char *buf, size_t sz, const char *s, unsigned int columns);
size_t text_cut_start(char *buf, size_t sz, const char *s, unsigned int columns);

/* Writes s with all that is not plain replaced and the five special characters of XML escaped. */
void text_put_xml(FILE *out, const char *s);

/* The part behind the last '/', or all of it. */
const char *text_basename(const char *path);

#endif
