#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Counts the cases of a `meson test` run and lists those that failed.

Meson knows how each test program ended; the cases within one stand in the JUnit file that it left:
gtest programs write <name>.xml in the build directory, pytest what its --junit-xml says. A gtest
program that crashed or ran out of time left none: what it had printed by then tells which cases
passed and which one it was in. Any other program that failed without a failed case is a failed case
itself.
"""
import argparse
import dataclasses
import json
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree

TAIL_LINES = 25
OUTCOMES = {"OK": "passed", "EXPECTEDFAIL": "passed", "SKIP": "skipped"}
JUNIT_OPTION = "--junit-xml="
PRINTED = re.compile(r"^\[ +(RUN|OK|FAILED|SKIPPED) +\] ([\w/]+\.[\w/]+)", re.MULTILINE)
PRINTED_OUTCOMES = {"OK": "passed", "FAILED": "failed", "SKIPPED": "skipped"}


@dataclasses.dataclass
class Case:
    name: str
    outcome: str  # passed, failed or skipped
    output: str = ""


def tail(text: str) -> str:
    return "\n".join(text.rstrip().splitlines()[-TAIL_LINES:])


def junit_case(program: str, element: ElementTree.Element) -> Case:
    name = f"{program}: {element.get('classname', '')}.{element.get('name', '')}"
    for kind in ("failure", "error"):
        if (found := element.find(kind)) is not None:
            return Case(name, "failed", found.text or found.get("message", ""))
    skipped = element.find("skipped") is not None or element.get("status") == "notrun"
    return Case(name, "skipped" if skipped else "passed")


def junit_file(build: pathlib.Path, program: str, command: list[str]) -> pathlib.Path:
    for argument in command:
        if argument.startswith(JUNIT_OPTION):
            return pathlib.Path(argument.removeprefix(JUNIT_OPTION))
    return build / f"{program}.xml"


def junit_cases(file: pathlib.Path, program: str, started: float) -> list[Case]:
    """What the file says, unless an earlier run wrote it."""
    try:
        if file.stat().st_mtime < started - 1:
            return []
        return [junit_case(program, case) for case in ElementTree.parse(file).iter("testcase")]
    except (OSError, ElementTree.ParseError):
        return []


def printed_cases(program: str, run: dict) -> list[Case]:
    """What a gtest program printed; a case that began and has no end is the one that it ended in."""
    output = run.get("stdout", "")
    cases: dict[str, Case] = {}
    begin = 0
    for mark in PRINTED.finditer(output):
        kind, name = mark.groups()
        if kind == "RUN":
            begin = mark.end()
            ending = f"ended here: {run['result']}, exit status {run['returncode']}"
            cases[name] = Case(f"{program}: {name}", "failed", f"{output[begin:]}\n{ending}")
        elif name in cases:
            outcome = PRINTED_OUTCOMES[kind]
            said = output[begin:mark.start()] if outcome == "failed" else ""
            cases[name] = Case(f"{program}: {name}", outcome, said)
    return list(cases.values())


def program_case(program: str, run: dict) -> Case:
    outcome = OUTCOMES.get(run["result"], "failed")
    output = run.get("stdout", "") + run.get("stderr", "")
    ending = f"{run['result']}, exit status {run['returncode']}"
    return Case(program, outcome, f"{output}\n{ending}" if outcome == "failed" else "")


def cases_of(build: pathlib.Path, run: dict) -> list[Case]:
    program = run["name"].split(" / ")[-1].split(":")[-1]
    whole = program_case(program, run)
    cases = junit_cases(junit_file(build, program, run["command"]), program, run["starttime"])
    if not cases and whole.outcome == "failed":
        cases = printed_cases(program, run)
    unexplained = whole.outcome == "failed" and all(case.outcome != "failed" for case in cases)
    if not cases or unexplained:
        cases.append(whole)
    return cases


def all_cases(build: pathlib.Path, meson_status: int, demo_status: int | None) -> list[Case]:
    log = build / "meson-logs" / "testlog.json"
    lines = log.read_text().splitlines() if log.exists() else []
    cases = [case for line in lines for case in cases_of(build, json.loads(line))]
    if meson_status and all(case.outcome != "failed" for case in cases):
        cases.append(Case("meson test", "failed", f"exit status {meson_status}"))
    if demo_status is not None:
        outcome = "failed" if demo_status else "passed"
        output = build / "logs" / "demo.log"
        cases.append(Case("demo", outcome, output.read_text() if demo_status else ""))
    return cases


def summary(cases: list[Case]) -> str:
    count = {outcome: sum(case.outcome == outcome for case in cases)
             for outcome in ("passed", "failed", "skipped")}
    text = f"{count['passed']} passed, {count['failed']} failed"
    return text + (f", {count['skipped']} skipped" if count["skipped"] else "")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path, help="build directory")
    parser.add_argument("--meson-status", type=int, default=0, help="how `meson test` ended")
    parser.add_argument("--demo", type=int, help="how a demo ended: one more case")
    options = parser.parse_args()
    cases = all_cases(options.build, options.meson_status, options.demo)
    failed = [case for case in cases if case.outcome == "failed"]
    for case in failed:
        print(f"\nFAILED {case.name}\n{tail(case.output)}")
    print(f"\n{summary(cases)}")
    return 1 if failed or all(case.outcome != "passed" for case in cases) else 0


if __name__ == "__main__":
    sys.exit(main())
