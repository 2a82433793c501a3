/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How an error travels: a function that can fail takes a struct diag *, fills it once where it knows
 * what was tried, and returns a negative errno. Only cli prints it.
 */
#ifndef CHANSCOPE_BASE_DIAG_H
#define CHANSCOPE_BASE_DIAG_H

#include <stdarg.h>

/* The exit statuses of the tool; a diag carries the one that its failure leads to. */
enum exit_status {
	EXIT_DONE = 0,	   /* all done */
	EXIT_FAILED = 1,   /* failed while running */
	EXIT_USAGE = 2,	   /* wrong usage */
	EXIT_MACHINE = 3,  /* this machine or these privileges can't run it */
	EXIT_FINDINGS = 4, /* findings present with --fail-on */
};

struct diag {
	int err;		 /* negative errno, 0: nothing failed */
	enum exit_status status; /* meaningful when err != 0 */
	char what[512];		 /* one sentence: what was tried on what, and why it failed */
	char hint[512];		 /* one line: what to do; may be empty */
};

/*
 * Fills d with err (a negative errno) and a sentence, status EXIT_FAILED, no hint. A diag that is
 * filled already keeps its first sentence: the innermost failure knows best. d may be NULL.
 * Returns err, so that `return diag_fail(d, -EINVAL, "…")` can't lose it.
 */
__attribute__((format(printf, 3, 4))) int diag_fail(struct diag *d, int err, const char *fmt, ...);

/* The same with the exit status; for wrong usage and for machines that can't run the tool. */
__attribute__((format(printf, 4, 5))) int diag_fail_status(struct diag *d, enum exit_status status, int err,
							   const char *fmt, ...);

/*
 * A compiler sees one file at a time. What comes back is err itself, so that it knows: after
 * `return diag_fail(d, -EINVAL, …)` a caller's results are not used uninitialised.
 */
#define diag_fail(d, err, ...)                             \
	__extension__({                                    \
		int err_ = (err);                          \
		(void)(diag_fail)((d), err_, __VA_ARGS__); \
		err_;                                      \
	})
#define diag_fail_status(d, status, err, ...)                               \
	__extension__({                                                     \
		int err_ = (err);                                           \
		(void)(diag_fail_status)((d), (status), err_, __VA_ARGS__); \
		err_;                                                       \
	})

/* Sets the line that says what to do, unless there is one. d may be NULL. */
__attribute__((format(printf, 2, 3))) void diag_hint(struct diag *d, const char *fmt, ...);

/* Puts "context: " before the sentence, as in "/proc/7/exe: not an ELF file". d may be NULL. */
__attribute__((format(printf, 2, 3))) void diag_prefix(struct diag *d, const char *fmt, ...);

#endif
