/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel types that the BPF programs touch, kept by hand: CO-RE relocates every field against the running
 * kernel's BTF. Each mirrors the structure of the same name in the kernel tree, fewer fields in any order.
 */
#ifndef CHANSCOPE_VMLINUX_H
#define CHANSCOPE_VMLINUX_H

#include <linux/types.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

#if defined(__TARGET_ARCH_x86)
/* arch/x86/include/asm/ptrace.h */
struct pt_regs {
	unsigned long r15, r14, r13, r12;
	unsigned long bp, bx;
	unsigned long r11, r10, r9, r8;
	unsigned long ax, cx, dx, si, di;
	unsigned long orig_ax;
	unsigned long ip;
	unsigned long cs;
	unsigned long flags;
	unsigned long sp;
	unsigned long ss;
};
#else
#error "no kernel types for this architecture yet"
#endif

#pragma clang attribute pop

#endif
