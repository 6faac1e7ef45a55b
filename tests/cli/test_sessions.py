# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""A camera that is started again: no session is lost."""
import json
import subprocess

import pytest

from conftest import USAGE


@pytest.fixture(name="record")
def records_a_session(gst_torch, tmp_path):
    """Writes so many frames of a source whose times begin at 0; returns what was printed."""
    def record(frames, *properties, source="videotestsrc"):
        pipeline = (f"{source} num-buffers={frames} ! "
                    "video/x-raw,width=16,height=16,framerate=200/1 ! "
                    f"analysiswriter location={tmp_path}")
        done = subprocess.run(["gst-launch-1.0", *pipeline.split(), *properties, "!", "fakesink"],
                              capture_output=True, text=True, timeout=60, check=True,
                              env=gst_torch.environment)
        return done.stdout + done.stderr

    return record


def lines_in(directory):
    return [json.loads(line) for line in (directory / "results.jsonl").read_text().splitlines()]


def assert_two_sessions(lines, first, second):
    assert [line["frame"] for line in lines] == list(range(first + second))
    assert [line["session"] for line in lines] == [0] * first + [1] * second
    assert lines[0]["stream_time"] == lines[0]["pts"]
    assert lines[first]["pts"] < lines[first - 1]["pts"]


def test_a_second_run_appends_a_session(record, tmp_path):
    record(44)
    record(46)
    assert_two_sessions(lines_in(tmp_path), 44, 46)


def test_a_live_stream_is_not_taken_for_the_rest_of_an_earlier_one(record, tmp_path):
    for frames in (12, 9):
        said = record(frames, "resume=true", source="videotestsrc is-live=true")
        assert "recorded already" not in said
    assert_two_sessions(lines_in(tmp_path), 12, 9)


def test_resuming_says_what_it_skips(record, tmp_path):
    assert "recorded already" not in record(44, "resume=true")
    assert "Frames up to frame 43 are recorded already" in record(46, "resume=true")
    lines = lines_in(tmp_path)
    assert [line["frame"] for line in lines] == list(range(46))
    assert {line["session"] for line in lines} == {0}


def test_earlier_results_are_replaced_on_request(record, tmp_path):
    record(44)
    record(46, "append=false")
    assert [line["session"] for line in lines_in(tmp_path)] == [0] * 46


def test_analyze_replaces_the_results_of_others_only_on_request(
        record, gst_torch, fails, media, tmp_path):
    record(5)
    record(4)
    command = ["analyze", media / "video.mkv", "-o", tmp_path, "--stages", "scenes", "--device",
               "cpu"]
    assert "use another directory, or --again" in fails(*command, status=USAGE)
    assert len(lines_in(tmp_path)) == 9
    assert gst_torch(*command, "--again").returncode == 0
    assert [line["session"] for line in lines_in(tmp_path)] == [0] * 16


def test_the_report_shows_the_last_session(record, gst_torch, tmp_path):
    record(5)
    record(4)
    assert gst_torch("report", tmp_path).returncode == 0
    page = (tmp_path / "report.html").read_text()
    assert "<dt>Frames</dt><dd>4</dd>" in page
    assert "<dt>Session</dt><dd>2 <small>the last one; earlier ones are not shown" in page
