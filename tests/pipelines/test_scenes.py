# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Tests the shots that scenedetect finds in real films with each of its models, and the key frames
of an encoder downstream."""
import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(os.environ.get("GST_TORCH_SOURCE_ROOT", "."))
BUILD = pathlib.Path(os.environ.get("GST_TORCH_BUILD_ROOT", "build"))
SHARED = pathlib.Path(os.environ.get("GST_TORCH_SHARED", "../shared"))
BUNDLED = str(ROOT / "models" / "bundled" / "resnet18-lite.safetensors")
LAYER3 = str(SHARED / "data" / "weights" / "resnet18-layer3.safetensors")
MODELS = [pytest.param(BUNDLED, id="resnet18-lite"), pytest.param(LAYER3, id="resnet18"),
          pytest.param("transnetv2", id="transnetv2")]

# First frames of new shots. The project fetches bikes; the others come with opencv-doc.
OPENCV = pathlib.Path("/usr/share/doc/opencv-doc/examples/data")
BIKES = BUILD / "deps" / "videos" / "bikes.mp4"
FILMS = [pytest.param(BIKES, [30, 76, 137, 187, 242], id="bikes"),
         pytest.param(OPENCV / "Megamind.avi", [98, 154, 200], id="Megamind"),
         pytest.param(OPENCV / "tree.avi", [], id="tree")]

BOUNDARY = re.compile(r"scenedetect, .*boundary=\(string\)(\w+), frame=\(guint64\)(\d+)")
CHAIN = re.compile(r"last-message = chain .*?pts: (\d+):(\d\d):(\d\d)\.(\d{9}),.*?"
                   r"flags: [0-9a-f]+ ([\w -]*)")


def launch(*words: str) -> str:
    ended = subprocess.run(["gst-launch-1.0", *words], capture_output=True, text=True, timeout=300)
    if "gst-torch models fetch" in ended.stdout + ended.stderr:
        pytest.skip("weights are not there: gst-torch models fetch")
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.replace("\\", "")


def need(*files: object) -> None:
    for file in map(str, files):
        if "/" in file and not pathlib.Path(file).exists():
            pytest.skip(f"{file} is not there")


@pytest.mark.parametrize("film, cuts", FILMS)
@pytest.mark.parametrize("model", MODELS)
def test_finds_exactly_the_cuts(model: str, film: pathlib.Path, cuts: list[int]) -> None:
    need(model, film)
    said = launch("-m", *f"filesrc location={film} ! decodebin ! videoconvert ! queue ! "
                  f"scenedetect model={model} batch-size=4 ! fakesink".split())
    assert BOUNDARY.findall(said) == [("cut", str(cut)) for cut in cuts]


def frames_of_chain(said: str) -> list[tuple[float, bool]]:
    """(seconds, is a key frame) of each buffer in an identity's output."""
    return [(int(h) * 3600 + int(m) * 60 + int(s) + int(ns) / 1e9, "delta-unit" not in flags)
            for h, m, s, ns, flags in CHAIN.findall(said)]


# VP8 is in plugins-good; x264 may be missing.
@pytest.mark.parametrize("encoder", ["x264enc key-int-max=1000 option-string=scenecut=0",
                                     "vp8enc keyframe-max-dist=1000 deadline=1 cpu-used=16"],
                         ids=["x264", "vp8"])
def test_an_encoder_puts_key_frames_exactly_at_the_cuts(encoder: str) -> None:
    need(BIKES)
    name = encoder.split()[0]
    if subprocess.run(["gst-inspect-1.0", "--exists", name], check=False).returncode != 0:
        pytest.skip(f"there is no {name}")
    frames = frames_of_chain(launch(
        "-v", *f"filesrc location={BIKES} ! decodebin ! videoconvert ! queue ! "
        f"scenedetect model={BUNDLED} batch-size=4 force-key-unit=true ! {encoder} ! "
        "identity silent=false ! fakesink".split()))
    start = min(time for time, _ in frames)
    assert len(frames) == 250
    assert sorted(round((time - start) * 25) for time, is_key in frames if is_key) == [
        0, 30, 76, 137, 187, 242]
