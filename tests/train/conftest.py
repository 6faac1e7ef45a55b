# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Tests of models/train. They run where its requirements.txt is installed and skip elsewhere."""

import pathlib
import sys

import pytest

MODELS = pathlib.Path(__file__).parents[2] / "models"
sys.path[:0] = [str(MODELS), str(MODELS / "train")]

SKIPPED = 77  # Meson's exit status for "skipped"


def pytest_sessionfinish(session, exitstatus):
    """pytest reports a failure if a file skips itself and has no tests; this reports a skip."""
    if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
        session.exitstatus = SKIPPED
