# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Shared by the tests of the scripts: a copy of tools/ with fake programs."""
import json
import os
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).parents[2]
ALL_INSTALLED = 'for name; do echo "installed $name"; done'


class Checkout:
    def __init__(self, directory: pathlib.Path) -> None:
        self.root = directory / "checkout"
        self.programs = directory / "programs"
        self.programs.mkdir()
        shutil.copytree(ROOT / "tools", self.root / "tools")
        self.environment = {
            "PATH": f"{self.programs}:{os.environ['PATH']}", "HOME": str(directory), "GST_TORCH_SETUP_CUDA": "0",
            "PIP_RETRIES": "0", "PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1",
        }
        self.pretend("dpkg-query", ALL_INSTALLED)

    def pretend(self, program: str, script: str) -> None:
        file = self.programs / program
        file.write_text(f"#!/bin/bash\n{script}\n")
        file.chmod(0o755)

    def hide(self, program: str) -> None:
        """Removes one of the system's programs from the PATH."""
        system = self.root.parent / "system"
        system.mkdir()
        for file in pathlib.Path("/usr/bin").iterdir():
            if file.name != program:
                (system / file.name).symlink_to(file)
        self.environment["PATH"] = f"{self.programs}:{system}"

    def setup(self, *arguments: str, **environment: str) -> tuple[int, str]:
        run = subprocess.run([self.root / "tools" / "setup", *arguments], text=True, check=False,
                             capture_output=True, env=self.environment | environment)
        return run.returncode, run.stderr

    def has_been_built(self) -> str:
        """Pretends a finished build, and returns its LibTorch for GST_TORCH_LIBTORCH."""
        libtorch = self.root / "libtorch"
        (libtorch / "include" / "ATen").mkdir(parents=True)
        (self.root / "build" / "meson-info").mkdir(parents=True)
        (self.root / "build" / "build.ninja").touch()
        options = {"libtorch": str(libtorch), "cuda": "disabled", "toolkit": ""}
        (self.root / "build" / "meson-info" / "intro-buildoptions.json").write_text(
            json.dumps([{"name": name, "value": value} for name, value in options.items()]))
        video = self.root / "build" / "deps" / "videos" / "bikes.mp4"
        video.parent.mkdir(parents=True)
        video.touch()
        return str(libtorch)

    def failure(self, **environment: str) -> str:
        """Returns the one-line error."""
        status, said = self.setup(**environment)
        assert status == 1
        assert said.startswith("setup: ")
        assert said.count("\n") == 1
        assert not (self.root / "build" / "deps" / "libtorch").exists()
        return said


@pytest.fixture(name="checkout")
def fresh_checkout(tmp_path: pathlib.Path) -> Checkout:
    return Checkout(tmp_path)
