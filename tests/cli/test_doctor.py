# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""gst-torch doctor: what is found, what is missing, how to get it."""
import json
import shutil
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def with_weights(gst_torch, weights, tmp_path_factory):
    """A models folder as `gst-torch models fetch raft-small` leaves it."""
    folder = tmp_path_factory.mktemp("models")
    manifest = json.loads(Path(gst_torch.environment["GST_TORCH_MANIFEST"]).read_text())
    model = next(model for model in manifest["models"] if model["name"] == "raft-small")
    shutil.copy(weights, folder / model["files"][0]["name"])
    return {"GST_TORCH_MODELS_DIR": str(folder)}


def checks(done):
    report = json.loads(done.stdout)
    return report, {check["name"]: check for check in report["checks"]}


def test_is_content_when_everything_needed_is_there(gst_torch, with_weights):
    done = gst_torch("doctor", env=with_weights)
    assert done.returncode == 0, done.stdout
    assert "Everything that is needed is there." in done.stdout
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
    assert done.returncode == 1
    lines = [line for line in done.stdout.splitlines() if line.strip().startswith("missing")]
    assert len(lines) == 1
    assert "raft-small" in lines[0]
    assert "gst-torch models fetch raft-small" in lines[0]


def test_a_missing_engine_is_said_with_its_remedy(gst_torch, tmp_path):
    done = gst_torch("doctor", "--json", env={"GST_TORCH_ENGINE": str(tmp_path / "engine.so")})
    assert done.returncode == 1
    report, found = checks(done)
    assert report["ok"] is False
    assert found["LibTorch"]["state"] == "missing"
    assert str(tmp_path / "engine.so") in found["LibTorch"]["detail"]
    assert "tools/setup" in found["LibTorch"]["remedy"]
    assert found["GST_TORCH_ENGINE"]["detail"] == str(tmp_path / "engine.so")


def test_missing_plugins_are_said_with_their_remedy(gst_torch, tmp_path):
    done = gst_torch("doctor", "--json", env={"GST_PLUGIN_PATH": str(tmp_path),
                                              "GST_REGISTRY": str(tmp_path / "registry.bin")})
    assert done.returncode == 1
    _, found = checks(done)
    for name in ("raftflow", "analysiswriter", "analysisoverlay"):
        assert found[name]["state"] == "missing"
        assert "GST_PLUGIN_PATH" in found[name]["remedy"]


def test_a_plugin_of_ours_that_cannot_be_loaded_is_named(gst_torch, tmp_path):
    broken = tmp_path / "libgsttorchbroken.so"
    broken.write_bytes(b"no library at all" * 100)
    done = gst_torch("doctor", "--json", env={"GST_PLUGIN_PATH": str(tmp_path),
                                              "GST_REGISTRY": str(tmp_path / "registry.bin")})
    assert done.returncode == 1
    _, found = checks(done)
    assert found[str(broken)]["state"] == "missing"
    assert "blacklisted" in found[str(broken)]["detail"]
