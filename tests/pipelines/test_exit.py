# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Exits an application while a pipeline plays: threads load and compute during exit(), which
destroys static data. Each run hits a random moment, so these few find only frequent crashes;
GST_TORCH_EXIT_RUNS=100 runs each case that often, with its delays in turn."""
import itertools
import json
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(os.environ["GST_TORCH_SOURCE_ROOT"])
sys.path.insert(0, str(ROOT / "tests" / "support"))

import formula_weights  # noqa: E402: needs the path added above

RUNS = int(os.environ.get("GST_TORCH_EXIT_RUNS", "1"))
# During the load of the library, of the model, in the first inference, in later ones.
DELAYS = (50, 400, 100, 300, 200)

BUNDLED = ROOT / "models" / "bundled"
SCENES = f"scenedetect device=cpu model={BUNDLED}/resnet18-lite.safetensors"
MATCHES = f"loftrmatch device=cpu geometry=homography model={BUNDLED}/loftr-lite.safetensors"
METER = "perfmeter measure=pipeline interval=20000000"

# At exit Python drops its references, in any state. GStreamer treats that as an application error,
# and its own sources crash, so the program keeps one more reference.
PYTHON = """
import ctypes, sys, gi
gi.require_version("Gst", "1.0")
from gi.repository import Gst
Gst.init(None)
pipeline = Gst.parse_launch(sys.argv[1])
ctypes.pythonapi.Py_IncRef(ctypes.py_object(pipeline))
pipeline.set_state(Gst.State.PLAYING)
failed = pipeline.get_bus().timed_pop_filtered(int(sys.argv[2]) * Gst.MSECOND,
                                               Gst.MessageType.ERROR)
sys.exit(failed.parse_error()[0].message if failed else 0)
"""

WAYS = {
    "exit": [os.environ.get("EXITS", "exits"), "exit"],
    "return": [os.environ.get("EXITS", "exits"), "return"],
    "python": [sys.executable, "-c", PYTHON],
}


@pytest.fixture(scope="session")
def flow(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A raftflow with untrained weights."""
    path = tmp_path_factory.mktemp("weights") / "raft-small.safetensors"
    formula_weights.write_weights(path, ROOT / "tests" / "nn" / "goldens" / "raft_small.shapes")
    return f"raftflow device=cpu model={path}"


def end_while_playing(elements: str, way: str, delay: int) -> None:
    pipeline = ("videotestsrc pattern=ball ! video/x-raw,width=320,height=240,framerate=25/1 ! "
                f"{elements} ! fakesink")
    program, *how = WAYS[way]
    arguments = [*how, pipeline, str(delay)] if way == "python" else [pipeline, str(delay), *how]
    ended = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=60,
                           check=False)
    # A negative code is the signal that ended it.
    assert (ended.returncode, ended.stderr) == (0, ""), f"after {delay} ms"


# Each case begins with another delay, so that one run of all cases covers every delay.
CASES = ["flow", "scenes", "matches", "flow and meter"]
FIRST = itertools.count()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("case", CASES)
def test_ends_in_peace(case: str, way: str, flow: str) -> None:
    elements = {"flow": flow, "scenes": SCENES, "matches": MATCHES,
                "flow and meter": f"{flow} ! {METER}"}[case]
    first = next(FIRST)
    for run in range(RUNS):
        end_while_playing(elements, way, DELAYS[(first + run) % len(DELAYS)])


def whole_records(results: pathlib.Path) -> list[dict]:
    text = results.read_text() if results.exists() else ""
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("before", ["nothing", "flow"])
def test_leaves_only_whole_files(before: str, way: str, flow: str, tmp_path: pathlib.Path) -> None:
    first = next(FIRST)
    for run in range(RUNS):
        directory = tmp_path / str(run)
        writer = f"analysiswriter location={directory} flow-every=1"
        delay = 2 * DELAYS[(first + run) % len(DELAYS)]
        end_while_playing(f"{flow} ! {writer}" if before == "flow" else writer, way, delay)
        for record in whole_records(directory / "results.jsonl"):
            for result in record.get("flow", []):
                file = directory / result["file"] if "file" in result else None
                # A header of 12 bytes, then two floats per pixel.
                assert not file or file.stat().st_size == 12 + 320 * 240 * 8, file
        if (directory / "run.json").exists():
            json.loads((directory / "run.json").read_text())
