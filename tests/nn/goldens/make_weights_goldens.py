#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Writes the files that weights_test.cpp reads: the same tensors, saved in every format of
torch.save.

Run with torch 2.15 and safetensors:  python3 tests/nn/goldens/make_weights_goldens.py
"""
import collections
import pathlib

import safetensors.torch
import torch

HERE = pathlib.Path(__file__).parent


def ramp(*shape, dtype=torch.float32):
    """0, 0.5, 1, 1.5 and so on: exact in every floating-point type and easy to repeat in a test."""
    count = int(torch.tensor(shape).prod()) if shape else 1
    return (torch.arange(count) * 0.5).reshape(shape).to(dtype)


def state_dict():
    """One entry for each error-prone case."""
    shared = ramp(12)
    module = torch.nn.BatchNorm2d(3)  # its state dict has attributes, and a 0-d int64
    state = module.state_dict()
    assert isinstance(state, collections.OrderedDict) and state._metadata
    state["float"] = ramp(2, 3)
    state["half"] = ramp(4, dtype=torch.half)
    state["bfloat16"] = ramp(4, dtype=torch.bfloat16)
    state["double"] = ramp(3, dtype=torch.double)
    state["int64"] = torch.tensor([-(2**40), 7])
    state["uint8"] = torch.tensor([0, 255, 3], dtype=torch.uint8)
    state["bool"] = torch.tensor([True, False, True])
    state["transposed"] = ramp(2, 3).t()
    state["shared_head"] = shared[:4]
    state["shared_tail"] = shared[8:]
    state["parameter"] = torch.nn.Parameter(ramp(5))
    state["empty"] = torch.empty(0, 4)
    return state


def save(name, value, **options):
    torch.save(value, HERE / name, **options)


def main():
    state = state_dict()
    save("weights_zip.pth", state)
    save("weights_zip_protocol4.pth", state, pickle_protocol=4)
    save("weights_legacy.pth", state, _use_new_zipfile_serialization=False)
    save("weights_plain_dict.pt", {"float": ramp(2, 3)})
    save("weights_prefixed.ckpt",
         {"epoch": 3, "lr": 1e-3, "state_dict": {"matcher.float": ramp(2, 3)}})
    save("weights_model_state_dict.pt",
         {"losses": [0.5, 0.25], "model_state_dict": {"module.float": ramp(2, 3)}})
    save("weights_model.pt", {"model": {"float": ramp(2, 3)}, "note": None, "best": True})
    save("weights_whole_module.pt", torch.nn.Linear(1, 1))
    contiguous = {"float": ramp(2, 3), "half": ramp(4, dtype=torch.half),
                  "bfloat16": ramp(4, dtype=torch.bfloat16), "double": ramp(3, dtype=torch.double),
                  "int64": torch.tensor([-(2**40), 7]),
                  "uint8": torch.tensor([0, 255, 3], dtype=torch.uint8),
                  "bool": torch.tensor([True, False, True]), "empty": torch.empty(0, 4)}
    safetensors.torch.save_file(contiguous, HERE / "weights.safetensors", {"format": "pt"})


if __name__ == "__main__":
    main()
