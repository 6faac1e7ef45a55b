# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Reads and attaches results from Python."""
import gc
import math
import os
import pathlib
import re
import struct
import xml.etree.ElementTree as ET

import pytest

gi = pytest.importorskip("gi", reason="PyGObject is not installed")
if not pathlib.Path(os.environ["GST_TORCH_BUILD_ROOT"], "lib/gst/GstTorch-1.0.typelib").exists():
    pytest.skip("no introspection data was built", allow_module_level=True)

gi.require_version("Gst", "1.0")
gi.require_version("GstTorch", "1.0")
from gi.repository import Gst, GstTorch  # noqa: E402: after require_version

Gst.init(None)

SOURCE_ROOT = pathlib.Path(os.environ["GST_TORCH_SOURCE_ROOT"])
BUILD_ROOT = pathlib.Path(os.environ["GST_TORCH_BUILD_ROOT"])

Direction = GstTorch.TorchFlowDirection
MS = Gst.MSECOND


def buffer_of(*floats: float) -> Gst.Buffer:
    return Gst.Buffer.new_wrapped(struct.pack(f"{len(floats)}f", *floats))


def floats_of(buffer: Gst.Buffer) -> tuple[float, ...]:
    data = buffer.extract_dup(0, buffer.get_size())
    return struct.unpack(f"{len(data) // 4}f", data)


def make_flow(source: str = "mine", **fields) -> GstTorch.TorchFlow:
    flow = GstTorch.TorchFlow.new(source, buffer_of(1, 2, 3, 4), None, None)
    flow.width = flow.grid_width = 2
    flow.height = flow.grid_height = 1
    for name, value in fields.items():
        setattr(flow, name, value)
    return flow


def frame_with(*flows: GstTorch.TorchFlow) -> Gst.Buffer:
    frame = Gst.Buffer.new_allocate(None, 6, None)
    for flow in flows:
        assert GstTorch.buffer_add_torch_flow_meta(frame, flow) is not None
    return frame


def test_what_was_attached_is_read_back() -> None:
    frame = frame_with(make_flow(direction=Direction.BACKWARD, reference_pts=80 * MS, dt=-40 * MS,
                                 iterations=12, mean_magnitude=1.5, max_magnitude=2.5,
                                 model="raft-small", flat=True))
    flow = GstTorch.buffer_get_torch_flow(frame, "mine")
    assert flow.flat and not make_flow().flat
    assert (flow.width, flow.height, flow.grid_width, flow.grid_height) == (2, 1, 2, 1)
    assert flow.direction == Direction.BACKWARD
    assert flow.format == GstTorch.TorchFlowFormat.F32
    assert (flow.reference_pts, flow.dt) == (80 * MS, -40 * MS)
    assert (flow.iterations, flow.mean_magnitude, flow.max_magnitude) == (12, 1.5, 2.5)
    assert (flow.source, flow.model, flow.skipped) == ("mine", "raft-small", None)
    assert floats_of(flow.get_vectors(Direction.BACKWARD)) == (1, 2, 3, 4)
    assert flow.get_vectors(Direction.FORWARD) is None
    assert flow.get_confidence() is None


def test_fields_are_read_without_our_library() -> None:
    frame = frame_with(make_flow(skipped="first-frame", dt=-40 * MS))
    fields = frame.get_custom_meta("GstTorchFlowMeta").get_structure()
    assert fields.get_string("source") == "mine"
    assert fields.get_string("direction") == "forward"
    assert fields.get_string("skipped") == "first-frame"
    assert fields.get_value("dt") == -40 * MS
    assert fields.get_value("grid-width") == 2
    assert floats_of(fields.get_value("flow")) == (1, 2, 3, 4)


def test_results_of_several_elements_are_listed_in_order() -> None:
    frame = frame_with(make_flow("first"), make_flow("second"))
    assert [flow.source for flow in GstTorch.buffer_list_torch_flows(frame)] == ["first", "second"]
    assert GstTorch.buffer_get_torch_flow(frame, None).source == "first"
    assert GstTorch.buffer_get_torch_flow(frame, "second").source == "second"
    assert GstTorch.buffer_get_torch_flow(frame, "third") is None
    assert GstTorch.buffer_list_torch_flows(frame_with()) == []


def test_a_result_outlives_its_frame_and_an_array_its_result() -> None:
    frame = frame_with(make_flow(model="model"))
    flow = GstTorch.buffer_get_torch_flow(frame, None)
    del frame
    gc.collect()
    assert (flow.source, flow.model) == ("mine", "model")
    vectors = flow.get_vectors(Direction.FORWARD)
    del flow
    gc.collect()
    assert floats_of(vectors) == (1, 2, 3, 4)


def test_nothing_that_was_read_keeps_an_array_alive() -> None:
    freed = []
    # The allocator is finalised with the last memory.
    allocator = GstTorch.TorchAllocator.new()
    allocator.weak_ref(freed.append, True)
    array = Gst.Buffer.new_allocate(allocator, 16, None)
    flow = GstTorch.TorchFlow.new("mine", array, None, None)
    frame = frame_with(flow)
    read = [*GstTorch.buffer_list_torch_flows(frame), GstTorch.buffer_get_torch_flow(frame, None)]
    vectors = read[0].get_vectors(Direction.FORWARD)
    del allocator, array, flow, frame, read
    gc.collect()
    assert freed == []
    del vectors
    gc.collect()
    assert freed == [True]


def test_enums_have_their_names() -> None:
    assert [direction.value_nick for direction in
            (Direction.FORWARD, Direction.BACKWARD, Direction.BOTH)] == [
                "forward", "backward", "both"]
    assert GstTorch.TorchAttach.SUMMARY.value_nick == "summary"
    assert GstTorch.TorchElementType.F16.value_nick == "f16"
    assert GstTorch.TorchFlowFormat.F16.value_nick == "f16"


def test_an_allocator_gives_memory_and_takes_it_back() -> None:
    allocator = GstTorch.TorchAllocator.new()
    memory = allocator.alloc(1000, None)
    assert GstTorch.is_torch_memory(memory)
    assert GstTorch.torch_memory_get_shape(memory) == []
    assert GstTorch.torch_memory_get_element_type(memory) == GstTorch.TorchElementType.NONE
    assert allocator.props.stats.get_value("live-blocks") == 1
    del memory
    gc.collect()
    stats = allocator.props.stats
    assert (stats.get_value("live-blocks"), stats.get_value("idle-blocks")) == (0, 1)
    assert allocator.props.max_idle_bytes > 0


def test_an_allocator_made_as_an_object_works_too() -> None:
    assert GstTorch.is_torch_memory(GstTorch.TorchAllocator().alloc(10, None))


class Run:
    """Plays a pipeline to its end; a probe before its sink reads each frame's results."""

    def __init__(self, description: str, read) -> None:
        self.results = []
        pipeline = Gst.parse_launch(description + " ! fakesink name=sink")
        pad = pipeline.get_by_name("sink").get_static_pad("sink")
        pad.add_probe(Gst.PadProbeType.BUFFER, self.on_buffer, read)
        pipeline.set_state(Gst.State.PLAYING)
        message = pipeline.get_bus().timed_pop_filtered(
            60 * Gst.SECOND, Gst.MessageType.EOS | Gst.MessageType.ERROR)
        pipeline.set_state(Gst.State.NULL)
        assert message and message.type == Gst.MessageType.EOS, message and message.parse_error()

    def on_buffer(self, _pad, info, read) -> Gst.PadProbeReturn:
        self.results.append(read(info.get_buffer()))
        return Gst.PadProbeReturn.OK


def test_a_probe_reads_the_flow_of_a_pipeline(flow_pipeline) -> None:
    first, *others = Run(flow_pipeline(frames=4),
                         lambda frame: GstTorch.buffer_get_torch_flow(frame, "flow")).results
    gc.collect()
    assert first.skipped == "first-frame"
    assert len(others) == 3
    for flow in others:  # all frames are freed
        assert (flow.source, flow.skipped, flow.iterations) == ("flow", None, 2)
        assert (flow.width, flow.height, flow.dt) == (64, 48, 40 * MS)
        vectors = flow.get_vectors(Direction.FORWARD)
        memory = vectors.peek_memory(0)
        assert GstTorch.torch_memory_get_shape(memory) == [48, 64, 2]
        assert GstTorch.torch_memory_get_element_type(memory) == GstTorch.TorchElementType.F32
        values = floats_of(vectors)
        assert len(values) == 48 * 64 * 2
        lengths = [math.hypot(x, y) for x, y in zip(values[0::2], values[1::2])]
        assert sum(lengths) / len(lengths) == pytest.approx(flow.mean_magnitude, rel=1e-4)
        assert max(lengths) == pytest.approx(flow.max_magnitude, rel=1e-4)


def test_a_probe_reads_both_directions_in_half_precision(flow_pipeline) -> None:
    def read(frame):
        flow = GstTorch.buffer_get_torch_flow(frame, None)
        arrays = [flow.get_vectors(Direction.FORWARD), flow.get_vectors(Direction.BACKWARD),
                  flow.get_confidence()]
        return flow.format, [array and array.get_size() for array in arrays]

    results = Run(flow_pipeline(frames=2, properties="direction=both flow-format=f16"),
                  read).results
    half, pixels = GstTorch.TorchFlowFormat.F16, 64 * 48
    assert results[1] == (half, [4 * pixels, 4 * pixels, 4 * pixels])


# --- matches

ROWS = (1, 2, 3, 4, 0.5, 1, 10, 20, 30, 40, 0.25, 0)
SHIFT = [1, 0, 16, 0, 1, 8, 0, 0, 1]


def make_match(source: str = "mine", **fields) -> GstTorch.TorchMatch:
    match = GstTorch.TorchMatch.new(source, buffer_of(*ROWS))
    match.width, match.height = 64, 48
    for name, value in fields.items():
        setattr(match, name, value)
    return match


def frame_with_matches(*matches: GstTorch.TorchMatch) -> Gst.Buffer:
    frame = Gst.Buffer.new_allocate(None, 6, None)
    for match in matches:
        assert GstTorch.buffer_add_torch_match_meta(frame, match) is not None
    return frame


def test_matches_that_were_attached_are_read_back() -> None:
    match = make_match(reference_width=80, reference_height=60, reference_pts=80 * MS, dt=-40 * MS,
                       mean_confidence=0.375, inliers=1, residual=0.5, model="loftr",
                       reference="a.png", geometry="homography", verdict="moved")
    match.set_matrix(SHIFT)
    read = GstTorch.buffer_get_torch_match(frame_with_matches(match), "mine")
    assert (read.width, read.height) == (64, 48)
    assert (read.reference_width, read.reference_height) == (80, 60)
    assert (read.reference_pts, read.dt) == (80 * MS, -40 * MS)
    assert (read.count, read.mean_confidence, read.inliers, read.residual) == (2, 0.375, 1, 0.5)
    assert (read.source, read.model, read.reference) == ("mine", "loftr", "a.png")
    assert (read.geometry, read.verdict, read.skipped) == ("homography", "moved", None)
    assert read.has_matrix
    assert list(read.matrix) == SHIFT
    assert floats_of(read.get_matches()) == ROWS
    match.set_matrix(None)
    assert not GstTorch.buffer_get_torch_match(frame_with_matches(match), None).has_matrix


def test_an_array_of_matches_is_mapped_and_looked_at_where_it_lies() -> None:
    array = GstTorch.buffer_get_torch_match(frame_with_matches(make_match()), None).get_matches()
    mapped, view = array.map(Gst.MapFlags.READ)
    assert mapped
    columns = GstTorch.TORCH_MATCH_COLUMNS
    table = memoryview(view.data).cast("B").cast("f", (view.size // 4 // columns, columns))
    assert table.shape == (2, 6)
    assert table.tolist()[1] == [10, 20, 30, 40, 0.25, 0]
    del table
    array.unmap(view)


def test_fields_of_matches_are_read_without_our_library() -> None:
    match = make_match(skipped="late", geometry="fundamental", verdict="lost")
    match.set_matrix(SHIFT)
    frame = frame_with_matches(match)  # it owns the fields
    fields = frame.get_custom_meta("GstTorchMatchMeta").get_structure()
    assert fields.get_string("source") == "mine"
    assert fields.get_string("skipped") == "late"
    assert fields.get_string("geometry") == "fundamental"
    assert fields.get_string("verdict") == "lost"
    assert (fields.get_value("count"), fields.get_value("width")) == (2, 64)
    found, matrix = fields.get_array("matrix")
    assert found
    assert matrix.n_values == len(SHIFT)
    assert floats_of(fields.get_value("matches")) == ROWS


def test_matches_with_several_images_are_listed_in_order() -> None:
    frame = frame_with_matches(make_match(reference="a.png"), make_match(reference="b.png"),
                               make_match("another"))
    listed = GstTorch.buffer_list_torch_matches(frame)
    assert [(match.source, match.reference) for match in listed] == [
        ("mine", "a.png"), ("mine", "b.png"), ("another", None)]
    assert GstTorch.buffer_get_torch_match(frame, None).reference == "a.png"
    assert GstTorch.buffer_get_torch_match(frame, "another").reference is None
    assert GstTorch.buffer_get_torch_match(frame, "nobody") is None
    assert GstTorch.buffer_list_torch_matches(frame_with_matches()) == []
    del frame
    gc.collect()
    assert [floats_of(match.get_matches()) for match in listed] == [ROWS] * 3


def test_nothing_that_was_read_keeps_an_array_of_matches_alive() -> None:
    freed = []
    allocator = GstTorch.TorchAllocator.new()
    allocator.weak_ref(freed.append, True)
    array = Gst.Buffer.new_allocate(allocator, 24, None)
    frame = frame_with_matches(GstTorch.TorchMatch.new("mine", array))
    read = [*GstTorch.buffer_list_torch_matches(frame),
            GstTorch.buffer_get_torch_match(frame, None)]
    matches = read[0].get_matches()
    del allocator, array, frame, read
    gc.collect()
    assert freed == []
    del matches
    gc.collect()
    assert freed == [True]


def test_a_probe_reads_the_matches_of_a_pipeline(match_pipeline) -> None:
    first, *others = Run(match_pipeline(frames=3), GstTorch.buffer_list_torch_matches).results
    gc.collect()
    assert [match.skipped for match in first] == ["first-frame"]
    assert len(others) == 2
    for [match] in others:  # all frames are freed
        assert (match.source, match.skipped, match.reference) == ("match", None, None)
        assert (match.width, match.reference_height, match.dt) == (160, 128, 40 * MS)
        memory = match.get_matches().peek_memory(0)
        assert GstTorch.torch_memory_get_shape(memory) == [match.count, 6]
        values = floats_of(match.get_matches())
        assert len(values) == 6 * match.count > 0
        confidences = values[4::6]
        assert sum(confidences) / match.count == pytest.approx(match.mean_confidence, rel=1e-4)


# --- shot boundaries


def make_shot(source: str = "mine", **fields) -> GstTorch.TorchShot:
    scene = GstTorch.TorchShot.new(source)
    for name, value in fields.items():
        setattr(scene, name, value)
    return scene


def frame_with_shots(*scenes: GstTorch.TorchShot) -> Gst.Buffer:
    frame = Gst.Buffer.new_allocate(None, 6, None)
    for scene in scenes:
        assert GstTorch.buffer_add_torch_shot_meta(frame, scene) is not None
    return frame


def test_all_boundaries_of_a_frame_are_listed_in_order() -> None:
    boundaries = GstTorch.TorchShotBoundary
    frame = frame_with_shots(
        make_shot(boundary=boundaries.DISSOLVE, start_frame=3, end_frame=7, shot=1),
        make_shot(boundary=boundaries.CUT, start_frame=9, end_frame=9, shot=2),
        make_shot("another"))
    listed = GstTorch.buffer_list_torch_shots(frame)
    assert GstTorch.buffer_get_torch_shot(frame, None).shot == 1
    assert GstTorch.buffer_get_torch_shot(frame, "another").boundary == boundaries.NONE
    assert GstTorch.buffer_list_torch_shots(frame_with_shots()) == []
    del frame
    gc.collect()
    assert [(scene.source, scene.boundary, scene.start_frame, scene.end_frame)
            for scene in listed] == [("mine", boundaries.DISSOLVE, 3, 7),
                                     ("mine", boundaries.CUT, 9, 9),
                                     ("another", boundaries.NONE, 0, 0)]


def functions_for_c_alone() -> set[str]:
    """The library's functions that introspection omits."""
    declared = re.compile(r"^GST_TORCH_API\s[^;(]*?(\w+)\(", re.MULTILINE)
    names = set()
    for header in (SOURCE_ROOT / "lib" / "gst").glob("gsttorch*.h"):
        if header.name != "gsttorchmemory-private.h":
            names |= set(declared.findall(header.read_text()))
    known = ET.parse(BUILD_ROOT / "lib" / "gst" / "GstTorch-1.0.gir").getroot()
    c = "{http://www.gtk.org/introspection/c/1.0}"
    offered = {node.get(c + "identifier") for node in known.iter()
               if node.get("introspectable") != "0"}
    return {name for name in names - offered if not name.endswith("_get_type")}


def test_what_is_for_c_alone_has_a_brother_for_bindings() -> None:
    # For each kind: functions that fill or walk structures that bindings own, or that elements in C
    # use.
    kinds = ("flow", "match", "shot")
    assert functions_for_c_alone() - {"G_DECLARE_FINAL_TYPE"} == {
        *(f"gst_buffer_iterate_torch_{kind}_meta" for kind in kinds),
        *(f"gst_torch_{kind}_meta_{verb}" for kind in kinds for verb in ("get_info", "read")),
        "gst_torch_ensure_element_runtime", "gst_torch_handle_context_query",
        "gst_torch_handle_set_context"}
    for kind, plural in (("flow", "flows"), ("match", "matches"), ("shot", "shots")):
        assert callable(getattr(GstTorch, f"buffer_get_torch_{kind}"))
        assert callable(getattr(GstTorch, f"buffer_get_torch_{kind}_meta"))
        assert callable(getattr(GstTorch, f"buffer_list_torch_{plural}"))
