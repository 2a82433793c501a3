/* SPDX-License-Identifier: Apache-2.0 */
/* The Go version a binary was built with: .go.buildinfo, and what to look at where that is missing. */
#ifndef CHANSCOPE_GOBIN_VERSION_H
#define CHANSCOPE_GOBIN_VERSION_H

#include "gobin/gobinary.h"

/* Parses "go1.19.8", "go1.26", "devel go1.27-abc …", with suffixes; false if it is none of these. */
bool go_version_parse(const char *text, size_t n, struct go_version *ret);

/* From the build information of img; -ENOENT if there is none, -EINVAL if it is damaged. */
int go_version_read(const struct image *img, struct go_version *ret, struct diag *d);

/* The bytes of the Go string whose header {pointer, length} is at va, borrowed; NULL if there is none in the file. */
const char *go_string_at(const struct image *img, uint64_t va, uint64_t *ret_n);

/* From features of the runtime (functions in pclntab, sections) where build information is missing.
 * -ENOENT if even those don't tell one version. */
int go_version_infer(const struct image *img, const struct pclntab *t, struct go_version *ret, struct diag *d);

#endif
