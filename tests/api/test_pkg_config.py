# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Tests what `meson install` provides: builds a program with pkg-config and runs it."""
import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(os.environ["GST_TORCH_SOURCE_ROOT"])
BUILD = pathlib.Path(os.environ["GST_TORCH_BUILD_ROOT"])


def run(*command: object, **environment: str) -> str:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          env=os.environ | environment, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> pathlib.Path:
    """The root directory into which our library is installed."""
    root = tmp_path_factory.mktemp("root")
    run("meson", "install", "-C", BUILD, "--no-rebuild", "--destdir", root, "--tags",
        "runtime,devel,typelib")
    return root


@pytest.fixture(scope="module")
def flags(installed) -> list[str]:
    """Compiler flags from a .pc file whose prefix is the real location."""
    description = next(installed.rglob("gst-torch-1.0.pc"))
    text = description.read_text()
    prefix = re.search(r"^prefix=(.*)$", text, re.MULTILINE).group(1)
    description.write_text(text.replace(f"prefix={prefix}\n", f"prefix={installed}{prefix}\n"))
    return run("pkg-config", "--cflags", "--libs", "gst-torch-1.0",
               PKG_CONFIG_PATH=str(description.parent)).split()


def test_a_c_program_is_built_with_it_and_runs(flags, installed, tmp_path) -> None:
    program = tmp_path / "read-flow"
    run("cc", "-std=c99", "-Wall", "-Wextra", "-Werror", ROOT / "examples" / "read_flow.c", "-o",
        program, *flags)
    library = next(installed.rglob("libgsttorch-1.0.so.0"))
    said = run("ldd", program, LD_LIBRARY_PATH=str(library.parent))
    assert f"libgsttorch-1.0.so.0 => {library}" in said
    run(program, "videotestsrc num-buffers=1 ! fakesink", LD_LIBRARY_PATH=str(library.parent))


def test_only_public_headers_are_installed(installed) -> None:
    headers = {path.name for path in installed.rglob("gst-torch-1.0/gst/torch/*")}
    assert {"gsttorch.h", "gsttorchflowmeta.h", "gsttorchmemory.h"} <= headers
    assert [name for name in headers if "private" in name or not name.startswith("gst")] == []
    assert list(installed.rglob("*-private.h")) == []


def test_introspection_data_is_installed_where_it_was_built(installed) -> None:
    for name in ("GstTorch-1.0.typelib", "GstTorch-1.0.gir"):
        if not (BUILD / "lib" / "gst" / name).exists():
            pytest.skip("no introspection data was built: g-ir-scanner was not there")
    assert list(installed.rglob("girepository-1.0/GstTorch-1.0.typelib"))
    assert list(installed.rglob("gir-1.0/GstTorch-1.0.gir"))
