# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
import array
import csv
import json
import os
import pathlib
import struct
import subprocess

import pytest

import baseline_results as results
import formula_weights

HERE = pathlib.Path(__file__).resolve().parent
SHARED = pathlib.Path(os.environ.get("GST_TORCH_SHARED", HERE.parents[2] / "shared"))
WIDTH, HEIGHT = 164, 132  # neither is a multiple of 8
FRAMES = (f"videotestsrc pattern=smpte horizontal-speed=4 num-buffers=3 ! "
          f"video/x-raw,width={WIDTH},height={HEIGHT} ! pngenc ! multifilesink location=")


def baseline(python: str, *arguments) -> subprocess.CompletedProcess:
    command = [python, HERE / "baseline.py", *arguments]
    return subprocess.run([str(word) for word in command], text=True, capture_output=True,
                          check=False, timeout=280)


@pytest.fixture(name="frames", scope="module")
def three_frames(tmp_path_factory) -> str:
    pattern = str(tmp_path_factory.mktemp("frames") / "%06d.png")
    subprocess.run(["gst-launch-1.0", "-q", *(FRAMES + pattern).split()], check=True, timeout=60)
    return pattern


@pytest.fixture(name="raft", scope="module")
def raft_weights(tmp_path_factory) -> pathlib.Path:
    path = tmp_path_factory.mktemp("weights") / "raft-small.safetensors"
    formula_weights.write_weights(path, HERE.parent / "nn" / "goldens" / "raft_small.shapes")
    return path


def read_flo(path: pathlib.Path) -> tuple[int, int, array.array]:
    tag, width, height = struct.unpack("<fii", path.read_bytes()[:12])
    assert tag == 202021.25
    return width, height, array.array("f", path.read_bytes()[12:])


def test_three_frames_give_all_results(torch_python, frames, raft, tmp_path) -> None:
    done = baseline(torch_python, frames, "-o", tmp_path / "out", "--flow-weights", raft,
                    "--flow-iterations", 2, "--debug-images", tmp_path / "images")
    assert done.returncode == 0, done.stderr
    for number in (1, 2):
        width, height, vectors = read_flo(tmp_path / f"out/flow/{number:06d}.flo")
        assert (width, height, len(vectors)) == (WIDTH, HEIGHT, 2 * WIDTH * HEIGHT)
        rows = list(csv.reader((tmp_path / f"out/matches/{number:06d}.csv").open()))
        assert rows[0] == ["x0", "y0", "x1", "y1", "confidence"]
        assert len(rows) > 10
    assert not (tmp_path / "out/flow/000000.flo").exists()
    shots = list(csv.DictReader((tmp_path / "out/scenes.csv").open()))
    assert [(shot["Start Frame"], shot["End Frame"]) for shot in shots] == [("1", "3")]
    assert len(list((tmp_path / "images").glob("*.png"))) == 3


def test_the_report_has_times_and_memory(torch_python, frames, raft, tmp_path) -> None:
    done = baseline(torch_python, frames, "-o", tmp_path, "--flow-weights", raft, "--frames", 2,
                    "--flow-iterations", 1, "--stages", "flow")
    report = json.loads(done.stdout)
    assert report == json.loads((tmp_path / "run.json").read_text())
    assert report["frames"] == 2
    assert report["initialisation_ms"].keys() == {"flow"}
    assert report["models"]["flow"]["parameters"] == 990162
    assert report["memory_mb"]["peak_rss"] > 50
    assert not (tmp_path / "scenes.csv").exists()


def test_a_missing_video_is_one_error(torch_python, raft, tmp_path) -> None:
    done = baseline(torch_python, tmp_path / "none.mp4", "--flow-weights", raft)
    assert done.returncode == 1
    assert "cannot open" in done.stderr.splitlines()[-1]


def test_weights_of_another_model_are_refused(torch_python, frames, raft) -> None:
    done = baseline(torch_python, frames, "--stages", "scenes", "--scenes-weights", raft)
    assert done.returncode == 1
    assert done.stderr.startswith("baseline.py: ") and "weights of another model" in done.stderr


def test_a_file_without_weights_is_refused(torch_python, frames, tmp_path) -> None:
    path = tmp_path / "raft.pth"
    path.write_text("no weights")
    done = baseline(torch_python, frames, "--stages", "flow", "--flow-weights", path)
    assert done.returncode == 1
    assert done.stderr.startswith("baseline.py: cannot read the weights in ")


@pytest.mark.parametrize("arguments", [["--stages", "depth"], ["--frames", "0"]])
def test_bad_options_are_a_usage_error(torch_python, frames, arguments) -> None:
    assert baseline(torch_python, frames, *arguments).returncode == 2


@pytest.mark.parametrize("pair, error_px", [("RubberWhale", 0.320), ("Venus", 0.373)])
def test_flow_has_the_known_error(torch_python, pair, error_px, tmp_path) -> None:
    """../shared/data/SOURCES.md lists the errors of the authors' implementation."""
    weights, truth = SHARED / "data/weights/raft-small.pth", SHARED / f"data/flow/{pair}"
    if not weights.exists() or not truth.exists():
        pytest.skip(f"{weights} or {truth} is missing")
    for number in (0, 1):
        (tmp_path / f"{number:06d}.png").symlink_to(truth.resolve() / f"frame1{number}.png")
    done = baseline(torch_python, tmp_path / "%06d.png", "-o", tmp_path, "--stages", "flow",
                    "--flow-weights", weights, "--flow-iterations", 20)
    assert done.returncode == 0, done.stderr
    _, _, known = read_flo(truth / "flow10.flo")
    _, _, found = read_flo(tmp_path / "flow/000001.flo")
    errors = [((found[i] - known[i]) ** 2 + (found[i + 1] - known[i + 1]) ** 2) ** 0.5
              for i in range(0, len(known), 2) if abs(known[i]) < 1e8]
    assert sum(errors) / len(errors) == pytest.approx(error_px, abs=0.001)


def test_a_cut_stands_out_and_a_moving_camera_does_not() -> None:
    still, moving = [0.001] * 20, [0.03] * 20
    assert results.boundaries([0.0, *still, 0.2, *still], 0.02) == [21]
    assert results.boundaries([0.0, *moving, 0.05, *moving], 0.02) == []
    assert results.boundaries([0.0, *still, 0.015, *still], 0.02) == []
    assert results.boundaries([0.9], 0.02) == []


def test_shots_are_listed_with_pyscenedetects_columns(tmp_path) -> None:
    results.write_shots(tmp_path / "scenes.csv", [30], 50, 25)
    first, second = csv.DictReader((tmp_path / "scenes.csv").open())
    assert first["Scene Number"] == "1" and first["End Frame"] == "30"
    assert second == {
        "Scene Number": "2", "Start Frame": "31", "Start Timecode": "00:00:01.200",
        "Start Time (seconds)": "1.200", "End Frame": "50", "End Timecode": "00:00:02.000",
        "End Time (seconds)": "2.000", "Length (frames)": "20", "Length (timecode)": "00:00:00.800",
        "Length (seconds)": "0.800"}


def test_statistics_of_times() -> None:
    assert results.summarize([4, 1, 2, 3]) == {"mean": 2.5, "p50": 2.5, "p95": 4, "n": 4}
