#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tests/lib/tap.py: what it counts, and that nothing that breaks off passes for a success."""
import subprocess
import sys
from pathlib import Path

LIB = Path(__file__).resolve().parent.parent / "lib"
sys.path.insert(0, str(LIB))
import lint  # noqa: E402  (for its TAP writer)

# what, a shell command, its time limit (s), the last line, exit status, a text that must be shown
CASES = (
    ("counts passes", "echo 1..2; echo ok 1 - a; echo ok 2", 9, "2 passed, 0 failed", 0, ""),
    ("takes the plan at the end", "echo ok; echo 1..1", 9, "1 passed, 0 failed", 0, ""),
    ("counts a failure", "echo 1..2; echo ok; echo not ok 2 - b; exit 1", 9, "1 passed, 1 failed", 1, "not ok 2 - b"),
    ("shows a failure's comments", "echo 1..1; echo not ok; echo '# because'", 9, "0 passed, 1 failed", 1, "# because"),
    ("shows stderr of a failure", "echo 1..1; echo not ok; echo because >&2", 9, "0 passed, 1 failed", 1, "because"),
    ("counts a TODO by its ok", "echo 1..1; echo 'not ok 1 - x # TODO later'", 9, "0 passed, 1 failed", 1, ""),
    ("never counts a skip as passed", "echo 1..2; echo ok 1 - a; echo 'ok 2 - b # SKIP no root'", 9,
     "1 passed, 0 failed, 1 skipped", 0, "b: no root"),
    ("knows cmocka's skips", "echo 1..1; echo '# old kernel'; echo 'not ok 1 # SKIP b'", 9,
     "0 passed, 0 failed, 1 skipped", 1, "b: old kernel"),
    ("knows cmocka's several plans", "echo 1..1; echo ok; echo 1..1; echo ok", 9, "2 passed, 0 failed", 0, ""),
    ("counts a program skipped whole", "echo '1..0 # SKIP no Go'", 9, "0 passed, 0 failed, 1 skipped", 1, "no Go"),
    ("is not content with skips alone", "echo 1..1; echo 'ok 1 # SKIP x'", 9, "0 passed, 0 failed, 1 skipped", 1, ""),
    ("fails without a plan", "echo ok", 9, "1 passed, 1 failed", 1, "no plan"),
    ("fails without output", "true", 9, "0 passed, 1 failed", 1, "no plan"),
    ("fails when too few ran", "echo 1..3; echo ok", 9, "1 passed, 1 failed", 1, "planned 3 subtests, ran 1"),
    ("fails when too many ran", "echo 1..1; echo ok; echo ok", 9, "2 passed, 1 failed", 1, "ran 2"),
    ("fails by exit status", "echo 1..1; echo ok; exit 7", 9, "1 passed, 1 failed", 1, "exit status 7"),
    ("fails by a signal", "echo 1..1; echo ok; kill -SEGV $$", 9, "1 passed, 1 failed", 1, "signal 11"),
    ("fails by bailing out", "echo 1..1; echo ok; echo 'Bail out! no disk'", 9, "1 passed, 1 failed", 1, "no disk"),
    ("ends what hangs", "echo 1..2; echo ok; sleep 1000", 0.5, "1 passed, 1 failed", 1, "did not end within 0.5 s"),
    ("ends what hangs and ignores SIGTERM", "trap '' TERM; echo 1..1; while :; do sleep 1; done", 0.3,
     "0 passed, 1 failed", 1, "did not end"),
    ("does not wait for what is left behind", "echo 1..1; echo ok; sleep 1000 &", 9, "1 passed, 0 failed", 0, ""),
    ("survives bytes that are no text", "echo 1..1; printf '\\377\\n'; echo ok", 9, "1 passed, 0 failed", 0, ""),
    ("passes the environment on", "echo 1..1; [ \"$A\" = 'b c' ] && echo ok", 9, "1 passed, 0 failed", 0, "named"),
)


def run(*args):
    return subprocess.run([LIB / "tap.py", *args], capture_output=True, text=True, check=False, timeout=60)


def wrong(command, limit, last, status, text):
    done = run("--timeout", str(limit), f"A='b c' TAP_NAME=named sh -c {quoted(command)}")
    lines = done.stdout.splitlines()
    if lines[-1:] == [last] and done.returncode == status and text in done.stdout:
        return []
    return [f"exit status {done.returncode}", *lines, *done.stderr.splitlines()]


def quoted(text):
    return "'" + text.replace("'", "'\\''") + "'"


def main():
    tap = lint.Tap()
    for what, command, limit, last, status, text in CASES:
        tap.check(what, wrong(command, limit, last, status, text))
    both = run("sh -c 'echo 1..1; echo ok'", "/no/such/program", "sh -c 'echo 1..1; echo ok'")
    added = both.stdout.endswith("\n2 passed, 1 failed\n") and both.returncode == 1
    tap.check("adds up programs, and counts one that is not there", [] if added else both.stdout.splitlines())
    tap.done()


if __name__ == "__main__":
    main()
