#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Writes what torchvision's ResNet-18 computes with formula weights, and with real ones if a file
is given: resnet18.{safetensors,shapes}.

Needs (PyPI): torch 2.15.0, torchvision 0.29.2, safetensors, numpy. Run it in this directory:
  make_resnet_goldens.py RESNET18-LAYER3.safetensors    ImageNet's weights up to layer3
"""
import sys

import torch
from safetensors.torch import load_file, save_file
from torchvision.models import resnet18

from formula import fill, image, write_shapes


def means(net, image, layers):
    """Global mean after each layer, by the layer's name."""
    x = net.maxpool(net.relu(net.bn1(net.conv1(image))))
    result = {}
    for name in layers:
        x = getattr(net, name)(x)
        result[name] = x.mean((2, 3))
    return result


def main():
    torch.set_num_threads(2)
    images = torch.cat([image(224, 224, 0, 0), image(224, 224, 5, 3)])
    net = fill(resnet18(weights=None))
    del net.fc
    write_shapes(net, "resnet18.shapes")
    with torch.inference_mode():
        golden = means(net, images, ["layer1", "layer2", "layer3", "layer4"])
        real = load_file(sys.argv[1])
        net.load_state_dict(real, strict=False)
        for name, value in means(net, images, ["layer1", "layer2", "layer3"]).items():
            golden["real_" + name] = value
    save_file(golden, "resnet18.safetensors")


main()
