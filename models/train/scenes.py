# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Two views of one scene made of textured planes, with exact correspondences.

A scene is a list of layers. A layer is a texture on a plane; each view sees it through a homography
and at an inverse depth that is linear in the pixel, so one z-buffer serves images lying flat,
cut-outs that move on their own, and rooms and boxes seen by two cameras.
"""

import dataclasses

import cv2
import numpy as np

NOTHING = 255  # id of a pixel that no layer covers
# Outline of a cut-out in its part, scaled to [-1, 1]: at angle t its radius is
# reach (1 - depth + depth cos(lobes t + phase)). (lobes, depth, phase, reach); this one: all of it.
WHOLE = (0, 0.0, 0.0, 2.0)


@dataclasses.dataclass
class Layer:
    texture: tuple  # grey or BGR, uint8: the image and its halves, see pyramid()
    to_view: tuple  # per view: 3x3, texture pixel -> view pixel
    inverse_depth: tuple  # per view: (a, b, c), 1 / z = a x + b y + c; nearer wins
    part: tuple | None = None  # (left, top, right, bottom) of the texture that is there; else all
    outline: tuple = WHOLE
    gain: float = 1.0
    number: int = -1  # of the texture in its collection, for renders.py

    def bounds(self):
        height, width = self.texture[0].shape[:2]
        return self.part or (-0.5, -0.5, width - 0.5, height - 0.5)


@dataclasses.dataclass
class Views:
    """What two cameras see; `ids` name the layer at each pixel."""
    images: list
    ids: list
    layers: list
    warp: np.ndarray | None = None  # [H, W, 2]: view 1 shows at q what stood at q + warp[q]
    camera: np.ndarray | None = None  # 3x3, both views
    pose: np.ndarray | None = None  # 4x4, view 0 -> view 1, where the scene is rigid


def pyramid(texture, levels=5):
    """A texture and its halves, for drawing it small without aliasing."""
    steps = [texture]
    while len(steps) < levels and min(steps[-1].shape[:2]) >= 64:
        half = (steps[-1].shape[1] // 2, steps[-1].shape[0] // 2)
        steps.append(cv2.resize(steps[-1], half, interpolation=cv2.INTER_AREA))
    return tuple(steps)


def draw(layer, view, x, y):
    """(image, cover) of a layer at pixels x, y (each [H, W]) of a view."""
    u, v, w = np.linalg.inv(layer.to_view[view]).astype(np.float32)
    w = w[0] * x + w[1] * y + w[2]
    w[np.abs(w) < 1e-9] = 1e-9
    u = (u[0] * x + u[1] * y + u[2]) / w
    v = (v[0] * x + v[1] * y + v[2]) / w
    height, width = layer.texture[0].shape[:2]
    cover = covers(layer, u, v)
    if not cover.any():
        return None, cover
    level = level_for(u, v, cover, len(layer.texture))
    texture = layer.texture[level]
    # pixel centres are whole numbers: x' = (x + .5) f - .5
    fx, fy = texture.shape[1] / width, texture.shape[0] / height
    drawn = cv2.remap(texture, (u + 0.5) * fx - 0.5, (v + 0.5) * fy - 0.5, cv2.INTER_LINEAR,
                        borderMode=cv2.BORDER_REPLICATE)
    return drawn, cover


def covers(layer, u, v):
    """Where there is something of a layer, at pixels u, v of its texture."""
    left, top, right, bottom = layer.bounds()
    cover = (u >= left) & (v >= top) & (u < right) & (v < bottom)
    if layer.outline == WHOLE:
        return cover
    lobes, depth, phase, reach = layer.outline
    a, b = (2 * u - left - right) / (right - left), (2 * v - top - bottom) / (bottom - top)
    radius = reach * (1 - depth + depth * np.cos(lobes * np.arctan2(b, a) + phase))
    return cover & (a * a + b * b <= radius * radius)


def level_for(u, v, cover, levels):
    """The pyramid level whose pixels are about as large as the view's, where it is covered."""
    inside = cover[:, 1:] & cover[:, :-1]
    if levels == 1 or not inside.any():
        return 0
    step = np.hypot(u[:, 1:] - u[:, :-1], v[:, 1:] - v[:, :-1])[inside]
    return int(np.clip(np.floor(np.log2(max(1e-6, float(np.median(step)))) + 0.3), 0, levels - 1))


def extent(layer, view, size):
    """The part of a view (slices) that a layer can cover; all of it where it passes the camera."""
    left, top, right, bottom = layer.bounds()
    corners = np.array([[left, top, 1], [right, top, 1], [right, bottom, 1], [left, bottom, 1]])
    seen = corners @ layer.to_view[view].T
    if (seen[:, 2] <= 1e-6).any():
        return np.s_[0:size[1], 0:size[0]]
    points = seen[:, :2] / seen[:, 2:]
    low = np.clip(np.floor(points.min(0)), 0, size).astype(int)
    high = np.clip(np.ceil(points.max(0)) + 1, 0, size).astype(int)
    return np.s_[low[1]:high[1], low[0]:high[0]]


def render_view(layers, view, size):
    """(image, ids) of one view by z-buffer."""
    width, height = size
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    nearest = np.zeros((height, width), np.float32)
    ids = np.full((height, width), NOTHING, np.uint8)
    image = np.zeros((height, width) + layers[0].texture[0].shape[2:], np.uint8)
    for index, layer in enumerate(layers):
        box = extent(layer, view, size)
        a, b, c = (np.float32(value) for value in layer.inverse_depth[view])
        inverse_depth = a * x[box] + b * y[box] + c
        front = inverse_depth > nearest[box]
        if not front.any():
            continue
        drawn, cover = draw(layer, view, x[box], y[box])
        cover &= front
        if not cover.any():
            continue
        if layer.gain != 1.0:
            drawn = cv2.convertScaleAbs(drawn, alpha=layer.gain)
        image[box][cover] = drawn[cover]
        ids[box][cover] = index
        nearest[box][cover] = inverse_depth[cover]
    return image, ids


def render(layers, size, **extra):
    images, ids = zip(*(render_view(layers, view, size) for view in (0, 1)))
    return Views(list(images), list(ids), layers, **extra)


def apply(matrix, points):
    """Homography on [N, 2] points."""
    mapped = points @ matrix[:, :2].T + matrix[:, 2]
    with np.errstate(divide="ignore", invalid="ignore"):
        return mapped[:, :2] / mapped[:, 2:]


def bend(views, displacement):
    """Moves view 1 about locally: at q it shows what stood at q + displacement[q]."""
    height, width = displacement.shape[:2]
    grid = np.stack(np.meshgrid(np.arange(width), np.arange(height)), -1).astype(np.float32)
    source = grid + displacement
    views.images[1] = cv2.remap(views.images[1], source, None, cv2.INTER_LINEAR,
                                borderMode=cv2.BORDER_REPLICATE)
    views.ids[1] = cv2.remap(views.ids[1], source, None, cv2.INTER_NEAREST,
                             borderMode=cv2.BORDER_CONSTANT, borderValue=NOTHING)
    views.warp = displacement.astype(np.float32)


def sample_field(field, points):
    maps = points.astype(np.float32)[None]
    return cv2.remap(field, maps, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[0]


def unbend(field, points):
    """q with q + field[q] = p, by fixed-point steps; fields are smooth and small."""
    found = points.copy()
    for _ in range(8):
        found = points - sample_field(field, found)
    return found


def correspond(views, points, source):
    """Where points of one view lie in the other one, and which of them are visible there.

    `source` is the view of the points (0 or 1). Returns ([N, 2], [N] bool).
    """
    target = 1 - source
    if source == 1 and views.warp is not None:
        straight = points + sample_field(views.warp, points)
    else:
        straight = points
    layer_ids = pick(views.ids[source], points)
    found = np.full(points.shape, np.nan)
    for index in np.unique(layer_ids):
        if index == NOTHING:
            continue
        chosen = layer_ids == index
        to_view = views.layers[index].to_view
        found[chosen] = apply(to_view[target] @ np.linalg.inv(to_view[source]), straight[chosen])
    known = np.isfinite(found).all(1)
    if target == 1 and views.warp is not None and known.any():
        found[known] = unbend(views.warp, found[known])
    height, width = views.ids[target].shape
    inside = known & (found >= 0).all(1) & (found[:, 0] <= width - 1) & (found[:, 1] <= height - 1)
    visible = inside.copy()
    visible[inside] = pick(views.ids[target], found[inside]) == layer_ids[inside]
    return found, visible


def pick(ids, points):
    """Id at the nearest pixel of each point."""
    nearest = np.rint(points).astype(int)
    height, width = ids.shape
    return ids[np.clip(nearest[:, 1], 0, height - 1), np.clip(nearest[:, 0], 0, width - 1)]
