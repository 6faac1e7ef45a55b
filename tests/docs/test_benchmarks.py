# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Compiles the benchmarks, which the default build leaves out, without generating code."""
import concurrent.futures
import json
import shlex
import subprocess

import pytest

import checks


def commands() -> list[dict]:
    """From the compilation database, but for one: LibTorch's headers would take half a minute."""
    database = json.loads((checks.BUILD / "compile_commands.json").read_text())
    return [command for command in database
            if command["output"].startswith("tests/bench/")
            and "torch_pch" not in command["command"]]


def checked(command: dict) -> str:
    """What the compiler reports."""
    words = [word for word in shlex.split(command["command"]) if word not in ("-MD", "-c")]
    for option in ("-o", "-MF", "-MQ"):
        position = words.index(option)
        del words[position:position + 2]
    done = subprocess.run([*words, "-fsyntax-only", "-fdiagnostics-color=never"],
                          cwd=command["directory"], capture_output=True, text=True, check=False)
    return done.stderr if done.returncode else ""


def test_every_benchmark_compiles() -> None:
    todo = commands()
    if not todo:
        pytest.skip("the build has no compilation database")
    with concurrent.futures.ThreadPoolExecutor(2) as threads:
        assert [said for said in threads.map(checked, todo) if said] == []
