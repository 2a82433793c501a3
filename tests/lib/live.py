# SPDX-License-Identifier: Apache-2.0
"""What the live tests share: building the Go programs, starting them held until they are told to go,
running chanscope on them, and TAP."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUT = pathlib.Path(os.environ.get("O", ROOT / "build")).resolve()
CHANSCOPE = os.environ.get("CHANSCOPE", str(OUT / "chanscope"))
SKIPPED = 77  # exit status of tests/programs/build.sh: the toolchain can't be had

# The toolchains and forms that the main tests run on.
MATRIX = [(toolchain, form) for toolchain in ("debian", "go1.26.8", "go1.27.0") for form in ("plain", "stripped")]


class Skip(Exception):
    """This test can't run here; the text says why."""


class Tap:
    """Numbers and prints results; at the end the plan. A test is a function that raises AssertionError."""

    def __init__(self):
        self.number = 0
        self.nr_failed = 0

    def test(self, name, fn, *args):
        self.number += 1
        try:
            note = fn(*args)
        except Skip as why:
            print(f"ok {self.number} - {name} # SKIP {why}")
        except Exception as e:  # any failure of a test is a result, not the end of the others
            self.nr_failed += 1
            print(f"not ok {self.number} - {name}")
            for line in f"{type(e).__name__}: {e}".splitlines():
                print(f"# {line}")
        else:
            print(f"ok {self.number} - {name}" + (f" ({note})" if note else ""))
        sys.stdout.flush()

    def done(self):
        print(f"1..{self.number}")
        sys.exit(1 if self.nr_failed else 0)


def build(program, toolchain="debian", form="plain"):
    """Path of a program of tests/programs, built; Skip if there is no such toolchain."""
    out = OUT / "programs"
    run = subprocess.run(
        [ROOT / "tests/programs/build.sh", program, toolchain, form, out], capture_output=True, text=True
    )
    if run.returncode == SKIPPED:
        raise Skip(run.stderr.strip().splitlines()[-1] if run.stderr.strip() else f"no Go {toolchain}")
    assert run.returncode == 0, f"building {program} with Go {toolchain}: {run.stderr}"
    return run.stdout.strip().splitlines()[-1]


class Target:
    """A program of tests/programs, started and held: it says "ready PID" and waits for a line."""

    def __init__(self, path, *args, env=None):
        self.proc = subprocess.Popen(
            [path, *map(str, args)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **(env or {})},
        )
        self.errors = []
        for line in self.proc.stderr:
            self.errors.append(line)
            if line.startswith("ready "):
                break
        else:
            raise AssertionError(f"{path} did not get ready: {''.join(self.errors)}")
        self.pid = self.proc.pid
        # read on in the background: a full pipe would hold the program
        self.out = ""
        self.readers = [
            threading.Thread(target=self._read_out, daemon=True),
            threading.Thread(target=self._read_err, daemon=True),
        ]
        for r in self.readers:
            r.start()

    def _read_out(self):
        for line in self.proc.stdout:
            self.out += line

    def _read_err(self):
        self.errors.extend(self.proc.stderr)

    def go(self):
        self.proc.stdin.write("\n")
        self.proc.stdin.flush()

    def first_line(self):
        """True once the program has printed its truth: those that stay alive behind it."""
        return "\n" in self.out

    def finish(self, timeout=120, status=0):
        """Waits for the end and gives what the program printed."""
        try:
            self.proc.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the target did not end within {timeout} s") from None
        for r in self.readers:
            r.join()
        assert (
            self.proc.returncode == status
        ), f"the target ended with {self.proc.returncode}: {''.join(self.errors)[-2000:]}"
        return self.out

    def truth(self, timeout=120):
        return json.loads(self.finish(timeout))

    def kill(self):
        self.proc.kill()
        self.proc.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.proc.poll() is None:
            self.kill()


class Chanscope:
    """chanscope in the background, known to be attached."""

    def __init__(self, *args, method="auto"):
        self.stdout = tempfile.TemporaryFile("w+")
        self.stderr = tempfile.NamedTemporaryFile("w+")
        extra = ["--attach", method] if method != "auto" else []
        self.proc = subprocess.Popen(
            [CHANSCOPE, *map(str, args), *extra, "--log", "cli:info"], stdout=self.stdout, stderr=self.stderr
        )

    def errors(self):
        with open(self.stderr.name) as f:
            return f.read()

    def wait_attached(self, timeout=60):
        deadline = time.monotonic() + timeout
        while "parked on channels" not in self.errors():
            assert self.proc.poll() is None, f"chanscope ended with {self.proc.returncode}: {self.errors()}"
            assert time.monotonic() < deadline, f"chanscope did not attach within {timeout} s: {self.errors()}"
            time.sleep(0.01)
        return self

    def stop(self, sig=signal.SIGINT):
        self.proc.send_signal(sig)

    def result(self, timeout=120, status=0):
        try:
            self.proc.wait(timeout)
        except subprocess.TimeoutExpired:
            self.proc.kill()
            raise AssertionError(f"chanscope did not end within {timeout} s: {self.errors()}") from None
        assert self.proc.returncode == status, f"chanscope ended with {self.proc.returncode}: {self.errors()}"
        self.stdout.seek(0)
        return self.stdout.read()

    def json(self, timeout=120):
        return json.loads(self.result(timeout))


def chanscope(*args, timeout=120, **kwargs):
    """One run to its end: (exit status, stdout, stderr)."""
    run = subprocess.run(
        [CHANSCOPE, *map(str, args)], capture_output=True, text=True, timeout=timeout, check=False, **kwargs
    )
    return run.returncode, run.stdout, run.stderr


def report_of(path, *args, method="auto", report_args=()):
    """Attaches to a program before its first operation, lets it run to its end: (truth, report)."""
    with Target(path, *args) as target:
        scope = Chanscope("report", "-p", target.pid, "--json", *report_args, method=method).wait_attached()
        target.go()
        truth = target.truth()
        report = scope.json()
    return truth, report


def place(p):
    """file:line of a place object, file without its folders."""
    return f"{os.path.basename(p['file'])}:{p['line']}" if p else None


def assert_complete(report, expected=()):
    """Every count is exact and nothing is lost, but for losses that the program provokes on purpose."""
    lost = {k: v for k, v in report["losses"].items() if v and k not in expected}
    assert report["complete"] and not lost, f"the report is not complete: {lost}"
