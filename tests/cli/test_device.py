# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""device=cuda where it cannot be used: one line that says why, and never the CPU instead."""
import pytest

from conftest import UNAVAILABLE


@pytest.fixture(name="flow")
def flow_of_two_images(media, weights, tmp_path):
    return ("flow", media / "a.png", media / "b.png", "-o", tmp_path / "flow.flo",
            "--model", weights, "--iterations", "1")


def test_cuda_without_a_driver_names_what_is_required(fails, flow, no_driver, tmp_path):
    line = fails(*flow, "--device", "cuda", status=UNAVAILABLE)
    assert "libcuda.so.1" in line
    assert "CUDA 13.0 or later (release 580 or later)" in line
    assert not (tmp_path / "flow.flo").exists()


@pytest.mark.parametrize("machine, said", [
    ({"FAKE_CUDA_VERSION": "11040", "FAKE_NVML_RELEASE": "470.57.02"},
     ["CUDA 11.4 (release 470.57.02)", "CUDA 13.0 or later (release 580 or later)", "update"]),
    ({"FAKE_CUDA_INIT": "999"}, ["cuInit failed with 999, CUDA_ERROR_UNKNOWN", "nvidia-smi"]),
    ({"FAKE_CUDA_DEVICES": "0"}, ["reports no device"]),
])
def test_cuda_with_a_driver_that_does_not_do_says_why(fails, flow, pretended_gpu, tmp_path,
                                                      machine, said):
    line = fails(*flow, "--device", "cuda", env={**pretended_gpu, **machine}, status=UNAVAILABLE)
    for words in (*said, "use device=cpu"):
        assert words in line
    assert not (tmp_path / "flow.flo").exists()


def test_auto_takes_the_cpu_where_the_driver_does_not_do(gst_torch, flow, pretended_gpu, tmp_path):
    done = gst_torch(*flow, "--device", "auto",
                     env={**pretended_gpu, "FAKE_CUDA_VERSION": "11040"})
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert (tmp_path / "flow.flo").exists()
