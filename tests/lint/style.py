#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the rules of style that no formatter knows: licences, sizes, and calls that don't belong."""
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "lib"))
import lint  # noqa: E402

MAX_FILE_LINES = 500
MAX_FUNCTION_LINES = 80
MAX_COLUMNS = 120

DUAL = "GPL-2.0-only OR Apache-2.0"
# path -> licence expressions that may stand there; the first that fits counts
LICENCES = (
    (r"bpf/.*\.h", ("GPL-2.0-only", DUAL)),  # dual: what the unit tests compile too
    (r"bpf/|vmlinux/", ("GPL-2.0-only",)),
    (r"include/", (DUAL,)),
    (r"", ("Apache-2.0",)),
)
# path prefix -> calls that may stand there although libraries neither print nor end the process
MAY_PRINT = {"user/cli/": r".*", "user/base/log.c": r"fwrite"}

PRINTS = re.compile(
    r"\b((?:v?printf|puts|putchar|perror|exit|_exit|_Exit|quick_exit|abort|assert|err|errx|warn|warnx)\s*\("
    r"|(?:v?fprintf|dprintf)\s*\(\s*(?:stdout|stderr|STDOUT_FILENO|STDERR_FILENO|[12]\b)"
    r"|(?:fputs|fputc|putc|fwrite)\s*\([^;]*\b(?:stdout|stderr)\b)")
RETURN_PROBE = re.compile(r"\b[uk]?retprobes?\b|\bSEC\(\"[uk]ret|\bBPF_[UK]RETPROBE|BPF_F_[UK]PROBE_MULTI_RETURN",
                          re.IGNORECASE)
CLEANUP_GOTO = re.compile(r"\bgoto\s+(?:\w*(?:clean|err|fail)\w*|out\w*|exit\w*|done|end|free\w*|unlock\w*)\s*;")
# calls that cannot be bounded, cannot report an error, or keep hidden state
UNSAFE = re.compile(r"\b(?:gets|v?sprintf|strcpy|strcat|alloca|strtok|ato(?:i|l|ll|f)|tmpnam|mktemp)\s*\(")
HOSTS = re.compile(r"\b(?:proxy\.golang|sum\.golang|goproxy|pypi|pythonhosted|registry\.npmjs|crates|rubygems"
                   r"|(?:deb|snapshot|security|archive)\.(?:debian|ubuntu)|repo\.maven|hub\.docker|quay|gcr)"
                   r"\.(?:org|io|com|cn|apache)\b")
# /proc/PID/root/… is a path of the kernel's, not of a machine
MACHINE_PATH = re.compile(r"(?<![\w%}>)\]$*.])/(?:work|root|home/\w+)/")


def is_source(root, name):
    return (name.endswith((".go", ".t", ".mk")) or name == "Makefile" or lint.is_c(name)
            or lint.interpreter(root, name) is not None)


def licences_of(name):
    return next(licences for pattern, licences in LICENCES if re.match(pattern, name))


def bad_licence(name, text):
    head = text.splitlines()[:3]
    want = licences_of(name)
    for line in head:
        m = re.search(r"SPDX-License-Identifier: (.*?)(?: \*/)?$", line)
        if m:
            return [] if m[1] in want else [f"{name}: says {m[1]}, not {' or '.join(want)}"]
    return [f"{name}: no SPDX-License-Identifier in its first 3 lines"]


def no_opening_comment(name, text):
    """A C file says in a comment, right after the licence, what it is for."""
    rest = re.sub(r"^(//[^\n]*SPDX[^\n]*|/\*[^\n]*SPDX[^\n]*\*/)\n\s*", "", text)
    return [] if re.match(r"//|/\*", rest) else [f"{name}: no comment after the licence"]


def too_long(name, text):
    n = text.count("\n")
    return [f"{name}: {n} lines, at most {MAX_FILE_LINES}"] if n > MAX_FILE_LINES else []


def long_functions(name, text):
    """Relies on the formatter: a function's braces are the ones in the first column."""
    found = []
    start = None
    for nr, line in enumerate(text.splitlines(), 1):
        if line == "{":
            start = nr
        elif line == "}" and start:
            if nr - start + 1 > MAX_FUNCTION_LINES:
                found.append(f"{name}:{start}: a function of {nr - start + 1} lines, at most {MAX_FUNCTION_LINES}")
            start = None
    return found


def matches(pattern, name, text):
    """file:line: text for each match in the given text."""
    return [f"{name}:{lint.line_of(text, m.start())}: {m[0].strip()}" for m in pattern.finditer(text)]


def prints(name, code):
    allowed = next((p for prefix, p in MAY_PRINT.items() if name.startswith(prefix)), None)
    found = [m for m in PRINTS.finditer(code) if not (allowed and re.match(allowed, m[0]))]
    return [f"{name}:{lint.line_of(code, m.start())}: {m[0].strip()}" for m in found]


def wide_or_ragged(name, text):
    found = []
    for nr, line in enumerate(text.splitlines(), 1):
        if len(line.expandtabs(8)) > MAX_COLUMNS:
            found.append(f"{name}:{nr}: {len(line.expandtabs(8))} columns")
        if line != line.rstrip():
            found.append(f"{name}:{nr}: blanks at the end")
    if text and not text.endswith("\n"):
        found.append(f"{name}: no newline at the end")
    return found


def main():
    root = lint.parse_root(__doc__)
    files = lint.project_files(root)
    texts = {f: lint.read(root, f) for f in files if b"\0" not in (root / f).read_bytes()}
    sources = {f: t for f, t in texts.items() if is_source(root, f)}
    c = {f: t for f, t in sources.items() if lint.is_c(f)}
    user = {f: lint.code_only(t) for f, t in c.items() if f.startswith("user/")}
    bare = {f: lint.code_only(t, strings=False) for f, t in c.items()}
    user_bare = {f: t for f, t in bare.items() if f.startswith("user/")}
    traced = {f: lint.code_only(t) for f, t in c.items() if f.startswith(("user/", "bpf/", "include/"))}
    licences = {"LICENSE", "bpf/LICENSE"}

    def every(check, some):
        return [line for name, text in some.items() for line in check(name, text)]

    tap = lint.Tap()
    tap.check("every source file names its licence", every(bad_licence, sources))
    tap.check("every C file opens with a comment", every(no_opening_comment, c))
    tap.check(f"no file is longer than {MAX_FILE_LINES} lines", every(too_long, sources))
    tap.check(f"no function is longer than {MAX_FUNCTION_LINES} lines", every(long_functions, c))
    tap.check("no line is wider than the screen or ends in blanks", every(wide_or_ragged, sources))
    tap.check("user/ cleans up by scope, not by goto", every(lambda n, t: matches(CLEANUP_GOTO, n, t), user))
    tap.check("nothing probes a return", every(lambda n, t: matches(RETURN_PROBE, n, t), traced))
    tap.check("libraries neither print nor end the process", every(prints, user_bare))
    tap.check("no call of C's unsafe functions", every(lambda n, t: matches(UNSAFE, n, t), bare))
    tap.check("no package registry's host is named",
              every(lambda n, t: matches(HOSTS, n, t), {f: t for f, t in texts.items() if f not in licences}))
    tap.check("no path of one machine is named", every(lambda n, t: matches(MACHINE_PATH, n, t), texts))
    tap.done()


if __name__ == "__main__":
    main()
