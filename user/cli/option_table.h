/* SPDX-License-Identifier: Apache-2.0 */
/* The shape of the option table, for its parser (options.c) and for --help (help.c). */
#ifndef CHANSCOPE_CLI_OPTION_TABLE_H
#define CHANSCOPE_CLI_OPTION_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "cli/options.h"

enum opt_type {
	OPT_FLAG,     /* bool */
	OPT_COUNT,    /* unsigned int, one more each time */
	OPT_STRING,   /* const char *, borrowed from argv */
	OPT_UINT,     /* uint64_t, min..max */
	OPT_SIZE,     /* uint64_t bytes, min..max */
	OPT_DURATION, /* uint64_t ns */
	OPT_PIDS,     /* struct pid_list, appended */
	OPT_CHOICE,   /* int, index into choices */
	OPT_LOG,      /* goes to base/log */
};

struct option_def {
	const char *name; /* NULL ends the table */
	char letter;	  /* '\0': no short form */
	const char *arg;  /* NULL: takes none */
	enum opt_type type;
	size_t offset; /* of the field in struct settings */
	uint64_t min, max;
	const char *const *choices; /* of OPT_CHOICE, NULL-terminated, in the order of the enum */
	unsigned int commands;	    /* CMD_* that take it */
	bool live;		    /* makes no sense with a recording */
	const char *help;
};

#define FIELD(field) .offset = offsetof(struct settings, field)

extern const struct option_def option_table[];

/* The option that sets the field at an offset; the table has one. For hints that name it. */
const struct option_def *option_of(size_t offset);

#endif
