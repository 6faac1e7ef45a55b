# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""gst-torch scenes --split: files of shots that together are the video, and what it says of bad
input."""
import array
import functools
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from conftest import BUILD_ROOT, FAILED, NO_SPACE, UNAVAILABLE, USAGE, has_opened, is_one_line, launch

BIKES = BUILD_ROOT / "deps" / "videos" / "bikes.mp4"
MODEL = ["--model", "resnet18-lite"]
WIDTH, HEIGHT = 128, 96
FRAME_BYTES = WIDTH * HEIGHT * 3 // 2
SHOTS = [(30, "smpte"), (25, "circular"), (25, "ball background-color=0xff60e060")]
LENGTHS = [length for length, _ in SHOTS]

# Encoder, muxer and sound. The key frames of VP9 come every 20 frames, wherever cuts are.
VP9 = ("vp9enc lag-in-frames=0 deadline=1 cpu-used=8 target-bitrate=1000000 "
       "keyframe-max-dist={}")
VIDEOS = {
    "vp9.mkv": (VP9.format(20), "matroskamux", "vorbisenc"),
    "rare-keys.mkv": (VP9.format(64), "matroskamux", "vorbisenc"),
    "jpeg.mkv": ("jpegenc", "matroskamux", "vorbisenc"),
    "jpeg.avi": ("jpegenc", "avimux", "audioconvert ! audio/x-raw,format=S16LE"),
    "x264.mp4": ("x264enc key-int-max=20 bframes=2 option-string=scenecut=0", "mp4mux",
                 "avenc_aac"),
}


def has_element(name: str) -> bool:
    return subprocess.run(["gst-inspect-1.0", "--exists", name], check=False).returncode == 0


@pytest.fixture(name="raw", scope="module")
def frames_of_three_shots(tmp_path_factory) -> Path:
    directory = tmp_path_factory.mktemp("raw")
    for number, (length, pattern) in enumerate(SHOTS):
        launch(f"videotestsrc num-buffers={length} pattern={pattern} ! video/x-raw,format=I420,"
               f"width={WIDTH},height={HEIGHT},framerate=25/1 ! "
               f"filesink location={directory}/{number}.raw")
    path = directory / "all.raw"
    path.write_bytes(b"".join((directory / f"{n}.raw").read_bytes() for n in range(len(SHOTS))))
    return path


@pytest.fixture(name="clip", scope="module")
def maker_of_clips(raw, tmp_path_factory):
    """Makes each of VIDEOS once."""
    directory = tmp_path_factory.mktemp("clips")

    def make(name: str) -> Path:
        encoder, muxer, sound = VIDEOS[name]
        if not has_element(encoder.split()[0]):
            pytest.skip(f"there is no {encoder.split()[0]}")
        path = directory / name
        if not path.exists():
            launch(f"filesrc location={raw} ! rawvideoparse width={WIDTH} height={HEIGHT} "
                   f"format=i420 framerate=25/1 ! {encoder} ! {muxer} name=mux ! "
                   f"filesink location={path} "
                   f"audiotestsrc num-buffers=138 ! audio/x-raw,rate=44100,channels=1 ! "
                   f"{sound} ! queue ! mux.")
        return path

    return make


@functools.lru_cache(maxsize=None)
def decoded(path: Path, *options: str) -> bytes:
    """Frames (or samples) of a file, as ffmpeg plays them from its beginning."""
    if not shutil.which("ffmpeg"):
        pytest.skip("ffmpeg is not installed")
    words = options or ("-map", "0:v:0", "-fps_mode", "passthrough", "-f", "rawvideo")
    return subprocess.run(["ffmpeg", "-v", "error", "-i", path, *words, "-"], check=True,
                          capture_output=True, stdin=subprocess.DEVNULL, timeout=60).stdout


def sound_seconds(path: Path) -> float:
    pcm = decoded(path, "-map", "0:a:0", "-ac", "1", "-ar", "8000", "-f", "s16le")
    return len(pcm) / 2 / 8000


def frame_count(path: Path) -> int:
    return len(decoded(path)) // FRAME_BYTES


def difference(one: bytes, other: bytes) -> float:
    """Mean of the bytes' differences, of some bytes."""
    pairs = list(zip(array.array("B", one)[::7], array.array("B", other)[::7]))
    return sum(abs(a - b) for a, b in pairs) / len(pairs)


def split(gst_torch, video, directory, *options, **more):
    done = gst_torch("scenes", video, "--split", directory, *MODEL, *options, **more)
    assert done.returncode == 0, done.stderr
    return sorted(directory.iterdir()), done.stdout


@pytest.fixture(name="split_clip", scope="module")
def splitter_of_clips(gst_torch, clip, tmp_path_factory):
    """Splits each of VIDEOS once in each way."""
    @functools.lru_cache(maxsize=None)
    def run(name: str, *options: str):
        return split(gst_torch, clip(name), tmp_path_factory.mktemp("split") / "parts", *options)

    return run


@pytest.mark.parametrize("name, lengths", [
    ("vp9.mkv", [40, 20, 20]), ("x264.mp4", [40, 20, 20]), ("rare-keys.mkv", [64, 16]),
    ("jpeg.mkv", LENGTHS), ("jpeg.avi", LENGTHS)])
def test_the_parts_are_together_exactly_the_video(split_clip, clip, name, lengths):
    parts, _ = split_clip(name)
    assert [frame_count(part) for part in parts] == lengths
    assert b"".join(map(decoded, parts)) == decoded(clip(name))


@pytest.mark.parametrize("name, ending", [("vp9.mkv", ".mkv"), ("x264.mp4", ".mp4"),
                                          ("jpeg.avi", ".mkv")])
def test_the_container_is_that_of_the_video_or_matroska(split_clip, name, ending):
    parts, _ = split_clip(name)
    assert {part.suffix for part in parts} == {ending}
    begin = {".mkv": (0, b"\x1aE\xdf\xa3"), ".mp4": (4, b"ftyp")}[ending]
    assert all(part.read_bytes()[begin[0]:begin[0] + 4] == begin[1] for part in parts)


@pytest.mark.parametrize("options", [[], ["--reencode"]], ids=["copied", "encoded"])
@pytest.mark.parametrize("name", ["vp9.mkv", "x264.mp4", "jpeg.avi"])
def test_sound_goes_along(split_clip, name, options):
    parts, _ = split_clip(name, *options)
    lengths = [frame_count(part) / 25 for part in parts]
    for part, length in zip(parts, lengths):
        assert sound_seconds(part) == pytest.approx(length, abs=0.15)


def test_a_cut_that_is_on_no_key_frame_moves_to_the_next_and_is_reported(split_clip):
    parts, said = split_clip("vp9.mkv")
    assert said.splitlines() == [
        "shot 2 begins at frame 31 (00:00:01.200), but its file begins at the next key frame, "
        "frame 41 (00:00:01.600), 10 frames later",
        "shot 3 begins at frame 56 (00:00:02.200), but its file begins at the next key frame, "
        "frame 61 (00:00:02.400), 5 frames later",
        f"3 shots in 3 files: {parts[0]} to {parts[2]}"]


def test_a_shot_without_a_key_frame_is_in_the_file_before(split_clip):
    parts, said = split_clip("rare-keys.mkv")
    assert [part.name for part in parts] == ["rare-keys-shot-001.mkv", "rare-keys-shot-003.mkv"]
    assert "shot 2 begins at frame 31 (00:00:01.200), but has no key frame: it is in the file " \
        "of the previous shot\n" in said


def test_cuts_on_key_frames_need_no_report(split_clip):
    _, said = split_clip("jpeg.mkv")
    assert said.count("\n") == 1


@pytest.mark.parametrize("name", ["vp9.mkv", "rare-keys.mkv", "x264.mp4", "jpeg.avi"])
def test_encoded_again_each_file_is_exactly_its_shot(split_clip, raw, name):
    parts, said = split_clip(name, "--reencode")
    assert said == f"3 shots in 3 files: {parts[0]} to {parts[2]}\n"
    frames = [decoded(part) for part in parts]
    assert [len(part) // FRAME_BYTES for part in frames] == LENGTHS
    original, start = raw.read_bytes(), 0
    for part, length in zip(frames, LENGTHS):
        assert difference(part[:FRAME_BYTES], original[start:start + FRAME_BYTES]) < 6
        start += length * FRAME_BYTES


@pytest.mark.parametrize("options", [[], ["--reencode"]], ids=["copied", "encoded"])
def test_a_film_is_split_where_its_cuts_are(gst_torch, tmp_path, options):
    if not BIKES.exists():
        pytest.skip(f"{BIKES} is not there")
    parts, _ = split(gst_torch, BIKES, tmp_path / "parts", *options)
    frame = 640 * 272 * 3 // 2
    assert [len(decoded(part)) // frame for part in parts] == [30, 46, 61, 50, 55, 8]


def test_a_video_of_one_shot_gives_one_file(gst_torch, media, tmp_path):
    parts, said = split(gst_torch, media / "video.mkv", tmp_path / "parts")
    assert [part.name for part in parts] == ["video-shot-001.mkv"]
    assert said == f"1 shots in 1 files: {parts[0]}\n"
    assert decoded(parts[0]) == decoded(media / "video.mkv")


def test_a_list_can_be_written_beside(gst_torch, clip, tmp_path):
    _, said = split(gst_torch, clip("jpeg.mkv"), tmp_path / "parts", "-o", tmp_path / "s.csv")
    assert said.startswith("3 shots in 80 frames, found by resnet18-lite: ")
    assert (tmp_path / "s.csv").read_text().count("\n") == 4


def plugins_without(tmp_path: Path, *left_out: str) -> dict[str, str]:
    """An environment in which GStreamer has all plugins but some."""
    said = subprocess.run(["gst-inspect-1.0", "vp8enc"], capture_output=True, text=True,
                          check=True).stdout
    line = next(line for line in said.splitlines() if line.split()[:1] == ["Filename"])
    directory = tmp_path / "plugins"
    directory.mkdir()
    for plugin in Path(line.split()[1]).parent.glob("*.so"):
        if plugin.name not in left_out:
            (directory / plugin.name).symlink_to(plugin)
    return {"GST_PLUGIN_SYSTEM_PATH_1_0": str(directory), "GST_REGISTRY": str(tmp_path / "registry")}


def test_without_x264_it_encodes_with_vp8(gst_torch, clip, tmp_path):
    parts, _ = split(gst_torch, clip("vp9.mkv"), tmp_path / "parts", "--reencode",
                     env=plugins_without(tmp_path, "libgstx264.so"))
    assert b"V_VP8" in parts[0].read_bytes()
    assert [frame_count(part) for part in parts] == LENGTHS


def test_without_any_encoder_it_says_what_is_missing(fails, clip, tmp_path):
    said = fails("scenes", clip("vp9.mkv"), "--split", tmp_path / "parts", "--reencode", *MODEL,
                 env=plugins_without(tmp_path, "libgstx264.so", "libgstvpx.so"), status=UNAVAILABLE)
    assert "x264enc or vp8enc" in said
    assert not list((tmp_path / "parts").iterdir())


def test_images_of_odd_size_can_be_encoded(gst_torch, tmp_path):
    odd = tmp_path / "odd.mkv"
    launch("videotestsrc num-buffers=12 ! video/x-raw,format=I420,width=127,height=95 ! jpegenc ! "
           f"matroskamux ! filesink location={odd}")
    parts, _ = split(gst_torch, odd, tmp_path / "parts", "--reencode")
    assert len(parts) == 1


def test_a_stream_that_cannot_be_copied_is_one_line_that_names_the_way_out(fails, gst_torch, clip,
                                                                           tmp_path):
    video = tmp_path / "flash.flv"
    launch("videotestsrc num-buffers=12 ! video/x-raw,width=128,height=96,framerate=25/1 ! "
           f"avenc_flv ! flvmux ! filesink location={video}")
    said = fails("scenes", video, "--split", tmp_path / "parts", *MODEL, status=USAGE)
    assert "use --reencode" in said
    assert not list((tmp_path / "parts").iterdir())
    parts, _ = split(gst_torch, video, tmp_path / "parts", "--reencode")
    assert [frame_count(part) for part in parts] == [12]


@pytest.fixture(name="snow", scope="module")
def clip_that_takes_long_to_encode(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("snow") / "snow.mkv"
    launch("videotestsrc num-buffers=150 pattern=snow ! video/x-raw,format=I420,width=640,"
           f"height=480,framerate=25/1 ! jpegenc ! matroskamux ! filesink location={path}")
    return path


@pytest.mark.parametrize("stop, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted_while_it_writes_it_leaves_no_part(interrupted, snow, tmp_path, stop, status):
    directory = tmp_path / "parts"
    done = interrupted("scenes", snow, "--split", directory, "--reencode", *MODEL, signal=stop,
                       when=lambda _: directory.exists() and list(directory.glob("*.part")))
    assert done.returncode == status, done.stderr
    assert done.stderr == "gst-torch: interrupted\n"
    assert not list(directory.iterdir())


def test_interrupted_while_it_reads_it_makes_nothing(interrupted, snow, tmp_path):
    listed = tmp_path / "shots.csv"
    done = interrupted("scenes", snow, "-o", listed, *MODEL, signal=signal.SIGINT,
                       when=has_opened(snow))
    assert done.returncode == 130, done.stderr
    assert done.stderr == "gst-torch: interrupted\n"
    assert not listed.exists()


def test_reencode_without_split_is_wrong_usage(gst_torch, media):
    done = gst_torch("scenes", media / "video.mkv", "--reencode")
    assert done.returncode == 2
    assert is_one_line(done.stderr)
    assert "--split" in done.stderr


def test_a_file_where_the_directory_is_to_be_is_one_line(fails, media, tmp_path):
    (tmp_path / "taken").write_text("mine")
    assert "taken" in fails("scenes", media / "video.mkv", "--split", tmp_path / "taken", *MODEL, status=FAILED)
    assert (tmp_path / "taken").read_text() == "mine"


def test_a_directory_that_cannot_be_written_to_is_one_line(fails, media):
    """Where nobody can write, not even root."""
    assert "/proc" in fails("scenes", media / "video.mkv", "--split", "/proc/self", *MODEL, status=FAILED)


def test_a_full_disk_is_one_line_and_leaves_no_parts(fails, clip, tmp_path):
    """Files may not grow beyond 16 KiB."""
    command = ["bash", "-c", "ulimit -f 16; trap '' XFSZ; exec \"$@\"", "-"]
    said = fails("scenes", clip("jpeg.mkv"), "--split", tmp_path / "parts", *MODEL, prefix=command, status=NO_SPACE)
    assert "cannot split" in said
    assert "--reencode" not in said
    assert not list((tmp_path / "parts").iterdir())


def test_parts_of_an_earlier_run_are_never_mixed_with_new_ones(fails, gst_torch, clip, tmp_path):
    """A run that finds fewer shots would leave the last files of one that found more."""
    before, _ = split(gst_torch, clip("jpeg.mkv"), tmp_path / "parts")
    content = [part.read_bytes() for part in before]
    said = fails("scenes", clip("jpeg.mkv"), "--split", tmp_path / "parts", *MODEL, "--threshold",
                 "0.99", status=USAGE)
    assert "jpeg-shot-001.mkv already exists" in said
    assert [part.read_bytes() for part in sorted((tmp_path / "parts").iterdir())] == content


def test_files_of_other_videos_may_be_in_the_directory(gst_torch, media, tmp_path):
    (tmp_path / "parts").mkdir()
    for name in ("other-shot-001.mkv", "video-shot-001.txt", "video-shot-.mkv", "video.mkv"):
        (tmp_path / "parts" / name).write_text("mine")
    parts, _ = split(gst_torch, media / "video.mkv", tmp_path / "parts")
    assert len(parts) == 5


def test_a_part_is_never_written_over_the_video(fails, media, tmp_path):
    """Not even where the video is reached by the name of a part."""
    content = (media / "video.mkv").read_bytes()
    (tmp_path / "video-shot-001.mkv").symlink_to(media / "video.mkv")
    assert "already exists" in fails("scenes", media / "video.mkv", "--split", tmp_path, *MODEL, status=USAGE)
    assert (media / "video.mkv").read_bytes() == content


def ffmpeg(*words):
    subprocess.run(["ffmpeg", "-v", "error", "-y", *map(str, words)], check=True, timeout=60,
                   stdin=subprocess.DEVNULL)


def probe(path, *words) -> list[str]:
    done = subprocess.run(["ffprobe", "-v", "error", "-select_streams", "v:0", *words, "-of",
                           "csv=p=0", path], check=True, capture_output=True, text=True, timeout=60)
    return done.stdout.replace(",", " ").split()


def count_of_ffprobe(path) -> int:
    return int(probe(path, "-count_frames", "-show_entries", "stream=nb_read_frames")[0])


def complaints_of_ffmpeg(path) -> str:
    return subprocess.run(["ffmpeg", "-v", "error", "-i", path, "-f", "null", "-"], check=False,
                          capture_output=True, text=True, timeout=60).stderr


def are_whole(parts, video) -> bool:
    """Whether ffmpeg decodes all parts in silence, and to as many frames as the video."""
    assert "".join(map(complaints_of_ffmpeg, parts)) == ""
    return sum(map(count_of_ffprobe, parts)) == count_of_ffprobe(video)


THREE_SHOTS = ["-f", "lavfi", "-i", "testsrc2=s=128x96:r=25:d=0.6", "-f", "lavfi", "-i",
               "color=white:s=128x96:r=25:d=0.6", "-f", "lavfi", "-i",
               "mandelbrot=s=128x96:r=25", "-filter_complex",
               "[2]trim=duration=0.6[c];[0][1][c]concat=n=3:v=1"]
X264 = ["-c:v", "libx264", "-g", "5", "-bf", "2", "-pix_fmt", "yuv420p"]


@pytest.fixture(name="film", scope="module")
def three_shots_of_h264(tmp_path_factory) -> Path:
    """15 frames each, with a key frame every 5 frames."""
    if not shutil.which("ffmpeg") or not shutil.which("ffprobe"):
        pytest.skip("ffmpeg or ffprobe is not installed")
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    ffmpeg(*THREE_SHOTS, *X264, path)
    return path


@pytest.mark.parametrize("codec", ["copy", "mpeg2video"])
def test_transport_streams_are_split_at_their_key_frames(gst_torch, film, tmp_path, codec):
    for element in ("tsdemux", "h264parse", "mpegvideoparse"):
        if not has_element(element):
            pytest.skip(f"there is no {element} (Debian: gstreamer1.0-plugins-bad)")
    video = tmp_path / "film.ts"
    ffmpeg("-i", film, "-c:v", codec, "-g", "5", "-sc_threshold", "1000000000", video)
    parts, _ = split(gst_torch, video, tmp_path / "parts")
    assert len(parts) == 3
    assert are_whole(parts, video)


def test_an_edit_list_within_a_gop_is_refused_before_anything_else(fails, gst_torch, film,
                                                                   tmp_path):
    video = tmp_path / "trimmed.mp4"
    ffmpeg("-ss", "0.28", "-i", film, "-c", "copy", video)
    said = fails("scenes", video, "-o", tmp_path / "shots.csv", "--split", tmp_path / "parts",
                 *MODEL, status=USAGE)
    assert "its first frame is not a key frame: use --reencode" in said
    assert not (tmp_path / "shots.csv").exists()
    parts, _ = split(gst_torch, video, tmp_path / "parts", "--reencode")
    assert are_whole(parts, video)


@pytest.mark.parametrize("options", [[], ["--reencode"]], ids=["copied", "encoded"])
def test_a_variable_rate_loses_no_frame(gst_torch, film, tmp_path, options):
    video = tmp_path / "variable.mp4"
    ffmpeg("-i", film, "-vf", "select='not(mod(n,3)*lt(mod(n,10),5))'", "-fps_mode", "vfr", *X264,
           video)
    times = [float(time) for time in probe(video, "-show_entries", "frame=pts_time")]
    assert len({round(b - a, 3) for a, b in zip(times, times[1:])}) > 1
    parts, _ = split(gst_torch, video, tmp_path / "parts", *options)
    assert len(parts) > 1
    assert are_whole(parts, video)


def test_encoded_again_a_change_of_size_is_no_obstacle(gst_torch, film, tmp_path):
    ffmpeg("-i", film, *X264, "-bf", "0", tmp_path / "1.h264")
    ffmpeg("-i", film, "-vf", "scale=64:48", *X264, "-bf", "0", tmp_path / "2.h264")
    both, video = tmp_path / "both.h264", tmp_path / "sizes.mp4"
    both.write_bytes((tmp_path / "1.h264").read_bytes() + (tmp_path / "2.h264").read_bytes())
    ffmpeg("-framerate", "25", "-i", both, "-c", "copy", video)
    sizes = probe(video, "-show_entries", "frame=width")
    assert {"128", "64"} <= set(sizes)
    parts, _ = split(gst_torch, video, tmp_path / "parts", "--reencode")
    assert len(parts) > 3
    assert are_whole(parts, video)
    for part in parts:
        assert set(probe(part, "-show_entries", "frame=width,height")) == {"128", "96"}


@pytest.mark.parametrize("options", [[], ["--reencode"]], ids=["copied", "encoded"])
def test_equal_times_are_refused_before_anything_else(fails, film, tmp_path, options):
    video = tmp_path / "equal.mkv"
    ffmpeg("-i", film, "-c:v", "mjpeg", "-bsf:v", "setts=ts=if(eq(mod(N\\,10)\\,3)\\,PREV_OUTPTS\\,TS)",
           video)
    said = fails("scenes", video, "-o", tmp_path / "shots.csv", "--split", tmp_path / "parts",
                 *MODEL, *options, status=USAGE)
    assert "some of its frames have the same timestamp" in said
    assert not (tmp_path / "shots.csv").exists()


@pytest.mark.parametrize("degrees, options", [(90, []), (180, []), (270, ["--reencode"])])
def test_the_display_matrix_is_kept(gst_torch, film, tmp_path, degrees, options):
    video = tmp_path / "turned.mp4"
    ffmpeg("-i", film, "-c", "copy", "-metadata:s:v:0", f"rotate={degrees}", video)
    entries = ["-show_entries", "stream=width,height:stream_side_data=rotation"]
    shown = probe(video, *entries)
    assert len(shown) == 3
    parts, _ = split(gst_torch, video, tmp_path / "parts", *options)
    assert [probe(part, *entries) for part in parts] == 3 * [shown]
    assert "".join(map(complaints_of_ffmpeg, parts)) == ""
