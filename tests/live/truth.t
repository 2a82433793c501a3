#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# timeout: 900
"""A program that counts its own million operations, and the report of it: equal to the last one, nothing lost."""

import collections
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import live  # noqa: E402

COUNTS = ("sends", "receives", "closed_receives", "sends_failed", "receives_failed")


def line_of(place):
    return f"{place['file']}:{place['line']}" if place else None


def by_site(report):
    """Counts of all channels made at one line of the program."""
    sites = collections.defaultdict(collections.Counter)
    for c in report["channels"]:
        site = sites[line_of(c["made_by"])]
        site["channels"] += 1
        site["closes"] += c["closed"]
        for key in (*COUNTS, "sends_blocked", "receives_blocked"):
            site[key] += c[key]
        site["element_type", c["element_type"]] += 1
        site["capacity", c["capacity"]] += 1
        assert c["generation"] == 1 or c["made_before_attach"] is False
    return sites


def check_channels(truth, report):
    sites = by_site(report)
    for want in truth["channels"]:
        got = sites[want["made_by"]]
        where = f"channels of {os.path.basename(want['made_by'])}"
        for key in ("channels", "closes", *COUNTS):
            assert got[key] == want[key], f"{where}: {key}: {got[key]} reported, {want[key]} true"
        for key in ("sends_blocked", "receives_blocked"):
            assert (
                want[key] is None or got[key] == want[key]
            ), f"{where}: {key}: {got[key]} reported, {want[key]} true"
        for key in ("element_type", "capacity"):
            assert got[key, want[key]] == want["channels"], f"{where}: {key} is not {want[key]}: {dict(got)}"


def check_selects(truth, report):
    made_by = {(c["channel"], c["generation"]): line_of(c["made_by"]) for c in report["channels"]}
    selects = {line_of(s["at"]): s for s in report["selects"]}
    for want in truth["selects"]:
        where = f"select at {os.path.basename(want['at'])}"
        got = selects.get(want["at"])
        assert got, f"{where} is not in the report: {sorted(map(str, selects))}"
        # a select that panicked has not completed
        assert got["count"] - want["panics"] in (
            want["count"],
            want["count"] - want["panics"],
        ), f"{where}: {got['count']} reported, {want['count']} true and {want['panics']} panics"
        assert (
            got["default_taken"] == want["default_taken"]
        ), f"{where}: default {got['default_taken']}, {want['default_taken']}"
        if want["blocked"] is not None:
            assert (
                got["blocked"] == want["blocked"]
            ), f"{where}: blocked {got['blocked']} reported, {want['blocked']} true"
        taken = collections.Counter()
        for c in got["cases"]:
            taken[made_by[c["channel"], c["generation"]], c["direction"]] += c["taken"]
        for c in want["cases"]:
            key = c["made_by"], c["direction"]
            assert taken[key] == sum(
                o["taken"] for o in want["cases"] if (o["made_by"], o["direction"]) == key
            ), f"{where}: case {c}: {taken[key]} reported"


def check_panics(truth, report):
    kinds = collections.Counter(p["kind"] for p in report["panics"])
    for kind, want in truth["panics"].items():
        assert kinds[kind] == want, f"panics {kind}: {kinds[kind]} reported, {want} true"


def is_exact(toolchain, form, method):
    truth, report = live.report_of(live.build("truth", toolchain, form), method=method)
    # the program operates under up to 140 frames of its own
    live.assert_complete(report, expected=["stack_truncated"])
    assert truth["operations"] >= 1000000
    check_channels(truth, report)
    check_selects(truth, report)
    check_panics(truth, report)
    (process,) = report["processes"]
    assert process["exited"] and process["go_version"] == truth["go_version"]
    return f"{truth['operations']} operations, {process['traps']} traps"


def main():
    t = live.Tap()
    for toolchain, form in live.MATRIX:
        t.test(f"Go {toolchain}, {form}: the report equals the truth", is_exact, toolchain, form, "auto")
    t.test("Go debian, plain, by perf events: the report equals the truth", is_exact, "debian", "plain", "perf")
    t.done()


if __name__ == "__main__":
    main()
