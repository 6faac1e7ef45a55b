# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""The models as others implement them: torchvision's ResNet-18 and RAFT, kornia's LoFTR.

Each function takes a weights file (.safetensors, or what torch.save wrote) with the key names of
the model's authors, torchvision or kornia, or the word "random": then the model has its full width
and random weights, with which it takes as long but finds nothing. Widths and depths are those of
the shapes in the file.

Needs torch, torchvision, kornia and safetensors (requirements.txt).
"""
import copy
import json
import pathlib
import pickle
import re

import kornia.feature
import safetensors
import torch
from kornia.feature.loftr.loftr import default_cfg
from torchvision.models.optical_flow import raft_large, raft_small
from torchvision.models.resnet import BasicBlock, ResNet

RANDOM = "random"
WRAPPERS = ("state_dict", "model_state_dict", "model")  # under which checkpoints have the weights
PREFIXES = re.compile(r"^(module|matcher)\.")

# Keys of RAFT's authors (princeton-vl) and what torchvision calls them; applied in this order.
RAFT_KEYS = [(re.compile(pattern), replacement) for pattern, replacement in (
    (r"^fnet\.", "feature_encoder."),
    (r"^cnet\.", "context_encoder."),
    (r"^(\w+_encoder)\.conv1\.", r"\1.convnormrelu.0."),
    (r"^(\w+_encoder)\.norm1\.", r"\1.convnormrelu.1."),
    (r"^(\w+_encoder)\.conv2\.", r"\1.conv."),
    (r"(layer\d\.\d)\.conv(\d)\.", r"\1.convnormrelu\2.0."),
    (r"(layer\d\.\d)\.norm(\d)\.", r"\1.convnormrelu\2.1."),
    (r"\.encoder\.convc(\d)\.", r".motion_encoder.convcorr\1.0."),
    (r"\.encoder\.convf(\d)\.", r".motion_encoder.convflow\1.0."),
    (r"\.encoder\.conv\.", r".motion_encoder.conv.0."),
    (r"\.gru\.conv([zrq])\.", r".recurrent_block.convgru1.conv\1."),
    (r"\.gru\.conv([zrq])(\d)\.", r".recurrent_block.convgru\2.conv\1."),
    (r"^update_block\.mask\.0\.", "mask_predictor.convrelu.0."),
    (r"^update_block\.mask\.2\.", "mask_predictor.conv."),
)]


def read_weights(path: str) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    """Tensors by key, and the properties that a .safetensors file may state."""
    if pathlib.Path(path).suffix == ".safetensors":
        with safetensors.safe_open(path, "pt") as file:
            return {key: file.get_tensor(key) for key in file.keys()}, file.metadata() or {}
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (EOFError, IndexError, KeyError, RuntimeError, pickle.UnpicklingError) as error:
        raise ValueError(f"cannot read the weights in {path}: {error}") from error
    for wrapper in WRAPPERS:
        state = state.get(wrapper, state)
    return {PREFIXES.sub("", key): tensor for key, tensor in state.items()}, {}


def rows(state: dict[str, torch.Tensor], key: str, path: str) -> int:
    if key not in state:
        raise ValueError(f"{path} has no {key}: these are the weights of another model")
    return state[key].shape[0]


def fill(model: torch.nn.Module, state: dict[str, torch.Tensor], path: str) -> None:
    """Loads the keys of the model; others are ignored, such as those of a classifier."""
    wanted = model.state_dict()
    missing = [key for key in wanted
               if key not in state and not key.endswith("num_batches_tracked")]
    if missing:
        raise ValueError(f"{path} has no {missing[0]} ({len(missing)} keys are missing): "
                         "these are the weights of another model")
    model.load_state_dict({key: state[key].to(value.dtype) for key, value in wanted.items()
                           if key in state}, strict=False)


def raft_keys(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    renamed = {}
    for key, tensor in state.items():
        for pattern, replacement in RAFT_KEYS:
            key = pattern.sub(replacement, key)
        renamed[key] = tensor
    return renamed


def raft(weights: str) -> torch.nn.Module:
    if weights == RANDOM:
        return raft_large(weights=None)
    state = raft_keys(read_weights(weights)[0])
    has_mask = any(key.startswith("mask_predictor.") for key in state)  # RAFT small has none
    model = (raft_large if has_mask else raft_small)(weights=None)
    fill(model, state, weights)
    return model


def narrow_resnet18(width: int) -> ResNet:
    """torchvision's ResNet-18 with another number of channels; 64 is its own."""
    model = ResNet(BasicBlock, [2, 2, 2, 2])
    model.inplanes = width
    model.conv1 = torch.nn.Conv2d(3, width, 7, 2, 3, bias=False)
    model.bn1 = torch.nn.BatchNorm2d(width)
    for index in range(4):
        layer = model._make_layer(BasicBlock, width << index, 2, 1 if index == 0 else 2)
        setattr(model, f"layer{index + 1}", layer)
    return model


def resnet18(weights: str) -> torch.nn.Module:
    """Without the classifier, and without layer4 if the file has none: returns the global mean of
    the last layer."""
    state = None if weights == RANDOM else read_weights(weights)[0]
    model = narrow_resnet18(64 if state is None else rows(state, "conv1.weight", weights))
    model.fc = torch.nn.Identity()
    if state is not None:
        if not any(key.startswith("layer4.") for key in state):
            model.layer4 = torch.nn.Identity()
        fill(model, state, weights)
    return model


def loftr_config(path: str, fixed_encoding: bool, state: dict[str, torch.Tensor],
                 properties: dict[str, str]) -> dict:
    """kornia's configuration for the shapes of a weights file."""
    config = copy.deepcopy(default_cfg)
    config["resnetfpn"] = {
        "initial_dim": rows(state, "backbone.conv1.weight", path),
        "block_dims": [rows(state, f"backbone.layer{n}.0.conv1.weight", path)
                       for n in (1, 2, 3)]}
    for part in ("coarse", "fine"):
        layers = {key.split(".")[2] for key in state if key.startswith(f"loftr_{part}.layers.")}
        width = rows(state, f"loftr_{part}.layers.0.q_proj.weight", path)
        names = properties.get(f"{part}_layers")
        config[part].update(
            d_model=width, d_ffn=width, nhead=int(properties.get("heads", config[part]["nhead"])),
            layer_names=json.loads(names) if names else ["self", "cross"] * (len(layers) // 2))
    config["coarse"]["temp_bug_fix"] = fixed_encoding
    return config


def loftr(weights: str, fixed_encoding: bool = False) -> torch.nn.Module:
    """`fixed_encoding`: the position encoding of the newer indoor weights. A file that states its
    encoding overrides it."""
    if weights == RANDOM:
        return kornia.feature.LoFTR(pretrained=None)
    state, properties = read_weights(weights)
    encoding = properties.get("position_encoding", "fixed" if fixed_encoding else "original")
    config = loftr_config(weights, encoding == "fixed", state, properties)
    model = kornia.feature.LoFTR(pretrained=None, config=config)
    fill(model, state, weights)
    return model
