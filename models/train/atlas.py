# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""All grey images with their pyramids in one tensor, sampled at many places at once."""

import numpy as np
import torch


class Atlas:
    """Pixels of every image's every level, uint8, one after the other."""

    def __init__(self, pyramids, device):
        most = max(len(levels) for levels in pyramids)
        width, height, start = (np.zeros((len(pyramids), most), np.int64) for _ in range(3))
        flat, length = [], 0
        for number, levels in enumerate(pyramids):
            for level in range(most):
                image = levels[min(level, len(levels) - 1)]
                height[number, level], width[number, level] = image.shape
                if level < len(levels):
                    start[number, level] = length
                    flat.append(image.ravel())
                    length += image.size
                else:
                    start[number, level] = start[number, level - 1]
        self.pixels = torch.from_numpy(np.concatenate(flat)).to(device)
        self.width, self.height, self.start = (
            torch.from_numpy(table).to(device) for table in (width, height, start))
        self.levels = most

    def sample(self, image, u, v, level):
        """Grey in 0..255 at pixels (u, v) of `image` ([...] int64), halved `level` times.

        `level` is a float; between two levels the values are mixed. Beyond the edges: the edge.
        """
        level = level.clamp(0, self.levels - 1)
        low = level.long()
        fine = self.bilinear(image, low, u, v)
        coarse = self.bilinear(image, (low + 1).clamp(max=self.levels - 1), u, v)
        return torch.lerp(fine, coarse, level - low)

    def bilinear(self, image, level, u, v):
        # pixel centres are whole numbers: x' = (x + .5) f - .5
        width, height = self.width[image, level], self.height[image, level]
        x = ((u + 0.5) * (width / self.width[image, 0]) - 0.5).clamp(min=0)
        y = ((v + 0.5) * (height / self.height[image, 0]) - 0.5).clamp(min=0)
        x, y = torch.minimum(x, width - 1), torch.minimum(y, height - 1)
        left, top = x.long(), y.long()
        here = self.start[image, level] + top * width + left
        right = (left + 1 < width).long()
        below = torch.where(top + 1 < height, width, 0)
        fx, fy = x - left, y - top
        upper = torch.lerp(self.pixels[here].float(), self.pixels[here + right].float(), fx)
        lower = torch.lerp(self.pixels[here + below].float(),
                           self.pixels[here + below + right].float(), fx)
        return torch.lerp(upper, lower, fy)
