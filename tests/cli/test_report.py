# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""The page that gst-torch makes of results."""
import base64
import html.parser
import json
import re
import shutil
import subprocess

import pytest

from conftest import BAD_INPUT, FAILED, VIDEO_FRAMES, launch

HARD_NAME = "<script>alert(1)<|script> \"it's\" & co.mkv"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


class Page(html.parser.HTMLParser):
    """What a page consists of: tags with their attributes, texts, headings."""

    def __init__(self, path):
        super().__init__()
        self.tags, self.text, self.headings, self.title = [], "", [], ""
        self._within = ""
        self.feed(path.read_text())

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._within = tag
        if tag == "h2":
            self.headings.append("")

    def handle_endtag(self, tag):
        self._within = ""

    def handle_data(self, data):
        self.text += data
        if self._within == "h2":
            self.headings[-1] += data
        if self._within == "title":
            self.title += data

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(name="analysed", scope="module")
def a_video_whose_name_is_hard_on_a_page(gst_torch, media, weights, tmp_path_factory):
    directory = tmp_path_factory.mktemp("report")
    shutil.copy(media / "video.mkv", directory / HARD_NAME)
    done = gst_torch("analyze", directory / HARD_NAME, "-o", directory / "out", "--flow-model", weights,
                     "--stages", "flow", "--flow-iterations", "2", "--flow-every", "4")
    assert done.returncode == 0, done.stderr
    assert f"report: {directory}/out/report.html\n" in done.stdout
    return directory / "out"


@pytest.fixture(name="page", scope="module")
def page_of_it(analysed):
    return Page(analysed / "report.html")


@pytest.fixture(name="copied")
def results_to_change(analysed, tmp_path):
    shutil.copytree(analysed, tmp_path / "out")
    return tmp_path / "out"


def test_names_are_text_and_never_markup(page):
    assert page.title == HARD_NAME
    assert HARD_NAME in page.text
    assert not page.all("script")


def test_needs_nothing_from_anywhere(page):
    assert not page.all("link")
    assert not page.all("iframe")
    for tag, attributes in page.tags:
        for name in ("src", "href", "srcset", "data", "action"):
            assert attributes.get(name, "data:").startswith("data:"), (tag, attributes)
    assert "url(" not in page.text and "@import" not in page.text


def test_shows_frames_and_flow_with_words_for_those_who_do_not_see_them(page):
    images = page.all("img")
    assert len(images) > 12
    for image in images:
        assert base64.b64decode(image["src"].partition("base64,")[2]).startswith(b"\xff\xd8")
        assert image["alt"]
    words = [image["alt"] for image in images]
    assert [word for word in words if word.endswith("of the video")]
    assert "optical flow of frame 4, hue is direction" in words
    for drawing in page.all("svg"):
        assert drawing.get("aria-label") or drawing.get("aria-hidden") == "true"


def test_is_small(analysed):
    assert (analysed / "report.html").stat().st_size < 500_000


def test_tells_of_motion_performance_and_how_to_do_it_again(page, analysed):
    assert page.headings == ["Contact sheet", "Motion", "Notable frames", "Performance",
                             "Reproduce"]
    record = json.loads((analysed / "run.json").read_text())
    assert record["models"]["flow"]["sha256"] in page.text
    assert record["shell_command"] in page.text
    assert "Bottleneck" in page.text
    assert "first-frame" in page.text


def test_names_the_frame_with_most_motion(page, analysed):
    lines = [json.loads(line) for line in (analysed / "results.jsonl").open()]
    most = max(lines[1:], key=lambda line: line["flow"][0]["mean_magnitude"])
    section = page.text.partition("Most motion")[2].partition("Slowest")[0]
    assert f"frame {most['frame']}" in section
    assert f"{most['flow'][0]['mean_magnitude']:.2f} px" in section


def test_leaves_flat_images_out_of_the_motion(gst_torch, copied):
    lines = [json.loads(line) for line in (copied / "results.jsonl").open()]
    lines[5]["flow"][0].update(flat=True, mean_magnitude=52.25, max_magnitude=5200)
    (copied / "results.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert gst_torch("report", copied).returncode == 0
    page = Page(copied / "report.html").text
    assert "52.25" not in page and "5200" not in page
    assert "flat image" in page.partition("Frames without motion")[2]


def test_names_the_element_that_had_a_slow_frame_longer_than_others(gst_torch, copied):
    record = json.loads((copied / "run.json").read_text())
    record["slowest_frames"][0].update(ms=820.4, element="raftflow", element_ms=799.6,
                                       element_usual_ms=90.2)
    (copied / "run.json").write_text(json.dumps(record))
    assert gst_torch("report", copied).returncode == 0
    section = Page(copied / "report.html").text.partition("Slowest")[2]
    assert re.search(r"820 ms\s*raftflow took 800 ms, usually 90", section)


def test_sections_of_other_elements_appear_with_their_results(gst_torch, copied):
    lines = [json.loads(line) for line in (copied / "results.jsonl").open()]
    for line in lines:
        line["shot"] = {"score": 0.9 if line["frame"] == 8 else 0.1,
                         "boundaries": [{"kind": "cut"}] if line["frame"] == 8 else []}
        line["matches"] = [{"count": 100 + line["frame"]}]
    (copied / "results.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert gst_torch("report", copied).returncode == 0
    page = Page(copied / "report.html")
    assert "Shots" in page.headings
    assert "Matches" in page.headings
    assert "0:00.32" in page.text.partition("Shots")[2]


def test_without_the_video_there_is_a_page_without_frames(gst_torch, copied):
    record = json.loads((copied / "run.json").read_text())
    record["input"]["absolute_path"] = str(copied / "gone.mkv")
    (copied / "run.json").write_text(json.dumps(record))
    assert gst_torch("report", copied).returncode == 0
    page = Page(copied / "report.html")
    assert "the video was moved" in page.text
    assert page.all("img"), "flow files are still there"


def test_results_alone_make_a_page(gst_torch, copied):
    for name in ("run.json", "perf.jsonl"):
        (copied / name).unlink()
    assert gst_torch("report", copied).returncode == 0
    assert "Motion" in Page(copied / "report.html").headings


def damage_line(directory):
    with (directory / "results.jsonl").open("a") as file:
        file.write("no record\n")


def change_version(directory):
    (directory / "format.json").write_text('{"results_version":99}')


def change_types(directory):
    (directory / "run.json").write_text('{"status":5,"models":{"flow":{"file":[]}}}')


def put_a_directory_in_the_way(directory):
    (directory / "report.html").unlink()
    (directory / "report.html").mkdir()


@pytest.mark.parametrize("harm, reason, status", [
    (shutil.rmtree, "contains no results", BAD_INPUT),
    (damage_line, "invalid record", BAD_INPUT),
    (change_version, "version 99", BAD_INPUT),
    (change_types, "contains an invalid record", BAD_INPUT),
    (put_a_directory_in_the_way, "report.html", FAILED),
])
def test_what_is_wrong_with_a_directory_is_one_line(fails, copied, harm, reason, status):
    harm(copied)
    line = fails("report", copied, status=status)
    assert reason in line
    assert str(copied) in line


def first_pixel(page, directory, scheme):
    """Of the page in a browser on a phone's width, for people who like it light (1) or dark (0)."""
    image, raw = directory / f"{scheme}.png", directory / f"{scheme}.raw"
    subprocess.run([CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu",
                    f"--user-data-dir={directory}/profile", "--window-size=390,800",
                    f"--blink-settings=preferredColorScheme={scheme}",
                    f"--screenshot={image}", f"file://{page}"],
                   check=True, capture_output=True, timeout=120)
    launch(f"filesrc location={image} ! pngdec ! videoconvert ! video/x-raw,format=RGB ! "
           f"filesink location={raw}")
    return tuple(raw.read_bytes()[:3])


@pytest.mark.skipif(not CHROMIUM, reason="there is no chromium")
def test_a_browser_shows_it_light_and_dark(analysed, tmp_path):
    assert first_pixel(analysed / "report.html", tmp_path, 1) == (255, 255, 255)
    assert max(first_pixel(analysed / "report.html", tmp_path, 0)) < 48


def test_counts_all_frames(page):
    assert f"Frames{VIDEO_FRAMES}" in page.text.replace("\n", "")
