# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Checks which libraries a plugin scan maps, because gst-inspect and every scan load them."""
import json
import pathlib
import re
import subprocess

import pytest

import tree

ENGINE = "libgsttorch-engine.so"
CUDA = "libgsttorch-cuda.so"
GRAPH = "libgsttorch-graph.so"
GSTCUDA = "libgsttorch-gstcuda.so"
HEAVY = re.compile(r"lib(torch|c10|opencv_(?!core|imgproc)|cuda|cudart|gstcuda"
                   r"|gsttorch-(engine|cuda|graph|gstcuda))[\w.-]*\.so")


def libraries_mapped_by(command: list[str], directory: pathlib.Path) -> set[str]:
    """File names of all libraries that the dynamic linker initialises while the command runs."""
    run = subprocess.run(command, check=False, capture_output=True, text=True,
                         env=tree.gst_environment(directory / "registry.bin")
                         | {"LD_DEBUG": "files", "LD_DEBUG_OUTPUT": str(directory / "ld")})
    assert run.returncode == 0, run.stdout + run.stderr
    said = "".join(log.read_text() for log in directory.glob("ld.*"))
    return {pathlib.Path(file).name for file in re.findall(r"calling init: (\S+)", said)}


def needed_by(library: pathlib.Path) -> set[str]:
    said = subprocess.run(["readelf", "-d", library], check=True, capture_output=True, text=True)
    return set(re.findall(r"\(NEEDED\).*\[(\S+)\]", said.stdout))


def is_linked(file: pathlib.Path) -> bool:
    if not file.is_file() or file.is_symlink() or file.suffix == ".o":
        return False
    with file.open("rb") as opened:
        return opened.read(4) == b"\x7fELF"


def linked_files() -> list[pathlib.Path]:
    """Libraries, plugins and programs, except those of the tests."""
    return sorted(file for directory in ("lib", "gst", "tools")
                  for file in (tree.BUILD / directory).rglob("*") if is_linked(file))


@pytest.mark.parametrize("plugin", tree.plugin_files(), ids=lambda plugin: plugin.stem)
def test_inspecting_maps_neither_libtorch_nor_large_opencv(plugin, tmp_path) -> None:
    elements = tree.elements_of(plugin, tmp_path / "registry.bin")
    assert elements
    for element in elements:
        mapped = libraries_mapped_by(["gst-inspect-1.0", element], tmp_path)
        assert plugin.name in mapped
        assert sorted(filter(HEAVY.match, mapped)) == []


def linked_to(*names: str) -> list[str]:
    return [file.name for file in linked_files()
            if any(name.startswith(names) for name in needed_by(file))]


def built(*names: str) -> list[str]:
    found = {file.name for file in linked_files()}
    return [name for name in names if name in found]


def test_only_the_engine_is_linked_to_libtorch() -> None:
    assert linked_to("libtorch_cpu", "libc10.") == built(GRAPH, ENGINE)


def test_only_cuda_graphs_are_linked_to_libtorchs_cuda_half() -> None:
    assert linked_to("libtorch_cuda", "libc10_cuda") == built(GRAPH)


def test_of_libtorchs_cuda_half_graphs_alone_are_wanted() -> None:
    files = [file for file in linked_files() if file.name == GRAPH]
    if not files:
        pytest.skip(f"{GRAPH} is not built: no CUDA toolkit")
    said = subprocess.run(["ldd", "-r", *files], check=False, capture_output=True, text=True)
    wanted = re.findall(r"undefined symbol: (\w+)", said.stdout + said.stderr)
    assert [name for name in wanted if "at4cuda9CUDAGraph" not in name] == []


def test_only_our_cuda_code_is_linked_to_cuda() -> None:
    assert linked_to("libcudart", "libcuda.", "libnvidia", "libnvrtc") == built(CUDA)


def test_only_the_sharing_of_contexts_is_linked_to_gstcuda() -> None:
    assert linked_to("libgstcuda") == built(GSTCUDA)


@pytest.mark.parametrize("library", [CUDA, GSTCUDA])
def test_cuda_code_leaves_nothing_to_be_found_on_a_machine_with_a_gpu(library: str) -> None:
    files = [file for file in linked_files() if file.name == library]
    if not files:
        pytest.skip(f"{library} is not built: no CUDA toolkit")
    said = subprocess.run(["ldd", "-r", *files], check=True, capture_output=True, text=True)
    assert [line for line in (said.stdout + said.stderr).splitlines()
            if "not found" in line or "undefined symbol" in line] == []


@pytest.mark.skipif(not (tree.BUILD / "deps" / "cuda" / "complete").exists(),
                    reason="tools/setup fetched no CUDA toolkit")
def test_cuda_code_is_built_where_the_toolkit_was_fetched() -> None:
    options = json.loads((tree.BUILD / "meson-info" / "intro-buildoptions.json").read_text())
    if next(option["value"] for option in options if option["name"] == "cuda") == "disabled":
        pytest.skip("the option cuda is disabled")
    assert built(CUDA, GRAPH, GSTCUDA) == [CUDA, GRAPH, GSTCUDA]
