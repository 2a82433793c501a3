/* SPDX-License-Identifier: Apache-2.0 */
/* Offsets of Go's runtime structures, by version: one table, each row with its source. */
#ifndef CHANSCOPE_GOBIN_LAYOUT_H
#define CHANSCOPE_GOBIN_LAYOUT_H

#include "gobin/gobinary.h"

#define LAYOUT_OLDEST_MINOR 17
#define LAYOUT_NEWEST_MINOR 27

/* The row for a released version; false if it lies outside the table. */
bool layout_from_table(const struct go_version *v, struct cs_layout *ret);

/* The offsets that DWARF of img gives. -ENOENT: no DWARF. -EINVAL: damaged or fields missing. */
int layout_from_dwarf(const struct image *img, struct cs_layout *ret, struct diag *d);

/* gopark's wait reason (value in g.waitreason) for a version. */
enum go_wait {
	GO_WAIT_OTHER,
	GO_WAIT_RECV,
	GO_WAIT_SEND,
	GO_WAIT_SELECT,
	GO_WAIT_NIL_RECV,
	GO_WAIT_NIL_SEND,
	GO_WAIT_SELECT_NO_CASES
};
enum go_wait go_wait_of(const struct go_version *v, uint8_t waitreason);

#endif
