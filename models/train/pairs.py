# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Training pairs for LoFTR: two views and which coarse cells belong together.

A batch is a function of (seed, step) alone, so a run can stop and go on anywhere.
"""

import dataclasses

import numpy as np
import torch

import photometry
import scenes

STRIDE = 8
# Larger than any grid of the schedule's pictures: the grid of 640x480.
POSITION_RANGE = (60, 80)


@dataclasses.dataclass(frozen=True)
class Plan:
    """What a step trains on."""
    size: tuple  # width, height
    batch: int
    strength: float  # 0..1, of motion and of degradation
    solid: float  # share of rendered rooms; the rest are flat scenes


# (until which share of the run, ((width, height, pairs, weight), ...), strength, solid share)
SCHEDULE = (
    (0.04, ((160, 120, 8, 1.0),), 0.35, 0.15),
    (0.12, ((160, 120, 8, 0.6), (240, 176, 4, 0.2), (320, 240, 3, 0.2)), 0.6, 0.35),
    (0.50, ((160, 120, 8, 0.3), (240, 176, 4, 0.3), (320, 240, 3, 0.4)), 0.9, 0.4),
    (0.80, ((240, 176, 4, 0.3), (320, 240, 3, 0.4), (480, 352, 1, 0.3)), 1.0, 0.4),
    (1.01, ((320, 240, 3, 0.4), (480, 352, 1, 0.3), (640, 480, 1, 0.3)), 1.0, 0.4),
)


def plan(step, total, seed):
    """The plan of a step; a pure function."""
    rng = np.random.default_rng((seed, step, 1))
    share = step / total
    for until, sizes, strength, solid in SCHEDULE:
        if share < until:
            break
    weights = np.array([entry[3] for entry in sizes])
    width, height, batch, _ = sizes[rng.choice(len(sizes), p=weights / weights.sum())]
    return Plan((width, height), batch, strength, solid)


def random_views(rng, pictures, size, strength, solid):
    if rng.random() < solid:
        return scenes.solid_scene(rng, pictures, size, strength)
    pieces = int(rng.integers(0, 1 + round(4 * strength)))
    views = scenes.flat_scene(rng, pictures, size, strength, pieces)
    if rng.random() < 0.3 * strength:
        scenes.bend(views, scenes.smooth_field(rng, size, rng.uniform(0, 0.03) * size[0]))
    return views


def cell_grid(size):
    """Pixel of each coarse cell, row by row, [L, 2]."""
    width, height = size
    x, y = np.meshgrid(np.arange(0, width, STRIDE), np.arange(0, height, STRIDE))
    return np.stack([x.ravel(), y.ravel()], 1).astype(np.float64)


def nearest_cell(points, valid, size):
    """Index of the coarse cell nearest to each point, -1 where there is none."""
    columns, rows = size[0] // STRIDE, size[1] // STRIDE
    cells = np.rint(np.where(valid[:, None], points, 0) / STRIDE).astype(int)
    inside = valid & (cells >= 0).all(1) & (cells[:, 0] < columns) & (cells[:, 1] < rows)
    return np.where(inside, cells[:, 1] * columns + cells[:, 0], -1)


def ground_truth(views, size):
    """Mutual nearest cells and what is left over.

    Returns cell0, cell1 [M], offset [M, 2] (pixels from the centre of cell1 to the true point) and
    masks lonely0, lonely1 [L]: cells whose point the other view does not show.
    """
    grid = cell_grid(size)
    forward, visible0 = scenes.correspond(views, grid, 0)
    backward, visible1 = scenes.correspond(views, grid, 1)
    to1, to0 = nearest_cell(forward, visible0, size), nearest_cell(backward, visible1, size)
    cell0 = np.flatnonzero(to1 >= 0)
    cell0 = cell0[to0[to1[cell0]] == cell0]
    cell1 = to1[cell0]
    return cell0, cell1, forward[cell0] - grid[cell1], ~visible0, ~visible1


def make_pair(rng, pictures, size, strength, solid):
    """(images [2, H, W] float32, ground truth); scenes without overlap are drawn again."""
    for _ in range(10):
        views = random_views(rng, pictures, size, strength, solid)
        truth = ground_truth(views, size)
        if len(truth[0]) >= 0.08 * len(truth[3]):
            break
    images = [photometry.degrade(rng, image, strength) for image in views.images]
    return np.stack(images), truth


def make_batch(pictures, step, total, seed, fine_per_pair=96):
    """Tensors of one training step."""
    todo = plan(step, total, seed)
    images, columns = [], {name: [] for name in ("batch", "cell0", "cell1", "offset", "fine")}
    lonely = []
    for index in range(todo.batch):
        rng = np.random.default_rng((seed, step, 2, index))
        pair, (cell0, cell1, offset, lonely0, lonely1) = make_pair(
            rng, pictures, todo.size, todo.strength, todo.solid)
        images.append(pair)
        lonely.append((lonely0, lonely1))
        fine = np.zeros(len(cell0), bool)
        fine[rng.permutation(len(cell0))[:fine_per_pair]] = True
        for name, values in (("batch", np.full(len(cell0), index)), ("cell0", cell0),
                             ("cell1", cell1), ("offset", offset), ("fine", fine)):
            columns[name].append(values)
    batch = {name: torch.from_numpy(np.concatenate(values)) for name, values in columns.items()}
    batch["offset"] = batch["offset"].float()
    batch["images"] = torch.from_numpy(np.stack(images, 1))[:, :, None]  # [2, B, 1, H, W]
    batch["lonely"] = torch.from_numpy(np.stack(lonely, 1))  # [2, B, L]
    batch["shift"] = position_shift(step, seed, todo.size)
    return batch


def position_shift(step, seed, size):
    """Where on the position encoding's plane the step's grid starts.

    Small pictures visit all the positions that large ones will have.
    """
    rng = np.random.default_rng((seed, step, 3))
    room = [POSITION_RANGE[axis] - size[1 - axis] // STRIDE for axis in (0, 1)]
    if rng.random() < 0.4:
        return 0, 0
    return tuple(int(rng.integers(0, max(0, most) + 1)) for most in room)


class Batches(torch.utils.data.Dataset):
    """Batches by number; `total` is the length of the whole run."""

    def __init__(self, pictures, total, seed):
        self.pictures, self.total, self.seed = pictures, total, seed

    def __len__(self):
        return self.total

    def __getitem__(self, step):
        return make_batch(self.pictures, step, self.total, self.seed)
