#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each stack equals what runtime.CallersFrames says of the same call: function, file, line, inlined frames."""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import live  # noqa: E402

# which results of an operation tell where it stands: a parked one tells at its park
OPS = {"make", "send", "receive", "close", "select", "park"}
# what a trace says of an operation that parks
DIRECTION_OF_PARK = {"send", "receive", "select"}


def frames_of(stack):
    return [(f["function"], f["file"], f["line"]) for f in stack]


def users_frames(stack, via):
    """Without the runtime's own frames, and reflect's, before the program's first."""
    i = 0
    while i < len(stack) and (stack[i][0].startswith("runtime.") or (via and stack[i][0].startswith("reflect."))):
        i += 1
    return stack[i:]


def stacks_are_the_runtimes(toolchain, form):
    with live.Target(live.build("stacks", toolchain, form)) as target:
        scope = live.Chanscope("trace", "-p", target.pid, "--json", "--stack-depth", 127).wait_attached()
        target.go()
        truth = target.truth()
        events = [json.loads(line) for line in scope.result().splitlines()]
    by_channel = {}
    for e in events:
        if e["op"] in OPS:
            op = e.get("direction", e["op"]) if e["op"] == "park" else e["op"]
            by_channel.setdefault((op, e["channel"]), []).append(e)
    deepest = 0
    for want in truth["operations"]:
        found = by_channel.get((want["op"], want["channel"]), [])
        assert found, f"{want['key']}: no {want['op']} of {want['channel']} was traced"
        true = [(f["function"], f["file"], f["line"]) for f in want["frames"]]
        stacks = [users_frames(frames_of(e["stack"]), want["via"]) for e in found]
        assert true in stacks, (
            f"{want['key']}: {want['op']}:\n"
            + "\n".join(f"{t} true, {g} traced" for t, g in zip(true, stacks[0]) if t != g)
            + f"\n{len(true)} and {len(stacks[0])} frames"
        )
        inlined = [f["inlined"] for f in want["frames"]]
        traced = found[stacks.index(true)]["stack"][-len(true) :]
        assert [
            f["inlined"] for f in traced
        ] == inlined, f"{want['key']}: {want['op']}: inlined frames differ: {traced}"
        deepest = max(deepest, len(true))
    return f"{len(truth['operations'])} stacks, up to {deepest} frames"


def main():
    t = live.Tap()
    for toolchain, form in live.MATRIX:
        t.test(f"Go {toolchain}, {form}: stacks", stacks_are_the_runtimes, toolchain, form)
    t.done()


if __name__ == "__main__":
    main()
