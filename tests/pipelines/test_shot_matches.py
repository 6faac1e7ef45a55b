# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Tests which frame loftrmatch mode=shot-start matches each one with, downstream of scenedetect, on
a real film."""
import json
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(os.environ.get("GST_TORCH_SOURCE_ROOT", "."))
BUILD = pathlib.Path(os.environ.get("GST_TORCH_BUILD_ROOT", "build"))
BUNDLED = ROOT / "models" / "bundled"
BIKES = BUILD / "deps" / "videos" / "bikes.mp4"  # the project fetches it
FRAMES = 85
CUTS = [30, 76]


def analyse(directory: pathlib.Path, scenes: str) -> list[dict]:
    # identity limits the frames before a queue, so that decoders may push more.
    pipeline = (f"filesrc location={BIKES} ! decodebin ! identity eos-after={FRAMES + 1} ! "
                "videoconvert ! videoscale ! video/x-raw,width=320,height=136 ! queue ! "
                f"scenedetect model={BUNDLED / 'resnet18-lite.safetensors'} {scenes} ! "
                f"loftrmatch model={BUNDLED / 'loftr-lite.safetensors'} mode=shot-start "
                "max-size=160 ! "
                f"analysiswriter location={directory} match-file-format=none ! fakesink")
    ended = subprocess.run(["gst-launch-1.0", "-q", *pipeline.split()], capture_output=True,
                           text=True, timeout=300)
    assert ended.returncode == 0, ended.stderr
    return [json.loads(line) for line in (directory / "results.jsonl").read_text().splitlines()]


def test_the_reference_changes_exactly_at_the_boundaries_of_a_real_film(tmp_path) -> None:
    if not BIKES.exists():
        pytest.skip(f"{BIKES} is not there")
    records = analyse(tmp_path, "batch-size=4")
    assert len(records) >= FRAMES
    boundaries = [record["frame"] for record in records if "boundaries" in record["shot"]]
    assert boundaries == CUTS
    start = 0
    for record in records:
        [match] = record["matches"]
        if record["frame"] in (0, *boundaries):
            start = record["frame"]
            assert match["skipped"] == "first-frame"
            continue
        assert match["reference_pts"] == records[start]["pts"], record["frame"]
        assert match["dt"] == record["pts"] - records[start]["pts"]
    # The same shot shows the same scene, up to its end.
    for last in (29, 75):
        assert records[last]["matches"][0]["count"] > 5, last


def test_without_boundaries_the_reference_stays_the_first_frame(tmp_path) -> None:
    if not BIKES.exists():
        pytest.skip(f"{BIKES} is not there")
    records = analyse(tmp_path, "batch-size=4 attach=none")
    first, *others = records
    assert {record["matches"][0]["reference_pts"] for record in others} == {first["pts"]}
