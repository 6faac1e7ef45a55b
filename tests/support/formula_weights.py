# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Weights by the formula of tests/support/formula.h (but for rounding), in a safetensors file: a model
that computes something definite although nobody trained it. Needs no package."""
import array
import json
import math
import pathlib
import struct
import zlib


def noise(seed: int, count: int) -> list[float]:
    """In -1..1: murmur3's finaliser over the index."""
    values = []
    for index in range(count):
        x = (index + seed) & 0xFFFFFFFF
        x ^= x >> 16
        x = x * 0x85EBCA6B & 0xFFFFFFFF
        x ^= x >> 13
        x = x * 0xC2B2AE35 & 0xFFFFFFFF
        x ^= x >> 16
        values.append((x >> 8) / (1 << 23) - 1)
    return values


def weight(key: str, shape: list[int]) -> array.array:
    """Scaled so that activations of a deep model stay in a sane range."""
    offset, factor = 0.0, 0.1
    if key.endswith("running_var"):
        offset, factor = 1.0, 0.5
    elif len(shape) >= 2:
        gain = 0.05 if "flow_head.conv2" in key else 1.2
        factor = gain * math.sqrt(3 / math.prod(shape[1:]))
    elif key.endswith((".1.weight", "bn.weight", "bn1.weight", "bn2.weight")):
        offset, factor = 1.0, 0.2
    values = noise(zlib.crc32(key.encode()), math.prod(shape))
    return array.array("f", [offset + factor * value for value in values])


def zeros(_: str, shape: list[int]) -> array.array:
    """As large as real weights, and made in an instant."""
    return array.array("f", bytes(4 * math.prod(shape)))


def write_weights(path: pathlib.Path, shapes: pathlib.Path, values=weight) -> None:
    """With the keys and shapes that a .shapes file lists."""
    header, data = {}, bytearray()
    for line in shapes.read_text().splitlines():
        key, *sizes = line.split()
        shape = list(map(int, sizes))
        begin = len(data)
        data += values(key, shape).tobytes()
        header[key] = {"dtype": "F32", "shape": shape, "data_offsets": [begin, len(data)]}
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
