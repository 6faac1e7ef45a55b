# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Tests the checks of tools/demo for complete results."""
import json
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
MATROSKA = b"\x1a\x45\xdf\xa3 and so on"


def write_results(directory: pathlib.Path, frames: list[int], video: bytes = MATROSKA,
                  flow: bool = True) -> None:
    result = {"mean_magnitude": 1.5} if flow else {"skipped": "interval"}
    records = [{"frame": frame, "flow": [result if frame else {"skipped": "first-frame"}]}
               for frame in frames]
    (directory / "results.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    (directory / "run.json").write_text("{}")
    (directory / "flow.mkv").write_bytes(video)


def complaint(directory: pathlib.Path, *expected: str) -> str:
    script = ROOT / "tools" / "check_results.py"
    run = subprocess.run([sys.executable, script, directory, *expected], text=True,
                         capture_output=True, check=False)
    assert run.returncode == (1 if run.stderr else 0)
    return run.stderr


def test_accepts_one_line_per_frame(tmp_path: pathlib.Path) -> None:
    write_results(tmp_path, [0, 1, 2])
    assert complaint(tmp_path, "3") == ""
    assert complaint(tmp_path) == ""


@pytest.mark.parametrize("frames, said", [
    ([0, 1], "has 2 lines, not 3"),
    ([0, 1, 2, 3], "has 4 lines, not 3"),
    ([0, 2, 1], "not those of frames"),
    ([0, 1, 1], "not those of frames"),
])
def test_notices_lost_doubled_and_swapped_frames(tmp_path: pathlib.Path, frames: list[int],
                                                 said: str) -> None:
    write_results(tmp_path, frames)
    assert said in complaint(tmp_path, "3")


def test_notices_that_no_frame_has_flow(tmp_path: pathlib.Path) -> None:
    write_results(tmp_path, [0, 1, 2], flow=False)
    assert "no frame has flow" in complaint(tmp_path, "3")


def test_notices_a_video_that_is_none(tmp_path: pathlib.Path) -> None:
    write_results(tmp_path, [0, 1, 2], video=b"")
    assert "flow.mkv is no video" in complaint(tmp_path, "3")


def test_notices_missing_and_empty_results(tmp_path: pathlib.Path) -> None:
    assert "results.jsonl" in complaint(tmp_path)
    write_results(tmp_path, [])
    assert "results.jsonl is empty" in complaint(tmp_path)
