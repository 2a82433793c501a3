#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# timeout: 600
"""Every output format on a real program, opened with a program that is not ours."""
import collections
import itertools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import xml.dom.minidom

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import live  # noqa: E402

SECONDS = 2
NUMBERS = itertools.count(1)  # of output files


def need(program):
    path = shutil.which(program)
    if not path:
        raise live.Skip(f"there is no {program} here")
    return path


def run_tool(*args, stdin=None):
    run = subprocess.run([str(a) for a in args], capture_output=True, text=True, input=stdin, timeout=120, check=False)
    assert run.returncode == 0, f"{args[0]} ended with {run.returncode}: {run.stderr[-2000:]}"
    return run.stdout


def capture(*args):
    """chanscope on the example pipeline for some seconds, into a file."""
    out = live.OUT / f"export-{next(NUMBERS)}"
    pipeline = subprocess.Popen([live.build("pipeline"), "-d", f"{SECONDS + 30}s"], stdout=subprocess.DEVNULL,
                                stderr=subprocess.PIPE, text=True)
    try:
        pipeline.stderr.readline()  # ready
        status, _, err = live.chanscope(*args, "-p", pipeline.pid, "-d", f"{SECONDS}s", "-o", out)
        assert status == 0, err
    finally:
        pipeline.kill()
        pipeline.wait()
    return out


def folded(text):
    weights = collections.Counter()
    for line in text.splitlines():
        stack, _, value = line.rpartition(" ")
        weights[stack] += int(value)
    return weights


SCRIPT = {}


def script_adds_up():
    """By the pattern of perf script's readers: waits of plausible length, operations of 1."""
    path = capture("script", "--events", "all")
    text = path.read_text(encoding="utf-8")
    periods = collections.defaultdict(list)
    for m in re.finditer(r"^(\S.+?)\s+(\d+)/(\d+)\s+([\d.]+):\s*(\d+)\s+(\S+): $", text, re.MULTILINE):
        periods[m[6]].append(int(m[5]))
    assert set(periods) >= {"chan-wait", "chan-send", "chan-receive", "chan-select", "chan-make"}, set(periods)
    for name, values in periods.items():
        assert name == "chan-wait" or set(values) == {1}, name
        assert max(values) <= 1.5 * SECONDS * 1e9
    SCRIPT["path"], SCRIPT["wait"] = path, sum(periods["chan-wait"])
    return f"{sum(map(len, periods.values()))} records"


def collapsed_by(*command):
    if not SCRIPT:
        raise live.Skip("there is no script to collapse")
    weights = folded(run_tool(need(command[0]), *command[1:], SCRIPT["path"]))
    assert sum(weights.values()) == SCRIPT["wait"], f"{sum(weights.values())} ns, {SCRIPT['wait']} ns in the script"
    assert any("main.lookup" in stack for stack in weights)
    return f"{len(weights)} stacks"


def pprof_opens():
    go = need("go")
    path = capture("export", "--to", "pprof")

    def pprof(*args):
        return run_tool(go, "tool", "pprof", *args, path)

    top = pprof("-sample_index=wait", "-top")
    assert "main.lookup" in top and "Type: wait" in top, top
    for index, unit in (("contentions", "count"), ("operations", "count"), ("queue", "nanoseconds")):
        raw = pprof("-raw")
        assert f"{index}/{unit}" in raw, raw[:500]
        assert "main." in pprof(f"-sample_index={index}", "-top"), index
    tags = pprof("-tags")
    for key in ("channel", "creation_site", "direction", "operation", "process"):
        assert re.search(rf"^ *{key}: Total", tags, re.MULTILINE), f"no label {key}: {tags[:500]}"
    focus = pprof("-sample_index=operations", "-tagfocus=direction=receive", "-top")
    assert "main.parse" in focus and "main.readLines" not in focus, focus
    assert "main.parse" in pprof("-peek", "main.parse")


def dot_opens():
    graph = capture("export", "--to", "dot").read_text(encoding="utf-8")
    for name in ("main.readLines", "main.main.func1", "main.enrich", "main.ship"):
        assert f'label="{name}' in graph, f"{name} is not in the graph"
    plain = run_tool(need("dot"), "-Tplain", stdin=graph)
    nodes = {m[1]: m[2] for m in re.finditer(r'^node (\S+) (?:\S+ ){4}(".*?[^\\]"|\S+) ', plain, re.MULTILINE)}
    edges = [m.groups() for m in re.finditer(r"^edge (\S+) (\S+) ", plain, re.MULTILINE)]

    def node(text):
        return next(k for k, v in nodes.items() if text in v)

    sent = {b for a, b in edges if a == node("main.readLines")}
    received = {a for a, b in edges if b == node("main.main.func1")}
    assert sent & received, f"no channel leads from readLines to the parsers: {edges}"
    return f"{len(nodes)} nodes, {len(edges)} edges"


def dot_draws():
    need("dot")
    svg = capture("export", "--svg", "--to", "dot").read_text(encoding="utf-8")
    root = xml.dom.minidom.parseString(svg).documentElement
    assert root.tagName == "svg"
    assert "main.readLines" in svg


def jsonl_opens():
    lines = capture("export", "--to", "jsonl").read_text(encoding="utf-8").splitlines()
    ops = collections.Counter(json.loads(line)["op"] for line in lines)
    assert set(ops) >= {"make", "send", "receive", "select", "park", "wake"}, ops
    return f"{len(lines)} events"


def python_with_perfetto():
    """A Python that has Perfetto's own descriptors, if need be from a virtual environment made for it."""
    env = live.OUT / "perfetto-env"
    for python in (sys.executable, env / "bin/python"):
        if shutil.which(python) and not subprocess.run([python, "-c", "import perfetto"], capture_output=True,
                                                       check=False).returncode:
            return python
    try:
        install = [env / "bin/pip", "install", "-q", "perfetto", "protobuf"]
        for command in ([sys.executable, "-m", "venv", env], install):
            subprocess.run(command, capture_output=True, timeout=120, check=True)
    except (OSError, subprocess.SubprocessError):
        raise live.Skip("Python's package perfetto can't be had here") from None
    return env / "bin/python"


def perfetto_opens():
    python = python_with_perfetto()
    path = capture("export", "--to", "perfetto")
    found = json.loads(run_tool(python, live.ROOT / "tests/lib/check_perfetto.py", path))
    assert {"send", "receive", "select", "blocked"} <= set(found["slices"]), found["slices"]
    assert found["flows"] > 100 and found["counters"] > 1
    assert any(re.fullmatch(r"g\d+ main\.readLines", name) for name in found["tracks"]), found["tracks"][:20]
    return f"{found['packets']} packets, {found['flows']} flows"


def folded_columns(text):
    """By stack, without its process: the numbers behind it."""
    rows = (re.fullmatch(r"(.*?);(.*?)((?: \d+)+)", line) for line in text.splitlines())
    return {row[2]: [int(n) for n in row[3].split()] for row in rows}


def flame_compares():
    """With folded stacks and with a recording of the same: what was written is what is read."""
    old = capture("flame")
    columns = folded_columns(capture("flame", "--diff", old).read_text(encoding="utf-8"))
    for stack, values in folded_columns(old.read_text(encoding="utf-8")).items():
        assert columns[stack][0] == values[0], f"{stack}: {columns[stack]} with {values} in the old run"
    recording = live.OUT / "export-old.data"
    recording.unlink(missing_ok=True)
    new = capture("flame", "--record", recording)
    status, out, err = live.chanscope("flame", "-i", recording, "--diff", recording)
    assert status == 0, err
    same = folded_columns(out)
    assert same and all(a == b for a, b in same.values()), same
    assert {k: v[0] for k, v in folded_columns(new.read_text(encoding="utf-8")).items()} == {
        k: v[1] for k, v in same.items()}
    tripled = live.OUT / "export-tripled"
    lines = new.read_text(encoding="utf-8")
    tripled.write_text(re.sub(r"\d+$", lambda m: str(3 * int(m[0])), lines, flags=re.MULTILINE), encoding="utf-8")
    status, svg, err = live.chanscope("flame", "-i", recording, "--diff", tripled, "--svg")
    assert status == 0, err
    classes = {g.getAttribute("class") for g in xml.dom.minidom.parseString(svg).getElementsByTagName("g")}
    assert {c for c in classes if c.startswith("f ")} == {"f less3"}, classes
    return f"{len(columns)} stacks"


def main():
    t = live.Tap()
    os.makedirs(live.OUT, exist_ok=True)
    t.test("script: what perf script would print", script_adds_up)
    t.test("script, read by stackcollapse-perf.pl", collapsed_by, "stackcollapse-perf.pl", "--event-filter=chan-wait")
    t.test("script, read by inferno", collapsed_by, "inferno-collapse-perf", "--event-filter", "chan-wait")
    t.test("pprof, read by go tool pprof", pprof_opens)
    t.test("dot, read by graphviz", dot_opens)
    t.test("dot, drawn by graphviz", dot_draws)
    t.test("jsonl, read by Python", jsonl_opens)
    t.test("perfetto, read with Perfetto's descriptors", perfetto_opens)
    t.test("flame --diff, with folded stacks and with a recording", flame_compares)
    t.done()


if __name__ == "__main__":
    main()
