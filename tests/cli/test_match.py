# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""gst-torch match: two images to a list of points."""
import csv
import os
import pathlib
import struct
import zlib

import pytest

from conftest import UNAVAILABLE, USAGE, launch

SOURCE = pathlib.Path(os.environ.get("GST_TORCH_SOURCE_ROOT", pathlib.Path(__file__).resolve().parents[2]))
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


def write_png(path, width, rows):
    """Grey, 8 bits; encoders refuse some sizes."""
    def chunk(kind, data):
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", width, len(rows), 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels)
                     + chunk(b"IEND", b""))


@pytest.mark.skipif(not HAVE_VISION, reason="built without OpenCV's calib3d")
@pytest.mark.parametrize("size", [0, 480, 240, 160])
def test_the_same_image_twice_is_static_at_every_size(gst_torch, middlebury, tmp_path, size):
    image = middlebury / "RubberWhale" / "frame10.png"
    done = gst_torch("match", image, image, "-o", tmp_path / "out.csv", "--model", LITE,
                     "--max-size", size, "--geometry", "homography")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1].startswith("static, ")


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


@pytest.mark.skipif(not HAVE_VISION, reason="built without OpenCV's calib3d")
def test_an_image_is_found_only_where_it_is(gst_torch, middlebury, tmp_path):
    def verdict(a, b):
        done = gst_torch("match", a, b, "-o", tmp_path / "out.csv", "--model", LITE,
                         "--max-size", 256, "--geometry", "homography")
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()[1]

    grove, other = middlebury / "Grove2", middlebury / "Venus" / "frame10.png"
    found = verdict(grove / "frame10.png", grove / "frame11.png")
    assert found.startswith("moved, ") and found.endswith(": A was found in B, in another view")
    missing = verdict(grove / "frame10.png", other)
    assert missing.startswith("lost, ") and missing.endswith(": A was not found in B")


def test_large_images_are_scaled_by_default_and_it_says_so(gst_torch, tmp_path):
    image, scaled = tmp_path / "long.png", "images scaled to 1024 pixels inside the model"
    launch("videotestsrc num-buffers=1 pattern=smpte ! video/x-raw,width=1200,height=64 ! pngenc ! "
           f"filesink location={image}")
    command = ["match", image, image, "-o", tmp_path / "out.csv", "--model", LITE]
    for options, is_scaled in (([], True), (["--max-size", 0], False),
                               (["--max-size", 1200], False)):
        done = gst_torch(*command, *options)
        assert done.returncode == 0, done.stderr
        assert (scaled in done.stdout) == is_scaled
        assert all(0 <= row["x1"] < 1200 for row in rows_of(tmp_path / "out.csv"))


def test_number_and_threshold_limit_the_list(gst_torch, middlebury, tmp_path):
    pair, out = middlebury / "Venus", tmp_path / "out.csv"
    command = ["match", pair / "frame10.png", pair / "frame11.png", "-o", out, "--model", LITE,
               "--max-size", 256]
    assert gst_torch(*command, "--max-matches", 5).returncode == 0
    assert len(rows_of(out)) == 5
    assert gst_torch(*command, "--max-matches", 0).returncode == 0
    exact = rows_of(out)
    assert len(exact) > 50, "0 is all"
    assert gst_torch(*command, "--token-pruning", 0.5).returncode == 0
    assert 20 < len(rows_of(out)) < len(exact)
    assert gst_torch(*command, "--token-pruning", 0).returncode == 0
    assert rows_of(out) == exact
    assert gst_torch(*command, "--threshold", 0.9).returncode == 0
    assert all(row["confidence"] > 0.9 for row in rows_of(out))


@pytest.fixture(name="odd_images", scope="module")
def images_with_little_in_them(tmp_path_factory):
    directory = tmp_path_factory.mktemp("odd")
    for name, pattern, size in (("dot.png", 128, (1, 1)), ("line.png", 128, (200, 1)),
                                ("blank.png", 128, (96, 64)), ("wide.png", None, (160, 64)),
                                ("high.png", None, (64, 128))):
        width, height = size
        write_png(directory / name, width, [
            bytes(pattern or (x // 4 * 37 + y // 4 * 91) % 256 for x in range(width))
            for y in range(height)])
    return directory


@pytest.mark.parametrize("first, second", [
    ("dot.png", "wide.png"), ("wide.png", "dot.png"), ("line.png", "wide.png"),
    ("blank.png", "blank.png"), ("blank.png", "wide.png"),
], ids=lambda name: name[:-4])
def test_images_in_which_nothing_can_be_found_give_no_match_and_no_error(
        gst_torch, odd_images, tmp_path, first, second):
    out = tmp_path / "out.csv"
    command = ["match", odd_images / first, odd_images / second, "-o", out, "--model", LITE]
    if HAVE_VISION:
        command += ["--geometry", "homography"]
    done = gst_torch(*command, "--visual", tmp_path / "out.png")
    assert done.returncode == 0, done.stderr
    assert rows_of(out) == []
    assert "0 matches, " in done.stdout
    assert ("lost, 0 inliers" in done.stdout) == HAVE_VISION


def test_images_may_differ_in_size(gst_torch, odd_images, tmp_path):
    out = tmp_path / "out.csv"
    done = gst_torch("match", odd_images / "wide.png", odd_images / "high.png", "-o", out,
                     "--model", LITE, "--threshold", 0, "--visual", tmp_path / "out.png")
    assert done.returncode == 0, done.stderr
    rows = rows_of(out)
    assert rows
    assert all(row["x0"] < 160 and row["y0"] < 64 and row["x1"] < 64 and row["y1"] < 128
               for row in rows)
    assert png_size(tmp_path / "out.png") == (224, 128)


def test_precision_is_taken_or_refused_in_one_line(gst_torch, fails, middlebury, tmp_path):
    pair, out = middlebury / "Grove2", tmp_path / "out.csv"
    command = ["match", pair / "frame10.png", pair / "frame11.png", "-o", out, "--model", LITE,
               "--max-size", 160, "--device", "cpu"]
    assert "precision fp16 requires a CUDA device" in fails(*command, "--precision", "fp16", status=UNAVAILABLE)
    if "avx512_bf16" not in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8"):
        assert "AVX512_BF16" in fails(*command, "--precision", "bf16", status=UNAVAILABLE)
        pytest.skip("the CPU has no AVX512_BF16")
    assert gst_torch(*command).returncode == 0
    exact = rows_of(out)
    assert gst_torch(*command, "--precision", "bf16").returncode == 0
    brief = rows_of(out)
    assert exact != brief
    assert abs(len(exact) - len(brief)) <= 0.1 * len(exact)


def test_wrong_words_are_wrong_usage(gst_torch, media, tmp_path):
    command = ["match", media / "a.png", media / "b.png", "-o", tmp_path / "out.csv"]
    for option, value in (("--geometry", "plane"), ("--threshold", "high"), ("--threshold", "2"),
                          ("--max-matches", "-1"), ("--max-size", "-1"), ("--precision", "fp8"),
                          ("--token-pruning", "0.95"), ("--token-pruning", "-0.1"),
                          ("--token-pruning", "")):
        done = gst_torch(*command, option, value)
        assert done.returncode == 2, (option, value)
        assert option in done.stderr
    assert gst_torch("match", media / "a.png", media / "b.png").returncode == 2


def test_bad_input_is_one_line(fails, media, tmp_path):
    out = tmp_path / "out.csv"
    broken = tmp_path / "broken.png"
    broken.write_text("no image")
    assert "nowhere.png" in fails("match", media / "a.png", tmp_path / "nowhere.png", "-o", out)
    assert "broken.png" in fails("match", broken, media / "b.png", "-o", out)
    assert "not-there" in fails("match", media / "a.png", media / "b.png", "-o", out, "--model",
                                "not-there", status=USAGE)
    assert not out.exists()
