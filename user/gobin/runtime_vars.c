// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the search for three variables of the runtime. A stripped program has no symbols, but the code of a known
 * function loads them; what the code yields is believed only if it lies in writable data.
 *
 * runtime.forEachGRace(fn) loads allglen, then allgptr, and nothing else relative to the pc before
 * its loop (https://github.com/golang/go/blob/go1.17/src/runtime/proc.go, atomicAllG). runtime.schedinit compares
 * len(buildVersion) with 0 and stores 7, the length of "unknown" (same file).
 */
#include "gobin/runtime_vars.h"

#include <capstone/capstone.h>

#include "base/cleanup.h"
#include "base/cursor.h"

#define MAX_CODE_SZ 16384 /* bytes; schedinit has some 2000 */

struct code {
	const uint8_t *bytes;
	uint64_t va, size;
};

static bool find_code(const struct image *img, const struct pclntab *t, const char *function, struct code *ret)
{
	struct go_func f;

	if (!pclntab__func_named(t, function, &f) || f.end <= f.entry)
		return false;
	ret->va = f.entry;
	ret->size = f.end - f.entry < MAX_CODE_SZ ? f.end - f.entry : MAX_CODE_SZ;
	ret->bytes = image__at(img, ret->va, ret->size);
	return ret->bytes;
}

/* Calls fn for each amd64 instruction of code until it says true; false if none does. */
static bool each_insn(const struct code *code, bool (*fn)(const cs_insn *insn, void *ctx), void *ctx)
{
	const uint8_t *p = code->bytes;
	size_t left = code->size;
	uint64_t va = code->va;
	bool found = false;
	cs_insn *insn;
	csh h;

	if (cs_open(CS_ARCH_X86, CS_MODE_64, &h) != CS_ERR_OK)
		return false;
	cs_option(h, CS_OPT_DETAIL, CS_OPT_ON);
	insn = cs_malloc(h);
	while (insn && !found && cs_disasm_iter(h, &p, &left, &va, insn))
		found = fn(insn, ctx);
	if (insn)
		cs_free(insn, 1);
	cs_close(&h);
	return found;
}

static bool rip_relative(const cs_insn *insn, const cs_x86_op *op, uint64_t *ret)
{
	if (op->type != X86_OP_MEM || op->mem.base != X86_REG_RIP || op->mem.index != X86_REG_INVALID || op->size != 8)
		return false;
	*ret = insn->address + insn->size + (uint64_t)op->mem.disp;
	return true;
}

struct loads {
	uint64_t va[2];
	int nr;
};

/* mov r64, [rip + disp] */
static bool take_load(const cs_insn *insn, void *ctx)
{
	const cs_x86 *x86 = &insn->detail->x86;
	struct loads *l = ctx;

	if (insn->id != X86_INS_MOV || x86->op_count != 2 || x86->operands[0].type != X86_OP_REG)
		return false;
	return rip_relative(insn, &x86->operands[1], &l->va[l->nr]) && ++l->nr == 2;
}

/* adrp xN, page; add xN, xN, #imm; ldar: the address of each acquire load. */
static bool take_loads_arm64(const struct code *code, struct loads *l)
{
	struct cursor c = cursor_over(code->bytes, code->size);
	uint64_t page[32] = { 0 }, address[32] = { 0 };

	for (uint64_t va = code->va; cursor_left(&c) >= 4 && l->nr < 2; va += 4) {
		uint32_t w = cursor_u32(&c), rd = w & 31, rn = w >> 5 & 31;

		if ((w & 0x9f000000) == 0x90000000) { /* adrp */
			int64_t pages = (int64_t)((uint64_t)((w >> 5 & 0x7ffff) << 2 | (w >> 29 & 3)) << 43) >> 43;

			page[rd] = (va & ~0xfffULL) + (uint64_t)pages * 4096;
		} else if ((w & 0xffc00000) == 0x91000000) { /* add xd, xn, #imm12 */
			address[rd] = page[rn] ? page[rn] + (w >> 10 & 0xfff) : 0;
		} else if ((w & 0xfffffc00) == 0xc8dffc00 && address[rn]) { /* ldar xt, [xn] */
			l->va[l->nr++] = address[rn];
		}
	}
	return l->nr == 2;
}

bool runtime_find_allgs(const struct image *img, const struct pclntab *t, uint64_t *ret_allglen, uint64_t *ret_allgptr)
{
	struct loads l = { 0 };
	struct code code;
	bool found = false;

	if (find_code(img, t, "runtime.forEachGRace", &code))
		found = image__machine(img) == IMAGE_AMD64 ? each_insn(&code, take_load, &l)
							   : take_loads_arm64(&code, &l);
	if (!found)
		found = image__symbol(img, "runtime.allglen", &l.va[0]) &&
			image__symbol(img, "runtime.allgptr", &l.va[1]);
	if (!found || !image__in_data(img, l.va[0], 8) || !image__in_data(img, l.va[1], 8))
		return false;
	*ret_allglen = l.va[0];
	*ret_allgptr = l.va[1];
	return true;
}

/* mov qword [rip + disp], 7 */
static bool take_store_of_7(const cs_insn *insn, void *ctx)
{
	const cs_x86 *x86 = &insn->detail->x86;
	uint64_t *ret = ctx;

	return insn->id == X86_INS_MOV && x86->op_count == 2 && x86->operands[1].type == X86_OP_IMM &&
	       x86->operands[1].imm == 7 && rip_relative(insn, &x86->operands[0], ret);
}

bool runtime_find_buildversion(const struct image *img, const struct pclntab *t, uint64_t *ret_va)
{
	uint64_t va, len_va;
	struct code code;
	bool found = image__symbol(img, "runtime.buildVersion", &va);

	if (!found && image__machine(img) == IMAGE_AMD64 && find_code(img, t, "runtime.schedinit", &code)) {
		found = each_insn(&code, take_store_of_7, &len_va);
		va = found ? len_va - 8 : 0;
	}
	if (!found || !image__in_data(img, va, 16))
		return false;
	*ret_va = va;
	return true;
}
