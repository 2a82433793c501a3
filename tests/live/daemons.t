#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# timeout: 600
"""
Real servers that were not built here, under load, traced in both modes: Debian's nats-server and prometheus, both
stripped and linked by the C linker, and a nats-server of today that is not stripped. They are fetched once, without
being installed, and looked at for three seconds each time.
"""

import collections
import glob
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import live  # noqa: E402

CACHE = live.OUT / "daemons"
SECONDS = 3
NATS = "github.com/nats-io/nats-server/v2@v2.15.2"
NATS_GO = "go1.27.0"
LEAST_EVENTS = 50


# --- getting the programs ---


def fetch_debian(package):
    """The file tree of a Debian package, unpacked; its services are not started."""
    tree = CACHE / package
    if tree.exists():
        return tree
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as d:
        try:
            run = subprocess.run(
                ["apt-get", "download", package], cwd=d, capture_output=True, text=True, timeout=90, check=False
            )
        except (FileNotFoundError, subprocess.TimeoutExpired) as e:
            raise live.Skip(f"apt-get download {package}: {e}") from None
        debs = glob.glob(f"{d}/*.deb")
        if run.returncode or not debs:
            raise live.Skip(f"no package {package}: {(run.stderr.strip().splitlines() or ['?'])[-1]}")
        subprocess.run(["dpkg-deb", "-x", debs[0], f"{d}/tree"], check=True, timeout=90)
        os.rename(f"{d}/tree", tree)
    return tree


def fetch_nats_of_today():
    """Built as its users do, by the `go` on the path: with symbols and DWARF."""
    program = CACHE / "nats-server-go" / "nats-server"
    if program.exists():
        return program
    go = shutil.which("go")
    if not go:
        raise live.Skip("no go on this machine")
    with tempfile.TemporaryDirectory() as d:
        env = {**os.environ, "GOTOOLCHAIN": NATS_GO, "GOBIN": d, "GOFLAGS": "-buildvcs=false"}
        try:
            run = subprocess.run(
                [go, "install", NATS], capture_output=True, text=True, timeout=400, env=env, check=False
            )
        except subprocess.TimeoutExpired:
            raise live.Skip(f"go install {NATS} takes too long") from None
        if run.returncode:
            raise live.Skip(f"go install {NATS}: {(run.stderr.strip().splitlines() or ['?'])[-1]}")
        program.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(f"{d}/nats-server", program)
    return program


def is_stripped(path):
    """Section names lie between NULs, what a program says of sections does not."""
    return b"\0.symtab\0" not in pathlib.Path(path).read_bytes()


# --- running them ---


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Daemon:
    """A server and its load; `answers` and `load` are its own."""

    def __init__(self, command):
        self.scratch = tempfile.TemporaryDirectory()
        self.port = free_port()
        self.done = threading.Event()
        self.failures = []
        self.log = open(f"{self.scratch.name}/log", "w+")
        self.proc = subprocess.Popen(
            [str(a) for a in command(self.port, self.scratch.name)],
            stdout=self.log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd=self.scratch.name,
        )

    def log_text(self):
        self.log.seek(0)
        return self.log.read()[-2000:]

    def wait_ready(self):
        deadline = time.monotonic() + 20
        while True:
            assert self.proc.poll() is None, f"it ended with {self.proc.returncode}: {self.log_text()}"
            try:
                return self.answers()
            except (OSError, AssertionError):
                assert time.monotonic() < deadline, f"it does not answer: {self.log_text()}"
                time.sleep(0.05)

    def start_load(self):
        self.threads = [threading.Thread(target=self._guarded, args=job, daemon=True) for job in self.load()]
        for t in self.threads:
            t.start()

    def _guarded(self, job, *args):
        try:
            job(*args)
        except Exception as e:  # told by end_load(): a thread can't fail a test
            self.failures.append(f"{job.__name__}: {type(e).__name__}: {e}")

    def end_load(self):
        self.done.set()
        for t in self.threads:
            t.join(20)
        assert not self.failures, f"its clients failed: {self.failures[:3]}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.done.set()
        self.proc.terminate()
        try:
            self.proc.wait(10)
        except subprocess.TimeoutExpired:
            self.proc.kill()
            self.proc.wait()
        self.log.close()
        self.scratch.cleanup()


class NatsClient:
    """Enough of the text protocol: INFO, CONNECT, SUB, PUB, MSG, PING and PONG."""

    def __init__(self, port):
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.file = self.sock.makefile("rb")
        self.messages = 0
        assert self.file.readline().startswith(b"INFO ")
        self.send('CONNECT {"verbose":false}')

    def send(self, *lines):
        self.sock.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def flush(self):
        """Back when the server has done all that was sent so far; messages on the way are counted."""
        self.send("PING")
        while True:
            line = self.file.readline()
            assert line, "the server closed the connection"
            if line.startswith(b"PONG"):
                return
            if line.startswith(b"PING"):
                self.send("PONG")
            elif line.startswith(b"MSG "):
                self.file.read(int(line.split()[-1]) + 2)
                self.messages += 1

    def close(self):
        self.file.close()
        self.sock.close()


class Nats(Daemon):
    PAIRS, MESSAGES = 4, 2000
    DOES = {"send", "select", "wake"}
    WAITS_AT = r";\S*server\.\(\*Server\)\.internalSendLoop;\[select events\.go:\d+\] "

    def __init__(self, program):
        super().__init__(lambda port, d: [program, "-a", "127.0.0.1", "-p", port, "-js", "-sd", d])

    def answers(self):
        c = NatsClient(self.port)
        subject = f"hello.{threading.get_ident()}"
        c.send(f"SUB {subject} 1", f"PUB {subject} 2", "hi")
        c.flush()
        c.close()
        assert c.messages == 1, f"{c.messages} messages came back"

    def load(self):
        return [(self.talk, n) for n in range(self.PAIRS)] + [(self.come_and_go,)] * 2

    def talk(self, n):
        """One publishes, one subscribes: everything must arrive."""
        to, at = NatsClient(self.port), NatsClient(self.port)
        at.send(f"SUB load.{n}.> 1")
        at.flush()
        sent = 0
        while sent < self.MESSAGES and not self.done.is_set():
            to.send(*[line for _ in range(5) for line in (f"PUB load.{n}.x 5", "hello")])
            sent += 5
            time.sleep(0.005)
        to.flush()
        at.flush()
        assert at.messages == sent, f"{sent} messages sent, {at.messages} arrived"
        to.close()
        at.close()

    def come_and_go(self):
        while not self.done.is_set():
            self.answers()
            time.sleep(0.01)


class Prometheus(Daemon):
    DOES = {"make", "send", "receive", "select", "park", "wake", "close"}
    WAITS_AT = r";\S*scrape\.\(\*scrapeLoop\)\.run;\[select scrape\.go:\d+\] "

    def __init__(self, program):
        super().__init__(
            lambda port, d: [
                program,
                f"--config.file={self.config(port, d)}",
                f"--storage.tsdb.path={d}/data",
                f"--web.listen-address=127.0.0.1:{port}",
            ]
        )

    @staticmethod
    def config(port, d):
        path = pathlib.Path(d, "config.yml")
        path.write_text(f"""
global: {{ scrape_interval: 200ms, scrape_timeout: 200ms }}
scrape_configs: [{{ job_name: itself, static_configs: [{{ targets: ["127.0.0.1:{port}"] }}] }}]
""")
        return path

    def query(self, expression):
        url = f"http://127.0.0.1:{self.port}/api/v1/query?query={urllib.parse.quote(expression)}"
        with urllib.request.urlopen(url, timeout=10) as r:
            reply = json.load(r)
        assert reply["status"] == "success", reply
        return reply["data"]["result"]

    def answers(self):
        result = self.query("up")
        assert result and result[0]["value"][1] == "1", f"it does not scrape itself: {result}"

    def load(self):
        return [
            (self.ask, e) for e in ("up", "rate(prometheus_http_requests_total[2s])", "sum(scrape_samples_scraped)")
        ]

    def ask(self, expression):
        for _ in range(1000):
            if self.done.is_set():
                return
            self.query(expression)
            time.sleep(0.02)


# --- what chanscope says of them ---


def trace_all(daemon, mode):
    """Report, trace and flame graph of the same seconds."""
    common = ("-p", daemon.proc.pid, "-d", f"{SECONDS}s", "--mode", mode)
    scopes = [
        live.Chanscope("report", *common, "--json"),
        live.Chanscope("trace", *common, "--json"),
        live.Chanscope("flame", *common),
    ]
    results = [s.result(60) for s in scopes]
    for s in scopes:
        assert "lost:" not in s.errors(), s.errors()
    return json.loads(results[0]), [json.loads(line) for line in results[1].splitlines()], results[2]


def check_counts(report, mode):
    live.assert_complete(report)
    assert report["channels"] and not report["evicted"]
    for c in report["channels"]:
        assert c["length"] <= c["length_max"] <= c["capacity"], f"more in it than it holds: {c}"
        if mode == "wait":
            continue  # what did not block is not counted
        # what lay in it at attach follows, and must be possible
        before = c["receives"] + c["length"] - c["sends"]
        most = c["capacity"] if c["made_before_attach"] else 0
        assert 0 <= before <= most, f"{before} values in it before the first operation: {c}"


def frames_of(report, lines):
    for line in lines:
        yield line["stack"]
    for w in report["waiting"]:
        yield w["stack"]
    for c in report["channels"]:
        if c["stack_made"]:
            yield c["stack_made"]


def check_symbols(report, lines):
    nr = 0
    for stack in frames_of(report, lines):
        assert stack, "an operation without a stack"
        for f in stack:
            assert f["function"] and f["file"] and f["line"], f"a frame without a name: {stack}"
        nr += 1
    for c in report["channels"]:
        assert c["element_type"], f"a channel of unknown type: {c}"
    return nr


def may_follow_close(line):
    """Receives, what those do who waited until the close, and a send that fails without taking the lock."""
    return line["op"] == "wake" or line.get("direction") == "receive" or line["outcome"] in ("would_block", "panic")


def check_order(lines):
    """Per channel, in the order of the trace: nothing but receives after its close, until its address is used again."""
    closed, operations = {}, collections.Counter()
    for line in lines:
        channel = line["channel"]
        if not channel:
            continue
        operations[line["op"]] += 1
        if line["capacity"] is not None:
            assert line["length"] <= line["capacity"], f"more in it than it holds: {line}"
        if line["op"] == "make":
            closed.pop(channel, None)
        elif channel in closed:
            assert may_follow_close(line), f"after the close {closed[channel]}: {line}"
        if line["op"] == "close" and line["outcome"] == "closed":
            closed[channel] = line
    return operations


def look_at(kind, program, stripped, mode):
    path = program()
    assert is_stripped(path) == stripped, f"{path} is {'' if stripped else 'not '}expected to be stripped"
    with kind(path) as daemon:
        daemon.wait_ready()
        daemon.start_load()
        report, lines, flame = trace_all(daemon, mode)
        daemon.end_load()
        daemon.answers()
        assert daemon.proc.poll() is None, f"it ended: {daemon.log_text()}"
    check_counts(report, mode)
    assert len(lines) >= LEAST_EVENTS, f"only {len(lines)} operations under load"
    nr_stacks = check_symbols(report, lines)
    operations = check_order(lines)
    if mode == "all":
        assert kind.DOES <= set(operations), f"not all of {kind.DOES} were seen: {dict(operations)}"
    else:
        assert set(operations) <= {"park", "wake"}, f"mode wait has other operations: {dict(operations)}"
    assert re.search(kind.WAITS_AT, flame), f"its main loop is not in the flame graph: {flame}"
    return (
        f"{report['processes'][0]['go_version']}, {len(report['channels'])} channels, {len(lines)} operations, "
        f"{nr_stacks} stacks"
    )


def main():
    t = live.Tap()
    for name, kind, program, stripped in [
        ("Debian's nats-server, stripped", Nats, lambda: fetch_debian("nats-server") / "usr/sbin/nats-server", True),
        ("Debian's prometheus, stripped", Prometheus, lambda: fetch_debian("prometheus") / "usr/bin/prometheus", True),
        ("nats-server of today, with symbols", Nats, fetch_nats_of_today, False),
    ]:
        for mode in ("all", "wait"):
            t.test(f"{name}, mode {mode}", look_at, kind, program, stripped, mode)
    t.done()


if __name__ == "__main__":
    main()
