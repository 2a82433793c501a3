/* SPDX-License-Identifier: Apache-2.0 */
/* What a recording tells of the machine it was made on. */
#ifndef CHANSCOPE_CLI_HOST_FACTS_H
#define CHANSCOPE_CLI_HOST_FACTS_H

#include <sys/utsname.h>

#include "base/feed.h"

struct host_facts {
	struct feed_host host; /* borrows from the rest */
	struct utsname uts;
	char boot_id[40];
};

void host_facts_read(struct host_facts *ret);

#endif
