# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
import json
import os
import pathlib
import subprocess
import sys
import time

import pytest

ROOT = pathlib.Path(__file__).parents[2]

CASES = """<testsuites><testsuite name="A">
<testcase name="one" classname="A" status="run"/>
<testcase name="two" classname="A" status="run">{inside}</testcase>
</testsuite></testsuites>"""


class Run:
    """A build directory as `meson test` leaves it."""

    def __init__(self, build: pathlib.Path) -> None:
        self.build = build
        self.log = build / "meson-logs" / "testlog.json"
        self.log.parent.mkdir()
        self.started = time.time()

    def program(self, name: str, result: str = "OK", status: int = 0, junit: str = "",
                command: tuple[str, ...] = ("program",), output: str = "") -> None:
        record = {"name": f"suite / {name}", "result": result, "returncode": status,
                  "starttime": self.started, "command": command, "stdout": output}
        with self.log.open("a") as log:
            log.write(json.dumps(record) + "\n")
        if junit:
            (self.build / f"{name}.xml").write_text(junit)

    def count(self, *options: str) -> tuple[int, list[str]]:
        script = ROOT / "tools" / "count_tests.py"
        run = subprocess.run([sys.executable, script, self.build, *options], text=True,
                             capture_output=True, check=False)
        assert run.stderr == ""
        return run.returncode, run.stdout.splitlines()


@pytest.fixture(name="run")
def empty_run(tmp_path: pathlib.Path) -> Run:
    return Run(tmp_path)


def test_counts_cases_not_programs(run: Run) -> None:
    run.program("core", junit=CASES.format(inside=""))
    run.program("alone")
    assert run.count() == (0, ["", "3 passed, 0 failed"])


def test_reads_the_file_that_pytest_was_told_to_write(run: Run, tmp_path: pathlib.Path) -> None:
    file = tmp_path / "elsewhere.xml"
    file.write_text(CASES.format(inside=""))
    run.program("cli", command=("python3", "-m", "pytest", f"--junit-xml={file}"))
    assert run.count()[1][-1] == "2 passed, 0 failed"


def test_names_skipped_cases_only_where_there_are_some(run: Run) -> None:
    run.program("core", junit=CASES.format(inside="<skipped message='no data'/>"))
    run.program("gpu", result="SKIP", status=77)
    assert run.count() == (0, ["", "1 passed, 0 failed, 2 skipped"])


@pytest.mark.parametrize("kind", ["failure", "error"])
def test_lists_a_failed_case_with_its_message(run: Run, kind: str) -> None:
    run.program("core", "FAIL", 1, CASES.format(inside=f"<{kind}>expected 3, got 4</{kind}>"))
    status, lines = run.count()
    assert status == 1
    assert lines == ["", "FAILED core: A.two", "expected 3, got 4", "", "1 passed, 1 failed"]


def test_a_crash_is_a_failure_whatever_an_earlier_run_left(run: Run) -> None:
    run.program("core", "FAIL", -11, CASES.format(inside=""), output="about to crash")
    os.utime(run.build / "core.xml", (1, 1))
    status, lines = run.count()
    assert status == 1
    assert lines == ["", "FAILED core", "about to crash", "FAIL, exit status -11", "",
                     "0 passed, 1 failed"]


PRINTED = """[ RUN      ] A.one
[       OK ] A.one (0 ms)
[ RUN      ] All/B.two/0
wrong value
[  FAILED  ] All/B.two/0, where GetParam() = 1 (2 ms)
[ RUN      ] A.three
[  SKIPPED ] A.three (0 ms)
[ RUN      ] A.four
about to crash
"""


def test_a_crash_hides_no_case_that_ran_before_it(run: Run) -> None:
    run.program("core", "FAIL", -11, output=PRINTED)
    status, lines = run.count()
    assert (status, lines[-1]) == (1, "1 passed, 2 failed, 1 skipped")
    assert [line for line in lines if line.startswith("FAILED")] == [
        "FAILED core: All/B.two/0", "FAILED core: A.four"]
    assert lines[lines.index("FAILED core: All/B.two/0") + 1:][:2] == ["", "wrong value"]
    assert "ended here: FAIL, exit status -11" in lines


def test_a_crash_between_cases_is_a_failure_of_the_program(run: Run) -> None:
    run.program("core", "FAIL", -11, output="[ RUN      ] A.one\n[       OK ] A.one (0 ms)\n")
    status, lines = run.count()
    assert (status, lines[-1]) == (1, "1 passed, 1 failed")
    assert "FAILED core" in lines


def test_a_crash_after_the_last_case_is_a_failure_too(run: Run) -> None:
    run.program("core", "FAIL", -6, CASES.format(inside=""))
    assert run.count()[1][-1] == "2 passed, 1 failed"


def test_a_result_file_cut_short_does_not_hide_the_failure(run: Run) -> None:
    run.program("core", "TIMEOUT", -9, CASES[:60])
    assert run.count()[1][-1] == "0 passed, 1 failed"


def test_a_demo_is_one_more_case(run: Run) -> None:
    run.program("alone")
    assert run.count("--demo", "0")[1][-1] == "2 passed, 0 failed"
    (run.build / "logs").mkdir()
    (run.build / "logs" / "demo.log").write_text("demo: no video\n")
    status, lines = run.count("--demo", "1")
    assert (status, lines[-1]) == (1, "1 passed, 1 failed")
    assert "demo: no video" in lines


def test_a_meson_that_failed_by_itself_is_a_failure(run: Run) -> None:
    run.program("alone")
    assert run.count("--meson-status", "125")[0] == 1


def test_nothing_ran_is_not_success(run: Run) -> None:
    assert run.count() == (1, ["", "0 passed, 0 failed"])
