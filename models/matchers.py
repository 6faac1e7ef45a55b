# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Matchers for models/evaluate.py, all called as (grey uint8 a, b) -> points in a, points in b."""

import pathlib
import subprocess
import tempfile

import cv2
import numpy as np
import torch

from models.train import loftr, runs


def as_input(image):
    """[1, 1, H, W] in 0..1, cut to multiples of 16 so that both strides fit."""
    height, width = (side // 16 * 16 for side in image.shape)
    return torch.from_numpy(image[:height, :width].astype(np.float32) / 255)[None, None]


class LoFTRMatcher:
    def __init__(self, model):
        self.model = model.eval()

    @classmethod
    def load(cls, path):
        model = loftr.LoFTR(loftr.LITE)
        runs.load_export(path, model)
        return cls(model)

    def __call__(self, image0, image1):
        points0, points1, _, _ = self.model.match(as_input(image0), as_input(image1))
        return points0.numpy().astype(float), points1.numpy().astype(float)


class Element:
    """The project's own loftrmatch, by way of `gst-torch match` (on the PATH of meson devenv)."""

    def __init__(self, weights, precision="auto", token_pruning=0):
        self.weights, self.precision, self.token_pruning = weights, precision, token_pruning

    def __call__(self, image0, image1):
        with tempfile.TemporaryDirectory() as directory:
            names = [f"{directory}/{side}.png" for side in "ab"]
            for name, image in zip(names, (image0, image1)):
                cv2.imwrite(name, image)
            subprocess.run(["gst-torch", "match", *names, "-o", f"{directory}/out.csv", "-m",
                            str(self.weights), "--precision", self.precision,
                            "--token-pruning", str(self.token_pruning)], check=True,
                           stdout=subprocess.DEVNULL)
            rows = np.loadtxt(f"{directory}/out.csv", delimiter=",", skiprows=1, ndmin=2)
        rows = rows.reshape(-1, 6)
        return rows[:, :2], rows[:, 2:4]


class Student:
    """The coarse-only student of Coarse_LoFTR_TRT, out of kornia's parts."""

    STRIDE, BORDER, THRESHOLD = 16, 2, 0.2

    def __init__(self, path):
        from kornia.feature.loftr.backbone.resnet_fpn import ResNetFPN_16_4
        from kornia.feature.loftr.loftr_module import LocalFeatureTransformer
        from kornia.feature.loftr.utils.position_encoding import PositionEncodingSine
        names = ["self", "cross"] * 2
        self.model = torch.nn.Module()
        self.model.backbone = ResNetFPN_16_4({"initial_dim": 8, "block_dims": [8, 16, 32, 32]})
        self.model.loftr_coarse = LocalFeatureTransformer(
            {"d_model": 32, "nhead": 1, "layer_names": names, "attention": "linear"})
        self.positions = PositionEncodingSine(32, temp_bug_fix=False)
        state = torch.load(path, map_location="cpu", weights_only=False)["model_state_dict"]
        wanted = self.model.state_dict()
        self.model.load_state_dict({key: state[key] for key in wanted})
        for module in self.model.modules():
            if isinstance(module, torch.nn.LayerNorm):
                module.eps = 1e-7
        self.model.eval()

    @torch.no_grad()
    def __call__(self, image0, image1):
        maps = self.model.backbone(torch.cat([as_input(image0), as_input(image1)]))[0]
        grid = maps.shape[-2:]
        tokens = self.positions(maps).flatten(2).transpose(1, 2)
        tokens0, tokens1 = self.model.loftr_coarse(*tokens.chunk(2))
        similarity = torch.einsum("nlc,nsc->nls", tokens0, tokens1) / 32 / 0.1
        confidence = (similarity.softmax(1) * similarity.softmax(2))[0]
        best, j = confidence.max(1)
        inner = loftr.inside_border(grid, self.BORDER)
        keep = (best > self.THRESHOLD) & (confidence.amax(0)[j] == best) & inner & inner[j]
        i = torch.where(keep)[0]
        return tuple((torch.stack([cell % grid[1], cell // grid[1]], 1) * self.STRIDE)
                     .numpy().astype(float) for cell in (i, j[i]))


class Classical:
    """Keypoints, nearest descriptors, Lowe's ratio test."""

    def __init__(self, detector, norm, ratio=0.8):
        self.detector, self.matcher, self.ratio = detector, cv2.BFMatcher(norm), ratio

    def __call__(self, image0, image1):
        found = [self.detector.detectAndCompute(image, None) for image in (image0, image1)]
        if any(descriptors is None or len(descriptors) < 2 for _, descriptors in found):
            return np.zeros((0, 2)), np.zeros((0, 2))
        pairs = self.matcher.knnMatch(found[0][1], found[1][1], k=2)
        good = [a for a, b in pairs if a.distance < self.ratio * b.distance]
        return tuple(np.array([keypoints[getattr(match, name)].pt for match in good],
                              float).reshape(-1, 2)
                     for (keypoints, _), name in zip(found, ("queryIdx", "trainIdx")))


def all_matchers(weights, student, element=None, token_prunings=()):
    """Name -> matcher, for what is there; `element`: ours in C++ too, in that precision, and with
    each share of token pruning."""
    matchers = {}
    if weights and element:
        matchers["loftrmatch"] = Element(weights, element)
        matchers |= {f"loftrmatch, token-pruning {share}": Element(weights, element, share)
                     for share in token_prunings}
    if weights:
        matchers["loftr-lite"] = LoFTRMatcher.load(weights)
    if student and pathlib.Path(student).exists():
        matchers["coarse student"] = Student(student)
    matchers["SIFT + ratio"] = Classical(cv2.SIFT_create(), cv2.NORM_L2)
    matchers["ORB + ratio"] = Classical(cv2.ORB_create(2000), cv2.NORM_HAMMING)
    return matchers
