# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""photometry.py for many grey images at once, on any device: drawn here, applied there."""

import cv2
import numpy as np
import torch
import torch.nn.functional as F

REACH = 6  # of a blur's kernel, pixels
# ITU-T T.81, table K.1: the quantisation of luminance.
QUANTISATION = (
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55,
    14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
    18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99)


def blur_kernel(rng, strength):
    """Out of focus, or shaken; [2 REACH + 1] squared."""
    side = 2 * REACH + 1
    kernel = np.zeros((side, side), np.float32)
    if rng.random() < 0.6:
        kernel[REACH, REACH] = 1
        kernel = cv2.GaussianBlur(kernel, (0, 0), 0.3 + rng.uniform(0, 1.4) * strength)
        return kernel / kernel.sum()
    length = rng.integers(2, 3 + max(1, round(5 * strength)))
    angle = rng.uniform(0, np.pi)
    reach = np.array([np.cos(angle), np.sin(angle)]) * length / 2
    ends = [tuple(int(v) for v in np.rint(REACH + sign * reach)) for sign in (-1, 1)]
    cv2.line(kernel, ends[0], ends[1], 1.0, 1)
    return kernel / kernel.sum()


def draw(rng, strength):
    """One image's look as arrays; what photometry.degrade would do as often and as strongly."""
    look = {"curve": np.array([1, 1, 0.0]), "light": np.zeros((3, 4)), "noise": np.zeros(1),
            "quality": np.zeros(1)}
    look["kernel"] = np.zeros((2 * REACH + 1,) * 2)
    look["kernel"][REACH, REACH] = 1
    if rng.random() < 0.85:
        look["curve"] = np.array([np.exp(rng.normal(0, 0.35 * strength)),
                                  np.exp(rng.normal(0, 0.3 * strength)),
                                  rng.normal(0, 0.08 * strength)])
    if rng.random() < 0.3 * strength:
        look["light"] = rng.normal(0, 0.35 * strength, (3, 4))
    if rng.random() < 0.35 * strength:
        look["kernel"] = blur_kernel(rng, strength)
    if rng.random() < 0.6:
        look["noise"] = rng.uniform(0, 0.06, 1) * strength
    if rng.random() < 0.35:
        look["quality"] = rng.uniform(95 - 65 * strength, 95, 1)
    return {name: value.astype(np.float32) for name, value in look.items()}


def cosine_transform(device):
    """The orthonormal DCT-II of length 8, [8, 8]."""
    k, n = torch.meshgrid(torch.arange(8.0, device=device), torch.arange(8.0, device=device),
                          indexing="ij")
    matrix = torch.cos((2 * n + 1) * k * np.pi / 16) / 2
    matrix[0] /= 2**0.5
    return matrix


def compress(images, quality):
    """What JPEG at `quality` (0: not at all) leaves of images in 0..1, [B, H, W]."""
    height, width = images.shape[-2:]
    padded = F.pad(images[:, None], (0, -width % 8, 0, -height % 8), mode="replicate")[:, 0]
    dct = cosine_transform(images.device)
    blocks = padded.unflatten(1, (-1, 8)).unflatten(3, (-1, 8)).transpose(2, 3) * 255 - 128
    scale = torch.where(quality < 50, 5000 / quality.clamp(min=1), 200 - 2 * quality)
    table = images.new_tensor(QUANTISATION).view(8, 8)
    table = ((table * scale[:, None, None] + 50) / 100).floor().clamp(1, 255)[:, None, None]
    coded = (dct @ blocks @ dct.T / table).round() * table
    blocks = (dct.T @ coded @ dct + 128) / 255
    done = blocks.transpose(2, 3).flatten(3, 4).flatten(1, 2)[:, :height, :width]
    return torch.where(quality[:, None, None] > 0, done, images)


def apply(images, looks, generator):
    """images [B, H, W] in 0..255 with `looks` of arrays [B, ...] -> in 0..1."""
    images = images / 255
    gamma, gain, offset = looks["curve"][:, :, None, None].unbind(1)
    exposed = (images.clamp(min=1e-6) ** gamma * gain + offset).clamp(0, 1)
    kept = exposed.std((1, 2), keepdim=True) > 0.5 * images.std((1, 2), keepdim=True)
    images = torch.where(kept, exposed, images)  # nobody exposes an image away
    light = F.interpolate(looks["light"][:, None], images.shape[-2:], mode="bicubic",
                          align_corners=True)[:, 0]
    images = (images * light.exp()).clamp(0, 1)
    padded = F.pad(images[None], (REACH,) * 4, mode="replicate")
    images = F.conv2d(padded, looks["kernel"][:, None], groups=len(images))[0]
    noise = torch.randn(images.shape, device=images.device, generator=generator)
    images = (images + noise * looks["noise"][..., None]).clamp(0, 1)
    return compress(images, looks["quality"][:, 0]).clamp(0, 1)
