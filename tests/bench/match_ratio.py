#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Compares the time of matching with that of baseline.py: each frame with the previous one, both in
alternation.

    match_ratio.py [--weights models/bundled/loftr-lite.safetensors] VIDEO

Prints one JSON object: the medians of both per round, ms per frame; their ratio; and the
differences of the matches. Run it with the Python of tests/bench/run, which has what baseline.py
needs; it needs build/tests/bench/match, too.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

import cv2
import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]


def grey_frames(video: str, frames: int, size: tuple[int, int]) -> bytes:
    capture = cv2.VideoCapture(video)
    parts = []
    for _ in range(frames):
        ok, bgr = capture.read()
        if not ok:
            break
        grey = cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY)
        parts.append(cv2.resize(grey, size, interpolation=cv2.INTER_AREA).tobytes())
    return b"".join(parts)


def run_json(command: list) -> dict:
    engine = ROOT / "build/lib/nn/libgsttorch-engine.so"
    environment = {"GST_TORCH_ENGINE": str(engine), **os.environ}
    done = subprocess.run([str(part) for part in command], check=True, text=True,
                          stdout=subprocess.PIPE, env=environment)
    return json.JSONDecoder().raw_decode(done.stdout)[0]  # more text may follow


def read_ours(path: pathlib.Path) -> dict[int, np.ndarray]:
    rows = np.loadtxt(path, delimiter=",", skiprows=1, ndmin=2)
    return {int(frame): rows[rows[:, 0] == frame, 1:] for frame in np.unique(rows[:, 0])}


def read_theirs(directory: pathlib.Path) -> dict[int, np.ndarray]:
    return {int(path.stem): np.loadtxt(path, delimiter=",", skiprows=1, ndmin=2)
            for path in sorted(directory.glob("*.csv"))}


def key(row: np.ndarray) -> tuple[float, float]:
    """The first point, which lies on a grid."""
    return round(float(row[0]), 2), round(float(row[1]), 2)


def compare(theirs: dict[int, np.ndarray], ours: dict[int, np.ndarray]) -> dict:
    """Two matches are equal if their first points are and the second ones are within a pixel."""
    same = other = 0
    pixels = confidence = 0.0
    for frame, rows in theirs.items():
        first = {key(row): row for row in rows}
        second = {key(row): row for row in ours.get(frame, [])}
        for point in first.keys() | second.keys():
            a, b = first.get(point), second.get(point)
            if a is None or b is None or np.hypot(*(a[2:4] - b[2:4])) > 1:
                other += 1
                continue
            same += 1
            pixels = max(pixels, float(np.hypot(*(a[2:4] - b[2:4]))))
            confidence = max(confidence, float(abs(a[4] - b[4])))
    return {"same": same, "other": other, "largest_px": round(pixels, 6),
            "largest_confidence": round(confidence, 8)}


def write_video(path: pathlib.Path, frames: bytes, size: tuple[int, int]) -> None:
    """Grey images, which baseline.py reads as a video."""
    width, height = size
    for index, grey in enumerate(np.frombuffer(frames, np.uint8).reshape(-1, height, width)):
        cv2.imwrite(str(path) % index, grey)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video")
    parser.add_argument("--weights", default=ROOT / "models/bundled/loftr-lite.safetensors")
    parser.add_argument("--program", default=ROOT / "build/tests/bench/match")
    parser.add_argument("--frames", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--size", default="320x240", help="WxH")
    parser.add_argument("--precision", default="auto", help="of this project's model: fp32, bf16")
    args = parser.parse_args()
    width, height = map(int, args.size.split("x"))
    with tempfile.TemporaryDirectory() as directory:
        work = pathlib.Path(directory)
        frames = grey_frames(args.video, args.frames, (width, height))
        (work / "frames.raw").write_bytes(frames)
        write_video(work / "%06d.png", frames, (width, height))
        baseline = [sys.executable, ROOT / "tests/bench/baseline.py", work / "%06d.png", "--stages",
                    "matches", "--match-weights", args.weights, "-o", work / "baseline"]
        theirs, ours = [], []
        for _ in range(args.rounds):
            theirs.append(run_json(baseline))
            ours.append(run_json([args.program, args.weights, work / "frames.raw", width, height, 0.2,
                                  0, work / "matches.csv", args.precision]))
        ratios = [mine["frame_ms"] / other["ms"]["matches"]["p50"] for mine, other in zip(ours, theirs)]
        print(json.dumps({
            "size": args.size, "frames": args.frames,
            "baseline_ms": [run["ms"]["matches"]["p50"] for run in theirs],
            "ms": [run["frame_ms"] for run in ours],
            "encode_ms": [run["encode_ms"] for run in ours],
            "match_ms": [run["match_ms"] for run in ours],
            "matches": ours[-1]["matches"], "ratios": [round(ratio, 3) for ratio in ratios],
            "ratio": round(statistics.median(ratios), 3),
            "outputs": compare(read_theirs(work / "baseline/matches"), read_ours(work / "matches.csv"))}))


if __name__ == "__main__":
    main()
