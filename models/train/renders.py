# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Many scenes of layers at once, on any device: what scenes.py does for one.

Scenes are looked at in points, [B, N, 2] pixels of a view, which need not lie on the pixel grid.
"""

import numpy as np
import torch
import torch.nn.functional as F

FIELD = (12, 16)  # rows, columns of a local warp's nodes


def pack(layers):
    """One scene's layers (scenes.Layer) as arrays, [layers, ...]."""
    inverse = np.stack([[np.linalg.inv(view) for view in layer.to_view] for layer in layers])
    across = np.stack([[layer.to_view[1] @ inverse[index, 0], layer.to_view[0] @ inverse[index, 1]]
                       for index, layer in enumerate(layers)])
    across /= np.abs(across).max((2, 3), keepdims=True)  # any scale will do, and this fits floats
    return {"inverse": inverse, "across": across,
            "nearness": np.array([layer.inverse_depth for layer in layers]),
            "part": np.array([layer.bounds() for layer in layers]),
            "outline": np.array([layer.outline for layer in layers]),
            "gain": np.array([layer.gain for layer in layers]),
            "image": np.array([layer.number for layer in layers])}


def pack_batch(scenes, fields):
    """Packed scenes, padded to the same number of layers with some that nobody sees."""
    most = max(len(scene["gain"]) for scene in scenes)
    batch = {}
    for name in scenes[0]:
        rows = [np.pad(scene[name], [(0, most - len(scene["gain"]))]
                       + [(0, 0)] * (scene[name].ndim - 1)) for scene in scenes]
        kind = np.int64 if name == "image" else np.float32
        batch[name] = np.stack(rows).astype(kind)
    batch["field"] = np.stack(fields).astype(np.float32)  # [B, 2, *FIELD]
    return batch


def to_grid_sample(points, size):
    """Pixels -> what grid_sample calls them with align_corners=True."""
    return 2 * points / points.new_tensor([size[0] - 1, size[1] - 1]) - 1


def projected(matrix, x, y):
    """Homographies [B, ..., 3, 3, N] on pixels: (u, v)."""
    rows = [row[..., 0, :] * x + row[..., 1, :] * y + row[..., 2, :]
            for row in matrix.unbind(-3)]
    w = torch.where(rows[2].abs() < 1e-9, 1e-9, rows[2])
    return rows[0] / w, rows[1] / w


class LayeredScenes:
    """`packed` is pack_batch's as tensors on the atlas's device; `size` that of the views."""

    def __init__(self, packed, atlas, size):
        self.packed, self.atlas, self.size = packed, atlas, size
        self.bent, self.cut_out = bool(packed["field"].any()), bool((packed["outline"][..., 3] == 1).any())
        self.field = F.interpolate(packed["field"], size[::-1], mode="bicubic", align_corners=True)

    def displacement(self, points):
        """View 1 shows at q what a straight one would show at q + displacement(q)."""
        where = to_grid_sample(points, self.size)[:, :, None]
        found = F.grid_sample(self.field, where, padding_mode="border", align_corners=True)
        return found[..., 0].transpose(1, 2)

    def straightened(self, points, view):
        return points + self.displacement(points) if view and self.bent else points

    def bent_back(self, points, view):
        """The inverse of `straightened`, by fixed-point steps; fields are smooth and small."""
        found = points
        for _ in range(8 if view and self.bent else 0):
            found = points - self.displacement(found)
        return found

    def surfaces(self, view, points):
        """Number of the layer at straight points, -1 for none, [B, N]; all layers at once."""
        x, y = points[:, None].unbind(-1)
        a, b, c = self.packed["nearness"][:, :, view, :, None].unbind(2)
        nearness = (a * x + b * y + c).masked_fill(~self.covers(view, x, y), 0)  # [B, layers, N]
        nearest, ids = nearness.max(1)
        return torch.where(nearest > 0, ids, -1)

    def covers(self, view, x, y):
        u, v = projected(self.packed["inverse"][:, :, view, :, :, None], x, y)
        left, top, right, bottom = self.packed["part"][..., None].unbind(2)
        lobes, depth, phase, reach = self.packed["outline"][..., None].unbind(2)
        inside = (u >= left) & (u < right) & (v >= top) & (v < bottom)
        if not self.cut_out:
            return inside
        a = (2 * u - left - right) / (right - left).clamp(min=1e-3)
        b = (2 * v - top - bottom) / (bottom - top).clamp(min=1e-3)
        radius = reach * (1 - depth + depth * torch.cos(lobes * torch.atan2(b, a) + phase))
        return inside & ((a * a + b * b <= radius * radius) | (reach > 1.5))

    def image(self, view):
        """[B, H, W] in 0..255."""
        points = pixel_grid(self.size, self.field.device).expand(len(self.field), -1, -1)
        points = self.straightened(points, view)
        ids = self.surfaces(view, points)
        batch, layer = torch.arange(len(ids), device=ids.device)[:, None], ids.clamp(min=0)
        inverse = self.packed["inverse"][:, :, view].permute(0, 2, 3, 1)
        inverse = inverse.gather(3, layer[:, None, None].expand(-1, 3, 3, -1))  # [B, 3, 3, N]
        x, y = points.unbind(-1)
        u, v = projected(inverse, x, y)
        steps = [torch.hypot(beside[0] - u, beside[1] - v)
                 for beside in (projected(inverse, x + 1, y), projected(inverse, x, y + 1))]
        footprint = (steps[0] * steps[1]).sqrt().clamp(min=1e-3)
        grey = self.atlas.sample(self.packed["image"][batch, layer], u, v, footprint.log2())
        grey = (grey * self.packed["gain"][batch, layer]).clamp(max=255) * (ids >= 0)
        return grey.unflatten(1, self.size[::-1])

    def correspond(self, points, source):
        """Where points of one view lie in the other, and which are visible there."""
        target = 1 - source
        straight = self.straightened(points, source)
        ids = self.surfaces(source, straight)
        batch = torch.arange(len(ids), device=ids.device)[:, None]
        across = self.packed["across"][batch, ids.clamp(min=0), source].permute(0, 2, 3, 1)
        there = torch.stack(projected(across, *straight.unbind(-1)), -1)
        found = self.bent_back(there, target)
        visible = (ids >= 0) & inside(found, self.size) & (self.surfaces(target, there) == ids)
        return found, visible


def inside(points, size):
    x, y = points.unbind(-1)
    return (x >= 0) & (y >= 0) & (x <= size[0] - 1) & (y <= size[1] - 1)


def pixel_grid(size, device, step=1):
    """Pixels row by row, [1, N, 2]."""
    y, x = torch.meshgrid(torch.arange(0, size[1], step, device=device),
                          torch.arange(0, size[0], step, device=device), indexing="ij")
    return torch.stack([x, y], -1).reshape(1, -1, 2).float()
