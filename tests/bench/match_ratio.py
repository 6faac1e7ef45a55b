#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Compares the time of matching with a program that uses kornia: each frame with the previous one,
both in alternation.

    match_ratio.py --baseline PROGRAM.py VIDEO
    match_ratio.py --baseline PROGRAM.py --weights models/bundled/loftr-lite.safetensors \\
        --baseline-option=--loftr-heads=4 --baseline-option=--loftr-fixed-encoding VIDEO

PROGRAM.py takes VIDEO, --stages match, --match-size, --frames, --dump and --loftr-weights, prints
one JSON object with ms.match.p50 and init_ms.match_threshold, and writes match_%05d.npy [M, 5] (x0,
y0, x1, y1, confidence) and weights/loftr.safetensors to the directory of --dump. Without --weights
the model is the full one with that program's random weights, which its first run writes to the
dump.

Prints one JSON object: the medians of both per round, ms per frame; their ratio; and the
differences of the matches. Needs numpy and opencv in the Python that runs it, and
build/tests/bench/match.
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
    out = subprocess.run([str(part) for part in command], check=True, stdout=subprocess.PIPE, text=True,
                         env=environment).stdout
    return json.loads(out.splitlines()[0])


def read_ours(path: pathlib.Path) -> dict[int, np.ndarray]:
    rows = np.loadtxt(path, delimiter=",", skiprows=1, ndmin=2)
    return {int(frame): rows[rows[:, 0] == frame, 1:] for frame in np.unique(rows[:, 0])}


def compare(dump: pathlib.Path, ours: dict[int, np.ndarray]) -> dict:
    """Two matches are equal if their first points are and the second ones are within a pixel."""
    same = other = 0
    pixels = confidence = 0.0
    for path in sorted(dump.glob("match_*.npy")):
        theirs = {tuple(row[:2]): row for row in np.load(path)}
        mine = {tuple(row[:2]): row for row in ours.get(int(path.stem[6:]), [])}
        for point in theirs.keys() | mine.keys():
            a, b = theirs.get(point), mine.get(point)
            if a is None or b is None or np.hypot(*(a[2:4] - b[2:4])) > 1:
                other += 1
                continue
            same += 1
            pixels = max(pixels, float(np.hypot(*(a[2:4] - b[2:4]))))
            confidence = max(confidence, float(abs(a[4] - b[4])))
    return {"same": same, "other": other, "largest_px": round(pixels, 6), "largest_confidence": round(confidence, 8)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video")
    parser.add_argument("--baseline", required=True)
    parser.add_argument("--baseline-option", action="append", default=[])
    parser.add_argument("--weights")
    parser.add_argument("--program", default=ROOT / "build/tests/bench/match")
    parser.add_argument("--frames", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--size", default="320x240", help="WxH")
    parser.add_argument("--precision", default="auto", help="of this project's model: fp32, bf16")
    args = parser.parse_args()
    width, height = map(int, args.size.split("x"))
    with tempfile.TemporaryDirectory() as directory:
        work = pathlib.Path(directory)
        (work / "frames.raw").write_bytes(grey_frames(args.video, args.frames, (width, height)))
        baseline = [sys.executable, args.baseline, args.video, "--stages", "match", "--match-size", args.size,
                    "--frames", args.frames, "--dump", work, *args.baseline_option]
        if args.weights:
            baseline += ["--loftr-weights", args.weights]
        weights = args.weights or work / "weights/loftr.safetensors"
        theirs, ours = [], []
        for _ in range(args.rounds):
            theirs.append(run_json(baseline))
            threshold = theirs[-1]["init_ms"].get("match_threshold", 0.2)
            ours.append(run_json([args.program, weights, work / "frames.raw", width, height, threshold, 0,
                                  work / "matches.csv", args.precision]))
        ratios = [mine["frame_ms"] / other["ms"]["match"]["p50"] for mine, other in zip(ours, theirs)]
        print(json.dumps({
            "size": args.size, "frames": args.frames, "threshold": threshold,
            "baseline_ms": [run["ms"]["match"]["p50"] for run in theirs],
            "ms": [run["frame_ms"] for run in ours],
            "encode_ms": [run["encode_ms"] for run in ours],
            "match_ms": [run["match_ms"] for run in ours],
            "matches": ours[-1]["matches"], "ratios": [round(ratio, 3) for ratio in ratios],
            "ratio": round(statistics.median(ratios), 3),
            "outputs": compare(work, read_ours(work / "matches.csv"))}))


if __name__ == "__main__":
    main()
