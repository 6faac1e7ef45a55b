# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Tests of the benchmarks' own code. What needs PyTorch runs in the benchmarks' environment."""
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("GST_TORCH_BUILD_ROOT", ROOT / "build"))

sys.path[:0] = [str(ROOT / "tests" / "bench"), str(ROOT / "tests" / "support")]


@pytest.fixture(name="torch_python", scope="session")
def python_with_the_stock_models() -> str:
    """The Python of `tests/bench/run`, or the one that runs the tests."""
    for python in (BUILD / "bench" / "venv" / "bin" / "python", sys.executable):
        command = [str(python), "-c", "import cv2, kornia, safetensors, torchvision"]
        if os.access(python, os.X_OK) and subprocess.run(command, check=False,
                                                         capture_output=True).returncode == 0:
            return str(python)
    pytest.skip("no Python with torchvision, kornia and OpenCV: tests/bench/run makes one")
