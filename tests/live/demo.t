#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# timeout: 600
"""The README's first command: report on the terminal, a flame graph that a browser can open, nothing left running."""

import os
import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import live  # noqa: E402

DEMO = str(live.ROOT / "tests/demo")


def demo(*args):
    env = {**os.environ, "O": str(live.OUT)}
    return subprocess.run([DEMO, *args], capture_output=True, text=True, env=env, check=False)


def shows_the_trouble():
    done = demo("3")
    assert done.returncode == 0, f"exit status {done.returncode}: {done.stdout}{done.stderr}"
    # the three channels of the pipeline and the leaked one, by the places that made them
    places = set(re.findall(r"\bmain\.go:\d+", done.stdout))
    assert len(places) >= 4, f"only {sorted(places)} in: {done.stdout}"


def draws_a_flame_graph():
    tree = ET.parse(live.OUT / "demo/flame.svg")
    assert tree.getroot().tag.endswith("svg"), tree.getroot().tag
    text = "".join(tree.getroot().itertext())
    for function in ("main.parse", "main.lookup"):
        assert function in text, f"{function} is not in the flame graph"


def leaves_nothing_running():
    found = subprocess.run(
        ["pgrep", "-f", str(live.OUT / "programs/pipeline-local-plain")], capture_output=True, text=True, check=False
    )
    assert found.returncode == 1, f"still there: {found.stdout}"


def refuses_wrong_arguments():
    for bad in ("0", "x", "-1", "3s"):
        done = demo(bad)
        assert done.returncode == 1 and "usage" in done.stderr, f"{bad}: {done.returncode}: {done.stderr}"


tap = live.Tap()
tap.test("the demo shows the trouble", shows_the_trouble)
tap.test("the demo draws a flame graph", draws_a_flame_graph)
tap.test("the demo leaves nothing running", leaves_nothing_running)
tap.test("the demo refuses wrong arguments", refuses_wrong_arguments)
tap.done()
