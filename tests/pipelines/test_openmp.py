# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Tests how long OpenMP's threads spin, as libgomp itself reports."""
import ctypes.util
import os
import re
import subprocess

import pytest

PIPELINE = ("videotestsrc num-buffers=2 ! video/x-raw,width=64,height=48 ! "
            "scenedetect model=resnet18-lite device=cpu ! fakesink")
WARNING = "another library loaded libgomp"


def play(**variables: str) -> str:
    inherited = {name: value for name, value in os.environ.items()
                 if name not in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")}
    environment = {**inherited, "OMP_DISPLAY_ENV": "VERBOSE", "GST_DEBUG": "torchanalyzer:2",
                   **variables}
    played = subprocess.run(["gst-launch-1.0", "-q", *PIPELINE.split()], env=environment,
                            check=True, capture_output=True, text=True, timeout=120)
    return played.stderr


def turns(said: str) -> str:
    return re.search(r"GOMP_SPINCOUNT = '(\d+)'", said).group(1)


def test_spins_shortly_by_itself() -> None:
    said = play()
    assert turns(said) == "1000"
    assert WARNING not in said


@pytest.mark.parametrize("variables, expected", [({"GOMP_SPINCOUNT": "77"}, "77"),
                                                 ({"OMP_WAIT_POLICY": "passive"}, "0")])
def test_does_what_the_user_asks(variables: dict[str, str], expected: str) -> None:
    assert turns(play(**variables)) == expected


def test_warns_where_libgomp_was_there_before() -> None:
    if not ctypes.util.find_library("gomp"):
        pytest.skip("the system has no libgomp.so.1")
    assert WARNING in play(LD_PRELOAD="libgomp.so.1")
    assert WARNING not in play(LD_PRELOAD="libgomp.so.1", GOMP_SPINCOUNT="1000")
