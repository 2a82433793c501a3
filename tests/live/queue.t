#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Values that carry the time they were sent: what the report says of their time in the buffer."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import live  # noqa: E402


def queue_times_agree(toolchain, form):
    """
    The program stamps a value before its send and looks at the clock after its receive, so that its sum is
    larger by what it does in between, traps included: a few microseconds a value.
    """
    truth, report = live.report_of(live.build("queue", toolchain, form))
    live.assert_complete(report)
    worst = 0
    for want in truth["channels"]:
        (got,) = [c for c in report["channels"] if c["channel"] == want["channel"]]
        queue = got["queue_ns"]
        where = f"channel of capacity {want['capacity']}"
        assert want["in_order"]
        assert queue["count"] == want["count"] == got["sends"] == got["receives"], f"{where}: {queue} {want}"
        assert got["capacity"] == want["capacity"]
        assert (
            got["length_max"] >= want["length_max"]
        ), f"{where}: length {got['length_max']}, {want['length_max']} seen"
        mean, true_mean = queue["mean"], want["sum_ns"] / want["count"]
        assert mean <= true_mean, f"{where}: mean {mean} ns, the program itself {true_mean} ns"
        assert (
            true_mean - mean < 20000 + 0.02 * true_mean
        ), f"{where}: mean {mean} ns, the program itself {true_mean} ns"
        assert (
            queue["max"] <= want["max_ns"]
        ), f"{where}: max {queue['max']} ns, the program itself {want['max_ns']} ns"
        assert queue["p50"] <= queue["p99"] <= queue["max"]
        worst = max(worst, true_mean - mean)
    return f"means differ by {worst / 1000:.1f} us at most"


def main():
    t = live.Tap()
    for toolchain, form in live.MATRIX[::2]:
        t.test(f"Go {toolchain}, {form}: time in the buffer", queue_times_agree, toolchain, form)
    t.done()


if __name__ == "__main__":
    main()
