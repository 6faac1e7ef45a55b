#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Trains loftr-lite.

    pictures.py --work DIR
    loftr_lite.py --work DIR

goes on from DIR/loftr-lite/checkpoint.pt where there is one (exactly), else from --from FILE, an
exported net (its weights and its place in the schedule; the optimiser warms up again), else starts.
DIR/loftr-lite gets checkpoint.pt, best.safetensors (by the validation pairs), log.tsv, curve.png.
"""

import argparse
import pathlib
import time

import cv2
import torch

import loftr
import pairs
import pictures
import runs
import validation

FINE_REACH = 4.0  # pixels from a window's centre to its edge


def coarse_loss(similarity, batch):
    """Focal loss of the true cells, and of the cells that have none in the other picture."""
    rows, columns = similarity.logsumexp(2), similarity.logsumexp(1)
    b, i, j = batch["batch"], batch["cell0"], batch["cell1"]
    log_p = 2 * similarity[b, i, j] - rows[b, i] - columns[b, j]
    p = log_p.exp()
    found = (0.25 * (1 - p) ** 2 * -log_p).mean()
    confidence = (2 * similarity - rows[:, :, None] - columns[:, None]).exp()
    lonely0, lonely1 = batch["lonely"]
    claimed = torch.cat([confidence.sum(2)[lonely0], confidence.sum(1)[lonely1]])
    claimed = claimed.clamp(max=1 - 1e-4)
    if not len(claimed):
        return found
    return found + 0.25 * (claimed**2 * -torch.log1p(-claimed)).mean()


def splat(target, window):
    """The target in [-1, 1] as weights of the four cells around it, [M, window * window]."""
    place = (target + 1) * (window - 1) / 2
    steps = torch.arange(window, device=target.device)
    weights = (1 - (place[:, :, None] - steps).abs()).clamp(min=0)  # [M, 2, window]
    return (weights[:, 1, :, None] * weights[:, 0, None, :]).flatten(1)


def fine_loss(logits, offset, window):
    """Squared error of the expected offset, the sure ones counting more, and cross-entropy."""
    target = offset / FINE_REACH
    near = target.abs().amax(1) <= 1
    if not near.any():
        return logits.sum() * 0, logits.new_zeros(())
    logits, target = logits[near], target[near]
    mean, deviation = loftr.expectation(logits, window)
    weight = 1 / deviation.detach().clamp(min=0.05)
    squared = ((mean - target) ** 2).sum(1)
    cross = -(splat(target, window) * logits.log_softmax(-1)).sum(1)
    error = (mean - target).detach().norm(dim=1).mean() * FINE_REACH
    return (squared * weight / weight.mean()).mean() + 0.1 * cross.mean(), error


def losses(net, batch, half):
    """(total, coarse, fine, fine error in pixels) of a batch."""
    device = batch["images"].device.type
    with torch.autocast(device, torch.bfloat16, enabled=half):
        coarse, fine = net.backbone(batch["images"].flatten(0, 1))
    coarse, fine = coarse.float(), fine.float()
    tokens0, tokens1, grid = net.encode(coarse, batch["shift"])
    loss = coarse_loss(net.similarity(tokens0, tokens1), batch)
    chosen = batch["fine"]
    cells = [batch[name][chosen] for name in ("batch", "cell0", "cell1")]
    logits = net.heatmap(tokens0, tokens1, *fine.chunk(2), grid[1], *cells)
    refined, error = fine_loss(logits, batch["offset"][chosen], net.config.window)
    return loss + refined, loss.detach(), refined.detach(), error


def move(batch, device):
    return {key: value.to(device, non_blocking=True) if torch.is_tensor(value) else value
            for key, value in batch.items()}


class Run:
    """One training run; everything that a step changes is in the checkpoint."""

    def __init__(self, options, train_pictures):
        torch.manual_seed(options.seed)
        self.options = options
        self.device = torch.device(options.device)
        self.net = loftr.LoFTR(loftr.LITE).to(self.device)
        self.net.backbone.to(memory_format=torch.channels_last)
        self.net.backbone.checkpointing = options.gradient_checkpointing
        self.average = runs.Average(self.net)
        self.optimiser = torch.optim.AdamW(self.net.parameters(), options.rate, weight_decay=0.01)
        self.step, self.resumed_at, self.best, self.seconds = 0, None, -1.0, 0.0
        self.folder = options.work / "loftr-lite"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.batches = pairs.Batches(train_pictures, options.steps, options.seed)

    def resume(self):
        checkpoint = self.folder / "checkpoint.pt"
        if checkpoint.exists():
            self.step, extra = runs.load_checkpoint(checkpoint, self.net, self.average,
                                                    self.optimiser)
            self.resumed_at, self.best, self.seconds = (
                extra["resumed_at"], extra["best"], extra["seconds"])
        elif self.options.take_up:
            found = runs.load_export(self.options.take_up, self.net)
            self.average = runs.Average(self.net)
            self.step = self.resumed_at = int(found["step"])
            self.seconds = float(found.get("seconds", 0))

    def save(self):
        extra = {"resumed_at": self.resumed_at, "best": self.best, "seconds": self.seconds}
        runs.save_checkpoint(self.folder / "checkpoint.pt", self.net, self.average,
                             self.optimiser, self.step, extra)

    def metadata(self):
        return {"model": "loftr-lite", "architecture": "loftr", "position_encoding": "fixed",
                "window": self.net.config.window, "heads": self.net.config.heads,
                "coarse_layers": list(self.net.config.coarse_layers),
                "fine_layers": list(self.net.config.fine_layers), "step": self.step,
                "steps": self.options.steps, "seed": self.options.seed,
                "seconds": round(self.seconds), "validation": round(self.best, 4)}

    def train_step(self, batch):
        rate = runs.learning_rate(self.step, self.options.steps, self.options.rate, 300,
                                  self.resumed_at)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.net.train()
        total, *parts = losses(self.net, move(batch, self.device), self.options.half)
        self.optimiser.zero_grad()
        total.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        if torch.isfinite(norm):  # a step that would spoil the weights is left out
            self.optimiser.step()
            self.average.update(self.net)
        self.step += 1
        return [float(total.detach())] + [float(part) for part in parts] + [rate]

    def loader(self):
        numbers = range(self.step, self.options.steps)
        return torch.utils.data.DataLoader(
            self.batches, batch_size=None, sampler=numbers, num_workers=self.options.workers,
            prefetch_factor=8 if self.options.workers else None)

    def validate(self, held_back):
        scores = validation.score(self.average.net, held_back, self.device)
        if scores["score"] > self.best:
            self.best = scores["score"]
            runs.export(self.folder / "best.safetensors", self.average.net, self.metadata())
        return scores


COLUMNS = ("step", "loss", "coarse", "fine", "error_px", "rate", "seconds", "score", "flat_count",
           "flat_3px", "solid_count", "solid_3px")


def train(options):
    run = Run(options, pictures.read_part(options.work, "train"))
    run.resume()
    held_back = validation.held_back_pairs(pictures.read_part(options.work, "validation"))
    log = runs.Log(run.folder / "log.tsv", COLUMNS)
    save_timer = runs.Timer(options.save_seconds)
    sums, count, begun = [0.0] * 5, 0, time.monotonic()
    for batch in run.loader():
        sums = [a + b for a, b in zip(sums, run.train_step(batch))]
        count += 1
        now = time.monotonic()
        run.seconds, begun = run.seconds + min(now - begun, 60), now
        if run.step % options.log_every == 0:
            log.write(step=run.step, seconds=run.seconds,
                      **dict(zip(COLUMNS[1:6], (value / count for value in sums))))
            sums, count = [0.0] * 5, 0
        if run.step % options.validate_every == 0 or run.step == options.steps:
            log.write(step=run.step, seconds=run.seconds, **run.validate(held_back))
            runs.draw_curves(log, run.folder / "curve.png",
                             ("loss", "error_px", "score", "flat_3px", "solid_3px"))
            begun = time.monotonic()
        if save_timer.due() or run.step == options.steps:
            run.save()


def parse(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--work", type=pathlib.Path, required=True, help="folder for everything")
    parser.add_argument("--steps", type=int, default=30000, help="length of the whole schedule")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=2e-3, help="highest learning rate")
    parser.add_argument("--from", dest="take_up", type=pathlib.Path, help="exported net to go on from")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--workers", type=int, default=1, help="processes that make pairs")
    parser.add_argument("--full-precision", dest="half", action="store_false",
                        help="no bfloat16 in the backbone")
    parser.add_argument("--gradient-checkpointing", action="store_true")
    parser.add_argument("--save-seconds", type=float, default=120)
    parser.add_argument("--log-every", type=int, default=50)
    parser.add_argument("--validate-every", type=int, default=500)
    return parser.parse_args(arguments)


def main():
    options = parse()
    cv2.setNumThreads(0)  # a pool of threads would not survive the fork of the loader
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    train(options)


if __name__ == "__main__":
    main()
