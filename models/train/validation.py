# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Scores a matcher on pairs made from images that it was not trained on."""

import collections
import dataclasses

import numpy as np
import torch

from models.train import atlas, pairs, photometry, random_scenes, reliefs, scenes

SEED = 77
KINDS = ("flat", "solid", "hills")
# (width, height), pairs: the sizes of a live stream and of a still
SIZES = (((320, 240), 24), ((640, 480), 12))


@dataclasses.dataclass
class Pair:
    kind: str
    size: tuple
    images: np.ndarray  # [2, H, W] float32
    correspond: object  # points of image 0 [N, 2] -> points of image 1, visible
    true_cells: int


def relief_pair(rng, sources, sheet, size, strength, degradation):
    """A height field, rendered on the CPU."""
    packed = reliefs.pack_batch([reliefs.describe(rng, sources, size, strength)])
    view = reliefs.Reliefs(pairs.on_device(packed, "cpu"), sheet, size)
    images = [np.rint(view.image(index)[0].numpy()).astype(np.uint8) for index in (0, 1)]

    def correspond(points):
        found, visible = view.correspond(torch.from_numpy(points)[None].float(), 0)
        return found[0].double().numpy(), visible[0].numpy()

    cells = len(pairs.mutual_cells([view], size)["batch"])
    images = [photometry.degrade(rng, image, degradation) for image in images]
    return Pair("hills", size, np.stack(images), correspond, cells), view


def layered_pair(rng, kind, views, size, degradation):
    images = [photometry.degrade(rng, image, degradation) for image in views.images]
    return Pair(kind, size, np.stack(images), lambda points: scenes.correspond(views, points, 0),
                pairs.true_cells(views, size))


def held_back_pairs(sources, sizes=SIZES):
    """The same each time: homographies, rooms and height fields in turn."""
    sheet, made = atlas.Atlas(sources, "cpu"), []
    for size, count in sizes:
        for index in range(count):
            rng, kind = np.random.default_rng((SEED, size[0], index)), KINDS[index % 3]
            if kind == "hills":
                made.append(relief_pair(rng, sources, sheet, size, 0.6, 0.5)[0])
            elif kind == "solid":
                views = random_scenes.solid_scene(rng, sources, size, 0.6)
                made.append(layered_pair(rng, kind, views, size, 0.5))
            else:
                views = random_scenes.flat_scene(rng, sources, size, 0.6, index % 4)
                made.append(layered_pair(rng, kind, views, size, 0.5))
    return made


def errors(pair, points0, points1):
    """Distance in pixels of each match from the truth; infinite where there is none."""
    found, visible = pair.correspond(points0)
    distance = np.linalg.norm(found - points1, axis=1)
    return np.where(visible, distance, np.inf)


COLUMNS = ("score_320", "score_640", *(f"{kind}_{what}" for kind in KINDS
                                       for what in ("1px", "3px")))


def score(model, held_back, device):
    """Per kind the shares of matches within 1 and 3 px; per size, and in all, a figure of merit.

    It is the mean over pairs of (share within 1 px + share within 3 px) / 2 times the share of the
    true cells found.
    """
    figures = collections.defaultdict(list)
    for pair in held_back:
        tensors = torch.from_numpy(pair.images)[:, None, None].to(device)
        points0, points1, _, _ = model.match(tensors[0], tensors[1])
        off = errors(pair, points0.cpu().double().numpy(), points1.cpu().double().numpy())
        within = [float((off <= limit).mean()) if len(off) else 0.0 for limit in (1, 3)]
        recall = (off <= 3).sum() / max(pair.true_cells, 1)
        figures[f"score_{pair.size[0]}"].append(sum(within) / 2 * recall)
        for limit, share in zip(("1px", "3px"), within):
            figures[f"{pair.kind}_{limit}"].append(share)
    means = {name: float(np.mean(values)) for name, values in figures.items()}
    sizes = [mean for name, mean in means.items() if name.startswith("score_")]
    return {"score": sum(sizes) / len(sizes), **means}
