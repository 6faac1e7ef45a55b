# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""gst-torch bench, with the bundled models and formula weights for flow. No time is asserted, only
that there is one."""
import json
import sys

import pytest

from conftest import BAD_INPUT, SOURCE_ROOT, UNAVAILABLE, USAGE, is_one_line

sys.path.insert(0, str(SOURCE_ROOT / "tests" / "support"))

import formula_weights  # noqa: E402: needs the path added above

SIZE = ("--size", "160x128")


@pytest.fixture(name="raft", scope="module")
def raft_weights(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "small.safetensors"
    formula_weights.write_weights(path, SOURCE_ROOT / "tests/nn/goldens/raft_small.shapes")
    return path


def test_every_stage_and_the_pipeline_have_a_row(gst_torch, raft, tmp_path):
    done = gst_torch("bench", *SIZE, "-n", 4, "--flow-model", raft, "-i", 1,
                     "--json", tmp_path / "bench.json")
    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()] == \
        ["stage", "scenes", "flow", "matches", "all"]
    rows = json.loads((tmp_path / "bench.json").read_text())
    assert [row["model"] for row in rows] == ["resnet18-lite", "small", "loftr-lite", "all three"]
    for row in rows:
        assert row["size"] == "160x128" and row["frames"] == 4 and row["device"] == "cpu"
        assert 0 < row["ms"]["p50"] <= row["ms"]["p95"]
        assert 0 < row["peak_tensor_bytes"] < row["peak_resident_bytes"]


def test_a_batch_processes_whole_batches(gst_torch):
    done = gst_torch("bench", *SIZE, "--stages", "scenes", "-n", 5, "--batch", 4, "--json", "-")
    [row] = json.loads(done.stdout)
    assert (row["batch"], row["frames"]) == (4, 8)
    assert done.stderr.startswith("stage")  # the table gives way to the JSON


def test_streams_and_batches_share_a_pipeline(gst_torch, raft):
    done = gst_torch("bench", *SIZE, "--stages", "all", "-n", 8, "--batch", 2, "--streams", 2,
                     "--flow-model", raft, "-i", 1, "--json", "-")
    assert done.returncode == 0, done.stderr
    [row] = json.loads(done.stdout)
    assert row["frames"] == 8 and row["ms"]["p50"] > 0


def test_a_worker_answers_each_line(gst_torch):
    done = gst_torch("bench", *SIZE, "--stages", "matches", "--worker", input="3\n1\n")
    assert done.returncode == 0, done.stderr
    ready, *answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert ready["ready"] == "matches" and ready["load_ms"] > 0
    assert [len(answer["ms"]) for answer in answers] == [3, 1]


def test_a_worker_refuses_what_is_no_number(gst_torch):
    done = gst_torch("bench", *SIZE, "--stages", "scenes", "--worker", input="many\n")
    assert done.returncode == USAGE
    assert is_one_line(done.stderr) and '"many"' in done.stderr


def test_raw_frames_are_read(gst_torch, tmp_path):
    frames = tmp_path / "frames.raw"
    frames.write_bytes(bytes(range(256)) * (2 * 160 * 128 * 3 // 256))
    done = gst_torch("bench", *SIZE, "--stages", "scenes", "--input", frames, "-n", 3)
    assert done.returncode == 0, done.stderr


def test_a_file_of_another_size_is_bad_input(gst_torch, tmp_path):
    frames = tmp_path / "frames.raw"
    frames.write_bytes(bytes(1000))
    done = gst_torch("bench", *SIZE, "--input", frames)
    assert done.returncode == BAD_INPUT
    assert is_one_line(done.stderr) and str(frames) in done.stderr and "61440" in done.stderr


def test_missing_weights_say_how_to_get_them(gst_torch):
    done = gst_torch("bench", *SIZE, "--stages", "flow")
    assert done.returncode == UNAVAILABLE
    assert is_one_line(done.stderr) and "gst-torch models fetch raft-small" in done.stderr


@pytest.mark.parametrize("arguments", [
    ["--stages", "depth"], ["--size", "64"], ["--size", "64x64"], ["--size", "640x480x"],
    ["-n", "0"], ["--batch", "0"], ["--streams", "0"], ["--threads", "-1"], ["--max-size", "-1"],
    ["--worker"], ["--device", "gpu"], ["video.mp4"]])
def test_bad_options_are_wrong_usage(gst_torch, arguments):
    done = gst_torch("bench", *arguments)
    assert done.returncode == USAGE
    assert is_one_line(done.stderr)
