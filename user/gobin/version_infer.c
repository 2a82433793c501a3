// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the finding of the Go version of a binary without build information: first the runtime's own version string,
 * then what the releases have that others have not. It is given an image and its function table. Never tells a version
 * that a feature contradicts.
 */
#include <errno.h>
#include <stdio.h>

#include "gobin/pclntab_impl.h"
#include "gobin/runtime_vars.h"
#include "gobin/version.h"

static bool has(const struct pclntab *t, const char *function)
{
	struct go_func f;

	return pclntab__func_named(t, function, &f);
}

/*
 * Each release, newest first, by something that every program of it has and none of an older one. Sources: the files of
 * https://github.com/golang/go/tree/go1.N/src/runtime named at each line.
 */
static int minor_by_features(const struct image *img, const struct pclntab *t)
{
	switch (t->version) {
	case PCLNTAB_116:
		/* debug.go, debugcall.go: the call injection's second version came with the register convention */
		return has(t, "runtime.debugCallV2") ? 17 : has(t, "runtime.debugCallV1") ? 16 : -1;
	case PCLNTAB_118:
		return has(t, "runtime.fatal") ? 19 : 18; /* panic.go */
	case PCLNTAB_120:
		if (pclntab__is_wrapper(t, 23))
			return 25; /* internal/abi/symtab.go: FuncID_runCleanups */
		if (image__section(img, ".go.fipsinfo"))
			return 24; /* crypto/internal/fips140/check */
		if (has(t, "runtime.blockTimerChan"))
			return 23; /* time.go */
		if (has(t, "runtime.gdestroy"))
			return 22;			    /* proc.go */
		return has(t, "runtime.doInit1") ? 21 : 20; /* proc.go */
	case PCLNTAB_126:
		/* symtab.go: moduledata of 1.27 has typedesclen before etypes */
		return t->gofunc_at == 344 ? 27 : 26;
	}
	return -1;
}

int go_version_infer(const struct image *img, const struct pclntab *t, struct go_version *ret, struct diag *d)
{
	struct go_version v = { .patch = -1 };
	const char *text = NULL;
	uint64_t va, n = 0;

	if (runtime_find_buildversion(img, t, &va))
		text = go_string_at(img, va, &n);
	if (text && go_version_parse(text, n, ret))
		return 0;
	v.minor = minor_by_features(img, t);
	if (v.minor < 0)
		return diag_fail(d, -ENOENT, "%s does not tell which Go release built it", image__path(img));
	snprintf(v.text, sizeof(v.text), "go1.%d", v.minor);
	*ret = v;
	return 0;
}
