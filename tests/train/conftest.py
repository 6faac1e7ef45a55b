# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Tests of models/train. They run where its requirements.txt is installed and skip elsewhere.

python3 -m pytest tests/train, from the root of the repository: there the package models is found.
"""

import pytest

SKIPPED = 77  # what Meson reads as "skipped"


def pytest_sessionfinish(session, exitstatus):
    """pytest reports a failure if a file skips itself and has no tests; this reports a skip."""
    if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
        session.exitstatus = SKIPPED
