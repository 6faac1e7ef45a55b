# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Times in records, lists and reports are those of the file, as ffprobe shows them."""
import csv
import io
import json
import re
import shutil
import subprocess

import pytest

FIRST_SHOT, SECOND_SHOT = 14, 11  # frames


def needs_element(name):
    if subprocess.run(["gst-inspect-1.0", name], capture_output=True).returncode != 0:
        pytest.skip(f"the element {name} is not installed")


def ffmpeg(*arguments):
    subprocess.run(["ffmpeg", "-loglevel", "error", "-y", *map(str, arguments)], check=True,
                   timeout=60)


@pytest.fixture(name="videos", scope="module")
def videos_that_do_not_begin_at_0(tmp_path_factory):
    """Two shots with B-frames, so that the first PTS of the MP4 files is 80 ms."""
    for program in ("ffmpeg", "ffprobe"):
        if not shutil.which(program):
            pytest.skip(f"{program} is not installed")
    needs_element("avdec_h264")
    directory = tmp_path_factory.mktemp("times")
    plain = directory / "plain.mp4"
    ffmpeg("-f", "lavfi", "-i", f"testsrc2=s=320x240:r=25:d={FIRST_SHOT / 25}",
           "-f", "lavfi", "-i", f"mandelbrot=s=320x240:r=25,trim=end_frame={SECOND_SHOT}",
           "-filter_complex", "[0:v]setsar=1[a];[1:v]setsar=1[b];[a][b]concat=n=2:v=1",
           "-c:v", "libx264", "-bf", "2", "-g", "12", "-pix_fmt", "yuv420p", plain)
    ffmpeg("-itsoffset", "1.5", "-i", plain, "-c", "copy", directory / "delayed.mp4")
    ffmpeg("-i", plain, "-c", "copy", "-output_ts_offset", "100", directory / "offset.mkv")
    ffmpeg("-i", plain, "-c", "copy", directory / "stream.ts")
    return directory


def probed(video):
    """Times of the frames and of the beginning of a file, in seconds."""
    done = subprocess.run(["ffprobe", "-v", "error", "-select_streams", "v", "-show_entries",
                           "frame=pts_time:format=start_time", "-of", "json", video],
                          check=True, capture_output=True, text=True, timeout=60)
    found = json.loads(done.stdout)
    times = [float(frame["pts_time"]) for frame in found["frames"]]
    assert len(times) == FIRST_SHOT + SECOND_SHOT
    return times, float(found["format"]["start_time"])


def recorded(gst_torch, video, directory):
    """Stream times in the records of a file, in seconds."""
    subprocess.run(["gst-launch-1.0", "-q", "filesrc", f"location={video}", "!", "decodebin", "!",
                    "videoconvert", "!", "analysiswriter", f"location={directory}", "!",
                    "fakesink"], check=True, timeout=60, env=gst_torch.environment)
    lines = (directory / "results.jsonl").read_text().splitlines()
    return [json.loads(line)["stream_time"] / 1e9 for line in lines]


@pytest.mark.parametrize("name", ["plain.mp4", "delayed.mp4"])
def test_stream_times_of_mp4_are_the_times_of_ffprobe(gst_torch, videos, tmp_path, name):
    times, _ = probed(videos / name)
    assert recorded(gst_torch, videos / name, tmp_path) == pytest.approx(times, abs=1e-3)


def test_stream_times_of_matroska_count_from_the_beginning_of_the_file(
        gst_torch, videos, tmp_path):
    times, start = probed(videos / "offset.mkv")
    assert start == 100
    expected = [time - start for time in times]
    assert recorded(gst_torch, videos / "offset.mkv", tmp_path) == pytest.approx(expected, abs=1e-3)


def test_stream_times_of_a_transport_stream_differ_by_one_constant(gst_torch, videos, tmp_path):
    needs_element("tsdemux")
    times, _ = probed(videos / "stream.ts")
    found = recorded(gst_torch, videos / "stream.ts", tmp_path)
    assert [a - b for a, b in zip(found, times)] == pytest.approx(
        [found[0] - times[0]] * len(times), abs=1e-3)


def shot_times(text):
    return [(int(row["Start Frame"]), float(row["Start Time (seconds)"]),
             float(row["End Time (seconds)"])) for row in csv.DictReader(io.StringIO(text))]


@pytest.mark.parametrize("name", ["plain.mp4", "delayed.mp4"])
def test_a_list_of_shots_has_the_times_of_ffprobe(gst_torch, videos, tmp_path, name):
    times, _ = probed(videos / name)
    cut, end = times[FIRST_SHOT], times[-1] + 0.04
    done = gst_torch("scenes", videos / name, "--model", "resnet18-lite", "--device", "cpu",
                     "--stats", tmp_path / "scores.csv")
    assert done.returncode == 0, done.stderr
    listed = shot_times(done.stdout)
    assert [row[0] for row in listed] == [1, FIRST_SHOT + 1]
    assert [row[1] for row in listed] == pytest.approx([times[0], cut], abs=1e-3)
    assert [row[2] for row in listed] == pytest.approx([cut, end], abs=1e-3)
    scores = list(csv.DictReader((tmp_path / "scores.csv").open()))
    assert scores[FIRST_SHOT]["Timecode"] == f"00:00:{cut:06.3f}"


def test_the_report_has_the_shots_of_the_list(gst_torch, videos, tmp_path):
    times, _ = probed(videos / "plain.mp4")
    cut, end = times[FIRST_SHOT], times[-1] + 0.04
    done = gst_torch("analyze", videos / "plain.mp4", "-o", tmp_path, "--stages", "scenes",
                     "--scenes-model", "resnet18-lite", "--device", "cpu")
    assert done.returncode == 0, done.stderr
    assert shot_times((tmp_path / "shots.csv").read_text()) == [
        (1, pytest.approx(times[0], abs=1e-3), pytest.approx(cut, abs=1e-3)),
        (FIRST_SHOT + 1, pytest.approx(cut, abs=1e-3), pytest.approx(end, abs=1e-3))]
    table = (tmp_path / "report.html").read_text().split("<caption>Shots</caption>")[1]
    rows = [re.findall(r"<td[^>]*>([^<\n]*)", row)
            for row in table.split("</table>")[0].split("<tr>")[2:]]
    assert [row[:4] for row in rows] == [
        ["1", f"0:{times[0]:05.2f}", f"0:{cut:05.2f}", str(FIRST_SHOT)],
        ["2", f"0:{cut:05.2f}", f"0:{end:05.2f}", str(SECOND_SHOT)]]
