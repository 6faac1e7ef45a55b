#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Trains resnet18-lite: frames of one shot close together, frames of different shots apart.

    pictures.py --work DIR
    resnet18_lite.py --work DIR

goes on from DIR/resnet18-lite/checkpoint.pt where there is one (exactly), else from --from FILE, an
exported net (the optimiser warms up again), else starts. DIR/resnet18-lite gets checkpoint.pt,
best.safetensors (by pictures that are not trained on), log.tsv and curve.png.
"""

import argparse
import pathlib
import time

import cv2
import torch
import torch.nn.functional as F

import pictures
import resnet
import runs
import shots_data

NEAR, FAR = 0.01, 0.4  # cosine distances: at most within a shot, at least between two
TEMPERATURE = 0.1


def layer_loss(features, shots):
    """Which frame is of the same shot? And the distances, held on their side of the margins."""
    table = resnet.distance_table(features)
    same = torch.arange(2 * shots, device=table.device).roll(shots)
    itself = torch.eye(2 * shots, dtype=torch.bool, device=table.device)
    ranking = F.cross_entropy((-table / TEMPERATURE).masked_fill(itself, -1e4), same)
    within = table[torch.arange(2 * shots, device=table.device), same]
    other = itself | itself.roll(shots, 1)
    between = table.masked_fill(other, 2.0)
    pull = F.relu(within - NEAR).mean()
    push = F.relu(FAR - between.amin(1)).mean() + F.relu(FAR - between).mean()
    return ranking + 5 * pull + push, within.detach().mean(), between.detach().amin(1).mean()


def losses(net, batch):
    """(loss, mean distance within a shot, mean distance to the nearest other shot)."""
    features = net(resnet.normalised(batch.flatten(0, 1)))
    parts = [layer_loss(layer, batch.shape[1]) for layer in features]
    return sum(part[0] for part in parts), parts[0][1], parts[0][2]


class Run:
    """One training run; everything that a step changes is in the checkpoint."""

    def __init__(self, options, train_pictures, clips):
        torch.manual_seed(options.seed)
        self.options = options
        self.device = torch.device(options.device)
        self.net = resnet.ResNet18().to(self.device).to(memory_format=torch.channels_last)
        self.average = runs.Average(self.net)
        self.optimiser = torch.optim.AdamW(self.net.parameters(), options.rate, weight_decay=0.01)
        self.step, self.resumed_at, self.best, self.seconds = 0, None, -1.0, 0.0
        self.folder = options.work / "resnet18-lite"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.batches = shots_data.Batches(train_pictures, clips, options.steps, options.seed,
                                          options.shots, options.side)

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
        return {"model": "resnet18-lite", "architecture": "resnet18", "width": resnet.LITE_WIDTH,
                "step": self.step, "steps": self.options.steps, "seed": self.options.seed,
                "seconds": round(self.seconds), "validation": round(self.best, 4)}

    def train_step(self, batch):
        rate = runs.learning_rate(self.step, self.options.steps, self.options.rate, 100,
                                  self.resumed_at)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.net.train()
        loss, within, between = losses(self.net, batch.to(self.device))
        self.optimiser.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        if torch.isfinite(norm):
            self.optimiser.step()
            self.average.update(self.net)
        self.step += 1
        return [float(loss.detach()), float(within), float(between), rate]

    def loader(self):
        return torch.utils.data.DataLoader(
            self.batches, batch_size=None, sampler=range(self.step, self.options.steps),
            num_workers=self.options.workers,
            prefetch_factor=8 if self.options.workers else None)

    def validate(self, held_back):
        gap = separation(self.average.net, held_back, self.device)
        if gap > self.best:
            self.best = gap
            runs.export(self.folder / "best.safetensors", self.average.net, self.metadata())
        return gap


def held_back_batches(pictures_, count=6):
    return [shots_data.make_batch(pictures_, [], step, 77, shots=8, side=224)
            for step in range(count)]


@torch.no_grad()
def separation(net, batches, device):
    """Low quantile between shots less high quantile within them, the mean of both layers."""
    gaps = []
    for layer in (0, 1):
        within, between = [], []
        for batch in batches:
            features = net(resnet.normalised(batch.flatten(0, 1).to(device)))[layer]
            table, shots = resnet.distance_table(features), batch.shape[1]
            within.append(table.diagonal(shots))
            different = ~torch.eye(shots, dtype=torch.bool, device=device).repeat(2, 2)
            between.append(table[different])
        gaps.append(torch.cat(between).quantile(0.03) - torch.cat(within).quantile(0.97))
    return float(sum(gaps) / 2)


COLUMNS = ("step", "loss", "within", "between", "rate", "seconds", "gap")


def train(options):
    colour = pictures.read_part(options.work, "train", colour=True)
    run = Run(options, colour, shots_data.read_clips(options.work))
    run.resume()
    held_back = held_back_batches(pictures.read_part(options.work, "validation", colour=True))
    log = runs.Log(run.folder / "log.tsv", COLUMNS)
    save_timer = runs.Timer(options.save_seconds)
    sums, count, begun = [0.0] * 4, 0, time.monotonic()
    for batch in run.loader():
        sums = [a + b for a, b in zip(sums, run.train_step(batch))]
        count += 1
        now = time.monotonic()
        run.seconds, begun = run.seconds + min(now - begun, 60), now
        if run.step % options.log_every == 0:
            log.write(step=run.step, seconds=run.seconds,
                      **dict(zip(COLUMNS[1:5], (value / count for value in sums))))
            sums, count = [0.0] * 4, 0
        if run.step % options.validate_every == 0 or run.step == options.steps:
            log.write(step=run.step, seconds=run.seconds, gap=run.validate(held_back))
            runs.draw_curves(log, run.folder / "curve.png", ("loss", "within", "between", "gap"))
        if save_timer.due() or run.step == options.steps:
            run.save()


def parse(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--work", type=pathlib.Path, required=True, help="folder for everything")
    parser.add_argument("--steps", type=int, default=6000, help="length of the whole schedule")
    parser.add_argument("--shots", type=int, default=20, help="shots in a batch, two frames each")
    parser.add_argument("--side", type=int, default=160, help="size of the training frames")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=2e-3, help="highest learning rate")
    parser.add_argument("--from", dest="take_up", type=pathlib.Path, help="exported net to go on from")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1, help="processes that make frames")
    parser.add_argument("--save-seconds", type=float, default=120)
    parser.add_argument("--log-every", type=int, default=50)
    parser.add_argument("--validate-every", type=int, default=250)
    return parser.parse_args(arguments)


def main():
    options = parse()
    cv2.setNumThreads(0)  # a pool of threads would not survive the fork of the loader
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    train(options)


if __name__ == "__main__":
    main()
