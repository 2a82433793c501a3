#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds one target program and prints the path of the binary:
#     build.sh PROGRAM TOOLCHAIN FORM OUTDIR
# TOOLCHAIN: debian (/usr/bin/go), local (the go on the path), or a release such as go1.23.12, which the go
# command fetches by itself. FORM: plain, stripped, pie, pie-stripped. Binaries are kept by the content of
# what they are made of in $CHANSCOPE_TEST_CACHE. Exit status 77: this toolchain cannot be had here.
set -eu

[ $# -eq 4 ] || { echo "usage: build.sh PROGRAM TOOLCHAIN FORM OUTDIR" >&2; exit 2; }
program=$1 toolchain=$2 form=$3 out_dir=$4
here=$(cd "$(dirname "$0")" && pwd)
cache=${CHANSCOPE_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/chanscope-programs}

skip() { echo "skip: $*" >&2; exit 77; }

[ -f "$here/$program/go.mod" ] || { echo "build.sh: no program $program in $here" >&2; exit 2; }

go=go
case $toolchain in
debian) go=/usr/bin/go; GOTOOLCHAIN=local ;;
local) GOTOOLCHAIN=local ;;
go1.*) GOTOOLCHAIN=$toolchain ;;
*) echo "build.sh: TOOLCHAIN is debian, local or go1.N, not $toolchain" >&2; exit 2 ;;
esac
export GOTOOLCHAIN GOFLAGS=-mod=mod GOWORK=off CGO_ENABLED=0
# a go command set up for another release must not leak its root into this one
unset GOROOT

set --
case $form in
plain) ;;
stripped) set -- "-ldflags=-s -w" ;;
pie) set -- -buildmode=pie ;;
pie-stripped) set -- -buildmode=pie "-ldflags=-s -w" ;;
*) echo "build.sh: FORM is plain, stripped, pie or pie-stripped, not $form" >&2; exit 2 ;;
esac

command -v "$go" >/dev/null 2>&1 || skip "no $go on this machine"
version=$("$go" version 2>/dev/null | cut -d ' ' -f 3) || version=
[ -n "$version" ] || skip "$go cannot get toolchain $toolchain"
case $toolchain in
go1.*) [ "$version" = "$toolchain" ] || skip "$go is $version and cannot become $toolchain" ;;
esac
needs=$(sed -n 's/^go 1\.//p' "$here/$program/go.mod")
minor=$(echo "$version" | sed 's/^go1\.\([0-9]*\).*/\1/')
[ "$minor" -ge "$needs" ] || skip "$program needs go1.$needs, $toolchain is $version"

key=$({ echo "$here" "$program" "$version" "$form"; cat "$here/build.sh" "$here/$program"/*.go \
	"$here/$program/go.mod" "$here"/gate/*.go; } | sha256sum | cut -c 1-32)
built=$cache/$key/$program
if [ ! -x "$built" ]; then
	mkdir -p "$cache/$key"
	(cd "$here/$program" && "$go" build "$@" -o "$built.$$" .)
	mv "$built.$$" "$built"
fi
mkdir -p "$out_dir"
out=$out_dir/$program-$toolchain-$form
cp -f "$built" "$out.$$"
mv "$out.$$" "$out"
echo "$out"
