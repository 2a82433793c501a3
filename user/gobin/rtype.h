/* SPDX-License-Identifier: Apache-2.0 */
/* Names of Go types, from the type descriptors in a binary's read-only data. */
#ifndef CHANSCOPE_GOBIN_RTYPE_H
#define CHANSCOPE_GOBIN_RTYPE_H

#include "gobin/gobinary.h"

/*
 * Writes the name of the type whose descriptor lies at va (in the file's terms) into buf, NUL-terminated, as Go
 * prints it ("*main.Job", "struct {}"). False, and buf empty, if va is no descriptor of this binary
 * (a type made by reflect at run time, or garbage).
 */
bool rtype_name(const struct gobinary *bin, uint64_t va, char *buf, size_t buf_sz);

/* The type's size in bytes; false as above. */
bool rtype_size(const struct gobinary *bin, uint64_t va, uint64_t *ret);

#endif
