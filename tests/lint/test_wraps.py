# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""The wraps in subprojects/: each download has a hash, and stands in for a missing package only."""
import configparser
import pathlib
import re
import shutil
import subprocess

import pytest

import tree

SHA256 = re.compile(r"[0-9a-f]{64}")

# Instead of what a wrap would download: what it provides has a version of its own.
STAND_IN = "project('stand-in', 'cpp')\n"
STAND_IN_VARIABLE = "{variable} = declare_dependency(version : '99')\n"


def wraps() -> list[str]:
    return [name for name in tree.files() if re.fullmatch(r"subprojects/\w+\.wrap", name)]


def read(wrap: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(tree.read(wrap))
    return parser


def provided() -> list[tuple[str, str]]:
    """(wrap, dependency) for the dependencies that the build files ask for."""
    asked = {name for file in tree.files_ending("meson.build")
             for name in re.findall(r"dependency\('([\w.-]+)'", tree.read(file))}
    return [(wrap, name) for wrap in wraps() for name in read(wrap)["provide"] if name in asked]


@pytest.mark.parametrize("wrap", wraps())
def test_every_download_has_a_hash(wrap: str) -> None:
    entries = read(wrap)["wrap-file"]
    for kind in ("source", "patch"):
        if f"{kind}_url" in entries:
            assert entries[f"{kind}_url"].startswith("https://")
            assert SHA256.fullmatch(entries[f"{kind}_hash"])


def test_what_packages_may_lack_has_a_wrap() -> None:
    assert {name for _, name in provided()} >= {"nlohmann_json", "gtest_main", "gmock"}


def write_project(directory: pathlib.Path) -> None:
    """A project that asks for all that the wraps provide, with a stand-in for each download."""
    (directory / "subprojects").mkdir()
    lines = ["project('wraps', 'cpp', meson_version : '>= 1.0')"]
    for wrap, name in provided():
        entries = read(wrap)
        stand_in = directory / "subprojects" / entries["wrap-file"]["directory"]
        if not stand_in.exists():
            stand_in.mkdir()
            (stand_in / "meson.build").write_text(STAND_IN)
            shutil.copy(tree.ROOT / wrap, directory / "subprojects")
        with (stand_in / "meson.build").open("a") as file:
            file.write(STAND_IN_VARIABLE.format(variable=entries["provide"][name]))
        lines.append(f"message('{name}', dependency('{name}').version())")
    (directory / "meson.build").write_text("\n".join(lines) + "\n")


@pytest.mark.skipif(not shutil.which("meson"), reason="meson is not in PATH")
@pytest.mark.parametrize("forced", [False, True])
def test_a_wrap_is_used_only_instead_of_a_package(forced: bool, tmp_path: pathlib.Path) -> None:
    write_project(tmp_path)
    names = [name for _, name in provided()]
    option = [f"--force-fallback-for={','.join(names)}"] if forced else []
    run = subprocess.run(["meson", "setup", "--wrap-mode=nodownload", *option, "build"],
                         cwd=tmp_path, text=True, capture_output=True, check=False)
    assert run.returncode == 0, run.stdout
    for name in names:
        packaged = not subprocess.run(["pkg-config", "--exists", name], check=False).returncode
        from_wrap = f"Message: {name} 99" in run.stdout
        assert from_wrap == (forced or not packaged), run.stdout
