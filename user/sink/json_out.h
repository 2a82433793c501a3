/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A JSON text written as it goes, so that a report of a million channels needs no tree in memory. The
 * writer knows where a comma belongs; strings may hold any bytes. What goes wrong on the FILE stays in
 * its error indicator: look at ferror() once at the end.
 */
#ifndef CHANSCOPE_SINK_JSON_OUT_H
#define CHANSCOPE_SINK_JSON_OUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json_out {
	FILE *out;
	bool lines;	    /* elements of the outermost object's arrays on lines of their own */
	bool comma;	    /* a value precedes at this level */
	unsigned int depth; /* open objects and arrays */
};

/* In all of these name is the member's name in an object, NULL in an array or for the whole text. */
void json_out__open(struct json_out *j, const char *name, char bracket);    /* '{' or '[' */
void json_out__close(struct json_out *j, char bracket);			    /* '}' or ']' */
void json_out__string(struct json_out *j, const char *name, const char *s); /* NULL gives null */
/* Above 2^63-1, where many readers refuse the whole text, null: no count, time or goroutine gets there. */
void json_out__uint(struct json_out *j, const char *name, uint64_t n);
void json_out__double(struct json_out *j, const char *name, double x);
void json_out__bool(struct json_out *j, const char *name, bool b);
void json_out__null(struct json_out *j, const char *name);
void json_out__pointer(struct json_out *j, const char *name, uint64_t address); /* "0x…" */

#endif
