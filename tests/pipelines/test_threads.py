# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Tests that the number of computing threads follows the environment."""
import json
import os
import pathlib
import subprocess


def threads_with(wanted: int, report: pathlib.Path) -> int:
    """Number of threads of a process that is configured to compute with `wanted` threads."""
    stream = ("videotestsrc num-buffers=4 ! video/x-raw,width=64,height=48 ! "
              "scenedetect model=resnet18-lite device=cpu ! "
              f"perfmeter interval=0 measure=process output=json output-location={report} ! "
              "fakesink")
    environment = {**os.environ, "OMP_NUM_THREADS": str(wanted), "GST_TORCH_CPU_WORKERS": "1"}
    subprocess.run(["gst-launch-1.0", "-q", *stream.split()], check=True, timeout=120,
                   env=environment)
    return len(json.loads(report.read_text().splitlines()[-1])["process"]["threads"])


def test_a_worker_computes_with_as_many_threads_as_openmp_is_told(tmp_path: pathlib.Path) -> None:
    one, two, four = (threads_with(count, tmp_path / f"{count}.json") for count in (1, 2, 4))
    assert one < two < four
