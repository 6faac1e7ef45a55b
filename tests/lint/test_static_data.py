# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Requires that exit() destroys nothing of the plugins and the library, because streaming threads
are still running. Libraries that bring others with them use lib/base/static_data.h."""
import pathlib
import subprocess

import pytest

import tree

# lib/nn is such a library: LibTorch's headers have static data.
DIRECTORIES = ("gst", "lib")
WITHOUT = "lib/nn"


def objects() -> list[pathlib.Path]:
    found = [path for directory in DIRECTORIES for path in (tree.BUILD / directory).rglob("*.cpp.o")
             if not path.is_relative_to(tree.BUILD / WITHOUT)]
    assert found, f"no objects in {tree.BUILD}: build first"
    return found


def undefined(library: pathlib.Path) -> set[str]:
    said = subprocess.run(["nm", "--undefined-only", "--format=posix", library], check=True,
                          capture_output=True, text=True)
    return {line.split()[0] for line in said.stdout.splitlines()}


@pytest.mark.parametrize("path", objects(),
                         ids=lambda path: str(path.relative_to(tree.BUILD)).removesuffix(".o"))
def test_registers_no_destructors_of_static_data(path: pathlib.Path) -> None:
    assert "__cxa_atexit" not in undefined(path), "make it a reference to what `new` gives"


@pytest.mark.parametrize("library", ["lib/nn/libgsttorch-engine", "lib/vision/libgsttorch-vision"])
def test_what_is_opened_late_has_its_first_library(library: pathlib.Path) -> None:
    file = tree.BUILD / f"{library}.so"
    if not file.exists():
        pytest.skip(f"{file.name} is not built")
    dynamic = subprocess.run(["readelf", "--dynamic", "--wide", file], check=True,
                             capture_output=True, text=True).stdout
    assert f"[{file.stem}-first.so]" in dynamic
    first = subprocess.run(["readelf", "--dynamic", "--wide",
                            file.with_name(f"{file.stem}-first.so")], check=True,
                           capture_output=True, text=True).stdout
    assert "INITFIRST" in first
