# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""A run that is killed, and the one that goes on after it."""
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conftest import SOURCE_ROOT

sys.path.insert(0, str(SOURCE_ROOT / "tests" / "support"))
import formula_weights  # noqa: E402: found by the line before

FRAMES = 60


@pytest.fixture(name="net", scope="session")
def weights_by_a_formula(tmp_path_factory):
    path = tmp_path_factory.mktemp("net") / "raft-small.safetensors"
    formula_weights.write_weights(path, SOURCE_ROOT / "tests" / "nn" / "goldens"
                                  / "raft_small.shapes")
    return path


@pytest.fixture(name="start")
def starts_a_pipeline(gst_torch, net):
    """Flow of small frames, written into a folder; 20 lines to a file."""
    def start(folder: Path, *properties: str) -> subprocess.Popen:
        pipeline = (
            f"videotestsrc pattern=ball num-buffers={FRAMES} ! "
            "video/x-raw,width=128,height=128,framerate=25/1 ! "
            f"raftflow model={net} iterations=1 device=cpu ! "
            f"analysiswriter location={folder} records-per-file=20 flow-every=7")
        return subprocess.Popen(["gst-launch-1.0", "-q", *pipeline.split(), *properties,
                                 "!", "fakesink"], env=gst_torch.environment)

    return start


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*")
            if path.is_file() and path.suffix != ".part"}


def whole_records(folder: Path) -> list[dict]:
    text = "".join(path.read_text() for path in sorted(folder.glob("results*.jsonl")))
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


def wait_for(path: Path, process: subprocess.Popen) -> None:
    while not path.exists():
        assert process.poll() is None, "it ended early"
        time.sleep(0.001)


def test_a_killed_run_leaves_whole_records_and_resumes_to_what_it_would_have_become(
        start, tmp_path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert start(whole).wait(timeout=300) == 0
    assert len(whole_records(whole)) == FRAMES

    process = start(killed)
    wait_for(killed / "results-000000000.jsonl", process)
    process.kill()
    assert process.wait(timeout=60) != 0
    records = whole_records(killed)
    assert 20 <= len(records) < FRAMES
    assert records == whole_records(whole)[:len(records)]
    for record in records:
        for flow in record["flow"]:
            assert "file" not in flow or (killed / flow["file"]).exists()

    assert start(killed, "resume=true").wait(timeout=300) == 0
    assert contents(killed) == contents(whole)
