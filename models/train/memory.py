# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Measures what --gradient-checkpointing saves: the memory of one training step on the CPU.

    python3 -m models.train.memory

The step is a forward and a backward pass with one 640x480 pair (loftr-lite) or 20 shots of 160x160
pixels (resnet18-lite). Each is measured in a process of its own: the peak of its resident memory
during the second step, less what was resident before that step.
"""

import argparse
import gc
import os
import pathlib
import re
import subprocess
import sys

import numpy as np
import torch

from models.train import atlas, loftr, loftr_lite, pairs, resnet, resnet18_lite, runs, scenes

MODELS = ("loftr-lite", "resnet18-lite")
# glibc gives each tensor pages of its own and returns them at once: what is resident is in use.
EXACT = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_MMAP_MAX_": "1000000"}


def noise_images():
    random = np.random.default_rng(0)
    return [scenes.pyramid(random.integers(0, 256, (600, 800), np.uint8)) for _ in range(3)]


def loftr_step():
    """The model, and a function that returns the loss of a batch."""
    model, images = loftr.LoFTR(loftr.LITE).to(memory_format=torch.channels_last), noise_images()
    plan = pairs.Plan((640, 480), 1, 0.8, 0.4, 0.3)
    batch = pairs.build(pairs.describe(images, plan, 3, 1), atlas.Atlas(images, "cpu"))
    return model, lambda: loftr_lite.losses(model, batch, False)[0]


def resnet_step():
    model = resnet.ResNet18().to(memory_format=torch.channels_last)
    batch = torch.randint(0, 256, (2, 20, 160, 160, 3), dtype=torch.uint8)
    return model, lambda: resnet18_lite.losses(model, batch)[0]


def resident(field):
    """VmRSS or VmHWM, its peak, in MB."""
    status = pathlib.Path("/proc/self/status").read_text()
    return int(re.search(rf"{field}:\s+(\d+) kB", status).group(1)) / 1024


def peak_of_step(name, checkpointing):
    torch.manual_seed(0)
    torch.set_num_threads(2)
    model, loss = loftr_step() if name == "loftr-lite" else resnet_step()
    runs.set_checkpointing(model.train(), checkpointing)
    loss().backward()  # makes gradients and what libraries keep
    model.zero_grad(set_to_none=False)
    gc.collect()
    pathlib.Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    before = resident("VmRSS")
    loss().backward()
    return resident("VmHWM") - before


def measured(name, checkpointing):
    """The peak of a step, in MB, in another process."""
    command = [sys.executable, "-m", "models.train.memory", "--only", name]
    run = subprocess.run(command + ["--gradient-checkpointing"] * checkpointing, check=True,
                         capture_output=True, text=True, env=os.environ | EXACT)
    return float(run.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", choices=MODELS, help="print the peak of one step, in MB")
    parser.add_argument("--gradient-checkpointing", action="store_true")
    options = parser.parse_args()
    if options.only:
        print(peak_of_step(options.only, options.gradient_checkpointing))
        return
    for name in MODELS:
        print(f"{name}: {measured(name, False):.0f} MB, with --gradient-checkpointing "
              f"{measured(name, True):.0f} MB")


if __name__ == "__main__":
    main()
