# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Tests how tools/demo and tools/setup end early, in a copy of tools/ with fake programs."""
import os
import pathlib
import signal
import subprocess
import time

import pytest

from conftest import Checkout

LONG_BUILD = """case "$*" in *-n*) exit 0 ;; esac
echo $$ >build.pid
sleep 100 &
echo $! >compiler.pid
wait"""


def is_running(pid: int) -> bool:
    """Whether a process exists and is no zombie."""
    status = pathlib.Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


def pid_in(file: pathlib.Path) -> int:
    """The number that a fake program writes as soon as it runs."""
    while not (file.exists() and file.read_text().strip()):
        time.sleep(0.01)
    return int(file.read_text())


@pytest.mark.parametrize("name", ["nosuch.mp4", "."])
def test_a_missing_video_is_found_before_anything_is_installed(checkout: Checkout,
                                                               name: str) -> None:
    checkout.pretend("dpkg-query", "touch installing")
    run = subprocess.run([checkout.root / "tools" / "demo", name], text=True, check=False,
                         capture_output=True, env=checkout.environment, cwd=checkout.root)
    assert run.returncode == 1
    assert run.stderr == f"demo: video not found: {(checkout.root / name).resolve()}\n"
    assert not (checkout.root / "installing").exists()


@pytest.mark.parametrize("script", ["demo", "setup", "test"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_the_build_too(checkout: Checkout, script: str, number: int) -> None:
    checkout.pretend("ninja", LONG_BUILD)
    environment = {"GST_TORCH_LIBTORCH": checkout.has_been_built(), "GST_TORCH_CUDA_TOOLKIT": "0"}
    # A shell cannot handle a signal that it was started to ignore, as by nohup.
    with subprocess.Popen([checkout.root / "tools" / script], stdout=subprocess.DEVNULL,
                          preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),
                          env=os.environ | checkout.environment | environment) as run:
        started = [pid_in(checkout.root / name) for name in ("build.pid", "compiler.pid")]
        run.send_signal(number)
        try:
            assert run.wait(timeout=20) == -number
            assert [pid for pid in started if is_running(pid)] == []
        finally:
            for pid in filter(is_running, [*started, run.pid]):
                os.kill(pid, signal.SIGKILL)
