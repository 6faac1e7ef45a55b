# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""gst-torch compare: directories whose scores follow from arithmetic, real runs, and bad input."""
import array
import json
import math
import os
import shutil
import struct
import zipfile

import pytest

from conftest import BAD_INPUT, FAILED, USAGE

WIDTH, HEIGHT = 24, 16
HAVE_VISION = "GST_TORCH_VISION_LIBRARY" in os.environ
needs_vision = pytest.mark.skipif(not HAVE_VISION, reason="built without OpenCV's calib3d")


def flow_field(x, y, width=WIDTH, height=HEIGHT):
    """The same vector everywhere, as the numbers of a .flo file."""
    return array.array("f", [x, y] * (width * height))


def write_flo(path, vectors, width=WIDTH, height=HEIGHT):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(struct.pack("<fii", 202021.25, width, height) + vectors.tobytes())


def read_flo(path):
    data = path.read_bytes()
    return struct.unpack_from("<fii", data)[1:], array.array("f", data[12:])


def npy(values, shape, kind="<f4"):
    """An array as numpy.save writes it: NumPy Enhancement Proposal 1, format 1.0."""
    code = {"<f2": "e", "<f4": "f", "<f8": "d", "<i8": "q"}[kind]
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + \
        struct.pack(f"<{len(values)}{code}", *values)


def write_npz(path, arrays, compression=zipfile.ZIP_STORED):
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in arrays.items():
            # As numpy.savez does it: the size is not known before.
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                member.write(data)


def grid(columns=20, rows=15, move=(5, -3), step=8):
    """Matches of a plane that moves."""
    return [(step * x, step * y, step * x + move[0], step * y + move[1])
            for y in range(rows) for x in range(columns)]


def write_matches(path, matches):
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [",".join(map(str, (*match, 0.5))) for match in matches]
    path.write_text("\n".join(["x0,y0,x1,y1,confidence", *lines]) + "\n")


SCENE_COLUMNS = "Scene Number,Start Frame,Start Timecode,Start Time (seconds),End Frame," \
    "End Timecode,End Time (seconds),Length (frames),Length (timecode),Length (seconds)"


def write_scenes(path, boundaries, first=1, timecodes=False):
    """As PySceneDetect's list-scenes does; only the frame numbers are true."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ["Timecode List:,00:00:01.000,00:00:02.000"] if timecodes else []
    lines.append(SCENE_COLUMNS)
    for number, start in enumerate([0, *boundaries], 1):
        lines.append(f"{number},{start + first},00:00:00.000,0.000,99,00:00:01.000,1.000,9,"
                     "00:00:01.000,1.000")
    path.write_text("\r\n".join(lines) + "\r\n")


@pytest.fixture(name="pair")
def two_directories(tmp_path):
    (tmp_path / "ref").mkdir()
    (tmp_path / "other").mkdir()
    return tmp_path / "ref", tmp_path / "other"


@pytest.fixture(name="compare")
def compare_and_parse(gst_torch):
    """Returns the stages that --json prints, by name, and the overall score as "overall"."""
    def run(*arguments):
        done = gst_torch("compare", *arguments, "--json")
        assert done.returncode == 0, done.stderr
        report = json.loads(done.stdout)
        stages = {stage["name"]: stage for stage in report["stages"]}
        assert report["score"] == min(stage["score"] for stage in stages.values())
        return {**stages, "overall": report["score"]}

    return run


# Flow.

def test_flow_is_judged_by_its_error_relative_to_the_motion(compare, pair):
    reference, other = pair
    for frame, (motion, error) in enumerate([((3, 4), 0.5), ((0, 0.25), 0.25), ((6, 8), 20)], 1):
        write_flo(reference / f"flow/{frame:06}.flo", flow_field(*motion))
        write_flo(other / f"flow/{frame:06}.flo", flow_field(motion[0] + error, motion[1]))
    flow = compare(reference, other)["flow"]
    assert flow["frames"] == 3
    assert flow["score"] == pytest.approx((0.9 + 0.75 + 0) / 3, abs=1e-6)
    assert flow["epe_px"] == pytest.approx(20.75 / 3, abs=1e-6)
    assert flow["motion_px"] == pytest.approx(15.25 / 3, abs=1e-6)
    assert flow["within_1px"] == pytest.approx(2 / 3)
    assert [frame["frame"] for frame in flow["worst"]] == ["000003", "000002", "000001"]


def test_with_ground_truth_errors_are_divided(compare, pair, tmp_path):
    reference, other = pair
    truth = tmp_path / "truth"
    for frame, errors in ((1, (1, 2)), (2, (3, 2)), (3, (0, 9))):
        write_flo(reference / f"flow/{frame:06}.flo", flow_field(7 + errors[0], 1))
        write_flo(other / f"flow/{frame:06}.flo", flow_field(7, 1 + errors[1]))
        if frame < 3:
            write_flo(truth / f"{frame}.flo", flow_field(7, 1))
    flow = compare(reference, other, "--truth", truth)["flow"]
    assert flow["score"] == 1, "a frame makes up for another: EPE 2 and 2"
    assert (flow["epe_px"], flow["reference_epe_px"]) == (2, 2)
    assert (flow["frames"], flow["without_truth"]) == (2, 1)
    write_flo(other / "flow/000002.flo", flow_field(7, 7))
    assert compare(reference, other, "--truth", truth)["flow"]["score"] == 0.5
    assert compare(other, reference, "--truth", truth)["flow"]["score"] == 1


def test_unknown_flow_is_left_out(compare, pair, tmp_path, gst_torch):
    reference, other = pair
    vectors = flow_field(2, 0)
    write_flo(other / "flow/1.flo", vectors)
    vectors[0] = vectors[2] = 1.5e9
    write_flo(reference / "flow/1.flo", vectors)
    flow = compare(reference, other)["flow"]
    assert flow["score"] == 1
    assert flow["unknown"] == pytest.approx(2 / (WIDTH * HEIGHT))
    vectors[4] = math.nan
    write_flo(tmp_path / "truth/flow/1.flo", vectors)
    done = gst_torch("compare", reference, other, "--truth", tmp_path / "truth")
    assert "flow: 0.78 % of the pixels have unknown flow: left out" in done.stdout


@pytest.mark.parametrize("kind", ["<f2", "<f4", "<f8"])
@pytest.mark.parametrize("layout", ["planar", "pairs"])
def test_flow_of_other_programs_is_read_from_npy(compare, pair, kind, layout):
    reference, other = pair
    xs = [i % 7 / 4 for i in range(WIDTH * HEIGHT)]
    ys = [i % 5 / -8 for i in range(WIDTH * HEIGHT)]
    pairs = [number for both in zip(xs, ys) for number in both]
    write_flo(reference / "flow/000007.flo", array.array("f", pairs))
    (other / "flow").mkdir()
    (other / "flow" / "flow_7.npy").write_bytes(
        npy(xs + ys, (2, HEIGHT, WIDTH), kind) if layout == "planar" else
        npy(pairs, (HEIGHT, WIDTH, 2), kind))
    flow = compare(reference, other)["flow"]
    assert (flow["score"], flow["epe_px"], flow["frames"]) == (1, 0, 1)
    assert compare(other, reference)["flow"]["epe_px"] == 0


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_flow_and_matches_are_read_from_npz(compare, pair, compression):
    reference, other = pair
    write_flo(reference / "flow/12.flo", flow_field(2, 1))
    write_npz(other / "flow/000012.npz",
              {"flow": npy(list(flow_field(2, 1)), (HEIGHT, WIDTH, 2))}, compression)
    matches = grid()
    write_matches(reference / "matches/12.csv", matches)
    write_npz(other / "matches/12.npz", {
        "keypoints0": npy([n for m in matches for n in m[:2]], (len(matches), 2)),
        "keypoints1": npy([n for m in matches for n in m[2:]], (len(matches), 2)),
        "confidence": npy([0.5] * len(matches), f"({len(matches)},)"),
        "batch_indexes": npy([0] * len(matches), f"({len(matches)},)", "<i8")}, compression)
    stages = compare(reference, other)
    assert stages["flow"]["epe_px"] == 0
    assert stages["matches"]["f1"] == 1
    assert stages["overall"] == 1


def test_frames_are_paired_by_number_or_by_name(compare, pair):
    reference, other = pair
    names = {"000012": "frame_12", "000013": "13", "Grove2": "Grove2", "Urban2": "Urban2",
             "a1_2": "a1_2", "000001-backward": "000001-backward", "000099": "000098"}
    for number, (name, other_name) in enumerate(names.items()):
        write_flo(reference / f"flow/{name}.flo", flow_field(number, 0))
        write_flo(other / f"flow/{other_name}.flo", flow_field(number, 0))
    (other / "flow" / "000012-confidence.npy").write_bytes(npy([1.0], "(1, 1)"))
    (other / "flow" / "notes.txt").write_text("no flow")
    flow = compare(reference, other)["flow"]
    assert (flow["frames"], flow["epe_px"]) == (6, 0)
    assert (flow["only_in_reference"], flow["only_in_other"]) == (1, 1)


def epe(flow, truth):
    """Of the pixels whose ground truth is known."""
    errors = [math.hypot(flow[i] - truth[i], flow[i + 1] - truth[i + 1])
              for i in range(0, len(truth), 2) if abs(truth[i]) < 1e9 and abs(truth[i + 1]) < 1e9]
    return sum(errors) / len(errors)


def test_eight_iterations_of_raft_have_97_percent_of_twelve(gst_torch, compare, middlebury,
                                                            weights, pair, tmp_path):
    errors = {8: [], 12: []}
    for name in ("RubberWhale", "Venus"):
        truth = middlebury / name / "flow10.flo"
        (tmp_path / "truth").mkdir(exist_ok=True)
        shutil.copy(truth, tmp_path / "truth" / f"{name}.flo")
        for iterations, place in zip((12, 8), pair):
            path = place / "flow" / f"{name}.flo"
            path.parent.mkdir(exist_ok=True)
            done = gst_torch("flow", middlebury / name / "frame10.png",
                             middlebury / name / "frame11.png", "-o", path, "-m", weights,
                             "-i", iterations)
            assert done.returncode == 0, done.stderr
            errors[iterations].append(epe(read_flo(path)[1], read_flo(truth)[1]))
    flow = compare(*pair, "--truth", tmp_path / "truth")["flow"]
    assert flow["epe_px"] == pytest.approx(sum(errors[8]) / 2, rel=1e-5)
    assert flow["reference_epe_px"] == pytest.approx(sum(errors[12]) / 2, rel=1e-5)
    assert flow["score"] == pytest.approx(sum(errors[12]) / sum(errors[8]), rel=1e-5)
    assert 0.96 < flow["score"] < 0.98


# Matches.

@needs_vision
def test_thinned_matches_are_as_good_but_fewer(compare, pair):
    reference, other = pair
    write_matches(reference / "matches/000001.csv", grid())
    write_matches(other / "matches/000001.csv", grid()[::2])
    matches = compare(reference, other)["matches"]
    assert matches["precision"] == matches["reference_precision"] == 1
    assert matches["corner_error_px"] == pytest.approx(0, abs=1e-6)
    assert matches["f1"] == pytest.approx(2 * 0.5 / 1.5)
    assert matches["score"] == pytest.approx(1, abs=1e-6)


@needs_vision
def test_wrong_matches_cost_their_share(compare, pair):
    reference, other = pair
    matches = grid()
    wrong = [(x0, y0, x1 + 11 + i % 40, y1 - 17) for i, (x0, y0, x1, y1) in enumerate(matches)]
    write_matches(reference / "matches/000001.csv", matches)
    write_matches(other / "matches/000001.csv",
                  [bad if i % 5 == 0 else good
                   for i, (good, bad) in enumerate(zip(matches, wrong))])
    judged = compare(reference, other)["matches"]
    assert judged["precision"] == pytest.approx(0.8)
    assert judged["score"] == pytest.approx(0.8)
    # REF's own wrong matches are not held against OTHER.
    assert compare(other, other)["matches"]["score"] == 1
    assert compare(other, reference)["matches"]["score"] == pytest.approx(1, abs=1e-3)


@needs_vision
def test_another_geometry_costs_its_corner_error(compare, pair):
    reference, other = pair
    write_matches(reference / "matches/000001.csv", grid())
    write_matches(other / "matches/000001.csv", grid(move=(5, -1.5)))
    matches = compare(reference, other)["matches"]
    assert matches["precision"] == 1, "within 2 px"
    assert matches["corner_error_px"] == pytest.approx(1.5, abs=1e-4)
    assert matches["corner_score"] == pytest.approx(0.85, abs=1e-5)
    assert matches["score"] == pytest.approx(0.85, abs=1e-5)


@needs_vision
def test_frames_without_a_homography_in_ref_are_left_out(compare, gst_torch, pair):
    reference, other = pair
    write_matches(reference / "matches/000001.csv", grid())
    write_matches(other / "matches/000001.csv", grid())
    write_matches(reference / "matches/000002.csv", grid(3, 2))
    write_matches(other / "matches/000002.csv", [])
    matches = compare(reference, other)["matches"]
    assert (matches["score"], matches["frames"], matches["without_homography"]) == (1, 1, 1)
    assert matches["f1"] == 0.5
    done = gst_torch("compare", reference, other)
    assert "matches: 1 frame without a homography in REF: left out" in done.stdout
    backward = compare(other, reference)["matches"]
    assert (backward["score"], backward["frames"]) == (1, 1)


@needs_vision
def test_frames_that_have_lost_the_homography_count_as_0(compare, gst_torch, pair):
    reference, other = pair
    for frame in (1, 2):
        write_matches(reference / f"matches/{frame}.csv", grid())
    write_matches(other / "matches/1.csv", grid())
    write_matches(other / "matches/2.csv", grid(3, 2))
    matches = compare(reference, other)["matches"]
    assert matches["corner_score"] == matches["score"] == 0.5
    assert matches["relative_precision"] == 1
    assert matches["worst"] == [{"frame": "000002", "score": 0}]
    assert "1 of 2 frames have no homography in OTHER" in \
        gst_torch("compare", reference, other).stdout


@needs_vision
def test_without_any_homography_matches_are_judged_by_f1(compare, gst_torch, pair):
    reference, other = pair
    write_matches(reference / "matches/000001.csv", grid(4, 2))
    write_matches(other / "matches/000001.csv", grid(4, 1))
    assert compare(reference, other)["matches"]["score"] == pytest.approx(2 * 0.5 / 1.5)
    assert "judged by F1" in gst_torch("compare", reference, other).stdout


# Shots.

@pytest.mark.parametrize("moved, score", [(0, 1), (1, 1), (-1, 1), (2, 0)])
def test_boundaries_may_be_one_frame_apart(compare, pair, moved, score):
    reference, other = pair
    boundaries = [30, 76, 137, 187]
    write_scenes(reference / "scenes.csv", boundaries)
    write_scenes(other / "scenes.csv", [frame + moved for frame in boundaries], timecodes=True)
    assert compare(reference, other)["scenes"]["score"] == score


def test_missed_and_added_boundaries_are_listed(compare, gst_torch, pair):
    reference, other = pair
    write_scenes(reference / "scenes.csv", [30, 76, 137])
    write_scenes(other / "shots.csv", [30, 60, 77, 90])
    scenes = compare(reference, other)["scenes"]
    assert scenes["score"] == pytest.approx(2 * 2 / (3 + 4))
    assert (scenes["only_in_reference"], scenes["only_in_other"]) == ([137], [60, 90])
    text = gst_torch("compare", reference, other).stdout
    assert "2 of 3 boundaries found, 2 added" in text
    assert "scenes: boundaries only in OTHER: 60, 90" in text


def test_lists_of_shots_may_count_from_0_or_be_plain_numbers(compare, pair):
    reference, other = pair
    write_scenes(reference / "scenes.csv", [30, 76])
    write_scenes(other / "scenes.csv", [30, 76], first=0)
    assert compare(reference, other)["scenes"]["score"] == 1
    (other / "scenes.csv").unlink()
    (other / "scenes.txt").write_text("0\n30\n\n76\n")
    assert compare(reference, other)["scenes"]["boundaries"] == 2
    (other / "scenes.txt").rename(other / "shots.txt")
    assert compare(other, reference)["scenes"]["score"] == 1
    (other / "shots.txt").write_text("")
    assert compare(reference, other)["scenes"]["score"] == 0
    assert compare(other, other)["scenes"]["score"] == 1, "a video of one shot"


# Runs of analyze.

@pytest.fixture(name="analyzed", scope="module")
def results_of_analyze(gst_torch, media, weights, tmp_path_factory):
    directory = tmp_path_factory.mktemp("analyzed") / "out"
    done = gst_torch("analyze", media / "video.mkv", "-o", directory, "--flow-model", weights,
                     "--flow-every", 1, "--flow-iterations", 2)
    assert done.returncode == 0, done.stderr
    return directory


@pytest.fixture(name="copied")
def copy_of_results(analyzed, tmp_path):
    shutil.copytree(analyzed, tmp_path / "copy")
    return tmp_path / "copy"


@needs_vision
def test_a_run_is_as_good_as_itself(gst_torch, compare, analyzed):
    stages = compare(analyzed, analyzed, "--stages", "matches,flow,scenes", "--min", "1")
    assert {name: stages[name]["score"] for name in ("scenes", "flow", "matches")} == \
        {"scenes": 1, "flow": 1, "matches": 1}
    assert stages["flow"]["frames"] == 15, "the first frame has no flow"
    done = gst_torch("compare", analyzed, analyzed)
    assert done.returncode == 0
    assert "\noverall           1.000\n" in done.stdout
    assert "worst" not in done.stdout


@needs_vision
def test_a_run_is_paired_with_what_a_sequential_program_writes(compare, analyzed, pair):
    other = pair[1]
    for flow in sorted((analyzed / "flow").glob("*.flo")):
        (other / "flow").mkdir(exist_ok=True)
        shutil.copy(flow, other / "flow" / flow.name)
    for file in sorted((analyzed / "matches").glob("*.csv")):
        rows = [line.split(",")[:4] for line in file.read_text().splitlines()[1:]]
        write_matches(other / "matches" / file.name, rows)
    write_scenes(other / "scenes.csv", [])
    for sides in ((analyzed, other), (other, analyzed)):
        stages = compare(*sides)
        assert stages["overall"] == 1
        assert stages["flow"]["frames"] == stages["matches"]["frames"] == 15
    # One frame later is another result.
    for flow in sorted((other / "flow").glob("*.flo"), reverse=True):
        flow.rename(flow.with_name(f"{int(flow.stem) + 1:06}.flo"))
    assert compare(analyzed, other)["flow"]["frames"] == 14
    assert compare(analyzed, other)["flow"]["score"] < 1


def test_files_that_no_record_names_do_not_count(compare, gst_torch, copied, analyzed):
    """They are left from an earlier run in the same directory."""
    records = (copied / "results.jsonl").read_text().replace('"file":"flow/000003.flo"', '"x":0')
    (copied / "results.jsonl").write_text(records)
    write_flo(copied / "flow/000003.flo", flow_field(500, 500))
    flow = compare(analyzed, copied, "--stages", "flow")["flow"]
    assert (flow["score"], flow["frames"], flow["only_in_reference"]) == (1, 14, 1)
    assert "flow: 1 frame only in REF: left out" in \
        gst_torch("compare", analyzed, copied, "--stages", "flow").stdout


def test_a_stage_of_one_side_is_not_compared_unless_it_is_required(gst_torch, compare, fails, pair):
    reference, other = pair
    write_scenes(reference / "scenes.csv", [3])
    write_scenes(other / "scenes.csv", [3])
    write_flo(reference / "flow/1.flo", flow_field(1, 1))
    assert set(compare(reference, other)) == {"scenes", "overall"}
    assert f"flow: only in {reference}, not compared" in gst_torch("compare", reference, other).stdout
    line = fails("compare", reference, other, "--stages", "scenes,flow")
    assert f"{other} has no results of the stage flow" in line


# Exit statuses and images.

def test_a_score_below_min_fails_after_the_table(gst_torch, pair):
    reference, other = pair
    write_flo(reference / "flow/1.flo", flow_field(10, 0))
    write_flo(other / "flow/1.flo", flow_field(10.5, 0))
    assert gst_torch("compare", reference, other, "--min", "0.95").returncode == 0
    done = gst_torch("compare", reference, other, "--min", "0.96")
    assert done.returncode == FAILED
    assert "overall           0.950" in done.stdout
    assert done.stderr == f"gst-torch: the score 0.9500 of {other} is below --min 0.96\n"


def png_size(path):
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", data[16:24])


@needs_vision
def test_images_show_the_worst_frames(gst_torch, pair, tmp_path):
    reference, other = pair
    for frame, error in enumerate([0.1, 0.4, 0, 0.3, 0.2]):
        write_flo(reference / f"flow/{frame}.flo", flow_field(1, 1, 320, 40), 320, 40)
        write_flo(other / f"flow/{frame}.flo", flow_field(1 + error, 1, 320, 40), 320, 40)
    write_matches(reference / "matches/frame_5.csv", grid())
    write_matches(other / "matches/frame_5.csv", [*grid()[5:], (1e9, -1e9, 3, 1e30)])
    images = tmp_path / "images"
    done = gst_torch("compare", reference, other, "--images", images)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in images.iterdir()) == [
        "flow-000001.png", "flow-000003.png", "flow-000004.png", "matches-000005.png"]
    assert all(f"image: {path}\n" in done.stdout for path in images.iterdir())
    assert png_size(images / "flow-000001.png") == (3 * (320 + 8) + 8, 40 + 24 + 8)
    reported = json.loads(gst_torch("compare", reference, other, "--images", images, "--json").stdout)
    assert sorted(reported["images"]) == sorted(map(str, images.iterdir()))


def test_without_a_difference_there_is_no_image(gst_torch, pair, tmp_path):
    write_flo(pair[0] / "flow/1.flo", flow_field(1, 1))
    done = gst_torch("compare", pair[0], pair[0], "--images", tmp_path / "images")
    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "images").iterdir()) == []


@pytest.mark.parametrize("options, reason", [
    (["--min", "high"], '--min must be from 0 to 1, not "high"'),
    (["--min", "1.5"], "--min must be from 0 to 1"),
    (["--min", "nan"], "--min must be from 0 to 1"),
    (["--stages", "flow,shots"], "--stages must be a comma-separated list of scenes, flow and"),
    (["--stages", ""], "--stages must be"),
])
def test_wrong_words_are_wrong_usage(fails, pair, options, reason):
    assert reason in fails("compare", *pair, *options, status=USAGE)


def test_truth_without_flow_is_wrong_usage(fails, pair, tmp_path):
    for place in pair:
        write_scenes(place / "scenes.csv", [])
    write_flo(tmp_path / "truth/1.flo", flow_field(1, 1))
    assert "--truth has no effect" in fails("compare", *pair, "--truth", tmp_path / "truth",
                                            status=USAGE)


# Directories that cannot be compared.

def own_results(place, frames=3, version=2, size=(WIDTH, HEIGHT), direction="forward"):
    """As analyze writes them, with flow of every frame but the first."""
    place.mkdir(exist_ok=True)
    (place / "format.json").write_text(json.dumps({"results_version": version}))
    (place / "run.json").write_text(json.dumps({"input": {"width": size[0], "height": size[1]}}))
    lines = []
    for frame in range(frames):
        record = {"frame": frame, "session": 0}
        if frame > 0:
            record["flow"] = [{"direction": direction, "file": f"flow/{frame:06}.flo"}]
            write_flo(place / f"flow/{frame:06}.flo", flow_field(frame, 0))
        lines.append(json.dumps(record))
    (place / "results.jsonl").write_text("\n".join(lines) + "\n")


def test_results_of_another_version_are_refused(fails, pair):
    reference, other = pair
    own_results(reference)
    own_results(other, version=1)
    line = fails("compare", reference, other)
    assert f"{other} contains results in format version 1" in line
    assert "reads version 2: analyze the video again" in line
    (other / "format.json").unlink()
    assert "an unknown format version" in fails("compare", other, reference)


def test_results_of_other_frames_are_refused(fails, pair):
    reference, other = pair
    own_results(reference)
    own_results(other, frames=4)
    line = fails("compare", reference, other)
    assert f"{reference} has 3 frames, {other} has 4; analyze the same frames" in line


def test_results_of_another_size_are_refused(fails, pair):
    reference, other = pair
    own_results(reference)
    own_results(other, size=(48, 32))
    assert "24x16" in fails("compare", reference, other)
    own_results(other)
    write_flo(other / "flow/000002.flo", flow_field(1, 1, 48, 32), 48, 32)
    line = fails("compare", reference, other)
    assert f"{reference}/flow/000002.flo is 24x16, {other}/flow/000002.flo is 48x32" in line


def test_ground_truth_of_another_size_is_refused(fails, pair, tmp_path):
    for place in pair:
        own_results(place)
    write_flo(tmp_path / "truth/1.flo", flow_field(1, 1, 48, 32), 48, 32)
    assert "truth/1.flo is 48x32" in fails("compare", *pair, "--truth", tmp_path / "truth")


def test_flow_of_the_other_direction_is_refused(fails, compare, pair):
    reference, other = pair
    own_results(reference)
    own_results(other, direction="backward")
    assert "use the same --flow-direction" in fails("compare", reference, other)
    own_results(other, direction="both")
    assert compare(reference, other)["overall"] == 1, "the forward flow of both"


def test_directories_with_nothing_in_common_are_refused(fails, pair):
    reference, other = pair
    write_flo(reference / "flow/1.flo", flow_field(1, 1))
    write_matches(other / "matches/1.csv", grid())
    assert "have no stage in common" in fails("compare", reference, other)
    write_flo(other / "flow/5.flo", flow_field(1, 1))
    line = fails("compare", reference, other)
    assert "no frame of the stage flow is on both sides" in line
    assert "000001" in line and "000005" in line


def test_ground_truth_of_other_frames_is_refused(fails, pair, tmp_path):
    for place in pair:
        write_flo(place / "flow/1.flo", flow_field(1, 1))
    (tmp_path / "truth").mkdir()
    assert "truth contains no flow" in fails("compare", *pair, "--truth", tmp_path / "truth")
    write_flo(tmp_path / "truth/Venus.flo", flow_field(1, 1))
    line = fails("compare", *pair, "--truth", tmp_path / "truth")
    assert "Venus" in line and "000001" in line
    assert "nowhere" in fails("compare", *pair, "--truth", tmp_path / "nowhere")


def test_what_is_no_directory_of_results_says_so(fails, pair, tmp_path):
    reference, other = pair
    own_results(reference)
    line = fails("compare", reference, other)
    assert f"{other} contains no results" in line and "scenes.csv" in line
    assert "nowhere: No such file" in fails("compare", reference, tmp_path / "nowhere")
    (tmp_path / "file").write_text("")
    assert "it is not a directory" in fails("compare", tmp_path / "file", reference)
    (other / "index.html").write_text("")
    assert "name the directory of one" in fails("compare", reference, other)


def test_damaged_records_are_refused(fails, pair):
    reference, other = pair
    own_results(reference)
    own_results(other)
    with (other / "results.jsonl").open("a") as file:
        file.write("[]\n")
    assert "results.jsonl contains an invalid record" in fails("compare", reference, other)
    own_results(other)
    (other / "flow/000002.flo").unlink()
    assert "000002.flo" in fails("compare", reference, other)


def test_two_files_of_one_frame_are_refused(fails, pair):
    reference, other = pair
    for name in ("1", "frame_0001"):
        write_flo(reference / f"flow/{name}.flo", flow_field(1, 1))
    write_flo(other / "flow/1.flo", flow_field(1, 1))
    assert "are of the same frame" in fails("compare", reference, other)


def test_unknown_flow_alone_is_refused(fails, pair):
    write_flo(pair[0] / "flow/1.flo", flow_field(1, 1))
    write_flo(pair[1] / "flow/1.flo", flow_field(math.nan, 0))
    assert "no pixel of" in fails("compare", *pair)


KEYPOINTS = npy([1.0, 2.0], (1, 2))


@pytest.mark.parametrize("arrays, reason", [
    ({"flows": KEYPOINTS}, "it has no array flow"),
    ({"flow": KEYPOINTS}, "its shape is (1, 2), not (height, width, 2)"),
    ({"flow": npy([], "(0, 4, 2)")}, "its shape is (0, 4, 2)"),
    ({"flow": npy([0] * 8, "(2, 2, 2)", "<i8")}, "its type is '<i8'"),
    ({"flow": KEYPOINTS[:60]}, "complete header"),
])
def test_an_npz_file_without_flow_is_refused(fails, pair, arrays, reason):
    write_flo(pair[0] / "flow/1.flo", flow_field(1, 1))
    write_npz(pair[1] / "flow/1.npz", arrays)
    line = fails("compare", *pair)
    assert reason in line and "1.npz" in line


@needs_vision
@pytest.mark.parametrize("arrays, reason", [
    ({"keypoints0": KEYPOINTS}, "it has no arrays keypoints0 and keypoints1"),
    ({"keypoints0": KEYPOINTS, "keypoints1": npy([1.0] * 4, (2, 2))}, "(1, 2) and (2, 2)"),
    ({"keypoints0": KEYPOINTS, "keypoints1": npy([1.0, math.nan], (1, 2))}, "not numbers"),
    ({"keypoints0": KEYPOINTS, "keypoints1": KEYPOINTS, "confidence": KEYPOINTS},
     "one confidence for each match"),
])
def test_an_npz_file_without_matches_is_refused(fails, pair, arrays, reason):
    write_matches(pair[0] / "matches/1.csv", grid())
    write_npz(pair[1] / "matches/1.npz", arrays)
    line = fails("compare", *pair)
    assert reason in line and "1.npz" in line


def test_a_damaged_npz_file_is_refused(fails, pair):
    write_flo(pair[0] / "flow/1.flo", flow_field(1, 1))
    path = pair[1] / "flow" / "1.npz"
    write_npz(path, {"flow": npy(list(flow_field(1, 1)), (HEIGHT, WIDTH, 2))})
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert "cannot be read as a .npz file" in fails("compare", *pair)
    path.write_text("no archive")
    assert "cannot be read as a .npz file" in fails("compare", *pair)


@pytest.mark.parametrize("name, text, reason", [
    ("scenes.csv", "a,b\n1,2\n", "it has no column Start Frame"),
    ("scenes.csv", "", "it has no column Start Frame"),
    ("scenes.csv", f"{SCENE_COLUMNS}\n1,one\n", "line 2 has no frame number"),
    ("scenes.csv", f"{SCENE_COLUMNS}\n1\n", "line 2 has no frame number"),
    ("shots.txt", "30\n-1\n", "line 2 has no frame number"),
])
def test_a_damaged_list_of_shots_is_refused(fails, pair, name, text, reason):
    write_scenes(pair[0] / "scenes.csv", [3])
    (pair[1] / name).write_text(text)
    assert reason in fails("compare", *pair, status=BAD_INPUT)


@needs_vision
def test_damaged_matches_are_refused(fails, pair):
    write_matches(pair[0] / "matches/1.csv", grid())
    write_matches(pair[1] / "matches/1.csv", [(1, 2, 3, "four")])
    assert "1.csv does not contain matches: line 2" in fails("compare", *pair)
