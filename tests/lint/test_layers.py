# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Checks which directories include which; docs/architecture.md has the reasons."""
import pytest

import tree

GSTREAMER = ("gst/gst", "gst/base/", "gst/video/", "gst/audio/", "gst/app/", "gst/check/",
             "gst/cuda/", "gst/pbutils/", "gst/torch/", "glib", "gio/", "girepository", "gobject/",
             "gmodule")
TORCH = ("ATen/", "c10/", "torch/", "caffe2/")

CUDA = ("cuda.h", "cuda_", "cudart", "nvml.h", "driver_types.h")
WITH_CUDA = ("lib/cuda/", "tests/cuda/")

# The directories of this project that a file's directory may include, in addition to itself.
PLAIN = {  # neither GStreamer nor torch
    "lib/base/": (),
    "lib/cpu/": (),
    "lib/formats/": ("lib/base/",),
    "lib/results/": ("lib/base/", "lib/formats/", "lib/shots/"),
    "lib/perf/": ("lib/base/", "lib/formats/"),
    "lib/models/": ("lib/base/",),
    "lib/engine/": ("lib/base/", "lib/formats/"),
    "lib/shots/": ("lib/base/", "lib/engine/"),
    "lib/device/": ("lib/base/", "lib/engine/"),
    "lib/vision/": ("lib/base/", "lib/formats/"),
    "lib/matching/": ("lib/base/", "lib/formats/", "lib/engine/"),
    "lib/cuda/": ("lib/base/", "lib/engine/", "lib/device/"),
}
LAYERS = PLAIN | {
    "lib/nn/": ("lib/base/", "lib/cpu/", "lib/engine/", "lib/device/", "lib/cuda/"),
    "lib/gst/util/": ("lib/base/", "lib/engine/"),
    "lib/gst/runtime/": ("lib/base/", "lib/engine/", "lib/models/", "lib/gst/debug.h",
                         "lib/gst/util/"),
    "lib/gst/analyzer/": ("lib/base/", "lib/gst/debug.h", "lib/gst/gsttorchenums.h",
                          "lib/gst/gsttorchshotmeta.h", "lib/gst/util/"),
    "lib/gst/": ("lib/base/", "lib/formats/", "lib/engine/", "lib/device/"),
    "gst/": (*(name for name in PLAIN if name != "lib/cuda/"), "lib/gst/"),
    "tools/": (*PLAIN, "lib/gst/"),
}
# What the base class of the analysers does not reach, not even by what it includes.
BASE_CLASS = "lib/gst/analyzer/"
MODELS = ("lib/engine/", "lib/models/", "lib/nn/", "lib/gst/runtime/", "lib/gst/model_analyzer/")
# Which directory of the command line may use which: any its own and support/, and these.
COMMANDS = {"analyze": ("report",), "scenes": ("report",)}
WITHOUT_GSTREAMER = (*PLAIN, "lib/nn/", *(name.replace("lib/", "tests/") for name in PLAIN),
                     "tests/nn/")
TOOL = "tools/gst-torch/"
KNOWS_ELEMENTS = "tests/"
WITH_TORCH = ("lib/nn/", "lib/cuda/", "tests/nn/", "tests/bench/match_stages.cpp")


def outside_problem(file: str, header: str) -> str | None:
    if header.startswith(TORCH) and not file.startswith(WITH_TORCH):
        return "includes LibTorch"
    if header.startswith(GSTREAMER) and file.startswith(WITHOUT_GSTREAMER):
        return "includes GStreamer or GLib"
    if header.startswith(CUDA) and not file.startswith(WITH_CUDA):
        return "includes the CUDA toolkit"
    if header.startswith("gst/cuda/") and not file.startswith("lib/gst/cuda/"):
        return "includes gstcuda's unstable API"
    return None


def inside_problem(file: str, header: str) -> str | None:
    layer = next((directory for directory in LAYERS if file.startswith(directory)), None)
    if header.startswith("gst/"):
        ours = file.rpartition("/")[0] == header.rpartition("/")[0]
        if not ours and not file.startswith(KNOWS_ELEMENTS):
            return "includes an element that is not its own"
        return None
    if layer and header.startswith("lib/") and not header.startswith((layer, *LAYERS[layer])):
        return f"is below or beside {header.rpartition('/')[0]}"
    return command_problem(file, header)


def command_problem(file: str, header: str) -> str | None:
    """Checks a file of the command line: only main.cpp may include every directory."""
    if not (file.startswith(TOOL) and header.startswith(TOOL)):
        return None
    mine, _, rest = file.removeprefix(TOOL).partition("/")
    theirs = header.removeprefix(TOOL).partition("/")[0]
    if not rest or theirs in (mine, "support", *COMMANDS.get(mine, ())):
        return None
    return f"is beside or below {TOOL}{theirs}"


def problem(file: str, header: str, quoted: bool) -> str | None:
    found = inside_problem(file, header) if quoted else None
    return found or outside_problem(file, header)


def problems(file: str, text: str) -> list[str]:
    found = [(header, problem(file, header, quote == '"'))
             for quote, header in tree.INCLUDE.findall(text)]
    return [f"{file} {what}: {header}" for header, what in found if what]


@pytest.mark.parametrize("file, include", [
    ("lib/base/a.h", "<glib.h>"),
    ("lib/formats/a.h", '"lib/engine/engine.h"'),
    ("lib/engine/a.h", "<gst/gst.h>"),
    ("lib/engine/a.h", '"lib/nn/torch_engine.h"'),
    ("lib/nn/a.cpp", "<gst/video/video.h>"),
    ("lib/nn/a.cpp", '"lib/gst/util/ref.h"'),
    ("lib/vision/a.cpp", "<ATen/ATen.h>"),
    ("lib/gst/a.cpp", "<c10/core/Device.h>"),
    ("gst/raftflow/a.cpp", '"gst/analysiswriter/analysiswriter.h"'),
    ("gst/raftflow/a.cpp", '"lib/nn/raft/raft.h"'),
    ("gst/raftflow/a.cpp", "<gst/cuda/gstcuda.h>"),
    ("lib/gst/a.cpp", "<gst/cuda/gstcuda.h>"),
    ("lib/engine/a.cpp", "<cuda.h>"),
    ("lib/nn/a.cpp", "<cuda_runtime_api.h>"),
    ("lib/cuda/a.cu", "<gst/gst.h>"),
    ("lib/cuda/a.cu", '"lib/nn/ops/image.h"'),
    ("lib/gst/a.cpp", '"gst/raftflow/raftflow.h"'),
    ("lib/gst/util/a.cpp", '"lib/gst/runtime/runtime.h"'),
    ("lib/gst/runtime/a.cpp", '"lib/gst/analyzer/analyzer.h"'),
    ("lib/gst/analyzer/a.cpp", '"lib/gst/runtime/runtime.h"'),
    ("lib/gst/analyzer/a.cpp", '"lib/gst/model_analyzer/model_host.h"'),
    ("lib/gst/analyzer/a.cpp", '"lib/engine/engine.h"'),
    ("tools/gst-torch/support/a.cpp", '"tools/gst-torch/report/page.h"'),
    ("tools/gst-torch/report/a.cpp", '"tools/gst-torch/analyze/analysis_job.h"'),
    ("tools/gst-torch/a.cpp", '"gst/raftflow/raftflow.h"'),
    ("tools/gst-torch/a.cpp", "<torch/torch.h>"),
    ("tests/gst/a.cpp", "<torch/torch.h>"),
])
def test_notices_a_forbidden_include(file: str, include: str) -> None:
    assert problems(file, f"#pragma once\n#  include {include}\n")


@pytest.mark.parametrize("file, include", [
    ("gst/raftflow/a.cpp", '"gst/raftflow/raftflow.h"'),
    ("tools/gst-torch/analyze/a.cpp", '"tools/gst-torch/report/page.h"'),
    ("tools/gst-torch/main.cpp", '"tools/gst-torch/support/commands.h"'),
    ("tests/gst/raftflow/a.cpp", '"gst/raftflow/gstraftflow.h"'),
    ("gst/raftflow/a.cpp", '"lib/engine/engine.h"'),
    ("gst/raftflow/a.cpp", "<gst/base/gstbasetransform.h>"),
    ("lib/nn/raft/a.cpp", "<ATen/core/Tensor.h>"),
    ("lib/nn/raft/a.cpp", '"lib/nn/ops/conv.h"'),
    ("tests/nn/a.cpp", "<ATen/ATen.h>"),
    ("lib/gst/cuda/a.cpp", "<gst/cuda/gstcudacontext.h>"),
    ("lib/cuda/a.cu", "<cuda_runtime_api.h>"),
])
def test_allows_what_the_layers_allow(file: str, include: str) -> None:
    assert problems(file, f"#include {include}\n") == []


def test_no_file_includes_what_its_layer_may_not_know() -> None:
    sources = tree.files_ending(*tree.CPP)
    assert sources
    assert [found for file in sources for found in problems(file, tree.read(file))] == []


def reached_from(sources: list[str]) -> set[str]:
    """These files, and those of this project that they include, directly or not."""
    found, todo = set(), list(sources)
    while todo:
        file = todo.pop()
        if file not in found and (tree.ROOT / file).is_file():
            found.add(file)
            todo += [header for quote, header in tree.INCLUDE.findall(tree.read(file))
                     if quote == '"']
    return found


def test_the_base_class_of_the_analysers_knows_no_model() -> None:
    sources = [file for file in tree.files_ending(*tree.CPP) if file.startswith(BASE_CLASS)]
    reached = reached_from(sources)
    assert "lib/base/result.h" in reached
    assert sorted(file for file in reached if file.startswith(MODELS)) == []
