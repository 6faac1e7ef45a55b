# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Finds leaks after ten cycles of a pipeline: GStreamer's leak tracer reports objects, buffers and
memories, and the runtime reports tensors."""
import os
import re
import subprocess

import pytest

# Must not match the line that describes the format.
OBJECT = re.compile(r"object-alive, type-name=\(string\)(\w+)")


class Cycles:
    """One run of the program `cycles`."""

    def __init__(self, *arguments: str) -> None:
        # The tracer does not change the exit code; it only writes a log.
        tracing = {"GST_TRACERS": "leaks", "GST_DEBUG": "GST_TRACER:7", "GST_DEBUG_NO_COLOR": "1"}
        done = subprocess.run([os.environ["CYCLES"], *arguments], env={**os.environ, **tracing},
                              capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        self.counts = dict(line.rsplit(" ", 1) for line in done.stdout.splitlines())
        self.alive = OBJECT.findall(done.stderr)


@pytest.fixture(name="cycles", scope="module")
def one_run() -> Cycles:
    return Cycles()


def test_no_object_is_left(cycles: Cycles) -> None:
    assert cycles.alive == []


def test_a_leak_would_be_seen() -> None:
    assert sorted(Cycles("leak").alive) == ["GstBuffer", "GstMemory"]


def test_the_model_is_loaded_once_for_all_cycles(cycles: Cycles) -> None:
    assert cycles.counts["loads"] == "1"


def test_no_tensor_is_left_when_the_grace_time_is_ended(cycles: Cycles) -> None:
    assert int(cycles.counts["tensors within the grace time"]) > 0
    assert cycles.counts["tensors"] == "0"
