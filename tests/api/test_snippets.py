# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Runs the snippets of docs/api.md unchanged, on frames with and without a result."""
import os
import pathlib
import re
import struct
import subprocess

import pytest

gi = pytest.importorskip("gi", reason="PyGObject is not installed")
if not pathlib.Path(os.environ["GST_TORCH_BUILD_ROOT"], "lib/gst/GstTorch-1.0.typelib").exists():
    pytest.skip("no introspection data was built", allow_module_level=True)

gi.require_version("Gst", "1.0")
gi.require_version("GstTorch", "1.0")
from gi.repository import Gst, GstTorch  # noqa: E402: after require_version

Gst.init(None)

SOURCE_ROOT = pathlib.Path(os.environ["GST_TORCH_SOURCE_ROOT"])
LIBRARY = pathlib.Path(os.environ["GST_TORCH_BUILD_ROOT"], "lib", "gst")
PAGE = (SOURCE_ROOT / "docs" / "api.md").read_text()


def snippets(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def snippet(language: str, word: str) -> str:
    """The only snippet that contains the word."""
    [found] = [text for text in snippets(language) if word in text]
    return found


def test_every_snippet_is_run_here() -> None:
    assert len(snippets("python")) == 3
    assert len(snippets("c")) == 2


class Frames:
    """Runs a pipeline and passes each of its frames to a snippet."""

    def __init__(self, description: str, text: str) -> None:
        self.text = text
        self.errors = []
        self.count = 0
        pipeline = Gst.parse_launch(description + " ! fakesink name=sink")
        pad = pipeline.get_by_name("sink").get_static_pad("sink")
        pad.add_probe(Gst.PadProbeType.BUFFER, self.on_buffer)
        pipeline.set_state(Gst.State.PLAYING)
        message = pipeline.get_bus().timed_pop_filtered(
            60 * Gst.SECOND, Gst.MessageType.EOS | Gst.MessageType.ERROR)
        pipeline.set_state(Gst.State.NULL)
        assert message and message.type == Gst.MessageType.EOS, message and message.parse_error()

    def on_buffer(self, _pad, info) -> Gst.PadProbeReturn:
        try:
            run(self.text, info.get_buffer())
        except Exception as error:  # noqa: BLE001: GStreamer drops exceptions of a probe
            self.errors.append(error)
        self.count += 1
        return Gst.PadProbeReturn.OK


def run(text: str, buffer: Gst.Buffer) -> None:
    exec(compile(text, "docs/api.md", "exec"),  # noqa: S102: the project's own page
         {"Gst": Gst, "GstTorch": GstTorch, "buffer": buffer})


def test_python_reads_flow(flow_pipeline, capsys) -> None:
    frames = Frames(flow_pipeline(frames=3), snippet("python", "torch_flows"))
    assert (frames.errors, frames.count) == ([], 3)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["flow"] * 3
    assert all(float(line.split()[1]) > 0 for line in lines[1:])


def test_python_reads_matches(match_pipeline, capsys) -> None:
    frames = Frames(match_pipeline(frames=3), snippet("python", "torch_matches"))
    assert (frames.errors, frames.count) == ([], 3)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2, "the first frame has none"
    assert all(line.startswith("match None None [[") for line in lines)


@pytest.mark.parametrize("rows, printed", [(0, 0), (2, 1)])
def test_python_reads_any_number_of_matches(rows: int, printed: int, capsys) -> None:
    row = struct.pack("6f", 1, 2, 3, 4, 0.5, 1)
    array = Gst.Buffer.new_wrapped(row * rows) if rows else Gst.Buffer.new()
    frame = Gst.Buffer.new()
    assert GstTorch.buffer_add_torch_match_meta(frame, GstTorch.TorchMatch.new("mine", array))
    run(snippet("python", "torch_matches"), frame)
    assert len(capsys.readouterr().out.splitlines()) == printed


def test_python_reads_boundaries(capsys) -> None:
    frame = Gst.Buffer.new()
    boundaries = GstTorch.TorchShotBoundary
    for boundary in (boundaries.DISSOLVE, boundaries.NONE, boundaries.CUT):
        scene = GstTorch.TorchShot.new("mine")
        scene.boundary, scene.start_frame, scene.end_frame, scene.confidence = boundary, 3, 7, 0.5
        GstTorch.buffer_add_torch_shot_meta(frame, scene)
    run(snippet("python", "torch_shots"), frame)
    assert capsys.readouterr().out == "dissolve 3 7 0.5\ncut 3 7 0.5\n"
    run(snippet("python", "torch_shots"), Gst.Buffer.new())
    assert capsys.readouterr().out == ""


PROGRAM = """
#include <gst/torch/gsttorch.h>

static void read_flow (GstBuffer *buffer) {
%s
}

static void set_up (void) {
%s
  gst_object_unref (runtime);
}

int main (void) {
  GstBuffer *with_flow, *without;
  GstTorchFlow *flow;

  gst_init (NULL, NULL);
  set_up ();
  with_flow = gst_buffer_new ();
  without = gst_buffer_new ();
  flow = gst_torch_flow_new ("mine", NULL, NULL, NULL);
  flow->mean_magnitude = 1.5;
  gst_buffer_add_torch_flow_meta (with_flow, flow);
  gst_torch_flow_free (flow);
  read_flow (without);
  read_flow (with_flow);
  gst_buffer_unref (with_flow);
  gst_buffer_unref (without);
  return 0;
}
"""


def test_c_is_compiled_and_runs(tmp_path) -> None:
    source, program = tmp_path / "page.c", tmp_path / "page"
    source.write_text(PROGRAM % (snippet("c", "torch_flow"), snippet("c", "torch_runtime")))
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "gstreamer-1.0",
                            "gstreamer-video-1.0"], capture_output=True, text=True, check=True)
    built = subprocess.run(["cc", "-std=c99", "-Wall", "-Wextra", "-Werror", source, "-o", program,
                            f"-I{LIBRARY / 'include'}", f"-L{LIBRARY}", "-lgsttorch-1.0",
                            *flags.stdout.split()], capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    done = subprocess.run([program], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, "mine: 1.500000 px\n"), done.stderr
