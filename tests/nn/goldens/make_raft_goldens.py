#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Writes what torchvision's RAFT computes with formula weights:
raft_{small,large}.{safetensors,shapes}.

Needs (PyPI): torch 2.15.0, torchvision 0.29.2, safetensors, numpy. Run it in this directory.
Large tensors are subsampled (every Nth value, with N prime to the structure) to keep files small.
"""
import torch
from safetensors.torch import save_file
from torchvision.models.optical_flow import raft_large, raft_small

from formula import fill, image

SIZE = (128, 160)


def thin(x, step):
    return x.flatten()[::step].contiguous()


def main():
    torch.set_num_threads(2)
    for name, make in (("raft_small", raft_small), ("raft_large", raft_large)):
        net = fill(make(weights=None))
        first, second = image(*SIZE, 0, 0), image(*SIZE, 3, 1)
        with torch.inference_mode():
            context = net.context_encoder(first)
            flows = net(first, second, num_flow_updates=12)
            save_file({
                "features": thin(net.feature_encoder(first), 17),
                "context": thin(context, 17),
                "flow_1": flows[0][0, :, ::3, ::3].contiguous(),
                "flow_4": flows[3][0, :, ::3, ::3].contiguous(),
                "flow_12": flows[11][0, :, ::3, ::3].contiguous(),
            }, f"{name}.safetensors")
        print(name, "mean |flow|", float(flows[11].norm(dim=1).mean()), "max", float(flows[11].abs().max()))
        with open(f"{name}.shapes", "w") as out:
            for key, value in net.state_dict().items():
                if value.dtype == torch.float32:
                    out.write(f"{key} {' '.join(map(str, value.shape))}\n")


main()
