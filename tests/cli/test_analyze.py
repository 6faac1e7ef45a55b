# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""gst-torch analyze: a video to a directory of results."""
import hashlib
import json
import os
import pty
import re
import shutil
import signal
import struct
import subprocess

import pytest

from conftest import FAILED, IMAGE, PROGRAM, UNAVAILABLE, USAGE, VIDEO_FRAMES, VIDEO_SIZE, has_opened, launch

QUICK = ["--flow-iterations", "2"]


def results(directory):
    return [json.loads(line) for line in (directory / "results.jsonl").read_text().splitlines()]


def run_manifest(directory):
    return json.loads((directory / "run.json").read_text())


def count_frames(video, tmp_path, width, height):
    """Decodes a video to raw I420 and counts what comes out."""
    raw = tmp_path / "raw.yuv"
    launch(f"filesrc location={video} ! decodebin ! videoconvert ! "
           f"video/x-raw,format=I420,width={width},height={height} ! filesink location={raw}")
    return raw.stat().st_size / (width * height * 3 / 2)


@pytest.fixture(scope="module")
def analysed(gst_torch, media, weights, tmp_path_factory):
    """One good run that several tests look at."""
    directory = tmp_path_factory.mktemp("analysed")
    done = gst_torch("analyze", media / "video.mkv", "-o", directory, "--flow-model", weights,
                     "--flow-every", 5, "--overlay", directory / "flow.mkv", *QUICK)
    assert done.returncode == 0, done.stderr
    return directory, done


def test_writes_a_line_per_frame(analysed):
    lines = results(analysed[0])
    assert [line["frame"] for line in lines] == list(range(VIDEO_FRAMES))
    assert lines[0]["flow"][0]["skipped"] == "first-frame"
    for line in lines[1:]:
        assert line["flow"][0]["iterations"] == 2
        assert line["flow"][0]["mean_magnitude"] >= 0


def test_records_the_run(analysed, media, weights):
    record = run_manifest(analysed[0])
    assert record["status"] == "complete"
    assert record["frames"] == VIDEO_FRAMES
    assert record["input"]["path"] == str(media / "video.mkv")
    assert (record["input"]["width"], record["input"]["height"]) == VIDEO_SIZE
    assert record["identity"]["input_modified"] == (media / "video.mkv").stat().st_mtime_ns
    assert record["models"]["flow"]["sha256"] == hashlib.sha256(weights.read_bytes()).hexdigest()
    assert record["properties"]["raftflow"]["iterations"] == 2
    assert record["command"][:2] == ["gst-torch", "analyze"]
    assert set(record["versions"]) == {"gst-plugins-torch", "GStreamer", "LibTorch"}
    assert record["started"] < record["ended"]


def test_tells_which_element_had_the_slowest_frames_longer_than_others(analysed):
    directory = analysed[0]
    frames = {frame["pts"]: frame["ms"] for frame in
              map(json.loads, (directory / "frames.jsonl").read_text().splitlines())}
    assert len(frames) == VIDEO_FRAMES
    slowest = run_manifest(directory)["slowest_frames"]
    assert slowest == sorted(slowest, key=lambda frame: -frame["ms"])
    for frame in slowest:
        elements = frames[frame["pts"]]
        usual = {name: sorted(times[name] for times in frames.values() if name in times)
                 for name in elements if "queue" not in name}
        excess = {name: elements[name] - times[len(times) // 2] for name, times in usual.items()}
        assert ("element" in frame) == (max(excess.values()) >= 0.1 * frame["ms"])
        if "element" in frame:
            assert excess[frame["element"]] == max(excess.values())
            assert frame["element_ms"] == elements[frame["element"]]


def test_writes_the_flow_of_every_nth_frame(analysed):
    files = sorted((analysed[0] / "flow").iterdir())
    assert files
    width, height = VIDEO_SIZE
    assert {file.stat().st_size for file in files} == {12 + width * height * 8}
    named = [flow["file"] for line in results(analysed[0]) for flow in line["flow"]
             if "file" in flow]
    assert [f"flow/{file.name}" for file in files] == named
    assert len(files) <= VIDEO_FRAMES // 5 + 1


@pytest.fixture(name="small_run", scope="module")
def run_with_small_flow(gst_torch, weights, tmp_path_factory):
    """Analyzes 40 frames of 32x32 and returns the directory and what was printed."""
    directory = tmp_path_factory.mktemp("small")
    video = directory / "video.mkv"
    launch("videotestsrc num-buffers=40 pattern=ball ! video/x-raw,width=32,height=32,"
           f"framerate=25/1 ! jpegenc ! matroskamux ! filesink location={video}")

    def run(*options, video=video, to="out"):
        done = gst_torch("analyze", video, "-o", directory / to, "--stages", "flow",
                         "--flow-model", weights, "--flow-iterations", 1, *options)
        assert done.returncode == 0, done.stderr
        return directory / to, done

    run.video = video
    return run


def test_by_default_as_many_flow_files_are_written_as_the_report_shows(small_run):
    directory, done = small_run()
    files = sorted(file.name for file in (directory / "flow").iterdir())
    assert files == [f"{frame:06}.flo" for frame in range(4, 40, 4)]
    page = (directory / "report.html").read_text()
    sheet = page[page.index("Contact sheet"):page.index("<section><h2>Motion")]
    shown = re.findall(r'alt="optical flow of frame (\d+),', sheet)
    assert [f"{int(frame):06}.flo" for frame in shown] == files
    assert sheet.count("<figure") == len(files)
    assert run_manifest(directory)["properties"]["analysiswriter"]["flow-every"] == 4
    assert "flow-every=4" in done.stdout


@pytest.mark.parametrize("options, every", [(["--flow-every", 1], 1), (["--flow-every", 15], 15),
                                            (["--frames", 10], 1)])
def test_flow_files_can_be_chosen(small_run, options, every):
    frames = 10 if "--frames" in options else 40
    directory, _ = small_run(*options, to=f"every-{every}-of-{frames}")
    assert len(list((directory / "flow").iterdir())) == (frames - 1) // every


@pytest.mark.parametrize("options, parts", [
    ([], 1), (["--flow-direction", "both"], 3), (["--flow-every", 0], 0)])
def test_the_disk_space_is_printed_before_the_run(small_run, options, parts):
    directory, done = small_run("--frames", 3, *options, to=f"space-{parts}")
    size = sum(file.stat().st_size for file in directory.glob("flow/*"))
    said = next(line for line in done.stdout.splitlines() if line.startswith("disk space: "))
    assert done.stdout.index("disk space: ") < done.stdout.index("3 frames, ")
    assert len(list(directory.glob("flow/*"))) == 2 * parts
    if parts == 0:
        assert "of flow" not in said
    else:
        assert float(said.split()[2]) == pytest.approx(size / 1024, abs=0.2)
        assert "KiB of flow (2 frames)" in said
    assert "warning" not in done.stderr


def test_matches_are_part_of_the_disk_space(gst_torch, media, tmp_path):
    done = gst_torch("analyze", media / "video.mkv", "-o", tmp_path, "--stages", "matches")
    assert done.returncode == 0, done.stderr
    said = re.search(r"^disk space: at most ([\d.]+) KiB of matches \(15 frames\)", done.stdout,
                     re.MULTILINE)
    size = sum(file.stat().st_size for file in tmp_path.glob("matches/*"))
    assert 0 < size / 1024 <= float(said[1])


def test_results_that_will_not_fit_are_a_warning(small_run, tmp_path):
    """The header of a video says that it lasts 30 years."""
    content = small_run.video.read_bytes()
    duration = content.index(b"\x44\x89\x88") + 3  # Matroska's Duration, a double
    video = tmp_path / "long.mkv"
    video.write_bytes(content[:duration] + struct.pack(">d", 1e12) + content[duration + 8:])
    directory, done = small_run("--flow-every", 1, video=video, to="long")
    warning = next(line for line in done.stderr.splitlines() if "free space" in line)
    assert warning.startswith("gst-torch: warning: the results can take ")
    assert str(directory) in warning and "--flow-every" in warning
    assert run_manifest(directory)["frames"] == 40


@pytest.mark.parametrize("options, kind, every", [
    ([], "csv", 1),
    (["--match-every", 4], "csv", 4),
    (["--match-file-format", "npz", "--match-every", 5], "npz", 5),
    (["--match-file-format", "none"], "", 1),
    (["--match-every", 0], "", 1),
], ids=["as-it-is", "every-4th", "npz", "none", "every-0th"])
def test_writes_the_matches_of_every_nth_frame(gst_torch, media, tmp_path, options, kind, every):
    done = gst_torch("analyze", media / "video.mkv", "-o", tmp_path, "--stages", "matches", *options)
    assert done.returncode == 0, done.stderr
    named = {line["frame"]: match["file"] for line in results(tmp_path)
             for match in line["matches"] if "file" in match}
    # The first frame has none before it.
    assert named == {frame: f"matches/{frame:06}.{kind}" for frame in range(1, VIDEO_FRAMES)
                     if kind and frame % every == 0}
    assert sorted(tmp_path.glob("matches/*")) == [tmp_path / name for name in named.values()]
    if kind == "csv":
        for line in results(tmp_path):
            for match in line["matches"]:
                if "file" in match:
                    rows = (tmp_path / match["file"]).read_text().splitlines()
                    assert rows[0] == "x0,y0,x1,y1,confidence,inlier"
                    assert len(rows) == 1 + match["count"]


@pytest.mark.parametrize("stage, element, options, expected", [
    ("scenes", "scenedetect", ["--scenes-model", "resnet18-lite", "--scenes-threshold", "0.25",
                               "--scenes-look-ahead", "3"],
     {"threshold": 0.25, "look-ahead": 3}),
    ("matches", "loftrmatch", ["--match-model", "loftr-lite", "--match-max-size", "32",
                               "--match-max-matches", "5", "--match-token-pruning", "0.5"],
     {"max-size": 32, "max-matches": 5, "token-pruning": 0.5}),
])
def test_options_reach_the_element_of_their_stage(gst_torch, media, tmp_path, stage, element,
                                                  options, expected):
    done = gst_torch("analyze", media / "video.mkv", "-o", tmp_path, "--stages", stage, *options)
    assert done.returncode == 0, done.stderr
    record = run_manifest(tmp_path)
    properties = record["properties"][element]
    assert {name: properties[name] for name in expected} == expected
    assert record["models"][stage]["name"] == options[1]
    assert record["identity"]["options"][stage].keys() == expected.keys()


def test_a_library_that_an_option_needs_is_missed_before_the_work(fails, media, tmp_path):
    line = fails("analyze", media / "video.mkv", "-o", tmp_path / "out", "--stages", "matches",
                 "--match-geometry", "homography",
                 env={"GST_TORCH_VISION_LIBRARY": str(tmp_path / "absent.so")}, status=UNAVAILABLE)
    assert "absent.so" in line
    assert not (tmp_path / "out").exists()


def test_the_images_are_a_video_of_as_many_frames_side_by_side(analysed, tmp_path):
    width, height = VIDEO_SIZE
    assert count_frames(analysed[0] / "flow.mkv", tmp_path, 2 * width, height) == VIDEO_FRAMES


def test_says_where_the_results_are(analysed):
    directory, done = analysed
    assert f"{VIDEO_FRAMES} frames, " in done.stdout
    assert f"results: {directory}\n" in done.stdout
    assert f"overlay: {directory}/flow.mkv\n" in done.stdout


@pytest.mark.parametrize("options", [[], ["--frames", "5"]], ids=["whole", "5-frames"])
def test_the_command_it_prints_gives_the_same_results(gst_torch, media, weights, tmp_path, options):
    # A directory and a file whose names are hard on every parser on the way.
    video = tmp_path / "it's \"a\" b\\c! $HOME (1).mkv"
    shutil.copy(media / "video.mkv", video)
    directory = tmp_path / "re sults\\"
    done = gst_torch("analyze", video, "-o", directory, "--flow-model", weights, *QUICK, *options)
    assert done.returncode == 0, done.stderr
    first = (directory / "results.jsonl").read_bytes()
    assert first
    shutil.rmtree(directory)

    command = done.stdout.splitlines()[0]
    assert command.startswith("gst-launch-1.0 -e ")
    subprocess.run(command, shell=True, check=True, env=gst_torch.environment, timeout=120,
                   stdout=subprocess.DEVNULL)
    assert (directory / "results.jsonl").read_bytes() == first


@pytest.mark.parametrize("frames", [1, 5, VIDEO_FRAMES, VIDEO_FRAMES + 9])
def test_stops_after_as_many_frames_as_asked_for(gst_torch, media, weights, tmp_path, frames):
    done = gst_torch("analyze", media / "video.mkv", "-o", tmp_path, "--flow-model", weights, "--frames",
                     frames, *QUICK)
    assert done.returncode == 0, done.stderr
    assert len(results(tmp_path)) == min(frames, VIDEO_FRAMES)
    assert run_manifest(tmp_path)["frames"] == min(frames, VIDEO_FRAMES)


def test_stops_in_time_though_decoded_frames_wait_in_full_queues(
        gst_torch, weights, tmp_path):
    launch(f"{IMAGE.format(frames=120)} ! jpegenc ! matroskamux ! "
           f"filesink location={tmp_path}/long.mkv")
    done = gst_torch("analyze", tmp_path / "long.mkv", "-o", tmp_path / "out", "--flow-model", weights,
                     "--frames", 8)
    assert done.returncode == 0, done.stderr
    assert len(results(tmp_path / "out")) == 8


def test_sound_in_the_file_does_not_matter(gst_torch, media, weights, tmp_path):
    done = gst_torch("analyze", media / "with-audio.mkv", "-o", tmp_path, "--flow-model", weights,
                     *QUICK)
    assert done.returncode == 0, done.stderr
    assert len(results(tmp_path)) == VIDEO_FRAMES


def test_a_missing_decoder_for_the_sound_does_not_matter(gst_torch, media, weights, tmp_path):
    done = gst_torch("analyze", media / "with-audio.mkv", "-o", tmp_path, "--flow-model", weights, *QUICK,
                     env={"GST_PLUGIN_FEATURE_RANK": "vorbisdec:NONE,avdec_vorbis:NONE"})
    assert done.returncode == 0, done.stderr
    assert len(results(tmp_path)) == VIDEO_FRAMES


def test_a_missing_decoder_for_the_images_is_named(fails, media, weights, tmp_path):
    line = fails("analyze", media / "with-audio.mkv", "-o", tmp_path / "out", "--flow-model", weights,
                 env={"GST_PLUGIN_FEATURE_RANK": "jpegdec:NONE,avdec_mjpeg:NONE"}, status=UNAVAILABLE)
    assert re.search("no .*JPEG decoder is installed", line)
    assert "gstreamer1.0-libav" in line


def test_a_second_run_into_the_same_directory_replaces_the_first(gst_torch, media, weights, tmp_path):
    for frames in (8, 3):
        done = gst_torch("analyze", media / "video.mkv", "-o", tmp_path, "--flow-model", weights,
                         "--frames", frames, *QUICK)
        assert done.returncode == 0, done.stderr
    assert len(results(tmp_path)) == 3


@pytest.mark.parametrize("options, last", [((), f"{VIDEO_FRAMES} frames"),
                                           (("--frames", "3"), "3/3 frames")])
def test_a_terminal_sees_one_line_that_is_redrawn(gst_torch, media, weights, tmp_path, options, last):
    terminal, slave = pty.openpty()
    with subprocess.Popen([PROGRAM, "analyze", media / "video.mkv", "-o", tmp_path, "--flow-model",
                           weights, *QUICK, *options], env=gst_torch.environment,
                          stdout=subprocess.DEVNULL, stderr=slave) as process:
        assert process.wait(timeout=120) == 0
    os.close(slave)
    shown = os.read(terminal, 65536).decode()
    os.close(terminal)
    assert f"\r100 %, {last}" in shown
    assert shown.count("\n") == 1


@pytest.mark.parametrize("stop, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_when_interrupted_the_files_are_complete_up_to_there(
        interrupted, weights, tmp_path, stop, status):
    frames = 3000
    launch(f"{IMAGE.format(frames=frames)} ! jpegenc ! matroskamux ! "
           f"filesink location={tmp_path}/long.mkv")
    directory = tmp_path / "out"
    done = interrupted("analyze", tmp_path / "long.mkv", "-o", directory, "--flow-model", weights,
                       "--flow-every", "1", signal=stop,
                       when=lambda _: (directory / "flow" / "000003.flo").exists())
    assert done.returncode == status, done.stderr
    assert "(interrupted)" in done.stdout
    assert not list(directory.rglob("*.part"))
    lines = results(directory)
    assert 3 <= len(lines) < frames
    assert [line["frame"] for line in lines] == list(range(len(lines)))
    record = run_manifest(directory)
    assert record["status"] == "interrupted"
    assert record["frames"] == len(lines)


def test_interrupted_before_the_first_frame_it_ends_in_order(interrupted, media, weights, tmp_path):
    video = media / "video.mkv"
    done = interrupted("analyze", video, "-o", tmp_path / "out", "--flow-model", weights,
                       signal=signal.SIGINT, when=has_opened(video))
    assert done.returncode == 130, done.stderr
    assert done.stderr.count("gst-torch:") == 0
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.parametrize("name, reason", [
    ("nowhere.mkv", "No such file"),
    ("text.png", "text file"),
    ("audio.ogg", "no video stream"),
    ("no-frame.mkv", "no decodable frame"),
    ("a.png", "still image"),
    (".", "it is a directory"),
])
def test_what_is_no_video_is_named_before_anything_is_made(
        fails, media, weights, tmp_path, name, reason):
    line = fails("analyze", media / name, "-o", tmp_path / "out", "--flow-model", weights)
    assert str(media / name) in line
    assert reason in line
    assert not (tmp_path / "out").exists()


def test_a_video_that_was_cut_off_gives_what_can_be_read_and_a_warning(
        gst_torch, media, weights, tmp_path):
    cut = tmp_path / "cut.mkv"
    whole = (media / "video.mkv").read_bytes()
    cut.write_bytes(whole[:len(whole) // 2])
    done = gst_torch("analyze", cut, "-o", tmp_path / "out", "--flow-model", weights, *QUICK)
    assert done.returncode == 0, done.stderr
    lines = results(tmp_path / "out")
    assert 1 < len(lines) < VIDEO_FRAMES
    whole_s, read_s = VIDEO_FRAMES / 25, len(lines) / 25
    assert f"warning: {cut} should last {whole_s:.2f} s, but only {read_s:.2f} s could" in done.stderr


@pytest.mark.parametrize("bad", ["file", "file/below", "/proc/gst-torch"])
def test_a_directory_that_cannot_be_written_is_named(fails, media, weights, tmp_path, bad):
    (tmp_path / "file").write_text("in the way\n")
    directory = tmp_path / bad
    assert str(directory) in fails("analyze", media / "video.mkv", "-o", directory, "--flow-model", weights, status=FAILED)
    assert (tmp_path / "file").read_text() == "in the way\n"


def test_images_that_cannot_be_written_are_found_before_the_work_starts(
        fails, media, weights, tmp_path):
    overlay = tmp_path / "absent" / "flow.mkv"
    line = fails("analyze", media / "video.mkv", "-o", tmp_path / "out", "--flow-model", weights,
                 "--overlay", overlay, status=FAILED)
    assert str(overlay) in line
    assert not (tmp_path / "out" / "results.jsonl").exists()


def test_the_video_itself_is_never_overwritten(fails, media, weights, tmp_path):
    video = tmp_path / "video.mkv"
    shutil.copy(media / "video.mkv", video)
    line = fails("analyze", video, "-o", tmp_path / "out", "--flow-model", weights, "--overlay",
                 tmp_path / "." / "video.mkv", status=USAGE)
    assert "is an input" in line
    assert video.read_bytes() == (media / "video.mkv").read_bytes()


def test_missing_weights_name_the_command_that_gets_them(fails, media, tmp_path):
    line = fails("analyze", media / "video.mkv", "-o", tmp_path / "out", status=UNAVAILABLE)
    assert "gst-torch models fetch raft-small" in line
    assert not (tmp_path / "out").exists()


def test_missing_plugins_point_to_the_doctor(fails, media, weights, tmp_path):
    line = fails("analyze", media / "video.mkv", "-o", tmp_path / "out", "--flow-model", weights,
                 env={"GST_PLUGIN_PATH": str(tmp_path),
                      "GST_REGISTRY": str(tmp_path / "registry.bin")}, status=UNAVAILABLE)
    assert "no element raftflow" in line
    assert "gst-torch doctor" in line


def test_an_error_of_an_element_is_its_own_words(gst_torch, media, weights, tmp_path):
    done = gst_torch("analyze", media / "video.mkv", "-o", tmp_path, "--flow-model", weights, "--device",
                     "cuda:7", "--stages", "flow")
    assert done.returncode == UNAVAILABLE
    assert re.fullmatch(r"gst-torch: raftflow: .*cuda.*\n", done.stderr)
    record = run_manifest(tmp_path)
    assert record["status"] == "failed"
    assert "cuda" in record["error"]


def test_verbose_adds_what_else_the_element_says(gst_torch, media, weights, tmp_path):
    done = gst_torch("analyze", media / "video.mkv", "-o", tmp_path, "--flow-model", weights, "--device",
                     "cuda:7", "--stages", "flow", "--verbose")
    assert done.returncode == UNAVAILABLE
    lines = done.stderr.splitlines()
    assert re.fullmatch(r"gst-torch: raftflow: .*cuda.*", lines[0])
    assert "GstRaftFlow:raftflow" in "".join(lines[1:])
