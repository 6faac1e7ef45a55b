# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Who may include whom: docs/architecture.md says why."""
import pytest

import tree

GSTREAMER = ("gst/gst", "gst/base/", "gst/video/", "gst/audio/", "gst/app/", "gst/check/",
             "gst/cuda/", "gst/pbutils/", "gst/torch/", "glib", "gio/", "girepository", "gobject/",
             "gmodule")
TORCH = ("ATen/", "c10/", "torch/", "caffe2/")

CUDA = ("cuda.h", "cuda_", "cudart", "nvml.h", "driver_types.h")
WITH_CUDA = ("lib/cuda/", "tests/cuda/")

# May include: folders of this project, by the folder of the file. Its own is always allowed.
LAYERS = {
    "lib/core/": (),
    "lib/engine/": ("lib/core/",),
    "lib/nn/": ("lib/core/", "lib/engine/", "lib/cuda/"),
    "lib/vision/": ("lib/core/", "lib/engine/"),
    "lib/cuda/": ("lib/core/", "lib/engine/"),
    "lib/gst/": ("lib/core/", "lib/engine/"),
    "gst/": ("lib/core/", "lib/engine/", "lib/gst/"),
    "tools/": ("lib/core/", "lib/engine/", "lib/gst/"),
}
WITHOUT_GSTREAMER = ("lib/core/", "lib/engine/", "lib/nn/", "lib/vision/", "lib/cuda/",
                     "tests/core/", "tests/nn/")
KNOWS_ELEMENTS = ("gst/plugin/", "tests/")
WITH_TORCH = ("lib/nn/", "lib/cuda/", "tests/nn/")


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
    layer = next((folder for folder in LAYERS if file.startswith(folder)), None)
    if header.startswith("gst/"):
        ours = file.rpartition("/")[0] == header.rpartition("/")[0]
        if not ours and not file.startswith(KNOWS_ELEMENTS):
            return "includes an element that is not its own"
        return None
    if layer and header.startswith("lib/") and not header.startswith((layer, *LAYERS[layer])):
        return f"is below or beside {header.rpartition('/')[0]}"
    return None


def problem(file: str, header: str, quoted: bool) -> str | None:
    found = inside_problem(file, header) if quoted else None
    return found or outside_problem(file, header)


def problems(file: str, text: str) -> list[str]:
    found = [(header, problem(file, header, quote == '"'))
             for quote, header in tree.INCLUDE.findall(text)]
    return [f"{file} {what}: {header}" for header, what in found if what]


@pytest.mark.parametrize("file, include", [
    ("lib/core/a.h", "<glib.h>"),
    ("lib/core/a.h", '"lib/engine/engine.h"'),
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
    ("tools/gst-torch/a.cpp", '"gst/raftflow/raftflow.h"'),
    ("tools/gst-torch/a.cpp", "<torch/torch.h>"),
    ("tests/gst/a.cpp", "<torch/torch.h>"),
])
def test_notices_a_forbidden_include(file: str, include: str) -> None:
    assert problems(file, f"#pragma once\n#  include {include}\n")


@pytest.mark.parametrize("file, include", [
    ("gst/raftflow/a.cpp", '"gst/raftflow/raftflow.h"'),
    ("gst/plugin/gsttorch.cpp", '"gst/raftflow/gstraftflow.h"'),
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
