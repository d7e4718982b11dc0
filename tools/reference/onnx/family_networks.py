"""Miniatures of further generator families and of the networks of LPIPS, from their published architectures."""

import math

import torch
from torch import nn
from torch.nn import functional as F

from networks import PixelNorm


def mapping(latent, width, layers):
    parts = [PixelNorm()]
    for i in range(layers):
        parts += [nn.Linear(latent if i == 0 else width, width), nn.LeakyReLU(0.2)]
    return nn.Sequential(*parts)


class PgGan(nn.Module):
    """Progressive growing (Karras et al. 2018): equalised rates as gains, pixel norm behind every layer: 4 → 8 → 16."""

    latent = 8

    def __init__(self):
        super().__init__()
        widths = [(8, 8), (8, 8), (8, 8), (8, 6)]
        self.start = nn.Parameter(torch.randn(8, 8, 4, 4))
        self.weights = nn.ParameterList([nn.Parameter(torch.randn(o, i, 3, 3)) for i, o in widths])
        self.biases = nn.ParameterList([nn.Parameter(0.5 * torch.randn(o)) for _, o in widths])
        self.rgb = nn.Conv2d(6, 3, 1)
        self.norm = PixelNorm()

    def forward(self, z):
        act = lambda x: self.norm(F.leaky_relu(x, 0.2))
        x = act(F.conv_transpose2d(self.norm(z)[:, :, None, None], self.start * (2**0.5 / (8 * 16) ** 0.5)))
        for i, (weight, bias) in enumerate(zip(self.weights, self.biases)):
            if i % 2:
                x = F.interpolate(x, scale_factor=2, mode="nearest")
            gain = (2 / (weight.shape[1] * 9)) ** 0.5
            x = act(F.conv2d(x, weight * gain, bias, padding=1))
        return self.rgb(x)


class StyleGan1(nn.Module):
    """Style-based generator (Karras et al. 2019): truncated style, constant, noise, instance norm and styles, blur."""

    latent = 6

    def __init__(self):
        super().__init__()
        self.mapping = mapping(6, 8, 3)
        self.register_buffer("mean", 0.2 * torch.randn(8))
        self.constant = nn.Parameter(torch.randn(1, 6, 4, 4))
        self.up, self.conv = nn.Conv2d(6, 5, 3, padding=1), nn.Conv2d(5, 5, 3, padding=1)
        self.styles = nn.ModuleList([nn.Linear(8, 2 * c) for c in (6, 5, 5)])
        self.strengths = nn.ParameterList([nn.Parameter(0.1 * torch.randn(1, c, 1, 1)) for c in (6, 5, 5)])
        for name, size in (("noise_0", 4), ("noise_1", 8), ("noise_2", 8)):
            self.register_buffer(name, torch.randn(1, 1, size, size))
        self.rgb = nn.Conv2d(5, 3, 1)
        blur = torch.tensor([1.0, 2.0, 1.0])
        self.register_buffer("blur", (blur[:, None] * blur[None] / 16)[None, None].repeat(5, 1, 1, 1))

    def epilogue(self, x, w, i):
        x = F.leaky_relu(x + self.strengths[i] * getattr(self, f"noise_{i}"), 0.2)
        x = F.instance_norm(x, eps=1e-8)
        scale, shift = self.styles[i](w).reshape(-1, 2, x.shape[1], 1, 1).unbind(1)
        return x * (scale + 1) + shift

    def forward(self, z):
        w = self.mapping(z)
        w = self.mean + 0.7 * (w - self.mean)
        x = self.epilogue(self.constant.expand(z.shape[0], -1, -1, -1), w, 0)
        x = self.up(F.interpolate(x, scale_factor=2, mode="nearest"))
        x = self.epilogue(F.conv2d(x, self.blur, padding=1, groups=5), w, 1)
        return self.rgb(self.epilogue(self.conv(x), w, 2))


def upfirdn(x, kernel, up=1, down=1, padding=(0, 0)):
    """Zeros in between, a FIR filter, every second sample: StyleGAN3's upfirdn2d as its reference code has it."""
    n, c, h, w = x.shape
    if torch.jit.is_tracing():
        n, c, h, w = int(n), int(c), int(h), int(w)
    x = F.pad(x.reshape(n, c, h, 1, w, 1), [0, up - 1, 0, 0, 0, up - 1]).reshape(n, c, h * up, w * up)
    x = F.pad(x, [*padding, *padding])
    if kernel.ndim == 1:
        kernel = (kernel * up).flip(0)
        x = F.conv2d(x, kernel[None, None, None].repeat(c, 1, 1, 1), groups=c)
        x = F.conv2d(x, kernel[None, None, :, None].repeat(c, 1, 1, 1), groups=c)
    else:
        x = F.conv2d(x, (kernel * up**2).flip([0, 1])[None, None].repeat(c, 1, 1, 1), groups=c)
    return x[:, :, ::down, ::down]


def lowpass(taps, cutoff):
    at = torch.arange(taps) - (taps - 1) / 2
    kernel = torch.sinc(2 * cutoff * at) * torch.kaiser_window(taps, periodic=False, beta=4.0)
    return kernel / kernel.sum()


def radial(taps, cutoff):
    at = torch.arange(taps) - (taps - 1) / 2
    radius = torch.hypot(at[:, None], at[None]) * 2 * math.pi * cutoff + 1e-9
    window = torch.kaiser_window(taps, periodic=False, beta=4.0)
    kernel = torch.special.bessel_j1(radius) / radius * window[:, None] * window[None]
    return kernel / kernel.sum()


class StyleGan3(nn.Module):
    """Alias-free generator (Karras et al. 2021): Fourier features that a style moves, filtered leaky ReLUs.

    `rotating` is configuration R: kernels of one pixel and radial filters; otherwise T: kernels of three and separable
    filters.
    """

    latent = 6

    def __init__(self, rotating):
        super().__init__()
        self.mapping = mapping(6, 8, 2)
        self.move = nn.Linear(8, 4)
        nn.init.normal_(self.move.weight, 0, 0.1)
        with torch.no_grad():
            self.move.bias.copy_(torch.tensor([1.0, 0.1, 0.2, -0.1]))
        self.register_buffer("frequencies", torch.randn(8, 2))
        self.register_buffer("phases", torch.rand(8) - 0.5)
        at = (torch.arange(8) + 0.5) / 8 - 0.5
        self.register_buffer("grid", torch.stack([at[None].expand(8, 8), at[:, None].expand(8, 8)], dim=-1))
        self.features = nn.Parameter(torch.randn(8, 8) / 8**0.5)
        kernel = 1 if rotating else 3
        self.weights = nn.ParameterList([nn.Parameter(torch.randn(o, i, kernel, kernel)) for i, o in ((8, 6), (6, 5))])
        self.biases = nn.ParameterList([nn.Parameter(0.1 * torch.randn(o)) for o in (6, 5)])
        self.styles = nn.ModuleList([nn.Linear(8, i) for i in (8, 6, 5)])
        for style in self.styles:
            nn.init.ones_(style.bias)
        self.rgb = nn.Parameter(torch.randn(3, 5, 1, 1) / 5**0.5)
        self.register_buffer("magnitudes", 0.5 + torch.rand(2))
        make = radial if rotating else lowpass
        self.register_buffer("up_filter", make(6, 0.2))
        self.register_buffer("down_filter", make(6, 0.22))

    def input(self, w):
        t = self.move(w)
        t = t / t[:, :2].norm(dim=1, keepdim=True)
        cosine, sine = t[:, 0], t[:, 1]
        rotation = torch.stack([torch.stack([cosine, -sine], 1), torch.stack([sine, cosine], 1)], 1)
        frequencies = self.frequencies[None] @ rotation
        phases = self.phases[None] + (self.frequencies[None] @ t[:, 2:, None]).squeeze(2)
        amplitudes = (1 - (frequencies.norm(dim=2) - 1) / 3).clamp(0, 1)
        x = (self.grid[None, :, :, None] @ frequencies.permute(0, 2, 1)[:, None, None]).squeeze(3)
        x = torch.sin((x + phases[:, None, None]) * (2 * math.pi)) * amplitudes[:, None, None]
        return (x @ self.features.t()).permute(0, 3, 1, 2)

    def convolve(self, x, w, i):
        weight, style = self.weights[i], self.styles[i](w)
        weight = weight * weight.square().mean([1, 2, 3], keepdim=True).rsqrt()
        style = style * style.square().mean().rsqrt()
        weight = weight[None] * style[:, None, :, None, None]
        weight = weight * (weight.square().sum(dim=[2, 3, 4]) + 1e-8).rsqrt()[:, :, None, None, None]
        weight = weight * self.magnitudes[i].rsqrt()
        kernel = weight.shape[-1]
        y = F.conv2d(x, weight.reshape(-1, *weight.shape[2:]), padding=kernel - 1)
        y = y + self.biases[i][None, :, None, None]
        # Back to the size that was there before the padding and the filters.
        extra = 2 * (kernel // 2)
        y = upfirdn(y, self.up_filter, up=2, padding=(5 - extra, 5 - extra))
        y = (F.leaky_relu(y, 0.2) * 2**0.5).clamp(-256, 256)
        return upfirdn(y, self.down_filter, down=2)

    def forward(self, z):
        w = self.mapping(z)
        x = self.input(w)
        for i in range(2):
            x = self.convolve(x, w, i)
        x = x * self.styles[2](w)[:, :, None, None]
        return F.conv2d(x, self.rgb)


class VaeAttention(nn.Module):
    """Decoder of a latent diffusion model: residual blocks with group norm, attention over pixels. Smooth throughout."""

    latent = 8

    def __init__(self):
        super().__init__()
        self.start = nn.Conv2d(2, 8, 3, padding=1)
        self.norms = nn.ModuleList([nn.GroupNorm(4, 8, eps=1e-6) for _ in range(6)])
        self.convs = nn.ModuleList([nn.Conv2d(8, 8, 3, padding=1) for _ in range(5)])
        self.qkv = nn.Conv2d(8, 24, 1)
        self.project = nn.Conv2d(8, 8, 1)
        self.image = nn.Conv2d(8, 3, 3, padding=1)

    def block(self, x, i):
        h = self.convs[i](F.gelu(self.norms[i](x)))
        return x + self.convs[i + 1](F.softplus(self.norms[i + 1](h)))

    def attend(self, x):
        n, c, h, w = x.shape
        q, k, v = self.qkv(self.norms[4](x)).reshape(n, 3, 1, c, h * w).transpose(-1, -2).unbind(1)
        mixed = F.scaled_dot_product_attention(q, k, v)
        return x + self.project(mixed.transpose(-1, -2).reshape(n, c, h, w))

    def forward(self, z):
        x = self.block(self.start(z.reshape(-1, 2, 2, 2)), 0)
        x = self.attend(x)
        x = self.convs[4](F.interpolate(x, scale_factor=2, mode="nearest"))
        x = self.block(x, 2)
        return torch.tanh(self.image(F.silu(self.norms[5](x))))


class Fire(nn.Module):
    def __init__(self, inputs, squeezed, expanded):
        super().__init__()
        self.squeeze = nn.Conv2d(inputs, squeezed, 1)
        self.narrow, self.wide = nn.Conv2d(squeezed, expanded, 1), nn.Conv2d(squeezed, expanded, 3, padding=1)

    def forward(self, x):
        x = F.relu(self.squeeze(x))
        return torch.cat([F.relu(self.narrow(x)), F.relu(self.wide(x))], 1)


def convolutions(*widths):
    return [layer for i, o in zip(widths, widths[1:]) for layer in (nn.Conv2d(i, o, 3, padding=1), nn.ReLU())]


class Lpips(nn.Module):
    """Features whose squared distance is LPIPS (Zhang et al. 2018), of an image [3, size, size], a few channels each."""

    def __init__(self, size, channels, *slices):
        super().__init__()
        self.latent, self.size = 3 * size * size, size
        self.slices = nn.ModuleList([nn.Sequential(*layers) for layers in slices])
        self.weights = nn.ParameterList([nn.Parameter(torch.rand(1, c, 1, 1)) for c in channels])
        for layer in self.slices.modules():
            # Signals that neither die out nor grow, as in the trained networks.
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight)
                nn.init.uniform_(layer.bias, 0, 0.2)
        self.register_buffer("shift", torch.tensor([-0.030, -0.088, -0.188]).reshape(1, 3, 1, 1))
        self.register_buffer("scale", torch.tensor([0.458, 0.448, 0.450]).reshape(1, 3, 1, 1))

    def forward(self, z):
        x = (z.reshape(-1, 3, self.size, self.size) - self.shift) / self.scale
        found = []
        for layers, weight in zip(self.slices, self.weights):
            x = layers(x)
            # LPIPS has 1e-10, which the newer exporter takes for nothing and drops; pixels may be dead in all channels.
            normal = x / (torch.sqrt((x * x).sum(dim=1, keepdim=True)) + 1e-5)
            found.append((normal * weight.sqrt()).flatten(1) / (x.shape[2] * x.shape[3]) ** 0.5)
        return torch.cat(found, 1)


def lpips_alex():
    return Lpips(
        32,
        (4, 8, 12, 8, 8),
        [nn.Conv2d(3, 4, 11, 4, 2), nn.ReLU()],
        [nn.MaxPool2d(3, 2), nn.Conv2d(4, 8, 5, padding=2), nn.ReLU()],
        [nn.MaxPool2d(3, 2), *convolutions(8, 12)],
        convolutions(12, 8),
        convolutions(8, 8),
    )


def lpips_vgg():
    pool = nn.MaxPool2d(2, 2)
    return Lpips(
        16,
        (3, 4, 6, 8, 8),
        convolutions(3, 3, 3),
        [pool, *convolutions(3, 4, 4)],
        [pool, *convolutions(4, 6, 6, 6)],
        [pool, *convolutions(6, 8, 8, 8)],
        [pool, *convolutions(8, 8, 8, 8)],
    )


def lpips_squeeze():
    pool = lambda: nn.MaxPool2d(3, 2, ceil_mode=True)
    return Lpips(
        24,
        (4, 8, 8, 12, 12, 16, 16),
        [nn.Conv2d(3, 4, 3, 2), nn.ReLU()],
        [pool(), Fire(4, 2, 4), Fire(8, 2, 4)],
        [pool(), Fire(8, 3, 4), Fire(8, 3, 4)],
        [pool(), Fire(8, 4, 6)],
        [Fire(12, 4, 6)],
        [Fire(12, 4, 8)],
        [Fire(16, 4, 8)],
    )


# Exported for one image: filters, pads and modulated convolutions fold the batch into the channels.
FAMILY_FIXED_BATCH = {"stylegan3_t", "stylegan3_r", "stylegan1"}

FAMILY_NETWORKS = {
    "pggan": PgGan,
    "stylegan1": StyleGan1,
    "stylegan3_t": lambda: StyleGan3(rotating=False),
    "stylegan3_r": lambda: StyleGan3(rotating=True),
    "vae_attention": VaeAttention,
    "lpips_alex": lpips_alex,
    "lpips_vgg": lpips_vgg,
    "lpips_squeeze": lpips_squeeze,
}
