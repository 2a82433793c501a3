// SPDX-License-Identifier: Apache-2.0
/*
 * Owns reading the memory of a process, one range or many in a few system calls. Is given addresses that
 * may be anything; what cannot be read is told apart piece by piece. Never writes, never stops the process.
 */
#include "proc/process_memory.h"

#include <errno.h>
#include <limits.h>
#include <sys/uio.h>

#include "proc/process.h"

/* The kernel's UIO_MAXIOV is 1024; smaller batches keep the vectors small on the stack. */
#define MAX_VECTORS 512

int process_read_memory(pid_t pid, uint64_t addr, void *buf, size_t n)
{
	uint8_t *to = buf;

	while (n > 0) {
		struct iovec local = { .iov_base = to, .iov_len = n };
		struct iovec remote = { .iov_base = (void *)(uintptr_t)addr, .iov_len = n }; /* NOLINT */
		ssize_t got = process_vm_readv(pid, &local, 1, &remote, 1, 0);

		if (got < 0)
			return -errno;
		if (got == 0)
			return -EFAULT;
		to += got;
		addr += (uint64_t)got;
		n -= (size_t)got;
	}
	return 0;
}

/* Marks the first of the n reads that a result of got bytes covers; returns how many those are. */
static size_t mark_read(struct memory_read *reads, size_t n, size_t got)
{
	size_t i;

	for (i = 0; i < n && reads[i].size <= got; i++) {
		got -= reads[i].size;
		reads[i].ok = true;
	}
	return i;
}

static int read_batch(pid_t pid, struct memory_read *reads, size_t n)
{
	struct iovec local[MAX_VECTORS], remote[MAX_VECTORS];
	size_t done = 0;

	for (size_t i = 0; i < n; i++) {
		local[i] = (struct iovec){ .iov_base = reads[i].buf, .iov_len = reads[i].size };
		remote[i] = (struct iovec){ .iov_base = (void *)(uintptr_t)reads[i].addr, /* NOLINT */
					    .iov_len = reads[i].size };
		reads[i].ok = false;
	}
	while (done < n) {
		ssize_t got = process_vm_readv(pid, local + done, n - done, remote + done, n - done, 0);

		if (got < 0 && errno != EFAULT)
			return -errno;
		done += mark_read(reads + done, n - done, got < 0 ? 0 : (size_t)got);
		/* A transfer ends at the first piece that cannot be read whole: that one failed. */
		done += done < n;
	}
	return 0;
}

int process_read_many(pid_t pid, struct memory_read *reads, size_t n)
{
	for (size_t at = 0; at < n; at += MAX_VECTORS) {
		int err = read_batch(pid, reads + at, n - at < MAX_VECTORS ? n - at : MAX_VECTORS);

		if (err)
			return err;
	}
	return 0;
}
