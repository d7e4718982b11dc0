"""Miniatures of style-based generators with further conditions: StyleGAN-XL, and GigaGAN's choice of kernels."""

import torch
from torch import nn
from torch.nn import functional as F

from family_networks import StyleGan3, mapping


def normalised(x):
    return x * (x.square().mean(dim=1, keepdim=True) + 1e-8).rsqrt()


class StyleGanXl(StyleGan3):
    """StyleGAN-XL (Sauer et al. 2022): StyleGAN3 whose code is joined by the projected embedding of a class.

    Styles are of second order as in StyleGAN-T: s₁·s₂ + s₃ of three affine maps.
    """

    code = ("z", (6,))
    others = {"c": F.one_hot(torch.tensor([1]), 4).float()}

    def __init__(self):
        super().__init__(rotating=False)
        self.register_buffer("embeddings", torch.randn(4, 5))
        self.project = nn.Linear(5, 6)
        self.mapping = mapping(12, 8, 2)[1:]
        self.styles = nn.ModuleList([SecondOrder(8, i) for i in (8, 6, 5)])

    def forward(self, z, c):
        condition = normalised(self.project(c @ self.embeddings))
        w = self.mapping(torch.cat([normalised(z), condition], dim=1))
        x = self.input(w)
        for i in range(2):
            x = self.convolve(x, w, i)
        x = x * self.styles[2](w)[:, :, None, None]
        return F.conv2d(x, self.rgb)


class SecondOrder(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.affine = nn.Linear(inputs, 3 * outputs)
        nn.init.ones_(self.affine.bias)

    def forward(self, w):
        first, second, third = self.affine(w).chunk(3, dim=1)
        return first * second + third


class AdaptiveConv(nn.Module):
    """A modulated convolution whose kernel is a mean of several, weighted by a softmax of the style."""

    def __init__(self, inputs, outputs, kernel=3, kernels=3):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(kernels, outputs, inputs, kernel, kernel) / (inputs * kernel**2) ** 0.5)
        self.choose, self.style = nn.Linear(8, kernels), nn.Linear(8, inputs)
        nn.init.ones_(self.style.bias)

    def forward(self, x, w):
        shares = torch.softmax(self.choose(w), dim=-1)
        kernel = (self.weight[None] * shares[:, :, None, None, None, None]).sum(dim=1)
        kernel = kernel * self.style(w)[:, None, :, None, None]
        kernel = kernel * (kernel.square().sum(dim=(2, 3, 4), keepdim=True) + 1e-8).rsqrt()
        # One image, so that there is one kernel.
        return F.conv2d(x, kernel[0], padding=kernel.shape[-1] // 2)


class DistanceAttention(nn.Module):
    """Self-attention by distances ‖q − k‖² of queries and keys, which are the same, over pixels."""

    def __init__(self, channels):
        super().__init__()
        self.key, self.value, self.out = (nn.Conv2d(channels, channels, 1, bias=False) for _ in range(3))

    def forward(self, x):
        _, c, h, w = x.shape
        k, v = (layer(x).reshape(1, c, h * w).transpose(1, 2) for layer in (self.key, self.value))
        norms = k.square().sum(dim=-1)
        distances = norms[:, :, None] + norms[:, None] - 2 * k @ k.transpose(1, 2)
        mixed = torch.softmax(-distances / c**0.5, dim=-1) @ v
        return x + self.out(mixed.transpose(1, 2).reshape(1, c, h, w))


class GigaGan(nn.Module):
    """GigaGAN (Kang et al. 2023): kernels chosen by the style, attention to pixels and to the words of a text."""

    code = ("z", (6,))
    others = {"text": torch.linspace(-1, 1, 15).reshape(1, 3, 5).cos()}

    def __init__(self):
        super().__init__()
        self.mapping = nn.Sequential(nn.Linear(6 + 5, 8), nn.LeakyReLU(0.2), nn.Linear(8, 8), nn.LeakyReLU(0.2))
        self.constant = nn.Parameter(torch.randn(1, 6, 4, 4))
        self.first, self.second, self.rgb = AdaptiveConv(6, 6), AdaptiveConv(6, 5), AdaptiveConv(5, 3, kernel=1)
        self.attend = DistanceAttention(6)
        self.query, self.key, self.value = nn.Conv2d(6, 6, 1), nn.Linear(5, 6), nn.Linear(5, 6)

    def read(self, x, text):
        _, c, h, w = x.shape
        q = self.query(x).reshape(1, c, h * w).transpose(1, 2)
        weights = torch.softmax(q @ self.key(text).transpose(1, 2) / c**0.5, dim=-1)
        return x + (weights @ self.value(text)).transpose(1, 2).reshape(1, c, h, w)

    def forward(self, z, text):
        w = self.mapping(torch.cat([normalised(z), text[:, -1]], dim=1))
        act = lambda x: F.leaky_relu(x, 0.2) * 2**0.5
        x = self.read(self.attend(act(self.first(self.constant, w))), text)
        x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
        return self.rgb(act(self.second(x, w)), w)


CONDITIONAL_STYLE_NETWORKS = {"stylegan_xl": StyleGanXl, "gigagan": GigaGan}
