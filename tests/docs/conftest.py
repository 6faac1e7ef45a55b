# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""The directory in which the commands of the documentation are run: small files with its names."""
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

from pages import ROOT

sys.path.insert(0, str(ROOT / "tests" / "support"))

import formula_weights  # noqa: E402: needs the path added above

SHOT = ("videotestsrc pattern={} num-buffers=8 ! "
        "video/x-raw,format=I420,width=96,height=64,framerate=25/1 ! queue ! cuts. ")
FILM = "concat name=cuts ! {} ! filesink location={} "
FORMATS = [("x264enc key-int-max=4 ! mp4mux", "video.mp4"), ("jpegenc ! avimux", "video.avi"),
           ("x264enc key-int-max=4 ! matroskamux", "film.mkv")]
IMAGE = ("videotestsrc pattern=smpte horizontal-speed=4 num-buffers={} ! "
         "video/x-raw,width=160,height=120 ! {} ! multifilesink location={} max-files=1")


def launch(pipeline: str) -> None:
    subprocess.run(["gst-launch-1.0", "-q", "-e", *pipeline.split()], check=True, timeout=60)


@pytest.fixture(name="files", scope="session")
def small_files(tmp_path_factory) -> pathlib.Path:
    """Videos of three shots, and images that show the same, a little moved."""
    directory = tmp_path_factory.mktemp("files")
    shots = "".join(SHOT.format(pattern) for pattern in ("smpte", "ball", "checkers-8"))
    for format, name in FORMATS:
        launch(FILM.format(format, directory / name) + shots)
    for frames, name in (1, "a.png"), (3, "b.png"), (1, "a.jpg"), (3, "b.jpg"):
        launch(IMAGE.format(frames, f"{name[-3:].replace('jpg', 'jpeg')}enc", directory / name))
    for name in "view.png", "thing.png":
        shutil.copy(directory / "a.png", directory / name)
    shutil.copy(directory / "video.mp4", directory / "phone.mp4")
    return directory


@pytest.fixture(name="models", scope="session")
def fetched_models(tmp_path_factory) -> pathlib.Path:
    """A directory of untrained weights, where gst-torch looks for those that it fetches."""
    directory = tmp_path_factory.mktemp("models")
    goldens = ROOT / "tests" / "nn" / "goldens"
    formula_weights.write_weights(directory / "raft-small.pth", goldens / "raft_small.shapes")
    formula_weights.write_weights(directory / "transnetv2-pytorch-weights.pth",
                                  goldens / "transnetv2.shapes", formula_weights.zeros)
    return directory


@pytest.fixture(name="environment", scope="session")
def environment_of_a_reader(models: pathlib.Path) -> dict[str, str]:
    build = pathlib.Path(os.environ["GST_TORCH_BUILD_ROOT"])
    return os.environ | {"PATH": f"{build / 'tools'}:{os.environ['PATH']}",
                         "GST_TORCH_MODELS_DIR": str(models)}
