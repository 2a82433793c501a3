// SPDX-License-Identifier: Apache-2.0
/*
 * Disassembly, control flow and symbolic execution on code made by hand: what is known of registers before each call,
 * what must not be believed, and what must be refused.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "unit/plan_code.h"

#include "gobin/symex.h"

#define CODE_VA 0x401000

#define CODE(name) code_##name, sizeof(code_##name)

#define UNKNOWN                     \
	{                           \
		.kind = SYM_UNKNOWN \
	}
#define IS_CONST(n)                             \
	{                                       \
		.kind = SYM_CONST, .value = (n) \
	}
#define IS_REG(r)                                       \
	{                                               \
		.kind = SYM_REG, .reg = (r), .bits = 64 \
	}
#define IS_SUM(r, n)                                                  \
	{                                                             \
		.kind = SYM_REG, .reg = (r), .bits = 64, .value = (n) \
	}
#define IS_LOW(r, b)                                     \
	{                                                \
		.kind = SYM_REG, .reg = (r), .bits = (b) \
	}
#define IS_STACK(n)                             \
	{                                       \
		.kind = SYM_STACK, .value = (n) \
	}

/* Before the nth call, reg holds want. */
struct row {
	const char *what;
	const uint8_t *code;
	size_t sz;
	unsigned int nth;
	uint8_t reg;
	struct sym want;
};

/* clang-format off */
static const struct row rows[] = {
	{ "an argument is in its register", CODE(spill), 1, CS_RAX, IS_REG(CS_RAX) },
	{ "a sum of it is followed", CODE(spill), 1, CS_RCX, IS_SUM(CS_RAX, 0x58) },
	{ "a spilled argument comes back", CODE(spill), 2, CS_RDX, IS_REG(CS_RAX) },
	{ "a spilled sum comes back", CODE(spill), 2, CS_RAX, IS_SUM(CS_RAX, 0x58) },
	{ "a call takes registers away", CODE(spill), 2, CS_RCX, UNKNOWN },
	{ "the frame pointer is set", CODE(spill), 2, CS_RBP, IS_STACK(-8) },
	{ "the stack pointer is followed", CODE(spill), 2, CS_RSP, IS_STACK(-0x28) },
	{ "the prologue up to go1.20: frame pointer", CODE(old_prologue), 2, CS_RBP, IS_STACK(-8) },
	{ "the prologue up to go1.20: spilled argument", CODE(old_prologue), 2, CS_RSI, IS_REG(CS_RBX) },
	{ "paths that agree", CODE(join), 1, CS_RDX, IS_REG(CS_RAX) },
	{ "paths that disagree", CODE(join), 1, CS_RSI, UNKNOWN },
	{ "a loop that keeps a value", CODE(loop), 1, CS_RCX, IS_REG(CS_RAX) },
	{ "cmpxchg keeps what it only reads", CODE(loop), 1, CS_R9, IS_REG(CS_R9) },
	{ "cmpxchg changes rax", CODE(loop), 1, CS_RAX, UNKNOWN },
	{ "what lies at the stack pointer may be the callee's", CODE(callee_area), 2, CS_RCX, UNKNOWN },
	{ "a local above is not", CODE(callee_area), 2, CS_RDX, IS_REG(CS_RBX) },
	{ "below an escaped variable", CODE(escape), 2, CS_RCX, IS_REG(CS_RAX) },
	{ "the escaped variable", CODE(escape), 2, CS_RDX, UNKNOWN },
	{ "above it, stored twice: may be part of it", CODE(escape), 2, CS_RBX, UNKNOWN },
	{ "above it, a word stored once: a spill", CODE(escape), 2, CS_RSI, IS_REG(CS_RDI) },
	{ "a byte is zero-extended", CODE(bytes), 1, CS_RCX, IS_LOW(CS_RCX, 8) },
	{ "and stays so in a move of 32 bits", CODE(bytes), 1, CS_RDX, IS_LOW(CS_RCX, 8) },
	{ "a word changed in part", CODE(bytes), 1, CS_RBX, UNKNOWN },
	{ "the lower half", CODE(widths), 1, CS_RCX, IS_LOW(CS_RAX, 32) },
	{ "-1, sign-extended", CODE(widths), 1, CS_RDX, UNKNOWN }, /* mul writes it */
	{ "a constant of 32 bits", CODE(widths), 1, CS_RSI, IS_CONST(0xffffffff) },
	{ "a register changed in part", CODE(widths), 1, CS_RDI, UNKNOWN },
	{ "mul reads its operand", CODE(widths), 1, CS_RBX, IS_REG(CS_RBX) },
	{ "mul writes rax", CODE(widths), 1, CS_RAX, UNKNOWN },
	{ "xchg changes the first", CODE(widths), 1, CS_R8, UNKNOWN },
	{ "xchg changes the second", CODE(widths), 1, CS_R9, UNKNOWN },
	{ "a write barrier keeps registers", CODE(barrier), 2, CS_RAX, IS_REG(CS_RAX) },
	{ "a write barrier changes r11", CODE(barrier), 2, CS_R11, UNKNOWN },
};

/* What must be refused, and a word of the reason. */
static const struct {
	const char *what;
	const uint8_t *code;
	size_t sz;
	const char *reason;
} refused[] = {
	{ "an indirect jump", CODE(indirect), "can't be followed" },
	{ "a jump into the middle of an instruction", CODE(middle), "can't be followed" },
	{ "the end of the function is passed", CODE(runs_off), "can't be followed" },
	{ "int3", CODE(trap), "can't be followed" },
	{ "an aligned stack pointer", CODE(sp_lost), "stack pointer" },
	{ "paths with different stack pointers", CODE(sp_differs), "stack pointer" },
	{ "a stack pointer that is not restored", CODE(sp_kept), "stack pointer" },
	{ "a store to any slot", CODE(anywhere), "anywhere on the stack" },
	{ "a string store to the stack", CODE(string), "anywhere on the stack" },
	{ "no code at all", code_trap, 0, "empty" },
};
/* clang-format on */

struct fixture {
	struct cfg cfg;
	struct symex sx;
	struct diag d;
};

static const char *name_first_call(void *ctx, uint64_t va)
{
	const uint64_t *barrier_va = ctx;

	return va == *barrier_va ? "runtime.gcWriteBarrier2" : "runtime.anything";
}

static int execute(struct fixture *f, const uint8_t *bytes, size_t sz)
{
	/* where the first call of code_barrier goes */
	uint64_t barrier_va = bytes == code_barrier ? CODE_VA + 7 + 0x1000 : 0;
	struct code code;

	*f = (struct fixture){ 0 };
	assert_int_equal(disasm_code(bytes, sz, CODE_VA, &code, &f->d), 0);
	assert_int_equal(cfg__build(&code, name_first_call, &barrier_va, &f->cfg, &f->d), 0);
	return symex__run(&f->cfg, &f->sx, &f->d);
}

static void finish(struct fixture *f)
{
	symex__free(&f->sx);
	cfg__free(&f->cfg);
}

static uint32_t nth_call(const struct cfg *g, unsigned int nth)
{
	for (uint32_t b = 0; b < g->nr; b++)
		if (g->blocks[b].end == BLOCK_CALLS && !--nth)
			return b;
	fail_msg("no such call");
	return 0;
}

static void knows_registers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];
		struct sym_state st;
		struct fixture f;

		if (execute(&f, r->code, r->sz))
			fail_msg("%s: %s", r->what, f.d.what);
		symex__before_last(&f.sx, nth_call(&f.cfg, r->nth), &st);
		if (!sym_equal(st.reg[r->reg], r->want))
			fail_msg("%s: kind %u reg %u bits %u value %lld", r->what, st.reg[r->reg].kind,
				 st.reg[r->reg].reg, st.reg[r->reg].bits, (long long)st.reg[r->reg].value);
		finish(&f);
	}
}

static void refuses_what_it_cannot_follow(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct fixture f;

		if (!execute(&f, refused[i].code, refused[i].sz))
			fail_msg("%s: followed", refused[i].what);
		if (!strstr(f.d.what, refused[i].reason))
			fail_msg("%s: '%s'", refused[i].what, f.d.what);
		finish(&f);
	}
}

static void tells_nil_from_not_nil(void **state)
{
	struct sym_state st;
	struct fixture f;

	(void)state;
	assert_int_equal(execute(&f, CODE(nil)), 0);
	symex__before_last(&f.sx, nth_call(&f.cfg, 1), &st);
	assert_int_equal(st.nil, SYM_NIL_NO);
	symex__before_last(&f.sx, nth_call(&f.cfg, 2), &st);
	assert_int_equal(st.nil, SYM_NIL_YES);
	symex__before_last(&f.sx, f.cfg.nr - 1, &st);
	assert_int_equal(st.nil, SYM_NIL_MAYBE);
	finish(&f);
}

static void divides_into_blocks(void **state)
{
	struct fixture f;

	(void)state;
	assert_int_equal(execute(&f, CODE(join)), 0);
	assert_int_equal(f.cfg.nr, 5);
	assert_int_equal(f.cfg.blocks[0].end, BLOCK_BRANCHES);
	assert_int_equal(f.cfg.blocks[0].next[0], 1);
	assert_int_equal(f.cfg.blocks[0].next[1], 2);
	assert_int_equal(cfg__last(&f.cfg, 0)->cc, 4);
	assert_int_equal(f.cfg.blocks[1].end, BLOCK_JUMPS);
	assert_int_equal(f.cfg.blocks[1].next[0], 3);
	assert_int_equal(f.cfg.blocks[2].end, BLOCK_FALLS);
	assert_int_equal(f.cfg.blocks[3].end, BLOCK_CALLS);
	assert_string_equal(f.cfg.blocks[3].callee, "runtime.anything");
	assert_int_equal(f.cfg.blocks[4].end, BLOCK_RETURNS);
	finish(&f);
}

static void decodes_operands(void **state)
{
	struct diag d = { 0 };
	struct code code;

	(void)state;
	assert_int_equal(disasm_code(CODE(spill), CODE_VA, &code, &d), 0);
	assert_int_equal(code.nr, 13);
	assert_int_equal(code.insns[3].id, INSN_MOV);
	assert_int_equal(code.insns[3].op[0].kind, OPERAND_MEM);
	assert_int_equal(code.insns[3].op[0].base, CS_RSP);
	assert_int_equal(code.insns[3].op[0].value, 0x30);
	assert_true(code.insns[3].op[0].written);
	assert_int_equal(code.insns[3].op[1].reg, CS_RAX);
	assert_int_equal(code.insns[6].flow, FLOW_CALL);
	assert_int_equal(code.insns[6].target, CODE_VA + 0x1016);
	assert_int_equal(code__find(&code, CODE_VA + 0x16), 6);
	assert_int_equal(code__find(&code, CODE_VA + 0x17), code.nr);
	code__free(&code);
}

static void refuses_bytes_that_are_no_code(void **state)
{
	static const uint8_t cut[] = { 0x48, 0x89 }, invalid[] = { 0x90, 0x06 };
	static uint8_t large[DISASM_MAX_CODE + 1];
	struct diag d = { 0 };
	struct code code;
	char text[32];

	(void)state;
	assert_int_equal(disasm_code(cut, sizeof(cut), CODE_VA, &code, &d), -EINVAL);
	assert_int_equal(disasm_code(invalid, sizeof(invalid), CODE_VA, &code, NULL), -EINVAL);
	assert_int_equal(disasm_code(large, sizeof(large), CODE_VA, &code, NULL), -EFBIG);
	assert_false(disasm_text(cut, sizeof(cut), CODE_VA, text, sizeof(text)));
	assert_string_equal(text, "");
	assert_true(disasm_text(code_spill, sizeof(code_spill), CODE_VA, text, sizeof(text)));
	assert_string_equal(text, "push rbp");
}

/* Any bytes at all: the answer may be anything, but it comes. */
static void survives_random_code(void **state)
{
	uint64_t x = 88172645463325252ULL;

	(void)state;
	for (int i = 0; i < 3000; i++) {
		uint8_t bytes[96];
		struct fixture f = { 0 };
		struct code code;

		memcpy(bytes, code_escape, sizeof(code_escape));
		memset(bytes + sizeof(code_escape), 0x90, sizeof(bytes) - sizeof(code_escape));
		for (int k = 0; k < 1 + i % 8; k++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			bytes[x % sizeof(bytes)] = (uint8_t)(x >> 32);
		}
		if (disasm_code(bytes, sizeof(bytes), CODE_VA, &code, &f.d))
			continue;
		assert_int_equal(cfg__build(&code, NULL, NULL, &f.cfg, &f.d), 0);
		if (symex__run(&f.cfg, &f.sx, &f.d))
			assert_true(f.d.what[0]);
		finish(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_registers),	  cmocka_unit_test(refuses_what_it_cannot_follow),
		cmocka_unit_test(tells_nil_from_not_nil), cmocka_unit_test(divides_into_blocks),
		cmocka_unit_test(decodes_operands),	  cmocka_unit_test(refuses_bytes_that_are_no_code),
		cmocka_unit_test(survives_random_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
