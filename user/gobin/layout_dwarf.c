// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the reading of a layout from a program's own debugging information: what the compiler wrote down, so it needs no
 * knowledge of the release. It is given an image, uses libdw, and never fills a field that DWARF does not have.
 */
#include "gobin/layout.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/cleanup.h"
#include "gobin/image_impl.h"

#define MAX_TYPE_DEPTH 16

/*
 * A program without a select of several cases has no scase in its DWARF, and nothing will read one there. The two
 * words {c, elem} are what the compiler stores: walkSelectCases in
 * https://github.com/golang/go/blob/go1.17/src/cmd/compile/internal/walk/select.go
 */
#define SCASE_SZ 16

enum type_id { T_HCHAN, T_G, T_M, T_SUDOG, T_SCASE, NR_TYPES };

static const char *const type_names[NR_TYPES] = {
	"runtime.hchan", "runtime.g", "runtime.m", "runtime.sudog", "runtime.scase",
};

struct field {
	enum type_id type;
	const char *member;
	const char *inner; /* member of the member, or NULL */
	size_t into;	   /* offset in struct cs_layout */
	bool optional;
};

#define FIELD(type, member, into)                                           \
	{                                                                   \
		type, member, NULL, offsetof(struct cs_layout, into), false \
	}
#define INNER(type, member, inner, into)                                     \
	{                                                                    \
		type, member, inner, offsetof(struct cs_layout, into), false \
	}
#define OPTIONAL(type, member, into)                                       \
	{                                                                  \
		type, member, NULL, offsetof(struct cs_layout, into), true \
	}

static const struct field fields[] = {
	FIELD(T_HCHAN, "qcount", hchan_qcount),
	FIELD(T_HCHAN, "dataqsiz", hchan_dataqsiz),
	FIELD(T_HCHAN, "elemsize", hchan_elemsize),
	FIELD(T_HCHAN, "closed", hchan_closed),
	OPTIONAL(T_HCHAN, "timer", hchan_timer),
	FIELD(T_HCHAN, "elemtype", hchan_elemtype),
	FIELD(T_HCHAN, "sendq", hchan_sendq),
	FIELD(T_HCHAN, "recvq", hchan_recvq),
	FIELD(T_HCHAN, "lock", hchan_lock),
	FIELD(T_G, "m", g_m),
	FIELD(T_G, "goid", g_goid),
	FIELD(T_G, "atomicstatus", g_status),
	FIELD(T_G, "waitreason", g_waitreason),
	FIELD(T_G, "waiting", g_waiting),
	INNER(T_G, "sched", "sp", g_sched_sp),
	INNER(T_G, "sched", "pc", g_sched_pc),
	INNER(T_G, "sched", "bp", g_sched_bp),
	FIELD(T_G, "gopc", g_gopc),
	FIELD(T_G, "startpc", g_startpc),
	INNER(T_G, "stack", "lo", g_stack_lo),
	INNER(T_G, "stack", "hi", g_stack_hi),
	FIELD(T_M, "curg", m_curg),
	FIELD(T_SUDOG, "g", sudog_g),
	FIELD(T_SUDOG, "elem", sudog_elem),
	FIELD(T_SUDOG, "c", sudog_c),
	FIELD(T_SUDOG, "success", sudog_success),
	FIELD(T_SUDOG, "isSelect", sudog_is_select),
	FIELD(T_SUDOG, "waitlink", sudog_waitlink),
	FIELD(T_SCASE, "c", scase_c),
};

static void end_dwarf(Dwarf **dw)
{
	if (*dw)
		dwarf_end(*dw);
}

/* Fills types[] for those of type_names that are top-level DIEs of one unit; returns how many are new. */
static int scan_unit(Dwarf_Die *unit, Dwarf_Die types[NR_TYPES], bool have[NR_TYPES])
{
	Dwarf_Off last = 0;
	Dwarf_Die die;
	int nr = 0;

	if (dwarf_child(unit, &die))
		return 0;
	do {
		const char *name;

		if (dwarf_dieoffset(&die) <= last)
			break; /* a sibling that leads back: damaged */
		last = dwarf_dieoffset(&die);
		if (dwarf_tag(&die) != DW_TAG_structure_type)
			continue;
		name = dwarf_diename(&die);
		for (int i = 0; name && i < NR_TYPES; i++)
			if (!have[i] && !strcmp(name, type_names[i])) {
				types[i] = die;
				have[i] = true;
				nr++;
			}
	} while (nr < NR_TYPES && dwarf_siblingof(&die, &die) == 0);
	return nr;
}

static int find_types(Dwarf *dw, Dwarf_Die types[NR_TYPES], bool have[NR_TYPES])
{
	Dwarf_CU *cu = NULL;
	Dwarf_Die unit;
	int nr = 0;

	while (nr < NR_TYPES && dwarf_get_units(dw, cu, &cu, NULL, NULL, &unit, NULL) == 0)
		nr += scan_unit(&unit, types, have);
	return nr;
}

/* The member of that name, or the first one if name is NULL. */
static bool find_member(Dwarf_Die *type, const char *name, Dwarf_Die *ret)
{
	Dwarf_Off last = 0;
	Dwarf_Die die;

	if (dwarf_child(type, &die))
		return false;
	do {
		const char *n = dwarf_diename(&die);

		if (dwarf_dieoffset(&die) <= last)
			return false;
		last = dwarf_dieoffset(&die);
		if (dwarf_tag(&die) == DW_TAG_member && n && (!name || !strcmp(n, name))) {
			*ret = die;
			return true;
		}
	} while (dwarf_siblingof(&die, &die) == 0);
	return false;
}

static bool member_offset(Dwarf_Die *member, uint64_t *ret)
{
	Dwarf_Attribute attr;
	Dwarf_Word value;

	if (!dwarf_attr(member, DW_AT_data_member_location, &attr) || dwarf_formudata(&attr, &value))
		return false;
	*ret = value;
	return true;
}

/* The struct that a member is, typedefs peeled off; false if it is no struct. */
static bool member_struct(Dwarf_Die *member, Dwarf_Die *ret)
{
	Dwarf_Die die = *member;

	for (int depth = 0; depth < MAX_TYPE_DEPTH; depth++) {
		Dwarf_Attribute attr;

		if (!dwarf_attr(&die, DW_AT_type, &attr) || !dwarf_formref_die(&attr, &die))
			return false;
		if (dwarf_tag(&die) == DW_TAG_structure_type) {
			*ret = die;
			return true;
		}
		if (dwarf_tag(&die) != DW_TAG_typedef)
			return false;
	}
	return false;
}

/*
 * From 1.26 on a sudog's pointers are pairs {vp, vu}, in one case inside a further struct; vu always holds the address.
 * Source: maybeTraceablePtr in https://github.com/golang/go/blob/go1.26.0/src/runtime/mgc.go
 */
static bool skip_to_address(Dwarf_Die *member, uint64_t *offset)
{
	Dwarf_Die type, part = *member;
	uint64_t inner;

	for (int depth = 0; depth < MAX_TYPE_DEPTH && member_struct(&part, &type); depth++) {
		bool pair = find_member(&type, "vu", &part);

		if (!pair && !find_member(&type, NULL, &part))
			return false;
		if (!member_offset(&part, &inner))
			return false;
		*offset += inner;
		if (pair)
			return true;
	}
	return true;
}

static bool field_offset(Dwarf_Die *type, const struct field *f, uint64_t *ret)
{
	Dwarf_Die member, inner_type, inner;
	uint64_t inner_offset;

	if (!find_member(type, f->member, &member) || !member_offset(&member, ret))
		return false;
	if (f->type == T_SUDOG && (!strcmp(f->member, "elem") || !strcmp(f->member, "c")))
		return skip_to_address(&member, ret);
	if (!f->inner)
		return true;
	if (!member_struct(&member, &inner_type) || !find_member(&inner_type, f->inner, &inner) ||
	    !member_offset(&inner, &inner_offset))
		return false;
	*ret += inner_offset;
	return true;
}

static void store(struct cs_layout *layout, size_t into, uint64_t value)
{
	uint16_t v = (uint16_t)value;

	memcpy((char *)layout + into, &v, sizeof(v));
}

static int fill_fields(const struct image *img, Dwarf_Die types[NR_TYPES], const bool have[NR_TYPES],
		       struct cs_layout *ret, struct diag *d)
{
	uint64_t g_end = 0;

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		const struct field *f = &fields[i];
		uint64_t offset = CS_NO_FIELD;

		if (!have[f->type])
			continue;
		if (!field_offset(&types[f->type], f, &offset) && !f->optional)
			return diag_fail(d, -EINVAL, "the DWARF of %s has no field %s.%s", image__path(img),
					 type_names[f->type], f->member);
		if (offset > CS_NO_FIELD)
			return diag_fail(d, -EINVAL, "the DWARF of %s has an impossible offset for %s.%s",
					 image__path(img), type_names[f->type], f->member);
		store(ret, f->into, offset);
		if (f->type == T_G && offset + 8 > g_end)
			g_end = offset + 8;
	}
	ret->g_size = (uint16_t)g_end;
	return 0;
}

static int fill_sizes(const struct image *img, Dwarf_Die types[NR_TYPES], const bool have[NR_TYPES],
		      struct cs_layout *ret, struct diag *d)
{
	int hchan_sz = dwarf_bytesize(&types[T_HCHAN]);
	int scase_sz = have[T_SCASE] ? dwarf_bytesize(&types[T_SCASE]) : SCASE_SZ;

	if (hchan_sz <= 0 || hchan_sz >= CS_NO_FIELD || scase_sz <= 0 || scase_sz >= CS_NO_FIELD ||
	    ret->g_size > dwarf_bytesize(&types[T_G]))
		return diag_fail(d, -EINVAL, "the DWARF of %s has impossible sizes of the runtime's structures",
				 image__path(img));
	ret->hchan_size = (uint16_t)hchan_sz;
	ret->scase_size = (uint16_t)scase_sz;
	return 0;
}

int layout_from_dwarf(const struct image *img, struct cs_layout *ret, struct diag *d)
{
	Dwarf *dw auto_cleanup(end_dwarf) = dwarf_begin_elf(img->elf, DWARF_C_READ, NULL);
	struct cs_layout layout = { 0 };
	Dwarf_Die types[NR_TYPES];
	bool have[NR_TYPES] = { false };
	int nr, err;

	if (!dw)
		return diag_fail(d, -ENOENT, "%s has no DWARF", image__path(img));
	nr = find_types(dw, types, have);
	if (!nr)
		return diag_fail(d, -ENOENT, "%s has no DWARF of Go's runtime", image__path(img));
	for (int i = 0; i < NR_TYPES; i++)
		if (!have[i] && i != T_SCASE)
			return diag_fail(d, -EINVAL, "the DWARF of %s lacks %s", image__path(img), type_names[i]);
	err = fill_fields(img, types, have, &layout, d);
	if (!err)
		err = fill_sizes(img, types, have, &layout, d);
	if (!err)
		*ret = layout;
	return err;
}
