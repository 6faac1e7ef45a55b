# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Frames for resnet18-lite: two frames from each of many shots; a function of (seed, step)."""

import pathlib

import cv2
import numpy as np
import torch

import photometry
import pictures as collection
import scenes

LEAST_FRAMES = 20


def read_clips(work):
    """Real image sequences of visp-images-data: lists of BGR frames, every other one kept."""
    clips = []
    for package in collection.SEQUENCES:
        for folder in sorted({path.parent for path in (pathlib.Path(work) / "raw" / package)
                              .rglob("*") if path.suffix in (".png", ".jpg", ".pgm")}):
            clip = read_sequence(folder)
            if len(clip) >= LEAST_FRAMES:
                clips.append(clip)
    return clips


def read_sequence(folder):
    """Its first 60 frames, where all have one size."""
    paths = sorted(path for path in folder.iterdir() if path.suffix in (".png", ".jpg", ".pgm"))
    frames = [cv2.imread(str(path)) for path in paths[:60]]
    if len(frames) < LEAST_FRAMES or any(frame is None for frame in frames):
        return []
    if len({frame.shape for frame in frames}) != 1:
        return []
    return [cv2.resize(frame, (320, 240), interpolation=cv2.INTER_AREA) for frame in frames]


def camera_path_frames(rng, pictures, size):
    """Two frames of one shot: a picture, or a room, seen by a moving camera."""
    if rng.random() < 0.2:
        return scenes.solid_scene(rng, pictures, size, 0.0).images
    strength = 0.25 * rng.random() ** 2
    return scenes.flat_scene(rng, pictures, size, strength, int(rng.integers(0, 3))).images


def clip_frames(rng, clips):
    clip = clips[rng.integers(len(clips))]
    first = rng.integers(len(clip) - 3)
    return [clip[first], clip[first + rng.integers(1, 4)]]


def flash(rng, image):
    """A photographer's flash, or a lamp going out, in part of the picture."""
    gain = rng.uniform(1.3, 2.5) if rng.random() < 0.7 else rng.uniform(0.4, 0.8)
    return np.clip(image * np.float32(gain) + np.float32(rng.uniform(0, 0.15)), 0, 1)


def finish(rng, frames, side):
    """What happens to a shot as a whole, then to each frame, then the net's size."""
    tint = np.exp(rng.normal(0, 0.1, 3)).astype(np.float32)
    look = rng.integers(1 << 31)
    done = []
    for index, frame in enumerate(frames):
        shot_rng = np.random.default_rng((look, 0))  # the same for all frames of the shot
        image = photometry.expose(shot_rng, frame.astype(np.float32) / 255, 0.8) * tint
        image = photometry.degrade(rng, np.clip(255 * image, 0, 255).astype(np.uint8), 0.3)
        if index and rng.random() < 0.1:
            image = flash(rng, image)
        image = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
        done.append(np.rint(255 * image[..., ::-1]).astype(np.uint8))
    return done


def make_batch(pictures, clips, step, seed, shots=20, side=160):
    """uint8 RGB [2, shots, side, side, 3]; frames [0, i] and [1, i] belong to one shot."""
    made = []
    for index in range(shots):
        rng = np.random.default_rng((seed, step, 4, index))
        size = ((256, 144), (224, 168), (192, 192))[rng.integers(3)]
        real = index < len(clips) and index < 2
        frames = clip_frames(rng, clips) if real else camera_path_frames(rng, pictures, size)
        made.append(finish(rng, frames, side))
    return torch.from_numpy(np.stack(made, 1))


class Batches(torch.utils.data.Dataset):
    def __init__(self, pictures, clips, total, seed, shots, side):
        self.pictures, self.clips, self.total = pictures, clips, total
        self.seed, self.shots, self.side = seed, shots, side

    def __len__(self):
        return self.total

    def __getitem__(self, step):
        return make_batch(self.pictures, self.clips, step, self.seed, self.shots, self.side)
