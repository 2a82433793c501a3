#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# timeout: 900
# A build as a test, in TAP: build.sh TITLE MAKE-ARGUMENT... passes when make succeeds; warnings are errors there.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1

title=$1
shift
echo 1..1
# Without -k the first error ends the build; with it all of them are shown, and what does build can be tested.
if make -k --output-sync -j"$(nproc)" "$@" >/dev/null; then
	echo "ok 1 - $title"
else
	echo "not ok 1 - $title"
	exit 1
fi
