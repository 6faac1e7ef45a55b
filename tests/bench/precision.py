#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Measures what `precision` saves and costs: each model in fp32 and in another precision, in
alternation. Not a test: run it in `meson devenv -C build` on an otherwise idle machine.

    precision.py --video VIDEO --pairs DIR [--precision bf16] [--device cpu] [--resnet18 FILE]

DIR has a directory for each pair: frame10.png, frame11.png and flow10.flo, the true flow. Prints for
each model the element's own time per frame and the ratio of the two, then the accuracy of flow and
matches in both, and the boundaries found. Skips missing files with a message. Needs numpy.
"""
import argparse
import csv
import io
import json
import pathlib
import statistics
import subprocess
import tempfile

import numpy as np

UNKNOWN = 1e8  # larger values in a .flo file mean "unknown"
WINDOWS = 200  # frames, because a model may process that many at once
STREAMS = (
    ("scenedetect", "resnet18-lite", "640,height=360"),
    ("scenedetect", "transnetv2", "640,height=360"),
    ("raftflow", "raft-small", "448,height=256"),
    ("raftflow", "raft-sintel", "448,height=256"),
    ("loftrmatch", "loftr-lite", "320,height=240"),
    ("loftrmatch", "loftr-lite", "640,height=480"),
)


def frame_ms(options, element: str, model: str, size: str, precision: str) -> float:
    """Mean time of the element per frame in one run, from perfmeter's last report."""
    frames = WINDOWS if model == "transnetv2" else options.frames
    with tempfile.TemporaryDirectory() as directory:
        record = pathlib.Path(directory) / "meter.json"
        line = (
            f"gst-launch-1.0 -q filesrc location={options.video} ! decodebin ! videoconvert ! videoscale ! "
            f"video/x-raw,width={size} ! identity eos-after={frames + 1} ! {element} model={model} "
            f"device={options.device} precision={precision} ! perfmeter output=json output-location={record} ! "
            "fakesink")
        subprocess.run(line.split(), check=True, capture_output=True)
        report = json.loads(record.read_text().splitlines()[-1])
    return next(entry["stats"]["frame_ms"] for entry in report["reports"] if entry["name"].startswith(element))


def time_stream(options, element: str, model: str, size: str) -> None:
    runs: dict[str, list[float]] = {"fp32": [], options.precision: []}
    try:
        for _ in range(options.rounds):
            for precision, found in runs.items():
                found.append(frame_ms(options, element, model, size, precision))
    except subprocess.CalledProcessError as failed:
        print(f"{element} {model}: left out: {failed.stderr.decode().splitlines()[0]}")
        return
    ratio = statistics.median(brief / exact for exact, brief in zip(*runs.values()))
    exact, brief = (statistics.median(found) for found in runs.values())
    print(f"{element} {model} {size.replace(',height=', 'x')}: {exact:.1f} -> {brief:.1f} ms, ratio {ratio:.2f}",
          flush=True)


def gst_torch(*words) -> str:
    return subprocess.run(["gst-torch", *map(str, words)], check=True, capture_output=True, text=True).stdout


def read_flo(path: pathlib.Path) -> np.ndarray:
    data = path.read_bytes()
    width, height = np.frombuffer(data, "<i4", 2, 4)
    return np.frombuffer(data, "<f4", -1, 12).reshape(height, width, 2)


def true_flow(pair: pathlib.Path) -> tuple[np.ndarray, np.ndarray]:
    flow = read_flo(pair / "flow10.flo")
    return flow, (np.abs(flow) < UNKNOWN).all(2)


def end_point_error(pair: pathlib.Path, model: str, common: list) -> float:
    with tempfile.TemporaryDirectory() as directory:
        out = pathlib.Path(directory) / "out.flo"
        gst_torch("flow", pair / "frame10.png", pair / "frame11.png", "-o", out, "-m", model, *common)
        flow, known = true_flow(pair)
        return float(np.linalg.norm(read_flo(out) - flow, axis=2)[known].mean())


def match_errors(pair: pathlib.Path, common: list) -> np.ndarray:
    with tempfile.TemporaryDirectory() as directory:
        out = pathlib.Path(directory) / "out.csv"
        gst_torch("match", pair / "frame10.png", pair / "frame11.png", "-o", out, "-m", "loftr-lite", *common)
        rows = np.loadtxt(out, delimiter=",", skiprows=1, ndmin=2)
    flow, known = true_flow(pair)
    x, y = (rows[:, i].round().astype(int) for i in (0, 1))
    inside = (x < flow.shape[1]) & (y < flow.shape[0])
    rows, x, y = rows[inside], x[inside], y[inside]
    rows, x, y = (values[known[y, x]] for values in (rows, x, y))
    return np.linalg.norm(rows[:, 2:4] - rows[:, :2] - flow[y, x], axis=1)


def print_worth(options, precision: str) -> None:
    pairs = sorted(path.parent for path in options.pairs.glob("*/flow10.flo"))
    common = ["--precision", precision, "--device", options.device]
    for model in ("raft-small", "raft-sintel"):
        errors = [end_point_error(pair, model, common) for pair in pairs]
        print(f"{precision} {model}: end-point error " + " ".join(f"{error:.4f}" for error in errors)
              + f", mean {statistics.mean(errors):.4f} px", flush=True)
    errors = np.concatenate([match_errors(pair, common) for pair in pairs])
    print(f"{precision} loftr-lite: {len(errors)} matches, {np.mean(errors < 3):.4f} within 3 px, "
          f"median {np.median(errors):.3f} px", flush=True)
    for model in ("resnet18-lite", "transnetv2"):
        rows = csv.DictReader(io.StringIO(gst_torch("scenes", options.video, "--model", model, *common)))
        starts = [row["Start Frame"] for row in rows]
        print(f"{precision} {model}: shots begin at {' '.join(starts)}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--video", required=True)
    parser.add_argument("--pairs", type=pathlib.Path, required=True)
    parser.add_argument("--precision", default="bf16")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--resnet18", metavar="FILE", help="weights of a ResNet-18, to be timed too")
    parser.add_argument("--frames", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    streams = list(STREAMS)
    if options.resnet18:
        streams.append(("scenedetect", options.resnet18, "640,height=360"))
    for element, model, size in streams:
        time_stream(options, element, model, size)
    for precision in ("fp32", options.precision):
        print_worth(options, precision)


if __name__ == "__main__":
    main()
