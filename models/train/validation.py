# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Scores a matcher on pairs made from pictures that it was not trained on."""

import numpy as np
import torch

import pairs
import photometry
import scenes

SIZE = (320, 240)
SEED = 77


def held_back_pairs(pictures, count=24):
    """The same (kind, images, views) each time: homographies and rooms in turn."""
    made = []
    for index in range(count):
        rng = np.random.default_rng((SEED, index))
        if index % 2:
            kind, views = "solid", scenes.solid_scene(rng, pictures, SIZE, 0.6)
        else:
            kind, views = "flat", scenes.flat_scene(rng, pictures, SIZE, 0.6, index % 4)
        images = [photometry.degrade(rng, image, 0.5) for image in views.images]
        made.append((kind, np.stack(images), views))
    return made


def errors(views, points0, points1):
    """Distance in pixels of each match from the truth; infinite where there is none."""
    found, visible = scenes.correspond(views, points0, 0)
    distance = np.linalg.norm(found - points1, axis=1)
    return np.where(visible, distance, np.inf)


def score(net, held_back, device):
    """Matches per pair and their share within 3 px, per kind; and one figure of merit.

    The figure is the mean over pairs of share within 3 px times share of the true cells found.
    """
    counts, shares, merits = ({"flat": [], "solid": []} for _ in range(3))
    for kind, images, views in held_back:
        tensors = torch.from_numpy(images)[:, None, None].to(device)
        points0, points1, _, _ = net.match(tensors[0], tensors[1])
        good = errors(views, points0.cpu().numpy(), points1.cpu().numpy()) <= 3
        true = len(pairs.ground_truth(views, SIZE)[0])
        counts[kind].append(len(good))
        shares[kind].append(good.mean() if len(good) else 0.0)
        merits[kind].append(shares[kind][-1] * good.sum() / max(true, 1))
    return {"score": float(np.mean(merits["flat"] + merits["solid"])),
            **{f"{kind}_count": float(np.mean(counts[kind])) for kind in counts},
            **{f"{kind}_3px": float(np.mean(shares[kind])) for kind in shares}}
