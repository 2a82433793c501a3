#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes docs/demo.png, the README's picture, from what the last run of tests/demo left. Needs chromium.
set -euo pipefail
cd "$(dirname "$0")/.."

demo=$(realpath "${O:-build}/demo")
page=$(mktemp -d)
trap 'rm -rf "$page"' EXIT

command -v chromium >/dev/null || { echo "docs/picture.sh: chromium is not installed" >&2; exit 1; }
cp "$demo/flame.svg" "$page"
{
	echo '<!doctype html><meta charset="utf-8"><style>body { margin: 0; background: #fff; width: 1260px }'
	echo 'pre { margin: 20px; padding: 16px 20px; background: #14181d; color: #e6e9ed; border-radius: 8px;'
	echo 'font: 15px/1.35 "DejaVu Sans Mono", monospace }'
	echo 'iframe { border: 0; width: 1240px; height: 230px; margin: 0 10px }</style>'
	echo '<pre>'
	pid=$(sed -n 's/^PID \([0-9]*\) .*/\1/p' "$demo/report.txt")
	echo "# chanscope report -p $pid -d 10s --group site"
	# the table, the longest-parked goroutines, and what was lost
	sed -n '1,/^BLOCKED:/p' "$demo/report.txt" | sed '$d' | sed 's/&/\&amp;/g; s/</\&lt;/g'
	sed -n '/goroutines are parked now/,$p' "$demo/report.txt" | sed -n '1,10p' | sed 's/&/\&amp;/g; s/</\&lt;/g'
	echo '…</pre>'
	# in a frame of its own, since it fits itself to the window
	echo '<iframe src="flame.svg"></iframe>'
} >"$page/index.html"
chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --force-device-scale-factor=1 \
	--window-size=1260,"${HEIGHT:-810}" --screenshot="$PWD/docs/demo.png" "$page/index.html" 2>"$page/log" ||
	{ cat "$page/log" >&2; exit 1; }
echo "docs/demo.png"
