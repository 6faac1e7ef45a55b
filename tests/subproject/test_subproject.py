# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""gst-plugins-torch as a subproject of another Meson project.

To build the library once more takes more than a minute of CPU time. So the parent's program is
compiled as Meson says, and linked to the library that is built already.
"""
import json
import os
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(os.environ["GST_TORCH_SOURCE_ROOT"])
BUILD = pathlib.Path(os.environ["GST_TORCH_BUILD_ROOT"])
PARENT = pathlib.Path(__file__).with_name("parent")
NAME = "gst-plugins-torch"


def run(*command: object, cwd: pathlib.Path, **environment: str) -> str:
    done = subprocess.run([str(word) for word in command], cwd=cwd, capture_output=True, text=True,
                          env=os.environ | environment, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def libtorch() -> str:
    """The LibTorch of the build that is tested."""
    options = json.loads((BUILD / "meson-info" / "intro-buildoptions.json").read_text())
    chosen = next(option["value"] for option in options if option["name"] == "libtorch")
    return chosen or str(BUILD / "deps" / "libtorch" / "torch")


@pytest.fixture(name="build", scope="module")
def configured(tmp_path_factory) -> pathlib.Path:
    """The build directory of the parent project."""
    if not shutil.which("meson") or not shutil.which("ninja"):
        pytest.skip("meson or ninja is not in PATH")
    source = tmp_path_factory.mktemp("parent")
    shutil.copytree(PARENT, source, dirs_exist_ok=True)
    (source / "subprojects").mkdir()
    (source / "subprojects" / NAME).symlink_to(ROOT)
    run("meson", "setup", "--wrap-mode=nodownload", f"-D{NAME}:libtorch={libtorch()}",
        f"-D{NAME}:cuda=disabled", "build", cwd=source)
    return source / "build"


def targets(build: pathlib.Path) -> dict[str, str]:
    """Name of the target -> the name of its file."""
    listed = json.loads((build / "meson-info" / "intro-targets.json").read_text())
    return {target["name"]: pathlib.Path(target["filename"][0]).name for target in listed}


def test_the_dependency_is_the_subprojects_library(build) -> None:
    inputs = run("ninja", "-t", "inputs", "parent-program", cwd=build).splitlines()
    library = f"subprojects/{NAME}/lib/gst/{targets(build)['gsttorch-1.0']}"
    assert [name for name in inputs if name.startswith(library)], inputs


def test_a_parent_gets_the_library_and_the_plugins_but_no_tools_and_no_tests(build) -> None:
    names = targets(build)
    assert {"gsttorch-1.0", "gsttorch-engine", "gsttorch", "gstperfmeter"} <= names.keys()
    assert not {"gst-torch", "gsttorch-drawing", "read-flow", "formats-tests"} & names.keys()


def test_the_parents_development_environment_keeps_its_registry(build) -> None:
    said = run("meson", "devenv", "--dump", cwd=build)
    assert f"{build}/subprojects/{NAME}/gst" in said
    assert "GST_REGISTRY" not in said


def test_the_parents_program_compiles_links_and_runs(build) -> None:
    compiled = "parent-program.p/parent_program.c.o"
    run("ninja", compiled, cwd=build)
    flags = run("pkg-config", "--libs", "gstreamer-1.0", cwd=build).split()
    library = BUILD / "lib" / "gst"
    run("cc", compiled, f"-L{library}", "-lgsttorch-1.0", *flags, "-o", "linked", cwd=build)
    said = run(build / "linked", cwd=build, LD_LIBRARY_PATH=str(library),
               GST_REGISTRY=str(build / "registry.bin"), GST_PLUGIN_SYSTEM_PATH="",
               GST_PLUGIN_PATH="")
    assert said == "flow: no\n"
