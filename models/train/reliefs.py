# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Height fields seen by two cameras: smooth hills and steep blocks, under one texture.

The surface is z = distance + h(x, y) in a world whose z leads away from the first camera, h sampled
on a square grid and interpolated linearly. Rays are followed until they pass it.
"""

import cv2
import numpy as np
import torch
import torch.nn.functional as F

from models.train import random_scenes
from models.train.renders import inside, pixel_grid

CELLS = 96  # of the grid, each way
SUBDIVISIONS = (28, 10, 10)  # of the part of a ray that can meet the surface, in turn
LEAST_SLOPE = 0.1  # rays that graze the plane more than that see nothing


def heights(rng, amplitude):
    """[CELLS, CELLS] in -amplitude..amplitude: hills, and blocks with steep sides."""
    field = np.zeros((CELLS, CELLS), np.float32)
    for nodes in (3, 6, 12):
        noise = rng.normal(0, 1 / nodes**0.7, (nodes, nodes)).astype(np.float32)
        field += cv2.resize(noise, (CELLS, CELLS), interpolation=cv2.INTER_CUBIC)
    field *= rng.uniform(0, 1) / np.abs(field).max()
    for _ in range(rng.integers(0, 14)):
        x, y = rng.integers(0, CELLS - 4, 2)
        w, h = rng.integers(4, 24, 2)
        field[y:y + h, x:x + w] += rng.uniform(-1, 1)
    return field * (amplitude / max(np.abs(field).max(), 1e-6))


def looking_at(place, target, roll):
    """Pose (4x4, world -> camera) of a camera at `place` that sees `target` in its middle."""
    forward = (target - place) / np.linalg.norm(target - place)
    right = np.cross([0.0, 1.0, 0.0], forward)
    right /= np.linalg.norm(right)
    rotation = np.stack([right, np.cross(forward, right), forward])
    rotation = random_scenes.turn((0, 0, 1), roll) @ rotation
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = rotation, -rotation @ place
    return pose


def describe(rng, images, size, strength):
    """A random relief as arrays."""
    width, height = size
    distance = 4.0
    amplitude = distance * rng.uniform(0.03, 0.25)
    focal = rng.uniform(0.8, 1.5) * width
    tilt, way = np.deg2rad(rng.uniform(0, 45)), rng.uniform(0, 2 * np.pi)
    target = np.array([0, 0, distance])
    out = np.array([np.sin(tilt) * np.cos(way), np.sin(tilt) * np.sin(way), -np.cos(tilt)])
    places = [target + distance * out]
    step = rng.normal(0, 1, 3) * [1, 1, 0.4]
    step *= distance * rng.uniform(0.02, 0.12 + 0.45 * strength) / np.linalg.norm(step)
    places.append(places[0] + step)
    places[1][2] = min(places[1][2], distance - 1.6 * amplitude - 0.3)
    poses = [looking_at(place, target + rng.normal(0, 0.08 * distance, 3) * [1, 1, 0],
                        rng.normal(0, 0.02 + 0.2 * strength * view))
             for view, place in enumerate(places)]
    camera = np.array([[focal, 0, (width - 1) / 2], [0, focal, (height - 1) / 2], [0, 0, 1.0]])
    number, texture = random_scenes.choose(rng, images)
    th, tw = texture[0].shape[:2]
    extent = distance * width / focal * rng.uniform(1.2, 2.0)  # of the grid, each way
    turned = random_scenes.turn((0, 0, 1), rng.uniform(0, 2 * np.pi))[:2, :2]
    scale = min(tw, th) / extent * rng.uniform(0.5, 1.0)
    middle = np.array([tw, th]) / 2
    return {"heights": heights(rng, amplitude), "amplitude": amplitude, "distance": distance,
            "extent": extent, "camera": camera, "pose": np.stack(poses), "image": number,
            "to_texture": np.concatenate([turned * scale, middle[:, None]], 1),
            "sides": np.array([tw, th]), "light": rng.normal(0, 1, 2) * rng.uniform(0, 0.5)}


def pack_batch(reliefs):
    return {name: np.stack([relief[name] for relief in reliefs])
            .astype(np.int64 if name == "image" else np.float32) for name in reliefs[0]}


class Reliefs:
    """Many reliefs at once; the same face as renders.LayeredScenes."""

    def __init__(self, packed, atlas, size):
        self.packed, self.atlas, self.size = packed, atlas, size
        rotation, shift = packed["pose"][:, :, :3, :3], packed["pose"][:, :, :3, 3:]
        self.origin = -(rotation.transpose(2, 3) @ shift)[..., 0]  # [B, 2, 3]
        camera = packed["camera"]
        inverse = torch.linalg.inv(camera.double()).float()
        self.to_ray = rotation.transpose(2, 3) @ inverse[:, None]  # pixels -> directions
        self.to_pixel = camera[:, None] @ torch.cat([rotation, shift], -1)  # [B, 2, 3, 4]

    def height(self, ground):
        """h at ground points [B, N, 2]; beyond the grid its edge continues."""
        where = 2 * ground / self.packed["extent"][:, None, None]
        found = F.grid_sample(self.packed["heights"][:, None], where[:, :, None],
                              padding_mode="border", align_corners=True)
        return found[:, 0, :, 0]

    def hit(self, view, points):
        """The first world point on each pixel's ray, [B, N, 3], and whether there is one."""
        ray = (self.to_ray[:, None, view, :, :2] * points[..., None, :]).sum(-1)
        ray = ray + self.to_ray[:, None, view, :, 2]
        origin = self.origin[:, None, view]
        good = ray[..., 2] > LEAST_SLOPE * ray.norm(dim=-1)
        slope = ray[..., 2].clamp(min=1e-3)
        middle, half = (self.packed["distance"][:, None] - origin[..., 2],
                        1.01 * self.packed["amplitude"][:, None])
        low, high = (middle - half) / slope, (middle + half) / slope

        for parts in SUBDIVISIONS:
            shares = torch.arange(1, parts, device=points.device) / parts
            t = torch.lerp(low[:, None], high[:, None], shares[:, None])  # [B, parts - 1, N]
            place = origin[:, None] + t[..., None] * ray[:, None]
            height = self.height(place[..., :2].flatten(1, 2)).view_as(t)
            below = place[..., 2] >= self.packed["distance"][:, None, None] + height
            first = torch.where(below.any(1), below.int().argmax(1), parts - 1)  # the passed part
            low, high = (torch.lerp(low, high, (first + end) / parts) for end in (0, 1))
        return origin + ((low + high) / 2)[..., None] * ray, good

    def image(self, view):
        """[B, H, W] in 0..255."""
        points = pixel_grid(self.size, self.origin.device).expand(len(self.origin), -1, -1)
        place, good = self.hit(view, points)
        texture = self.packed["to_texture"][:, None]
        at = (texture[..., :2] * place[..., None, :2]).sum(-1) + texture[..., 2]
        sides = self.packed["sides"][:, None]
        at = sides - 0.5 - (at.remainder(2 * sides) - sides).abs()  # mirrored beyond the edges
        away = (place - self.origin[:, None, view]).norm(dim=-1)
        scale = texture[..., 0, :2].norm(dim=-1)
        footprint = scale * away / self.packed["camera"][:, None, 0, 0]
        grey = self.atlas.sample(self.packed["image"][:, None], *at.unbind(-1),
                                 footprint.clamp(min=1e-3).log2())
        grey = (grey * self.shade(place[..., :2])).clamp(0, 255) * good
        return grey.unflatten(1, self.size[::-1])

    def shade(self, ground):
        """Slopes towards the light are brighter; the same from every side."""
        step = self.packed["extent"] / CELLS
        slopes = [(self.height(ground + step[:, None, None] * ground.new_tensor(way))
                   - self.height(ground)) / step[:, None] for way in ((1.0, 0.0), (0.0, 1.0))]
        light = self.packed["light"][:, None]
        return (1 + light[..., 0] * slopes[0] + light[..., 1] * slopes[1]).clamp(0.4, 1.6)

    def correspond(self, points, source):
        target = 1 - source
        place, good = self.hit(source, points)
        seen = (self.to_pixel[:, None, target, :, :3] * place[..., None, :]).sum(-1)
        seen = seen + self.to_pixel[:, None, target, :, 3]
        found = seen[..., :2] / seen[..., 2:].clamp(min=1e-3)
        there, good_there = self.hit(target, found)
        pixel = seen[..., 2] / self.packed["camera"][:, None, 0, 0]
        same = (there - place).norm(dim=-1) < 2 * pixel
        visible = good & good_there & (seen[..., 2] > 1e-3) & inside(found, self.size) & same
        return found, visible
