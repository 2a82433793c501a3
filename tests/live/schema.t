#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# timeout: 300
"""The JSON of real runs against docs/schema: valid, and every field described."""
import copy
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import live  # noqa: E402

try:
    import jsonschema
except ImportError:
    jsonschema = None


def schema(name):
    text = (live.ROOT / "docs/schema" / f"{name}.json").read_text(encoding="utf-8")
    return json.loads(text)


def strict(s):
    """The schema without room for fields that it does not describe."""
    s = copy.deepcopy(s)
    todo = [s]
    while todo:
        at = todo.pop()
        if isinstance(at, dict):
            if "properties" in at:
                at["additionalProperties"] = False
            todo.extend(at.values())
        elif isinstance(at, list):
            todo.extend(at)
    return s


def validator(name):
    if not jsonschema:
        raise live.Skip("there is no jsonschema for Python here")
    jsonschema.Draft202012Validator.check_schema(schema(name))
    return jsonschema.Draft202012Validator(strict(schema(name)))


def check(v, value):
    for e in v.iter_errors(value):
        raise AssertionError(f"{'/'.join(map(str, e.absolute_path))}: {e.message[:300]}")


def run_of(program, *args, command=("report",), status=0):
    with live.Target(live.build(program), *args) as target:
        scope = live.Chanscope(*command, "-p", target.pid).wait_attached()
        target.go()
        try:
            target.proc.wait(60)
        finally:
            text = scope.result(status=status)
    return text


def report_is_valid(program, *args):
    v = validator("report")
    report = json.loads(run_of(program, *args, command=("report", "--json")))
    check(v, report)
    assert report["channels"]
    return f"{len(report['channels'])} channels, {len(report['panics'])} panics, {len(report['waiting'])} waiting"


def sites_are_valid():
    v = validator("report")
    report = json.loads(run_of("truth", "-n", 1, command=("report", "--json", "--group", "site")))
    check(v, report)
    assert report["sites"]


def leaks_are_valid():
    """While the target lives: goroutines still parked."""
    v = validator("report")
    with live.Target(live.build("waits"), "-hold") as target:
        scope = live.Chanscope("report", "--json", "-p", target.pid, "-d", "1s").wait_attached()
        report = scope.json()
    check(v, report)
    assert report["waiting"] and any(w["cases"] for w in report["waiting"])


def lines_are_valid(*command):
    v = validator("trace")
    lines = [json.loads(line) for line in run_of("truth", "-n", 1, command=command).splitlines()]
    seen = {(line["op"], line["outcome"]) for line in lines}
    # one of each form, and some more: a validator takes its time
    for line in {(e["op"], e["outcome"], *sorted(e)): e for e in lines}.values():
        check(v, line)
    for line in lines[:2000]:
        check(v, line)
    some = {("make", None), ("send", "direct"), ("receive", "closed"), ("select", "default"), ("wake", "value")}
    assert seen >= some, seen
    return f"{len(lines)} lines, {len(seen)} outcomes"


def plan_is_valid(path, refused):
    v = validator("plan")
    status, out, err = live.chanscope("plan", path, "--json")
    assert (status != 0) == refused, err
    check(v, json.loads(out))


def wrong_values_are_found():
    v = validator("plan")
    _, out, _ = live.chanscope("plan", live.build("truth"), "--json")
    plan = json.loads(out)
    for change in ({"schema": "chanscope.plan/2"}, {"more": 1}, {"sites": [{}]}):
        assert list(v.iter_errors({**plan, **change})), f"{change} was taken"


def main():
    t = live.Tap()
    t.test("report, of every kind of operation", report_is_valid, "truth", "-n", 1)
    t.test("report, of waits that end", report_is_valid, "waits", "-n", 1)
    t.test("report, grouped by site", sites_are_valid)
    t.test("report, of goroutines that are still parked", leaks_are_valid)
    t.test("trace", lines_are_valid, "trace", "--json")
    t.test("export --to jsonl", lines_are_valid, "export", "--to", "jsonl")
    t.test("plan", plan_is_valid, live.build("truth"), False)
    t.test("plan, refused", plan_is_valid, "/bin/sh", True)
    t.test("the schemas refuse what is wrong", wrong_values_are_found)
    t.done()


if __name__ == "__main__":
    main()
