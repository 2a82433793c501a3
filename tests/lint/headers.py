#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# timeout: 300
"""Checks that every header compiles on its own, with each compiler that will see it."""
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "lib"))
import lint  # noqa: E402

# title, compiler command, folders whose headers it sees
KINDS = (
    ("gcc", "gcc", ("include", "user", "tests")),
    ("clang", "clang", ("include", "user", "tests")),
    ("clang for BPF", "bpf", ("include", "vmlinux", "bpf")),
)


def after(*headers):
    return [word for h in headers for word in ("-include", h)]


# folder -> what its headers are written to stand after, because a library's header is: it does not compile alone
PREAMBLES = {
    "tests/unit": [*after("stdarg.h", "stddef.h", "setjmp.h", "stdint.h", "cmocka.h"), "-Wno-unused-function"],
    "bpf": [*after("vmlinux.h", "linux/bpf.h", "bpf/bpf_helpers.h"), "-Wno-unused-function"],
}


def command(kind):
    """The Makefile's own flags, so that they are said once."""
    if kind == "bpf":
        return lint.make_words("BPF_CC") + ["-Werror"]
    # #pragma once or a guard: -include makes the header an included file, as it will be
    return [kind, *lint.make_words("CPPFLAGS"), "-Itests", "-std=gnu11", *lint.make_words("WARN")]


def compile_alone(root, cmd, name):
    """The first lines of the complaint, or nothing."""
    preamble = PREAMBLES.get(str(Path(name).parent), [])
    done = subprocess.run([*cmd, "-fsyntax-only", *preamble, "-include", name, "-x", "c", "/dev/null"],
                          cwd=root, capture_output=True, text=True, check=False)
    return [] if done.returncode == 0 else [f"{name}:", *done.stderr.splitlines()[:8]]


def main():
    root = lint.parse_root(__doc__)
    headers = [f for f in lint.project_files(root) if f.endswith(".h")]
    tap = lint.Tap()
    for title, kind, folders in KINDS:
        mine = [h for h in headers if h.split("/")[0] in folders]
        cmd = command(kind)
        with ThreadPoolExecutor() as pool:
            found = list(pool.map(lambda h, c=cmd: compile_alone(root, c, h), mine))
        tap.check(f"every header compiles alone with {title} ({len(mine)})", sum(found, []))
    tap.done()


if __name__ == "__main__":
    main()
