# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""What LoFTR's backbone and ResNet-18 have in common: residual blocks, gradient checkpointing."""

import contextlib

import torch.nn.functional as F
from torch import nn
from torch.utils.checkpoint import checkpoint


@contextlib.contextmanager
def frozen_statistics(model):
    """Batch normalisation leaves its running statistics alone."""
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    before = [(norm.momentum, norm.num_batches_tracked) for norm in norms]
    for norm in norms:
        norm.momentum, norm.num_batches_tracked = 0.0, None
    try:
        yield
    finally:
        for norm, (momentum, batches) in zip(norms, before):
            norm.momentum, norm.num_batches_tracked = momentum, batches


class Staged(nn.Module):
    """A network that runs in stages.

    With `checkpointing`, a stage keeps only its inputs for the backward pass, which computes the
    rest again. The second computation does not count in the running statistics.
    """

    def __init__(self):
        super().__init__()
        self.checkpointing = False

    def run(self, stage, *inputs):
        if not (self.checkpointing and self.training):
            return stage(*inputs)
        return checkpoint(stage, *inputs, use_reentrant=False,
                          context_fn=lambda: (contextlib.nullcontext(), frozen_statistics(self)))


class BasicBlock(nn.Module):
    """Two 3x3 convolutions beside a short cut (He et al., CVPR 2016); torchvision's keys."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


def prepare_convolutions(model):
    """He's initialisation of every convolution."""
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
