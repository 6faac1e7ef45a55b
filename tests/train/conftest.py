# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Tests of models/train. They run where its requirements.txt is installed and skip elsewhere."""

import pathlib
import sys

MODELS = pathlib.Path(__file__).parents[2] / "models"
sys.path[:0] = [str(MODELS), str(MODELS / "train")]
