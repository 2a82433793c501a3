/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * How much of a Go structure one read takes: windows from the structure's start, of a size that the verifier
 * knows. The loader refuses a layout with a field outside its window.
 */
#ifndef CHANSCOPE_BPF_GO_WINDOWS_H
#define CHANSCOPE_BPF_GO_WINDOWS_H

/* hchan: qcount to elemtype ends at 48 up to go1.27; the structure has 96 bytes or more. */
#define GO_CHAN_WORDS 6
/* g: stack.lo, stack.hi and goid end at 168 up to go1.27; the structure has 392 bytes or more. */
#define GO_G_WORDS 21

#endif
