# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Collects training images out of Debian packages.

    python3 -m models.train.collection --work DIR

downloads the packages below with apt-get, unpacks them under DIR/raw and writes DIR/images:
JPEGs whose shorter side is at most --side (1024), and index.tsv (file, part, package, original). The
name of the original decides to which part an image belongs: `train`, `validation` (chooses the best
weights) or `test` (only for models/evaluate.py). The part never changes.
"""

import argparse
import pathlib
import subprocess
import zlib

import cv2
import numpy as np

from models.train import scenes

# Free licences all; models/loftr-lite/MODEL.md names them.
WALLPAPERS = (
    "plasma-workspace-wallpapers", "gnome-backgrounds", "mate-backgrounds", "ukui-wallpapers",
    "lxqt-themes", "lomiri-wallpapers-16.04", "lomiri-wallpapers-20.04", "xfdesktop4-data",
)
TEXTURES = ("supertuxkart-data", "extremetuxracer-data", "tuxpaint-stamps-default")
SEQUENCES = ("visp-images-data",)
PACKAGES = WALLPAPERS + TEXTURES + SEQUENCES

# Normal maps, gloss maps, glyph sheets: no images of anything.
NO_IMAGE = ("_nm", "normal", "gloss", "_spec", "mask", "_alpha", "font", "icon", "alphabet",
              "symbols", "logo", "emoji", "flag")


def unpack(package, work):
    """The directory with the package's files; downloads it where it is not there yet."""
    target = work / "raw" / package
    if target.exists():
        return target
    debs = work / "debs"
    debs.mkdir(parents=True, exist_ok=True)
    subprocess.run(["apt-get", "download", package], cwd=debs, check=True)
    target.mkdir(parents=True)
    for deb in debs.glob(f"{package}_*.deb"):
        subprocess.run(["dpkg", "-x", str(deb), str(target)], check=True)
    return target


def candidates(directory):
    for path in sorted(directory.rglob("*")):
        if path.suffix.lower() not in (".jpg", ".jpeg", ".png", ".webp") or path.is_symlink():
            continue
        if not any(word in path.name.lower() for word in NO_IMAGE):
            yield path


def load(path, smallest, side):
    """The image in BGR, its shorter side at most `side`, or None where it is of no use."""
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if image is None or min(image.shape[:2]) < smallest:
        return None
    if image.dtype == np.uint16:
        image = (image // 257).astype(np.uint8)
    if image.ndim == 2:
        image = cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)
    if image.shape[2] == 4:
        alpha = image[..., 3:].astype(np.float32) / 255
        image = (image[..., :3] * alpha + 127 * (1 - alpha)).astype(np.uint8)
    scale = side / min(image.shape[:2])
    if scale < 1:
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return image


def texture_share(image):
    """Share of 16x16 blocks that hold something to match."""
    grey = cv2.resize(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), (512, 512),
                      interpolation=cv2.INTER_AREA).astype(np.float32)
    blocks = grey.reshape(32, 16, 32, 16)
    return float((blocks.std(axis=(1, 3)) > 4).mean())


def fingerprint(image):
    small = cv2.resize(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), (8, 8),
                       interpolation=cv2.INTER_AREA)
    return (small > small.mean()).tobytes()


def part_of(package, name):
    lot = zlib.crc32(name.encode()) % 100
    if package not in WALLPAPERS:
        return "validation" if lot < 4 else "train"
    return "test" if lot < 12 else "validation" if lot < 20 else "train"


def collect(work, side, quality):
    out = work / "images"
    out.mkdir(parents=True, exist_ok=True)
    seen, rows = set(), []
    for package in WALLPAPERS + TEXTURES:
        directory = unpack(package, work)
        for path in candidates(directory):
            image = load(path, 600 if package in WALLPAPERS else 384, side)
            if image is None or texture_share(image) < 0.3:
                continue
            if fingerprint(image) in seen:
                continue
            seen.add(fingerprint(image))
            name = str(path.relative_to(directory))
            file = f"{len(rows):04d}.jpg"
            cv2.imwrite(str(out / file), image, [cv2.IMWRITE_JPEG_QUALITY, quality])
            rows.append((file, part_of(package, name), package, name))
    for package in SEQUENCES:
        unpack(package, work)
    (out / "index.tsv").write_text("".join("\t".join(row) + "\n" for row in rows))
    return rows


def read_part(work, part, colour=False):
    """Every image of a part, in the index's order, as scenes.pyramid gives them."""
    flag = cv2.IMREAD_COLOR if colour else cv2.IMREAD_GRAYSCALE
    directory = pathlib.Path(work) / "images"
    rows = [line.split("\t") for line in (directory / "index.tsv").read_text().splitlines()]
    return [scenes.pyramid(cv2.imread(str(directory / row[0]), flag))
            for row in rows if row[1] == part]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--side", type=int, default=1024, help="most pixels of the shorter side")
    parser.add_argument("--quality", type=int, default=95, help="of the JPEGs")
    options = parser.parse_args()
    rows = collect(options.work, options.side, options.quality)
    for part in ("train", "validation", "test"):
        print(part, sum(row[1] == part for row in rows), "images")


if __name__ == "__main__":
    main()
