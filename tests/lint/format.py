#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that C files are as clang-format would write them, and shell scripts as shellcheck likes them."""
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "lib"))
import lint  # noqa: E402


def unformatted(root, names):
    """The files that the formatter would change, each with its first line that differs."""
    if not names:
        return []
    style = f"--style=file:{lint.PROJECT}/.clang-format"
    done = subprocess.run(["clang-format", style, "--dry-run", "-Werror", *names], cwd=root,
                          capture_output=True, text=True, check=False)
    first = {}
    for m in re.finditer(r"^([^:\n]+):(\d+):\d+: error: code should be", done.stderr, re.MULTILINE):
        first.setdefault(m[1], m[2])
    if done.returncode and not first:
        return done.stderr.splitlines()[:20]
    return [f"{name}:{line}: run clang-format -i {name}" for name, line in first.items()]


def shellcheck(root, names):
    if not names:
        return []
    done = subprocess.run(["shellcheck", "--format=gcc", "--external-sources", *names], cwd=root,
                          capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).splitlines() if done.returncode else []


def main():
    root = lint.parse_root(__doc__)
    files = lint.project_files(root)
    shell = [f for f in files if lint.interpreter(root, f) == "sh"]
    tap = lint.Tap()
    tap.check("C files are formatted", unformatted(root, [f for f in files if lint.is_c(f)]))
    tap.check("shell scripts pass shellcheck", shellcheck(root, shell))
    tap.done()


if __name__ == "__main__":
    main()
