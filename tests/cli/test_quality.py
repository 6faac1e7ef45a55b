# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""--quality of gst-torch: reaches the models, and options of their own take precedence."""
import json
import re
from pathlib import Path

import pytest

from conftest import USAGE, launch


def run_manifest(directory):
    return json.loads((directory / "run.json").read_text())


def flows(directory):
    lines = (directory / "results.jsonl").read_text().splitlines()
    return [json.loads(line)["flow"][0] for line in lines]


@pytest.fixture(name="analyze", scope="module")
def analyze_a_few_frames(gst_torch, media, weights, tmp_path_factory):
    def run(*options, video=media / "video.mkv", directory=None):
        directory = directory or tmp_path_factory.mktemp("analysed")
        done = gst_torch("analyze", video, "-o", directory, "--flow-model", weights, "--frames", 3, *options)
        assert done.returncode == 0, done.stderr
        return directory, done

    return run


def test_analyze_sets_it_on_every_element_and_records_what_it_chose(analyze):
    directory, _ = analyze("--quality", "fast")
    record = run_manifest(directory)
    properties = record["properties"]
    for element in ("raftflow", "loftrmatch", "scenedetect"):
        assert properties[element]["quality"] == "fast"
        assert properties[element]["precision"] == "reduced"
    assert properties["raftflow"]["iterations"] == 6
    assert properties["raftflow"]["skip-identical"] is True
    assert properties["loftrmatch"]["adaptive"] is True
    assert properties["loftrmatch"]["token-pruning"] == 0.4
    assert {stage: (model["device"], model["precision"]) for stage, model in record["models"].items()} == \
        {stage: ("cpu", "fp32") for stage in ("scenes", "flow", "matches")}
    assert [flow["iterations"] for flow in flows(directory)[1:]] == [6, 6]


def test_analyze_is_exact_by_default(analyze):
    directory, _ = analyze()
    exact, _ = analyze("--quality", "exact")
    for found in (directory, exact):
        record = run_manifest(found)
        assert record["properties"]["raftflow"]["quality"] == "exact"
        assert record["models"]["flow"]["precision"] == "fp32"
    assert flows(directory) == flows(exact)


def test_options_of_their_own_take_precedence(analyze):
    directory, done = analyze("--quality", "fast", "--match-quality", "exact", "--flow-iterations", 7)
    properties = run_manifest(directory)["properties"]
    assert properties["raftflow"]["iterations"] == 7
    assert properties["raftflow"]["skip-identical"] is True
    assert properties["loftrmatch"]["quality"] == "exact"
    assert properties["loftrmatch"]["adaptive"] is False
    assert properties["scenedetect"]["quality"] == "fast"
    assert "loftrmatch name=loftrmatch model=loftr-lite quality=exact" in done.stdout


def test_results_of_another_quality_are_not_those_of_this_one(analyze):
    directory, _ = analyze("--quality", "balanced")
    assert "already finished" in analyze("--quality", "balanced", directory=directory)[1].stdout
    assert "already finished" not in analyze("--quality", "fast", directory=directory)[1].stdout
    assert run_manifest(directory)["properties"]["raftflow"]["quality"] == "fast"


def test_identical_frames_have_no_flow_and_their_records_say_so(analyze, tmp_path):
    video = tmp_path / "still.mkv"
    launch("videotestsrc num-buffers=3 pattern=checkers-8 ! video/x-raw,width=64,height=48,framerate=25/1 ! "
           f"jpegenc ! matroskamux ! filesink location={video}")
    for quality, iterations in (("balanced", 0), ("exact", 12)):
        directory, _ = analyze("--quality", quality, video=video)
        found = flows(directory)[1:]
        assert [flow["iterations"] for flow in found] == [iterations] * 2
        assert all((flow["max_magnitude"] == 0) == (iterations == 0) for flow in found)


@pytest.mark.parametrize("command", [
    ["analyze", "video.mkv", "-o", "results"], ["flow", "a.png", "b.png", "-o", "x.flo"],
    ["match", "a.png", "b.png", "-o", "x.csv"], ["scenes", "video.mkv"]])
def test_an_unknown_quality_is_wrong_usage(fails, media, tmp_path, command):
    name, *words = command
    paths = [media / word if (media / word).exists() else word for word in words]
    line = fails(name, *paths, "--quality", "best", status=USAGE, cwd=tmp_path)
    assert 'unknown quality "best": use exact, balanced or fast (--quality)' in line


def test_an_unknown_quality_of_a_stage_is_wrong_usage(fails, media, tmp_path):
    line = fails("analyze", media / "video.mkv", "-o", tmp_path / "out", "--flow-quality", "best", status=USAGE)
    assert '--flow-quality must be exact, balanced or fast, not "best"' in line


def test_the_quality_of_a_stage_that_does_not_run_is_wrong_usage(fails, media, tmp_path):
    line = fails("analyze", media / "video.mkv", "-o", tmp_path / "out", "--stages", "flow", "--match-quality",
                 "fast", status=USAGE)
    assert "--match-quality has no effect: the stage matches is not in --stages" in line


def iterations_of(done):
    assert done.returncode == 0, done.stderr
    return int(re.search(r"(\d+) iterations", done.stdout)[1])


def test_flow_takes_the_iterations_of_the_preset(gst_torch, media, weights, tmp_path):
    command = ["flow", media / "a.png", media / "b.png", "-o", tmp_path / "x.flo", "-m", weights]
    assert iterations_of(gst_torch(*command)) == 12
    assert iterations_of(gst_torch(*command, "--quality", "balanced")) == 8
    assert iterations_of(gst_torch(*command, "--quality", "fast")) == 6
    assert iterations_of(gst_torch(*command, "--quality", "fast", "--iterations", 9)) == 9


def test_match_takes_the_pruning_of_the_preset(gst_torch, middlebury, tmp_path):
    images = [middlebury / "Grove2" / name for name in ("frame10.png", "frame11.png")]

    def matches(*options):
        done = gst_torch("match", *images, "-o", tmp_path / "x.csv", "--max-size", 320, *options)
        assert done.returncode == 0, done.stderr
        return (tmp_path / "x.csv").read_text()

    exact = matches()
    assert matches("--quality", "balanced").count("\n") < exact.count("\n")
    assert matches("--quality", "balanced", "--token-pruning", 0, "--precision", "fp32") == exact


@pytest.mark.skipif("avx512_bf16" not in Path("/proc/cpuinfo").read_text(), reason="the CPU has no AVX512_BF16")
def test_scenes_runs_its_model_in_the_precision_of_the_options(gst_torch, media):
    def log(*options):
        done = gst_torch("scenes", media / "video.mkv", *options, env={"GST_DEBUG": "scenedetect:4"})
        assert done.returncode == 0
        return done.stderr

    assert " in fp32" in log("--quality", "balanced")
    assert " in bf16" in log("--quality", "balanced", "--precision", "bf16")
