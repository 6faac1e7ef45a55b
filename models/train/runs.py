# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""What every training run needs: schedule, averaged weights, checkpoints, log, curve, export.

loftr_lite.py and resnet18_lite.py define model, data and losses; Training is the rest.
"""

import argparse
import copy
import json
import math
import os
import pathlib
import time

import cv2
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from models.train.blocks import Staged


def learning_rate(share, since, peak, warm_up):
    """Cosine from `peak` to a hundredth of it when `share` of the run is done.

    It rises during the first `warm_up` steps since the start, or since the run continued from exported
    weights, which have no state of the optimiser.
    """
    rate = peak * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, share))))
    return rate * min(1.0, (since + 1) / warm_up)


class Pace:
    """How much of a run is done: by steps, or by the clock where `minutes` are given.

    Worker processes see the clock through shared memory, as the training process last set it.
    """

    def __init__(self, steps, minutes=None):
        self.steps, self.minutes = steps, minutes
        self.clock = torch.zeros(1).share_memory_()

    def share(self, step):
        return float(self.clock) if self.minutes else step / self.steps

    def set(self, seconds):
        if self.minutes:
            self.clock.fill_(min(1.0, seconds / (60 * self.minutes)))

    def finished(self, step):
        return self.share(step) >= 1


class Average:
    """Exponential moving average of a model's weights and statistics over `steps` steps or so."""

    def __init__(self, model, steps=1000):
        self.model, self.steps, self.updates = copy.deepcopy(model).eval(), steps, 0
        self.model.requires_grad_(False)

    @torch.no_grad()
    def update(self, model):
        self.updates += 1
        decay = min(1 - 1 / self.steps, (1 + self.updates) / (10 + self.updates))
        pairs = list(zip(self.model.state_dict().values(), model.state_dict().values()))
        mine, theirs = zip(*(pair for pair in pairs if pair[0].is_floating_point()))
        torch._foreach_lerp_(list(mine), list(theirs), 1 - decay)
        for counter, other in pairs:
            if not counter.is_floating_point():
                counter.copy_(other)


def replace_file(path, write):
    """Writes beside `path` and renames, so that a stop never leaves half a file."""
    beside = path.with_suffix(path.suffix + ".part")
    write(beside)
    os.replace(beside, path)


def save_checkpoint(path, model, average, optimiser, step, extra):
    state = {"model": model.state_dict(), "average": average.model.state_dict(),
             "average_updates": average.updates, "optimiser": optimiser.state_dict(),
             "step": step, "torch_rng": torch.get_rng_state(), "extra": extra}
    replace_file(path, lambda part: torch.save(state, part))


def load_checkpoint(path, model, average, optimiser):
    state = torch.load(path, map_location="cpu", weights_only=True)
    model.load_state_dict(state["model"])
    average.model.load_state_dict(state["average"])
    average.updates = state["average_updates"]
    optimiser.load_state_dict(state["optimiser"])
    torch.set_rng_state(state["torch_rng"])
    return state["step"], state["extra"]


def export(path, model, metadata):
    """fp16 safetensors; `metadata` values become strings."""
    tensors = {}
    for key, value in model.state_dict().items():
        value = value.detach().cpu().contiguous()
        tensors[key] = value.half() if value.is_floating_point() else value
        if not torch.isfinite(tensors[key].float()).all():
            raise ValueError(f"{key} does not fit into fp16")
    text = {key: value if isinstance(value, str) else json.dumps(value)
            for key, value in metadata.items()}
    replace_file(pathlib.Path(path), lambda part: save_file(tensors, str(part), text))


def load_export(path, model):
    """Loads an exported model and returns its metadata."""
    model.load_state_dict({key: value.float() if value.is_floating_point() else value
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
    """An image with one small plot per column; nothing where matplotlib is absent."""
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


def set_checkpointing(model, checkpointing):
    for module in model.modules():
        if isinstance(module, Staged):
            module.checkpointing = checkpointing


class Training:
    """One run; everything that a step changes is in the checkpoint.

    A subclass defines NAME, the columns LOSSES and SCORES, WARM_UP in steps, and the methods
    losses(batch), a tuple of tensors with the total first, score(), a dictionary with "score", and
    describe(), metadata for the export. `prepare` turns what the loader yields into what losses takes.
    """

    NAME, LOSSES, SCORES, WARM_UP = "", ("loss",), ("score",), 100

    def __init__(self, options, model, dataset, pace):
        self.options, self.dataset, self.pace = options, dataset, pace
        self.device = torch.device(options.device)
        self.model = model.to(self.device)
        set_checkpointing(self.model, options.gradient_checkpointing)
        self.average = Average(self.model, options.average_steps)
        self.optimiser = torch.optim.AdamW(self.model.parameters(), options.rate, weight_decay=0.01)
        self.step, self.resumed_at, self.best, self.seconds = 0, 0, -math.inf, 0.0
        self.directory = options.work / self.NAME
        self.directory.mkdir(parents=True, exist_ok=True)

    def prepare(self, loaded):
        return loaded

    def resume(self):
        checkpoint = self.directory / "checkpoint.pt"
        if checkpoint.exists():
            self.step, extra = load_checkpoint(checkpoint, self.model, self.average, self.optimiser)
            self.resumed_at, self.best, self.seconds = (
                extra["resumed_at"], extra["best"], extra["seconds"])
        elif self.options.start_from:
            found = load_export(self.options.start_from, self.model)
            self.average = Average(self.model, self.options.average_steps)
            self.step = self.resumed_at = int(found["step"])
            self.seconds = float(found.get("seconds", 0))
        self.pace.set(self.seconds)

    def save(self):
        extra = {"resumed_at": self.resumed_at, "best": self.best, "seconds": self.seconds}
        save_checkpoint(self.directory / "checkpoint.pt", self.model, self.average, self.optimiser,
                        self.step, extra)

    def metadata(self):
        return {"model": self.NAME, "step": self.step, "seed": self.options.seed,
                "steps": self.step if self.pace.finished(self.step) else self.options.steps,
                "seconds": round(self.seconds), "validation": round(self.best, 4),
                **self.describe()}

    def train_step(self, loaded):
        """The losses as tensors (nobody waits for the device here), and the learning rate."""
        rate = learning_rate(self.pace.share(self.step), self.step - self.resumed_at,
                             self.options.rate, self.WARM_UP)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.model.train()
        losses = self.losses(self.prepare(loaded))
        self.optimiser.zero_grad()
        losses[0].backward()
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        if torch.isfinite(norm):  # a step that would spoil the weights is left out
            self.optimiser.step()
            self.average.update(self.model)
        self.step += 1
        return [loss.detach() for loss in losses] + [rate]

    def loader(self):
        last = 10**9 if self.pace.minutes else self.options.steps
        return torch.utils.data.DataLoader(
            self.dataset, batch_size=None, sampler=range(self.step, last),
            num_workers=self.options.workers, collate_fn=untouched,
            prefetch_factor=4 if self.options.workers else None)

    def validate(self):
        scores = self.score()
        if scores["score"] > self.best:
            self.best = scores["score"]
            export(self.directory / "best.safetensors", self.average.model, self.metadata())
        return scores

    def train(self):
        columns = ("step", *self.LOSSES, "rate", "seconds", *self.SCORES)
        log = Log(self.directory / "log.tsv", columns)
        save_timer, sums, before = Timer(self.options.save_seconds), Sums(), self.seconds
        begun = time.monotonic()
        for loaded in self.loader():
            sums.add(self.train_step(loaded))
            self.seconds = before + time.monotonic() - begun
            self.pace.set(self.seconds)
            done = self.pace.finished(self.step)
            if self.step % self.options.log_every == 0:
                log.write(step=self.step, seconds=self.seconds,
                          **dict(zip((*self.LOSSES, "rate"), sums.means())))
                sums = Sums()
            if self.step % self.options.validate_every == 0 or done:
                log.write(step=self.step, seconds=self.seconds, **self.validate())
            if save_timer.due() or done:
                self.save()
            if done:
                break
        draw_curves(log, self.directory / "curve.png", (*self.LOSSES, *self.SCORES))


def untouched(loaded):
    """Keeps small arrays arrays: as tensors each would go through shared memory of its own."""
    return loaded


class Sums:
    """Running sums of a step's figures; read seldom, so that the device is seldom waited for."""

    def __init__(self):
        self.sums, self.count = None, 0

    def add(self, values):
        self.sums = [a + b for a, b in zip(self.sums, values)] if self.count else values
        self.count += 1

    def means(self):
        return [float(value) / self.count for value in self.sums]


def parser(description, steps, rate, validate_every):
    """The options of every run."""
    options = argparse.ArgumentParser(description=description.split("\n")[0])
    options.add_argument("--work", type=pathlib.Path, required=True, help="directory for everything")
    options.add_argument("--steps", type=int, default=steps, help="length of the whole schedule")
    options.add_argument("--minutes", type=float,
                         help="length of the whole schedule by the clock, in place of --steps")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--rate", type=float, default=rate, help="highest learning rate")
    options.add_argument("--from", dest="start_from", type=pathlib.Path,
                         help="exported model to continue from")
    options.add_argument("--average-steps", type=int, default=1000,
                         help="steps that the averaged weights reach back, or so")
    options.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--workers", type=int, default=1, help="processes that make data")
    options.add_argument("--gradient-checkpointing", action="store_true",
                         help="takes less memory and more time: the backward pass computes again")
    options.add_argument("--save-seconds", type=float, default=120)
    options.add_argument("--log-every", type=int, default=50)
    options.add_argument("--validate-every", type=int, default=validate_every)
    return options


def prepare_process(options):
    cv2.setNumThreads(0)  # a pool of threads would not survive the fork of the loader
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
