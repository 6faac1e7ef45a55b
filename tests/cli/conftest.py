# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""What the tests of the command line share: the program, small videos, real data where it is."""
import ctypes
import os
import subprocess
import time
from pathlib import Path

import pytest

SOURCE_ROOT = Path(os.environ.get("GST_TORCH_SOURCE_ROOT", Path(__file__).resolve().parents[2]))
BUILD_ROOT = Path(os.environ.get("GST_TORCH_BUILD_ROOT", SOURCE_ROOT / "build"))
SHARED = Path(os.environ.get("GST_TORCH_SHARED", SOURCE_ROOT / ".." / "shared"))
PROGRAM = os.environ.get("GST_TORCH", str(BUILD_ROOT / "tools" / "gst-torch"))

# Exit statuses.
FAILED, USAGE, BAD_INPUT, NO_SPACE, UNAVAILABLE = 1, 2, 3, 4, 5

VIDEO_FRAMES = 16
VIDEO_SIZE = (64, 48)
IMAGE = "videotestsrc num-buffers={frames} pattern=smpte horizontal-speed=2 ! " \
    "video/x-raw,width=64,height=48,framerate=25/1"


def launch(pipeline):
    subprocess.run(["gst-launch-1.0", "-q", "-e", *pipeline.split()], check=True, timeout=60)


def is_one_line(text):
    return text.startswith("gst-torch: ") and text.count("\n") == 1 and text.endswith("\n")


@pytest.fixture(scope="session")
def gst_torch(tmp_path_factory):
    """Runs the program in the environment of the build tree and returns how it ended."""
    environment = dict(os.environ)
    environment.setdefault("GST_PLUGIN_PATH", str(BUILD_ROOT / "gst"))
    environment.setdefault("GST_TORCH_ENGINE",
                           str(BUILD_ROOT / "lib" / "nn" / "libgsttorch-engine.so"))
    environment.setdefault("GST_TORCH_MANIFEST", str(SOURCE_ROOT / "models" / "manifest.json"))
    environment.setdefault("GST_REGISTRY", str(BUILD_ROOT / "test-registry.bin"))
    # Nothing that this user once fetched decides what a test sees.
    environment["GST_TORCH_MODELS_DIR"] = str(tmp_path_factory.mktemp("no-models"))

    def run(*arguments, env=None, prefix=(), **options):
        return subprocess.run([*prefix, PROGRAM, *map(str, arguments)], capture_output=True, text=True,
                              errors="surrogateescape",  # file names need not be UTF-8
                              env={**environment, **(env or {})}, timeout=300, **options)

    run.environment = environment
    return run


@pytest.fixture(scope="session")
def interrupted(gst_torch):
    """Runs the program until something is there, sends it a signal and returns how it ended."""
    def run(*arguments, when, signal, env=None):
        with subprocess.Popen([PROGRAM, *map(str, arguments)],
                              env=env or gst_torch.environment,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            while process.poll() is None and not when(process):
                time.sleep(0.005)
            process.send_signal(signal)
            out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    return run


def children(pid):
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def open_files(pid):
    try:
        return {os.path.realpath(file) for file in Path(f"/proc/{pid}/fd").iterdir()}
    except FileNotFoundError:  # it has ended
        return set()


def has_opened(path):
    """Whether a process or a worker of it reads a file."""
    def when(process):
        return any(str(path) in open_files(pid) for pid in [process.pid, *children(process.pid)])

    return when


@pytest.fixture(name="pretended_gpu", scope="session")
def libraries_of_a_pretended_driver():
    """An environment for the program in which a driver answers as FAKE_CUDA_* say: tests/device."""
    directory = os.environ.get("GST_TORCH_FAKE_DRIVER", str(BUILD_ROOT / "tests" / "engine"))
    return {"LD_LIBRARY_PATH": directory, "FAKE_NVML_FREE_MB": "1000,6000",
            "FAKE_CUDA_DEVICES": "2"}


@pytest.fixture(name="no_driver", scope="session")
def machine_without_a_driver():
    try:
        ctypes.CDLL("libcuda.so.1")
    except OSError:
        return
    pytest.skip("there is an NVIDIA driver here")


@pytest.fixture(scope="session")
def fails(gst_torch):
    """Expects one line on stderr and an exit status, and returns the line."""
    def run(*arguments, status=BAD_INPUT, **options):
        done = gst_torch(*arguments, **options)
        assert done.returncode == status, (done.stdout, done.stderr)
        assert is_one_line(done.stderr), done.stderr
        return done.stderr

    return run


@pytest.fixture(scope="session")
def media(tmp_path_factory):
    """A directory with small files, good and bad."""
    directory = tmp_path_factory.mktemp("media")
    image = IMAGE.format(frames=VIDEO_FRAMES)
    launch(f"{image} ! jpegenc ! matroskamux ! filesink location={directory}/video.mkv")
    launch(f"audiotestsrc num-buffers=40 ! vorbisenc ! matroskamux name=mux ! "
           f"filesink location={directory}/with-audio.mkv "
           f"{image} ! jpegenc ! queue ! mux.")
    launch(f"audiotestsrc num-buffers=10 ! vorbisenc ! oggmux ! "
           f"filesink location={directory}/audio.ogg")
    launch(f"{IMAGE.format(frames=0)} ! jpegenc ! matroskamux ! "
           f"filesink location={directory}/no-frame.mkv")
    launch(f"{IMAGE.format(frames=1)} ! pngenc ! filesink location={directory}/a.png")
    launch("videotestsrc num-buffers=1 pattern=ball ! video/x-raw,width=64,height=48 ! pngenc ! "
           f"filesink location={directory}/b.png")
    launch("videotestsrc num-buffers=1 ! video/x-raw,width=80,height=48 ! pngenc ! "
           f"filesink location={directory}/wide.png")
    (directory / "text.png").write_text("This is no image, and no video either.\n" * 20)
    return directory


@pytest.fixture(scope="session")
def weights():
    """RAFT-small, real weights."""
    path = SHARED / "data" / "weights" / "raft-small.pth"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    return path


@pytest.fixture(scope="session")
def middlebury():
    path = SHARED / "data" / "flow"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    return path
