#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Measures what the presets of `quality` keep of the exact results, and the time that they take. Not
a test: run it in `meson devenv -C build`; the times need an otherwise idle machine.

    quality.py [--pairs DIR]... [--clip VIDEO]... [--stages flow,matches,scenes] [--rounds 3]

Each DIR is a set: a directory for each pair, with frame10.png, frame11.png and flow10.flo, the true
flow. Prints one row for each stage, preset and set:

- flow, pairs: the least of two ratios: end-point error of exact / that of the preset, and
  1 - EPE(preset, exact) / max(mean length of exact, 1 px), over all pairs of the set;
- flow, clip: the second ratio, over all pairs of frames within a shot. There is no truth; the row
  "20 iterations" compares more iterations than exact's with exact, for comparison;
- matches: each frame10.png and its images under random homographies (corners move by up to 12 % of
  the sides). The least of two ratios to exact: share of matches within 2 px, and area under the
  recall curve of the homography's corner error up to 3 px, the measure of HPatches' homographies;
- scenes: F1 of the boundaries (their middles), with a tolerance of 1 frame, against those of exact;
- time: median over the rounds of the element's time per frame / that of exact, in alternation, on
  the first clip.

Skips missing files with a message. Needs numpy.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile

import numpy as np
from precision import read_flo, true_flow

SHARED = pathlib.Path(__file__).resolve().parents[3] / "shared/data/flow"
PRESETS = {name: f"quality={name}" for name in ("exact", "balanced", "fast")}
MORE = {"20 iterations": "quality=exact iterations=20"}
ELEMENTS = {"flow": "raftflow", "matches": "loftrmatch", "scenes": "scenedetect"}
WARPS = 3  # homographies per image
CORNER_LIMIT = 3  # px


# Running the elements -----------------------------------------------------------------------------

def launch(source: str, element: str, *rest: str) -> None:
    line = f"gst-launch-1.0 -q {source} ! {element} ! {' ! '.join(rest)}"
    subprocess.run(line.split(), check=True, capture_output=True, timeout=600)


def results_of(source: str, element: str, out: str) -> list[dict]:
    """The records of a run; its files are in `out`."""
    launch(source, element, f"analysiswriter location={out} append=false flow-every=1", "fakesink")
    return [json.loads(line) for line in (pathlib.Path(out) / "results.jsonl").read_text().splitlines()]


def clip_source(clip: str, options) -> str:
    width, height = options.size.split("x")
    return (f"filesrc location={clip} ! decodebin ! videoconvert ! videoscale ! "
            f"video/x-raw,width={width},height={height} ! identity eos-after={options.frames + 1}")


def time_per_frame(clip: str, element: str, options) -> float:
    with tempfile.TemporaryDirectory() as directory:
        record = pathlib.Path(directory) / "meter.json"
        launch(clip_source(clip, options), element, f"perfmeter output=json output-location={record}",
               "fakesink")
        report = json.loads(record.read_text().splitlines()[-1])
    return next(entry["stats"]["frame_ms"] for entry in report["reports"]
                if entry["name"].startswith(element.split()[0]))


# Flow ---------------------------------------------------------------------------------------------

def lengths(flow: np.ndarray) -> np.ndarray:
    return np.linalg.norm(flow, axis=2)


def agreement(flows: list[np.ndarray], exact: list[np.ndarray]) -> float:
    errors = [lengths(flow - other).mean() for flow, other in zip(flows, exact)]
    scales = [max(lengths(other).mean(), 1) for other in exact]
    return max(0.0, 1 - sum(errors) / sum(scales))


def flows_of(source: str, properties: str) -> list[np.ndarray]:
    """Of frames within a shot: the model says nothing where the frames have nothing in common."""
    with tempfile.TemporaryDirectory() as out:
        results_of(source, f"scenedetect ! raftflow {properties}", out)
        return [read_flo(path).copy() for path in sorted(pathlib.Path(out).glob("flow/*.flo"))]


def pair_flow(pair: pathlib.Path, properties: str) -> np.ndarray:
    source = (f"multifilesrc location={pair}/frame1%d.png start-index=0 stop-index=1 "
              "caps=image/png,framerate=25/1 ! pngdec ! videoconvert")
    with tempfile.TemporaryDirectory() as out:
        results_of(source, f"raftflow {properties}", out)
        return read_flo(pathlib.Path(out) / "flow/000001.flo").copy()


def mean_error(flows: list[np.ndarray], pairs: list[pathlib.Path]) -> float:
    errors = []
    for flow, pair in zip(flows, pairs):
        truth, known = true_flow(pair)
        errors.append(lengths(flow - truth)[known].mean())
    return float(np.mean(errors))


def pairs_in(directory: pathlib.Path) -> list[pathlib.Path]:
    return sorted(path.parent for path in directory.glob("*/flow10.flo"))


def flow_on_pairs(directory: pathlib.Path) -> dict[str, float]:
    pairs = pairs_in(directory)
    flows = {name: [pair_flow(pair, text) for pair in pairs] for name, text in PRESETS.items()}
    errors = {name: mean_error(found, pairs) for name, found in flows.items()}
    print(f"{directory}: end-point errors " + ", ".join(f"{name} {error:.4f} px"
                                                        for name, error in errors.items()), flush=True)
    return {name: min(errors["exact"] / errors[name], agreement(found, flows["exact"]))
            for name, found in flows.items()}


def flow_on_clip(clip: str, options) -> dict[str, float]:
    source = clip_source(clip, options)
    flows = {name: flows_of(source, text) for name, text in (PRESETS | MORE).items()}
    return {name: agreement(found, flows["exact"]) for name, found in flows.items()}


# Matches ------------------------------------------------------------------------------------------

def grey(path: pathlib.Path, width: int, height: int) -> np.ndarray:
    with tempfile.TemporaryDirectory() as directory:
        raw = pathlib.Path(directory) / "grey.raw"
        launch(f"filesrc location={path}", "pngdec", "videoconvert", "video/x-raw,format=GRAY8",
               f"filesink location={raw}")
        rows = np.frombuffer(raw.read_bytes(), np.uint8).reshape(height, -1)
    return rows[:, :width].astype(np.float32)


def homography(points: np.ndarray, moved: np.ndarray) -> np.ndarray:
    """That moves four points."""
    rows, values = [], []
    for (x, y), (u, v) in zip(points, moved):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return np.append(np.linalg.solve(np.array(rows), np.array(values)), 1).reshape(3, 3)


def moved_by(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    mapped = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return mapped[:, :2] / mapped[:, 2:]


def corners_of(image: np.ndarray) -> np.ndarray:
    height, width = image.shape
    return np.array([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]], float)


def warped(image: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Bilinear; grey where the image has no pixel."""
    height, width = image.shape
    grid = np.stack(np.meshgrid(np.arange(width), np.arange(height)), -1).reshape(-1, 2)
    at = moved_by(np.linalg.inv(matrix), grid)
    inside = ((at >= 0) & (at <= [width - 1.001, height - 1.001])).all(1)
    at = np.where(inside[:, None], at, 0)
    x, y = at.astype(int).T
    right, down = (at - at.astype(int)).T
    upper = image[y, x] * (1 - right) + image[y, x + 1] * right
    lower = image[y + 1, x] * (1 - right) + image[y + 1, x + 1] * right
    return np.where(inside, upper * (1 - down) + lower * down, 128).reshape(height, width)


def warps_of(image: np.ndarray, seed: int):
    random = np.random.default_rng(seed)
    corners = corners_of(image)
    for _ in range(WARPS):
        shift = random.uniform(-0.12, 0.12, (4, 2)) * image.shape[::-1]
        yield homography(corners, corners + shift)


def write_raw(path: pathlib.Path, images: list[np.ndarray]) -> None:
    padding = ((0, 0), (0, -images[0].shape[1] % 4))  # GRAY8's rows are multiples of four bytes
    path.write_bytes(b"".join(
        np.pad(np.clip(np.rint(image), 0, 255).astype(np.uint8), padding).tobytes() for image in images))


def matched(first: np.ndarray, seconds: list[np.ndarray], properties: str):
    """For each pair, the rows of the matches, and the fitted homography or None."""
    frames = [first] + [image for second in seconds for image in (first, second)]
    height, width = first.shape
    with tempfile.TemporaryDirectory() as directory:
        out = pathlib.Path(directory)
        write_raw(out / "frames.raw", frames)
        source = f"filesrc location={out}/frames.raw ! rawvideoparse format=gray8 width={width} height={height}"
        element = f"loftrmatch inference-interval=2 geometry=homography {properties}"
        records = results_of(source, element, directory)
        for index in range(2, len(frames), 2):
            record = records[index]["matches"][0]
            rows = np.loadtxt(out / record["file"], delimiter=",", skiprows=1, ndmin=2)
            yield rows.reshape(-1, 6), np.reshape(record["matrix"], (3, 3)) if "matrix" in record else None


def area_under_recall(errors: list[float]) -> float:
    return float(np.mean([max(0.0, 1 - error / CORNER_LIMIT) for error in errors]))


def match_figures(images: list[np.ndarray], properties: str) -> tuple[float, float, float]:
    """Share of matches within 2 px, area under the recall curve, matches per pair."""
    right, total, errors = 0, 0, []
    for seed, image in enumerate(images):
        truths, corners = list(warps_of(image, seed)), corners_of(image)
        pairs = matched(image, [warped(image, truth) for truth in truths], properties)
        for truth, (rows, found) in zip(truths, pairs):
            distances = np.linalg.norm(moved_by(truth, rows[:, :2]) - rows[:, 2:4], axis=1)
            right, total = right + int((distances < 2).sum()), total + len(rows)
            errors.append(np.inf if found is None else np.linalg.norm(
                moved_by(found, corners) - moved_by(truth, corners), axis=1).mean())
    return right / max(total, 1), area_under_recall(errors), total / max(len(errors), 1)


def matches_on_pairs(directory: pathlib.Path) -> dict[str, float]:
    images = []
    for pair in pairs_in(directory):
        truth, _ = true_flow(pair)
        images.append(grey(pair / "frame10.png", truth.shape[1], truth.shape[0]))
    figures = {name: match_figures(images, text) for name, text in PRESETS.items()}
    for name, (precision, area, count) in figures.items():
        print(f"{directory}: {name}: {precision:.4f} of {count:.0f} matches within 2 px, area {area:.4f}",
              flush=True)
    return {name: min(found / exact for found, exact in zip(figure[:2], figures["exact"][:2]))
            for name, figure in figures.items()}


# Shots --------------------------------------------------------------------------------------------

def boundaries_of(clip: str, properties: str) -> list[int]:
    """The middles of the boundaries, in frames."""
    source = f"filesrc location={clip} ! decodebin ! videoconvert"
    with tempfile.TemporaryDirectory() as out:
        records = results_of(source, f"scenedetect {properties}", out)
    return [boundary["middle_frame"] for record in records
            for boundary in record["shot"].get("boundaries", [])]


def f1(found: list[int], exact: list[int]) -> float:
    left = list(exact)
    hits = 0
    for frame in found:
        near = [other for other in left if abs(other - frame) <= 1]
        if near:
            left.remove(min(near, key=lambda other: abs(other - frame)))
            hits += 1
    return 2 * hits / (len(found) + len(exact)) if found or exact else 1.0


def shots_on_clip(clip: str, _options) -> dict[str, float]:
    found = {name: boundaries_of(clip, text) for name, text in PRESETS.items()}
    print(f"{clip}: boundaries of exact: {found['exact']}", flush=True)
    return {name: f1(own, found["exact"]) for name, own in found.items()}


# The table ----------------------------------------------------------------------------------------

def times(stage: str, clip: str, options) -> dict[str, float]:
    runs: dict[str, list[float]] = {name: [] for name in PRESETS}
    for _ in range(options.rounds):
        for name, found in runs.items():
            found.append(time_per_frame(clip, f"{ELEMENTS[stage]} {PRESETS[name]}", options))
    return {name: statistics.median(own / exact for own, exact in zip(found, runs["exact"]))
            for name, found in runs.items()}


def qualities(stage: str, options) -> dict[str, dict[str, float]]:
    """For each set, the quality of each preset."""
    on_pairs = {"flow": flow_on_pairs, "matches": matches_on_pairs}.get(stage)
    on_clip = {"flow": flow_on_clip, "scenes": shots_on_clip}.get(stage)
    found = {}
    if on_pairs:
        found |= {f"pairs {directory.name}": on_pairs(directory) for directory in options.pairs}
    if on_clip:
        found |= {f"clip {pathlib.Path(clip).name}": on_clip(clip, options) for clip in options.clip}
    return found


def print_stage(stage: str, options) -> None:
    found = qualities(stage, options)
    ratios = times(stage, options.clip[0], options) if options.clip and options.rounds else {}
    for name in (*PRESETS, *MORE):
        cells = [f"{set_name} {scores[name]:.3f}" for set_name, scores in found.items() if name in scores]
        if cells:
            time = f"time {ratios[name]:.2f}" if name in ratios else "time -"
            print(f"| {stage} | {name} | {' | '.join(cells)} | {time} |", flush=True)


def existing(paths: list, what: str) -> list:
    for path in paths:
        if not pathlib.Path(path).exists():
            print(f"left out: {what} {path} does not exist")
    return [path for path in paths if pathlib.Path(path).exists()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=pathlib.Path, action="append", help=f"a set (default {SHARED})")
    parser.add_argument("--clip", action="append", default=[], metavar="VIDEO")
    parser.add_argument("--stages", default="flow,matches,scenes")
    parser.add_argument("--frames", type=int, default=20, help="of a clip, for flow and times")
    parser.add_argument("--size", default="640x360", help="of a clip's frames, for flow and times")
    parser.add_argument("--rounds", type=int, default=3, help="of the times; 0: do not measure them")
    options = parser.parse_args()
    options.pairs = existing(options.pairs or [SHARED], "set")
    options.clip = existing(options.clip, "clip")
    for stage in options.stages.split(","):
        print_stage(stage, options)


if __name__ == "__main__":
    main()
