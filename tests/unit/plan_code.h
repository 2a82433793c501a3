/* SPDX-License-Identifier: Apache-2.0 */
/* Machine code made by hand, for the tests of the symbolic execution; each "call out" goes 0x1000 bytes ahead. */
#ifndef CHANSCOPE_TESTS_PLAN_CODE_H
#define CHANSCOPE_TESTS_PLAN_CODE_H

#include <stdint.h>

/* clang-format off */
static const uint8_t code_spill[] = {
	0x55,                                          /* push %rbp */
	0x48, 0x89, 0xe5,                              /* mov %rsp,%rbp */
	0x48, 0x83, 0xec, 0x20,                        /* sub $0x20,%rsp */
	0x48, 0x89, 0x44, 0x24, 0x30,                  /* mov %rax,0x30(%rsp) */
	0x48, 0x8d, 0x48, 0x58,                        /* lea 0x58(%rax),%rcx */
	0x48, 0x89, 0x4c, 0x24, 0x18,                  /* mov %rcx,0x18(%rsp) */
	0xe8, 0xfb, 0x0f, 0x00, 0x00,                  /* call out */
	0x48, 0x8b, 0x54, 0x24, 0x30,                  /* mov 0x30(%rsp),%rdx */
	0x48, 0x8b, 0x44, 0x24, 0x18,                  /* mov 0x18(%rsp),%rax */
	0xe8, 0xfb, 0x0f, 0x00, 0x00,                  /* call out */
	0x48, 0x83, 0xc4, 0x20,                        /* add $0x20,%rsp */
	0x5d,                                          /* pop %rbp */
	0xc3,                                          /* ret */
};

static const uint8_t code_old_prologue[] = {
	0x48, 0x83, 0xc4, 0x80,                        /* add $-0x80,%rsp */
	0x48, 0x89, 0x6c, 0x24, 0x78,                  /* mov %rbp,0x78(%rsp) */
	0x48, 0x8d, 0x6c, 0x24, 0x78,                  /* lea 0x78(%rsp),%rbp */
	0x48, 0x89, 0x9c, 0x24, 0x90, 0x00, 0x00, 0x00, /* mov %rbx,0x90(%rsp) */
	0xe8, 0xfb, 0x0f, 0x00, 0x00,                  /* call out */
	0x48, 0x8b, 0xb4, 0x24, 0x90, 0x00, 0x00, 0x00, /* mov 0x90(%rsp),%rsi */
	0xe8, 0xfb, 0x0f, 0x00, 0x00,                  /* call out */
	0x48, 0x8b, 0x6c, 0x24, 0x78,                  /* mov 0x78(%rsp),%rbp */
	0x48, 0x83, 0xec, 0x80,                        /* sub $-0x80,%rsp */
	0xc3,                                          /* ret */
};

static const uint8_t code_join[] = {
	0x55,                                          /* push %rbp */
	0x48, 0x89, 0xe5,                              /* mov %rsp,%rbp */
	0x84, 0xc9,                                    /* test %cl,%cl */
	0x74, 0x08,                                    /* je 0x10 */
	0x48, 0x89, 0xc2,                              /* mov %rax,%rdx */
	0x48, 0x89, 0xde,                              /* mov %rbx,%rsi */
	0xeb, 0x06,                                    /* jmp 0x16 */
	0x48, 0x89, 0xc2,                              /* mov %rax,%rdx */
	0x48, 0x89, 0xfe,                              /* mov %rdi,%rsi */
	0xe8, 0xfb, 0x0f, 0x00, 0x00,                  /* call out */
	0x5d,                                          /* pop %rbp */
	0xc3,                                          /* ret */
};

static const uint8_t code_loop[] = {
	0x55,                                          /* push %rbp */
	0x48, 0x89, 0xe5,                              /* mov %rsp,%rbp */
	0x48, 0x89, 0xc1,                              /* mov %rax,%rcx */
	0x31, 0xc0,                                    /* xor %eax,%eax */
	0xf0, 0x45, 0x0f, 0xb1, 0x88, 0x78, 0x01, 0x00, 0x00, /* lock cmpxchg %r9d,0x178(%r8) */
	0x41, 0x0f, 0x94, 0xc0,                        /* sete %r8b */
	0x45, 0x84, 0xc0,                              /* test %r8b,%r8b */
	0x75, 0x05,                                    /* jne 0x20 */
	0x48, 0x89, 0xc8,                              /* mov %rcx,%rax */
	0xeb, 0xe4,                                    /* jmp 0x4 */
	0xe8, 0xfb, 0x0f, 0x00, 0x00,                  /* call out */
	0x5d,                                          /* pop %rbp */
	0xc3,                                          /* ret */
};

static const uint8_t code_nil[] = {
	0x55,                                          /* push %rbp */
	0x48, 0x89, 0xe5,                              /* mov %rsp,%rbp */
	0x48, 0x85, 0xc0,                              /* test %rax,%rax */
	0x90,                                          /* nop */
	0x74, 0x07,                                    /* je 0x11 */
	0xe8, 0xfb, 0x0f, 0x00, 0x00,                  /* call out */
	0xeb, 0x05,                                    /* jmp 0x16 */
	0xe8, 0xfb, 0x0f, 0x00, 0x00,                  /* call out */
	0x5d,                                          /* pop %rbp */
	0xc3,                                          /* ret */
};

static const uint8_t code_callee_area[] = {
	0x55,                                          /* push %rbp */
	0x48, 0x89, 0xe5,                              /* mov %rsp,%rbp */
	0x48, 0x83, 0xec, 0x20,                        /* sub $0x20,%rsp */
	0x48, 0x89, 0x04, 0x24,                        /* mov %rax,(%rsp) */
	0x48, 0x89, 0x5c, 0x24, 0x18,                  /* mov %rbx,0x18(%rsp) */
	0xe8, 0xfb, 0x0f, 0x00, 0x00,                  /* call out */
	0x48, 0x8b, 0x0c, 0x24,                        /* mov (%rsp),%rcx */
	0x48, 0x8b, 0x54, 0x24, 0x18,                  /* mov 0x18(%rsp),%rdx */
	0xe8, 0xfb, 0x0f, 0x00, 0x00,                  /* call out */
	0x48, 0x83, 0xc4, 0x20,                        /* add $0x20,%rsp */
	0x5d,                                          /* pop %rbp */
	0xc3,                                          /* ret */
};

static const uint8_t code_escape[] = {
	0x55,                                          /* push %rbp */
	0x48, 0x89, 0xe5,                              /* mov %rsp,%rbp */
	0x48, 0x83, 0xec, 0x40,                        /* sub $0x40,%rsp */
	0x48, 0x89, 0x44, 0x24, 0x10,                  /* mov %rax,0x10(%rsp) */
	0x48, 0x89, 0x5c, 0x24, 0x18,                  /* mov %rbx,0x18(%rsp) */
	0x48, 0x89, 0x7c, 0x24, 0x20,                  /* mov %rdi,0x20(%rsp) */
	0x48, 0x89, 0x74, 0x24, 0x20,                  /* mov %rsi,0x20(%rsp) */
	0x48, 0x89, 0x7c, 0x24, 0x28,                  /* mov %rdi,0x28(%rsp) */
	0x48, 0x8d, 0x44, 0x24, 0x18,                  /* lea 0x18(%rsp),%rax */
	0xe8, 0xfb, 0x0f, 0x00, 0x00,                  /* call out */
	0x48, 0x8b, 0x4c, 0x24, 0x10,                  /* mov 0x10(%rsp),%rcx */
	0x48, 0x8b, 0x54, 0x24, 0x18,                  /* mov 0x18(%rsp),%rdx */
	0x48, 0x8b, 0x5c, 0x24, 0x20,                  /* mov 0x20(%rsp),%rbx */
	0x48, 0x8b, 0x74, 0x24, 0x28,                  /* mov 0x28(%rsp),%rsi */
	0xe8, 0xfb, 0x0f, 0x00, 0x00,                  /* call out */
	0x48, 0x83, 0xc4, 0x40,                        /* add $0x40,%rsp */
	0x5d,                                          /* pop %rbp */
	0xc3,                                          /* ret */
};

static const uint8_t code_bytes[] = {
	0x55,                                          /* push %rbp */
	0x48, 0x89, 0xe5,                              /* mov %rsp,%rbp */
	0x48, 0x83, 0xec, 0x20,                        /* sub $0x20,%rsp */
	0x88, 0x4c, 0x24, 0x17,                        /* mov %cl,0x17(%rsp) */
	0x48, 0x89, 0x44, 0x24, 0x08,                  /* mov %rax,0x8(%rsp) */
	0xc6, 0x44, 0x24, 0x0c, 0x01,                  /* movb $0x1,0xc(%rsp) */
	0x0f, 0xb6, 0x4c, 0x24, 0x17,                  /* movzbl 0x17(%rsp),%ecx */
	0x89, 0xca,                                    /* mov %ecx,%edx */
	0x48, 0x8b, 0x5c, 0x24, 0x08,                  /* mov 0x8(%rsp),%rbx */
	0xe8, 0xfb, 0x0f, 0x00, 0x00,                  /* call out */
	0x48, 0x83, 0xc4, 0x20,                        /* add $0x20,%rsp */
	0x5d,                                          /* pop %rbp */
	0xc3,                                          /* ret */
};

static const uint8_t code_widths[] = {
	0x55,                                          /* push %rbp */
	0x48, 0x89, 0xe5,                              /* mov %rsp,%rbp */
	0x89, 0xc1,                                    /* mov %eax,%ecx */
	0x48, 0xc7, 0xc2, 0xff, 0xff, 0xff, 0xff,      /* mov $0xffffffffffffffff,%rdx */
	0xbe, 0xff, 0xff, 0xff, 0xff,                  /* mov $0xffffffff,%esi */
	0xbf, 0x07, 0x00, 0x00, 0x00,                  /* mov $0x7,%edi */
	0x40, 0xb7, 0x01,                              /* mov $0x1,%dil */
	0x48, 0xf7, 0xe3,                              /* mul %rbx */
	0x4d, 0x87, 0xc1,                              /* xchg %r8,%r9 */
	0xe8, 0xfb, 0x0f, 0x00, 0x00,                  /* call out */
	0x5d,                                          /* pop %rbp */
	0xc3,                                          /* ret */
};

static const uint8_t code_barrier[] = {
	0x55,                                          /* push %rbp */
	0x48, 0x89, 0xe5,                              /* mov %rsp,%rbp */
	0x49, 0x89, 0xc3,                              /* mov %rax,%r11 */
	0xe8, 0xfb, 0x0f, 0x00, 0x00,                  /* call out */
	0xe8, 0xfb, 0x0f, 0x00, 0x00,                  /* call out */
	0x5d,                                          /* pop %rbp */
	0xc3,                                          /* ret */
};

static const uint8_t code_indirect[] = {
	0xff, 0xe0,                                    /* jmp *%rax */
};

static const uint8_t code_middle[] = {
	0x74, 0x01,                                    /* je 0x3 */
	0xb8, 0x01, 0x00, 0x00, 0x00,                  /* mov $0x1,%eax */
	0xc3,                                          /* ret */
};

static const uint8_t code_sp_lost[] = {
	0x48, 0x83, 0xe4, 0xf0,                        /* and $0xfffffffffffffff0,%rsp */
	0xc3,                                          /* ret */
};

static const uint8_t code_sp_differs[] = {
	0x85, 0xc0,                                    /* test %eax,%eax */
	0x74, 0x01,                                    /* je 0x5 */
	0x50,                                          /* push %rax */
	0xc3,                                          /* ret */
};

static const uint8_t code_anywhere[] = {
	0x55,                                          /* push %rbp */
	0x48, 0x89, 0xe5,                              /* mov %rsp,%rbp */
	0x48, 0x83, 0xec, 0x20,                        /* sub $0x20,%rsp */
	0x48, 0x89, 0x1c, 0xcc,                        /* mov %rbx,(%rsp,%rcx,8) */
	0x48, 0x83, 0xc4, 0x20,                        /* add $0x20,%rsp */
	0x5d,                                          /* pop %rbp */
	0xc3,                                          /* ret */
};

static const uint8_t code_string[] = {
	0x48, 0x83, 0xec, 0x40,                        /* sub $0x40,%rsp */
	0x48, 0x89, 0xe7,                              /* mov %rsp,%rdi */
	0xf3, 0x48, 0xab,                              /* rep stos %rax,%es:(%rdi) */
	0x48, 0x83, 0xc4, 0x40,                        /* add $0x40,%rsp */
	0xc3,                                          /* ret */
};

static const uint8_t code_sp_kept[] = {
	0x50,                                          /* push %rax */
	0xc3,                                          /* ret */
};

static const uint8_t code_runs_off[] = {
	0x90,                                          /* nop */
	0x90,                                          /* nop */
};

static const uint8_t code_trap[] = {
	0xcc,                                          /* int3 */
};
/* clang-format on */

#endif
