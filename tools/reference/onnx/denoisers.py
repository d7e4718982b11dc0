"""Miniatures of denoisers, which take a time and a condition beside the noisy image: a U-Net and a transformer."""

import math

import torch
from torch import nn
from torch.nn import functional as F

from latent_decoders import ResnetBlock, Upsample


class Sinusoids(nn.Module):
    """[cos(t·ωᵢ), sin(t·ωᵢ)], ω from 1 down to 10⁻⁴: [n] → [n, count]."""

    def __init__(self, count):
        super().__init__()
        self.register_buffer("frequencies", torch.exp(-math.log(10000) * torch.arange(count // 2) / (count // 2)))

    def forward(self, t):
        angles = t[:, None].to(self.frequencies.dtype) * self.frequencies[None]
        return torch.cat([torch.cos(angles), torch.sin(angles)], dim=-1)


class Attention(nn.Module):
    """Two heads, of tokens to themselves or to a context."""

    def __init__(self, channels, context=None):
        super().__init__()
        self.query = nn.Linear(channels, channels, bias=False)
        self.key, self.value = (nn.Linear(context or channels, channels, bias=False) for _ in range(2))
        self.out = nn.Linear(channels, channels)

    def forward(self, x, context=None):
        n, _, c = x.shape
        heads = lambda tokens: tokens.view(n, -1, 2, c // 2).transpose(1, 2)
        context = x if context is None else context
        mixed = F.scaled_dot_product_attention(heads(self.query(x)), heads(self.key(context)), heads(self.value(context)))
        return self.out(mixed.transpose(1, 2).reshape(n, -1, c))


class SpatialTransformer(nn.Module):
    """Self-attention, attention to the condition, a gated layer: diffusers' Transformer2DModel."""

    def __init__(self, channels, context):
        super().__init__()
        self.norm = nn.GroupNorm(4, channels, eps=1e-6)
        self.inner, self.outer = nn.Conv2d(channels, channels, 1), nn.Conv2d(channels, channels, 1)
        self.norms = nn.ModuleList([nn.LayerNorm(channels) for _ in range(3)])
        self.own, self.cross = Attention(channels), Attention(channels, context)
        self.gated, self.project = nn.Linear(channels, 4 * channels), nn.Linear(2 * channels, channels)

    def forward(self, x, context):
        n, c, h, w = x.shape
        tokens = self.inner(self.norm(x)).permute(0, 2, 3, 1).reshape(n, h * w, c)
        tokens = tokens + self.own(self.norms[0](tokens))
        tokens = tokens + self.cross(self.norms[1](tokens), context)
        values, gates = self.gated(self.norms[2](tokens)).chunk(2, dim=-1)
        tokens = tokens + self.project(values * F.gelu(gates))
        return x + self.outer(tokens.reshape(n, h, w, c).permute(0, 3, 1, 2))


class UNet(nn.Module):
    """Stable Diffusion's U-Net (diffusers), with one step down and up: ε of a noisy latent, at a time, for a text."""

    code = ("sample", (4, 4, 4))
    others = {"timestep": torch.tensor([37]), "encoder_hidden_states": torch.linspace(-1, 1, 18).reshape(1, 3, 6).sin()}

    def __init__(self):
        super().__init__()
        self.time = nn.Sequential(Sinusoids(8), nn.Linear(8, 8), nn.SiLU(), nn.Linear(8, 8))
        self.start = nn.Conv2d(4, 8, 3, padding=1)
        block = lambda inputs: ResnetBlock(inputs, 8, embedding=8)
        self.down, self.narrow = block(8), nn.Conv2d(8, 8, 3, stride=2, padding=1)
        self.middle, self.attend = block(8), SpatialTransformer(8, 6)
        self.wide, self.high = Upsample(8), block(16)
        self.norm, self.end = nn.GroupNorm(4, 8), nn.Conv2d(8, 4, 3, padding=1)

    def forward(self, sample, timestep, encoder_hidden_states):
        time = self.time(timestep.expand(sample.shape[0]))
        start = self.start(sample)
        high = self.down(start, time)
        x = self.attend(self.middle(self.narrow(high), time), encoder_hidden_states)
        x = self.high(torch.cat([self.wide(x), high], dim=1), time)
        return self.end(F.silu(self.norm(x)))


def modulate(x, shift, scale):
    return x * (1 + scale.unsqueeze(1)) + shift.unsqueeze(1)


class DitBlock(nn.Module):
    """A transformer block whose normalisations are scaled, shifted and gated by the condition (adaLN-zero)."""

    def __init__(self, channels):
        super().__init__()
        self.norms = nn.ModuleList([nn.LayerNorm(channels, elementwise_affine=False, eps=1e-6) for _ in range(2)])
        self.qkv, self.out = nn.Linear(channels, 3 * channels), nn.Linear(channels, channels)
        self.mlp = nn.Sequential(nn.Linear(channels, 2 * channels), nn.GELU(approximate="tanh"), nn.Linear(2 * channels, channels))
        self.condition = nn.Sequential(nn.SiLU(), nn.Linear(channels, 6 * channels))

    def attend(self, x):
        n, count, c = x.shape
        q, k, v = self.qkv(x).reshape(n, count, 3, 2, c // 2).permute(2, 0, 3, 1, 4).unbind(0)
        return self.out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(n, count, c))

    def forward(self, x, c):
        shift, scale, gate, mlp_shift, mlp_scale, mlp_gate = self.condition(c).chunk(6, dim=1)
        x = x + gate.unsqueeze(1) * self.attend(modulate(self.norms[0](x), shift, scale))
        return x + mlp_gate.unsqueeze(1) * self.mlp(modulate(self.norms[1](x), mlp_shift, mlp_scale))


class Dit(nn.Module):
    """Diffusion transformer (Peebles & Xie 2023): patches of 2 × 2, two blocks, classes."""

    code = ("x", (4, 4, 4))
    others = {"t": torch.tensor([12.5]), "y": torch.tensor([2])}

    def __init__(self):
        super().__init__()
        self.patches = nn.Conv2d(4, 8, 2, stride=2)
        self.positions = nn.Parameter(0.5 * torch.randn(1, 4, 8))
        self.time = nn.Sequential(Sinusoids(8), nn.Linear(8, 8), nn.SiLU(), nn.Linear(8, 8))
        self.labels = nn.Embedding(5, 8)
        self.blocks = nn.ModuleList([DitBlock(8) for _ in range(2)])
        self.norm = nn.LayerNorm(8, elementwise_affine=False, eps=1e-6)
        self.condition, self.end = nn.Sequential(nn.SiLU(), nn.Linear(8, 16)), nn.Linear(8, 2 * 2 * 4)

    def forward(self, x, t, y):
        tokens = self.patches(x).flatten(2).transpose(1, 2) + self.positions
        c = self.time(t) + self.labels(y)
        for block in self.blocks:
            tokens = block(tokens, c)
        shift, scale = self.condition(c).chunk(2, dim=1)
        patches = self.end(modulate(self.norm(tokens), shift, scale)).reshape(-1, 2, 2, 2, 2, 4)
        return torch.einsum("nhwpqc->nchpwq", patches).reshape(-1, 4, 4, 4)


DENOISERS = {"unet": UNet, "dit": Dit}
