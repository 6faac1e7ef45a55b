# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Random scenes of textured planes: images lying flat with cut-outs, and rooms with boxes.

`images` are pyramids (scenes.pyramid) throughout, sizes are (width, height), strengths 0..1.
"""

import cv2
import numpy as np

from models.train.scenes import Layer, render


def similarity(angle, scale, centre, shift=(0, 0)):
    c, s = np.cos(angle) * scale, np.sin(angle) * scale
    x, y = centre
    return np.array([[c, -s, x - c * x + s * y + shift[0]], [s, c, y - s * x - c * y + shift[1]],
                     [0, 0, 1.0]])


def jitter_corners(rng, size, share):
    """The homography that moves each corner of an image by up to `share` of its sides."""
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


def choose(rng, images):
    """(number, pyramid)"""
    number = int(rng.integers(len(images)))
    return number, images[number]


def random_outline(rng):
    """An ellipse, or a star of blunt points."""
    if rng.random() < 0.5:
        return (0, 0.0, 0.0, 1.0)
    return (int(rng.integers(2, 7)), rng.uniform(0.05, 0.3), rng.uniform(0, 2 * np.pi), 1.0)


def cut_out(rng, texture, size):
    """(part, place): a piece of a texture and where it goes, a third of the view large or so."""
    th, tw = texture[0].shape[:2]
    w = int(np.clip(rng.uniform(0.15, 0.6) * size[0], 24, tw))
    h = int(np.clip(rng.uniform(0.15, 0.6) * size[1], 24, th))
    zoom = int(np.clip(rng.integers(1, 4), 1, min(tw // w, th // h)))
    x, y = rng.integers(0, tw - w * zoom + 1), rng.integers(0, th - h * zoom + 1)
    place = rng.uniform(-0.1, 0.9, 2) * size
    part = (x - 0.5, y - 0.5, x + w * zoom - 0.5, y + h * zoom - 0.5)
    shrink = np.array([[1 / zoom, 0, place[0] - (x + 0.5) / zoom + 0.5],
                       [0, 1 / zoom, place[1] - (y + 0.5) / zoom + 0.5], [0, 0, 1.0]])
    return part, shrink


def flat_layers(rng, images, size, strength, pieces):
    """One image under a homography, in front of another, with `pieces` cut-outs that move."""
    homography = random_homography(rng, size, strength)
    number, texture = choose(rng, images)
    first = lay_out(rng, texture, size, 1.0)
    layers = [Layer(texture, (first, homography @ first), ((0, 0, 1.0),) * 2, number=number)]
    if rng.random() < 0.7:
        number, behind = choose(rng, images)
        placed = [lay_out(rng, behind, size, 1.0) for _ in (0, 1)]
        layers.append(Layer(behind, tuple(placed), ((0, 0, 0.5),) * 2, number=number))
    for index in range(pieces):
        layers.append(moving_piece(rng, images, size, homography, strength, 2.0 + index))
    return layers


def flat_scene(rng, images, size, strength, pieces):
    return render(flat_layers(rng, images, size, strength, pieces), size)


def moving_piece(rng, images, size, homography, strength, nearness):
    number, texture = choose(rng, images)
    part, first = cut_out(rng, texture, size)
    own = random_homography(rng, size, 0.3 * strength)
    views = [first, homography @ own @ first]
    if rng.random() < 0.3:  # an occluder: only one of the views sees it
        views[rng.integers(2)] = similarity(0, 1, (0, 0), (100 * size[0], 0))
    return Layer(texture, tuple(views), ((0, 0, nearness),) * 2, part, random_outline(rng),
                 number=number)


def smooth_field(rng, size, pixels):
    """A displacement field of a few bumps, [H, W, 2]."""
    width, height = size
    coarse = rng.normal(0, 1, (rng.integers(3, 7), rng.integers(3, 7), 2)).astype(np.float32)
    field = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return field / max(np.abs(field).max(), 1e-6) * pixels


def turn(axis, angle):
    return cv2.Rodrigues(np.asarray(axis, float) / np.linalg.norm(axis) * angle)[0]


def plane_layer(texture, origin, along, down, camera, poses, gain, number=-1):
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
    return Layer(texture, tuple(to_view), tuple(inverse_depth), gain=gain, number=number)


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


def solid_layers(rng, images, size, strength):
    """Boxes in a room, seen by two cameras: layers, camera matrix, pose of view 1."""
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
    layers = []
    for plane in planes:
        number, texture = choose(rng, images)
        layers.append(plane_layer(texture, *plane, camera, poses, rng.uniform(0.6, 1.2), number))
    return [layer for layer in layers if layer is not None], camera, poses[1]


def solid_scene(rng, images, size, strength):
    layers, camera, pose = solid_layers(rng, images, size, strength)
    return render(layers, size, camera=camera, pose=pose)
