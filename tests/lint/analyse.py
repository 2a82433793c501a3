#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# timeout: 900
"""Static analysis of the C files: cppcheck, and clang-tidy with the checks of .clang-tidy."""
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "lib"))
import lint  # noqa: E402

CPPCHECK = [
    "cppcheck", "--quiet", "--std=c11", "--enable=warning,performance,portability", "--inline-suppr",
    "--library=posix", "--library=gnu", "--error-exitcode=1", "--template={file}:{line}: {id}: {message}",
    # it does not know the cleanup attribute; the leak sanitizer covers these
    "--suppress=memleak", "--suppress=resourceLeak",
    # libraries' headers are not needed for what it checks; a file with too many branches for it is no defect
    "--suppress=missingInclude", "--suppress=missingIncludeSystem", "--suppress=toomanyconfigs",
    # the libraries' headers whose macros look like statements
    "--include=/usr/include/jansson.h", "--include=/usr/include/bpf/libbpf_common.h", "-Iinclude", "-Iuser",
]
DIAGNOSTIC = re.compile(r"^(\S+:\d+):\d+: (?:warning|error): (.*)", re.MULTILINE)


def cppcheck(root, names):
    generated = lint.PROJECT / lint.make_words("O")[0] / "gen"
    done = subprocess.run([*CPPCHECK, f"-I{generated}", f"-j{os.cpu_count()}", *names], cwd=root,
                          capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).splitlines() if done.returncode else []


def tidy(root, name, flags):
    config = [f"--config-file={lint.PROJECT}/.clang-tidy"]
    if name.startswith("tests/"):
        # it does not know that cmocka's assertions leave the test; the sanitizers watch these programs
        config.append("--checks=-clang-analyzer-core.*")
    done = subprocess.run(["clang-tidy", "--quiet", *config, name, "--", *flags], cwd=root,
                          capture_output=True, text=True, check=False)
    found = [f"{m[1]}: {m[2]}".replace(f"{root}/", "") for m in DIAGNOSTIC.finditer(done.stdout)]
    if done.returncode and not found:
        found = [f"{name}: clang-tidy failed", *done.stderr.splitlines()[:5]]
    return found


def check_tidy(tap, root, names, title, flags):
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = pool.map(lambda n: tidy(root, n, flags), names)
    tap.check(title, sorted(set(sum(found, []))))


def main():
    root = lint.parse_root(__doc__)
    files = [f for f in lint.project_files(root) if f.endswith(".c")]
    user = [f for f in files if f.startswith("user/")]
    tests = [f for f in files if f.startswith("tests/")]
    bpf = [f for f in files if f.endswith(".bpf.c")]
    lint.make("generated")
    flags = [*lint.make_words("CPPFLAGS"), "-Itests", "-std=gnu11"]
    tap = lint.Tap()
    if user + tests:
        tap.check("cppcheck finds nothing", cppcheck(root, user + tests))
        check_tidy(tap, root, user, "clang-tidy finds nothing in user/", flags)
        check_tidy(tap, root, tests, "clang-tidy finds nothing in tests/", flags)
    if bpf:
        check_tidy(tap, root, bpf, "clang-tidy finds nothing in bpf/", lint.make_words("BPF_CC")[1:])
    tap.done()


if __name__ == "__main__":
    main()
