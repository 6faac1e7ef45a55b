# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Weights and images from a formula that tests/nn/formula.h computes too, bit-identical."""
import zlib

import numpy as np
import torch


def noise(seed, count):
    """float32 [count] in -1..1: murmur3's finaliser applied to the index."""
    x = np.arange(count, dtype=np.uint32) + np.uint32(seed)
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x85EBCA6B)
    x ^= x >> np.uint32(13)
    x *= np.uint32(0xC2B2AE35)
    x ^= x >> np.uint32(16)
    return (x >> np.uint32(8)).astype(np.float32) / np.float32(1 << 23) - np.float32(1)


def noise_bytes(seed, count):
    """uint8 [count], from the same noise."""
    return ((noise(seed, count) + 1) * 128).astype(np.uint8)


def weight(key, shape):
    """A state dict tensor that keeps the activations of a deep model in a sane range."""
    values = noise(zlib.crc32(key.encode()), int(np.prod(shape))).reshape(shape)
    if key.endswith("running_var"):
        return torch.from_numpy(1 + np.float32(0.5) * values)
    if len(shape) >= 2:
        gain = np.float32(0.05 if "flow_head.conv2" in key else 1.2)
        fan_in = np.float32(np.prod(shape[1:]))
        return torch.from_numpy(values * (gain * np.sqrt(np.float32(3) / fan_in)))
    if key.endswith((".1.weight", "bn.weight", "bn1.weight", "bn2.weight")):  # a norm's gain
        return torch.from_numpy(1 + np.float32(0.2) * values)
    return torch.from_numpy(np.float32(0.1) * values)


def fill(net):
    state = {k: weight(k, tuple(v.shape)) for k, v in net.state_dict().items() if v.dtype == torch.float32}
    net.load_state_dict(state, strict=False)
    return net.eval()


def image(height, width, dx, dy):
    """float32 [1, 3, height, width] in -1..1: tiles of 4x4 pixels, shifted by (dx, dy)."""
    y, x = np.mgrid[0:height, 0:width]
    tile = ((y + dy + 64) // 4) * 4096 + (x + dx + 64) // 4
    planes = [noise(1000 * (c + 1), 4096 * (height // 4 + 64))[tile] for c in range(3)]
    return torch.from_numpy(np.stack(planes)[None])


def shots(count, cuts):
    """uint8 [count, 27, 48, 3]: 4x4 pixel tiles that move a pixel per frame, new at each cut."""
    y, x = np.mgrid[0:27, 0:48]
    frames = np.empty((count, 27, 48, 3), np.uint8)
    for t in range(count):
        shot = sum(t >= cut for cut in cuts)
        tile = (y // 4) * 4096 + (x + t) // 4
        for c in range(3):
            frames[t, :, :, c] = noise_bytes(100 * shot + 1000 * (c + 1), 4096 * 8)[tile]
    return torch.from_numpy(frames)


def write_shapes(net, path):
    """Writes a line for each tensor of a model: its key and its sizes."""
    with open(path, "w") as out:
        for key, value in net.state_dict().items():
            if value.dtype == torch.float32:
                out.write(f"{key} {' '.join(map(str, value.shape))}\n")
