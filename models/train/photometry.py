# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""What a camera and an encoder do to an image: exposure, shade, blur, noise, compression."""

import cv2
import numpy as np


def expose(rng, image, strength):
    """Gain, offset and gamma; clips as a sensor does, but not all of the image away."""
    for _ in range(4):
        gamma = np.exp(rng.normal(0, 0.35 * strength))
        gain = np.exp(rng.normal(0, 0.3 * strength))
        exposed = np.clip(image**np.float32(gamma) * np.float32(gain)
                          + np.float32(rng.normal(0, 0.08 * strength)), 0, 1)
        if exposed.std() > 0.5 * image.std():
            return exposed
    return image


def shade(rng, image, strength):
    """A smooth change of light across the image."""
    coarse = rng.normal(0, 0.35 * strength, (3, 4)).astype(np.float32)
    light = np.exp(cv2.resize(coarse, image.shape[1::-1], interpolation=cv2.INTER_CUBIC))
    return np.clip(image * (light if image.ndim == 2 else light[..., None]), 0, 1)


def blur(rng, image, strength):
    """Out of focus, or shaken."""
    if rng.random() < 0.6:
        return cv2.GaussianBlur(image, (0, 0), 0.3 + rng.uniform(0, 1.4) * strength)
    length = int(rng.integers(2, 3 + max(1, round(5 * strength))))
    kernel = np.zeros((2 * length + 1,) * 2, np.float32)
    angle = rng.uniform(0, np.pi)
    reach = np.array([np.cos(angle), np.sin(angle)]) * length / 2
    ends = [tuple(int(v) for v in np.rint(length + sign * reach)) for sign in (-1, 1)]
    cv2.line(kernel, ends[0], ends[1], 1.0, 1)
    return cv2.filter2D(image, -1, kernel / kernel.sum())


def compress(rng, image, strength):
    quality = int(rng.uniform(95 - 65 * strength, 95))
    pixels = np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)
    coded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return cv2.imdecode(coded, cv2.IMREAD_UNCHANGED).astype(np.float32) / 255


def degrade(rng, image, strength):
    """uint8 -> float32 in 0..1, as some camera would have delivered it."""
    image = image.astype(np.float32) / 255
    if rng.random() < 0.85:
        image = expose(rng, image, strength)
    if rng.random() < 0.3 * strength:
        image = shade(rng, image, strength)
    if rng.random() < 0.35 * strength:
        image = blur(rng, image, strength)
    if rng.random() < 0.6:
        noise = rng.standard_normal(image.shape, np.float32)
        image = image + noise * np.float32(rng.uniform(0, 0.06) * strength)
    if rng.random() < 0.35:
        image = compress(rng, image, strength)
    return np.clip(image, 0, 1).astype(np.float32)
