#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Writes what kornia's LoFTR computes with formula weights:
loftr_{full,narrow,student}.{safetensors,shapes}.

Needs (PyPI): torch 2.15.0, kornia 0.9.0, safetensors, numpy. Run it in this directory. `coarse` and
`fine` are every Nth value of the backbone's output for the first image, with N prime to the
structure; `matches` is [M, 5]: x0, y0, x1, y1 (pixels), confidence, with threshold 0.
"""
import copy

import torch
from kornia.feature import LoFTR
from kornia.feature.loftr.backbone.resnet_fpn import ResNetFPN_16_4
from kornia.feature.loftr.loftr import default_cfg
from kornia.feature.loftr.loftr_module import LocalFeatureTransformer
from kornia.feature.loftr.utils.coarse_matching import CoarseMatching
from kornia.feature.loftr.utils.position_encoding import PositionEncodingSine
from safetensors.torch import save_file

from loftr_formula import fill, grey

SHIFT = (16, 16)  # of the second image
SIZES = {"full": ((192, 256), (192, 256)), "narrow": ((192, 256), (160, 320)),
         "student": ((384, 512), (384, 512))}


def thin(x, step):
    return x.flatten()[::step].contiguous()


def narrow_config():
    """As wide as a coarse model, but with other numbers of heads, layers and channels."""
    config = copy.deepcopy(default_cfg)
    config["resnetfpn"] = {"initial_dim": 32, "block_dims": [32, 40, 64]}
    config["coarse"].update(d_model=64, d_ffn=64, nhead=4, layer_names=["self", "cross"] * 2, temp_bug_fix=True)
    config["fine"].update(d_model=32, d_ffn=32, nhead=4)
    return config


class Loftr(torch.nn.Module):
    def __init__(self, config):
        super().__init__()
        self.net = LoFTR(pretrained=None, config=config)

    def forward(self, first, second):
        self.net.coarse_matching.thr = 0
        maps = self.net.backbone(first)
        found = self.net({"image0": first, "image1": second})
        return maps, found["keypoints0"], found["keypoints1"], found["confidence"]


class Student(torch.nn.Module):
    """Coarse_LoFTR_TRT's student, built from kornia's parts."""

    def __init__(self):
        super().__init__()
        self.net = torch.nn.Module()
        self.net.backbone = ResNetFPN_16_4({"initial_dim": 8, "block_dims": [8, 16, 32, 32]})
        self.net.loftr_coarse = LocalFeatureTransformer(
            {"d_model": 32, "nhead": 1, "layer_names": ["self", "cross"] * 2, "attention": "linear"})
        for module in self.modules():
            if isinstance(module, torch.nn.LayerNorm):
                module.eps = 1e-7
        self.positions = PositionEncodingSine(32, temp_bug_fix=False)
        self.matching = CoarseMatching(default_cfg["match_coarse"] | {"thr": 0})

    def forward(self, first, second):
        maps = [self.net.backbone(x) for x in (first, second)]
        tokens = [self.positions(m[0]).flatten(2).transpose(1, 2).contiguous() for m in maps]
        data = {"hw0_c": maps[0][0].shape[2:], "hw1_c": maps[1][0].shape[2:], "stride_c": 16}
        self.matching(*self.net.loftr_coarse(*tokens), data)
        return maps[0], data["mkpts0_c"], data["mkpts1_c"], data["mconf"]


def main():
    torch.set_num_threads(2)
    nets = {"full": Loftr(default_cfg), "narrow": Loftr(narrow_config()), "student": Student()}
    for name, net in nets.items():
        net.eval()
        fill(net.net, 4 if name == "student" else 3)
        first, second = grey(*SIZES[name][0], 0, 0), grey(*SIZES[name][1], *SHIFT)
        with torch.inference_mode():
            maps, points0, points1, confidence = net(first, second)
            matches = torch.cat([points0, points1, confidence[:, None]], 1)
            save_file({"coarse": thin(maps[0], 37), "fine": thin(maps[1], 331), "matches": matches},
                      f"loftr_{name}.safetensors")
        moved = (points1 - points0 + torch.tensor(SHIFT)).norm(dim=1)
        print(name, len(matches), "matches, median error", float(moved.median()), "px, confidence up to",
              float(confidence.max()))
        with open(f"loftr_{name}.shapes", "w") as out:
            for key, value in net.net.state_dict().items():
                if value.dtype == torch.float32:
                    out.write(f"{key} {' '.join(map(str, value.shape))}\n")


main()
