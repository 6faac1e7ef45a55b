# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""What gst-torch reads of files that other programs wrote, held against ffmpeg and ffprobe."""
import csv
import json
import shutil
import subprocess

import pytest

from conftest import BAD_INPUT, USAGE

SIZE = "64x48"
H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-bf", "2"]


def video(seconds, pattern="testsrc2", size=SIZE):
    """Arguments of ffmpeg: a generated video at 25 frames per second."""
    return ["-f", "lavfi", "-t", seconds, "-i", f"{pattern}=s={size}:r=25"]


def sound(seconds):
    return ["-f", "lavfi", "-t", seconds, "-i", "sine"]


@pytest.fixture(name="ffmpeg", scope="module")
def run_ffmpeg():
    if not shutil.which("ffmpeg") or not shutil.which("ffprobe"):
        pytest.skip("ffmpeg is not installed")

    def run(*arguments):
        subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-y", *map(str, arguments)], check=True,
                       timeout=60)

    return run


def probed(path, entry, stream="v:0"):
    """What ffprobe says of a stream, after it has read all of it."""
    return subprocess.run(["ffprobe", "-v", "error", "-count_frames", "-select_streams", stream,
                           "-show_entries", f"stream={entry}", "-of", "csv=p=0", str(path)],
                          check=True, capture_output=True, text=True, timeout=60).stdout.strip(" ,\n")


@pytest.fixture(name="analyze", scope="module")
def analyze_shots(gst_torch, tmp_path_factory):
    """Runs analyze with the model that needs no download; returns how it ended, and run.json."""
    def run(path, *options):
        directory = tmp_path_factory.mktemp("analyzed")
        done = gst_torch("analyze", path, "-o", directory, "--stages", "scenes", *options)
        assert done.returncode == 0, done.stderr
        return done, json.loads((directory / "run.json").read_text()), directory

    return run


# Which stream.

@pytest.fixture(name="two_videos", scope="module")
def a_picture_track_before_a_video(ffmpeg, tmp_path_factory):
    path = tmp_path_factory.mktemp("two") / "two.mkv"
    ffmpeg(*video(0.04, size="96x64"), *video(1), *sound(1), "-map", 0, "-map", 1, "-map", 2,
           "-c:v:0", "mjpeg", "-c:v:1", "mpeg4", "-c:a", "pcm_s16le",
           "-disposition:v:0", "default", "-disposition:v:1", "0", path)
    return path


def test_a_picture_track_is_not_taken_for_the_video(analyze, two_videos):
    _, record, _ = analyze(two_videos)
    assert record["input"]["stream"] == 1
    assert (record["input"]["width"], record["input"]["height"]) == (64, 48)
    assert record["frames"] == int(probed(two_videos, "nb_read_frames", "v:1"))


def test_the_stream_can_be_chosen(analyze, two_videos):
    _, record, _ = analyze(two_videos, "--stream", 0)
    assert record["input"]["stream"] == 0
    assert (record["input"]["width"], record["input"]["height"]) == (96, 64)
    assert record["frames"] == int(probed(two_videos, "nb_read_frames", "v:0")) == 1


def test_of_several_videos_the_default_one_is_taken(analyze, ffmpeg, tmp_path):
    ffmpeg(*video(0.8), *video(0.4), "-map", 0, "-map", 1, "-c:v", "mpeg4",
           "-disposition:v:0", "0", "-disposition:v:1", "default", tmp_path / "default.mkv")
    _, record, _ = analyze(tmp_path / "default.mkv")
    assert (record["input"]["stream"], record["frames"]) == (1, 10)


def test_without_a_default_the_longest_video_is_taken(analyze, ffmpeg, tmp_path):
    ffmpeg(*video(0.4), *video(0.8), "-map", 0, "-map", 1, "-c:v", "mpeg4", tmp_path / "longest.mp4")
    _, record, _ = analyze(tmp_path / "longest.mp4")
    assert (record["input"]["stream"], record["frames"]) == (1, 20)


def test_scenes_and_its_outputs_read_the_same_stream(gst_torch, two_videos, tmp_path):
    done = gst_torch("scenes", two_videos, "-o", tmp_path / "shots.csv", "--sheet",
                     tmp_path / "sheet.png", "--split", tmp_path / "parts", "--model", "resnet18-lite")
    assert done.returncode == 0, done.stderr
    shots = list(csv.DictReader((tmp_path / "shots.csv").open()))
    assert shots[-1]["End Frame"] == probed(two_videos, "nb_read_frames", "v:1") == "25"
    parts = list((tmp_path / "parts").iterdir())
    assert sum(int(probed(part, "nb_read_frames")) for part in parts) == 25


@pytest.mark.parametrize("command", [["analyze", "--stages", "scenes"], ["scenes"]])
def test_a_stream_that_is_not_there_is_named(fails, two_videos, tmp_path, command):
    arguments = [*command, two_videos, "-o", tmp_path / "out"]
    line = fails(*arguments, "--stream", 2, status=BAD_INPUT)
    assert f"{two_videos}: it has no video stream 2, only 0 and 1" in line
    assert "--stream" in fails(*arguments, "--stream", -1, status=USAGE)


def test_a_video_that_gstreamer_leaves_out_is_not_denied(fails, ffmpeg, tmp_path):
    ffmpeg(*video(0.4), *sound(4), "-c:v", "mpeg4", tmp_path / "short.mp4")
    line = fails("analyze", tmp_path / "short.mp4", "-o", tmp_path / "out", "--stages", "scenes")
    assert "shorter than a fifth" in line
    assert "it has no video stream" not in line
