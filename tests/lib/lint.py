# SPDX-License-Identifier: Apache-2.0
"""What the lints share: the project's files, C without its comments, TAP."""
import argparse
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
TOKEN = re.compile(r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.DOTALL)


def parse_root(about):
    """The command line of every lint: --root DIR looks at another tree than the project's own."""
    ap = argparse.ArgumentParser(description=about)
    ap.add_argument("--root", type=Path, default=PROJECT)
    return ap.parse_args().root.resolve()


def project_files(root):
    """Sorted paths relative to root: what git tracks or would offer to track, or all when git does not help."""
    git = subprocess.run(["git", "-C", str(root), "ls-files", "-co", "--exclude-standard", "-z"],
                         capture_output=True, text=True, check=False) if (root / ".git").exists() else None
    if git and git.returncode == 0:
        names = set(git.stdout.split("\0")) - {""}
    else:
        names = {os.path.relpath(os.path.join(top, f), root) for top, _, files in os.walk(root) for f in files}
        names = {n for n in names if not re.match(r"\.git/|build(-[^/]*)?/", n)}
    return sorted(n for n in names if (root / n).is_file())


def read(root, name):
    return (root / name).read_text(encoding="utf-8", errors="replace")


def is_c(name):
    return name.endswith((".c", ".h"))


def interpreter(root, name):
    """"sh", "python3" or None, by a script's name or by its first line."""
    if name.endswith((".sh", ".py")):
        return "sh" if name.endswith(".sh") else "python3"
    with open(root / name, "rb") as f:
        m = re.match(rb"#!.*\b(?:(sh|bash)|(python3))\b", f.readline(200))
    return ("sh" if m[1] else "python3") if m else None


def make(target):
    """What make prints for a target of the project, in the build directory that O in the environment names."""
    place = [f"O={os.environ['O']}"] if "O" in os.environ else []
    done = subprocess.run(["make", "-s", "-C", PROJECT, *place, target], stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout


def make_words(name):
    """The words of a variable of the Makefile."""
    return shlex.split(make(f"print-{name}"))


def code_only(text, strings=True):
    """C text with its comments blanked (and its strings too, if not strings); line numbers stay."""
    def blank(m):
        token = m[0]
        if token[0] == "/" or not strings:
            return re.sub(r"[^\n]", " ", token)
        return token
    return TOKEN.sub(blank, text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


class Tap:
    """Numbers the checks; each one passes when it found nothing."""

    def __init__(self):
        self.n = 0
        self.failed = 0

    def check(self, name, found):
        self.n += 1
        print(f"{'not ok' if found else 'ok'} {self.n} - {name}")
        for line in found:
            print(f"# {line}")
        self.failed += bool(found)

    def skip(self, name, why):
        self.n += 1
        print(f"ok {self.n} - {name} # SKIP {why}")

    def done(self):
        print(f"1..{self.n}")
        sys.exit(1 if self.failed else 0)
