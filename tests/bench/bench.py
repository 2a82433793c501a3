#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What tracing costs: the added time per channel operation in the modes `all` and `wait`, in multiples of what a hit
with an empty BPF program costs (the floor). As root; `--help` tells the options.

One Go program runs untraced, in mode wait, untraced again, and in mode all, and the floor is measured, in turn and many
times over in one run: so what the machine does meanwhile falls on all alike. Each cycle has its own floor and its own
untraced times, and gives one ratio; the medians over the cycles, the smallest and the largest are shown. Noise is the
difference between the two untraced times of a cycle."""
import argparse
import json
import os
import pathlib
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUT = pathlib.Path(os.environ.get("O", ROOT / "build")).resolve()
CHANSCOPE = os.environ.get("CHANSCOPE", str(OUT / "chanscope"))
FLOOR = OUT / "tests/bench/floor"
README = ROOT / "README.md"
MARKERS = ("<!-- begin: make bench -->", "<!-- end: make bench -->")

# kind of tests/programs/pingpong: (what it is, goroutines that run at a time, ops of a round). The rounds are so short
# that most of them run without being disturbed.
KINDS = {
    "solo": ("buffered, one goroutine", 1, 2000),
    "nonblocking": ("non-blocking select, not ready", 1, 4000),
    "default2": ("select over 2 with default, taken", 1, 4000),
    "makeclose": ("make and close", 1, 2000),
    "unbuffered": ("unbuffered ping-pong", 2, 2000),
    "buffered": ("buffered, one to one", 2, 4000),
    "many": ("buffered, four to four", 2, 4000),
    "select2": ("select over 2", 2, 2000),
    "select8": ("select over 8", 2, 2000),
}
# Nothing in these ever blocks or is contended: the kinds that the bound on mode all is for.
UNCONTENDED = ("solo", "nonblocking", "default2", "makeclose")
BOUND = 1.5  # floors per operation that such a kind may take in mode all


class Fail(Exception):
    """The benchmark can't go on; the text says why."""


def settle(cpus):
    """Run in a child before its exec: ahead of what else the machine does, on these CPUs."""
    def run():
        os.setpriority(os.PRIO_PROCESS, 0, -20)
        os.sched_setaffinity(0, cpus)
    return run


def build(toolchain):
    run = subprocess.run([ROOT / "tests/programs/build.sh", "pingpong", toolchain, "plain", OUT / "programs"],
                         capture_output=True, text=True)
    if run.returncode:
        raise Fail(f"can't build tests/programs/pingpong with Go {toolchain}: {run.stderr.strip()}")
    return run.stdout.strip().splitlines()[-1]


class Program:
    """pingpong, doing one round whenever told to."""

    def __init__(self, path, kind, ops, cpus):
        self.alone = KINDS[kind][1] == 1
        self.proc = subprocess.Popen([path, "-n", str(ops), kind], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                     stderr=subprocess.PIPE, text=True, preexec_fn=settle(cpus))
        if not self.proc.stderr.readline().startswith("ready "):
            raise Fail(f"{path} {kind} did not start: {self.proc.communicate()[1]}")
        self.pid = self.proc.pid
        self.operations = 0

    def round(self):
        """Nanoseconds per channel operation."""
        self.proc.stdin.write("\n")
        self.proc.stdin.flush()
        line = self.proc.stdout.readline()
        if not line:
            raise Fail(f"pingpong ended: {self.proc.communicate()[1]}")
        r = json.loads(line)
        self.operations = r["channel_operations"]
        return r["ns"] / r["channel_operations"]

    def rounds(self, nr):
        """Of nr rounds the fastest, as the floor is measured, if one goroutine is alone: what disturbs it only ever
        adds. Else the median: how goroutines happen to meet is part of what is measured."""
        self.round()  # the first after a change finds everything cold
        times = [self.round() for _ in range(nr)]
        return min(times) if self.alone else statistics.median(times)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.proc.kill()
        self.proc.communicate()


def traced(program, mode, nr, cpus, method):
    """As Program.rounds(), while chanscope traces it: ns per operation, traps per operation, losses."""
    extra = ["--attach", method] if method != "auto" else []
    with tempfile.NamedTemporaryFile("w+") as err, tempfile.TemporaryFile("w+") as out:
        scope = subprocess.Popen([CHANSCOPE, "report", "-p", str(program.pid), "--json", "--mode", mode,
                                  "--log", "cli:info", *extra], stdout=out, stderr=err, preexec_fn=settle(cpus))
        try:
            wait_attached(scope, err.name)
            ns = program.rounds(nr)
            scope.send_signal(signal.SIGINT)
            scope.wait(60)
        finally:
            scope.kill()
            scope.wait()
        out.seek(0)
        said = pathlib.Path(err.name).read_text()
        if scope.returncode:
            raise Fail(f"chanscope ended with {scope.returncode}: {said}")
        report = json.load(out)
    how = re.search(r"attached by (\S+)", said)
    return {"ns": ns, "traps": report["processes"][0]["traps"] / (program.operations * (nr + 1)),
            "losses": {k: v for k, v in report["losses"].items() if v}, "method": how.group(1) if how else method}


def wait_attached(scope, path):
    deadline = time.monotonic() + 60
    while "parked on channels" not in (said := pathlib.Path(path).read_text()):
        if scope.poll() is not None or time.monotonic() > deadline:
            raise Fail(f"chanscope did not attach: {said}")
        time.sleep(0.01)


def floor(method, cpus):
    run = subprocess.run([FLOOR, "100000", *(["perf"] if method == "perf" else [])], capture_output=True, text=True,
                         preexec_fn=settle(cpus))
    if run.returncode:
        raise Fail(f"floor: {run.stderr.strip()}")
    return json.loads(run.stdout)


def cycle(programs, opts):
    """Everything once: {kind: figures} and the floor of this cycle."""
    both = os.sched_getaffinity(0)
    figures = {}
    base = floor(opts.attach, both)
    for kind, program in programs.items():
        # one core for a program that needs one, the reader gets another
        rest = both - {min(both)} if KINDS[kind][1] == 1 and len(both) > 1 else both
        before = program.rounds(opts.repeat)
        wait = traced(program, "wait", opts.repeat, rest, opts.attach)
        after = program.rounds(opts.repeat)
        everything = traced(program, "all", opts.repeat, rest, opts.attach)
        untraced = (before + after) / 2
        figures[kind] = {
            "untraced_ns": untraced, "noise_ns": abs(before - after),
            "method": everything["method"],
            "all": added(everything, untraced, base), "wait": added(wait, untraced, base),
        }
    return base, figures


def added(run, untraced, base):
    ns = run["ns"] - untraced
    return {"added_ns": ns, "floors": ns / base["call_empty_ns"], "traps": run["traps"],
            "lost": sum(run["losses"].values()), "losses": run["losses"]}


def spread(values):
    values = list(values)
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def summarize(kind, cycles):
    """Over the cycles: medians, smallest and largest."""
    ours = [figures[kind] for _, figures in cycles]
    result = {"kind": kind, "what": KINDS[kind][0], "uncontended": kind in UNCONTENDED,
              "untraced_ns": spread(f["untraced_ns"] for f in ours), "noise_ns": spread(f["noise_ns"] for f in ours)}
    for mode in ("all", "wait"):
        runs = [f[mode] for f in ours]
        result[mode] = {key: spread(r[key] for r in runs) for key in ("added_ns", "floors")}
        result[mode]["traps_per_operation"] = statistics.median(r["traps"] for r in runs)
        result[mode]["lost"] = sum(r["lost"] for r in runs)
    return result


def cpu_model():
    m = re.search(r"^model name\s*:\s*(.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
    return m.group(1) if m else os.uname().machine


def count_sites(path):
    """Probed instructions by how the kernel gets over them."""
    run = subprocess.run([CHANSCOPE, "plan", path, "--json"], capture_output=True, text=True)
    if run.returncode:
        raise Fail(f"chanscope plan {path}: {run.stderr.strip()}")
    costs = [site["cost"] for site in json.loads(run.stdout)["sites"]]
    return {cost: costs.count(cost) for cost in ("nop", "emulated", "single_step")}


def gather(opts):
    path = build(opts.go)
    both = os.sched_getaffinity(0)
    programs, cycles = {}, []
    try:
        for kind in opts.kinds:
            cpus = {min(both)} if KINDS[kind][1] == 1 else both
            programs[kind] = Program(path, kind, KINDS[kind][2], cpus)
        for i in range(opts.rounds):
            if sys.stderr.isatty():
                print(f"\rcycle {i + 1} of {opts.rounds}", end="", file=sys.stderr, flush=True)
            cycles.append(cycle(programs, opts))
    finally:
        for program in programs.values():
            program.__exit__()
    version = subprocess.run(["go", "version", path], capture_output=True, text=True)
    return {
        "schema": "chanscope.bench/1",
        "machine": {"kernel": os.uname().release, "cpu": cpu_model(), "cpus": len(both),
                    "load": os.getloadavg()[0]},
        "go_version": version.stdout.split()[-1] if version.stdout else opts.go,
        "sites": count_sites(path),
        "attach": cycles[0][1][opts.kinds[0]]["method"],
        "cycles": opts.rounds, "rounds_per_cycle": opts.repeat,
        "floor_ns": {key: spread(base[key] for base, _ in cycles)
                     for key in cycles[0][0] if key.endswith("_empty_ns")},
        "kinds": [summarize(kind, cycles) for kind in opts.kinds],
    }


def verdict(result):
    """How the uncontended kinds stand to the bound; None if none was measured."""
    worst = max((k["all"]["floors"]["median"] for k in result["kinds"] if k["uncontended"]), default=None)
    return None if worst is None else {"floors": worst, "bound": BOUND, "met": worst <= BOUND}


def facts(result):
    m = result["machine"]
    return (f"{m['cpu']}, {m['cpus']} CPUs, Linux {m['kernel']}, {result['go_version']}, {result['attach']}, "
            f"{result['cycles']} cycles")


def plain(value, digits):
    """Without the sign of a zero."""
    return f"{round(value, digits) + 0.0:.{digits}f}"


def floors(spread_):
    return f"{plain(spread_['median'], 2)} ({plain(spread_['min'], 2)}–{plain(spread_['max'], 2)})"


FLOOR_NAMES = {"call_empty_ns": "emulated call (the floor)", "jcc_empty_ns": "emulated jump",
               "nop5_empty_ns": "five-byte nop", "single_step_empty_ns": "single-stepped instruction"}


def text(result):
    """The table for a terminal."""
    lines = [facts(result), "", "hit with an empty program        ns, median (min–max)"]
    for key, s in result["floor_ns"].items():
        lines.append(f"  {FLOOR_NAMES.get(key, key):28} {s['median']:8.0f} ({s['min']:.0f}–{s['max']:.0f})")
    head = ("added per channel operation", "untraced", "all: ns", "floors", "traps", "ns/trap", "wait: ns", "floors",
            "noise", "traps", "lost")
    form = "{:46} {:>8} {:>8} {:>17} {:>6} {:>8} {:>9} {:>19} {:>6} {:>6} {:>5}"
    lines += ["", form.format(*head)]
    for k in result["kinds"]:
        a, w = k["all"], k["wait"]
        per_trap = a["added_ns"]["median"] / a["traps_per_operation"] if a["traps_per_operation"] else 0
        lines.append(form.format(
            f"{k['kind']}: {k['what']}", f"{k['untraced_ns']['median']:.0f}", f"{a['added_ns']['median']:.0f}",
            floors(a["floors"]), f"{a['traps_per_operation']:.2f}", f"{per_trap:.0f}",
            plain(w["added_ns"]["median"], 0), floors(w["floors"]),
            f"{k['noise_ns']['median']:.0f}", f"{w['traps_per_operation']:.2f}",
            a["lost"] + w["lost"]))
    lines += ["", "probed instructions: " + ", ".join(f"{n} {cost}" for cost, n in result["sites"].items())]
    if result["verdict"]:
        v = result["verdict"]
        lines.append(f"uncontended operations in mode all: up to {v['floors']:.2f} floors, "
                     f"{'within' if v['met'] else 'beyond'} the bound of {v['bound']}")
    return "\n".join(lines)


def markdown(result):
    """The table for README.md."""
    f = result["floor_ns"]
    lines = ["", f"Measured by `make bench` on {facts(result)}.",
             f"The floor is {f['call_empty_ns']['median']:.0f} ns; on a single-stepped instruction it would be "
             f"{f['single_step_empty_ns']['median']:.0f} ns",
             f"(probed here: {result['sites']['single_step']} of {sum(result['sites'].values())}).", "",
             "| per channel operation | untraced, ns | `all`: traps | added, floors | `wait`: traps | added, floors |",
             "| --- | ---: | ---: | ---: | ---: | ---: |"]
    for k in result["kinds"]:
        a, w = k["all"], k["wait"]
        lines.append(f"| {k['what']} | {k['untraced_ns']['median']:.0f} | {a['traps_per_operation']:.2f} | "
                     f"{a['floors']['median']:.2f} | {w['traps_per_operation']:.2f} | "
                     f"{plain(w['floors']['median'], 2)} |")
    return "\n".join(lines) + "\n"


def update_readme(result):
    old = README.read_text()
    begin, end = (old.find(m) for m in MARKERS)
    if begin < 0 or end < begin:
        raise Fail(f"{README} lacks the lines {MARKERS[0]} and {MARKERS[1]}")
    README.write_text(old[:begin + len(MARKERS[0])] + "\n" + markdown(result) + "\n" + old[end:])


def options():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--rounds", type=int, default=7, help="cycles through everything (7)")
    p.add_argument("--repeat", type=int, default=60, help="short rounds of the program in each part of a cycle (60)")
    p.add_argument("--kinds", type=lambda s: s.split(","), default=list(KINDS), help="by commas; " + ", ".join(KINDS))
    p.add_argument("--go", default="local", metavar="TOOLCHAIN", help="as tests/programs/build.sh names it (local)")
    p.add_argument("--attach", default="auto", choices=("auto", "multi", "perf"))
    p.add_argument("--json", type=pathlib.Path, default=OUT / "bench.json", metavar="FILE")
    p.add_argument("--update-readme", action="store_true", help="write the table into README.md")
    opts = p.parse_args()
    for kind in opts.kinds:
        if kind not in KINDS:
            p.error(f"no kind {kind}; there are {', '.join(KINDS)}")
    if opts.rounds < 1 or opts.repeat < 1:
        p.error("--rounds and --repeat are 1 or more")
    return opts


def main():
    opts = options()
    if os.geteuid():
        print("bench: needs root", file=sys.stderr)
        return 3
    try:
        result = gather(opts)
        result["verdict"] = verdict(result)
        opts.json.parent.mkdir(parents=True, exist_ok=True)
        opts.json.write_text(json.dumps(result, indent=2) + "\n")
        print(text(result))
        if opts.update_readme:
            update_readme(result)
    except (Fail, OSError) as e:
        print(f"bench: {e}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
