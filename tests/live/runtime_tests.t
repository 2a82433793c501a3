#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# timeout: 600
"""The Go runtime's own tests of channels and selects pass while they are traced."""

import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import live  # noqa: E402

PATTERN = "^Test.*(Chan|Select|Nonblock)"


def build_runtime_tests(toolchain):
    out = live.OUT / "programs" / f"runtime.test-{toolchain}"
    out.parent.mkdir(parents=True, exist_ok=True)
    env = {**os.environ, "GOFLAGS": "-mod=mod", "CGO_ENABLED": "0"}
    go = "go"
    if toolchain == "debian":
        go = "/usr/bin/go"
        env["GOTOOLCHAIN"] = "local"
    else:
        env["GOTOOLCHAIN"] = toolchain
    # needs a module around it, whatever module that is
    run = subprocess.run(
        [go, "test", "-c", "-o", out, "runtime"],
        capture_output=True,
        text=True,
        env=env,
        check=False,
        cwd=live.ROOT / "tests/programs/truth",
    )
    if run.returncode:
        raise live.Skip(
            f"Go {toolchain} has no runtime tests to build here: {(run.stderr.strip().splitlines() or ['?'])[-1]}"
        )
    return out


def pass_while_traced(toolchain, method):
    binary = build_runtime_tests(toolchain)
    args = [binary, f"-test.run={PATTERN}", "-test.count=8", "-test.short", "-test.v"]
    tests = subprocess.Popen(args, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=binary.parent)
    scope = live.Chanscope("report", "-p", tests.pid, "--json", method=method).wait_attached()
    out, _ = tests.communicate(timeout=500)
    report = scope.json()
    failed = [line for line in out.splitlines() if line.startswith("--- FAIL")]
    assert tests.returncode == 0 and not failed, f"exit status {tests.returncode}: {failed}\n{out[-3000:]}"
    traps = sum(p["traps"] for p in report["processes"])
    assert traps > 100000, f"only {traps} traps: the tests had ended before they were traced"
    return f"{out.count('--- PASS')} tests passed, {traps} traps"


def main():
    t = live.Tap()
    for toolchain in ("debian", "go1.26.8", "go1.27.0"):
        t.test(f"Go {toolchain}", pass_while_traced, toolchain, "auto")
    t.done()


if __name__ == "__main__":
    main()
