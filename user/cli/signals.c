// SPDX-License-Identifier: Apache-2.0
/* Owns the signal flag, one of the two pieces of global state (the log is the other). */
#include "cli/signals.h"

#include <signal.h>
#include <string.h>

static volatile sig_atomic_t stop_asked;

/*
 * The first signal asks; the handler then steps aside, so that a second one ends a tool that hangs. The
 * kernel takes the probes off in either case.
 */
static void on_stop(int sig)
{
	stop_asked = 1;
	signal(sig, SIG_DFL);
}

void signals_install(void)
{
	static const int stops[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction sa, old;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = on_stop;
	sigemptyset(&sa.sa_mask);
	for (size_t i = 0; i < sizeof(stops) / sizeof(stops[0]); i++) {
		/* nohup(1) ignores SIGHUP on purpose; a shell's `&` ignores SIGINT, which must end us all the same */
		if (stops[i] == SIGHUP && !sigaction(SIGHUP, NULL, &old) && old.sa_handler == SIG_IGN)
			continue;
		sigaction(stops[i], &sa, NULL);
	}
	signal(SIGPIPE, SIG_IGN);
}

bool signals_stop_asked(void)
{
	return stop_asked != 0;
}
