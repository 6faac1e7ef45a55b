# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
import os
import shutil
import subprocess

import pytest

import tree


def shell_scripts() -> list[str]:
    return [name for name in tree.files()
            if name.endswith(".sh") or (tree.is_script(name) and "bash" in tree.read(name)[:40])]


def test_scripts_are_executable() -> None:
    scripts = [name for name in tree.files() if tree.is_script(name)]
    assert "tools/setup" in scripts
    assert [name for name in scripts if not os.access(tree.ROOT / name, os.X_OK)] == []


@pytest.mark.parametrize("script", shell_scripts())
def test_shell_script_can_be_parsed(script: str) -> None:
    run = subprocess.run(["bash", "-n", script], cwd=tree.ROOT, text=True, capture_output=True,
                         check=False)
    assert run.returncode == 0, run.stderr


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="shellcheck is not installed")
def test_shellcheck_finds_nothing() -> None:
    run = subprocess.run(["shellcheck", "-x", *shell_scripts()], cwd=tree.ROOT, text=True,
                         capture_output=True, check=False)
    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize("script", ["tools/setup", "tools/demo", "tools/test",
                                    "tools/sanitize"])
def test_help_is_printed_and_nothing_done(script: str) -> None:
    run = subprocess.run([tree.ROOT / script, "--help"], text=True, capture_output=True,
                         check=False)
    assert run.returncode == 0
    assert run.stdout.startswith(f"usage: {script}")
    assert run.stderr == ""


def test_every_package_is_listed_once_and_says_why() -> None:
    lines = [line for line in tree.read("tools/packages.txt").splitlines()
             if line and not line.startswith("#")]
    names = [line.split()[0] for line in lines]
    assert sorted(set(names)) == sorted(names)
    assert [line for line in lines if len(line.partition("#")[2].strip()) < 4] == []
