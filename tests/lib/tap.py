#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs test programs that speak TAP, one after the other, and counts their subtests.

usage: tap.py [--timeout SECONDS] COMMAND...

Each COMMAND is one string, split like a shell would, with leading NAME=VALUE words for its
environment; TAP_NAME there is what the output calls it. A program may ask for another time limit
by a line `# timeout: SECONDS` among its first 20. Every subtest counts once, as passed, failed or
skipped; a skipped one is never counted as passed, and a TODO is what its `ok` or `not ok` says. A
program that breaks off (no plan, fewer subtests than planned, exit status other than 0 without a
failed subtest, a signal, the time limit) counts as one more failure. The last line is
`N passed, N failed` and, if there are any, `, N skipped`. Exit status 0: none failed and at least
one passed.
"""
import argparse
import ctypes
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field

SHOWN_LINES = 60
PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h

RESULT = re.compile(r"(not )?ok\b *(\d+)? *-? *(.*)")
PLAN = re.compile(r"1\.\.(\d+)(?: *# *(?:skip\S*) *(.*))?$", re.IGNORECASE)
SKIP = re.compile(r"(.*?) *(?<!\\)# *skip\S* *(.*)", re.IGNORECASE)
ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")


@dataclass
class Outcome:
    """What one program did."""

    passed: int = 0
    failed: list = field(default_factory=list)  # names
    skipped: list = field(default_factory=list)  # (name, reason)
    broken: list = field(default_factory=list)  # sentences: how it broke off
    detail: list = field(default_factory=list)  # failed lines with their diagnostics

    def nr_failed(self):
        return len(self.failed) + len(self.broken)


def parse(lines):
    """TAP text -> Outcome. Knows what cmocka 1.1.5 does: several plans in one output, a summary as a
    comment, and a skipped test written as `not ok 3 # SKIP name`, its reason in a comment before."""
    out = Outcome()
    planned = None
    seen = 0
    last_comment = ""
    failing = False
    for line in lines:
        plan = PLAN.match(line)
        result = RESULT.match(line)
        if plan:
            planned = (planned or 0) + int(plan[1])
            if plan[1] == "0":
                out.skipped.append(("all", plan[2] or "no reason given"))
        elif line.startswith("Bail out!"):
            out.broken.append("bailed out:" + line[len("Bail out!"):])
        elif result:
            seen += 1
            failing = add_result(out, result, last_comment)
            if failing:
                out.detail.append(line)
        elif failing and line.strip():
            out.detail.append(line)
        last_comment = line.lstrip("# ") if line.startswith("#") else ""
    if planned is None:
        out.broken.append("printed no plan")
    elif planned != seen:
        out.broken.append(f"planned {planned} subtests, ran {seen}")
    return out


def add_result(out, result, last_comment):
    """Counts one `ok` or `not ok` line; True if it is a failure."""
    name = result[3] or f"subtest {result[2] or '?'}"
    skip = SKIP.match(result[3])
    if skip:
        if skip[1] or not result[1]:
            out.skipped.append((skip[1], skip[2] or "no reason given"))
        else:
            out.skipped.append((skip[2], last_comment or "no reason given"))
        return False
    if result[1]:
        out.failed.append(name)
        return True
    out.passed += 1
    return False


def split_command(text):
    """"A=1 prog arg" -> ({"A": "1"}, ["prog", "arg"])"""
    words = shlex.split(text)
    env = {}
    while words and ASSIGNMENT.match(words[0]):
        name, value = words.pop(0).split("=", 1)
        env[name] = value
    return env, words


def time_limit(path, default):
    try:
        with open(path, encoding="utf-8", errors="replace") as f:
            head = [next(f, "") for _ in range(20)]
    except OSError:
        return default
    for line in head:
        m = re.match(r"(?:#|//) *timeout: *(\d+)", line)
        if m:
            return float(m[1])
    return default


def adopt_orphans():
    """Makes what a test leaves behind our child, so that end_group can see it end."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def all_ended(pgid):
    """Collects the group's ended processes; True if none is left."""
    try:
        while os.waitpid(-pgid, os.WNOHANG) != (0, 0):
            pass
    except ChildProcessError:
        return True
    return False


def end_group(pgid):
    """Ends what the program left running: asks first, so that a test's own trap can tidy up."""
    for sig, patience in ((signal.SIGTERM, 3.0), (signal.SIGKILL, 1.0)):
        try:
            os.killpg(pgid, sig)
        except (ProcessLookupError, PermissionError):
            return
        deadline = time.monotonic() + patience
        while not all_ended(pgid) and time.monotonic() < deadline:
            time.sleep(0.02)


def wait_for(proc, limit, show):
    """True if it ended by itself within the limit (seconds)."""
    start = time.monotonic()
    pause = 0.01
    while proc.poll() is None:
        elapsed = time.monotonic() - start
        if elapsed > limit:
            return False
        show(elapsed)
        time.sleep(pause)
        pause = min(pause * 1.5, 0.25)
    return True


def tail(stream):
    stream.seek(0)
    return stream.read().decode("utf-8", "replace").splitlines()[-SHOWN_LINES:]


def run(command, timeout, show):
    """Runs one command string; returns its Outcome."""
    env, words = split_command(command)
    limit = time_limit(words[0], timeout)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        # Files, not pipes: a process left behind would keep a pipe open and hang the reader.
        try:
            proc = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True,
                env={**os.environ, "CMOCKA_MESSAGE_OUTPUT": "tap", **env})
        except OSError as e:
            return Outcome(broken=[f"could not be started: {e.strerror}"])
        try:
            ended = wait_for(proc, limit, show)
        finally:
            end_group(proc.pid)
            proc.wait()
        out.seek(0)
        outcome = parse(out.read().decode("utf-8", "replace").splitlines())
        if not ended:
            outcome.broken = [f"did not end within {limit:g} s"]
        elif proc.returncode < 0:
            outcome.broken.append(f"was ended by signal {-proc.returncode}")
        elif proc.returncode and not outcome.failed:
            outcome.broken.append(f"exit status {proc.returncode} without a failed subtest")
        if outcome.broken and not outcome.detail:
            outcome.detail += tail(out)[-20:]
        if outcome.nr_failed():
            outcome.detail += tail(err)
    return outcome


def counts(passed, failed, skipped):
    text = f"{passed} passed, {failed} failed"
    return text + (f", {skipped} skipped" if skipped else "")


def report(name, outcome, seconds):
    word = "FAIL" if outcome.nr_failed() else "ok" if outcome.passed else "skip"
    n = counts(outcome.passed, outcome.nr_failed(), len(outcome.skipped))
    print(f"{word:4}  {name}: {n} ({seconds:.1f} s)")
    for line in [f"# {b}" for b in outcome.broken] + outcome.detail[:2 * SHOWN_LINES]:
        print(f"      {line}")
    sys.stdout.flush()


def shower(name, position):
    """A function that shows the running program; on a terminal only."""
    if not sys.stdout.isatty() or os.environ.get("CI"):
        return lambda elapsed: None, lambda: None

    def show(elapsed):
        print(f"\r\033[K[{position}] {name} … {elapsed:.0f} s", end="", flush=True)

    return show, lambda: print("\r\033[K", end="", flush=True)


def main():
    ap = argparse.ArgumentParser(description="runs TAP test programs and counts their subtests")
    ap.add_argument("--timeout", type=float, default=120, metavar="SECONDS")
    ap.add_argument("commands", nargs="+", metavar="COMMAND")
    args = ap.parse_args()
    adopt_orphans()
    passed, failed, skipped = 0, [], []
    for i, command in enumerate(args.commands):
        env, words = split_command(command)
        name = env.get("TAP_NAME") or " ".join(words)
        show, hide = shower(name, f"{i + 1}/{len(args.commands)}")
        start = time.monotonic()
        outcome = run(command, args.timeout, show)
        hide()
        report(name, outcome, time.monotonic() - start)
        passed += outcome.passed
        failed += [f"{name}: {what}" for what in outcome.failed + outcome.broken]
        skipped += [f"{name}: {what}: {why}" for what, why in outcome.skipped]
    for title, rows in (("failed", failed), ("skipped", skipped)):
        if rows:
            print(f"\n{title}:")
            print("\n".join(f"  {row}" for row in rows))
    print()
    print(counts(passed, len(failed), len(skipped)))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
