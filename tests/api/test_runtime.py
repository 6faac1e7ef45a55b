# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Tests from Python the runtime that model elements share."""
import gc
import os
import pathlib

import pytest

gi = pytest.importorskip("gi", reason="PyGObject is not installed")
if not pathlib.Path(os.environ["GST_TORCH_BUILD_ROOT"], "lib/gst/GstTorch-1.0.typelib").exists():
    pytest.skip("no introspection data was built", allow_module_level=True)

gi.require_version("Gst", "1.0")
gi.require_version("GstTorch", "1.0")
from gi.repository import Gst, GstTorch  # noqa: E402: after require_version

Gst.init(None)


@pytest.fixture(name="runtime")
def shared_runtime():
    """A runtime with nothing loaded; its limits are reset after the test."""
    runtime = GstTorch.TorchRuntime.get()
    runtime.trim()
    yield runtime
    runtime.props.memory_limit = 0
    gc.collect()
    runtime.trim()


def stat(runtime: GstTorch.TorchRuntime, name: str) -> int:
    return runtime.props.stats.get_value(name)


def play(pipeline: Gst.Pipeline, on_message=lambda message: None) -> str:
    """Plays to the end; returns "eos" or the text of an error."""
    pipeline.set_state(Gst.State.PLAYING)
    end = "nothing"
    while message := pipeline.get_bus().timed_pop(60 * Gst.SECOND):
        on_message(message)
        if message.type == Gst.MessageType.EOS:
            end = "eos"
        elif message.type == Gst.MessageType.ERROR:
            end = message.parse_error()[0].message
        if end != "nothing":
            break
    pipeline.set_state(Gst.State.NULL)
    return end


def test_there_is_one(runtime) -> None:
    assert GstTorch.TorchRuntime.get() is runtime


def test_counts_what_a_pipeline_loads_and_gives_it_back(runtime, flow_pipeline) -> None:
    loads = stat(runtime, "loads")
    for _ in range(2):
        assert play(Gst.parse_launch(flow_pipeline() + " ! fakesink")) == "eos"
    gc.collect()
    assert stat(runtime, "loads") == loads + 1
    assert stat(runtime, "models") == 1
    assert stat(runtime, "memory-current") > 0
    # Not get_value, because PyGObject does not support lists of structures.
    assert "raft-small" in runtime.props.stats.to_string()
    runtime.trim()
    assert stat(runtime, "models") == 0
    assert stat(runtime, "tensors") == 0


def test_bounds_the_memory(runtime, flow_pipeline) -> None:
    runtime.props.memory_limit = 1_000_000
    assert "the limit is 1000000" in play(Gst.parse_launch(flow_pipeline() + " ! fakesink"))
    runtime.props.memory_limit = 0
    assert play(Gst.parse_launch(flow_pipeline() + " ! fakesink")) == "eos"


def test_is_found_in_its_context_and_in_no_other(runtime) -> None:
    context = GstTorch.context_new_torch_runtime(runtime)
    assert context.get_context_type() == GstTorch.TORCH_RUNTIME_CONTEXT_TYPE
    assert GstTorch.context_get_torch_runtime(context) is runtime
    other = Gst.Context.new("gst.another.context", False)
    assert GstTorch.context_get_torch_runtime(other) is None


def test_handed_in_by_the_application_no_element_announces_another(runtime, flow_pipeline) -> None:
    told = []

    def listen(message) -> None:
        if message.type == Gst.MessageType.HAVE_CONTEXT:
            told.append(message.parse_have_context())

    line = flow_pipeline() + " ! fakesink"
    assert play(Gst.parse_launch(line), listen) == "eos"
    assert [context.get_context_type() for context in told] == ["gst.torch.context"]
    assert GstTorch.context_get_torch_runtime(told.pop()) is runtime

    pipeline = Gst.parse_launch(line)
    pipeline.set_context(GstTorch.context_new_torch_runtime(runtime))
    assert play(pipeline, listen) == "eos"
    assert told == []
