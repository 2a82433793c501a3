#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks which folder includes which: the arrows of the table below, and no others."""
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "lib"))
import lint  # noqa: E402

# folder of user/ -> folders of user/ that it may include besides itself; include/ is open to all
ARROWS = {
    "base": "",
    "gobin": "base",
    "proc": "base gobin",
    "sym": "base gobin",
    "attach": "base gobin proc",
    "stream": "base",
    "rec": "base",
    "model": "base",
    "detect": "base model",
    "sink": "base model detect sym",
    "tui": "base model detect sym",
    "cli": "base gobin proc sym attach stream rec model detect sink tui",
}
# the folders that may see libbpf and the kernel's BPF interface; all others are tested without root
BPF_USERS = {"attach", "stream"}
SKELETON_USERS = {"attach"}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.MULTILINE)


def includes(root, name):
    """(line, path, in quotes) of each #include of a file."""
    text = lint.code_only(lint.read(root, name))
    return [(lint.line_of(text, m.start()), m[2], m[1] == '"') for m in INCLUDE.finditer(text)]


def target(root, name, path, quoted):
    """The project file that an #include of `name` means, relative to root, or None: the system's."""
    candidates = [f"user/{path}", f"include/{path}", f"vmlinux/{path}", path]
    if quoted:
        candidates.insert(0, str(Path(name).parent / path))
    for c in candidates:
        if (root / c).is_file() and (root / c).resolve().is_relative_to(root):
            return str((root / c).resolve().relative_to(root))
    return None


def wrong_user_arrow(folder, file):
    """Why a file of user/folder may not include the project's `file`; None if it may."""
    parts = file.split("/")
    if parts[0] == "include":
        return None
    if parts[0] != "user":
        return "user/ includes only user/ and include/"
    to = parts[1]
    if to == folder or to in ARROWS[folder].split():
        return None
    return f"user/{folder} may include: {ARROWS[folder] or 'nothing of user/'}"


def check_user(root, folder, names):
    """The violations of one folder of user/."""
    found = []
    for name in names:
        for line, path, quoted in includes(root, name):
            why = None
            file = target(root, name, path, quoted)
            if path.endswith(".skel.h"):
                if folder not in SKELETON_USERS:
                    why = "only " + " ".join(sorted(SKELETON_USERS)) + " sees the skeletons"
            elif ".." in path:
                why = "no .. in a path"
            elif file:
                why = wrong_user_arrow(folder, file)
            elif re.match(r"bpf/|linux/(bpf|perf_event)|asm/bpf", path) and folder not in BPF_USERS:
                why = "only " + " ".join(sorted(BPF_USERS)) + " may include BPF headers"
            elif quoted and not path.endswith(".inc"):  # an .inc is made by the Makefile
                why = "no such file in user/ or include/"
            if why:
                found.append(f"{name}:{line}: {path}: {why}")
    return found


def check_outside(root, names, allowed):
    """The violations of files outside user/: `allowed` are the top folders that they may include."""
    found = []
    for name in names:
        for line, path, quoted in includes(root, name):
            file = target(root, name, path, quoted)
            if file and file.split("/")[0] not in allowed:
                found.append(f"{name}:{line}: {path}: may include only {' '.join(allowed)}")
    return found


def main():
    root = lint.parse_root(__doc__)
    files = [f for f in lint.project_files(root) if lint.is_c(f)]
    tap = lint.Tap()
    stray = [f for f in files if f.startswith("user/") and not (f.count("/") > 1 and f.split("/")[1] in ARROWS)]
    tap.check("every folder of user/ is in the table", stray)
    for folder in ARROWS:
        mine = [f for f in files if f.startswith(f"user/{folder}/")]
        if mine:
            tap.check(f"user/{folder} includes what it may", check_user(root, folder, mine))
    for top, allowed in (("include", ["include"]), ("vmlinux", ["vmlinux"]), ("bpf", ["bpf", "include", "vmlinux"])):
        mine = [f for f in files if f.startswith(top + "/")]
        if mine:
            tap.check(f"{top}/ includes what it may", check_outside(root, mine, allowed))
    tap.done()


if __name__ == "__main__":
    main()
