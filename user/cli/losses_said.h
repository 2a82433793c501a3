/* SPDX-License-Identifier: Apache-2.0 */
/* Losses as lines on stderr, for commands whose output has no place for them. */
#ifndef CHANSCOPE_CLI_LOSSES_SAID_H
#define CHANSCOPE_CLI_LOSSES_SAID_H

#include <stdbool.h>
#include <stdint.h>

#include "loss.h"

bool losses_any(const uint64_t nr[CS_NR_LOSSES]);
/* One line for each reason that occurred. */
void losses_say(const uint64_t nr[CS_NR_LOSSES]);

#endif
