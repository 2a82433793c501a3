// SPDX-License-Identifier: Apache-2.0
/* Owns the threads of one parallel_run() call. Knows nothing of what they do; leaves none behind. */
#include "attach/parallel.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/cleanup.h"

struct run {
	atomic_size_t next;
	atomic_int err;
	size_t nr;
	int stop_on_error;
	parallel_fn fn;
	void *ctx;
};

static void *work(void *arg)
{
	struct run *r = arg;

	for (;;) {
		size_t i = atomic_fetch_add(&r->next, 1);
		int err, none = 0;

		if (i >= r->nr || (r->stop_on_error && atomic_load(&r->err)))
			return NULL;
		err = r->fn(r->ctx, i);
		if (err)
			atomic_compare_exchange_strong(&r->err, &none, err);
	}
}

int parallel_run(size_t nr, size_t nr_threads, int stop_on_error, parallel_fn fn, void *ctx)
{
	struct run r = { .nr = nr, .stop_on_error = stop_on_error, .fn = fn, .ctx = ctx };
	auto_free pthread_t *threads = NULL;
	size_t started = 0;

	if (nr_threads > nr)
		nr_threads = nr;
	if (nr_threads > 1)
		threads = calloc(nr_threads - 1, sizeof(*threads));
	/* Fewer threads than wanted, or none, only make it slower. */
	for (; threads && started + 1 < nr_threads; started++)
		if (pthread_create(&threads[started], NULL, work, &r))
			break;
	work(&r);
	for (size_t i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	return atomic_load(&r.err);
}
