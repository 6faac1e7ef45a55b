# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Where gst-torch writes to: links, pipes, devices, the standard output, and one file twice."""
import os
import stat
import threading

import pytest

from conftest import FAILED, IMAGE, NO_SPACE, USAGE, launch

MODEL = ["--model", "resnet18-lite"]
HEADER = "Shot Number,"
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(name="listed", scope="module")
def list_of_shots(gst_torch, media):
    """What `scenes` prints of the video without any option."""
    done = gst_torch("scenes", media / "video.mkv", *MODEL)
    assert done.returncode == 0, done.stderr
    assert HEADER in done.stdout
    return done.stdout


def read_in_a_thread(fifo):
    """Starts to read a FIFO; the function that it returns waits for its contents."""
    contents = []
    reader = threading.Thread(target=lambda: contents.append(fifo.read_bytes()), daemon=True)
    reader.start()

    def finish():
        reader.join(timeout=20)
        return contents[0]

    return finish


def test_a_link_stays_and_its_target_is_replaced_at_once(gst_torch, media, listed, tmp_path):
    (tmp_path / "data").mkdir()
    target, link = tmp_path / "data" / "shots.csv", tmp_path / "link.csv"
    target.write_text("of an earlier run")
    earlier = target.open()
    link.symlink_to("data/shots.csv")
    done = gst_torch("scenes", media / "video.mkv", "-o", link, *MODEL)
    assert done.returncode == 0, done.stderr
    assert link.is_symlink()
    assert target.read_text() == listed
    assert earlier.read() == "of an earlier run"  # a reader never sees half of both
    assert os.listdir(tmp_path / "data") == ["shots.csv"]


def test_a_link_to_nothing_makes_its_target(gst_torch, media, listed, tmp_path):
    link = tmp_path / "link.csv"
    link.symlink_to(tmp_path / "shots.csv")
    done = gst_torch("scenes", media / "video.mkv", "-o", link, *MODEL)
    assert done.returncode == 0, done.stderr
    assert link.is_symlink()
    assert (tmp_path / "shots.csv").read_text() == listed


def test_a_link_to_itself_is_an_error(fails, media, tmp_path):
    link = tmp_path / "link.csv"
    link.symlink_to(link)
    assert str(link) in fails("scenes", media / "video.mkv", "-o", link, *MODEL, status=FAILED)


def test_a_link_into_a_missing_directory_is_found_before_anything_else(fails, media, tmp_path):
    link = tmp_path / "link.csv"
    link.symlink_to(tmp_path / "absent" / "shots.csv")
    said = fails("scenes", media / "no-frame.mkv", "-o", link, *MODEL, status=FAILED)
    assert str(tmp_path / "absent") in said


@pytest.mark.parametrize("options, start", [
    (["-o"], HEADER.encode()), (["-o", "shots.csv", "--stats"], b"Frame Number,"),
    (["-o", "shots.csv", "--plot"], PNG), (["-o", "shots.csv", "--sheet"], PNG)],
    ids=["list", "stats", "plot", "sheet"])
def test_a_pipe_is_written_to(gst_torch, media, tmp_path, options, start):
    fifo = tmp_path / "pipe.png"
    os.mkfifo(fifo)
    finish = read_in_a_thread(fifo)
    done = gst_torch("scenes", media / "video.mkv", *options, fifo, *MODEL, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert start in finish()[:100]
    assert stat.S_ISFIFO(fifo.lstat().st_mode)


def test_a_device_is_written_to(gst_torch, media, tmp_path):
    """A link to it, as a test may run where devices matter."""
    link = tmp_path / "null.csv"
    link.symlink_to("/dev/null")
    done = gst_torch("scenes", media / "video.mkv", "-o", link, "--stats", link, *MODEL)
    assert done.returncode == 0, done.stderr
    assert link.is_symlink()
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    assert os.listdir(tmp_path) == ["null.csv"]


@pytest.mark.parametrize("name", ["-", "/dev/fd/1", "/proc/self/fd/1"])
def test_the_standard_output_has_nothing_but_the_file(gst_torch, media, listed, name):
    done = gst_torch("scenes", media / "video.mkv", "-o", name, *MODEL)
    assert (done.returncode, done.stdout) == (0, listed)
    assert done.stderr.startswith("1 shots in ")


def test_with_split_the_summary_goes_elsewhere(gst_torch, media, listed, tmp_path):
    done = gst_torch("scenes", media / "video.mkv", "-o", "-", "--split", tmp_path / "s", *MODEL)
    assert (done.returncode, done.stdout) == (0, listed)
    assert "1 shots in 1 files" in done.stderr


def test_scores_on_the_standard_output_take_the_place_of_the_list(gst_torch, media, tmp_path):
    done = gst_torch("scenes", media / "video.mkv", "--stats", tmp_path / "stats.csv", *MODEL)
    assert HEADER in done.stdout
    done = gst_torch("scenes", media / "video.mkv", "--stats", "-", *MODEL)
    assert (done.returncode, done.stdout) == (0, (tmp_path / "stats.csv").read_text())


def test_what_a_redirected_file_already_has_is_kept(gst_torch, media, listed, tmp_path):
    shell = ["bash", "-c", f"(echo before; \"$@\"; echo after) > {tmp_path}/all", "-"]
    done = gst_torch("scenes", media / "video.mkv", "-o", "-", *MODEL, prefix=shell)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "all").read_text() == "before\n" + listed + "after\n"


def test_a_full_device_is_one_line(fails, media, tmp_path):
    link = tmp_path / "full.csv"
    link.symlink_to("/dev/full")
    said = fails("scenes", media / "video.mkv", "-o", link, *MODEL, status=NO_SPACE)
    assert "No space left" in said


@pytest.mark.parametrize("command, options", [
    ("flow", ["-o", "-"]), ("flow", ["-o", "a.flo", "--visual", "-"]),
    ("match", ["-o", "-"]), ("match", ["-o", "a.csv", "--visual", "-"])])
def test_results_of_images_go_to_the_standard_output(gst_torch, media, weights, tmp_path, command,
                                                      options):
    model = ["--max-size", 32]
    if command == "flow":
        model += ["--model", weights, "--iterations", 1]
    start = {"-": PNG, "flow": b"PIEH", "match": b"x0,y0"}["-" if "--visual" in options else command]
    done = gst_torch(command, media / "a.png", media / "b.png", *options, *model, cwd=tmp_path,
                     prefix=["bash", "-c", f"\"$@\" > {tmp_path}/out", "-"])
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out").read_bytes().startswith(start)
    assert " ms on cpu" in done.stderr


TWICE = [
    ("flow", "-o", "--visual"), ("match", "-o", "--visual"), ("scenes", "-o", "--stats"),
    ("scenes", "--stats", "--plot"), ("scenes", "--plot", "--sheet")]


@pytest.mark.parametrize("command, first, second", TWICE)
@pytest.mark.parametrize("way", ["dot", "link", "link-to-nothing", "hard-link", "directory"])
def test_one_file_for_two_outputs_is_refused(fails, media, tmp_path, command, first, second, way):
    inputs = [media / "a.png", media / "b.png"] if command != "scenes" else [media / "video.mkv"]
    one, other = tmp_path / "one.png", tmp_path / "other.png"
    if way != "link-to-nothing":
        one.write_text("mine")
    if way == "dot":
        other = f"{tmp_path}/./one.png"
    elif way == "hard-link":
        other.hardlink_to(one)
    elif way == "directory":
        (tmp_path / "linked").symlink_to(tmp_path)
        other = tmp_path / "linked" / "one.png"
    else:
        other.symlink_to(one)
    said = fails(command, *inputs, first, one, second, other, status=USAGE)
    assert f"{first} and {second}" in said and "the same file" in said
    assert not one.exists() or one.read_text() == "mine"


@pytest.mark.parametrize("command, first, second", TWICE[:3])
@pytest.mark.parametrize("name", ["-", "/dev/fd/1"])
def test_the_standard_output_for_two_outputs_is_refused(fails, media, command, first, second, name):
    inputs = [media / "a.png", media / "b.png"] if command != "scenes" else [media / "video.mkv"]
    said = fails(command, *inputs, first, "-", second, name, status=USAGE)
    assert f"{first} and {second}" in said


def test_an_overlay_follows_a_link(gst_torch, weights, tmp_path):
    video = tmp_path / "video.mkv"
    launch(f"{IMAGE.format(frames=3)} ! jpegenc ! matroskamux ! filesink location={video}")
    link = tmp_path / "overlay.mkv"
    link.symlink_to(tmp_path / "drawn.mkv")
    done = gst_torch("analyze", video, "-o", tmp_path / "r", "--overlay", link, "--stages", "flow",
                     "--flow-model", weights, "--flow-iterations", 1)
    assert done.returncode == 0, done.stderr
    assert link.is_symlink()
    assert (tmp_path / "drawn.mkv").read_bytes()[:4] == b"\x1aE\xdf\xa3"
