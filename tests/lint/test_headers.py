# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Checks the first lines of files, and that headers compile alone."""
import json
import pathlib
import re
import subprocess

import pytest

import tree

LICENCE = re.compile(r"SPDX-License-Identifier: LGPL-2\.1-or-later\n"
                     r"\W*SPDX-FileCopyrightText: The gst-plugins-torch authors\n")
FIRST_LINES = 4  # the interpreter line of a script comes first


def sources() -> list[str]:
    return [name for name in tree.files()
            if name.endswith((*tree.CPP, ".py", ".sh")) or tree.is_script(name)]


def test_every_source_file_states_its_licence() -> None:
    def states_it(name: str) -> bool:
        return bool(LICENCE.search("".join(tree.read(name).splitlines(True)[:FIRST_LINES])))

    assert sources()
    assert [name for name in sources() if not states_it(name)] == []


def test_every_header_is_included_once() -> None:
    headers = [name for name in tree.files_ending(".h") if "/pch/" not in name]
    assert headers
    assert [name for name in headers if "#pragma once\n" not in tree.read(name)] == []


def public_headers() -> list[str]:
    text = tree.read("lib/gst/meson.build")
    installed = re.search(r"gsttorch_headers = files\(([^)]*)\)", text).group(1)
    return re.findall(r"'(\w+\.h)'", installed)


@pytest.mark.parametrize("header", public_headers())
@pytest.mark.parametrize("language", ["-xc -std=c99", "-xc -std=gnu11", "-xc++ -std=c++17"])
def test_public_header_compiles_alone(header: str, language: str, tmp_path: pathlib.Path) -> None:
    (tmp_path / "gst").mkdir()
    (tmp_path / "gst" / "torch").symlink_to(tree.ROOT / "lib" / "gst")
    flags = subprocess.run(["pkg-config", "--cflags", "gstreamer-1.0", "gstreamer-video-1.0"],
                           capture_output=True, text=True, check=True).stdout
    foreign = flags.replace("-I", "-isystem ").split()  # GStreamer's own headers are not pedantic
    run = subprocess.run(["g++", *language.split(), "-Wall", "-Wextra", "-Wpedantic", "-Werror",
                          "-fsyntax-only", "-I", str(tmp_path), *foreign, "-"], text=True,
                         capture_output=True, input=f"#include <gst/torch/{header}>\n",
                         check=False)
    assert run.returncode == 0, run.stderr


# Standard headers that GCC 12, the oldest supported compiler, lacks. Newer compilers include these
# by name.
NEWER_HEADERS = {"expected", "flat_map", "flat_set", "format", "generator", "inplace_vector",
                 "mdspan", "print", "spanstream", "stacktrace", "stdfloat"}


def standard_headers() -> set[str]:
    run = subprocess.run(["g++", "-x", "c++", "-E", "-v", "-"], input="", text=True,
                         capture_output=True, check=True)
    listed = run.stderr.partition("#include <...> search starts here:")[2].partition("End of")[0]
    directories = [pathlib.Path(line.strip()) for line in listed.splitlines() if line.strip()]
    assert directories
    return NEWER_HEADERS | {entry.name for directory in directories for entry in directory.glob("*")}


def include_directories() -> set[pathlib.Path]:
    """Directories of this project that the build passes with -I."""
    commands = json.loads((tree.BUILD / "compile_commands.json").read_text(encoding="utf-8"))
    named = {(pathlib.Path(entry["directory"]) / directory).resolve() for entry in commands
             for directory in re.findall(r"-I(\S+)", entry["command"])}
    return {directory for directory in named
            if directory.is_relative_to(tree.ROOT) and not directory.is_relative_to(tree.BUILD)}


def test_no_file_shadows_a_standard_header() -> None:
    """GCC 13 once included a script tools/format as <format>, because of -I../tools."""
    standard = standard_headers()
    directories = include_directories()
    assert directories and "vector" in standard
    files = {entry for directory in directories for entry in directory.glob("*") if entry.is_file()}
    assert sorted(str(file) for file in files if file.name in standard) == []
