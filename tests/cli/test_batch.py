# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""gst-torch analyze: several videos, and directories in which there is something already."""
import json
import re
import resource
import shutil
import signal

import pytest

from conftest import BAD_INPUT, FAILED, NO_SPACE, USAGE, VIDEO_FRAMES, is_one_line

QUICK = ["--flow-iterations", "1"]


def run_manifest(directory):
    return json.loads((directory / "run.json").read_text())


def count_lines(directory):
    return len((directory / "results.jsonl").read_text().splitlines())


def stamps(directory):
    return {path.name: path.stat().st_mtime_ns for path in directory.iterdir()}


@pytest.fixture(name="analyze")
def analyzes_with_the_real_model(gst_torch, weights):
    def run(*arguments, **options):
        return gst_torch("analyze", *arguments, "--flow-model", weights, *QUICK, **options)

    return run


@pytest.fixture(name="batch", scope="module")
def two_good_videos_and_a_bad_one_between_them(gst_torch, media, weights, tmp_path_factory):
    directory = tmp_path_factory.mktemp("batch")
    videos = [media / "video.mkv", media / "text.png", media / "with-audio.mkv"]
    done = gst_torch("analyze", *videos, "-o", directory, "--flow-model", weights, *QUICK)
    return directory, done


def test_a_bad_video_is_one_line_and_the_others_are_done(batch, media):
    directory, done = batch
    assert done.returncode == BAD_INPUT
    # Its sound is longer than its images, and a warning says so.
    errors = [line for line in done.stderr.splitlines()
              if line.startswith("gst-torch: ") and "warning:" not in line]
    assert len(errors) == 1, done.stderr
    assert errors[0].startswith(f"gst-torch: cannot read the video {media / 'text.png'}: ")
    for name in ("video.mkv", "with-audio.mkv"):
        assert count_lines(directory / name) == VIDEO_FRAMES
        assert run_manifest(directory / name)["status"] == "complete"
        assert (directory / name / "report.html").exists()
    assert not (directory / "text.png").exists()


def test_models_are_loaded_once(batch):
    directory = batch[0]
    record = run_manifest(directory / "with-audio.mkv")
    assert record["runtime"]["loads"] == len(record["models"])
    assert run_manifest(directory / "with-audio.mkv")["runtime"]["loads_shared"] >= 1


def test_results_are_what_they_are_alone(batch, analyze, media, tmp_path):
    done = analyze(media / "with-audio.mkv", "-o", tmp_path)
    assert done.returncode == 0, done.stderr
    alone = (tmp_path / "results.jsonl").read_bytes()
    assert (batch[0] / "with-audio.mkv" / "results.jsonl").read_bytes() == alone


def test_a_table_at_the_end_tells_how_each_went(batch, media):
    table = batch[1].stdout.partition("\nstate ")[2]
    for state, name in [("done", "video.mkv"), ("failed", "text.png"), ("done", "with-audio.mkv")]:
        assert re.search(rf"^{state} .*{re.escape(str(media / name))}$", table, re.MULTILINE)


def test_what_was_measured_is_a_table_and_a_file(batch):
    directory, done = batch
    assert done.stdout.count("processing p50/p95/p99/max ms") == 2
    reports = [json.loads(line) for line in (directory / "video.mkv" / "perf.jsonl").open()]
    assert reports[-1]["reason"] == "eos"
    assert reports[-1]["buffers"] == VIDEO_FRAMES
    assert "raftflow" in [element["name"] for element in reports[-1]["elements"]]


def test_an_index_links_the_reports_and_tells_of_failures(batch):
    page = (batch[0] / "index.html").read_text()
    assert re.findall('href="([^"]*)"', page) == ["./video.mkv/report.html",
                                                  "./with-audio.mkv/report.html"]
    assert "text.png" in page
    assert "text file" in page


def test_what_is_finished_is_left_as_it_is(batch, media, weights, gst_torch):
    directory = batch[0]
    before = stamps(directory / "video.mkv")
    done = gst_torch("analyze", media / "video.mkv", media / "with-audio.mkv", "-o", directory,
                     "--flow-model", weights, *QUICK)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\nalready done") == 2
    assert stamps(directory / "video.mkv") == before


def test_again_computes_again_what_is_finished(analyze, media, tmp_path):
    for extra in ([], ["--again"]):
        before = (tmp_path / "run.json").stat().st_mtime_ns if extra else 0
        done = analyze(media / "video.mkv", "-o", tmp_path, *extra)
        assert done.returncode == 0, done.stderr
        assert (tmp_path / "run.json").stat().st_mtime_ns > before


@pytest.mark.parametrize("change", ["settings", "video"])
def test_a_change_of_settings_or_of_the_video_computes_again(analyze, media, tmp_path, change):
    video = tmp_path / "a.mkv"
    shutil.copy(media / "video.mkv", video)
    assert analyze(video, "-o", tmp_path / "out").returncode == 0
    before = run_manifest(tmp_path / "out")["started"]
    if change == "video":
        video.write_bytes((media / "with-audio.mkv").read_bytes())
    done = analyze(video, "-o", tmp_path / "out",
                   *(["--flow-max-size", "32"] if change == "settings" else []))
    assert done.returncode == 0, done.stderr
    assert "already finished" not in done.stdout
    assert run_manifest(tmp_path / "out")["started"] > before


def test_a_video_that_is_named_twice_is_analysed_once(analyze, media, tmp_path):
    done = analyze(media / "video.mkv", media / "." / "video.mkv", "-o", tmp_path)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["index.html", "video.mkv"]


def test_videos_of_the_same_name_get_directories_of_their_own(analyze, media, tmp_path):
    videos = [tmp_path / "a" / "video.mkv", tmp_path / "b" / "video.mkv"]
    for video, source in zip(videos, ("video.mkv", "with-audio.mkv")):
        video.parent.mkdir()
        shutil.copy(media / source, video)
    done = analyze(*videos, "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert run_manifest(tmp_path / "out" / "video.mkv")["input"]["path"] == str(videos[0])
    assert run_manifest(tmp_path / "out" / "video.mkv-2")["input"]["path"] == str(videos[1])


def test_each_of_several_videos_gets_its_images(analyze, media, tmp_path):
    done = analyze(media / "video.mkv", media / "with-audio.mkv", "-o", tmp_path, "--overlay",
                   "flow.mkv")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "video.mkv" / "flow.mkv").stat().st_size > 0
    assert (tmp_path / "with-audio.mkv" / "flow.mkv").stat().st_size > 0


@pytest.mark.parametrize("options, reason", [
    (["--overlay", "/tmp/flow.mkv"], "without a directory"),
    (["--stages", "flow,nonsense"], "nonsense"),
    (["--stages", ""], "--stages must be a comma-separated list of scenes, flow, matches"),
])
def test_wrong_usage_is_told_before_anything_is_made(gst_torch, media, tmp_path, options, reason):
    done = gst_torch("analyze", media / "video.mkv", media / "with-audio.mkv", "-o",
                     tmp_path / "out", *options)
    assert done.returncode == 2
    assert is_one_line(done.stderr)
    assert reason in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_stage_that_is_asked_for_is_the_one_that_runs(analyze, media, tmp_path):
    done = analyze(media / "video.mkv", "-o", tmp_path, "--stages", "flow")
    assert done.returncode == 0, done.stderr
    assert list(run_manifest(tmp_path)["models"]) == ["flow"]


def test_a_directory_that_is_a_file_is_one_line_for_all(gst_torch, media, weights, tmp_path):
    (tmp_path / "out").write_text("in the way\n")
    done = gst_torch("analyze", media / "video.mkv", media / "with-audio.mkv", "-o",
                     tmp_path / "out", "--flow-model", weights)
    assert done.returncode == FAILED
    assert is_one_line(done.stderr), done.stderr
    assert (tmp_path / "out").read_text() == "in the way\n"


def test_results_of_another_version_are_not_touched(fails, media, weights, tmp_path):
    (tmp_path / "format.json").write_text('{"results_version":99}')
    (tmp_path / "results.jsonl").write_text('{"frame":0}\n')
    before = stamps(tmp_path)
    line = fails("analyze", media / "video.mkv", "-o", tmp_path, "--flow-model", weights, status=USAGE)
    assert "version 99" in line
    assert stamps(tmp_path) == before


def small_files_only():
    """As a full disk: what is written beyond it fails."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))


def test_a_disk_that_becomes_full_is_one_line_and_can_be_resumed(analyze, media, tmp_path):
    whole = tmp_path / "whole"
    options = ["--flow-every", "7"]
    assert analyze(media / "video.mkv", "-o", whole, *options).returncode == 0
    # The first flow file of 24 KB is that of frame 7.
    directory = tmp_path / "out"
    done = analyze(media / "video.mkv", "-o", directory, *options, preexec_fn=small_files_only)
    assert done.returncode == NO_SPACE
    assert is_one_line(done.stderr), done.stderr
    assert "cannot write" in done.stderr
    assert run_manifest(directory)["status"] == "failed"
    assert 0 < count_lines(directory) < VIDEO_FRAMES

    done = analyze(media / "video.mkv", "-o", directory, *options)
    assert done.returncode == 0, done.stderr
    assert "resuming after" in done.stdout
    assert (directory / "results.jsonl").read_bytes() == (whole / "results.jsonl").read_bytes()
