# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Two views of one scene made of textured planes, with exact correspondences.

A scene is a list of layers. A layer is a texture on a plane; each view sees it through a homography
and at an inverse depth that is linear in the pixel, so one z-buffer serves pictures lying flat,
cut-outs that move on their own, and rooms and boxes seen by two cameras.
"""

import dataclasses

import cv2
import numpy as np

NOTHING = 255  # id of a pixel that no layer covers


@dataclasses.dataclass
class Layer:
    texture: tuple  # grey or BGR, uint8: the picture and its halves, see pyramid()
    to_view: tuple  # per view: 3x3, texture pixel -> view pixel
    inverse_depth: tuple  # per view: (a, b, c), 1 / z = a x + b y + c; nearer wins
    mask: np.ndarray | None = None  # uint8 as texture[0]: where there is something
    gain: float = 1.0


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
    """(picture, cover) of a layer at pixels x, y (each [H, W]) of a view."""
    u, v, w = np.linalg.inv(layer.to_view[view]).astype(np.float32)
    w = w[0] * x + w[1] * y + w[2]
    w[np.abs(w) < 1e-9] = 1e-9
    u = (u[0] * x + u[1] * y + u[2]) / w
    v = (v[0] * x + v[1] * y + v[2]) / w
    height, width = layer.texture[0].shape[:2]
    cover = (u >= -0.5) & (v >= -0.5) & (u < width - 0.5) & (v < height - 0.5)
    if not cover.any():
        return None, cover
    level = level_for(u, v, cover, len(layer.texture))
    texture = layer.texture[level]
    # pixel centres are whole numbers: x' = (x + .5) f - .5
    fx, fy = texture.shape[1] / width, texture.shape[0] / height
    picture = cv2.remap(texture, (u + 0.5) * fx - 0.5, (v + 0.5) * fy - 0.5, cv2.INTER_LINEAR,
                        borderMode=cv2.BORDER_REPLICATE)
    if layer.mask is not None:
        cover &= cv2.remap(layer.mask, u, v, cv2.INTER_NEAREST) > 0
    return picture, cover


def level_for(u, v, cover, levels):
    """The pyramid level whose pixels are about as large as the view's, where it is covered."""
    inside = cover[:, 1:] & cover[:, :-1]
    if levels == 1 or not inside.any():
        return 0
    step = np.hypot(u[:, 1:] - u[:, :-1], v[:, 1:] - v[:, :-1])[inside]
    return int(np.clip(np.floor(np.log2(max(1e-6, float(np.median(step)))) + 0.3), 0, levels - 1))


def extent(layer, view, size):
    """The part of a view (slices) that a layer can cover; all of it where it passes the camera."""
    height, width = layer.texture[0].shape[:2]
    corners = np.array([[0, 0, 1], [width, 0, 1], [width, height, 1], [0, height, 1]], float)
    corners[:, :2] -= 0.5
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
        picture, cover = draw(layer, view, x[box], y[box])
        cover &= front
        if not cover.any():
            continue
        if layer.gain != 1.0:
            picture = cv2.convertScaleAbs(picture, alpha=layer.gain)
        image[box][cover] = picture[cover]
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


# Random scenes ------------------------------------------------------------------------------------

def similarity(angle, scale, centre, shift=(0, 0)):
    c, s = np.cos(angle) * scale, np.sin(angle) * scale
    x, y = centre
    return np.array([[c, -s, x - c * x + s * y + shift[0]], [s, c, y - s * x - c * y + shift[1]],
                     [0, 0, 1.0]])


def jitter_corners(rng, size, share):
    """The homography that moves each corner of a picture by up to `share` of its sides."""
    width, height = size
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    moved = corners + rng.uniform(-share, share, (4, 2)).astype(np.float32) * [width, height]
    return cv2.getPerspectiveTransform(corners, moved.astype(np.float32))


def random_homography(rng, size, strength):
    """From next to nothing (strength 0) to strong viewpoint, turn and scale change (1)."""
    width, height = size
    matrix = jitter_corners(rng, size, rng.uniform(0, 0.06 + 0.16 * strength))
    angle = np.deg2rad(rng.normal(0, 3 + 17 * strength))
    scale = np.exp(rng.uniform(-1, 1) * (0.1 + 0.45 * strength))
    shift = rng.uniform(-1, 1, 2) * np.array(size) * (0.05 + 0.15 * strength)
    return similarity(angle, scale, (width / 2, height / 2), shift) @ matrix


def lay_out(rng, texture, size, cover):
    """Texture -> view so that a window of the texture fills `cover` times the view."""
    width, height = size
    th, tw = texture[0].shape[:2]
    fit = max(width / tw, height / th)
    zoom = fit * cover * np.exp(rng.uniform(0, 0.9))
    room = np.maximum(np.array([tw * zoom - width, th * zoom - height]), 0)
    shift = -rng.uniform(0, 1, 2) * room
    flip = np.diag([-1.0, 1, 1]) if rng.random() < 0.5 else np.eye(3)
    flip[0, 2] = tw - 1 if flip[0, 0] < 0 else 0
    return np.array([[zoom, 0, shift[0]], [0, zoom, shift[1]], [0, 0, 1]]) @ flip


def choose(rng, pictures):
    return pictures[rng.integers(len(pictures))]


def blob_mask(rng, shape):
    """A polygon or an ellipse that fills most of a texture."""
    height, width = shape
    mask = np.zeros(shape, np.uint8)
    if rng.random() < 0.5:
        cv2.ellipse(mask, (width // 2, height // 2), (width // 2 - 1, height // 2 - 1), 0, 0, 360,
                    255, -1)
        return mask
    corners = rng.integers(3, 9)
    angles = np.sort(rng.uniform(0, 2 * np.pi, corners))
    radius = rng.uniform(0.6, 1.0, corners)
    points = np.stack([(0.5 + 0.5 * radius * np.cos(angles)) * width,
                       (0.5 + 0.5 * radius * np.sin(angles)) * height], 1)
    cv2.fillPoly(mask, [points.astype(np.int32)], 255)
    return mask


def cut_out(rng, pictures, size):
    """A piece of some picture, as large as a third of the view or so, with its mask."""
    texture = choose(rng, pictures)[0]
    th, tw = texture.shape[:2]
    w = int(np.clip(rng.uniform(0.15, 0.6) * size[0], 24, tw))
    h = int(np.clip(rng.uniform(0.15, 0.6) * size[1], 24, th))
    zoom = int(np.clip(rng.integers(1, 4), 1, min(tw // w, th // h)))
    x, y = rng.integers(0, tw - w * zoom + 1), rng.integers(0, th - h * zoom + 1)
    piece = texture[y:y + h * zoom, x:x + w * zoom]
    piece = cv2.resize(piece, (w, h), interpolation=cv2.INTER_AREA)
    return (piece,), blob_mask(rng, (h, w))


def flat_scene(rng, pictures, size, strength, pieces):
    """One picture under a homography, in front of another, with `pieces` cut-outs that move."""
    homography = random_homography(rng, size, strength)
    texture = choose(rng, pictures)
    first = lay_out(rng, texture, size, 1.0)
    layers = [Layer(texture, (first, homography @ first), ((0, 0, 1.0),) * 2)]
    if rng.random() < 0.7:
        behind = choose(rng, pictures)
        placed = [lay_out(rng, behind, size, 1.0) for _ in (0, 1)]
        layers.append(Layer(behind, tuple(placed), ((0, 0, 0.5),) * 2))
    for index in range(pieces):
        layers.append(moving_piece(rng, pictures, size, homography, strength, 2.0 + index))
    return render(layers, size)


def moving_piece(rng, pictures, size, homography, strength, nearness):
    texture, mask = cut_out(rng, pictures, size)
    place = rng.uniform(-0.1, 0.9, 2) * size
    first = np.array([[1, 0, place[0]], [0, 1, place[1]], [0, 0, 1.0]])
    own = random_homography(rng, size, 0.3 * strength)
    views = [first, homography @ own @ first]
    if rng.random() < 0.3:  # an occluder: only one of the views sees it
        views[rng.integers(2)] = similarity(0, 1, (0, 0), (100 * size[0], 0))
    return Layer(texture, tuple(views), ((0, 0, nearness),) * 2, mask)


def smooth_field(rng, size, pixels):
    """A displacement field of a few bumps, [H, W, 2]."""
    width, height = size
    coarse = rng.normal(0, 1, (rng.integers(3, 7), rng.integers(3, 7), 2)).astype(np.float32)
    field = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return field / max(np.abs(field).max(), 1e-6) * pixels


def turn(axis, angle):
    return cv2.Rodrigues(np.asarray(axis, float) / np.linalg.norm(axis) * angle)[0]


def plane_layer(texture, origin, along, down, camera, poses, gain):
    """A textured parallelogram in the world; `along` and `down` are its edges."""
    th, tw = texture[0].shape[:2]
    to_view, inverse_depth = [], []
    for pose in poses:
        rotation, shift = pose[:3, :3], pose[:3, 3]
        corner, u, v = rotation @ origin + shift, rotation @ along, rotation @ down
        to_view.append(camera @ np.stack([u / tw, v / th, corner], 1))
        normal = np.cross(u, v)
        distance = normal @ corner
        if abs(distance) < 1e-9 * np.linalg.norm(normal):
            return None  # seen edge-on
        inverse_depth.append(tuple(np.linalg.inv(camera).T @ normal / distance))
    if any(abs(np.linalg.det(matrix)) < 1e-12 for matrix in to_view):
        return None
    return Layer(texture, tuple(to_view), tuple(inverse_depth), None, gain)


def box_planes(rng, centre, sides):
    """(origin, along, down) of a turned box's six faces."""
    rotation = turn((rng.normal(0, 0.2), 1, rng.normal(0, 0.2)), rng.uniform(0, 2 * np.pi))
    x, y, z = (rotation[:, i] * sides[i] for i in range(3))
    low = centre - (x + y + z) / 2
    return [(low, x, y), (low + z, x, y), (low, z, y), (low + x, z, y), (low, x, z),
            (low + y, x, z)]


def room_planes(rng):
    """Back wall, floor, and perhaps side walls and a ceiling, around a camera at the origin."""
    depth, half, low, high = rng.uniform(4, 9), rng.uniform(2, 6), rng.uniform(1, 2), -3.5
    back = np.array([-2 * half, high, depth]), np.array([4 * half, 0, 0])
    tilt = np.array([0, 0, rng.uniform(-2, 2)])
    planes = [(back[0], back[1], np.array([0, low - high, 0]) + tilt * rng.uniform(0, 1)),
              (np.array([-2 * half, low, 0.2]), back[1], np.array([0, 0, depth + 2]))]
    if rng.random() < 0.6:
        planes.append((np.array([-half, high, 0.2]), np.array([0, 0, depth]) + tilt[[2, 1, 0]],
                       np.array([0, low - high, 0])))
    if rng.random() < 0.6:
        planes.append((np.array([half, high, 0.2]), np.array([0, 0, depth]) + tilt[[2, 1, 0]],
                       np.array([0, low - high, 0])))
    return planes, depth, low


def second_camera(rng, strength):
    """The pose of view 1: moved, and turned back towards what view 0 looks at."""
    target = np.array([0, 0, rng.uniform(3, 6)])
    reach = rng.uniform(0.05, 0.3 + 1.2 * strength)
    place = rng.normal(0, 1, 3) * [1, 0.4, 0.6]
    place *= reach / np.linalg.norm(place)
    gaze = target - place
    axis = np.cross([0, 0, 1.0], gaze)
    angle = np.arctan2(np.linalg.norm(axis), gaze[2])
    rotation = turn(axis, -angle) if np.linalg.norm(axis) > 1e-9 else np.eye(3)
    rotation = turn(rng.normal(0, 1, 3), rng.normal(0, 0.05 + 0.08 * strength)) @ rotation
    rotation = turn((0, 0, 1), rng.normal(0, 0.03 + 0.15 * strength)) @ rotation
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = rotation, -rotation @ place
    return pose


def solid_scene(rng, pictures, size, strength):
    """Boxes in a room, seen by two cameras."""
    width, height = size
    focal = rng.uniform(0.7, 1.3) * width
    camera = np.array([[focal, 0, (width - 1) / 2], [0, focal, (height - 1) / 2], [0, 0, 1.0]])
    poses = (np.eye(4), second_camera(rng, strength))
    planes, depth, floor = room_planes(rng)
    for _ in range(rng.integers(2, 8)):
        sides = rng.uniform(0.3, 1.6, 3)
        far = rng.uniform(2.0, depth)
        centre = np.array([rng.uniform(-0.6, 0.6) * far, floor - sides[1] / 2, far])
        if rng.random() < 0.4:
            centre[1] = rng.uniform(-1.5, floor)
        planes += box_planes(rng, centre, sides)
    layers = [plane_layer(choose(rng, pictures), *plane, camera, poses, rng.uniform(0.6, 1.2))
              for plane in planes]
    layers = [layer for layer in layers if layer is not None]
    return render(layers, size, camera=camera, pose=poses[1])
