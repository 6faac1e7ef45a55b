# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""LoFTR's weights from a formula that tests/nn/loftr_formula.h computes too, bit-identical. The
formula lets an untrained model find hundreds of matches: coarse features have no common part, and
attention adds little to them."""
import zlib

import numpy as np
import torch

from formula import noise

NORM_GAINS = (".1.weight", "bn1.weight", "bn2.weight", "norm1.weight")


def weight(key, shape, top):
    """`top` is the last stage of the backbone; its convolution computes the coarse features."""
    values = noise(zlib.crc32(key.encode()), int(np.prod(shape))).reshape(shape)
    if key.endswith("running_var"):
        return 1 + np.float32(0.5) * values
    if key == f"backbone.layer{top}_outconv.weight":
        values[:, 1::2] = -values[:, 0::2]
        return values * (np.float32(3) * np.sqrt(np.float32(3) / np.float32(shape[1])))
    if len(shape) >= 2:
        return values * np.sqrt(np.float32(3) / np.float32(np.prod(shape[1:])))
    if key.endswith("norm2.weight"):
        return np.float32(0.2) * (1 + np.float32(0.2) * values)
    if key.endswith(NORM_GAINS):
        return 1 + np.float32(0.2) * values
    return np.float32(0.1) * values


def fill(net, top=3):
    state = {key: torch.from_numpy(np.ascontiguousarray(weight(key, tuple(value.shape), top)))
             for key, value in net.state_dict().items() if value.dtype == torch.float32}
    net.load_state_dict(state, strict=False)
    return net.eval()


def grey(height, width, dx, dy):
    """float32 [1, 1, height, width] in 0..1: tiles of 4x4 pixels, shifted by (dx, dy)."""
    y, x = np.mgrid[0:height, 0:width]
    tile = ((y + dy) // 4) * 4096 + (x + dx) // 4
    values = noise(1000, 4096 * ((height + dy) // 4 + 1))[tile]
    return torch.from_numpy((values * np.float32(0.5) + np.float32(0.5))[None, None])
