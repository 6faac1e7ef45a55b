# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""What every training run needs: schedule, averaged weights, checkpoints, log, curve, export."""

import copy
import json
import math
import os
import pathlib
import time

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file


def learning_rate(step, total, peak, warm_up, resumed_at=None):
    """Cosine from `peak` to a hundredth of it, after a linear warm-up.

    A run taken up from the small weights has lost its optimiser and warms up again.
    """
    share = min(1.0, step / total)
    rate = peak * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * share)))
    since = step if resumed_at is None else step - resumed_at
    return rate * min(1.0, (since + 1) / warm_up)


class Average:
    """Exponential moving average of a net's weights and statistics."""

    def __init__(self, net, decay=0.999):
        self.net, self.decay, self.updates = copy.deepcopy(net).eval(), decay, 0
        self.net.requires_grad_(False)

    @torch.no_grad()
    def update(self, net):
        self.updates += 1
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        for mine, theirs in zip(self.net.state_dict().values(), net.state_dict().values()):
            if mine.is_floating_point():
                mine.lerp_(theirs, 1 - decay)
            else:
                mine.copy_(theirs)


def replace_file(path, write):
    """Writes beside `path` and renames, so that a stop never leaves half a file."""
    beside = path.with_suffix(path.suffix + ".part")
    write(beside)
    os.replace(beside, path)


def save_checkpoint(path, net, average, optimiser, step, extra):
    state = {"net": net.state_dict(), "average": average.net.state_dict(),
             "average_updates": average.updates, "optimiser": optimiser.state_dict(),
             "step": step, "torch_rng": torch.get_rng_state(), "extra": extra}
    replace_file(path, lambda part: torch.save(state, part))


def load_checkpoint(path, net, average, optimiser):
    state = torch.load(path, map_location="cpu", weights_only=True)
    net.load_state_dict(state["net"])
    average.net.load_state_dict(state["average"])
    average.updates = state["average_updates"]
    optimiser.load_state_dict(state["optimiser"])
    torch.set_rng_state(state["torch_rng"])
    return state["step"], state["extra"]


def export(path, net, metadata):
    """fp16 safetensors; `metadata` values become strings."""
    tensors = {}
    for key, value in net.state_dict().items():
        value = value.detach().cpu().contiguous()
        tensors[key] = value.half() if value.is_floating_point() else value
        if not torch.isfinite(tensors[key].float()).all():
            raise ValueError(f"{key} does not fit into fp16")
    text = {key: value if isinstance(value, str) else json.dumps(value)
            for key, value in metadata.items()}
    replace_file(pathlib.Path(path), lambda part: save_file(tensors, str(part), text))


def load_export(path, net):
    """Loads an exported net and returns its metadata."""
    net.load_state_dict({key: value.float() if value.is_floating_point() else value
                         for key, value in load_file(str(path)).items()})
    with safe_open(str(path), "pt") as file:
        return file.metadata() or {}


class Log:
    """A tab-separated file and the lines on the screen."""

    def __init__(self, path, columns):
        self.path, self.columns = path, columns
        if not path.exists():
            path.write_text("\t".join(columns) + "\n")

    def write(self, **values):
        row = [values.get(name, "") for name in self.columns]
        text = [f"{value:.6g}" if isinstance(value, float) else str(value) for value in row]
        with self.path.open("a") as file:
            file.write("\t".join(text) + "\n")
        print("  ".join(f"{name} {value}" for name, value in zip(self.columns, text) if value),
              flush=True)

    def read(self):
        lines = [line.split("\t") for line in self.path.read_text().splitlines()[1:]]
        return [dict(zip(self.columns, line)) for line in lines]


def draw_curves(log, path, names):
    """A picture with one small plot per column; nothing where matplotlib is absent."""
    try:
        import matplotlib
        matplotlib.use("Agg")
        import matplotlib.pyplot as plt
    except ImportError:
        return
    figure, axes = plt.subplots(len(names), 1, figsize=(8, 2.2 * len(names)), sharex=True)
    for axis, name in zip(axes, names):
        points = [(int(row["step"]), float(row[name])) for row in log.read() if row.get(name)]
        axis.plot(*zip(*points) if points else ([], []))
        axis.set_ylabel(name)
        axis.grid(alpha=0.3)
    figure.savefig(path, dpi=80, bbox_inches="tight")
    plt.close(figure)


class Timer:
    """Says every `seconds` that it is time."""

    def __init__(self, seconds):
        self.seconds, self.last = seconds, time.monotonic()

    def due(self):
        if time.monotonic() - self.last < self.seconds:
            return False
        self.last = time.monotonic()
        return True
