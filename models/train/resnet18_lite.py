# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Trains resnet18-lite: frames of one shot close together, frames of different shots apart.

    python3 -m models.train.collection --work DIR
    python3 -m models.train.resnet18_lite --work DIR

continues exactly from DIR/resnet18-lite/checkpoint.pt if it exists, else from --from FILE, an
exported model (the optimiser warms up again), else starts. DIR/resnet18-lite gets checkpoint.pt,
best.safetensors (by images that are not trained on), log.tsv and curve.png.
"""

import math

import torch
import torch.nn.functional as F

from models.train import collection, resnet, runs, shots_data

NEAR, FAR = 0.01, 0.4  # cosine distances: at most within a shot, at least between two
TEMPERATURE = 0.1


def layer_loss(features, shots):
    """Which frame is of the same shot? And the distances, on their side of the margins."""
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


def losses(model, batch):
    """(loss, mean distance within a shot, mean distance to the nearest other shot)."""
    features = model(resnet.normalised(batch.flatten(0, 1)))
    parts = [layer_loss(layer, batch.shape[1]) for layer in features]
    return sum(part[0] for part in parts), parts[0][1], parts[0][2]


class Run(runs.Training):
    NAME, LOSSES, WARM_UP = "resnet18-lite", ("loss", "within", "between"), 100
    SCORES = ("score", "largest_within", "smallest_between")

    def __init__(self, options, train_images, clips, held_back=None):
        torch.manual_seed(options.seed)
        model = resnet.ResNet18().to(memory_format=torch.channels_last)
        batches = shots_data.Batches(train_images, clips, options.seed, options.shots,
                                     options.side)
        super().__init__(options, model, batches, runs.Pace(options.steps, options.minutes))
        self.held_back = held_back

    def prepare(self, loaded):
        return loaded.to(self.device, non_blocking=True)

    def losses(self, batch):
        return losses(self.model, batch)

    def score(self):
        return separation(self.average.model, self.held_back, self.device)

    def describe(self):
        return {"architecture": "resnet18", "width": resnet.LITE_WIDTH}


@torch.no_grad()
def separation(model, shots, device):
    """How far apart cuts and steps within shots are, as the logarithm of their ratio.

    The distances of layer3: of neighbouring frames, the largest but for one in fifty, and of frames
    of different shots, the smallest but for one in fifty of each frame's nearest.
    """
    frames = shots.shape[1]
    features = torch.cat([model(resnet.normalised(shot.to(device)))[0][None] for shot in shots])
    features = F.normalize(features, dim=-1)  # [shots, frames, C]
    within = 1 - (features[:, 1:] * features[:, :-1]).sum(-1)
    table = resnet.distance_table(features.flatten(0, 1))
    same = torch.eye(len(shots), dtype=torch.bool, device=device)
    same = same.repeat_interleave(frames, 0).repeat_interleave(frames, 1)
    nearest = table.masked_fill(same, 2.0).amin(1)
    largest, smallest = float(within.quantile(0.98)), float(nearest.quantile(0.02))
    return {"score": math.log(max(smallest, 1e-9) / max(largest, 1e-9)),
            "largest_within": largest, "smallest_between": smallest}


def parse(arguments=None):
    parser = runs.parser(__doc__, steps=6000, rate=2e-3, validate_every=250)
    parser.add_argument("--shots", type=int, default=20, help="shots in a batch, two frames each")
    parser.add_argument("--side", type=int, default=160, help="size of the training frames")
    return parser.parse_args(arguments)


def main():
    options = parse()
    runs.prepare_process(options)
    held_back = shots_data.held_back_shots(
        collection.read_part(options.work, "validation", colour=True),
        shots_data.read_clips(options.work, held_back=True))
    run = Run(options, collection.read_part(options.work, "train", colour=True),
              shots_data.read_clips(options.work), held_back)
    run.resume()
    run.train()


if __name__ == "__main__":
    main()
