#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# timeout: 900
"""
Attaching and detaching, again and again, under a target that forces garbage collections and stack growth and checks
itself: it must not notice, and nothing may be left behind. CHANSCOPE_CYCLES sets the number of cycles (1000 for a
release).
"""

import json
import os
import pathlib
import random
import re
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import live  # noqa: E402

CYCLES = int(os.environ.get("CHANSCOPE_CYCLES", "100"))
KILLS = max(5, CYCLES // 10)


def site_bytes_are_as_before(target, path):
    """Each probed instruction in the process's memory equals the file."""
    status, out, err = live.chanscope("plan", path, "--json")
    assert status == 0, err
    with open(path, "rb") as f:
        image = f.read()
    with open(f"/proc/{target.pid}/mem", "rb", buffering=0) as mem:
        for site in json.loads(out)["sites"]:
            address, offset = int(site["address"], 16), int(site["offset"], 16)
            mem.seek(address)  # these programs are not position-independent
            got = mem.read(8)
            assert (
                got == image[offset : offset + 8]
            ), f"left behind at {site['function']} {site['address']}: {got.hex()}"


def still_well(target, path):
    assert target.proc.poll() is None, f"the target ended: {''.join(target.errors)[-2000:]}"
    site_bytes_are_as_before(target, path)


def finish_well(target):
    target.proc.terminate()
    truth = target.truth()
    assert not truth["failed"], truth["failed"]
    return truth


def cycles(toolchain, form):
    path = live.build("churn", toolchain, form)
    with live.Target(path) as target:
        target.go()
        detach_ms = []
        for _ in range(CYCLES):
            status, out, err = live.chanscope("report", "-p", target.pid, "-d", "50ms", "--json", "--log", "cli:info")
            assert status == 0, err
            assert json.loads(out)["channels"], "nothing was traced"
            detach_ms.append(float(re.search(r"probes off after ([\d.]+) ms", err)[1]))
        still_well(target, path)
        truth = finish_well(target)
    if not has_uprobe_multi():
        return f"{CYCLES} cycles, {truth['operations']} operations"
    detach_ms.sort()
    assert detach_ms[len(detach_ms) // 2] < 500, f"detaching takes {detach_ms[len(detach_ms) // 2]} ms"
    return (
        f"{CYCLES} cycles, {truth['operations']} operations, detached within {detach_ms[len(detach_ms) // 2]:.0f} ms "
        f"(median), {detach_ms[-1]:.0f} ms (most)"
    )


def has_uprobe_multi():
    return tuple(map(int, re.match(r"(\d+)\.(\d+)", os.uname().release).groups())) >= (6, 10)


def killed_in_the_middle(method):
    path = live.build("churn")
    rng = random.Random(1)
    with live.Target(path) as target:
        target.go()
        for _ in range(KILLS if method == "auto" else 3):
            scope = live.Chanscope("report", "-p", target.pid, method=method)
            time.sleep(rng.uniform(0, 0.4))
            scope.proc.send_signal(signal.SIGKILL)
            scope.proc.wait()
        time.sleep(1)  # the kernel takes the probes off after the process is gone
        still_well(target, path)
        finish_well(target)


def two_at_once():
    """Two chanscopes on one target, both exact."""
    with live.Target(live.build("truth"), "-n", 20) as target:
        scopes = [live.Chanscope("report", "-p", target.pid, "--json").wait_attached() for _ in range(2)]
        target.go()
        truth = target.truth()
        reports = [s.json() for s in scopes]
    for report in reports:
        live.assert_complete(report, expected=["stack_truncated"])
        got = {}
        for c in report["channels"]:
            place = f"{c['made_by']['file']}:{c['made_by']['line']}" if c["made_by"] else None
            got[place] = got.get(place, 0) + c["sends"]
        for want in truth["channels"]:
            assert got[want["made_by"]] == want["sends"], f"{want}: {got[want['made_by']]} sends reported"


def main():
    t = live.Tap()
    t.test("attach and detach under load, Go 1.19", cycles, "debian", "plain")
    t.test("attach and detach under load, Go 1.27, stripped", cycles, "go1.27.0", "stripped")
    t.test("killed by SIGKILL in the middle", killed_in_the_middle, "auto")
    t.test("killed by SIGKILL in the middle, perf events", killed_in_the_middle, "perf")
    t.test("two chanscopes on one target are both exact", two_at_once)
    t.done()


if __name__ == "__main__":
    main()
