# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""LoFTR (Sun et al., CVPR 2021) at any width, with the state-dict keys of the published models.

Positions: cell (x, y) of the coarse map sits on pixel (8x, 8y), cell (x, y) of the fine map on pixel
(2x, 2y), pixel centres being whole numbers. Training and evaluation both use that frame.
"""

import dataclasses
import math

import torch
import torch.nn.functional as F
from torch import nn

from models.train.blocks import BasicBlock, Staged, prepare_convolutions

COARSE_STRIDE = 8
FINE_STRIDE = 2


@dataclasses.dataclass(frozen=True)
class Config:
    initial_dim: int = 32
    block_dims: tuple = (32, 48, 64)
    heads: int = 4
    coarse_layers: tuple = ("self", "cross") * 2
    fine_layers: tuple = ("self", "cross")
    window: int = 5
    temperature: float = 0.1
    threshold: float = 0.2
    border: int = 2


LITE = Config()
FULL = Config(128, (128, 196, 256), 8, ("self", "cross") * 4)


def smoothing(inputs, outputs):
    return nn.Sequential(
        nn.Conv2d(inputs, inputs, 3, 1, 1, bias=False), nn.BatchNorm2d(inputs), nn.LeakyReLU(),
        nn.Conv2d(inputs, outputs, 3, 1, 1, bias=False))


def doubled(x):
    return F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=True)


class Backbone(Staged):
    """Residual pyramid: [B, 1, H, W] -> coarse [B, C3, H/8, W/8] and fine [B, C1, H/2, W/2]."""

    def __init__(self, config):
        super().__init__()
        first, (d1, d2, d3) = config.initial_dim, config.block_dims
        self.conv1 = nn.Conv2d(1, first, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(first)
        self.layer1 = nn.Sequential(BasicBlock(first, d1, 1), BasicBlock(d1, d1, 1))
        self.layer2 = nn.Sequential(BasicBlock(d1, d2, 2), BasicBlock(d2, d2, 1))
        self.layer3 = nn.Sequential(BasicBlock(d2, d3, 2), BasicBlock(d3, d3, 1))
        self.layer3_outconv = nn.Conv2d(d3, d3, 1, bias=False)
        self.layer2_outconv = nn.Conv2d(d2, d3, 1, bias=False)
        self.layer2_outconv2 = smoothing(d3, d2)
        self.layer1_outconv = nn.Conv2d(d1, d2, 1, bias=False)
        self.layer1_outconv2 = smoothing(d2, d1)
        prepare_convolutions(self)

    def forward(self, x):
        x1 = self.run(self._stem, x)
        x2 = self.run(self.layer2, x1)
        x3 = self.run(self.layer3, x2)
        coarse = self.layer3_outconv(x3)
        return coarse, self.run(self._fine, x1, x2, coarse)

    def _stem(self, x):
        return self.layer1(F.relu(self.bn1(self.conv1(x))))

    def _fine(self, x1, x2, coarse):
        p2 = self.layer2_outconv2(self.layer2_outconv(x2) + doubled(coarse))
        return self.layer1_outconv2(self.layer1_outconv(x1) + doubled(p2))


def position_encoding(channels, height, width, device=None):
    """The corrected sine encoding, [1, channels, height, width]; positions count from 1."""
    step = torch.exp(torch.arange(0, channels // 2, 2, device=device).float()
                     * (-math.log(10000.0) / (channels // 2)))[:, None, None]
    x = torch.arange(1, width + 1, device=device).float()[None, None, :] * step
    y = torch.arange(1, height + 1, device=device).float()[None, :, None] * step
    pe = torch.zeros(channels, height, width, device=device)
    pe[0::4], pe[1::4] = torch.sin(x).expand(-1, height, -1), torch.cos(x).expand(-1, height, -1)
    pe[2::4], pe[3::4] = torch.sin(y).expand(-1, -1, width), torch.cos(y).expand(-1, -1, width)
    return pe[None]


def linear_attention(q, k, v):
    """Attention with the kernel elu + 1 in place of the softmax; [N, L, heads, D] each."""
    q, k = F.elu(q) + 1, F.elu(k) + 1
    length = v.shape[1]
    kv = torch.einsum("nshd,nshv->nhdv", k, v / length)
    norm = torch.einsum("nlhd,nhd->nlh", q, k.sum(1)) + 1e-6
    return torch.einsum("nlhd,nhdv->nlhv", q, kv) * (length / norm)[..., None]


class EncoderLayer(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.q_proj = nn.Linear(width, width, bias=False)
        self.k_proj = nn.Linear(width, width, bias=False)
        self.v_proj = nn.Linear(width, width, bias=False)
        self.merge = nn.Linear(width, width, bias=False)
        self.mlp = nn.Sequential(nn.Linear(2 * width, 2 * width, bias=False), nn.ReLU(),
                                 nn.Linear(2 * width, width, bias=False))
        self.norm1 = nn.LayerNorm(width)
        self.norm2 = nn.LayerNorm(width)

    def forward(self, x, source):
        split = (self.heads, -1)
        message = linear_attention(self.q_proj(x).unflatten(-1, split),
                                   self.k_proj(source).unflatten(-1, split),
                                   self.v_proj(source).unflatten(-1, split))
        message = self.norm1(self.merge(message.flatten(-2)))
        return x + self.norm2(self.mlp(torch.cat([x, message], -1)))


class Transformer(nn.Module):
    def __init__(self, width, heads, names):
        super().__init__()
        self.names = names
        self.layers = nn.ModuleList(EncoderLayer(width, heads) for _ in names)
        for weight in self.parameters():
            if weight.dim() > 1:
                nn.init.xavier_uniform_(weight)

    def forward(self, a, b):
        for layer, name in zip(self.layers, self.names):
            if name == "self" and a.shape == b.shape:
                a, b = layer(torch.cat([a, b]), torch.cat([a, b])).chunk(2)
            elif name == "self":
                a, b = layer(a, a), layer(b, b)
            else:
                a = layer(a, b)
                b = layer(b, a)  # sees the new a
        return a, b


class FinePreprocess(nn.Module):
    def __init__(self, coarse, fine):
        super().__init__()
        self.down_proj = nn.Linear(coarse, fine)
        self.merge_feat = nn.Linear(2 * fine, fine)
        for weight in (self.down_proj.weight, self.merge_feat.weight):
            nn.init.kaiming_normal_(weight, mode="fan_out", nonlinearity="relu")

    def forward(self, windows, tokens):
        """windows [M, W*W, C], coarse tokens of their centres [M, D] -> [M, W*W, C]."""
        context = self.down_proj(tokens)[:, None].expand(-1, windows.shape[1], -1)
        return self.merge_feat(torch.cat([windows, context], -1))


def gather_windows(fine, batch, cell, grid_width, window):
    """The window around each coarse cell out of the fine map, [M, window * window, C]."""
    ratio, half = COARSE_STRIDE // FINE_STRIDE, window // 2
    padded = F.pad(fine, (half,) * 4).permute(0, 2, 3, 1)
    height, width = padded.shape[1:3]
    steps = torch.arange(window, device=fine.device)
    rows = (cell // grid_width * ratio)[:, None] + steps
    columns = (cell % grid_width * ratio)[:, None] + steps
    places = (batch[:, None, None] * height + rows[:, :, None]) * width + columns[:, None, :]
    # windows overlap: an embedding's gradient is summed in the same order each time
    return F.embedding(places.flatten(1), padded.flatten(0, 2))


class LoFTR(nn.Module):
    def __init__(self, config=LITE):
        super().__init__()
        self.config = config
        self.backbone = Backbone(config)
        coarse, fine = config.block_dims[2], config.block_dims[0]
        self.loftr_coarse = Transformer(coarse, config.heads, config.coarse_layers)
        self.fine_preprocess = FinePreprocess(coarse, fine)
        self.loftr_fine = Transformer(fine, config.heads, config.fine_layers)

    def features(self, images0, images1):
        """Coarse tokens of both images after the transformer, their fine maps, the grid's size."""
        coarse, fine = self.backbone(torch.cat([images0, images1]))
        tokens0, tokens1, grid = self.encode(coarse)
        return tokens0, tokens1, *fine.chunk(2), grid

    def encode(self, coarse, shift=(0, 0)):
        """Both coarse maps, [2B, C, H, W], through the transformer: tokens0, tokens1, (H, W).

        `shift` (rows, columns) moves the grid on the position encoding's plane; in training only.
        """
        height, width = coarse.shape[-2:]
        positions = position_encoding(coarse.shape[1], height + shift[0], width + shift[1],
                                      coarse.device)[..., shift[0]:, shift[1]:]
        tokens = (coarse + positions).flatten(2).transpose(1, 2).contiguous()
        return *self.loftr_coarse(*tokens.chunk(2)), (height, width)

    def similarity(self, tokens0, tokens1):
        """[B, L, C] x [B, S, C] -> [B, L, S], already divided by the temperature."""
        scale = tokens0.shape[-1] * self.config.temperature
        return torch.einsum("nlc,nsc->nls", tokens0 / scale, tokens1)

    def heatmap(self, tokens0, tokens1, fine0, fine1, grid_width, batch, cell0, cell1):
        """Where the point of each cell of image 0 lies in the window of image 1: [M, W*W]."""
        window = self.config.window
        windows = torch.cat([gather_windows(fine0, batch, cell0, grid_width, window),
                             gather_windows(fine1, batch, cell1, grid_width, window)])
        centres = torch.cat([tokens0[batch, cell0], tokens1[batch, cell1]])
        w0, w1 = self.loftr_fine(*self.fine_preprocess(windows, centres).chunk(2))
        centre = w0[:, window * window // 2]
        return torch.einsum("mc,mrc->mr", centre, w1) / centre.shape[-1] ** 0.5

    @torch.no_grad()
    def match(self, images0, images1):
        """Points of image 0, points of image 1, confidences and batch indices of the matches."""
        tokens0, tokens1, fine0, fine1, grid = self.features(images0, images1)
        log_p = self.log_confidence(self.similarity(tokens0, tokens1))
        batch, cell0, cell1, confidence = self.select(log_p, grid)
        points0, points1 = cell_points(cell0, grid[1]), cell_points(cell1, grid[1])
        if len(batch):
            logits = self.heatmap(tokens0, tokens1, fine0, fine1, grid[1], batch, cell0, cell1)
            offset, _ = expectation(logits, self.config.window)
            points1 = points1 + offset * (self.config.window // 2 * FINE_STRIDE)
        return points0, points1, confidence, batch

    @staticmethod
    def log_confidence(similarity):
        """Logarithm of the dual softmax, the product of the softmax by rows and by columns."""
        rows, columns = similarity.logsumexp(2, True), similarity.logsumexp(1, True)
        return (2 * similarity).sub_(rows).sub_(columns)

    def select(self, log_p, grid):
        """Mutual best cells above the threshold and off the border, and their confidences."""
        best, cell1 = log_p.max(2)
        inner = inside_border(grid, self.config.border, log_p.device)
        keep = best.exp() > self.config.threshold
        keep &= log_p.amax(1).gather(1, cell1) == best
        keep &= inner[None] & inner[cell1]
        batch, cell0 = torch.where(keep)
        return batch, cell0, cell1[batch, cell0], best[batch, cell0].exp()


def inside_border(grid, border, device=None):
    height, width = grid
    inner = torch.zeros(height, width, dtype=torch.bool, device=device)
    inner[border:height - border, border:width - border] = True
    return inner.flatten()


def cell_points(cells, grid_width):
    return torch.stack([cells % grid_width, cells // grid_width], 1).float() * COARSE_STRIDE


def window_grid(window, device=None):
    """Positions of a window's cells in [-1, 1], [window * window, 2], x first."""
    axis = torch.linspace(-1, 1, window, device=device)
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    return torch.stack([x, y], -1).reshape(-1, 2)


def expectation(logits, window):
    """Mean position in [-1, 1], [M, 2], and the standard deviations' sum, [M]."""
    weights, grid = logits.softmax(-1), window_grid(window, logits.device)
    mean = weights @ grid
    variance = weights @ grid**2 - mean**2
    return mean, variance.clamp(min=1e-10).sqrt().sum(-1)


def lite_kornia_config(config=LITE):
    """The same model as a configuration of kornia's LoFTR."""
    transformer = {"nhead": config.heads, "attention": "linear"}
    coarse, fine = config.block_dims[2], config.block_dims[0]
    return {
        "backbone_type": "ResNetFPN", "resolution": (COARSE_STRIDE, FINE_STRIDE),
        "fine_window_size": config.window, "fine_concat_coarse_feat": True,
        "resnetfpn": {"initial_dim": config.initial_dim, "block_dims": list(config.block_dims)},
        "coarse": transformer | {"d_model": coarse, "d_ffn": coarse, "temp_bug_fix": True,
                                 "layer_names": list(config.coarse_layers)},
        "match_coarse": {"thr": config.threshold, "border_rm": config.border,
                         "match_type": "dual_softmax", "dsmax_temperature": config.temperature,
                         "skh_iters": 3, "skh_init_bin_score": 1.0, "skh_prefilter": True,
                         "train_coarse_percent": 0.4, "train_pad_num_gt_min": 200},
        "fine": transformer | {"d_model": fine, "d_ffn": fine,
                               "layer_names": list(config.fine_layers)},
    }
