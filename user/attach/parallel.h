/* SPDX-License-Identifier: Apache-2.0 */
/* Runs many slow system calls side by side. */
#ifndef CHANSCOPE_ATTACH_PARALLEL_H
#define CHANSCOPE_ATTACH_PARALLEL_H

#include <stddef.h>

/* Called for each i in [0, nr), from several threads; returns 0 or a negative errno. */
typedef int (*parallel_fn)(void *ctx, size_t i);

/*
 * Calls fn for every i, on up to nr_threads threads, and waits for all. Returns the first failure (in no order),
 * after which further calls are left out if stop_on_error.
 */
int parallel_run(size_t nr, size_t nr_threads, int stop_on_error, parallel_fn fn, void *ctx);

#endif
