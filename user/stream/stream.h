/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ring buffer's records, validated and in order. Reads a mapped BPF ring buffer; knows nothing of how it was made.
 */
#ifndef CHANSCOPE_STREAM_STREAM_H
#define CHANSCOPE_STREAM_STREAM_H

#include <stdint.h>

#include "base/diag.h"
#include "event.h"

struct stream;

/* Called for each valid record, in ring order; e is borrowed for the call. */
typedef void (*stream_event_fn)(void *ctx, const struct cs_event *e);

int stream__new(int ring_fd, stream_event_fn fn, void *ctx, struct stream **ret, struct diag *d);
void stream__free(struct stream *s);

/*
 * Waits up to timeout_ms for data, then consumes all that is there (at most until the producer position seen at
 * the start). Returns the number of records, or a negative errno (-EINTR: a signal came first).
 */
int stream__poll(struct stream *s, int timeout_ms);

/* Consumes what is there now, without waiting. */
int stream__drain(struct stream *s);

/* Records that were refused (unknown kind, wrong size): counted as the loss bad_record. */
uint64_t stream__nr_bad(const struct stream *s);

/* Pure validation of one record, for tests: is it one that a probe can have made? */
int stream_record_valid(const void *data, uint32_t size);

#endif
