/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Registers and flags of the probed instruction, by the numbers that the plan uses. Also compiled for user
 * space, where the includer supplies struct pt_regs.
 */
#ifndef CHANSCOPE_BPF_REGS_H
#define CHANSCOPE_BPF_REGS_H

#include <stdbool.h>

#include "site.h"

/*
 * The context of a uprobe may only be read at constant offsets, hence a switch; the empty asm, different in each
 * case, keeps the compiler from merging the loads into one at a computed offset.
 */
#define REGS_CASE(id, field)                                     \
	case id:                                                 \
		v = regs->field;                                 \
		asm volatile("" : "+r"(v) : "i"(id) : "memory"); \
		break;

static __always_inline __u64 regs_get(const struct pt_regs *regs, __u8 reg)
{
	__u64 v = 0;

	switch (reg) {
		REGS_CASE(CS_RAX, ax)
		REGS_CASE(CS_RCX, cx)
		REGS_CASE(CS_RDX, dx)
		REGS_CASE(CS_RBX, bx)
		REGS_CASE(CS_RSP, sp)
		REGS_CASE(CS_RBP, bp)
		REGS_CASE(CS_RSI, si)
		REGS_CASE(CS_RDI, di)
		REGS_CASE(CS_R8, r8)
		REGS_CASE(CS_R9, r9)
		REGS_CASE(CS_R10, r10)
		REGS_CASE(CS_R11, r11)
		REGS_CASE(CS_R12, r12)
		REGS_CASE(CS_R13, r13)
		REGS_CASE(CS_R14, r14)
		REGS_CASE(CS_R15, r15)
	}
	return v;
}

/* bits of rflags: Intel SDM volume 1, section 3.4.3 */
#define FLAG_CF (1UL << 0)
#define FLAG_PF (1UL << 2)
#define FLAG_ZF (1UL << 6)
#define FLAG_SF (1UL << 7)
#define FLAG_OF (1UL << 11)

/* Does a jump with condition code cc jump? Odd codes are the negation of the even one before. */
static __always_inline bool regs_condition(__u64 flags, __u8 cc)
{
	bool less = !(flags & FLAG_SF) != !(flags & FLAG_OF);
	bool r = false;

	switch (cc & 0x0e) {
	case 0x0:
		r = flags & FLAG_OF;
		break;
	case 0x2:
		r = flags & FLAG_CF;
		break;
	case 0x4:
		r = flags & FLAG_ZF;
		break;
	case 0x6:
		r = flags & (FLAG_CF | FLAG_ZF);
		break;
	case 0x8:
		r = flags & FLAG_SF;
		break;
	case 0xa:
		r = flags & FLAG_PF;
		break;
	case 0xc:
		r = less;
		break;
	case 0xe:
		r = less || (flags & FLAG_ZF);
		break;
	}
	return r != (cc & 1);
}

/* Does a hit with these flags count for a site with this cs_site.cond? */
static __always_inline bool regs_hit_counts(__u64 flags, __u8 cond)
{
	if (cond == CS_COND_NONE)
		return true;
	return regs_condition(flags, cond & CS_COND_CC_MASK) == !(cond & CS_COND_NOT_TAKEN);
}

#endif
