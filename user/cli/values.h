/* SPDX-License-Identifier: Apache-2.0 */
/* Text of option arguments to values. Each returns 0, or -EINVAL and leaves the result alone. */
#ifndef CHANSCOPE_CLI_VALUES_H
#define CHANSCOPE_CLI_VALUES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define VALUES_MAX_PIDS 1024

struct pid_list {
	pid_t pids[VALUES_MAX_PIDS];
	size_t nr;
};

/* "5s", "500ms", "2m", "1.5h", "3" (seconds): ns, above 0 and below 2^63. */
int value_duration(const char *text, uint64_t *ret_ns);

/* "64M", "512K", "1G", "4096": bytes; K, M and G are powers of 1024, with or without "iB" or "B". */
int value_size(const char *text, uint64_t *ret_bytes);

/* A decimal number from min to max. */
int value_uint(const char *text, uint64_t min, uint64_t max, uint64_t *ret);

/* "7" or "7,8,9": PIDs above 0, each once; appended to list. */
int value_pids(const char *text, struct pid_list *list);

#endif
