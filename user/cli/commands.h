/* SPDX-License-Identifier: Apache-2.0 */
/* The commands: each takes the settings of its command line and returns 0 or a negative errno with a diag. */
#ifndef CHANSCOPE_CLI_COMMANDS_H
#define CHANSCOPE_CLI_COMMANDS_H

#include "base/diag.h"
#include "cli/options.h"

int cmd_plan(const struct settings *set, struct diag *d);
int cmd_record(const struct settings *set, struct diag *d);
int cmd_trace(const struct settings *set, struct diag *d);
int cmd_report(const struct settings *set, struct diag *d);
int cmd_flame(const struct settings *set, struct diag *d);
int cmd_script(const struct settings *set, struct diag *d);
int cmd_export(const struct settings *set, struct diag *d);

#endif
