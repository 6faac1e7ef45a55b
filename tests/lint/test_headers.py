# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""The first lines of files, and headers that have to stand alone."""
import pathlib
import re
import subprocess

import pytest

import tree

LICENCE = re.compile(r"SPDX-License-Identifier: LGPL-2\.1-or-later\n"
                     r"\W*SPDX-FileCopyrightText: The gst-plugins-torch authors\n")
FIRST_LINES = 4  # a script has its interpreter before


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
