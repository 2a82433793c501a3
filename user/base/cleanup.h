/* SPDX-License-Identifier: Apache-2.0 */
/* Scope cleanup: what a variable owns is released when it goes out of scope, on every path. */
#ifndef CHANSCOPE_BASE_CLEANUP_H
#define CHANSCOPE_BASE_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define auto_cleanup(fn) __attribute__((cleanup(fn)))

static inline void cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_fd(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void cleanup_file(FILE **f)
{
	if (*f)
		fclose(*f);
}

#define auto_free auto_cleanup(cleanup_free)
#define auto_fd auto_cleanup(cleanup_fd)
#define auto_file auto_cleanup(cleanup_file)

/* Hands over what an auto_free pointer owns: `return steal_ptr(p)`. */
#define steal_ptr(p)                         \
	__extension__({                      \
		__typeof__(p) stolen_ = (p); \
		(p) = NULL;                  \
		stolen_;                     \
	})

static inline int steal_fd(int *fd)
{
	int stolen = *fd;

	*fd = -1;
	return stolen;
}

#endif
