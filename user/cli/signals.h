/* SPDX-License-Identifier: Apache-2.0 */
/* Ctrl-C and its like: they end a capture, never the tool in the middle of its result. */
#ifndef CHANSCOPE_CLI_SIGNALS_H
#define CHANSCOPE_CLI_SIGNALS_H

#include <stdbool.h>

/* SIGINT, SIGTERM and SIGHUP ask for the end; a second one kills. SIGPIPE becomes a write error. */
void signals_install(void);

/* Has a signal asked for the end? */
bool signals_stop_asked(void);

#endif
