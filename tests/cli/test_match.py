# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""gst-torch match: two pictures to a list of points."""
import csv
import os
import pathlib
import struct

import pytest

SOURCE = pathlib.Path(os.environ.get("GSTTORCH_SOURCE_ROOT", pathlib.Path(__file__).resolve().parents[2]))
LITE = SOURCE / "models" / "bundled" / "loftr-lite.safetensors"
HAVE_VISION = "GST_TORCH_VISION_LIBRARY" in os.environ


def rows_of(path):
    with path.open(newline="") as lines:
        reader = csv.DictReader(lines)
        assert reader.fieldnames == ["x0", "y0", "x1", "y1", "confidence", "inlier"]
        return [{name: float(value) for name, value in row.items()} for row in reader]


def png_size(path):
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", data[16:24])


def test_finds_points_of_a_real_pair_where_its_flow_says(gst_torch, middlebury, tmp_path):
    pair, out = middlebury / "Grove2", tmp_path / "out.csv"
    done = gst_torch("match", pair / "frame10.png", pair / "frame11.png", "-o", out, "--model", LITE,
                     "--max-size", 320, "--visual", tmp_path / "out.png")
    assert done.returncode == 0, done.stderr
    rows = rows_of(out)
    assert len(rows) > 200
    assert f"{len(rows)} matches, " in done.stdout
    data = (pair / "flow10.flo").read_bytes()
    _, width, height = struct.unpack_from("<fii", data)
    near = 0
    for row in rows:
        assert 0.2 < row["confidence"] <= 1 and row["inlier"] == 1
        x, y = round(row["x0"]), round(row["y0"])
        assert 0 <= x < width and 0 <= y < height
        u, v = struct.unpack_from("<ff", data, 12 + 8 * (y * width + x))
        near += abs(row["x0"] + u - row["x1"]) + abs(row["y0"] + v - row["y1"]) < 8
    assert near > 0.9 * len(rows)
    assert png_size(tmp_path / "out.png") == (2 * width, height)


@pytest.mark.skipif(not HAVE_VISION, reason="built without OpenCV's calib3d")
def test_geometry_marks_inliers_and_refine_is_taken(gst_torch, middlebury, tmp_path):
    pair, out = middlebury / "Grove2", tmp_path / "out.csv"
    command = ["match", pair / "frame10.png", pair / "frame11.png", "-o", out, "--model", LITE,
               "--max-size", 320, "--geometry", "fundamental"]
    done = gst_torch(*command)
    assert done.returncode == 0, done.stderr
    rows = rows_of(out)
    inliers = sum(row["inlier"] for row in rows)
    assert 0 < inliers <= len(rows)
    assert f"moved, {inliers:.0f} inliers, residual " in done.stdout
    assert gst_torch(*command, "--refine").returncode == 0


def test_number_and_threshold_limit_the_list(gst_torch, middlebury, tmp_path):
    pair, out = middlebury / "Venus", tmp_path / "out.csv"
    command = ["match", pair / "frame10.png", pair / "frame11.png", "-o", out, "--model", LITE,
               "--max-size", 256]
    assert gst_torch(*command, "--max-matches", 5).returncode == 0
    assert len(rows_of(out)) == 5
    assert gst_torch(*command, "--threshold", 0.9).returncode == 0
    assert all(row["confidence"] > 0.9 for row in rows_of(out))


def test_wrong_words_are_wrong_usage(gst_torch, media, tmp_path):
    command = ["match", media / "a.png", media / "b.png", "-o", tmp_path / "out.csv"]
    for option, value in (("--geometry", "plane"), ("--threshold", "high"), ("--threshold", "2"),
                          ("--max-matches", "-1"), ("--max-size", "-1")):
        done = gst_torch(*command, option, value)
        assert done.returncode == 2, (option, value)
        assert option in done.stderr
    assert gst_torch("match", media / "a.png", media / "b.png").returncode == 2


def test_bad_input_is_one_line(fails, media, tmp_path):
    out = tmp_path / "out.csv"
    broken = tmp_path / "broken.png"
    broken.write_text("no picture")
    assert "nowhere.png" in fails("match", media / "a.png", tmp_path / "nowhere.png", "-o", out)
    assert "broken.png" in fails("match", broken, media / "b.png", "-o", out)
    assert "not-there" in fails("match", media / "a.png", media / "b.png", "-o", out, "--model",
                                "not-there")
    assert not out.exists()
