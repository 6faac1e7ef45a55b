# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""--gradient-checkpointing, in each script that trains a network."""

import collections

import pytest

for package in ("numpy", "cv2", "torch", "safetensors"):
    pytest.importorskip(package, reason=f"models/train needs {package}")

import cv2  # noqa: E402
import torch  # noqa: E402

from models.train import loftr_lite, memory, pairs, resnet18_lite, scenes  # noqa: E402
import drawn  # noqa: E402

# The stages: what is in them is computed twice, all else once.
STAGES = {"loftr-lite": "backbone.layer1 backbone.layer2 backbone.layer3 backbone.layer1_outconv",
          "resnet18-lite": "conv1 layer1 layer2 layer3 layer4"}
SMALL = ("--steps", "1000", "--workers", "0", "--device", "cpu")


def loftr_run(directory, *flags):
    """A run and its first batch."""
    options = loftr_lite.parse(["--work", str(directory), "--full-precision", *SMALL, *flags])
    images = drawn.textures()
    small = pairs.Plan((160, 120), 3, 0.8, 0.4, 0.3)
    return loftr_lite.Run(options, images), pairs.describe(images, small, 3, 1)


def resnet_run(directory, *flags):
    options = resnet18_lite.parse(["--work", str(directory), "--shots", "4", "--side", "64", *SMALL,
                                   *flags])
    colour = [scenes.pyramid(cv2.applyColorMap(drawn.texture(seed), cv2.COLORMAP_JET))
              for seed in range(4)]
    run = resnet18_lite.Run(options, colour, [])
    return run, run.dataset[0]


RUNS = {"loftr-lite": loftr_run, "resnet18-lite": resnet_run}


def counted_step(run, batch):
    """How often a training step calls each convolution, by its name."""
    calls = collections.Counter()
    for name, module in run.model.named_modules():
        if isinstance(module, torch.nn.Conv2d):
            module.register_forward_hook(lambda *_, name=name: calls.update([name]))
    run.train_step(batch)
    return calls


@pytest.mark.parametrize("name", RUNS)
def test_the_backward_pass_computes_the_stages_again(name, tmp_path):
    plain = counted_step(*RUNS[name](tmp_path / "plain"))
    assert set(plain.values()) == {1}
    calls = counted_step(*RUNS[name](tmp_path / "again", "--gradient-checkpointing"))
    assert calls.keys() == plain.keys()
    twice = {conv for conv, count in calls.items() if count == 2}
    for stage in STAGES[name].split():
        assert any(conv == stage or conv.startswith(f"{stage}.") for conv in twice), stage
    assert set(calls.values()) <= {1, 2}


@pytest.mark.parametrize("name", RUNS)
def test_checkpointing_changes_neither_gradients_nor_statistics(name, tmp_path):
    plain, batch = RUNS[name](tmp_path / "plain")
    again, _ = RUNS[name](tmp_path / "again", "--gradient-checkpointing")
    for run in (plain, again):
        run.train_step(batch)
    for (weight, one), (_, other) in zip(plain.model.named_parameters(),
                                         again.model.named_parameters()):
        torch.testing.assert_close(one.grad, other.grad, rtol=1e-3, atol=1e-5, msg=weight)
    for (buffer, one), (_, other) in zip(plain.model.named_buffers(), again.model.named_buffers()):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6, msg=buffer)


def test_the_smaller_step_takes_less_memory():
    peaks = [memory.measured("resnet18-lite", checkpointing) for checkpointing in (False, True)]
    assert peaks[1] < 0.8 * peaks[0]
