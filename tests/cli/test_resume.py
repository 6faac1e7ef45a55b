# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""A run that is killed, and the one that continues after it."""
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conftest import PROGRAM, SOURCE_ROOT, launch

sys.path.insert(0, str(SOURCE_ROOT / "tests" / "support"))
import formula_weights  # noqa: E402: found by the line before

FRAMES = 60


@pytest.fixture(name="model", scope="session")
def weights_by_a_formula(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "raft-small.safetensors"
    formula_weights.write_weights(path, SOURCE_ROOT / "tests" / "nn" / "goldens"
                                  / "raft_small.shapes")
    return path


@pytest.fixture(name="start")
def starts_a_pipeline(gst_torch, model):
    """Flow of small frames, written into a directory; 20 lines to a file."""
    def start(directory: Path, *properties: str) -> subprocess.Popen:
        pipeline = (
            f"videotestsrc pattern=ball num-buffers={FRAMES} ! "
            "video/x-raw,width=128,height=128,framerate=25/1 ! "
            f"raftflow model={model} iterations=1 device=cpu ! "
            f"analysiswriter location={directory} records-per-file=20 flow-every=7")
        return subprocess.Popen(["gst-launch-1.0", "-q", *pipeline.split(), *properties,
                                 "!", "fakesink"], env=gst_torch.environment)

    return start


def contents(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*")
            if path.is_file() and path.suffix != ".part"}


def whole_records(directory: Path) -> list[dict]:
    text = "".join(path.read_text() for path in sorted(directory.glob("results*.jsonl")))
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


def wait_for(path: Path, process: subprocess.Popen) -> None:
    while not path.exists():
        assert process.poll() is None, "it ended early"
        time.sleep(0.001)


def test_a_killed_run_leaves_whole_records_and_resumes_to_what_it_would_have_become(
        start, tmp_path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert start(whole).wait(timeout=300) == 0
    assert len(whole_records(whole)) == FRAMES

    process = start(killed)
    wait_for(killed / "results-000000000.jsonl", process)
    process.kill()
    assert process.wait(timeout=60) != 0
    records = whole_records(killed)
    assert 20 <= len(records) < FRAMES
    assert records == whole_records(whole)[:len(records)]
    for record in records:
        for flow in record["flow"]:
            assert "file" not in flow or (killed / flow["file"]).exists()

    assert start(killed, "resume=true").wait(timeout=300) == 0
    assert contents(killed) == contents(whole)


VIDEO_FRAMES = 150


@pytest.fixture(name="video", scope="session")
def video_of_six_seconds(tmp_path_factory):
    path = tmp_path_factory.mktemp("video") / "ball.mkv"
    launch(f"videotestsrc pattern=ball num-buffers={VIDEO_FRAMES} ! "
           "video/x-raw,width=128,height=128,framerate=25/1 ! jpegenc ! matroskamux ! "
           f"filesink location={path}")
    return path


@pytest.fixture(name="analyze")
def starts_the_command(gst_torch, model, video):
    def start(directory: Path, *options: str) -> subprocess.Popen:
        # Options of a stage that does not run are wrong usage.
        flow = [] if "matches" in options else ["--flow-model", model, "--flow-iterations", "1",
                                                "--flow-every", "7"]
        return subprocess.Popen([PROGRAM, "analyze", video, "-o", directory, "--device", "cpu",
                                 *flow, *options],
                                env=gst_torch.environment, stdout=subprocess.PIPE, text=True)

    return start


def count_lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def results_in(directory: Path) -> dict[str, bytes]:
    return {name: data for name, data in contents(directory).items()
            if name == "results.jsonl" or name.startswith(("flow/", "matches/"))}


def frames_analysed(directory: Path) -> int:
    """By the model, in the last run."""
    last = json.loads((directory / "perf.jsonl").read_text().splitlines()[-1])
    return next(report["stats"]["frames"] for report in last["reports"]
                if report["name"] in ("raftflow", "loftrmatch"))


@pytest.mark.parametrize("options, can_seek", [
    (["--stages", "flow"], True),
    (["--stages", "flow", "--frames", "140"], False),
    (["--stages", "matches", "--match-every", "3", "--match-file-format", "npz"], True),
    ([], False),
], ids=["flow", "with-a-limit", "matches", "all-stages"])
def test_the_command_continues_where_a_killed_one_was(analyze, tmp_path, options, can_seek) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert analyze(whole, *options).wait(timeout=300) == 0

    process = analyze(killed, *options)
    while count_lines(killed / "results.jsonl") < 60:
        assert process.poll() is None, "it ended early"
        time.sleep(0.001)
    process.kill()
    process.communicate(timeout=60)
    assert json.loads((killed / "run.json").read_text())["status"] == "running"
    before = count_lines(killed / "results.jsonl")
    assert before < count_lines(whole / "results.jsonl")

    process = analyze(killed, *options)
    said = process.communicate(timeout=300)[0]
    assert process.returncode == 0
    assert f"resuming after {before} frames\n" in said
    assert results_in(killed) == results_in(whole)
    if "flow" not in options:  # alone
        assert any(name.startswith("matches/") for name in results_in(whole))
    record = json.loads((killed / "run.json").read_text())
    assert record["status"] == "complete"
    assert record["frames"] == count_lines(whole / "results.jsonl")
    assert (frames_analysed(killed) < record["frames"]) == can_seek


CUES, CUE_POINT, CUE_TRACK_POSITIONS, CUE_CLUSTER_POSITION = 0x1C53BB6B, 0xBB, 0xB7, 0xF1


def ebml_elements(data: bytes, start: int, end: int):
    """Identifier and place of the content of each element of a Matroska file (RFC 8794, 4 and 5)."""
    while start < end:
        id_bytes = 9 - data[start].bit_length()
        size_bytes = 9 - data[start + id_bytes].bit_length()
        content = start + id_bytes + size_bytes
        size = int.from_bytes(data[start + id_bytes:content], "big") & ((1 << 7 * size_bytes) - 1)
        yield int.from_bytes(data[start:start + id_bytes], "big"), content, content + size
        start = content + size


def cluster_positions(data: bytes) -> list[tuple[int, int]]:
    """Where the index of a Matroska file has the places that it leads to."""
    index = data.rindex(CUES.to_bytes(4, "big"))
    found = [next(ebml_elements(data, index, len(data)))[1:]]
    for wanted in (CUE_POINT, CUE_TRACK_POSITIONS, CUE_CLUSTER_POSITION):
        found = [(first, end) for place in found
                 for name, first, end in ebml_elements(data, *place) if name == wanted]
    return found


def with_index_of_later_frames(data: bytes) -> bytes:
    """Each place in it, where there is room for a larger number, is that of three seconds later."""
    positions = cluster_positions(data)
    changed = bytearray(data)
    for (first, end), later in zip(positions, positions[75:]):
        if later[1] - later[0] == end - first:
            changed[first:end] = data[slice(*later)]
    return bytes(changed)


@pytest.fixture(name="snow", scope="session")
def video_of_large_frames(tmp_path_factory):
    """So that nearly all places in its index have three bytes."""
    path = tmp_path_factory.mktemp("video") / "snow.mkv"
    launch(f"videotestsrc pattern=snow num-buffers={VIDEO_FRAMES} ! "
           "video/x-raw,width=128,height=128,framerate=25/1 ! jpegenc ! matroskamux ! "
           f"filesink location={path}")
    return path


def test_a_file_whose_index_leads_astray_is_read_from_its_beginning(
        gst_torch, interrupted, model, snow, tmp_path) -> None:
    astray, whole, cut = tmp_path / "astray.mkv", tmp_path / "whole", tmp_path / "cut"
    astray.write_bytes(with_index_of_later_frames(snow.read_bytes()))

    command = ["analyze", astray, "--flow-model", model, "--flow-iterations", "1", "--device", "cpu",
               "--stages", "flow", "--flow-every", "7", "-o"]
    assert gst_torch(*command, whole).returncode == 0
    done = interrupted(*command, cut, signal=signal.SIGINT,
                       when=lambda _: count_lines(cut / "results.jsonl") >= 60)
    assert done.returncode == 130
    assert count_lines(cut / "results.jsonl") < VIDEO_FRAMES
    done = gst_torch(*command, cut)
    assert done.returncode == 0, done.stderr
    assert "resuming after" in done.stdout
    assert results_in(cut) == results_in(whole)
    assert frames_analysed(cut) == VIDEO_FRAMES
