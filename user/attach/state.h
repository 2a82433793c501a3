/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of attach share: the object behind attach.h. */
#ifndef CHANSCOPE_ATTACH_STATE_H
#define CHANSCOPE_ATTACH_STATE_H

#include "attach/attach.h"
#include "attach/features.h"
#include "attach/perf_uprobe.h"

/* One plan: processes with the same sites and layout share it. */
struct attach_binary {
	struct cs_layout layout;
	struct cs_site *sites; /* owned; layout index filled in */
	uint64_t *offsets;     /* owned; file offset of each site */
	uint32_t nr;
	uint32_t first; /* index of sites[0] in the map */
};

struct attach_target {
	pid_t pid;
	uint32_t binary; /* index */
	bool attached;
	int multi_fd;		   /* -1: none */
	struct perf_uprobe *perfs; /* owned; one per site, NULL: none */
	char exe_path[256];
};

struct chanscope_bpf;

struct attach {
	struct attach_opts opts;
	struct attach_binary *binaries;
	struct attach_target *targets; /* the index is the upper half of the cookies */
	uint32_t nr_binaries, nr_targets, nr_sites;
	struct kernel_features features;
	bool use_multi;
	struct chanscope_bpf *skel; /* NULL: not loaded */
};

/* File descriptors of the loaded object, borrowed. */
enum attach_map { ATTACH_MAP_STACKS, ATTACH_MAP_LOSSES, ATTACH_MAP_TRAPS, ATTACH_MAP_OVERFLOW };
int attach_map_fd(const struct attach *a, enum attach_map map);
int attach_prog_fd(const struct attach *a);

void attach_unload(struct attach *a); /* idempotent */

/* Writes the sites and the layout of a binary into the maps of the loaded object. */
int attach_publish(const struct attach *a, uint32_t binary, struct diag *d);

/* Probes on a process (binary's sites, cookies with its index), by the method at hand. */
int attach_link(struct attach *a, uint32_t target, struct diag *d);

/* Takes the probes of nr targets off, side by side. */
void attach_unlink(struct attach *a, uint32_t first, uint32_t nr);

/* Are all fields where the BPF program can read them? */
bool attach_layout_fits(const struct cs_layout *l);

#endif
