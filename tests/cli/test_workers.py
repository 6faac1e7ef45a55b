# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""gst-torch analyze: workers that crash, hang or are interrupted, and their protocol."""
import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from conftest import BAD_INPUT, BUILD_ROOT, FAILED, PROGRAM, USAGE, children, is_one_line

FRAMES = 12
STAGE = ["--stages", "scenes"]
# A worker that loads its models on a busy machine says nothing for a second or two.
PATIENT, IMPATIENT = ["--stall-timeout", "5"], ["--stall-timeout", "1"]


@pytest.fixture(name="environment", scope="module")
def environment_with_a_decoder_that_fails(gst_torch, tmp_path_factory):
    plugin = os.environ.get("GST_TORCH_UNRELIABLE_PLUGIN", BUILD_ROOT / "tests" / "cli")
    path = gst_torch.environment["GST_PLUGIN_PATH"]
    return {**gst_torch.environment, "GST_PLUGIN_PATH": f"{path}:{plugin}",
            "GST_REGISTRY": str(tmp_path_factory.mktemp("registry") / "registry.bin")}


@pytest.fixture(name="analyze", scope="module")
def analyzes_with_it(gst_torch, environment):
    def run(*arguments, **options):
        return gst_torch("analyze", *arguments, *STAGE, env=environment, **options)

    return run


def write_video(directory, name, frames, ending):
    """As unreliable_decoder.cpp reads it."""
    path = directory / name
    path.write_text(f"GST-UNRELIABLE {frames} {ending}\n")
    return path


@pytest.fixture(name="videos", scope="module")
def good_videos_between_bad_ones(tmp_path_factory):
    directory = tmp_path_factory.mktemp("videos")
    kinds = {"one": (FRAMES, "eos"), "crashes": (FRAMES, "abort"), "two": (FRAMES + 1, "eos"),
             "hangs": (5, "stall"), "three": (FRAMES + 2, "eos"), "faults": (0, "fault"),
             "four": (FRAMES + 3, "eos")}
    return {name: write_video(directory, name, *kind) for name, kind in kinds.items()}


GOOD = ["one", "two", "three", "four"]


@pytest.fixture(name="alone", scope="module")
def results_one_by_one(analyze, videos, tmp_path_factory):
    directory = tmp_path_factory.mktemp("alone")
    for name in GOOD:
        done = analyze(videos[name], "-o", directory / name)
        assert done.returncode == 0, done.stderr
    return {name: (directory / name / "results.jsonl").read_bytes() for name in GOOD}


@pytest.fixture(name="batch", scope="module", params=[1, 2])
def batch_with_bad_videos(request, analyze, videos, tmp_path_factory):
    directory = tmp_path_factory.mktemp("batch")
    return directory, analyze(*videos.values(), "-o", directory, "--jobs", request.param, *PATIENT)


def run_manifest(directory):
    return json.loads((directory / "run.json").read_text())


def failure_lines(done):
    return {re.search(r"/(\w+):", line)[1]: line for line in done.stderr.splitlines()
            if line.startswith("gst-torch: ")}


def test_a_crash_and_a_hang_leave_the_results_of_the_others(batch, alone):
    directory, done = batch
    assert done.returncode == FAILED
    for name in GOOD:
        assert (directory / name / "results.jsonl").read_bytes() == alone[name]
        assert run_manifest(directory / name)["status"] == "complete"
        assert (directory / name / "report.html").exists()


def test_each_is_one_line_that_says_where_the_video_stood(batch):
    lines = failure_lines(batch[1])
    assert sorted(lines) == ["crashes", "faults", "hangs"], batch[1].stderr
    # The thread that crashed may be in no element that is known.
    assert re.search(r"(unreliabledec|its worker) crashed \(signal 6, .*\) after \d+ frames",
                     lines["crashes"])
    assert re.search(r"no progress for 5 s after \d+ frames.*--stall-timeout", lines["hangs"])
    assert re.search(r"(unreliabledec|its worker) crashed \(signal 11, .*\) while probing the file",
                     lines["faults"])
    # scenedetect waits for later frames, which do not come.
    assert "(5 decoded)" in lines["hangs"]


def test_table_index_and_records_say_the_same(batch):
    directory, done = batch
    page = (directory / "index.html").read_text()
    table = done.stdout.partition("\nstate ")[2]
    for name, line in failure_lines(done).items():
        assert re.search(rf"^failed .*/{name}$", table, re.MULTILINE)
        assert line.partition(": ")[2].partition(": ")[2].split(" (")[0] in page
    for name in GOOD:
        assert re.search(rf"^done .*/{name}$", table, re.MULTILINE)
    assert "no progress for 5 s" in run_manifest(directory / "hangs")["error"]
    assert run_manifest(directory / "crashes")["status"] == "failed"
    assert not (directory / "faults").exists()


def test_what_is_printed_of_a_video_stays_together(batch):
    text = batch[1].stdout
    for name in GOOD:
        block = text[text.index(f"/{name}\n"):]
        block = block[:block.index("\n[") if "\n[" in block else block.index("\nstate ")]
        assert block.count("gst-launch-1.0 -e filesrc") == 1
        assert re.search(rf"^results: .*/{name}$", block, re.MULTILINE)


def test_each_worker_loads_its_models_once(analyze, videos, tmp_path):
    done = analyze(*(videos[name] for name in GOOD), "-o", tmp_path, "--jobs", "2")
    assert done.returncode == 0, done.stderr
    runtimes = [run_manifest(tmp_path / name)["runtime"] for name in GOOD]
    assert [runtime["loads"] for runtime in runtimes] == [1] * len(GOOD)
    for name in GOOD:  # several progress lines at a time name their videos
        assert re.search(rf"^{videos[name]}: \d+ frames", done.stderr, re.MULTILINE)
    first_of_worker = [runtime for runtime in runtimes if runtime["loads_shared"] == 0]
    assert len(first_of_worker) == 2


def wait_until(condition, process=None):
    for _ in range(6000):
        if condition():
            return
        assert process is None or process.poll() is None, process.communicate()
        time.sleep(0.01)
    raise AssertionError("it did not happen")


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture(name="start")
def starts_it(environment):
    started = []

    def start(*arguments, **options):
        process = subprocess.Popen([PROGRAM, "analyze", *map(str, arguments), *STAGE],
                                   env=environment, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, **options)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def thread_names(pid):
    return {file.read_text().strip() for file in Path(f"/proc/{pid}/task").glob("*/comm")}


def is_stalled(process):
    """Whether the decoder hangs in a process or in its worker."""
    return any("stalled" in thread_names(pid) for pid in [process.pid, *children(process.pid)])


def test_a_signal_ends_a_run_whose_decoder_hangs(start, videos, tmp_path):
    process = start(videos["hangs"], videos["one"], "-o", tmp_path, "--stall-timeout", "2")
    wait_until(lambda: is_stalled(process), process)
    workers = children(process.pid)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 143, err
    assert re.search(r"^interrupted .*/hangs$", out, re.MULTILINE)
    assert re.search(r"^not started .*/one$", out, re.MULTILINE)
    assert run_manifest(tmp_path / "hangs")["status"] == "interrupted"
    assert not any(is_running(worker) for worker in workers)


def test_a_signal_to_the_whole_group_leaves_whole_files(start, tmp_path):
    video = write_video(tmp_path, "long", 100000, "eos")
    out = tmp_path / "out"
    process = start(video, "-o", out, start_new_session=True)
    wait_until(lambda: (out / "results.jsonl").exists() and (out / "results.jsonl").read_bytes(),
               process)
    os.killpg(process.pid, signal.SIGINT)  # as Ctrl-C in a terminal
    said, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "(interrupted)" in said
    lines = (out / "results.jsonl").read_text().splitlines()
    assert [json.loads(line)["frame"] for line in lines] == list(range(len(lines)))
    assert run_manifest(out)["frames"] == len(lines)


def test_workers_end_with_a_supervisor_that_is_killed(start, videos, tmp_path):
    process = start(videos["hangs"], "-o", tmp_path)
    wait_until(lambda: is_stalled(process), process)
    workers = children(process.pid)
    assert len(workers) == 1
    process.kill()
    process.communicate(timeout=60)
    wait_until(lambda: not any(is_running(worker) for worker in workers))


def test_a_worker_that_is_killed_is_replaced(start, videos, tmp_path):
    process = start(videos["hangs"], videos["one"], "-o", tmp_path)
    wait_until(lambda: is_stalled(process), process)
    os.kill(int(children(process.pid)[0]), signal.SIGKILL)  # as for lack of memory
    out, err = process.communicate(timeout=60)
    assert process.returncode == FAILED
    assert re.search(r"hangs: its worker was killed \(signal 9, .*\) after \d+ frames", err)
    assert re.search(r"^done .*/one$", out, re.MULTILINE)


def test_a_single_video_that_hangs_is_one_line(analyze, videos, tmp_path):
    done = analyze(videos["hangs"], "-o", tmp_path, *IMPATIENT)
    assert done.returncode == FAILED
    assert len(failure_lines(done)) == 1
    assert "no progress for 1 s" in done.stderr


def test_a_worker_speaks_json_lines_with_any_program(environment, videos, tmp_path):
    # The third has its directory beside it, with an escape sequence.
    lines = f"{videos['one']}\n/no\\040where\n{videos['two']}\t{tmp_path}/n\\145w\n"
    done = subprocess.run([PROGRAM, "analyze", "--worker", "-o", tmp_path, *STAGE], text=True,
                          env=environment, input=lines, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    said = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    results = [message["result"] for message in said if "result" in message]
    assert [result["state"] for result in results] == ["done", "failed", "done"]
    assert [result["frames"] for result in results] == [FRAMES, 0, FRAMES + 1]
    assert results[1]["video"] == "/no where"
    assert results[1]["exit_status"] == BAD_INPUT
    assert "No such file" in results[1]["error"]
    assert (tmp_path / "one" / "results.jsonl").exists()
    assert (tmp_path / "new" / "results.jsonl").exists()
    assert [message["phase"] for message in said if "phase" in message] == [
        "probing", "analyzing", "reporting", "probing", "probing", "analyzing", "reporting"]
    progress = [message["progress"] for message in said if "progress" in message]
    assert progress[-1]["frames"] == progress[-1]["decoded"] == FRAMES + 1


def test_the_recorded_command_gives_the_results_of_its_video(environment, videos, alone, analyze,
                                                             tmp_path):
    done = analyze(videos["one"], videos["two"], "-o", tmp_path)
    assert done.returncode == 0, done.stderr
    command = run_manifest(tmp_path / "two")["command"]
    (tmp_path / "two" / "results.jsonl").unlink()
    subprocess.run([PROGRAM, *command[1:]], env=environment, check=True, capture_output=True,
                   timeout=120)
    assert (tmp_path / "two" / "results.jsonl").read_bytes() == alone["two"]


@pytest.mark.parametrize("name", ["hangs", "hangs-at-once"])
def test_scenes_ends_a_video_that_hangs_with_one_line(gst_torch, environment, tmp_path, name):
    video = write_video(tmp_path, name, 0 if name == "hangs-at-once" else 5, "stall")
    done = gst_torch("scenes", video, *IMPATIENT, env=environment)
    assert done.returncode == FAILED
    assert is_one_line(done.stderr)
    assert f"{video}: no progress for 1 s after 0 frames" in done.stderr
    assert done.stdout == ""


def test_a_signal_ends_scenes_whose_decoder_hangs(interrupted, environment, tmp_path):
    video = write_video(tmp_path, "hangs", 5, "stall")
    done = interrupted("scenes", video, "--stall-timeout", "2", signal=signal.SIGTERM,
                       env=environment, when=is_stalled)
    assert done.returncode == 143
    assert done.stderr == "gst-torch: interrupted\n"


@pytest.mark.parametrize("options, reason", [
    (["a", "--jobs", "0"], "--jobs must be at least 1"),
    (["a", "--jobs", "-2"], "--jobs must be at least 1"),
    (["a", "--jobs", "two"], '"two" is not a whole number'),
    (["a", "--stall-timeout", "-1"], "--stall-timeout must not be negative"),
    (["a", "--worker"], "--worker reads the videos from standard input"),
])
def test_wrong_values_are_wrong_usage(gst_torch, tmp_path, options, reason):
    done = gst_torch("analyze", *options, "-o", tmp_path / "out")
    assert done.returncode == USAGE
    assert is_one_line(done.stderr)
    assert reason in done.stderr
    assert not (tmp_path / "out").exists()
