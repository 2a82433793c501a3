// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the reading of type descriptors: struct _type of the runtime, abi.Type since 1.21, whose layout no release from
 * 1.17 to 1.27 has changed. It is given an address that a program claims to be a descriptor. Never follows
 * one that lies outside the program's own type data.
 *
 * Sources: https://github.com/golang/go/blob/go1.17/src/runtime/type.go,
 * https://github.com/golang/go/blob/go1.21.0/src/internal/abi/type.go
 */
#include "gobin/rtype.h"

#include <string.h>

#include "base/cursor.h"

#define RTYPE_SZ 48
#define TFLAG_EXTRA_STAR 2 /* the name has one '*' too many: it is shared with the pointer type's */
#define KIND_MASK 0x1f
#define KIND_MAX 26 /* unsafe.Pointer */
#define MAX_NAME (1 << 20)

struct rtype {
	uint64_t size;
	uint8_t tflag, kind;
	int32_t name_off;
};

static bool read_rtype(const struct gobinary *bin, uint64_t va, struct rtype *ret)
{
	const struct go_moduledata *m = pclntab__moduledata(bin->pclntab);
	struct rtype r = { 0 };
	uint8_t align;
	struct cursor c;

	if (va < m->types || va >= m->etypes || m->etypes - va < RTYPE_SZ || va % 8)
		return false;
	c = cursor_over(image__at(bin->image, va, RTYPE_SZ), RTYPE_SZ);
	r.size = cursor_u64(&c);
	cursor_skip(&c, 12); /* PtrBytes, Hash */
	r.tflag = cursor_u8(&c);
	align = cursor_u8(&c);
	cursor_skip(&c, 1); /* FieldAlign */
	r.kind = cursor_u8(&c) & KIND_MASK;
	cursor_skip(&c, 16); /* Equal, GCData */
	r.name_off = (int32_t)cursor_u32(&c);
	if (c.bad || !r.kind || r.kind > KIND_MAX || !align || (align & (align - 1)) || align > 64)
		return false;
	*ret = r;
	return true;
}

/* A name: flag byte, length as uvarint, bytes. https://github.com/golang/go/blob/go1.17/src/reflect/type.go, type name
 */
static const uint8_t *read_name(const struct gobinary *bin, int32_t off, uint64_t *ret_n)
{
	const struct go_moduledata *m = pclntab__moduledata(bin->pclntab);
	uint64_t left = 0;
	const uint8_t *p;
	struct cursor c;

	if (off <= 0)
		return NULL;
	p = image__from(bin->image, m->types + (uint64_t)off, &left);
	c = cursor_over(p, left);
	cursor_skip(&c, 1);
	*ret_n = cursor_uvarint(&c);
	return *ret_n <= MAX_NAME ? cursor_bytes(&c, *ret_n) : NULL;
}

bool rtype_name(const struct gobinary *bin, uint64_t va, char *buf, size_t buf_sz)
{
	struct rtype r;
	const uint8_t *name;
	uint64_t n;

	if (buf_sz)
		buf[0] = 0;
	if (!buf_sz || !read_rtype(bin, va, &r))
		return false;
	name = read_name(bin, r.name_off, &n);
	if (name && n && (r.tflag & TFLAG_EXTRA_STAR) && name[0] == '*') {
		name++;
		n--;
	}
	if (!name || !n || memchr(name, 0, n))
		return false;
	if (n > buf_sz - 1)
		n = buf_sz - 1;
	memcpy(buf, name, n);
	buf[n] = 0;
	return true;
}

bool rtype_size(const struct gobinary *bin, uint64_t va, uint64_t *ret)
{
	struct rtype r;

	if (!read_rtype(bin, va, &r))
		return false;
	*ret = r.size;
	return true;
}
