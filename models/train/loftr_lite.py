# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Trains loftr-lite.

    python3 -m models.train.collection --work DIR
    python3 -m models.train.loftr_lite --work DIR

continues exactly from DIR/loftr-lite/checkpoint.pt if it exists, else from --from FILE, an exported
model (its weights and its place in the schedule; the optimiser warms up again), else starts.
DIR/loftr-lite gets checkpoint.pt, best.safetensors (by the validation pairs), log.tsv, curve.png.
"""

import torch

from models.train import atlas, collection, loftr, pairs, runs, validation

FINE_REACH = 4.0  # pixels from a window's centre to its edge


def coarse_loss(similarity, batch):
    """Focal loss of the true cells, and of the cells that have none in the reference image."""
    rows, columns = similarity.logsumexp(2), similarity.logsumexp(1)
    b, i, j = batch["batch"], batch["cell0"], batch["cell1"]
    log_p = 2 * similarity[b, i, j] - rows[b, i] - columns[b, j]
    p = log_p.exp()
    found = (0.25 * (1 - p) ** 2 * -log_p).mean()
    confidence = (2 * similarity - rows[:, :, None] - columns[:, None]).exp()
    lonely = torch.cat(tuple(batch["lonely"]), 1)
    claimed = torch.cat([confidence.sum(2), confidence.sum(1)], 1).clamp(max=1 - 1e-4)
    unfounded = (claimed**2 * -torch.log1p(-claimed) * lonely).sum() / lonely.sum().clamp(min=1)
    return found + 0.25 * unfounded


def splat(target, window):
    """The target in [-1, 1] as weights of the four cells around it, [M, window * window]."""
    place = (target + 1) * (window - 1) / 2
    steps = torch.arange(window, device=target.device)
    weights = (1 - (place[:, :, None] - steps).abs()).clamp(min=0)  # [M, 2, window]
    return (weights[:, 1, :, None] * weights[:, 0, None, :]).flatten(1)


def fine_loss(logits, offset, window):
    """Distance of the expected offset, the sure ones counting more, and cross-entropy.

    Points beyond the window have no say.
    """
    target = offset / FINE_REACH
    near = (target.abs().amax(1) <= 1).float()
    near = near / near.sum().clamp(min=1)
    mean, deviation = loftr.expectation(logits, window)
    weight = near / deviation.detach().clamp(min=0.05)
    weight = weight / weight.sum().clamp(min=1e-6)
    distance = (((mean - target) ** 2).sum(1) + 1e-4).sqrt()  # smooth at the end
    cross = -(splat(target, window) * logits.log_softmax(-1)).sum(1)
    error = ((mean - target).detach().norm(dim=1) * near).sum() * FINE_REACH
    return (distance * weight).sum() + 0.1 * (cross * near).sum(), error


def losses(model, batch, half):
    """(total, coarse, fine, fine error in pixels) of a batch."""
    device = batch["images"].device.type
    with torch.autocast(device, torch.bfloat16, enabled=half):
        coarse, fine = model.backbone(batch["images"].flatten(0, 1))
    coarse, fine = coarse.float(), fine.float()
    tokens0, tokens1, grid = model.encode(coarse, batch["shift"])
    loss = coarse_loss(model.similarity(tokens0, tokens1), batch)
    chosen = batch["fine"]
    cells = [batch[name][chosen] for name in ("batch", "cell0", "cell1")]
    logits = model.heatmap(tokens0, tokens1, *fine.chunk(2), grid[1], *cells)
    refined, error = fine_loss(logits, batch["offset"][chosen], model.config.window)
    return loss + refined, loss.detach(), refined.detach(), error


class Run(runs.Training):
    NAME, LOSSES, WARM_UP = "loftr-lite", ("loss", "coarse", "fine", "error_px"), 300
    SCORES = ("score", *validation.COLUMNS)

    def __init__(self, options, train_images, held_back=()):
        torch.manual_seed(options.seed)
        model = loftr.LoFTR(loftr.LITE)
        model.backbone.to(memory_format=torch.channels_last)
        pace = runs.Pace(options.steps, options.minutes)
        steps = pairs.Descriptions(train_images, pace, options.seed, options.schedule)
        super().__init__(options, model, steps, pace)
        self.atlas = atlas.Atlas(train_images, self.device)
        self.held_back = held_back

    def prepare(self, loaded):
        return pairs.build(loaded, self.atlas)

    def losses(self, batch):
        return losses(self.model, batch, self.options.half)

    def score(self):
        return validation.score(self.average.model, self.held_back, self.device)

    def describe(self):
        config = self.model.config
        return {"architecture": "loftr", "position_encoding": "fixed", "window": config.window,
                "heads": config.heads, "coarse_layers": list(config.coarse_layers),
                "fine_layers": list(config.fine_layers)}


def parse(arguments=None):
    parser = runs.parser(__doc__, steps=20000, rate=2e-3, validate_every=1000)
    parser.add_argument("--schedule", choices=sorted(pairs.SCHEDULES), default="cpu",
                        help="sizes and pairs of the batches")
    parser.add_argument("--full-precision", dest="half", action="store_false",
                        help="no bfloat16 in the backbone")
    return parser.parse_args(arguments)


def main():
    options = parse()
    runs.prepare_process(options)
    held_back = validation.held_back_pairs(collection.read_part(options.work, "validation"))
    run = Run(options, collection.read_part(options.work, "train"), held_back)
    run.resume()
    run.train()


if __name__ == "__main__":
    main()
