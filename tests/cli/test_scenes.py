# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""gst-torch scenes: lists of shots, scores, and what it says of bad input."""
import csv
import io
import json

import pytest

from conftest import BUILD_ROOT, FAILED, UNAVAILABLE, VIDEO_FRAMES, is_one_line, launch

BIKES = BUILD_ROOT / "deps" / "videos" / "bikes.mp4"
CUTS = [30, 76, 137, 187, 242]
MODEL = ["--model", "resnet18-lite"]


@pytest.fixture(name="bikes", scope="module")
def scan_of_bikes(gst_torch, tmp_path_factory):
    """A directory with what the program wrote of a film whose cuts are known."""
    if not BIKES.exists():
        pytest.skip(f"{BIKES} is not there")
    directory = tmp_path_factory.mktemp("bikes")
    for name in ("shots.csv", "scenes.json", "scenes.edl"):
        more = ["--stats", directory / "scores.csv"] if name == "shots.csv" else []
        done = gst_torch("scenes", BIKES, "-o", directory / name, *MODEL, *more)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("6 shots in 250 frames, found by resnet18-lite: ")
    return directory


def test_the_list_has_the_columns_of_pyscenedetect_and_the_exact_cuts(bikes):
    rows = list(csv.DictReader((bikes / "shots.csv").open()))
    assert [int(row["Start Frame"]) - 1 for row in rows] == [0, *CUTS]
    assert [int(row["End Frame"]) for row in rows] == [*CUTS, 250]
    assert rows[1]["Start Timecode"] == "00:00:01.200"
    assert rows[1]["Length (frames)"] == "46"
    assert list(rows[0]) == [
        "Shot Number", "Start Frame", "Start Timecode", "Start Time (seconds)", "End Frame",
        "End Timecode", "End Time (seconds)", "Length (frames)", "Length (timecode)",
        "Length (seconds)"]


def test_the_list_in_json_says_what_begins_each_shot(bikes):
    document = json.loads((bikes / "scenes.json").read_text())
    assert document["model"] == "resnet18-lite"
    scenes = document["shots"]
    assert [scene["start_frame"] for scene in scenes] == [0, *CUTS]
    assert [scene.get("boundary", {}).get("kind") for scene in scenes] == [None] + 5 * ["cut"]


def test_the_edit_decision_list_has_an_event_for_each_shot(bikes):
    events = [line.split() for line in (bikes / "scenes.edl").read_text().splitlines()[3:]]
    assert len(events) == 6
    assert events[1][4:6] == ["00:00:01:05", "00:00:03:01"]


@pytest.fixture(name="late", scope="module")
def video_that_starts_late(tmp_path_factory):
    """Two shots of 15 frames, the first one at 2 s."""
    video = tmp_path_factory.mktemp("late") / "late.mkv"
    caps = "video/x-raw,width=96,height=64,framerate=25/1"
    launch(f"concat name=cuts ! jpegenc ! matroskamux ! filesink location={video} "
           f"videotestsrc pattern=ball timestamp-offset=2000000000 num-buffers=15 ! {caps} ! cuts. "
           f"videotestsrc pattern=smpte num-buffers=15 ! {caps} ! cuts.")
    return video


def test_the_scores_and_the_list_count_time_from_the_same_frame(gst_torch, late, tmp_path):
    shots, scores = tmp_path / "shots.csv", tmp_path / "scores.csv"
    done = gst_torch("scenes", late, "-o", shots, "--stats", scores, *MODEL)
    assert done.returncode == 0, done.stderr
    frames = list(csv.DictReader(scores.open()))
    assert [frame["Timecode"] for frame in frames[:2]] == ["00:00:00.000", "00:00:00.040"]
    listed = [(row["Start Frame"], row["Start Timecode"]) for row in csv.DictReader(shots.open())]
    assert listed == [(frames[n]["Frame Number"], frames[n]["Timecode"]) for n in (0, 15)]


def test_the_scores_show_every_frame(bikes):
    rows = list(csv.DictReader((bikes / "scores.csv").open()))
    assert [int(row["Frame Number"]) for row in rows] == list(range(1, 251))
    assert [i for i, row in enumerate(rows) if float(row["score"]) >= 0.5] == CUTS
    assert [i for i, row in enumerate(rows) if row["boundary"] == "1"] == CUTS


def test_a_higher_threshold_finds_fewer(gst_torch, bikes, tmp_path):
    rows = csv.DictReader((bikes / "scores.csv").open())
    weakest = min(float(row["score"]) for row in rows if row["boundary"] == "1")
    if weakest > 0.98:
        pytest.skip("all cuts are beyond doubt")
    done = gst_torch("scenes", BIKES, "-o", tmp_path / "s.csv", *MODEL, "--threshold",
                     f"{(weakest + 0.99) / 2:.4f}")
    assert done.returncode == 0
    assert int(done.stdout.split()[0]) < 6


def test_without_an_output_the_list_goes_to_the_standard_output(gst_torch, media):
    done = gst_torch("scenes", media / "with-audio.mkv", *MODEL)
    assert done.returncode == 0, done.stderr
    row, = csv.DictReader(io.StringIO(done.stdout))
    assert row["End Frame"] == str(VIDEO_FRAMES)


@pytest.mark.parametrize("word", ["0", "1", "7", "-0.5", "nan", "", "half", "0.5x"])
def test_a_threshold_outside_its_range_is_wrong_usage(gst_torch, media, word):
    done = gst_torch("scenes", media / "video.mkv", f"--threshold={word}")
    assert done.returncode == 2
    assert is_one_line(done.stderr)
    assert "0.01 to 0.99" in done.stderr


@pytest.mark.parametrize("name", ["text.png", "audio.ogg", "no-frame.mkv", "absent.mp4"])
def test_what_is_no_video_is_one_line(fails, media, name):
    assert name in fails("scenes", media / name, *MODEL)


def test_weights_that_nobody_fetched_say_how_to_get_them(fails, media):
    said = fails("scenes", media / "video.mkv", "--model", "transnetv2", status=UNAVAILABLE)
    assert "gst-torch models fetch transnetv2" in said


def test_a_directory_that_is_not_there_is_one_line(fails, media, tmp_path):
    assert "absent" in fails("scenes", media / "video.mkv", "-o", tmp_path / "absent" / "s.csv", status=FAILED)
