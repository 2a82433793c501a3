#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Wrong uses and wrong machines: one clear sentence, a line of advice, the right exit status, nothing left attached."""

import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import live  # noqa: E402

DONE, FAILED, USAGE, MACHINE = 0, 1, 2, 3


def expect(status, words, *args, prefix=(), **kwargs):
    run = subprocess.run(
        [*prefix, live.CHANSCOPE, *map(str, args)], capture_output=True, text=True, timeout=60, check=False, **kwargs
    )
    lines = run.stderr.splitlines()
    assert run.returncode == status, f"exit status {run.returncode}, not {status}: {run.stderr}"
    assert run.stdout == "", f"an error's standard output is not empty: {run.stdout}"
    assert lines and lines[0].startswith("chanscope: "), f"no sentence: {run.stderr}"
    assert len(lines) <= 2, f"more than a sentence and a line of advice: {run.stderr}"
    assert words in run.stderr, f"`{words}` is not in: {run.stderr}"
    return lines[0]


def no_command():
    status, out, err = live.chanscope()
    assert status == USAGE and not out and err.startswith("Usage: "), (status, out, err)


def free_pid():
    child = subprocess.Popen(["true"])
    child.wait()
    return child.pid


def no_such_pid():
    return expect(FAILED, "no such process", "report", "-p", free_pid(), "-d", "1s")


def not_go():
    sleeper = subprocess.Popen(["sleep", "60"])
    try:
        return expect(FAILED, "not a Go program", "report", "-p", sleeper.pid, "-d", "1s")
    finally:
        sleeper.kill()
        sleeper.wait()


def not_elf():
    with tempfile.NamedTemporaryFile("w") as f:
        f.write("hello")
        f.flush()
        return expect(FAILED, "ELF", "plan", f.name)


def no_such_file():
    return expect(FAILED, "/nonexistent/binary", "plan", "/nonexistent/binary")


def kernel_thread():
    return expect(FAILED, "kernel thread", "report", "-p", 2, "-d", "1s")


def as_nobody(status, words, *args):
    # the binary lies where nobody may not look: give nobody an open door
    with tempfile.TemporaryDirectory() as d:
        os.chmod(d, 0o755)
        tool = os.path.join(d, "chanscope")
        subprocess.run(["cp", live.CHANSCOPE, tool], check=True)
        run = subprocess.run(
            ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", tool, *map(str, args)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert run.returncode == status, f"exit status {run.returncode}, not {status}: {run.stderr}"
    assert words in run.stderr, f"`{words}` is not in: {run.stderr}"
    return run.stderr.splitlines()[0] if run.stderr else ""


def no_permission(path):
    with live.Target(path) as target:
        return as_nobody(MACHINE, "permi", "report", "-p", target.pid, "-d", "1s")


def plan_needs_no_root(path):
    with tempfile.TemporaryDirectory() as d:
        os.chmod(d, 0o755)
        copy = os.path.join(d, "program")
        subprocess.run(["cp", path, copy], check=True)
        os.chmod(copy, 0o755)
        as_nobody(DONE, "", "plan", copy)


def no_bpf_capability(path):
    with live.Target(path) as target:
        drop = "-sys_admin,-bpf,-perfmon"
        return expect(
            MACHINE,
            "CAP_BPF",
            "report",
            "-p",
            target.pid,
            "-d",
            "1s",
            prefix=["setpriv", f"--bounding-set={drop}", f"--inh-caps={drop}"],
        )


def no_btf(path):
    with live.Target(path) as target:
        hide = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /sys/kernel/btf && exec "$0" "$@"']
        return expect(MACHINE, "BTF", "report", "-p", target.pid, "-d", "1s", prefix=hide)


def unwritable_output(path):
    with live.Target(path) as target:
        return expect(FAILED, "/nonexistent/x", "report", "-p", target.pid, "-d", "100ms", "-o", "/nonexistent/x")


def full_disk(path):
    with live.Target(path) as target, open("/dev/full", "w") as full:
        run = subprocess.run(
            [live.CHANSCOPE, "report", "-p", str(target.pid), "-d", "100ms"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    assert run.returncode == FAILED, f"exit status {run.returncode}: {run.stderr}"
    assert "No space left" in run.stderr, run.stderr


def closed_pipe_live(path):
    """The reader of a stream goes away in the middle: that ends it, and is no error."""
    with live.Target(path) as target:
        target.go()
        command = f"{live.CHANSCOPE} trace -p {target.pid} -d 20s | head -1; exit ${{PIPESTATUS[0]}}"
        started = time.monotonic()
        run = subprocess.run(command, shell=True, executable="/bin/bash", capture_output=True, text=True, timeout=60,
                             check=False)
    assert run.returncode == DONE and run.stdout and not run.stderr, f"exit status {run.returncode}: {run.stderr}"
    assert time.monotonic() - started < 10, "it went on without a reader"


def closed_pipe(path):
    with live.Target(path) as target:
        run = subprocess.run(
            f"{live.CHANSCOPE} plan -p {target.pid} | head -1; exit ${{PIPESTATUS[0]}}",
            shell=True,
            executable="/bin/bash",
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert run.returncode == DONE, f"exit status {run.returncode}: {run.stderr}"


def main():
    t = live.Tap()
    t.test("no command: exit status 2, and the help", no_command)
    for name, words, args in [
        ("unknown command", "no command `rport`", ["rport"]),
        ("unknown option", "unknown option `--nonsense`", ["report", "--nonsense"]),
        ("no target", "no target", ["report"]),
        ("no binary to plan", "no binary", ["plan"]),
        ("PID that is no number", "`abc` is no valid", ["report", "-p", "abc"]),
        ("PID 0", "`0` is no valid", ["trace", "-p", "0"]),
        ("duration that is none", "`soon` is no valid", ["flame", "-p", "1", "-d", "soon"]),
        ("weight that is none", "It is one of: wait, ops, queue", ["flame", "-p", "1", "--weight", "x"]),
    ]:
        t.test(f"{name}: exit status 2", expect, USAGE, words, *args)
    t.test("no such process", no_such_pid)
    t.test("a process that is no Go program", not_go)
    t.test("a file that is no program", not_elf)
    t.test("a file that does not exist", no_such_file)
    t.test("a kernel thread", kernel_thread)
    program = live.build("pipeline")
    t.test("no permission for the process", no_permission, program)
    t.test("plan of a file needs no root", plan_needs_no_root, program)
    t.test("root without CAP_BPF", no_bpf_capability, program)
    t.test("a kernel without BTF", no_btf, program)
    t.test("an output file that can't be written", unwritable_output, program)
    t.test("a full disk", full_disk, program)
    t.test("a reader that goes away", closed_pipe, program)
    t.test("a reader of a stream that goes away", closed_pipe_live, program)
    t.done()


if __name__ == "__main__":
    main()
