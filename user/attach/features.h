/* SPDX-License-Identifier: Apache-2.0 */
/* What this kernel can do, each fact asked of the kernel once. One table: name, what needs it, since when. */
#ifndef CHANSCOPE_ATTACH_FEATURES_H
#define CHANSCOPE_ATTACH_FEATURES_H

#include <stdbool.h>

#include "base/diag.h"

struct kernel_features {
	bool bpf_permitted; /* bpf(2) lets us load tracing programs at all */
	bool btf;	    /* /sys/kernel/btf/vmlinux; 5.2 */
	bool ring_buffer;   /* BPF_MAP_TYPE_RINGBUF; 5.8, 457f44363a88 */
	bool attach_cookie; /* bpf_get_attach_cookie(); 5.15, 7adfc6c9b315 */
	bool uprobe_multi;  /* BPF_TRACE_UPROBE_MULTI with a PID filter that covers threads; 6.6, 89ae89f53d20 */
	bool perf_uprobe;   /* the uprobe PMU */
};

/* Probes all of them. Fails only if nothing can be asked (no bpf(2), no permission). */
int features_probe(struct kernel_features *ret, struct diag *d);

#endif
