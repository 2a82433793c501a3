#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# timeout: 900
"""Recordings: what is read from one equals what the same run showed live, field by field, and the program's own truth;
elsewhere, without the binary and without root; also after a kill and on a full disk; without loss at full rate.

--record feeds the live result and the file from one capture, so both must be the same to the last number."""

import importlib.machinery
import importlib.util
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))
import live  # noqa: E402

MAX_BYTES_PER_EVENT = 16
MAX_CPU = 0.5  # of a core, of the recorder
RATE_SECONDS = 3


def load_truth():
    loader = importlib.machinery.SourceFileLoader("truth_t", str(HERE / "truth.t"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("truth_t", loader))
    sys.dont_write_bytecode = True
    loader.exec_module(module)
    return module


truth_t = load_truth()


def read(*args, **kwargs):
    """Standard output of a command that reads a recording and has nothing to complain of."""
    status, out, err = live.chanscope(*args, **kwargs)
    assert status == 0 and not err, f"{args}: exit status {status}: {err}"
    return out


def differences(a, b, path="report"):
    """Where two JSON values differ, at most a few."""
    if isinstance(a, dict) and isinstance(b, dict):
        found = [f"{path}.{k} is only in one" for k in a.keys() ^ b.keys()]
        return found + [d for k in a.keys() & b.keys() for d in differences(a[k], b[k], f"{path}.{k}")][:5]
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        return [d for i, (x, y) in enumerate(zip(a, b)) for d in differences(x, y, f"{path}[{i}]")][:5]
    return [] if a == b else [f"{path}: {str(a)[:200]} live, {str(b)[:200]} from the recording"]


def equals_live(folder, toolchain, form):
    data = folder / "run.data"
    truth, report = live.report_of(live.build("truth", toolchain, form), report_args=("--record", data))
    replayed = json.loads(read("report", "-i", data, "--json"))
    found = differences(report, replayed)
    assert not found, "; ".join(found)
    assert report["complete"] and len(report["channels"]) > 1000
    truth_t.check_channels(truth, replayed)
    truth_t.check_selects(truth, replayed)
    truth_t.check_panics(truth, replayed)
    return f"{len(report['channels'])} channels"


def outputs_equal_live(folder):
    """The formats made from single events, and a flame graph."""
    program = live.build("waits")
    for nr, args in enumerate((["trace", "--json"], ["trace"], ["script"], ["flame"], ["flame", "--svg"])):
        data = folder / f"out-{nr}.data"
        with live.Target(program) as target:
            scope = live.Chanscope(*args, "-p", target.pid, "--record", data).wait_attached()
            target.go()
            target.finish()
            want = scope.result()
        got = read(*args, "-i", data)
        assert want and got == want, f"{' '.join(args)}: {len(want)} bytes live, {len(got)} from the recording"


def record_truth(folder):
    """`record` itself: (truth, path, the closing line)."""
    data = folder / "truth.data"
    with live.Target(live.build("truth")) as target:
        scope = live.Chanscope("record", "-p", target.pid, "-o", data).wait_attached()
        target.go()
        truth = target.truth()
        scope.result()
    line = next(x for x in scope.errors().splitlines() if x.startswith(f"chanscope: {data}: "))
    return truth, data, line


def is_true_and_small(folder):
    truth, data, line = record_truth(folder)
    report = json.loads(read("report", "-i", data, "--json"))
    live.assert_complete(report, expected=["stack_truncated"])
    truth_t.check_channels(truth, report)
    truth_t.check_selects(truth, report)
    truth_t.check_panics(truth, report)
    size = data.stat().st_size
    assert data.stat().st_mode & 0o7777 == 0o600, oct(data.stat().st_mode)
    events = int(line.split(": ")[2].split(" events")[0])
    assert f"{size} bytes" in line and events >= truth["operations"], line
    assert size / events < MAX_BYTES_PER_EVENT, f"{size / events} bytes per event"
    return f"{size / events:.1f} bytes per event"


def reads_elsewhere(folder):
    """No binary, no process, no privilege, another folder; names are there all the same."""
    program = folder / "moved-away"
    shutil.copy(live.build("waits", form="pie-stripped"), program)
    data = folder / "elsewhere.data"
    with live.Target(program) as target:
        scope = live.Chanscope("record", "-p", target.pid, "-o", data).wait_attached()
        target.go()
        target.finish()
        scope.result()
    program.unlink()
    folder.chmod(0o755)
    os.chown(data, 65534, 65534)
    out = read(
        "report", "-i", data, "--json", user=65534, group=65534, extra_groups=[], cwd="/", env={"PATH": "/usr/bin:/bin"}
    )
    report = json.loads(out)
    assert report["losses"]["symbol"] == 0
    places = {f"{c['made_by']['function']}" for c in report["channels"] if c["made_by"]}
    assert any(p.startswith("main.") for p in places), places
    assert all(c["element_type"] for c in report["channels"] if not c["made_before_attach"])


def default_name(folder):
    with live.Target(live.build("waits")) as target:
        run = subprocess.Popen(
            [live.CHANSCOPE, "record", "-p", str(target.pid), "-d", "1s"], cwd=folder, stderr=subprocess.PIPE, text=True
        )
        target.go()
        _, err = run.communicate(timeout=60)
        assert run.returncode == 0 and "chanscope.data: " in err, err
    assert "channels of 1 process" in read("report", cwd=folder)


def is_readable_after_a_kill(folder):
    data = folder / "killed.data"
    with live.Target(live.build("churn"), "-n", 4) as target:
        scope = live.Chanscope("record", "-p", target.pid, "-o", data).wait_attached()
        target.go()
        time.sleep(2.5)
        scope.stop(signal.SIGKILL)
        scope.result(status=-signal.SIGKILL)
    status, out, err = live.chanscope("report", "-i", data, "--json")
    report = json.loads(out)
    assert status == 0 and "incomplete" in err and "killed" in err, (status, err)
    assert report["losses"]["recording_cut"] == 1 and report["complete"] is False
    assert sum(c["sends"] for c in report["channels"]) > 10000
    assert 1e9 < report["duration_ns"] < 60e9, report["duration_ns"]
    assert report["losses"]["symbol"] == 0 and any(c["made_by"] for c in report["channels"])


def full_disk(folder):
    disk = folder / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", disk], check=True)
    try:
        data = disk / "full.data"
        with live.Target(live.build("churn"), "-n", 4) as target:
            scope = live.Chanscope("record", "-p", target.pid, "-o", data).wait_attached()
            target.go()
            scope.result(status=1)
            assert target.proc.poll() is None
        errors = [x for x in scope.errors().splitlines() if ": info: " not in x]
        assert "No space left on device" in errors[0] and str(data) in errors[0], errors
        assert "stays readable" in errors[1], errors
        status, out, err = live.chanscope("report", "-i", data, "--json")
        report = json.loads(out)
        assert status == 0 and "incomplete" in err, (status, err)
        assert report["losses"]["recording_cut"] == 1
        assert sum(c["sends"] for c in report["channels"]) > 10000
    finally:
        subprocess.run(["umount", disk], check=True)


def cpu_s(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def keeps_up(folder, kind):
    """Two programs that do nothing but operate on channels, on two cores."""
    program = live.build("pingpong")
    targets = [live.Target(program, "-n", 100000000, kind) for _ in range(2)]
    try:
        pids = ",".join(str(t.pid) for t in targets)
        scope = live.Chanscope("record", "-p", pids, "-o", folder / "rate.data").wait_attached()
        for t in targets:
            t.go()
        before, began = cpu_s(scope.proc.pid), time.monotonic()
        time.sleep(RATE_SECONDS)
        share = (cpu_s(scope.proc.pid) - before) / (time.monotonic() - began)
        scope.stop()
        scope.result()
    finally:
        for t in targets:
            t.kill()
    line = next(x for x in scope.errors().splitlines() if ": rate.data" in x or "rate.data: " in x)
    assert "nothing lost" in line, scope.errors()
    assert share < MAX_CPU, f"{share:.2f} of a core"
    events = int(line.split(": ")[2].split(" events")[0])
    assert events > 100000, line
    return f"{events / RATE_SECONDS / 1e6:.1f} M events per second by {100 * share:.0f} % of a core"


def main():
    t = live.Tap()
    with tempfile.TemporaryDirectory() as path:
        folder = pathlib.Path(path)
        for toolchain, form in (("debian", "plain"), ("debian", "pie-stripped"), ("go1.27.0", "stripped")):
            name = f"Go {toolchain}, {form}: a recording's report equals the live one"
            t.test(name, equals_live, folder, toolchain, form)
        t.test("trace, script and flame from a recording equal the live ones", outputs_equal_live, folder)
        t.test("record: the report equals the truth, in few bytes, for the owner alone", is_true_and_small, folder)
        t.test("a recording reads without binary, process and root", reads_elsewhere, folder)
        t.test("without -o and -i both mean chanscope.data", default_name, folder)
        t.test("a killed recorder leaves what was written, marked", is_readable_after_a_kill, folder)
        t.test("a full disk ends the tracing with an error and leaves what was written", full_disk, folder)
        for kind in ("many", "nonblocking"):
            t.test(f"two cores of {kind} operations are recorded without loss", keeps_up, folder, kind)
    t.done()


if __name__ == "__main__":
    main()
