/* SPDX-License-Identifier: Apache-2.0 */
/* The progress line of long work: on stderr, on a terminal only. */
#ifndef CHANSCOPE_CLI_PROGRESS_H
#define CHANSCOPE_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress;

/* NULL (which every function takes) unless wanted and stderr is a terminal. total_ns 0: no known end. */
struct progress *progress__new(bool wanted, uint64_t total_ns);

/* Redraws the line, at most some times a second. */
void progress__show(struct progress *p, uint64_t elapsed_ns, uint64_t nr_events);

/* The same for reading, by the share that is done; total 0: not known. Only what takes long is shown. */
void progress__show_share(struct progress *p, uint64_t done, uint64_t total);

/* Clears the line and frees. */
void progress__end(struct progress *p);

#endif
