#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The target ends in the middle, whichever way: the report is complete up to then, with exit status 0."""

import json
import pathlib
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import live  # noqa: E402

# how -> exit status of the target
HOWS = {"exit": 0, "status": 7, "killed": -signal.SIGKILL, "fork": 0, "deadlock": 2, "panic": 2, "thread": 0}


def report_while(target, status):
    scope = live.Chanscope("report", "-p", target.pid, "--json").wait_attached()
    target.go()
    out = target.finish(status=status)
    return json.loads(out.splitlines()[0]) if out else None, scope.json()


def check(truth, report):
    live.assert_complete(report)
    (process,) = report["processes"]
    assert process["exited"], process
    received = sum(c["receives"] for c in report["channels"])
    assert truth is None or received >= truth["passed_at_least"], f"{received} received, {truth} true"
    for c in report["channels"]:
        assert c["sends"] - c["receives"] == c["length"], f"values lost in the report: {c}"
        assert c["length"] <= max(c["capacity"], 0), c
    return received


def ends(how, status):
    with live.Target(live.build("exits"), "-how", how) as target:
        truth, report = report_while(target, status)
    return f"{check(truth, report)} values received"


def execs():
    with live.Target(live.build("exits"), "-how", "exec") as target:
        scope = live.Chanscope("report", "-p", target.pid, "--json").wait_attached()
        target.go()
        started = time.monotonic()
        report = scope.json()
        took = time.monotonic() - started
        target.finish()
    check(None, report)
    return f"report after {took:.1f} s"


def deadlock_is_shown():
    with live.Target(live.build("exits"), "-how", "deadlock") as target:
        truth, report = report_while(target, 2)
    assert truth["channel"] in {c["channel"] for c in report["channels"]}, truth
    (stuck,) = [c for c in report["channels"] if c["channel"] == truth["channel"]]
    assert stuck["sends_blocked"] or stuck["receives_blocked"], stuck


def ends_before_attach():
    """A target that is gone when we come says so."""
    child = subprocess.Popen(["true"])
    child.wait()
    status, _, err = live.chanscope("report", "-p", child.pid)
    assert status == 1 and "no such process" in err, err


def signals(sig, command):
    """Ctrl-C and its like end every command with a full result and status 0."""
    with live.Target(live.build("churn")) as target:
        target.go()
        scope = live.Chanscope(*command, "-p", target.pid).wait_attached()
        time.sleep(0.3)
        scope.stop(sig)
        out = scope.result()
        assert out.strip(), "no result"
        target.proc.terminate()
        target.finish()


def main():
    t = live.Tap()
    for how, status in HOWS.items():
        t.test(f"the target ends by: {how}", ends, how, status)
    t.test("the target executes another program", execs)
    t.test("a deadlock is in the report", deadlock_is_shown)
    t.test("the target is gone already", ends_before_attach)
    for command in (["report"], ["report", "--json"], ["trace"], ["flame"], ["flame", "--svg"]):
        t.test(f"SIGINT ends {' '.join(command)} with its result", signals, signal.SIGINT, command)
    t.test("SIGTERM ends report with its result", signals, signal.SIGTERM, ["report"])
    t.done()


if __name__ == "__main__":
    main()
