# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Creates single shots with events that are not boundaries."""

import cv2
import numpy as np

import sources

COUNT = 48


def expose(frames, gain, offset=0.0):
    return np.clip(frames.astype(np.float32) * gain + offset, 0, 255).astype(np.uint8)


def flash(rng, shots):
    """One to three flashes of one to five frames, over all or most of the image."""
    frames = shots.shot(rng, COUNT)
    for first in rng.choice(np.arange(8, COUNT - 12), rng.integers(1, 4), replace=False):
        length = rng.integers(1, 6)
        gain, offset = rng.uniform(1.4, 3.0), rng.uniform(10, 90)
        fading = rng.random() < 0.5
        left = 0 if rng.random() < 0.6 else rng.integers(0, sources.WIDTH // 2)
        for index in range(length):
            share = 1 - index / length if fading else 1.0
            lit = frames[first + index, :, left:]
            frames[first + index, :, left:] = expose(lit, 1 + (gain - 1) * share, offset * share)
    return frames


def moving(rng, shots, offsets, widths, turns=None):
    """Frames of a camera that moves by `offsets` (window widths), starting where they all fit."""
    image = shots.image(rng)
    centres = 0.5 + (offsets - (offsets.max(0) + offsets.min(0)) / 2) * widths.mean()
    return sources.Camera(image, sources.keep_inside(centres, widths, image), widths,
                          turns).frames()


def smear(frames, speeds):
    """Motion blur during the exposure: a box along the path, in pixels."""
    for index, (right, down) in enumerate(speeds):
        length = int(np.hypot(right, down) / 2)
        if length < 2:
            continue
        kernel = np.zeros((2 * length + 1, 2 * length + 1), np.float32)
        towards = np.array((right, down)) / np.hypot(right, down) * length / 2
        start = tuple(int(round(v)) for v in length - towards)
        stop = tuple(int(round(v)) for v in length + towards)
        cv2.line(kernel, start, stop, 1.0)
        frames[index] = cv2.filter2D(frames[index], -1, kernel / kernel.sum())
    return frames


def burst(rng, most):
    """A speed per frame that rises from 0 to `most` and falls again within the shot."""
    length = rng.integers(8, 18)
    first = rng.integers(10, COUNT - length - 8)
    speed = np.zeros(COUNT)
    speed[first:first + length] = most * np.sin(np.pi * (np.arange(length) + 0.5) / length)
    return speed


def pan(rng, shots):
    """A whip: up to 8 to 25 % of the view per frame, smeared."""
    speed = burst(rng, rng.uniform(0.08, 0.25))
    angle = rng.choice((0, np.pi)) + rng.normal(0, 0.2)
    steps = speed[:, None] * (np.cos(angle), 0.3 * np.sin(angle))
    width = min(0.9 / (np.ptp(np.cumsum(steps[:, 0])) + 1), 0.45)
    frames = moving(rng, shots, np.cumsum(steps, 0), np.full(COUNT, width))
    return smear(frames, steps * sources.WIDTH)


def zoom(rng, shots):
    """Zooms by 1.8 to 3.5 within about 8 to 18 frames, in or out."""
    speed = burst(rng, 1.0)
    share = np.cumsum(speed) / speed.sum()
    factor = rng.uniform(1.8, 3.5)
    share = share if rng.random() < 0.5 else 1 - share
    return moving(rng, shots, rng.normal(0, 0.001, (COUNT, 2)), 0.9 * factor ** -share)


def exposure(rng, shots):
    """Permanently brighter or darker, at once or over a few frames; gain or gamma."""
    frames = shots.shot(rng, COUNT)
    first, length = rng.integers(12, COUNT - 16), rng.choice((1, 1, 2, 4))
    amount = rng.uniform(1.4, 2.2) if rng.random() < 0.6 else rng.uniform(0.4, 0.7)
    by_gamma = rng.random() < 0.3
    for index in range(first, COUNT):
        now = 1 + (amount - 1) * min(1.0, (index - first + 1) / length)
        if by_gamma:
            table = 255 * (np.arange(256) / 255) ** (1 / now)
            frames[index] = np.rint(table).astype(np.uint8)[frames[index]]
        else:
            frames[index] = expose(frames[index], now)
    return frames


def shake(rng, shots):
    """A shaken camera: up to a tenth of the view and some degrees between frames."""
    strength = np.zeros(COUNT)
    first = rng.integers(6, 16)
    strength[first:first + rng.integers(12, 26)] = rng.uniform(0.02, 0.07)
    offsets = rng.normal(0, 1, (COUNT, 2)) * strength[:, None]
    turns = rng.normal(0, 25, COUNT) * strength
    frames = moving(rng, shots, offsets, np.full(COUNT, rng.uniform(0.35, 0.6)), turns)
    return smear(frames, np.diff(offsets, axis=0, prepend=offsets[:1]) * sources.WIDTH / 2)


def grain(rng, shots):
    """Strong noise that differs in each frame, grey or coloured, fine or coarse."""
    frames = shots.shot(rng, COUNT)
    amount, coarse = rng.uniform(8, 30), rng.integers(1, 4)
    shape = (sources.HEIGHT // coarse, sources.WIDTH // coarse, rng.choice((1, 3)))
    for index in range(COUNT):
        noise = rng.normal(0, amount, shape).astype(np.float32)
        noise = cv2.resize(noise, (sources.WIDTH, sources.HEIGHT),
                           interpolation=cv2.INTER_LINEAR)
        noise = noise.reshape(sources.HEIGHT, sources.WIDTH, -1)
        frames[index] = np.clip(frames[index] + noise, 0, 255).astype(np.uint8)
    return frames


def cutout(rng, image, side=192):
    """(pixels, mask) of a piece of an image with an irregular, lobed outline, as of a person."""
    height, width = image.shape[:2]
    scale = 1.5 * side / min(height, width)
    image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    top, left = (int(rng.integers(0, length - side + 1)) for length in image.shape[:2])
    angle = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    radius = np.ones(72)
    for lobes in range(2, 6):
        radius += rng.normal(0, 0.25 / lobes) * np.cos(lobes * angle + rng.uniform(0, 2 * np.pi))
    radius *= 0.48 * side / radius.max()
    outline = side / 2 + radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)
    mask = np.zeros((side, side), np.uint8)
    cv2.fillPoly(mask, [np.rint(outline).astype(np.int32)], 255)
    return image[top:top + side, left:left + side], cv2.GaussianBlur(mask, (3, 3), 0)


def paste(frame, piece, mask, centre, size):
    """Draws a piece over a frame: its middle and its size in pixels of the frame."""
    scale = size / mask.shape[0]
    matrix = np.float32([[scale, 0, centre[0] - size / 2], [0, scale, centre[1] - size / 2]])
    into = (sources.WIDTH, sources.HEIGHT)
    cover = cv2.warpAffine(mask, matrix, into)[..., None] / 255
    return np.rint(frame * (1 - cover) + cv2.warpAffine(piece, matrix, into) * cover)


def subject(rng, shots):
    """A large subject enters, fills most of the frame for a while and may leave: across the frame
    or towards the camera, within 2 to 10 frames, and it moves while it is there."""
    frames = shots.shot(rng, COUNT)
    piece, mask = cutout(rng, shots.image(rng))
    enter, leave = int(rng.integers(2, 11)), int(rng.integers(2, 11))
    first = int(rng.integers(8, 20))
    last = int(rng.integers(first + enter + 2, COUNT + 10))  # may be after the end
    steps = np.arange(COUNT)
    near = np.clip((steps - first + 1) / enter, 0, 1) * np.clip((last - steps) / leave, 0, 1)
    size = sources.HEIGHT * rng.uniform(0.9, 1.7)
    middle = np.array((sources.WIDTH, sources.HEIGHT)) * rng.uniform(0.3, 0.7, 2)
    sway = np.cumsum(rng.normal(0, 2.0, (COUNT, 2)), 0)
    approaches = rng.random() < 0.5
    side = rng.choice((-1, 1))
    for index in np.flatnonzero(near > 0):
        away = 0 if approaches else side * (1 - near[index]) * (sources.WIDTH / 2 + size)
        now = size * (0.25 + 0.75 * near[index] if approaches else 1)
        frames[index] = paste(frames[index], piece, mask, middle + sway[index] + (away, 0), now)
    return frames


KINDS = {"flash": flash, "pan": pan, "zoom": zoom, "exposure": exposure, "shake": shake,
         "grain": grain, "subject": subject}
