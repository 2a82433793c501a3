// SPDX-License-Identifier: Apache-2.0
/* Owns the questions to this machine. What it does not tell stays empty. */
#include "cli/host_facts.h"

#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

static void read_boot_id(char *to, size_t size)
{
	auto_file FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");

	if (!f || !fgets(to, (int)size, f))
		to[0] = '\0';
	to[strcspn(to, "\n")] = '\0';
}

static uint64_t known(long v)
{
	return v > 0 ? (uint64_t)v : 0;
}

void host_facts_read(struct host_facts *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (uname(&ret->uts))
		memset(&ret->uts, 0, sizeof(ret->uts));
	read_boot_id(ret->boot_id, sizeof(ret->boot_id));
	ret->host = (struct feed_host){ .tool_version = CHANSCOPE_VERSION,
					.kernel_release = ret->uts.release,
					.machine = ret->uts.machine,
					.hostname = ret->uts.nodename,
					.boot_id = ret->boot_id,
					.nr_cpus = (uint32_t)known(sysconf(_SC_NPROCESSORS_ONLN)),
					.page_sz = (uint32_t)known(sysconf(_SC_PAGESIZE)),
					.memory_sz = known(sysconf(_SC_PHYS_PAGES)) * known(sysconf(_SC_PAGESIZE)) };
}
