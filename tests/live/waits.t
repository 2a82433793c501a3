#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Blocked time, per stack and per channel, against what the program measured; and goroutines that never wake."""

import collections
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import live  # noqa: E402

SHARE = 0.02  # of the program's own figure


def folded_by_function(text):
    """Weight by each main.* function on the stack."""
    weights = collections.Counter()
    for line in text.splitlines():
        stack, _, value = line.rpartition(" ")
        for function in {f for f in stack.split(";") if f.startswith("main.")}:
            weights[function] += int(value)
    return weights


def near(got, want, what):
    assert abs(got - want) <= SHARE * want, f"{what}: {got} ns, the program itself {want} ns"
    return abs(got - want) / want


def flame_agrees(toolchain, form):
    with live.Target(live.build("waits", toolchain, form), "-n", 2) as target:
        scope = live.Chanscope("flame", "-p", target.pid).wait_attached()
        target.go()
        truth = target.truth()
        weights = folded_by_function(scope.result())
    worst = max(near(weights[w["function"]], w["blocked_ns"], w["function"]) for w in truth["waits"])
    return f"differs by {100 * worst:.2f} % at most"


def report_agrees(mode):
    truth, report = live.report_of(live.build("waits"), "-n", 2, report_args=["--mode", mode])
    live.assert_complete(report)
    for want in truth["waits"]:
        (got,) = [c for c in report["channels"] if c["channel"] == want["channel"]]
        sides = {"send": ["send"], "receive": ["receive"]}.get(want["kind"], ["send", "receive"])
        near(sum(got[f"{s}_wait_ns"] for s in sides), want["blocked_ns"], want["function"])
        assert sum(got[f"{s}s_blocked"] for s in sides) == want["count"], f"{want['function']}: {got}"


def functions(stack):
    return {f["function"] for f in stack}


def the_leaked_are_shown(toolchain, form):
    """All that are parked for ever, whether before attaching or after, with channel, operation and stack."""
    with live.Target(live.build("waits", toolchain, form), "-hold") as target:
        scope = live.Chanscope("report", "-p", target.pid, "--json").wait_attached()
        target.go()
        while target.proc.poll() is None and not target.first_line():
            time.sleep(0.05)
        scope.stop()
        report = scope.json()
        target.proc.terminate()
        truth = target.truth()
    waiting = {w["goroutine"]: w for w in report["waiting"]}
    for want in truth["still_blocked"]:
        got = waiting.get(want["goroutine"])
        where = f"goroutine {want['goroutine']} in {want['function']} ({want['kind']})"
        assert got, f"{where} is not in the report"
        assert want["function"] in functions(got["stack"]), f"{where}: {functions(got['stack'])}"
        assert got["since_before_attach"] == want["before_start"], f"{where}: {got}"
        assert want["kind"].replace("chan ", "").startswith(got["op"]), f"{where}: {got['op']}"
        channel = got["channel"] if want["channel"] != "0x0" else None
        if not want["kind"].startswith("select"):
            assert (channel or "0x0") == want["channel"], f"{where}: {got['channel']}"
        cases = sorted((c["channel"], c["direction"]) for c in got["cases"])
        assert cases == sorted((c["channel"], c["direction"]) for c in want["cases"] or []), f"{where}: {cases}"
    return f"{len(truth['still_blocked'])} goroutines"


def leaked_weight():
    """Those parked before attaching weigh the whole run, whichever way their channel goes."""
    with live.Target(live.build("waits")) as target:
        scope = live.Chanscope("flame", "-p", target.pid, "-d", "2s").wait_attached()
        weights = folded_by_function(scope.result())
    near(weights["main.leakReceiveNil"], 2e9, "one goroutine on a nil channel")
    near(weights["main.leakSelectEmpty"], 2e9, "one goroutine in select {}")
    near(weights["main.leakSend"], 4e9, "two goroutines in sends")
    near(weights["main.leakSelect"], 2e9, "one goroutine in a select")


def main():
    t = live.Tap()
    for toolchain, form in live.MATRIX:
        t.test(f"Go {toolchain}, {form}: blocked time by stack", flame_agrees, toolchain, form)
        t.test(f"Go {toolchain}, {form}: goroutines that never wake", the_leaked_are_shown, toolchain, form)
    for mode in ("all", "wait"):
        t.test(f"mode {mode}: blocked time by channel", report_agrees, mode)
    t.test("goroutines that never wake weigh the whole run", leaked_weight)
    t.done()


if __name__ == "__main__":
    main()
