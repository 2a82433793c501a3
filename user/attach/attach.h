/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only place that loads or attaches BPF. Life cycle: new, add targets, load, attach, (read the ring,
 * maps), detach, free. Whatever way the tool ends, the kernel takes the probes off with its file
 * descriptors. Never places a return probe.
 */
#ifndef CHANSCOPE_ATTACH_ATTACH_H
#define CHANSCOPE_ATTACH_ATTACH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/diag.h"
#include "base/feed.h"
#include "gobin/plan.h"

struct attach;

enum attach_method { ATTACH_AUTO, ATTACH_MULTI, ATTACH_PERF };

struct attach_opts {
	enum capture_mode mode;
	enum attach_method method;
	uint32_t ring_bytes;  /* rounded up to a power of two of pages; 0: default */
	uint32_t stack_depth; /* frames, 1..CS_MAX_STACK_DEPTH; 0: default */
	uint32_t nr_stacks;   /* entries of the stack map; 0: default */
};

#define ATTACH_DEFAULT_RING_BYTES (32u << 20)
#define ATTACH_DEFAULT_STACK_DEPTH 64
#define ATTACH_DEFAULT_NR_STACKS (16u << 10)

int attach__new(const struct attach_opts *opts, struct attach **ret, struct diag *d);

/*
 * Adds the sites of plan (those of the mode) for one process. The binary is opened by exe_path, as in
 * /proc/PID/exe. plan and layout are copied; processes with equal ones share their sites. Also after attach, for
 * processes found later: then attach__attach() once more attaches those.
 */
int attach__add_target(struct attach *a, pid_t pid, const char *exe_path, const struct plan *plan,
		       const struct cs_layout *layout, struct diag *d);

/*
 * Checks the machine (status EXIT_MACHINE with what is missing: BTF, ring buffer, cookies, capabilities) and
 * loads. After it, events may be read; none come before attach.
 */
int attach__load(struct attach *a, struct diag *d);
/* Of several targets, those that have ended meanwhile are passed over. */
int attach__attach(struct attach *a, struct diag *d);

/*
 * Lets the probes count, or not, all of them at one moment: placing and removing them one by one takes
 * milliseconds, and half of an operation must not be counted. Off until the first call with true.
 */
void attach__activate(struct attach *a, bool on);

/* Takes the probes of one process off, as when it has ended; its count of traps stays. Nothing if it is no target. */
void attach__drop_target(struct attach *a, pid_t pid);

/* Takes every probe off; parallel where the kernel does it one by one and slowly. Idempotent. */
void attach__detach(struct attach *a);
void attach__free(struct attach *a); /* detaches */

/* "uprobe_multi" or "perf_event", after attach. */
const char *attach__method(const struct attach *a);

/* File descriptor of the ring buffer map, for stream. */
int attach__ring_fd(const struct attach *a);

/* A stack by id from the stack map; -ENOENT if it is not there. */
int attach__stack(const struct attach *a, uint64_t id, struct cs_stack *ret);

/* Loss counters of the kernel side, added up over CPUs. */
int attach__losses(const struct attach *a, uint64_t ret[CS_NR_LOSSES]);

/* Hits so far of all probes of a process. */
uint64_t attach__traps(const struct attach *a, pid_t pid);

/* Calls fn for each entry of the overflow map. */
int attach__overflow(const struct attach *a,
		     void (*fn)(void *ctx, const struct cs_overflow_key *k, const struct cs_overflow *v), void *ctx);

#endif
