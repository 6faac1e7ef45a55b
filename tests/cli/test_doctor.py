# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""gst-torch doctor: what is found, what is missing, how to get it."""
import json
import shutil
from pathlib import Path

import pytest

from conftest import BUILD_ROOT, UNAVAILABLE


@pytest.fixture(scope="session")
def with_weights(gst_torch, weights, tmp_path_factory):
    """A models directory as `gst-torch models fetch raft-small` leaves it."""
    directory = tmp_path_factory.mktemp("models")
    manifest = json.loads(Path(gst_torch.environment["GST_TORCH_MANIFEST"]).read_text())
    model = next(model for model in manifest["models"] if model["name"] == "raft-small")
    shutil.copy(weights, directory / model["files"][0]["name"])
    return {"GST_TORCH_MODELS_DIR": str(directory)}


@pytest.fixture(scope="session")
def libtorch_for_cpu():
    """The directory of LibTorch's libraries, where they are those for the CPU alone."""
    options = json.loads((BUILD_ROOT / "meson-info" / "intro-buildoptions.json").read_text())
    given = next(option["value"] for option in options if option["name"] == "libtorch")
    directory = Path(given or BUILD_ROOT / "deps" / "libtorch" / "torch") / "lib"
    if (directory / "libtorch_cuda.so").exists():
        pytest.skip("LibTorch has its CUDA half here")
    return directory


def checks(done):
    report = json.loads(done.stdout)
    return report, {check["name"]: check for check in report["checks"]}


def test_is_content_when_everything_needed_is_there(gst_torch, with_weights):
    done = gst_torch("doctor", env=with_weights)
    assert done.returncode == 0, done.stdout
    assert "Everything that gst-torch analyze requires is installed." in done.stdout
    assert "missing" not in done.stdout


def test_the_report_as_json_names_what_was_found(gst_torch, with_weights):
    done = gst_torch("doctor", "--json", env=with_weights)
    assert done.returncode == 0, done.stdout
    report, found = checks(done)
    assert report["ok"] is True
    for name in ("version", "decodebin", "avdec_h264", "matroskamux", "vp8enc", "raftflow",
                 "analysiswriter", "analysisoverlay", "raft-small"):
        assert found[name]["state"] == "ok", name
    assert found["LibTorch"]["detail"].startswith("LibTorch 2.")
    assert "cpu" in found["devices"]["detail"]
    assert found["cores"]["detail"][0].isdigit()


def test_missing_weights_are_one_line_with_the_command_that_gets_them(gst_torch):
    done = gst_torch("doctor")
    assert done.returncode == UNAVAILABLE
    lines = [line for line in done.stdout.splitlines() if line.strip().startswith("missing")]
    assert len(lines) == 1
    assert "raft-small" in lines[0]
    assert "gst-torch models fetch raft-small" in lines[0]


def test_a_missing_engine_is_said_with_its_remedy(gst_torch, tmp_path):
    done = gst_torch("doctor", "--json", env={"GST_TORCH_ENGINE": str(tmp_path / "engine.so")})
    assert done.returncode == UNAVAILABLE
    report, found = checks(done)
    assert report["ok"] is False
    assert found["LibTorch"]["state"] == "missing"
    assert str(tmp_path / "engine.so") in found["LibTorch"]["detail"]
    assert "tools/setup" in found["LibTorch"]["remedy"]
    assert found["GST_TORCH_ENGINE"]["detail"] == str(tmp_path / "engine.so")


def test_missing_plugins_are_said_with_their_remedy(gst_torch, tmp_path):
    done = gst_torch("doctor", "--json", env={"GST_PLUGIN_PATH": str(tmp_path),
                                              "GST_REGISTRY": str(tmp_path / "registry.bin")})
    assert done.returncode == UNAVAILABLE
    _, found = checks(done)
    for name in ("raftflow", "analysiswriter", "analysisoverlay"):
        assert found[name]["state"] == "missing"
        assert "GST_PLUGIN_PATH" in found[name]["remedy"]


def test_a_missing_perfmeter_is_missing_because_analyze_needs_it(gst_torch, with_weights, tmp_path):
    for plugin in (BUILD_ROOT / "gst" / "plugin").glob("*.so"):
        if "perfmeter" not in plugin.name:
            (tmp_path / plugin.name).symlink_to(plugin)
    done = gst_torch("doctor", "--json",
                     env={**with_weights, "GST_PLUGIN_PATH": str(tmp_path),
                          "GST_REGISTRY": str(tmp_path / "registry.bin")})
    assert done.returncode == UNAVAILABLE
    report, found = checks(done)
    assert [check["name"] for check in report["checks"] if check["state"] == "missing"] \
        == ["perfmeter"]
    assert "GST_PLUGIN_PATH" in found["perfmeter"]["remedy"]


@pytest.mark.parametrize("variable, name, option", [
    ("GST_TORCH_VISION_LIBRARY", "geometry", "--geometry"),
    ("GST_TORCH_DRAWING_LIBRARY", "drawing", "--plot"),
])
def test_a_missing_library_is_said_with_the_options_that_need_it(gst_torch, with_weights, tmp_path,
                                                                 variable, name, option):
    done = gst_torch("doctor", "--json",
                     env={**with_weights, variable: str(tmp_path / "absent.so")})
    assert done.returncode == 0, done.stdout
    _, found = checks(done)
    assert found[name]["state"] == "absent"
    assert option in found[name]["detail"]


def test_each_stage_of_analyze_is_said_to_be_able_to_run_or_why_not(gst_torch, with_weights,
                                                                    tmp_path):
    _, found = checks(gst_torch("doctor", "--json", env=with_weights))
    assert {name: found[name]["state"] for name in ("scenes", "flow", "matches")} \
        == {"scenes": "ok", "flow": "ok", "matches": "ok"}
    _, found = checks(gst_torch("doctor", "--json"))
    assert found["flow"]["state"] == "missing"
    assert "gst-torch models fetch raft-small" in found["flow"]["detail"]
    _, found = checks(gst_torch("doctor", "--json",
                                env={**with_weights, "GST_PLUGIN_PATH": str(tmp_path),
                                     "GST_REGISTRY": str(tmp_path / "registry.bin")}))
    assert found["matches"]["state"] == "absent"
    assert "loftrmatch" in found["matches"]["detail"]


def test_checks_every_element_that_analyze_puts_into_its_pipeline(gst_torch, media, weights,
                                                                  tmp_path):
    done = gst_torch("analyze", media / "video.mkv", "-o", tmp_path, "--flow-model", weights,
                     "--overlay", tmp_path / "x.webm", "--frames", "2")
    assert done.returncode == 0, done.stderr
    parts = done.stdout.splitlines()[0].removeprefix("gst-launch-1.0 -e ").split(" ! ")
    elements = {part.split()[0] for part in parts if "/" not in part.split()[0]}
    assert "vp8enc" in elements
    _, found = checks(gst_torch("doctor", "--json"))
    assert elements - found.keys() == set()


def test_a_plugin_of_ours_that_cannot_be_loaded_is_named(gst_torch, tmp_path):
    broken = tmp_path / "libgsttorchbroken.so"
    broken.write_bytes(b"no library at all" * 100)
    done = gst_torch("doctor", "--json", env={"GST_PLUGIN_PATH": str(tmp_path),
                                              "GST_REGISTRY": str(tmp_path / "registry.bin")})
    assert done.returncode == UNAVAILABLE
    _, found = checks(done)
    assert found[str(broken)]["state"] == "missing"
    assert "blacklisted" in found[str(broken)]["detail"]


def test_a_machine_without_a_driver_is_told_what_cuda_would_take(gst_torch, with_weights,
                                                                 no_driver):
    done = gst_torch("doctor", "--json", env=with_weights)
    assert done.returncode == 0, done.stdout  # the CPU does
    _, found = checks(done)
    assert found["NVIDIA driver"]["group"] == "GPU"
    assert found["NVIDIA driver"]["state"] == "absent"
    assert "libcuda.so.1" in found["NVIDIA driver"]["detail"]
    assert "CUDA 13.0 or later (release 580 or later) is required" \
        in found["NVIDIA driver"]["detail"]
    assert "install its driver" in found["NVIDIA driver"]["remedy"]
    assert found["device=cuda"]["state"] == "absent"
    assert "libcuda.so.1" in found["device=cuda"]["detail"]
    assert "device=cpu" in found["device=cuda"]["detail"]


def test_an_old_driver_is_named_with_the_version_that_is_required(gst_torch, pretended_gpu):
    done = gst_torch("doctor", "--json",
                     env={**pretended_gpu, "FAKE_CUDA_VERSION": "11040",
                          "FAKE_NVML_RELEASE": "470.57.02"})
    _, found = checks(done)
    for name in ("NVIDIA driver", "device=cuda"):
        assert found[name]["state"] == "absent"
        assert "CUDA 11.4 (release 470.57.02)" in found[name]["detail"]
        assert "CUDA 13.0 or later (release 580 or later)" in found[name]["detail"]
    assert found["NVIDIA driver"]["remedy"] == "update the driver"


def test_devices_are_listed_with_their_memory(gst_torch, pretended_gpu):
    done = gst_torch("doctor", "--json", env=pretended_gpu)
    _, found = checks(done)
    assert found["NVIDIA driver"]["state"] == "ok"
    assert found["NVIDIA driver"]["detail"].startswith("CUDA 13.0 (release 580.65.06)")
    assert found["cuda:0"]["detail"] == \
        "Pretended GPU 0, compute capability 7.5, 8.6 GB, 1.0 GB free"
    assert found["cuda:1"]["detail"].endswith("6.3 GB free")


def test_a_gpu_that_is_too_old_is_said_to_be(gst_torch, pretended_gpu):
    done = gst_torch("doctor", "--json", env={**pretended_gpu, "FAKE_CUDA_CAPABILITY": "61"})
    _, found = checks(done)
    assert found["cuda:0"]["state"] == "absent"
    assert "compute capability 6.1" in found["cuda:0"]["detail"]
    assert "7.5 is required" in found["cuda:0"]["detail"]


@pytest.mark.parametrize("machine, said", [
    ({"FAKE_CUDA_DEVICES": "0"}, "reports no device"),
    ({"FAKE_CUDA_DEVICES": "0", "CUDA_VISIBLE_DEVICES": ""}, "CUDA_VISIBLE_DEVICES"),
    ({"FAKE_CUDA_INIT": "999"}, "CUDA_ERROR_UNKNOWN"),
])
def test_a_driver_without_a_device_is_one_reason(gst_torch, pretended_gpu, machine, said):
    done = gst_torch("doctor", env={**pretended_gpu, **machine})
    lines = [line for line in done.stdout.splitlines() if "device=cuda" in line]
    assert len(lines) == 1
    assert said in lines[0]
    assert "use device=cpu" in lines[0]


def test_missing_cuda_libraries_of_libtorch_are_said_with_their_remedy(gst_torch, pretended_gpu,
                                                                       libtorch_for_cpu):
    done = gst_torch("doctor", "--json", env=pretended_gpu)
    _, found = checks(done)
    assert found["LibTorch's CUDA half"]["state"] == "absent"
    assert found["LibTorch's CUDA half"]["remedy"] == "GST_TORCH_SETUP_CUDA=1 tools/setup"
    assert f"no libtorch_cuda.so in {libtorch_for_cpu}" in found["LibTorch's CUDA half"]["detail"]
    assert "GST_TORCH_SETUP_CUDA=1 tools/setup" in found["device=cuda"]["detail"]


def test_cuda_code_of_our_own_is_found_where_it_is_built(gst_torch):
    done = gst_torch("doctor", "--json")
    _, found = checks(done)
    for name, variable in (("CUDA kernels", "GST_TORCH_CUDA_LIBRARY"),
                           ("CUDA graphs", "GST_TORCH_GRAPH_LIBRARY"),
                           ("context sharing", "GST_TORCH_GSTCUDA_LIBRARY")):
        built = variable in gst_torch.environment
        assert found[name]["state"] == ("ok" if built else "absent"), found[name]


def test_cuda_code_that_is_not_built_is_said_with_its_remedy(gst_torch, tmp_path):
    done = gst_torch("doctor", "--json",
                     env={"GST_TORCH_CUDA_LIBRARY": str(tmp_path / "kernels.so")})
    _, found = checks(done)
    assert found["CUDA kernels"]["state"] == "absent"
    assert str(tmp_path / "kernels.so") in found["CUDA kernels"]["detail"]
    assert "tools/setup" in found["CUDA kernels"]["detail"]
