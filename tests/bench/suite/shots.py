# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Times one detector of shots on a whole video (rounds.py has the protocol).

    shots.py DETECTOR VIDEO

The detectors are those of tests/bench/scenes. F1 is that of the cuts that models/shots.py lists for
the video, at one frame.
"""
import json
import pathlib
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "bench" / "scenes")]

import cv2  # noqa: E402: needs the path added above
import detectors  # noqa: E402
import scoring  # noqa: E402
from models.shots import CUTS  # noqa: E402


def f1(found: list, cuts: tuple[int, ...]) -> float:
    hits = scoring.match([prediction.frame for prediction in found], cuts, 1)
    return scoring.Counts(hits, len(found) - hits, len(cuts) - hits).f1()


def main() -> None:
    name, path = sys.argv[1], pathlib.Path(sys.argv[2])
    detect = (detectors.scenedetect("resnet18-lite") if name == "scenedetect"
              else detectors.PEERS[name])
    frames = int(cv2.VideoCapture(str(path)).get(cv2.CAP_PROP_FRAME_COUNT))
    print(json.dumps({"load_ms": 0, "accuracy": {"f1": f1(detect(path), CUTS[path.name])}}),
          flush=True)
    for _ in sys.stdin:  # any number of frames means the whole video
        begin = time.perf_counter()
        detect(path)
        ms = (time.perf_counter() - begin) * 1e3 / frames
        print(json.dumps({"ms": [ms]}), flush=True)


if __name__ == "__main__":
    main()
