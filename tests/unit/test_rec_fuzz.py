#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# timeout: 900
"""The saved corpus of the reader of recordings, and some seconds of fuzzing from there on."""

import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUT = pathlib.Path(os.environ.get("O", ROOT / "build")).resolve()
SECONDS = 10


def main():
    print("1..1")
    make = subprocess.run(
        ["make", "-s", "-C", ROOT, f"O={OUT}", f"FUZZ_TIME={SECONDS}", "-j2", "fuzz-rec"],
        capture_output=True,
        text=True,
        check=False,
    )
    runs = [line.split()[1] for line in make.stderr.splitlines() if line.startswith("stat::number_of_executed_units:")]
    if make.returncode == 0 and runs and int(runs[0]) > 0:
        print(f"ok 1 - no input breaks the reader, the model or the report ({runs[0]} inputs)")
        return
    print("not ok 1 - no input breaks the reader, the model or the report")
    for line in (make.stdout + make.stderr).splitlines()[-60:]:
        print(f"# {line}")
    sys.exit(1)


if __name__ == "__main__":
    main()
