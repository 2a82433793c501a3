#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# timeout: 300
"""Shows that each lint can fail: a small tree that passes, then one defect at a time, each to be noticed."""
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "lib"))
import lint  # noqa: E402

APACHE = "// SPDX-License-Identifier: Apache-2.0\n/* A sample. */\n"
APACHE_H = "/* SPDX-License-Identifier: Apache-2.0 */\n/* A sample. */\n"
GPL = "// SPDX-License-Identifier: GPL-2.0-only\n/* A sample. */\n"
SHELL = "#!/bin/sh\n# SPDX-License-Identifier: Apache-2.0\n"
DUAL_H = "/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */\n/* A sample. */\n"

GOOD = {
    "include/record.h": DUAL_H + "#include <linux/types.h>\nstruct record {\n\t__u64 t;\n};\n",
    "bpf/x.bpf.c": GPL + '#include "record.h"\nstruct record r;\n',
    "user/base/n.h": APACHE_H + "#include <stddef.h>\nsize_t n_get(void);\n",
    "user/base/n.c": APACHE + '#include "base/n.h"\n\nsize_t n_get(void)\n{\n\treturn 1;\n}\n',
    "user/model/w.c": APACHE + '#include "base/n.h"\n#include "record.h"\nsize_t w_n;\n',
    "user/attach/a.c": APACHE + '#include <bpf/libbpf.h>\n#include "x.skel.h"\nint a_n;\n',
    "user/cli/main.c": APACHE + '#include "model/w.h"\n#include <stdio.h>\n\nint main(void)\n{\n'
                                '\tputs("x");\n\treturn 0;\n}\n',
    "user/model/w.h": APACHE_H + "#include <stddef.h>\nextern size_t w_n;\n",
    "user/sink/s.c": APACHE + '#include <stdio.h>\n\nvoid s_put(FILE *out);\n\nvoid s_put(FILE *out)\n{\n'
                              '\t/* never printf(here) nor goto out; no uretprobe */\n\tfputs("exit(1)", out);\n}\n',
    "tests/hello.sh": SHELL + 'echo "$HOME"\n',
}
# the analysers want to compile, without a skeleton
NOT_ANALYSED = ("user/attach/a.c",)


def function(body):
    return APACHE + f"int f(int *p);\n\nint f(int *p)\n{{\n{body}\treturn *p;\n}}\n"


# what, lint, the check that must fail, path, content
DEFECTS = (
    ("a wrong arrow", "arrows", "user/base", "user/base/bad.c", APACHE + '#include "model/w.h"\n'),
    ("a wrong arrow by <>", "arrows", "user/base", "user/base/bad.c", APACHE + "#include <model/w.h>\n"),
    ("a wrong arrow by ..", "arrows", "user/model", "user/model/bad.c", APACHE + '#include "../sink/s.h"\n'),
    ("an include of cli", "arrows", "user/sink", "user/sink/bad.c", APACHE + '#include "cli/c.h"\n'),
    ("libbpf in a pure folder", "arrows", "user/model", "user/model/bad.c", APACHE + "#include <bpf/libbpf.h>\n"),
    ("a skeleton outside attach", "arrows", "user/stream", "user/stream/bad.c", APACHE + '#include "x.skel.h"\n'),
    ("an include that names no file", "arrows", "user/model", "user/model/bad.c", APACHE + '#include "no.h"\n'),
    ("an unknown folder", "arrows", "in the table", "user/misc/bad.c", APACHE),
    ("a file beside the folders", "arrows", "in the table", "user/bad.c", APACHE),
    ("include/ including user/", "arrows", "include/", "include/bad.h", DUAL_H + '#include "../user/base/n.h"\n'),
    ("bpf/ including user/", "arrows", "bpf/", "bpf/bad.bpf.c", GPL + '#include "../user/base/n.h"\n'),
    ("no licence", "style", "licence", "user/base/bad.c", "/* x */\nint x;\n"),
    ("no licence in a script", "style", "licence", "tests/bad", "#!/usr/bin/env bash\necho\n"),
    ("a wrong licence in bpf/", "style", "licence", "bpf/bad.bpf.c", APACHE),
    ("a wrong licence in include/", "style", "licence", "include/bad.h", APACHE),
    ("no opening comment", "style", "opens with", "user/base/bad.c", APACHE.splitlines()[0] + "\nint x;\n"),
    ("a long file", "style", "no file is longer", "user/base/bad.c", APACHE + "\n" * 500),
    ("a long function", "style", "no function is longer", "user/base/bad.c", function("\t(*p)++;\n" * 78)),
    ("a wide line", "style", "wider", "tests/bad.py", APACHE.replace("//", "#") + "#" + "x" * 120 + "\n"),
    ("blanks at the end", "style", "wider", "tests/bad.py", "# SPDX-License-Identifier: Apache-2.0 \n"),
    ("a goto to a cleanup", "style", "by scope", "user/base/bad.c", function("\tgoto out;\nout:\n")),
    ("a return probe", "style", "return", "bpf/bad.bpf.c", GPL + 'SEC("uretprobe/x")\nint x;\n'),
    ("a return probe's option", "style", "return", "user/attach/bad.c", function("\topts.retprobe = 1;\n")),
    ("printf in a library", "style", "neither print", "user/sink/bad.c", function('\tprintf("x");\n')),
    ("fprintf to stderr in a library", "style", "neither print", "user/sink/bad.c",
     function('\tfprintf(stderr, "x");\n')),
    ("fputs to stdout in a library", "style", "neither print", "user/sink/bad.c", function('\tfputs("x", stdout);\n')),
    ("exit in a library", "style", "neither print", "user/base/bad.c", function("\texit(1);\n")),
    ("assert in a library", "style", "neither print", "user/base/bad.c", function("\tassert(p);\n")),
    ("sprintf", "style", "unsafe", "user/base/bad.c", function("\tsprintf(b, s);\n")),
    ("a registry's host", "style", "registry", "tests/bad.md", "see https://proxy." + "golang.org/x\n"),
    ("a path of one machine", "style", "machine", "tests/bad.md", "see /" + "work/main/x\n"),
    ("a home directory", "style", "machine", "tests/bad.py", 'p = "/' + 'root/x"\n'),
    ("a header that needs another", "headers", "with gcc", "user/base/bad.h", APACHE_H + "size_t x(void);\n"),
    ("the same, clang", "headers", "with clang (", "user/base/bad.h", APACHE_H + "size_t x(void);\n"),
    ("a user header in include/", "headers", "for BPF", "include/bad.h", DUAL_H + "#include <stdlib.h>\nFILE *x;\n"),
    ("an unformatted file", "format", "C files", "user/base/bad.c", APACHE + "int  x ;\n"),
    ("an unquoted variable", "format", "shellcheck", "tests/bad.sh", SHELL + "rm $1\n"),
    ("an index out of bounds", "analyse", "cppcheck", "user/base/bad.c", function("\tint a[2];\n\n\ta[2] = *p;\n")),
    ("a null dereference", "analyse", "user/", "user/base/bad.c", function("\tif (!p)\n\t\t(*p)++;\n")),
    ("too many parameters", "analyse", "user/", "user/base/bad.c",
     APACHE + "int f(int a, int b, int c, int d, int e, int g, int h);\n"
              "int f(int a, int b, int c, int d, int e, int g, int h)\n{\n\treturn a + b + c + d + e + g + h;\n}\n"),
    ("an assignment twice in tests/", "analyse", "tests/", "tests/bad.c", function("\tif (p == p)\n\t\t(*p)++;\n")),
    ("a null dereference in BPF", "analyse", "bpf/", "bpf/bad.bpf.c", function("\tif (!p)\n\t\t(*p)++;\n")),
)


def run_lint(name, root):
    """check -> (passed, its comment lines)"""
    done = subprocess.run([lint.PROJECT / "tests/lint" / f"{name}.py", "--root", root],
                          capture_output=True, text=True, check=False)
    checks = {}
    title = None
    for line in done.stdout.splitlines():
        if line.startswith(("ok ", "not ok ")):
            title = line.split(" - ", 1)[1]
            checks[title] = (line.startswith("ok "), [])
        elif title and line.startswith("# "):
            checks[title][1].append(line)
    failed = any(not passed for passed, _ in checks.values())
    if not checks or failed != (done.returncode != 0):
        raise RuntimeError(f"{name}: exit status {done.returncode}: {done.stdout}{done.stderr}")
    return checks


def write(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def good_for(name):
    return {k: v for k, v in GOOD.items() if name != "analyse" or k not in NOT_ANALYSED}


def complaints_about_good(name):
    with tempfile.TemporaryDirectory() as tmp:
        write(Path(tmp), good_for(name))
        return [f"{title}: {line}" for title, (passed, lines) in run_lint(name, tmp).items() if not passed
                for line in lines or ["no reason"]]


def missed(name, check, path, content):
    """Why the defect was not noticed as it should be; empty if it was."""
    with tempfile.TemporaryDirectory() as tmp:
        write(Path(tmp), {path: content} if name == "analyse" else {**good_for(name), path: content})
        checks = run_lint(name, tmp)
    wanted = [title for title in checks if check in title]
    if not wanted:
        return [f"{name}.py has no check '{check}': {' / '.join(checks)}"]
    if not any(not checks[t][0] and any(os.path.basename(path) in line for line in checks[t][1]) for t in wanted):
        return [f"{name}.py said nothing about {path} in: {' / '.join(wanted)}"]
    return []


def main():
    tap = lint.Tap()
    for name in dict.fromkeys(d[1] for d in DEFECTS):
        tap.check(f"{name}.py passes a good tree", complaints_about_good(name))
    for what, name, check, path, content in DEFECTS:
        tap.check(f"{name}.py notices {what}", missed(name, check, path, content))
    tap.done()


if __name__ == "__main__":
    main()
