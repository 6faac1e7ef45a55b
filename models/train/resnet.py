# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""ResNet-18 (He et al., CVPR 2016) at any width, without the classifier; torchvision's keys."""

import torch
import torch.nn.functional as F
from torch import nn

from models.train import runs
from models.train.blocks import BasicBlock, Staged, prepare_convolutions

LITE_WIDTH = 16
MEAN = (0.485, 0.456, 0.406)
DEVIATION = (0.229, 0.224, 0.225)


class ResNet18(Staged):
    def __init__(self, width=LITE_WIDTH):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        inputs = width
        for index, (outputs, stride) in enumerate(((width, 1), (2 * width, 2), (4 * width, 2),
                                                   (8 * width, 2)), 1):
            setattr(self, f"layer{index}", nn.Sequential(BasicBlock(inputs, outputs, stride),
                                                         BasicBlock(outputs, outputs, 1)))
            inputs = outputs
        prepare_convolutions(self)

    def forward(self, x):
        """Normalised RGB [B, 3, H, W] -> global means of layer3 and layer4, [B, C] each."""
        second = self.run(self.layer2, self.run(self.layer1, self.run(self._stem, x)))
        third = self.run(self.layer3, second)
        return third.mean((2, 3)), self.run(self.layer4, third).mean((2, 3))

    def _stem(self, x):
        return F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)


def normalised(images):
    """uint8 RGB [B, H, W, 3] -> float [B, 3, H, W] as ImageNet's models take it."""
    x = images.permute(0, 3, 1, 2).float() / 255
    return (x - x.new_tensor(MEAN)[:, None, None]) / x.new_tensor(DEVIATION)[:, None, None]


def cosine_distance(a, b):
    return 1 - F.cosine_similarity(a, b, dim=-1)


def distance_table(features):
    """[B, C] -> [B, B]."""
    features = F.normalize(features, dim=-1)
    return 1 - features @ features.T


def load_lite(path):
    model = ResNet18()
    runs.load_export(path, model)
    return model.eval()


def embed(model, frames, layer):
    """Features of uint8 RGB frames [B, H, W, 3] at `layer` (3 or 4)."""
    with torch.no_grad():
        return model(normalised(torch.as_tensor(frames)))[layer - 3]
