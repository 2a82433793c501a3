/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of the runtime's variables: by symbol, else out of the code of a function that uses them. */
#ifndef CHANSCOPE_GOBIN_RUNTIME_VARS_H
#define CHANSCOPE_GOBIN_RUNTIME_VARS_H

#include "gobin/image.h"
#include "gobin/pclntab.h"

/* runtime.allglen and runtime.allgptr; false, and nothing written, if they are not both found. */
bool runtime_find_allgs(const struct image *img, const struct pclntab *t, uint64_t *ret_allglen, uint64_t *ret_allgptr);

/* runtime.buildVersion, a Go string header; false if not found. */
bool runtime_find_buildversion(const struct image *img, const struct pclntab *t, uint64_t *ret_va);

#endif
