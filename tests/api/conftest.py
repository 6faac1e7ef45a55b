# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Shared by the tests of the C library: paths, and a model with untrained weights."""
import os
import pathlib
import sys

import pytest

SOURCE_ROOT = pathlib.Path(os.environ.get("GST_TORCH_SOURCE_ROOT",
                                          pathlib.Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(SOURCE_ROOT / "tests" / "support"))

import formula_weights  # noqa: E402: needs the path added above


@pytest.fixture(scope="session")
def weights(tmp_path_factory) -> pathlib.Path:
    """Untrained weights of RAFT-small."""
    path = tmp_path_factory.mktemp("weights") / "raft-small.safetensors"
    formula_weights.write_weights(path, SOURCE_ROOT / "tests" / "nn" / "goldens"
                                  / "raft_small.shapes")
    return path


@pytest.fixture(scope="session")
def match_pipeline():
    """The description of a pipeline that matches frames with the bundled model, up to its sink."""
    model = SOURCE_ROOT / "models" / "bundled" / "loftr-lite.safetensors"

    def describe(frames: int) -> str:
        return (f"videotestsrc num-buffers={frames} pattern=smpte horizontal-speed=2 ! "
                "video/x-raw,format=RGB,width=160,height=128,framerate=25/1 ! "
                f"loftrmatch name=match model={model} device=cpu threshold=0.01")

    return describe


@pytest.fixture(scope="session")
def flow_pipeline(weights):
    """The description of a pipeline that computes flow, up to its sink."""
    def describe(frames: int = 4, properties: str = "") -> str:
        return (f"videotestsrc num-buffers={frames} pattern=smpte horizontal-speed=2 ! "
                "video/x-raw,format=RGB,width=64,height=48,framerate=25/1 ! "
                f"raftflow name=flow model={weights} device=cpu iterations=2 {properties}")

    return describe
