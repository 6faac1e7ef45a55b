# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""gst-torch flow: two images to a .flo file."""
import array
import math
import re
import struct
import subprocess

import pytest

from conftest import FAILED, UNAVAILABLE, USAGE, launch

# End-point errors of RAFT-small (princeton weights, 20 iterations, centred replicate padding) on
# Middlebury's pairs with ground truth, computed with the original Python code.
EXPECTED_ERRORS = {"RubberWhale": 0.320, "Grove2": 0.349, "Urban2": 0.525, "Venus": 0.373}


def read_flow(path):
    """Width, height and the vectors as one flat array x, y, x, y..."""
    data = path.read_bytes()
    tag, width, height = struct.unpack_from("<fii", data)
    assert tag == 202021.25
    vectors = array.array("f", data[12:])
    assert len(vectors) == 2 * width * height
    return width, height, vectors


def mean_distance(flow, truth):
    """Mean end-point error over the vectors whose truth is known."""
    pairs = zip(flow[0::2], flow[1::2], truth[0::2], truth[1::2])
    distances = [math.hypot(x - u, y - v) for x, y, u, v in pairs if abs(u) < 1e9 and abs(v) < 1e9]
    return sum(distances) / len(distances)


def png_size(path):
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", data[16:24])


def test_writes_a_vector_for_every_pixel(gst_torch, media, weights, tmp_path):
    out = tmp_path / "out.flo"
    done = gst_torch("flow", media / "a.png", media / "b.png", "-o", out, "--model", weights,
                     "--iterations", 5)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    width, height, vectors = read_flow(out)
    assert (width, height) == (64, 48)
    assert all(map(math.isfinite, vectors))

    line = re.fullmatch(r"64x48, mean ([\d.]+) px, max ([\d.]+) px, 5 iterations, \d+ ms on cpu\n",
                        done.stdout)
    assert line, done.stdout
    lengths = [math.hypot(x, y) for x, y in zip(vectors[0::2], vectors[1::2])]
    assert float(line[1]) == pytest.approx(sum(lengths) / len(lengths), abs=1e-2)
    assert float(line[2]) == pytest.approx(max(lengths), abs=1e-2)


def test_large_images_are_scaled_by_default_and_it_says_so(gst_torch, weights, tmp_path):
    image, out = tmp_path / "long.png", tmp_path / "out.flo"
    launch("videotestsrc num-buffers=1 pattern=smpte ! video/x-raw,width=2000,height=16 ! pngenc ! "
           f"filesink location={image}")
    command = ["flow", image, image, "-o", out, "--model", weights, "--iterations", 1]
    for options, is_scaled in (([], True), (["--max-size", 0], False)):
        done = gst_torch(*command, *options)
        assert done.returncode == 0, done.stderr
        assert ("images scaled to 1920 pixels inside the model" in done.stdout) == is_scaled
        assert read_flow(out)[:2] == (2000, 16)


def test_says_that_the_flow_of_black_images_means_nothing(gst_torch, media, weights, tmp_path):
    black = tmp_path / "black.png"
    launch("videotestsrc num-buffers=1 pattern=black ! video/x-raw,width=64,height=48 ! pngenc ! "
           f"filesink location={black}")
    for other in (black, media / "a.png"):
        done = gst_torch("flow", black, other, "-o", tmp_path / "out.flo", "--model", weights)
        assert done.returncode == 0, done.stderr
        assert "the vectors mean nothing" in done.stdout
    done = gst_torch("flow", media / "a.png", media / "b.png", "-o", tmp_path / "out.flo",
                     "--model", weights)
    assert done.stdout.count("\n") == 1


def test_draws_the_flow_as_an_image_of_the_same_size(gst_torch, media, weights, tmp_path):
    done = gst_torch("flow", media / "a.png", media / "b.png", "-o", tmp_path / "out.flo",
                     "--visual", tmp_path / "out.png", "--model", weights)
    assert done.returncode == 0, done.stderr
    assert png_size(tmp_path / "out.png") == (64, 48)


def test_backward_is_forward_with_the_images_exchanged(gst_torch, media, weights, tmp_path):
    arguments = ["--model", weights, "--iterations", 4]
    gst_torch("flow", media / "a.png", media / "b.png", "-o", tmp_path / "backward.flo",
              "--direction", "backward", *arguments)
    gst_torch("flow", media / "b.png", media / "a.png", "-o", tmp_path / "exchanged.flo",
              *arguments)
    backward = read_flow(tmp_path / "backward.flo")
    exchanged = read_flow(tmp_path / "exchanged.flo")
    assert backward[:2] == exchanged[:2]
    assert mean_distance(backward[2], exchanged[2]) < 1e-4


def test_of_an_image_and_itself_hardly_anything_moves(gst_torch, middlebury, weights, tmp_path):
    image = middlebury / "Venus" / "frame10.png"
    done = gst_torch("flow", image, image, "-o", tmp_path / "out.flo", "--model", weights)
    assert done.returncode == 0, done.stderr
    _, _, vectors = read_flow(tmp_path / "out.flo")
    assert sum(map(abs, vectors)) / len(vectors) < 0.1


@pytest.mark.parametrize("name", EXPECTED_ERRORS)
def test_is_as_right_as_the_original_on_middlebury(gst_torch, middlebury, weights, tmp_path, name):
    pair = middlebury / name
    out = tmp_path / "out.flo"
    done = gst_torch("flow", pair / "frame10.png", pair / "frame11.png", "-o", out, "--model",
                     weights, "--iterations", 20)
    assert done.returncode == 0, done.stderr
    width, height, vectors = read_flow(out)
    truth = read_flow(pair / "flow10.flo")
    assert (width, height) == truth[:2]
    assert mean_distance(vectors, truth[2]) == pytest.approx(EXPECTED_ERRORS[name], abs=0.005)


def test_a_smaller_size_inside_the_model_still_gives_pixels_of_the_image(
        gst_torch, middlebury, weights, tmp_path):
    pair = middlebury / "RubberWhale"
    out = tmp_path / "out.flo"
    done = gst_torch("flow", pair / "frame10.png", pair / "frame11.png", "-o", out, "--model",
                     weights, "--max-size", 320)
    assert done.returncode == 0, done.stderr
    width, height, vectors = read_flow(out)
    truth = read_flow(pair / "flow10.flo")
    assert (width, height) == truth[:2]
    assert mean_distance(vectors, truth[2]) < 0.8


def test_an_image_that_is_missing_is_named(fails, media, tmp_path):
    line = fails("flow", media / "nowhere.png", media / "b.png", "-o", tmp_path / "out.flo")
    assert str(media / "nowhere.png") in line
    assert list(tmp_path.iterdir()) == []


def test_a_directory_is_no_image(fails, media, tmp_path):
    assert "it is a directory" in fails("flow", media, media / "b.png", "-o", tmp_path / "out.flo")


def test_a_file_that_is_no_image_is_named(fails, media, tmp_path):
    line = fails("flow", media / "a.png", media / "text.png", "-o", tmp_path / "out.flo")
    assert str(media / "text.png") in line
    assert list(tmp_path.iterdir()) == []


def test_an_image_that_was_cut_off_is_named(fails, media, tmp_path):
    broken = tmp_path / "broken.png"
    broken.write_bytes((media / "a.png").read_bytes()[:60])
    line = fails("flow", media / "a.png", broken, "-o", tmp_path / "out.flo")
    assert str(broken) in line
    assert not (tmp_path / "out.flo").exists()


def test_images_of_different_size_are_an_error_that_names_both_sizes(fails, media, tmp_path):
    line = fails("flow", media / "a.png", media / "wide.png", "-o", tmp_path / "out.flo")
    assert "64x48" in line
    assert "80x48" in line


def test_an_output_that_cannot_be_written_is_found_before_anything_else(fails, media, tmp_path):
    line = fails("flow", media / "nowhere.png", media / "b.png", "-o",
                 tmp_path / "absent" / "out.flo", status=FAILED)
    assert str(tmp_path / "absent" / "out.flo") in line


def test_an_output_that_is_a_directory_is_an_error(fails, media, tmp_path):
    assert "it is a directory" in fails("flow", media / "a.png", media / "b.png", "-o", tmp_path, status=USAGE)


@pytest.mark.parametrize("option", ["-o", "--visual"])
def test_an_input_is_never_overwritten(fails, media, tmp_path, option):
    copy = tmp_path / "copy.png"
    copy.write_bytes((media / "a.png").read_bytes())
    outputs = {"-o": tmp_path / "out.flo", option: tmp_path / "." / "copy.png"}
    words = [word for item in outputs.items() for word in item]
    assert "is an input" in fails("flow", copy, media / "b.png", *words, status=USAGE)
    assert copy.read_bytes() == (media / "a.png").read_bytes()


def test_missing_weights_name_the_command_that_gets_them(fails, media, tmp_path):
    line = fails("flow", media / "a.png", media / "b.png", "-o", tmp_path / "out.flo", status=UNAVAILABLE)
    assert "gst-torch models fetch raft-small" in line


def test_an_unknown_model_lists_the_known_ones(fails, media, tmp_path):
    line = fails("flow", media / "a.png", media / "b.png", "-o", tmp_path / "out.flo", "--model",
                 "raft-tiny", status=USAGE)
    assert "raft-tiny" in line
    assert "raft-small" in line


def test_a_file_that_holds_no_weights_is_named(fails, media, tmp_path):
    line = fails("flow", media / "a.png", media / "b.png", "-o", tmp_path / "out.flo", "--model",
                 media / "text.png")
    assert str(media / "text.png") in line


def test_a_device_that_does_not_exist_is_an_error(fails, media, weights, tmp_path):
    line = fails("flow", media / "a.png", media / "b.png", "-o", tmp_path / "out.flo", "--model",
                 weights, "--device", "cuda:7", status=UNAVAILABLE)
    assert "cuda" in line
    assert not (tmp_path / "out.flo").exists()


def test_a_missing_engine_is_one_line_that_names_it(fails, media, weights, tmp_path):
    line = fails("flow", media / "a.png", media / "b.png", "-o", tmp_path / "out.flo", "--model",
                 weights, env={"GST_TORCH_ENGINE": str(tmp_path / "engine.so")}, status=UNAVAILABLE)
    assert str(tmp_path / "engine.so") in line


def test_another_libtorch_in_the_process_is_one_line_with_both_versions(fails, media, weights,
                                                                         tmp_path):
    source = tmp_path / "other.c"
    source.write_text("unsigned long long aoti_torch_abi_version(void)"
                      "{ return 2ULL << 56 | 7ULL << 48 | 1ULL << 40; }\n")
    other = tmp_path / "libtorch_cpu.so"
    subprocess.run(["g++", "-x", "c", "-shared", "-fPIC", "-Wl,-soname,libtorch_cpu.so", source, "-o",
                    other], check=True)
    line = fails("flow", media / "a.png", media / "b.png", "-o", tmp_path / "out.flo", "--model",
                 weights, env={"LD_PRELOAD": str(other)}, status=UNAVAILABLE)
    assert "2.7.1" in line and "LibTorch" in line
