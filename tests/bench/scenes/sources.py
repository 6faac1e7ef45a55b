# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Provides shots for the labelled set: still images under a moving camera, and real clips.

All frames are BGR uint8 [frames, HEIGHT, WIDTH, 3] and depend only on the given generator.
"""

import zlib

import cv2
import numpy as np

WIDTH, HEIGHT = 256, 144

# Real clips and their part of the set: thresholds are chosen on `tune` alone.
CLIPS = {
    "tune": ("Megamind.avi", "tree.avi", "bigbuckbunny.mp4", "cube"),
    "report": ("bikes.mp4", "vtest.avi", "carphone_pristine.mp4", "castel"),
}
# The first frames of shots within clips.
CUTS = {"bikes.mp4": (30, 76, 137, 187, 242), "Megamind.avi": (1, 98, 154, 200)}
SEQUENCES = {"cube": "mbt/cube", "castel": "mbt-depth/castel/castel"}
LEAST = 24


def fit(frame):
    """Scales a frame down by area resampling and crops its middle to the shape of the set."""
    height, width = frame.shape[:2]
    scale = max(WIDTH / width, HEIGHT / height)
    size = (max(WIDTH, round(width * scale)), max(HEIGHT, round(height * scale)))
    frame = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
    left, top = (size[0] - WIDTH) // 2, (size[1] - HEIGHT) // 2
    return frame[top:top + HEIGHT, left:left + WIDTH]


def read_video(path, most=800):
    video, frames = cv2.VideoCapture(str(path)), []
    while len(frames) < most:
        good, frame = video.read()
        if not good:
            break
        frames.append(fit(frame))
    return frames


def read_clip(name, work, videos):
    if name in SEQUENCES:
        directory = work / "raw/visp-images-data/usr/share/visp-images-data/ViSP-images"
        paths = sorted(path for path in (directory / SEQUENCES[name]).iterdir()
                       if path.suffix in (".png", ".jpg", ".pgm"))
        images = [cv2.imread(str(path)) for path in paths]
        return [fit(image) for image in images if image is not None]
    return read_video(next(directory / name for directory in videos if (directory / name).exists()))


def read_shots(part, work, videos):
    """Returns (clip's name, frames) for every shot of the part's clips."""
    for name in CLIPS[part]:
        frames = read_clip(name, work, videos)
        bounds = (0, *CUTS.get(name, ()), len(frames))
        for first, last in zip(bounds, bounds[1:]):
            if last - first >= LEAST:
                yield name, np.stack(frames[first:last])


def read_images(part, work):
    """The images of a part; the name of the original selects one half of them."""
    rows = (line.split("\t") for line in (work / "images/index.tsv").read_text().splitlines())
    chosen = [row[0] for row in rows if "-data" not in row[2] or "xfdesktop" in row[2]]
    half = {"tune": 0, "report": 1}[part]
    return [cv2.imread(str(work / "images" / name)) for name in chosen
            if zlib.crc32(name.encode()) % 2 == half]


class Camera:
    """A window that moves over an image: centre (as a share of the image), width, turn."""

    def __init__(self, image, centres, widths, turns=None):
        self.image, self.centres, self.widths = image, centres, widths
        self.turns = np.zeros(len(centres)) if turns is None else turns

    def frame(self, index):
        height, width = self.image.shape[:2]
        scale = WIDTH / (self.widths[index] * width)
        image = self.image
        while scale < 0.7:  # halves first, to avoid aliasing
            image = cv2.pyrDown(image)
            scale *= 2
        height, width = image.shape[:2]
        x, y = self.centres[index] * (width, height)
        matrix = cv2.getRotationMatrix2D((float(x), float(y)), float(self.turns[index]), scale)
        matrix[:, 2] += (WIDTH / 2 - x, HEIGHT / 2 - y)
        return cv2.warpAffine(image, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR,
                              borderMode=cv2.BORDER_REFLECT_101)

    def frames(self):
        return np.stack([self.frame(index) for index in range(len(self.centres))])


def keep_inside(centres, widths, image):
    """Moves centres so that the window stays in the image."""
    tall = widths * image.shape[1] * HEIGHT / WIDTH / image.shape[0]
    half = np.stack([widths, tall], 1) / 2
    return np.clip(centres, np.minimum(half, 0.5), np.maximum(1 - half, 0.5))


def calm_camera(rng, image, count):
    """A camera on a tripod, panning or zooming slowly, or handheld."""
    width = rng.uniform(0.35, 0.8)
    steps = np.arange(count)[:, None]
    drift = rng.normal(0, 0.0025, 2) * width * (rng.random() < 0.7)
    hand = np.cumsum(rng.normal(0, 0.0015, (count, 2)), 0) * width * (rng.random() < 0.4)
    widths = width * np.exp(np.arange(count) * rng.normal(0, 0.0025) * (rng.random() < 0.5))
    widths = np.clip(widths, 0.2, 1)
    centres = rng.uniform(0.25, 0.75, 2) + drift * steps + hand
    return Camera(image, keep_inside(centres, widths, image), widths)


def add_mover(rng, frames, image):
    """Moves a cut-out of another image across the view."""
    size = int(rng.integers(HEIGHT // 5, HEIGHT // 2))
    patch = cv2.resize(image, (size * 3, size * 2), interpolation=cv2.INTER_AREA)[:size, :size]
    mask = np.zeros((size, size), np.uint8)
    cv2.ellipse(mask, (size // 2, size // 2), (size // 2 - 1, size // 3), 0, 0, 360, 255, -1)
    at, speed = rng.uniform((0, 0), (WIDTH, HEIGHT)), rng.normal(0, 2.5, 2)
    for index, frame in enumerate(frames):
        x, y = (at + index * speed - size / 2).astype(int)
        left, top = max(0, x), max(0, y)
        right, bottom = min(WIDTH, x + size), min(HEIGHT, y + size)
        if right <= left or bottom <= top:
            continue
        cover = mask[top - y:bottom - y, left - x:right - x] > 0
        frame[top:bottom, left:right][cover] = patch[top - y:bottom - y,
                                                     left - x:right - x][cover]


class Sources:
    """Returns shots; two successive ones never come from the same image or clip."""

    def __init__(self, part, work, videos):
        self.images = read_images(part, work)
        self.clips = list(read_shots(part, work, videos))
        self.last = None

    def image(self, rng):
        return self.images[rng.integers(len(self.images))]

    def shot(self, rng, count):
        real = [clip for clip in self.clips
                if len(clip[1]) >= count and clip[0] != self.last]
        if real and rng.random() < 0.4:
            name, frames = real[rng.integers(len(real))]
            self.last = name
            first = rng.integers(len(frames) - count + 1)
            frames = frames[first:first + count]
            return frames[:, :, ::-1].copy() if rng.random() < 0.5 else frames.copy()
        choices = [i for i in range(len(self.images)) if i != self.last]
        self.last = choices[rng.integers(len(choices))]
        frames = calm_camera(rng, self.images[self.last], count).frames()
        if rng.random() < 0.5:
            add_mover(rng, frames, self.image(rng))
        return frames
