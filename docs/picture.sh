#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes docs/demo.png, the README's picture, from the flame graph that the last run of tests/demo left. Needs chromium.
set -euo pipefail
cd "$(dirname "$0")/.."

flame=$(realpath "${O:-build}/demo/flame.svg")
log=$(mktemp)
trap 'rm -f "$log"' EXIT

command -v chromium >/dev/null || { echo "docs/picture.sh: chromium is not installed" >&2; exit 1; }
height=$(sed -n 's/.* viewBox="0 0 1200 \([0-9]*\)".*/\1/p' "$flame")
chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --force-device-scale-factor=1 \
	--window-size=1200,"$height" --screenshot="$PWD/docs/demo.png" "$flame" 2>"$log" || { cat "$log" >&2; exit 1; }
echo "docs/demo.png"
