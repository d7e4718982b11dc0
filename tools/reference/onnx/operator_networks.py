"""Small generators around operators whose conventions are easily misread: sampling, indexing, attention."""

import torch
from torch import nn
from torch.nn import functional as F


class Warp(nn.Module):
    """An image sampled at a grid that depends on the point as well, then pooled and normalised across channels."""

    latent = 8

    def __init__(self):
        super().__init__()
        self.image = nn.Linear(self.latent, 4 * 36)
        self.theta = nn.Linear(self.latent, 6)

    def forward(self, z):
        image = torch.tanh(self.image(z)).reshape(-1, 4, 6, 6)
        theta = self.theta(z).reshape(-1, 2, 3)
        plain = F.grid_sample(image, F.affine_grid(theta, [1, 4, 5, 5], align_corners=False), align_corners=False)
        grid = F.affine_grid(1.7 * theta, [1, 4, 5, 5], align_corners=True)
        mirrored = F.grid_sample(image, grid, mode="bicubic", padding_mode="reflection", align_corners=True)
        framed = F.grid_sample(image, grid, padding_mode="border", align_corners=False)
        pooled = F.lp_pool2d(image, 2, 3, stride=2)
        return torch.cat([part.flatten(1) for part in (plain, mirrored, framed, pooled, F.local_response_norm(image, 3))], 1)


class Indexing(nn.Module):
    """Picks by positions that depend on the point, puts them elsewhere, multiplies and sums them up."""

    latent = 6

    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(self.latent, 12)
        self.register_buffer("index", torch.tensor([[0, 2, 1, 0], [3, 3, 1, 2], [1, 0, 0, 2]]))

    def forward(self, z):
        x = self.inner(z).reshape(3, 4)
        values, order = torch.topk(x, 2, dim=1)
        spread = torch.zeros(3, 5).to(x).scatter(1, order, values)
        added = x.scatter_add(1, self.index, x * x)
        multiplied = x.scatter_reduce(1, self.index[:, :2], values, "prod")
        largest = x.scatter_reduce(1, self.index, 1.5 * x.flip(0), "amax")
        picked = torch.gather(x, 0, self.index[:, :2].clamp(max=2))
        products = torch.prod(x, dim=1)
        square = torch.einsum("...i,...j->...ij", x, x)
        diagonal = torch.einsum("...ii->...i", square)
        rest = torch.fmod(3 * x, 0.7)
        parts = (spread, added, multiplied, largest, picked, products, square, diagonal, rest)
        return torch.cat([part.flatten() for part in parts])[None]


class GroupedAttention(nn.Module):
    """A block of a language-model-like decoder: RMS norm, grouped causal attention, a gated layer."""

    latent = 8

    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(self.latent, 4 * 8)
        self.norm = nn.RMSNorm(8)
        self.query, self.key, self.value = nn.Linear(8, 8), nn.Linear(8, 4), nn.Linear(8, 4)
        self.gate, self.out = nn.Linear(8, 8), nn.Linear(8, 8)

    def forward(self, z):
        x = self.inner(z).reshape(-1, 4, 8)
        h = self.norm(x)
        heads = lambda y, count: y.reshape(-1, 4, count, 2).transpose(1, 2)
        q, k, v = heads(self.query(h), 4), heads(self.key(h), 2), heads(self.value(h), 2)
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)
        x = x + mixed.transpose(1, 2).reshape(-1, 4, 8)
        return (x + F.silu(self.gate(x)) * self.out(x)).flatten(1)


OPERATOR_NETWORKS = {"warp": Warp, "indexing": Indexing, "grouped_attention": GroupedAttention}
# Traced for one point: PyTorch writes the batch into shapes here.
OPERATOR_FIXED_BATCH = {"warp", "indexing", "grouped_attention"}
# Operator sets other than the exporters' defaults.
OPSETS = {("warp", "torchscript"): 20, ("indexing", "torchscript"): 18, ("grouped_attention", "dynamo"): 23}
# The older exporter knows no grouped attention.
EXPORTERS = {"grouped_attention": ("dynamo",)}
