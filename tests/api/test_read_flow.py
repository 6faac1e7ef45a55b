# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Tests examples/read_flow.c, an application in C that uses only the public headers."""
import math
import os
import re
import subprocess

import pytest

FLOW = re.compile(r"(0:00:00\.\d+) flow: mean length ([\d.]+) px"
                  r"(?:, mean vector \((-?[\d.]+), (-?[\d.]+)\) px)?\n")


def read_flow(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([os.environ["READ_FLOW"], *arguments], capture_output=True, text=True,
                          timeout=120, check=False)


def results(pipeline: str) -> list[str]:
    done = read_flow(pipeline)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines(True)


def test_prints_the_flow_of_each_frame(flow_pipeline) -> None:
    first, *others = results(flow_pipeline() + " ! fakesink")
    assert first == "0:00:00.000000000 flow: no flow (first-frame)\n"
    assert len(others) == 3
    for number, line in enumerate(others, 1):
        pts, length, x, y = FLOW.fullmatch(line).groups()
        assert pts == f"0:00:00.{40 * number:03}000000"
        assert 0 < math.hypot(float(x), float(y)) <= float(length)


def test_prints_vectors_in_pixels_of_the_scaled_frame(flow_pipeline) -> None:
    def vectors(scaling: str) -> list[tuple[float, float]]:
        lines = results(flow_pipeline() + scaling + " ! fakesink")[1:]
        return [tuple(map(float, FLOW.fullmatch(line).groups()[2:])) for line in lines]

    scaled = vectors(" ! videoscale ! video/x-raw,width=256,height=24")
    assert len(scaled) == 3
    for (x, y), (scaled_x, scaled_y) in zip(vectors(""), scaled):
        assert scaled_x == pytest.approx(4 * x, abs=0.003)
        assert scaled_y == pytest.approx(y / 2, abs=0.002)


def test_does_without_the_arrays(flow_pipeline) -> None:
    lines = results(flow_pipeline(properties="attach=summary") + " ! fakesink")[1:]
    assert len(lines) == 3
    for line in lines:
        _, length, x, _ = FLOW.fullmatch(line).groups()
        assert float(length) > 0 and x is None


def test_prints_nothing_where_nothing_is_attached() -> None:
    assert results("videotestsrc num-buffers=2 ! fakesink") == []


def test_fails_with_the_error_of_the_pipeline(tmp_path) -> None:
    done = read_flow(f"videotestsrc num-buffers=2 ! raftflow model={tmp_path}/none ! fakesink")
    assert done.returncode == 1
    assert "none" in done.stderr


@pytest.mark.parametrize("arguments", [[], ["a", "b"], ["no-such-element-1 ! fakesink"],
                                       ["fakesink"]])
def test_says_what_it_does_not_understand(arguments: list[str]) -> None:
    done = read_flow(*arguments)
    assert done.returncode == 2
    assert re.search("usage|no element|pipeline is meant", done.stderr)
