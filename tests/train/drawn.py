# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Test images, drawn by a formula."""

import cv2
import numpy as np

from models.train import scenes


def texture(seed, size=(400, 300)):
    rng = np.random.default_rng(seed)
    image = np.zeros(size[::-1], np.float32)
    for cells in (4, 16, 64):
        noise = rng.normal(0, 1, (cells, cells)).astype(np.float32)
        image += cv2.resize(noise, size, interpolation=cv2.INTER_CUBIC)
    return np.clip(127 + 40 * image, 0, 255).astype(np.uint8)


def textures(count=3):
    return [scenes.pyramid(texture(seed)) for seed in range(count)]
