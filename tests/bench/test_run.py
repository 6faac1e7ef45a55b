# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""The code of tests/bench/run with contenders of the tests' own. No time is asserted."""
import argparse
import json
import pathlib
import struct
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest
from conftest import BUILD, ROOT

from suite import contenders, environment, machine, measure, report, results, rounds, rows

FAKE = """
import json, sys
print("a line of a library")
print(json.dumps({"load_ms": 1, "gflop": %s}), flush=True)
for line in sys.stdin:
    %s
    print(json.dumps({"ms": [%s] * int(line)}), flush=True)
"""


def fake(name: str, ms: float, extra: str = "pass", gflop: object = "None") -> rounds.Contender:
    program = FAKE % (gflop, extra, ms)
    return rounds.Contender(name, [sys.executable, "-c", program])


ROW = rows.Row("flow", "a title", "flow", "160x128", (rows.OURS, rows.EAGER, rows.DIS))


def summary(ms: float = 10, busy: float = 0.0) -> dict:
    found, failures = rounds.interleave(
        [fake("gst-torch", ms), fake("torch eager", 20, gflop=4), fake("OpenCV DIS", 5)], 3, 2)
    return results.summary(ROW, found, failures, {"gst-torch": {"epe": 0.4}}, 800, busy)


def content(ms: float = 10, busy: float = 0.0) -> dict:
    return {"rows": [summary(ms, busy)], "date": "2026-01-31", "torch": "2.15.0",
            "machine": {"cpu": "a CPU", "cores": 2}, "peak_gflops": 800}


# the machine

def test_the_busy_share_counts_what_is_neither_idle_nor_waiting() -> None:
    before = machine.parse_stat("cpu  100 0 50 800 50 0 0 0 0 0\ncpu0 1 1 1 1\n")
    after = machine.parse_stat("cpu  130 5 60 840 60 0 5 0 7 7\ncpu0 1 1 1 1\n")
    assert (before.busy, before.total) == (150, 1000)
    assert machine.busy_share(before, after) == pytest.approx(50 / 100)


@pytest.mark.parametrize("text", ["", "cpu0 1 2 3 4\n", "cpu 1 2\n"])
def test_another_stat_file_is_an_error(text) -> None:
    with pytest.raises(ValueError):
        machine.parse_stat(text)


def test_this_machine_has_times_of_all_cores() -> None:
    times = machine.read_times()
    assert 0 < times.busy <= times.total


def test_waiting_ends_when_the_machine_is_idle() -> None:
    shares = iter([0.9, 0.5, 0.05, 0.9])
    assert machine.wait_until_idle(300, lambda: next(shares)) == 0.05


def test_waiting_ends_after_the_limit() -> None:
    asked = []
    assert machine.wait_until_idle(10, lambda: asked.append(1) or 0.9) == 0.9
    assert len(asked) == 1 + 10 / machine.SAMPLE_S


# rounds

def test_contenders_take_turns(tmp_path) -> None:
    log = tmp_path / "log"
    noted = [fake(name, 1, f"open({str(log)!r}, 'a').write({name!r})") for name in "ab"]
    found, failures = rounds.interleave(noted, 3, 2)
    assert log.read_text() == "ababab"
    assert failures == {}
    assert found["a"].ms == [1, 1, 1]
    assert found["a"].peak_resident_bytes > 1e6 and found["a"].start_s > 0


def test_the_median_of_the_frames_is_the_time_of_a_round() -> None:
    found = {}
    rounds.add(found, fake("a", 1), {"ms": [1, 2, 90], "peak_resident_bytes": 5})
    assert found["a"].ms == [2]


def test_one_that_fails_leaves_the_others() -> None:
    program = "import sys; sys.exit('no weights')"
    broken = rounds.Contender("broken", [sys.executable, "-c", program])
    late = fake("late", 1, "sys.exit('out of memory')")
    absent = rounds.Contender("absent", ["a-program-that-nobody-has"])
    found, failures = rounds.interleave([broken, late, absent, fake("good", 3)], 2, 1)
    assert found.keys() == {"good"} and found["good"].ms == [3, 3]
    assert failures["broken"] == "no weights"
    assert failures["late"] == "out of memory"
    assert "a-program-that-nobody-has" in failures["absent"]


def test_no_answer_in_time_is_a_failure(monkeypatch) -> None:
    monkeypatch.setattr(rounds, "START_S", 0.2)
    silent = rounds.Contender("silent", [sys.executable, "-c", "input()"])
    assert rounds.interleave([silent], 1, 1)[1] == {"silent": "no answer in time"}


def test_a_slow_round_does_not_change_the_ratio() -> None:
    assert rounds.ratio([10, 50, 10], [20, 100, 20]) == 0.5


def test_a_core_is_busy_only_meanwhile() -> None:
    with measure.busy_core(True) as process:
        assert process.poll() is None
    assert process.poll() is not None
    with measure.busy_core(False) as process:
        assert process is None


# results

def test_a_row_has_ratios_shares_and_accuracy() -> None:
    ours, eager, dis = summary()["contenders"]
    assert ours["ms"] == 10 and ours["accuracy"] == {"epe": 0.4} and "ratio" not in ours
    assert eager["ratio"] == 0.5
    assert dis["ratio"] == 2 and "share_of_peak" not in dis  # it has other arithmetic
    assert ours["share_of_peak"] == pytest.approx(4 / 0.010 / 800)
    assert eager["rounds"] == 3


def test_a_contender_without_result_says_why() -> None:
    row = results.summary(ROW, {}, {"gst-torch": "no weights"}, {}, None, 0)
    assert row["contenders"][0] == {"name": "gst-torch", "failed": "no weights"}


def test_a_repeated_run_continues_after_the_last_row(tmp_path) -> None:
    path, program = tmp_path / "results.json", tmp_path / "program"
    program.write_text("1")
    state = results.fingerprint(ROW, [program])
    results.Store.open(path).put({"key": "flow", "state": state})
    assert results.Store.open(path).has("flow", state)
    assert not results.Store.open(path).has("matches", state)
    assert not results.Store.open(path, again=True).has("flow", state)


def test_another_row_or_program_is_measured_again(tmp_path) -> None:
    program = tmp_path / "program"
    program.write_text("1")
    state = results.fingerprint(ROW, [program])
    other = rows.Row("flow", "a title", "flow", "160x128", (rows.OURS, rows.EAGER))
    assert results.fingerprint(other, [program]) != state
    program.touch()
    assert results.fingerprint(ROW, [program]) != state


def test_a_row_that_is_measured_again_replaces_the_old_one(tmp_path) -> None:
    store = results.Store.open(tmp_path / "results.json")
    for state in "12":
        store.put({"key": "flow", "state": state})
    assert [row["state"] for row in results.Store.open(store.path).content["rows"]] == ["2"]


def test_ratios_that_differ_by_more_than_a_tenth_are_named() -> None:
    assert results.changes(content(), content(10.9)) == []
    assert results.changes(content(), content(11.2)) == [
        "flow, torch eager: ratio 0.500 -> 0.560 (+12%)",
        "flow, OpenCV DIS: ratio 2.000 -> 2.240 (+12%)"]
    assert results.changes({"rows": []}, content()) == []


# what is measured

def test_every_row_has_a_key_of_its_own_and_contenders() -> None:
    keys = [row.key for row in rows.full()]
    assert len(set(keys)) == len(keys)
    assert {row.key for row in rows.quick()} <= set(keys)
    for row in rows.full():
        names = [spec.name for spec in row.contenders]
        assert len(names) > 1 and len(set(names)) == len(names)


@pytest.mark.parametrize("row", [row for row in rows.full()
                                 if row.stage in ("scenes", "flow", "matches", "all")],
                         ids=lambda row: row.key)
def test_gst_torch_bench_knows_the_options_of_a_row(row) -> None:
    said = subprocess.run([str(BUILD / "tools" / "gst-torch"), "bench", "--help"],
                          capture_output=True, text=True, check=True).stdout
    for spec in row.contenders:
        if spec.runtime == "gst-torch":
            command = contenders.ours(row, spec, ROOT / "frames.raw").command
            options = [word for word in command if word.startswith("--")]
            assert [option for option in options if f" {option}" not in said] == []


def test_options_go_to_the_contenders_that_they_concern() -> None:
    options = (("max-size", 640), ("batch", 2))
    row = rows.Row("flow", "", "matches", "160x128", (rows.OURS,), options)
    assert contenders.words(row.settings(rows.OURS_BF16), contenders.OUR_OPTIONS) == [
        "--max-size", "640", "--batch", "2", "--precision", "bf16"]
    assert contenders.words(row.settings(rows.OURS), contenders.THEIR_OPTIONS) == [
        "--max-size", "640"]


class FakeData:
    def __init__(self, *_):
        pass


def benchmark(tmp_path, monkeypatch, measured: list[str], **changes) -> measure.Benchmark:
    """Measures nothing but records the rows, in a tree of its own."""
    for name in ("tools/gst-torch", "lib/nn/libgsttorch-engine.so"):
        (tmp_path / "build" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "build" / name).touch()
    (tmp_path / "build/bench").mkdir(exist_ok=True)
    monkeypatch.setattr(measure, "ROOT", tmp_path)
    monkeypatch.setattr(measure, "Data", FakeData)
    monkeypatch.setattr(measure.Benchmark, "prepare", lambda self: None)

    def record(self, row):
        measured.append(row.key)
        self.store.put({"key": row.key, "state": results.fingerprint(row, self.programs)})
    monkeypatch.setattr(measure.Benchmark, "measure", record)
    options = {"tier": "full", "again": False, "row": None, "rounds": 5, "frames": 3, "wait": 0}
    return measure.Benchmark(argparse.Namespace(**options | changes))


def test_a_full_run_measures_only_what_is_left(tmp_path, monkeypatch) -> None:
    measured: list[str] = []
    first = benchmark(tmp_path, monkeypatch, measured, row=["flow", "scenes"])
    assert first.run() == 0 and measured == ["scenes", "flow"]
    second = measure.Benchmark(argparse.Namespace(**vars(first.options) | {"row": None}))
    assert second.run() == 0
    assert measured == ["scenes", "flow"] + [row.key for row in rows.full()
                                             if row.key not in ("scenes", "flow")]


def test_a_run_stops_when_its_time_is_up(tmp_path, monkeypatch) -> None:
    measured: list[str] = []
    run = benchmark(tmp_path, monkeypatch, measured)
    run.end = 0
    assert run.run() == len(rows.full()) and measured == []


def test_a_quick_run_is_new_unless_the_last_one_was_cut_short(tmp_path, monkeypatch) -> None:
    measured: list[str] = []
    first = benchmark(tmp_path, monkeypatch, measured, tier="quick", row=["flow"])
    assert first.run() == 0
    second = measure.Benchmark(first.options)
    second.end = 0
    assert second.run() == 1 and measured == ["flow"]
    both = vars(first.options) | {"row": ["flow", "scenes"]}
    third = measure.Benchmark(argparse.Namespace(**both))
    third.store.put({"key": "flow", "state": results.fingerprint(rows.quick()[1], third.programs)})
    assert third.run() == 0 and measured == ["flow", "scenes"]


# text, picture, documentation

def test_the_table_has_a_line_for_each_contender() -> None:
    lines = report.text(summary(busy=0.4)).splitlines()
    assert lines[0] == "a title (the machine was busy: 40 %)"
    assert lines[1].split()[0] == "contender"
    assert lines[2].split()[:2] == ["gst-torch", "10.0"] and "EPE 0.400 px" in lines[2]
    assert lines[3].split()[:4] == ["torch", "eager", "20.0", "0.50"]
    assert "busy" not in report.text(summary())


def test_failures_are_in_the_table() -> None:
    row = results.summary(ROW, {}, {"gst-torch": "a | b"}, {}, None, 0)
    assert "failed: a   b" in report.markdown(row)


def test_the_picture_has_a_bar_for_each_contender() -> None:
    root = ElementTree.fromstring(report.picture(content()))
    bars = [element for element in root if element.tag.endswith("rect")][1:]  # after the ground
    widths = [int(bar.get("width")) for bar in bars]
    assert widths == [report.BAR // 2, report.BAR, report.BAR // 4]


def test_the_page_is_written_from_the_results(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(measure, "ROOT", tmp_path)
    monkeypatch.setattr(measure, "COMMITTED", tmp_path / "last_run.json")
    (tmp_path / "docs").mkdir()
    full = content()
    full["rows"][0]["state"] = "1234"
    measure.write_docs(full)
    page = (tmp_path / "docs/performance.md").read_text()
    assert "| torch eager | 20.0 | 0.50 |" in page and "a CPU, 2 cores, peak 800 GFLOP/s" in page
    assert json.loads((tmp_path / "last_run.json").read_text()) == content() | {
        "rows": [{name: value for name, value in full["rows"][0].items() if name != "state"}]}


def test_the_committed_page_is_that_of_the_committed_run() -> None:
    committed = json.loads((ROOT / "tests/bench/last_run.json").read_text())
    assert (ROOT / "docs/performance.md").read_text() == report.page(committed)
    assert (ROOT / "docs/performance.svg").read_text() == report.picture(committed)


# the command, and its environment

def run(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([ROOT / "tests/bench/run", *arguments], capture_output=True, text=True,
                          check=False, timeout=60)


def test_help_names_the_tiers() -> None:
    said = run("--help").stdout
    assert "--quick" in said and "--full" in said and "--write-docs" in said


@pytest.mark.parametrize("arguments", [[], ["--quick", "--full"], ["--quick", "--rounds", "0"]])
def test_bad_options_are_a_usage_error(arguments) -> None:
    assert run(*arguments).returncode == 2


def test_an_environment_is_made_once_and_again_for_another_list(tmp_path, monkeypatch) -> None:
    requirements, directory = tmp_path / "requirements.txt", tmp_path / "venv"
    requirements.write_text("a==1\n")
    commands = []

    def fake_run(command, **_):
        commands.append(command[1:3])
        environment.python_in(directory).parent.mkdir(parents=True, exist_ok=True)
        environment.python_in(directory).touch()
    monkeypatch.setattr(environment.subprocess, "run", fake_run)
    for text in ("a==1\n", "a==1\n", "a==2\n"):
        requirements.write_text(text)
        assert environment.make(directory, requirements) == directory / "bin/python"
    assert commands == [["-m", "venv"], ["-m", "pip"]] * 2


def test_every_requirement_is_pinned() -> None:
    lines = [line for line in environment.REQUIREMENTS.read_text().splitlines()
             if line and not line.startswith("#")]
    assert [line for line in lines if "==" not in line] == []


# what runs in the environment

def worker(python: str, *arguments, **options) -> list[dict]:
    command = [python, ROOT / "tests/bench/suite/worker.py", *arguments]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          check=True, timeout=200, **options)
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def test_a_worker_answers_each_line(torch_python, tmp_path) -> None:
    frames = tmp_path / "frames.raw"
    frames.write_bytes(bytes(range(256)) * (2 * 160 * 128 * 3 // 256))
    ready, *answers = worker(torch_python, "scenes", "eager", "--input", frames, "--size",
                             "160x128", input="2\n1\n")
    assert ready["gflop"] > 0.01
    assert [len(answer["ms"]) for answer in answers] == [2, 1]


@pytest.fixture(name="pairs")
def a_pair_that_moves_by_three_pixels(torch_python, tmp_path) -> pathlib.Path:
    draw = """
import cv2, numpy, sys
noise = numpy.random.default_rng(1).integers(0, 255, (200, 260, 3), numpy.uint8)
texture = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 2), None, 0, 255, cv2.NORM_MINMAX)
cv2.imwrite(sys.argv[1] + "/frame10.png", texture[20:180, 20:240])
cv2.imwrite(sys.argv[1] + "/frame11.png", texture[20:180, 17:237])
"""
    (tmp_path / "pair").mkdir()
    subprocess.run([torch_python, "-c", draw, str(tmp_path / "pair")], check=True, timeout=60)
    (tmp_path / "pair/flow10.flo").write_bytes(
        struct.pack("<fii", 202021.25, 220, 160) + struct.pack("<ff", 3, 0) * (220 * 160))
    return tmp_path


def test_the_accuracy_of_flow_is_its_error(torch_python, pairs) -> None:
    [found] = worker(torch_python, "flow", "dis", "--accuracy", pairs)
    assert found["epe"] < 0.5
    (pairs / "pair/flow10.flo").write_bytes(
        struct.pack("<fii", 202021.25, 220, 160) + struct.pack("<ff", -3, 0) * (220 * 160))
    [found] = worker(torch_python, "flow", "dis", "--accuracy", pairs)
    assert found["epe"] == pytest.approx(6, abs=0.5)


def test_the_accuracy_of_matches_is_how_many_are_right(torch_python, pairs) -> None:
    [found] = worker(torch_python, "matches", "sift", "--accuracy", pairs)
    assert found["right"] > 20 and found["precision"] > 0.8
