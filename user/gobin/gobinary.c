// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the decision whether a file is a Go program that chanscope can trace, and all facts about one that is. It is
 * given a path. Never accepts a memory layout that is neither known for the release nor proven by DWARF.
 */
#include "gobin/gobinary.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gobin/layout.h"
#include "gobin/runtime_vars.h"
#include "gobin/version.h"

static int refuse_old(const struct gobinary *bin, struct diag *d)
{
	const char *path = image__path(bin->image);

	diag_fail(d, -ENOTSUP,
		  "%s was built by %s, whose functions take their arguments on the stack; chanscope reads "
		  "them from registers",
		  path, bin->version.text);
	diag_hint(d, "rebuild it with go1.%d or newer",
		  image__machine(bin->image) == IMAGE_ARM64 ? LAYOUT_OLDEST_MINOR + 1 : LAYOUT_OLDEST_MINOR);
	return -ENOTSUP;
}

/* The register-based calling convention came to amd64 in 1.17 and to arm64 in 1.18: https://go.dev/doc/go1.18#compiler
 */
static bool is_stack_based(const struct gobinary *bin)
{
	int oldest = image__machine(bin->image) == IMAGE_ARM64 ? LAYOUT_OLDEST_MINOR + 1 : LAYOUT_OLDEST_MINOR;

	return bin->version.minor < oldest || strstr(bin->version.text, "noregabi");
}

static int refuse_packed(const struct image *img, struct diag *d)
{
	diag_fail(d, -ENOTSUP, "%s is packed by UPX: its code is not in the file but unpacked into memory at start",
		  image__path(img));
	diag_hint(d, "unpack it (upx -d) or deploy it unpacked");
	return -ENOTSUP;
}

/* Version first, so that an old program is refused for its age and not for what its tables look like. */
static int read_tables(struct gobinary *bin, struct diag *d)
{
	int no_version = go_version_read(bin->image, &bin->version, NULL);
	int err;

	if (!no_version && is_stack_based(bin))
		return refuse_old(bin, d);
	if (no_version && image__is_upx(bin->image))
		return refuse_packed(bin->image, d);
	err = pclntab__open(bin->image, &bin->pclntab, d);
	if (err)
		return err;
	if (!runtime_find_buildversion(bin->image, bin->pclntab, &bin->va_buildversion))
		bin->va_buildversion = 0;
	if (no_version)
		err = go_version_infer(bin->image, bin->pclntab, &bin->version, d);
	if (!err && is_stack_based(bin))
		err = refuse_old(bin, d);
	return err;
}

static int refuse_unknown(const struct gobinary *bin, int dwarf_err, struct diag *dwarf, struct diag *d)
{
	if (dwarf_err != -ENOENT) {
		if (d && !d->err)
			*d = *dwarf;
		return dwarf_err;
	}
	diag_fail(d, -ENOTSUP,
		  "%s was built by %s, whose memory layout is not known (go1.%d to go1.%d are), and it has no DWARF "
		  "to read it from",
		  image__path(bin->image), bin->version.text, LAYOUT_OLDEST_MINOR, LAYOUT_NEWEST_MINOR);
	diag_hint(d, "build it without -ldflags=-w, or use a newer chanscope");
	return -ENOTSUP;
}

static int find_layout(struct gobinary *bin, struct diag *d)
{
	struct diag dwarf = { 0 };
	int err;

	if (layout_from_table(&bin->version, &bin->layout)) {
		bin->layout_source = "table";
		return 0;
	}
	err = layout_from_dwarf(bin->image, &bin->layout, &dwarf);
	if (err)
		return refuse_unknown(bin, err, &dwarf, d);
	bin->layout_source = "dwarf";
	return 0;
}

int gobinary__open(const char *path, struct gobinary **ret, struct diag *d)
{
	struct gobinary *bin = calloc(1, sizeof(*bin));
	int err;

	if (!bin)
		return diag_fail(d, -ENOMEM, "no memory to open %s", path);
	err = image__open(path, &bin->image, d);
	if (!err)
		err = read_tables(bin, d);
	if (!err)
		err = find_layout(bin, d);
	if (err) {
		gobinary__close(bin);
		return err;
	}
	runtime_find_allgs(bin->image, bin->pclntab, &bin->va_allglen, &bin->va_allgptr);
	*ret = bin;
	return 0;
}

void gobinary__close(struct gobinary *bin)
{
	if (!bin)
		return;
	pclntab__free(bin->pclntab);
	image__free(bin->image);
	free(bin);
}
