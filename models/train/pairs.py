# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Training pairs for LoFTR: two views and which coarse cells belong together.

Worker processes draw what the scenes of a step are (describe: a few numbers each, a function of the
seed, the step and the share of the run that is done); the training process renders them on its
device (build), so the graphics card that trains draws its images too.
"""

import dataclasses

import numpy as np
import torch

from models.train import looks, random_scenes, reliefs, renders, scenes

STRIDE = 8
# Larger than any grid of the schedule's images: the grid of 640x480.
POSITION_RANGE = (60, 80)


@dataclasses.dataclass(frozen=True)
class Plan:
    """What a step trains on."""
    size: tuple  # width, height
    batch: int
    strength: float  # 0..1, of motion and of degradation
    solid: float  # share of rendered rooms
    relief: float  # share of height fields; the rest are flat scenes


# (until which share of the run, ((width, height, pairs, weight), ...), strength, solid, relief)
SCHEDULES = {
    "cpu": (
        (0.04, ((160, 120, 8, 1.0),), 0.35, 0.10, 0.05),
        (0.12, ((160, 120, 8, 0.6), (240, 176, 4, 0.2), (320, 240, 3, 0.2)), 0.6, 0.25, 0.15),
        (0.50, ((160, 120, 8, 0.3), (240, 176, 4, 0.3), (320, 240, 3, 0.4)), 0.9, 0.3, 0.2),
        (0.80, ((240, 176, 4, 0.3), (320, 240, 3, 0.4), (480, 352, 1, 0.3)), 1.0, 0.3, 0.2),
        (1.01, ((320, 240, 3, 0.4), (480, 352, 1, 0.3), (640, 480, 1, 0.3)), 1.0, 0.3, 0.2),
    ),
    # for a card with some 40 GB and more, which is idle with less
    "gpu": (
        (0.04, ((160, 120, 64, 1.0),), 0.35, 0.10, 0.05),
        (0.12, ((160, 120, 64, 0.5), (320, 240, 24, 0.5)), 0.6, 0.25, 0.15),
        (0.50, ((240, 176, 40, 0.3), (320, 240, 24, 0.5), (480, 352, 12, 0.2)), 0.9, 0.3, 0.2),
        (0.80, ((320, 240, 24, 0.5), (480, 352, 12, 0.3), (640, 480, 8, 0.2)), 1.0, 0.3, 0.2),
        (1.01, ((320, 240, 24, 0.45), (480, 352, 12, 0.2), (640, 480, 8, 0.35)), 0.8, 0.3, 0.2),
    ),
}


def plan(step, share, seed, schedule="cpu"):
    """The plan of a step when `share` (0..1) of the run is done; a pure function."""
    rng = np.random.default_rng((seed, step, 1))
    for until, sizes, strength, solid, relief in SCHEDULES[schedule]:
        if share < until:
            break
    weights = np.array([entry[3] for entry in sizes])
    width, height, batch, _ = sizes[rng.choice(len(sizes), p=weights / weights.sum())]
    return Plan((width, height), batch, strength, solid, relief)


# Descriptions, in worker processes ----------------------------------------------------------------

def random_flat(rng, images, size, strength):
    """A flat scene's packed layers, and the nodes of a local warp."""
    field = np.zeros((2, *renders.FIELD))
    pieces = int(rng.integers(0, 1 + round(4 * strength)))
    layers = random_scenes.flat_layers(rng, images, size, strength, pieces)
    if rng.random() < 0.3 * strength:
        field = random_scenes.smooth_field(rng, renders.FIELD[::-1],
                                           rng.uniform(0, 0.03) * size[0]).transpose(2, 0, 1)
    return renders.pack(layers), field


def random_scene(rng, images, todo):
    """("flat", "rooms" or "hills", its description)."""
    lot = rng.random()
    if lot < todo.relief:
        return "hills", reliefs.describe(rng, images, todo.size, todo.strength)
    if lot < todo.relief + todo.solid:
        layers, _, _ = random_scenes.solid_layers(rng, images, todo.size, todo.strength)
        return "rooms", (renders.pack(layers), np.zeros((2, *renders.FIELD)))
    return "flat", random_flat(rng, images, todo.size, todo.strength)


def describe(images, todo, step, seed):
    """What build() needs for a step; nested dictionaries of arrays."""
    made, shots = {"flat": [], "rooms": [], "hills": []}, []
    for index in range(todo.batch):
        rng = np.random.default_rng((seed, step, 2, index))
        kind, scene = random_scene(rng, images, todo)
        made[kind].append(scene)
        shots.append([looks.draw(rng, todo.strength) for _ in (0, 1)])
    views = [[shot[view] for shot in shots] for view in (0, 1)]
    described = {"looks": {name: np.stack([look[name] for view in views for look in view])
                           for name in views[0][0]}}
    for kind in ("flat", "rooms"):
        if made[kind]:
            described[kind] = renders.pack_batch(*zip(*made[kind]))
    if made["hills"]:
        described["hills"] = reliefs.pack_batch(made["hills"])
    return described | {"size": todo.size, "step": step, "seed": seed,
                        "shift": position_shift(step, seed, todo.size)}


def position_shift(step, seed, size):
    """Where on the position encoding's plane the step's grid starts.

    Small images visit all the positions that large ones will have.
    """
    rng = np.random.default_rng((seed, step, 3))
    room = [POSITION_RANGE[axis] - size[1 - axis] // STRIDE for axis in (0, 1)]
    if rng.random() < 0.4:
        return 0, 0
    return tuple(int(rng.integers(0, max(0, most) + 1)) for most in room)


class Descriptions(torch.utils.data.Dataset):
    """Steps by number; `pace` (runs.Pace) knows how much of the run is done."""

    def __init__(self, images, pace, seed, schedule="cpu"):
        self.images, self.pace, self.seed, self.schedule = images, pace, seed, schedule

    def __getitem__(self, step):
        todo = plan(step, self.pace.share(step), self.seed, self.schedule)
        return describe(self.images, todo, step, self.seed)


# Images and truth, on the device ----------------------------------------------------------------

def on_device(described, device):
    if isinstance(described, dict):
        return {name: on_device(value, device) for name, value in described.items()}
    if isinstance(described, np.ndarray):
        return torch.from_numpy(described).to(device)
    return described


@torch.no_grad()
def build(described, atlas, fine_per_pair=160):
    """Tensors of one training step, on the atlas's device."""
    device = atlas.pixels.device
    described = on_device(described, device)
    size = described["size"]
    kinds = [kind(described[name], atlas, size) for name, kind in
             (("flat", renders.LayeredScenes), ("rooms", renders.LayeredScenes),
              ("hills", reliefs.Reliefs)) if name in described]
    generator = torch.Generator(device).manual_seed(described["seed"] * 1_000_003
                                                    + described["step"])
    images = torch.cat([torch.cat([kind.image(view) for kind in kinds]) for view in (0, 1)])
    images = looks.apply(images, described["looks"], generator)
    batch = mutual_cells(kinds, size)
    order = torch.randperm(len(batch["batch"]), device=device, generator=generator)
    batch["fine"] = order[:fine_per_pair * (len(images) // 2)]
    batch["images"] = images.unflatten(0, (2, -1))[:, :, None]  # [2, B, 1, H, W]
    batch["shift"] = described["shift"]
    return batch


def mutual_cells(kinds, size):
    """Mutual nearest cells (batch, cell0, cell1, offset [M, 2] in pixels from the centre of cell1
    to the true point) and `lonely` [2, B, L]: cells whose point the other view does not show."""
    device = kinds[0].atlas.pixels.device
    grid = renders.pixel_grid(size, device, STRIDE)
    seen = []
    for source in (0, 1):
        parts = [kind.correspond(grid.expand(len(kind.packed["image"]), -1, -1), source)
                 for kind in kinds]
        seen.append([torch.cat(column) for column in zip(*parts)])
    (forward, visible0), (backward, visible1) = seen
    to1, to0 = nearest_cells(forward, visible0, size), nearest_cells(backward, visible1, size)
    cells = torch.arange(grid.shape[1], device=device)
    mutual = (to1 >= 0) & (to0.gather(1, to1.clamp(min=0)) == cells)
    batch, cell0 = torch.where(mutual)
    cell1 = to1[batch, cell0]
    return {"batch": batch, "cell0": cell0, "cell1": cell1,
            "offset": forward[batch, cell0] - grid[0, cell1],
            "lonely": ~torch.stack([visible0, visible1])}


def nearest_cells(points, valid, size):
    """Index of the coarse cell nearest to each point, -1 where there is none; [B, L]."""
    columns, rows = size[0] // STRIDE, size[1] // STRIDE
    cells = torch.where(valid[..., None], points / STRIDE, -1).round().long()
    x, y = cells.unbind(-1)
    known = valid & (x >= 0) & (y >= 0) & (x < columns) & (y < rows)
    return torch.where(known, y * columns + x, -1)


# The same for one scene of scenes.py --------------------------------------------------------------

def cell_grid(size):
    """Pixel of each coarse cell, row by row, [L, 2]."""
    return renders.pixel_grid(size, "cpu", STRIDE)[0].double().numpy()


def true_cells(views, size):
    """How many mutual nearest cells there are."""
    grid = cell_grid(size)
    (forward, visible0), (backward, visible1) = (
        [torch.from_numpy(np.nan_to_num(value))[None]
         for value in scenes.correspond(views, grid, source)] for source in (0, 1))
    to1 = nearest_cells(forward, visible0, size)
    to0 = nearest_cells(backward, visible1, size)
    back = to0.gather(1, to1.clamp(min=0)) == torch.arange(len(grid))
    return int(((to1 >= 0) & back).sum())
