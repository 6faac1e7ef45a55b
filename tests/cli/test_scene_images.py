# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""gst-torch scenes --sheet and --plot: what is in the images."""
import csv
import re
import subprocess
import xml.etree.ElementTree
from pathlib import Path

import pytest

from conftest import FAILED, SHARED, USAGE, is_one_line, launch

MODEL = ["--model", "resnet18-lite"]
PATTERNS = ["smpte", "circular", "checkers-8", "ball background-color=0xff60e060", "snow",
            "pinwheel", "gradient"]
CUTS = [30, 55]
FRAMES = 80

# Of a sheet, in pixels.
LEFT, TOP, ROW, COLUMN = 146, 52, 212, 252
FRAME = (240, 180)
# Of a plot.
PLOT_LEFT, PLOT_RIGHT, PLOT_TOP, PLOT_BOTTOM = 56, 1180, 64, 360
SCORE, THRESHOLD, CUT, FADE = "#0969da", "#cf222e", "#1a7f37", "#8250df"


def make_video(directory: Path, lengths: list[int]) -> Path:
    """Shots of so many frames, one pattern after the other."""
    raw = b""
    for number, length in enumerate(lengths):
        launch(f"videotestsrc num-buffers={length} pattern={PATTERNS[number % len(PATTERNS)]} ! "
               f"video/x-raw,format=I420,width=128,height=96 ! filesink location={directory}/shot.raw")
        raw += (directory / "shot.raw").read_bytes()
    (directory / "all.raw").write_bytes(raw)
    path = directory / "shots.mkv"
    launch(f"filesrc location={directory}/all.raw ! rawvideoparse width=128 height=96 format=i420 "
           f"framerate=25/1 ! jpegenc ! matroskamux ! filesink location={path}")
    return path


@pytest.fixture(name="video", scope="module")
def video_of_three_shots(tmp_path_factory) -> Path:
    return make_video(tmp_path_factory.mktemp("three"), [30, 25, 25])


class Pixels:
    """An image, or the frames of a video, as rows of RGB."""

    def __init__(self, path: Path, size: tuple[int, int] | None = None):
        out = path.parent / (path.name + ".rgb")
        scaled = f"video/x-raw,width={size[0]},height={size[1]} ! " if size else ""
        said = subprocess.run(
            ["gst-launch-1.0", "-v", *f"filesrc location={path} ! decodebin ! videoconvert ! "
             f"videoscale ! {scaled}videoconvert ! video/x-raw,format=RGB ! identity name=end ! "
             f"filesink location={out}".split()], capture_output=True, text=True, check=True,
            timeout=60).stdout
        caps = re.search(r"end.GstPad:sink: caps = (.*)", said).group(1)
        self.width = int(re.search(r"width=\(int\)(\d+)", caps).group(1))
        self.height = int(re.search(r"height=\(int\)(\d+)", caps).group(1))
        self.bytes = out.read_bytes()
        self.stride = (3 * self.width + 3) // 4 * 4

    def at(self, x: int, y: int) -> tuple[int, int, int]:
        place = y * self.stride + 3 * x
        return tuple(self.bytes[place:place + 3])

    def part(self, x: int, y: int, width: int, height: int) -> bytes:
        return b"".join(self.bytes[row * self.stride + 3 * x:row * self.stride + 3 * (x + width)]
                        for row in range(y, y + height))

    def frame(self, number: int) -> bytes:
        return self.part(0, number * self.height, self.width, self.height)


def difference(one: bytes, other: bytes) -> float:
    pairs = list(zip(one[::11], other[::11]))
    return sum(abs(a - b) for a, b in pairs) / len(pairs)


def draw(gst_torch, video, *options):
    done = gst_torch("scenes", video, *MODEL, *options)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name, most", [("sheet.png", 2), ("sheet.jpg", 6)])
def test_the_sheet_shows_the_first_middle_and_last_frame_of_each_shot(gst_torch, video, tmp_path,
                                                                      name, most):
    draw(gst_torch, video, "--sheet", tmp_path / name)
    sheet, film = Pixels(tmp_path / name), Pixels(video, FRAME)
    shots = zip([0, *CUTS], [*CUTS, FRAMES])
    for row, (first, end) in enumerate(shots):
        for column, number in enumerate([first, (first + end - 1) // 2, end - 1]):
            shown = sheet.part(LEFT + column * COLUMN, TOP + row * ROW, *FRAME)
            assert difference(shown, film.frame(number)) < most, (row, column)


def test_a_sheet_has_a_row_for_each_shot_and_words_beside_it(gst_torch, video, tmp_path):
    draw(gst_torch, video, "--sheet", tmp_path / "sheet.png")
    sheet = Pixels(tmp_path / "sheet.png")
    assert sheet.height == 40 + 3 * ROW + 12
    for row in range(3):
        words = sheet.part(16, TOP + row * ROW, 120, 100)
        assert words.count(b"\xff\xff\xff") > 3000  # paper
        assert min(words) < 80  # ink
        below = sheet.part(LEFT, TOP + row * ROW + FRAME[1] + 2, FRAME[0], 18)
        assert min(below) < 140  # the time


def test_many_shots_make_several_pages(gst_torch, tmp_path):
    video = make_video(tmp_path, [20] * 45)
    said = draw(gst_torch, video, "--sheet", tmp_path / "sheet.png", "-o", tmp_path / "s.csv")
    shots = (tmp_path / "s.csv").read_text().count("\n") - 1
    assert shots > 40
    assert f"2 pages of the contact sheet: {tmp_path}/sheet.png to {tmp_path}/sheet-2.png\n" in said
    assert Pixels(tmp_path / "sheet.png").height == 40 + 40 * ROW + 12
    assert Pixels(tmp_path / "sheet-2.png").height == 40 + (shots - 40) * ROW + 12
    assert not (tmp_path / "sheet-3.png").exists()


@pytest.mark.parametrize("ending", [".png", ".jpg"])
def test_pages_of_an_earlier_run_are_removed_and_no_reference_images(gst_torch, video, tmp_path,
                                                                   ending):
    long = make_video(tmp_path, [20] * 45)
    sheet, second, third = (tmp_path / f"sheet{number}{ending}" for number in ("", "-2", "-3"))
    draw(gst_torch, long, "--sheet", sheet)
    assert second.exists()
    third.write_bytes((tmp_path / "shots.mkv").read_bytes()[:1000])  # somebody's
    draw(gst_torch, video, "--sheet", sheet)
    assert Pixels(sheet).height == 40 + 3 * ROW + 12
    assert not second.exists()
    assert third.exists()
    second.write_bytes(third.read_bytes())
    draw(gst_torch, video, "--sheet", sheet)
    assert second.exists()


def test_a_shot_of_few_frames_shows_them_more_than_once(gst_torch, tmp_path):
    one = tmp_path / "one.mkv"
    launch("videotestsrc num-buffers=1 ! video/x-raw,width=128,height=96,framerate=25/1 ! jpegenc "
           f"! matroskamux ! filesink location={one}")
    draw(gst_torch, one, "--sheet", tmp_path / "sheet.png", "--plot", tmp_path / "plot.png")
    sheet = Pixels(tmp_path / "sheet.png")
    shown = [sheet.part(LEFT + column * COLUMN, TOP, *FRAME) for column in range(3)]
    assert shown[0] == shown[1] == shown[2]
    assert Pixels(tmp_path / "plot.png").width == 1200


class Svg:
    """Shapes of a plot: (colour, points) of its lines, its boxes and words."""

    def __init__(self, path: Path):
        root = xml.etree.ElementTree.parse(path).getroot()
        name = "{http://www.w3.org/2000/svg}"
        self.words = [text.text for text in root.iter(name + "text")]
        self.boxes = [box.attrib for box in root.iter(name + "rect")]
        self.lines = [(line.attrib["stroke"], [tuple(map(float, point.split()))
                                               for point in re.split("[ML]", line.attrib["d"])[1:]])
                      for line in root.iter(name + "path")]

    def of(self, color: str) -> list[list[tuple[float, ...]]]:
        return [points for stroke, points in self.lines if stroke == color]


def x_of(frame: int) -> float:
    return PLOT_LEFT + (PLOT_RIGHT - PLOT_LEFT) * frame / (FRAMES - 1)


def y_of(score: float) -> float:
    return PLOT_BOTTOM - (PLOT_BOTTOM - PLOT_TOP) * score


def test_the_plot_has_the_score_of_every_frame(gst_torch, video, tmp_path):
    draw(gst_torch, video, "--plot", tmp_path / "plot.svg", "--stats", tmp_path / "scores.csv")
    scores = [float(row["score"]) for row in csv.DictReader((tmp_path / "scores.csv").open())]
    line, = Svg(tmp_path / "plot.svg").of(SCORE)
    assert [x for x, _ in line] == pytest.approx([x_of(i) for i in range(FRAMES)], abs=0.11)
    assert [y for _, y in line] == pytest.approx([y_of(score) for score in scores], abs=0.11)


def test_the_plot_marks_the_cuts_and_numbers_the_shots(gst_torch, video, tmp_path):
    draw(gst_torch, video, "--plot", tmp_path / "plot.svg")
    plot = Svg(tmp_path / "plot.svg")
    assert [points[0][0] for points in plot.of(CUT)] == pytest.approx(
        [x_of(cut) for cut in CUTS], abs=0.11)
    assert {"1", "2", "3", "cut", "shots.mkv: score of every frame"} <= set(plot.words)
    assert "fade" not in plot.words


@pytest.mark.parametrize("threshold", ["0.3", "0.6"])
def test_the_plot_shows_the_threshold_that_was_used(gst_torch, video, tmp_path, threshold):
    draw(gst_torch, video, "--plot", tmp_path / "plot.svg", "--threshold", threshold)
    plot = Svg(tmp_path / "plot.svg")
    line, = plot.of(THRESHOLD)
    assert [y for _, y in line] == pytest.approx([y_of(float(threshold))] * 2, abs=0.11)
    assert f"threshold {float(threshold):.2f}" in plot.words


def test_the_plot_shades_fades(gst_torch, tmp_path):
    film = SHARED / "data" / "shots" / "fades.mp4"
    if not film.exists():
        pytest.skip(f"{film} is not there")
    draw(gst_torch, film, "--plot", tmp_path / "plot.svg")
    plot = Svg(tmp_path / "plot.svg")
    shades = [box for box in plot.boxes if box["fill"] == FADE]
    middles = [points[0][0] for points in plot.of(FADE)]
    assert len(shades) == len(middles) == 2
    for box, middle in zip(shades, middles):
        assert float(box["x"]) < middle < float(box["x"]) + float(box["width"])
    assert "fade" in plot.words


def test_the_plot_as_an_image_has_the_same_lines(gst_torch, video, tmp_path):
    draw(gst_torch, video, "--plot", tmp_path / "plot.png")
    plot = Pixels(tmp_path / "plot.png")
    assert (plot.width, plot.height) == (1200, 400)
    for cut in CUTS:
        red, green, blue = plot.at(round(x_of(cut)), PLOT_TOP + 3)
        assert green > red and green > blue
    row = [plot.at(x, round(y_of(0.5))) for x in range(PLOT_LEFT, PLOT_RIGHT)]
    dashes = sum(red > 180 and green < 120 for red, green, _ in row)
    assert 0.4 * len(row) < dashes < 0.8 * len(row)


@pytest.mark.parametrize("option, name", [("--sheet", "a.svg"), ("--sheet", "a"),
                                          ("--plot", "a.jpg"), ("--plot", "a.pdf")])
def test_another_kind_of_image_is_wrong_usage(gst_torch, video, tmp_path, option, name):
    done = gst_torch("scenes", video, option, tmp_path / name)
    assert done.returncode == 2
    assert is_one_line(done.stderr)
    assert name in done.stderr
    assert not (tmp_path / name).exists()


def test_two_results_cannot_go_into_one_file(gst_torch, video, tmp_path):
    done = gst_torch("scenes", video, "--sheet", tmp_path / "a.png", "--plot", tmp_path / "a.png")
    assert done.returncode == 2
    assert "a.png" in done.stderr


@pytest.mark.parametrize("option", ["--sheet", "--plot"])
def test_an_image_is_never_written_over_the_video(fails, video, tmp_path, option):
    (tmp_path / "link.png").symlink_to(video)
    content = video.read_bytes()
    assert "is an input" in fails("scenes", video, option, tmp_path / "link.png", *MODEL, status=USAGE)
    assert video.read_bytes() == content


@pytest.mark.parametrize("option", ["--sheet", "--plot"])
def test_a_directory_that_is_not_there_is_one_line(fails, video, tmp_path, option):
    assert "absent" in fails("scenes", video, option, tmp_path / "absent" / "a.png", *MODEL, status=FAILED)
