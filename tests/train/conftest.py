# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Training tests run where models/train/requirements.txt is installed and skip elsewhere."""

import pathlib
import sys

import pytest

for package in ("numpy", "cv2", "torch", "safetensors"):
    pytest.importorskip(package, reason=f"models/train needs {package}", exc_type=ImportError)

MODELS = pathlib.Path(__file__).parents[2] / "models"
sys.path[:0] = [str(MODELS), str(MODELS / "train")]
