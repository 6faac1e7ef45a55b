# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""What gst-torch reads of files that other programs wrote, held against ffmpeg and ffprobe."""
import base64
import csv
import json
import os
import re
import shutil
import struct
import subprocess

import pytest

from conftest import BAD_INPUT, UNAVAILABLE, USAGE

SIZE = "64x48"
H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-bf", "2"]


def video(seconds, pattern="testsrc2", size=SIZE):
    """Arguments of ffmpeg: a generated video at 25 frames per second."""
    return ["-f", "lavfi", "-t", seconds, "-i", f"{pattern}=s={size}:r=25"]


def sound(seconds):
    return ["-f", "lavfi", "-t", seconds, "-i", "sine"]


@pytest.fixture(name="ffmpeg", scope="module")
def run_ffmpeg():
    if not shutil.which("ffmpeg") or not shutil.which("ffprobe"):
        pytest.skip("ffmpeg is not installed")

    def run(*arguments):
        subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-y", *map(str, arguments)], check=True,
                       timeout=60)

    return run


def probed(path, entry, stream="v:0"):
    """What ffprobe says of a stream, after it has read all of it."""
    return subprocess.run(["ffprobe", "-v", "error", "-count_frames", "-select_streams", stream,
                           "-show_entries", f"stream={entry}", "-of", "csv=p=0", str(path)],
                          check=True, capture_output=True, text=True, timeout=60).stdout.strip(" ,\n")


@pytest.fixture(name="analyze", scope="module")
def analyze_shots(gst_torch, tmp_path_factory):
    """Runs analyze with the model that needs no download; returns how it ended, and run.json."""
    def run(path, *options):
        directory = tmp_path_factory.mktemp("analyzed")
        done = gst_torch("analyze", path, "-o", directory, "--stages", "scenes", *options)
        assert done.returncode == 0, done.stderr
        return done, json.loads((directory / "run.json").read_text()), directory

    return run


# Which stream.

@pytest.fixture(name="two_videos", scope="module")
def a_picture_track_before_a_video(ffmpeg, tmp_path_factory):
    path = tmp_path_factory.mktemp("two") / "two.mkv"
    ffmpeg(*video(0.04, size="96x64"), *video(1), *sound(1), "-map", 0, "-map", 1, "-map", 2,
           "-c:v:0", "mjpeg", "-c:v:1", "mpeg4", "-c:a", "pcm_s16le",
           "-disposition:v:0", "default", "-disposition:v:1", "0", path)
    return path


def test_a_picture_track_is_not_taken_for_the_video(analyze, two_videos):
    _, record, _ = analyze(two_videos)
    assert record["input"]["stream"] == 1
    assert (record["input"]["width"], record["input"]["height"]) == (64, 48)
    assert record["frames"] == int(probed(two_videos, "nb_read_frames", "v:1"))


def test_the_stream_can_be_chosen(analyze, two_videos):
    _, record, _ = analyze(two_videos, "--stream", 0)
    assert record["input"]["stream"] == 0
    assert (record["input"]["width"], record["input"]["height"]) == (96, 64)
    assert record["frames"] == int(probed(two_videos, "nb_read_frames", "v:0")) == 1


def test_of_several_videos_the_default_one_is_taken(analyze, ffmpeg, tmp_path):
    ffmpeg(*video(0.8), *video(0.4), "-map", 0, "-map", 1, "-c:v", "mpeg4",
           "-disposition:v:0", "0", "-disposition:v:1", "default", tmp_path / "default.mkv")
    _, record, _ = analyze(tmp_path / "default.mkv")
    assert (record["input"]["stream"], record["frames"]) == (1, 10)


def test_without_a_default_the_longest_video_is_taken(analyze, ffmpeg, tmp_path):
    ffmpeg(*video(0.4), *video(0.8), "-map", 0, "-map", 1, "-c:v", "mpeg4", tmp_path / "longest.mp4")
    _, record, _ = analyze(tmp_path / "longest.mp4")
    assert (record["input"]["stream"], record["frames"]) == (1, 20)


def test_scenes_and_its_outputs_read_the_same_stream(gst_torch, two_videos, tmp_path):
    done = gst_torch("scenes", two_videos, "-o", tmp_path / "shots.csv", "--sheet",
                     tmp_path / "sheet.png", "--split", tmp_path / "parts", "--model", "resnet18-lite")
    assert done.returncode == 0, done.stderr
    shots = list(csv.DictReader((tmp_path / "shots.csv").open()))
    assert shots[-1]["End Frame"] == probed(two_videos, "nb_read_frames", "v:1") == "25"
    parts = list((tmp_path / "parts").iterdir())
    assert sum(int(probed(part, "nb_read_frames")) for part in parts) == 25


@pytest.mark.parametrize("command", [["analyze", "--stages", "scenes"], ["scenes"]])
def test_a_stream_that_is_not_there_is_named(fails, two_videos, tmp_path, command):
    arguments = [*command, two_videos, "-o", tmp_path / "out"]
    line = fails(*arguments, "--stream", 2, status=BAD_INPUT)
    assert f"{two_videos}: it has no video stream 2, only 0 and 1" in line
    assert "--stream" in fails(*arguments, "--stream", -1, status=USAGE)


def test_a_video_that_gstreamer_leaves_out_is_not_denied(fails, ffmpeg, tmp_path):
    ffmpeg(*video(0.4), *sound(4), "-c:v", "mpeg4", tmp_path / "short.mp4")
    line = fails("analyze", tmp_path / "short.mp4", "-o", tmp_path / "out", "--stages", "scenes")
    assert "shorter than a fifth" in line
    assert "it has no video stream" not in line


# Orientation.

def quadrants(size=(64, 48)):
    """Arguments of ffmpeg: four colours, so that every way of turning the image shows."""
    width, height = size[0] // 2, size[1] // 2
    inputs = [["-f", "lavfi", "-t", 0.4, "-i", f"color={color}:s={width}x{height}:r=25"]
              for color in ("red", "lime", "blue", "white")]
    return [*sum(inputs, []), "-filter_complex", "[0][1]hstack[a];[2][3]hstack[b];[a][b]vstack"]


def pixels(path, size, *options):
    """The first frame as ffmpeg displays it, scaled, as rows of RGB."""
    rgb = subprocess.run(["ffmpeg", "-v", "error", "-i", str(path), "-frames:v", "1", *options,
                          "-s", f"{size[0]}x{size[1]}", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"],
                         check=True, capture_output=True, timeout=60).stdout
    return [[rgb[3 * (y * size[0] + x):][:3] for x in range(size[0])] for y in range(size[1])]


def corners(rows):
    """The colours in the middle of the four quadrants."""
    height, width = len(rows), len(rows[0])
    return [rows[height * y // 4][width * x // 4] for y in (1, 3) for x in (1, 3)]


def are_alike(colors, others):
    return all(abs(a - b) < 40 for color, other in zip(colors, others) for a, b in zip(color, other))


@pytest.fixture(name="turned", scope="module")
def turned_video(ffmpeg, tmp_path_factory):
    """Makes an MP4 file with a display matrix, as phones do, of what other arguments give."""
    directory = tmp_path_factory.mktemp("turned")

    def make(degrees, *arguments):
        ffmpeg(*arguments, *H264, directory / "stored.mp4")
        path = directory / f"turned{degrees}.mp4"
        ffmpeg("-i", directory / "stored.mp4", "-c", "copy", "-metadata:s:v:0", f"rotate={degrees}",
               path)
        return path

    return make


@pytest.mark.parametrize("degrees, size", [(180, (64, 48)), (270, (48, 64))])
def test_frames_are_shown_as_a_player_shows_them(gst_torch, turned, tmp_path, degrees, size):
    video = turned(degrees, *quadrants())
    done = gst_torch("scenes", video, "--sheet", tmp_path / "sheet.png", "--model", "resnet18-lite")
    assert done.returncode == 0, done.stderr
    left, top = 146, 52  # of the sheet's first frame
    width, height = (135, 180) if degrees == 270 else (240, 180)
    shown = pixels(tmp_path / "sheet.png", (width, height), "-vf",
                   f"crop={width}:{height}:{left}:{top}")
    assert are_alike(corners(shown), corners(pixels(video, size)))


def test_the_report_and_the_overlay_are_upright_too(analyze, turned, tmp_path):
    video = turned(90, *quadrants())
    _, record, directory = analyze(video, "--overlay", tmp_path / "overlay.mkv")
    assert (record["input"]["width"], record["input"]["height"]) == (48, 64)
    expected = corners(pixels(video, (48, 64)))
    (tmp_path / "picture.jpg").write_bytes(list(report_pictures(directory).values())[0])
    assert are_alike(corners(pixels(tmp_path / "picture.jpg", (48, 64))), expected)
    overlay = pixels(tmp_path / "overlay.mkv", (48, 64), "-vf", "crop=48:64:0:0")
    assert are_alike(corners(overlay), expected)


def test_flow_has_the_directions_of_the_displayed_video(analyze, ffmpeg, turned, weights, tmp_path):
    pan = ("nullsrc=s=192x96:r=25,geq=lum=random(1)*255:cb=128:cr=128,gblur=sigma=2,"
           "trim=end_frame=1,loop=5:1,setpts=N/25/TB,crop=128:96:4*n:0")
    video = turned(90, "-f", "lavfi", "-i", pan)
    ffmpeg("-i", video, *H264, tmp_path / "upright.mp4")
    means = []
    for path in (video, tmp_path / "upright.mp4"):
        _, _, directory = analyze(path, "--stages", "flow", "--flow-model", weights)
        flows = [json.loads(line)["flow"][0] for line in (directory / "results.jsonl").open()][1:]
        means.append([sum(flow[key] for flow in flows) / len(flows) for key in ("mean_x", "mean_y")])
    assert means[0] == pytest.approx(means[1], abs=0.1)
    assert means[0] == pytest.approx([0, 4], abs=0.3)


def with_exif(jpeg, orientation):
    """The file with an EXIF segment."""
    exif = b"Exif\0\0MM\0*\0\0\0\x08" + struct.pack(">HHHIHHI", 1, 0x0112, 3, 1, orientation, 0, 0)
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + jpeg[2:]


@pytest.mark.parametrize("orientation, stored", [(6, "transpose=cclock"), (2, "hflip")])
def test_images_are_read_as_displayed(gst_torch, ffmpeg, tmp_path, orientation, stored):
    ffmpeg(*video(0.04, "mandelbrot", "160x120"), "-q:v", 2, tmp_path / "upright.png")
    ffmpeg("-i", tmp_path / "upright.png", "-vf", stored, "-q:v", 2, tmp_path / "stored.jpg")
    tagged = tmp_path / "tagged.jpg"
    tagged.write_bytes(with_exif((tmp_path / "stored.jpg").read_bytes(), orientation))
    done = gst_torch("match", tmp_path / "upright.png", tagged, "-o", tmp_path / "matches.csv",
                     "--model", "loftr-lite")
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader((tmp_path / "matches.csv").open()))
    assert len(rows) > 20
    far = [row for row in rows if max(abs(float(row["x0"]) - float(row["x1"])),
                                      abs(float(row["y0"]) - float(row["y1"]))) > 4]
    assert len(far) < len(rows) / 10


# Where a video ends.

VARIABLE_RATE = ["-vf", "select='not(mod(n,3)*lt(mod(n,10),5))'", "-fps_mode", "vfr"]
WITH_SOUND = ["-map", 0, "-map", 1, "-c:a", "aac"]


@pytest.mark.parametrize("name, arguments", [
    ("rate.mp4", [*video(1), *VARIABLE_RATE, *H264]),
    ("sound.mkv", [*video(1), *sound(5), *WITH_SOUND, *H264]),
    ("late.mp4", ["-itsoffset", "1.5", *video(1), *sound(3), *WITH_SOUND, *H264,
                  "-fps_mode", "passthrough"]),
    ("offset.mkv", [*video(1), *H264, "-output_ts_offset", 100]),
    ("sound.avi", [*video(1), *sound(5), "-c:v", "mpeg4", "-c:a", "pcm_s16le"]),
])
def test_a_whole_file_is_not_said_to_be_cut_off(analyze, ffmpeg, tmp_path, name, arguments):
    ffmpeg(*arguments, tmp_path / name)
    done, record, _ = analyze(tmp_path / name)
    assert record["frames"] == int(probed(tmp_path / name, "nb_read_frames"))
    assert "warning" not in done.stderr
    assert f"100 %, {record['frames']} frames" in done.stderr
    assert record["input"]["duration"] == pytest.approx(1e9, abs=6e7)


@pytest.mark.parametrize("name, arguments", [
    ("whole.mp4", [*video(2), *sound(4), *WITH_SOUND, *H264, "-movflags", "+faststart"]),
    ("whole.mkv", [*video(2), *sound(2), *WITH_SOUND, *H264]),
])
def test_a_file_that_was_cut_off_is_said_to_be(analyze, ffmpeg, tmp_path, name, arguments):
    ffmpeg(*arguments, tmp_path / name)
    cut = tmp_path / ("cut-" + name)
    whole = (tmp_path / name).read_bytes()
    cut.write_bytes(whole[:len(whole) // 2])
    done, record, _ = analyze(cut)
    text = re.search(r"warning: (.*) should last ([\d.]*) s, but only ([\d.]*) s could be read\n",
                     done.stderr)
    assert text.group(1) == str(cut)
    assert float(text.group(2)) == pytest.approx(2, abs=0.1)
    assert float(text.group(3)) == pytest.approx(record["frames"] / 25, abs=0.1)
    assert record["frames"] == pytest.approx(int(probed(cut, "nb_read_frames")), abs=2)


def report_pictures(directory):
    """The frames that the report shows, by number."""
    text = (directory / "report.html").read_text()
    return {int(number): base64.b64decode(data) for data, number in
            re.findall(r'base64,([^"]*)" alt="frame (\d+) of the video', text)}


# Each frame is brighter than the one before.
BRIGHTER = ["-f", "lavfi", "-t", 1, "-i", f"nullsrc=s={SIZE}:r=25,geq=lum=20+8*N:cb=128:cr=128"]


def brightness(path):
    """The mean of each frame."""
    rgb = subprocess.run(["ffmpeg", "-v", "error", "-i", str(path), "-fps_mode", "passthrough",
                          "-s", SIZE, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"],
                         check=True, capture_output=True, timeout=60).stdout
    size = 3 * 64 * 48
    return [sum(rgb[at:at + size]) / size for at in range(0, len(rgb), size)]


@pytest.mark.parametrize("name, arguments", [
    ("aac.mkv", [*BRIGHTER, *sound(1), *WITH_SOUND, *H264]),  # the video begins after 21 ms
    ("long.mkv", [*BRIGHTER, *sound(3), *WITH_SOUND, *H264]),
    ("late.mp4", ["-itsoffset", "1.5", *BRIGHTER, *sound(3), *WITH_SOUND, *H264,
                  "-fps_mode", "passthrough"]),
])
def test_the_report_shows_the_frames_that_it_names(analyze, ffmpeg, tmp_path, name, arguments):
    ffmpeg(*arguments, tmp_path / name)
    _, _, directory = analyze(tmp_path / name)
    pictures = report_pictures(directory)
    assert len(pictures) > 10
    expected = brightness(tmp_path / name)
    for number in (min(pictures), 11, max(pictures)):
        (tmp_path / "picture.jpg").write_bytes(pictures[number])
        assert brightness(tmp_path / "picture.jpg")[0] == pytest.approx(expected[number], abs=3)


# What cannot be read, or only in part.

@pytest.fixture(name="jpeg", scope="module")
def a_jpeg_image(ffmpeg, tmp_path_factory):
    path = tmp_path_factory.mktemp("jpeg") / "image.jpg"
    ffmpeg(*video(0.04, "mandelbrot", "160x120"), path)
    return path


def as_cmyk(jpeg):
    """The file with the headers of an image of four components."""
    frame, scan = jpeg.index(b"\xff\xc0"), jpeg.index(b"\xff\xda")
    components = b"".join(bytes([number, 0x11, 0]) for number in range(1, 5))
    return (jpeg[:frame] + b"\xff\xc0\0\x14" + jpeg[frame + 4:frame + 9] + b"\x04" + components
            + jpeg[frame + 19:scan] + b"\xff\xda\0\x0e\x04\x01\0\x02\0\x03\0\x04\0\0\x3f\0"
            + jpeg[scan + 14:])


def test_a_jpeg_image_that_was_cut_off_is_said_to_be(gst_torch, jpeg, tmp_path):
    half = tmp_path / "half.jpg"
    half.write_bytes(jpeg.read_bytes()[:jpeg.stat().st_size // 2])
    for image, warning in ((half, f"gst-torch: warning: {half} is truncated"), (jpeg, "")):
        done = gst_torch("match", jpeg, image, "-o", tmp_path / "matches.csv", "--model", "loftr-lite")
        assert done.returncode == 0
        assert done.stderr.startswith(warning) and done.stderr.count("\n") == (1 if warning else 0)


@pytest.mark.parametrize("name, reason", [
    ("cmyk.jpg", "CMYK"), ("half.png", "truncated"), ("image.bmp", "image/bmp"),
    ("image.tiff", "image/tiff"),
])
def test_an_image_that_cannot_be_decoded_is_named_with_the_reason(
        fails, ffmpeg, jpeg, tmp_path, name, reason):
    image = tmp_path / name
    if name == "cmyk.jpg":
        image.write_bytes(as_cmyk(jpeg.read_bytes()))
    else:
        ffmpeg("-i", jpeg, image)
    if name == "half.png":
        image.write_bytes(image.read_bytes()[:image.stat().st_size // 2])
    line = fails("match", jpeg, image, "-o", tmp_path / "matches.csv", "--model", "loftr-lite")
    assert f"cannot read the image {image}: " in line
    assert reason in line


def test_an_animated_png_is_no_still_image(fails, ffmpeg, tmp_path):
    ffmpeg(*video(0.2), "-f", "apng", tmp_path / "animation.png")
    assert "animated PNG" in fails("scenes", tmp_path / "animation.png")


def test_a_codec_that_gstreamer_does_not_know_is_named(fails, ffmpeg, tmp_path):
    ffmpeg(*video(0.2, size="256x128"), "-c:v", "dnxhd", "-profile:v", "dnxhr_sq",
           "-pix_fmt", "yuv422p", tmp_path / "video.mov")
    line = fails("scenes", tmp_path / "video.mov", status=UNAVAILABLE)
    assert "codec AVdh" in line
    assert "apt-get" not in line


def test_a_name_need_not_be_utf_8(analyze, ffmpeg, tmp_path):
    ffmpeg(*video(0.4), *H264, tmp_path / "video.mp4")
    name = os.path.join(os.fsencode(tmp_path), b"\xff \"\\video.mp4")
    os.rename(tmp_path / "video.mp4", name)
    _, record, directory = analyze(os.fsdecode(name))
    assert record["frames"] == 10
    assert report_pictures(directory)


@pytest.mark.parametrize("command", [["analyze", "--stages", "scenes"], ["scenes"]])
@pytest.mark.parametrize("name, reason", [("fifo", "pipe or device"), ("/dev/null", "pipe or device"),
                                          (".", "directory"), ("-", "standard input")])
def test_only_files_are_read(fails, tmp_path, command, name, reason):
    os.mkfifo(tmp_path / "fifo")
    line = fails(*command, name, "-o", tmp_path / "out", cwd=tmp_path)
    assert line.startswith(f"gst-torch: cannot read {name}: ")
    assert reason in line
