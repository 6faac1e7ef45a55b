# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
import re
import shutil
import subprocess

import pytest

import tree

VERSION = 14  # other versions break lines differently; the output of this one is final


def installed_version() -> int:
    if not shutil.which("clang-format"):
        return 0
    text = subprocess.run(["clang-format", "--version"], capture_output=True, text=True, check=True)
    return int(re.search(r"version (\d+)", text.stdout).group(1))


@pytest.mark.skipif(installed_version() != VERSION, reason=f"no clang-format {VERSION}")
def test_cpp_files_are_formatted() -> None:
    sources = tree.files_ending(*tree.CPP)
    assert sources
    run = subprocess.run(["clang-format", "--dry-run", "--Werror", *sources], cwd=tree.ROOT,
                         text=True, capture_output=True, check=False)
    unformatted = sorted(set(re.findall(r"^([^:\s]+):\d+:\d+: error", run.stderr, re.MULTILINE)))
    assert run.returncode == 0, f"run tools/format-code: {', '.join(unformatted) or run.stderr}"
