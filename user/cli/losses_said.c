// SPDX-License-Identifier: Apache-2.0
/* Owns the wording of the lines about losses on stderr. */
#include "cli/losses_said.h"

#include <stdio.h>

bool losses_any(const uint64_t nr[CS_NR_LOSSES])
{
	for (int i = 0; i < CS_NR_LOSSES; i++)
		if (nr[i])
			return true;
	return false;
}

void losses_say(const uint64_t nr[CS_NR_LOSSES])
{
	static const char *const texts[] = {
#define LOSS_TEXT(id, name, exact, text) text,
		CS_LOSSES(LOSS_TEXT)
#undef LOSS_TEXT
	};

	for (int i = 0; i < CS_NR_LOSSES; i++)
		if (nr[i])
			fprintf(stderr, "chanscope: lost: %llu %s\n", (unsigned long long)nr[i], texts[i]);
}
