# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Frames for resnet18-lite: two frames from each of many shots; a function of (seed, step)."""

import pathlib

import cv2
import numpy as np
import torch

from models.train import collection, photometry, random_scenes

LEAST_FRAMES = 20
HELD_BACK = ("castel", "cube")  # directories whose sequences choose the best weights


def read_clips(work, held_back=False):
    """Real image sequences of visp-images-data: lists of BGR frames."""
    clips = []
    for package in collection.SEQUENCES:
        for directory in sorted({path.parent for path in (pathlib.Path(work) / "raw" / package)
                              .rglob("*") if path.suffix in (".png", ".jpg", ".pgm")}):
            if (directory.name in HELD_BACK) != held_back:
                continue
            clip = read_sequence(directory)
            if len(clip) >= LEAST_FRAMES:
                clips.append(clip)
    return clips


def read_sequence(directory):
    """Its first 60 frames, where all have one size."""
    paths = sorted(path for path in directory.iterdir() if path.suffix in (".png", ".jpg", ".pgm"))
    frames = [cv2.imread(str(path)) for path in paths[:60]]
    if len(frames) < LEAST_FRAMES or any(frame is None for frame in frames):
        return []
    if len({frame.shape for frame in frames}) != 1:
        return []
    return [cv2.resize(frame, (320, 240), interpolation=cv2.INTER_AREA) for frame in frames]


def camera_path_frames(rng, images, size):
    """Two frames of one shot: an image, or a room, seen by a moving camera."""
    if rng.random() < 0.2:
        return random_scenes.solid_scene(rng, images, size, 0.1 * rng.random()).images
    strength = 0.35 * rng.random() ** 2
    pieces = int(rng.integers(0, 4))
    return random_scenes.flat_scene(rng, images, size, strength, pieces).images


def half(pyramid, side):
    """The left (0) or right (1) half of an image, as an image of its own."""
    cut = [level[:, side * (level.shape[1] // 2):][:, :level.shape[1] // 2] for level in pyramid]
    return tuple(np.ascontiguousarray(level) for level in cut)


def sibling_frames(rng, images, size):
    """Two shots from the halves of one image: alike in light and colour, and yet not the same."""
    _, image = random_scenes.choose(rng, images)
    return [random_scenes.flat_scene(rng, [half(image, side)], size, 0.2 * rng.random(), 0).images
            for side in (0, 1)]


def clip_frames(rng, clips):
    clip = clips[rng.integers(len(clips))]
    first = rng.integers(len(clip) - 3)
    return [clip[first], clip[first + rng.integers(1, 4)]]


def flash(rng, image):
    """A photographer's flash, or a lamp going out, in part of the image."""
    gain = rng.uniform(1.3, 2.5) if rng.random() < 0.7 else rng.uniform(0.4, 0.8)
    return np.clip(image * np.float32(gain) + np.float32(rng.uniform(0, 0.15)), 0, 1)


def grade(rng):
    """What a shot's film or camera does to all its frames: exposure and tint."""
    look, tint = rng.integers(1 << 31), np.exp(rng.normal(0, 0.1, 3)).astype(np.float32)

    def graded(frame):
        image = photometry.expose(np.random.default_rng(look), frame.astype(np.float32) / 255, 0.8)
        return np.rint(np.clip(image * tint, 0, 1) * 255).astype(np.uint8)
    return graded


def finish(rng, frames, side, graded, strength=0.45):
    """What happens to a shot as a whole, then to each frame, then the model's size."""
    done = []
    for index, frame in enumerate(frames):
        image = photometry.degrade(rng, graded(frame), strength)
        if index and rng.random() < 0.33 * strength:
            image = flash(rng, image)
        image = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
        done.append(np.rint(255 * image[..., ::-1]).astype(np.uint8))
    return done


def make_batch(images, clips, step, seed, shots=20, side=160):
    """uint8 RGB [2, shots, side, side, 3]; frames [0, i] and [1, i] belong to one shot.

    Up to two shots are of real sequences, and a quarter are halves of the same images.
    """
    made, drawn = [], []
    while len(made) < shots:
        rng = np.random.default_rng((seed, step, 4, len(made)))
        size = ((256, 144), (224, 168), (192, 192))[rng.integers(3)]
        if len(made) < min(2, len(clips)):
            drawn = [clip_frames(rng, clips)]
        elif len(made) < 2 + shots // 4:
            drawn = sibling_frames(rng, images, size)
        else:
            drawn = [camera_path_frames(rng, images, size)]
        graded = grade(rng)  # siblings share it
        made += [finish(rng, frames, side, graded) for frames in drawn]
    return torch.from_numpy(np.stack(made[:shots], 1))


class Batches(torch.utils.data.Dataset):
    def __init__(self, images, clips, seed, shots, side):
        self.images, self.clips = images, clips
        self.seed, self.shots, self.side = seed, shots, side

    def __getitem__(self, step):
        return make_batch(self.images, self.clips, step, self.seed, self.shots, self.side)


def held_back_shots(images, clips, side=224, frames=3):
    """uint8 RGB [shots, frames, side, side, 3]: a shot for each half of each image, and clips.

    No two shots show the same, neighbouring frames are a film's: a little motion, light and noise.
    """
    def film(rng, images):
        return np.stack(finish(rng, images, side, lambda image: image, 0.15))

    shots = []
    for number, image in enumerate(images):
        for which in (0, 1):
            rng = np.random.default_rng((78, number, which))
            shots.append(film(rng, still_path(rng, half(image, which), frames)))
    for number, clip in enumerate(clips):
        first = len(clip) // 2
        shots.append(film(np.random.default_rng((79, number)), clip[first:first + frames]))
    return torch.from_numpy(np.stack(shots))


def still_path(rng, image, frames):
    """A camera that moves over an image at a constant speed for some frames."""
    size = (256, 144)
    step = random_scenes.random_homography(rng, size, 0.0)
    place = random_scenes.lay_out(rng, image, size, 1.1)
    level = int(np.clip(np.floor(-np.log2(abs(place[0, 0]))), 0, len(image) - 1))
    scale = image[0].shape[1] / image[level].shape[1]
    for _ in range(frames):
        fit = place @ np.diag([scale, scale, 1.0])
        yield cv2.warpPerspective(image[level], fit, size, flags=cv2.INTER_LINEAR,
                                  borderMode=cv2.BORDER_REFLECT)
        place = step @ place
