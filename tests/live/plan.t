#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`chanscope plan`: the sites of every toolchain and form, none single-stepped, all outcomes there."""

import collections
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import live  # noqa: E402

# What must be found in each function, whatever the version: meaning -> least number of sites.
EXPECTED = {
    "runtime.chansend": {
        "send_buffered": 1,
        "send_direct": 1,
        "send_failed": 2,
        "send_panic": 1,
        "park_send": 2,
        "wake_send": 1,
    },
    "runtime.chanrecv": {
        "receive_buffered": 1,
        "receive_direct": 1,
        "receive_failed": 2,
        "receive_closed": 1,
        "park_receive": 2,
        "wake_receive": 1,
    },
    "runtime.closechan": {"close": 1, "close_panic": 2},
    "runtime.makechan": {"make": 1},
}


def plan_of(path):
    status, out, err = live.chanscope("plan", path, "--json")
    assert status == 0, err
    plan = json.loads(out)
    assert plan["refused"] is None, plan["refused"]
    return plan


def sites_are_cheap_and_whole(toolchain, form):
    plan = plan_of(live.build("truth", toolchain, form))
    found = collections.defaultdict(collections.Counter)
    for site in plan["sites"]:
        assert site["cost"] in ("nop", "emulated"), f"single-stepped: {site}"
        found[site["function"]][site["meaning"]] += 1
    for function, meanings in EXPECTED.items():
        for meaning, least in meanings.items():
            got = found[function][meaning]
            assert (
                got >= least
            ), f"{function}: {got} sites of {meaning}, at least {least} expected: {dict(found[function])}"
    return f"{len(plan['sites'])} sites, {plan['go_version']}, layout from {plan['layout_source']}"


def stripped_is_the_same(toolchain):
    """Symbols and DWARF make no difference to where and what."""
    plain, stripped = (plan_of(live.build("truth", toolchain, form)) for form in ("plain", "stripped"))
    keys = ("function", "instruction", "meaning", "cost")

    def shape(plan):
        return [tuple(s[k] for k in keys) for s in plan["sites"]]

    assert shape(plain) == shape(stripped)


def text_is_for_people():
    status, out, err = live.chanscope("plan", live.build("truth"))
    assert status == 0, err
    for word in ("chansend", "selectgo", "emulated", "parks"):
        assert word in out, f"`{word}` is not in the plan"


def main():
    t = live.Tap()
    for toolchain, form in live.MATRIX:
        t.test(f"sites of Go {toolchain}, {form}", sites_are_cheap_and_whole, toolchain, form)
    for toolchain in sorted({m[0] for m in live.MATRIX}):
        t.test(f"Go {toolchain}: stripped plans like plain", stripped_is_the_same, toolchain)
    t.test("the text names functions, cost and meaning", text_is_for_people)
    t.done()


if __name__ == "__main__":
    main()
