"""StyleGAN2 at 64 pixels, written for this project: the generator and the discriminator (Karras et al. 2020).

Parameters are named, scaled and used as in NVIDIA's PyTorch code, so that `vielbein convert` reads
this project's checkpoints as it reads theirs. Modulation scales the activations before and after a
convolution with constant weights, which is the same function as modulated weights and needs no
grouped convolution.
"""

import math

import torch
from torch import nn
from torch.nn import functional as F

LATENT = 128
SIZE = 64
GENERATOR_WIDTHS = {4: 96, 8: 96, 16: 64, 32: 48, 64: 24}
DISCRIMINATOR_WIDTHS = {64: 24, 32: 48, 16: 64, 8: 96, 4: 96}
RESOLUTIONS = (4, 8, 16, 32, 64)
MAPPING_LAYERS = 8
MAPPING_RATE = 0.01


def activate(x, gain: float = math.sqrt(2)):
    return F.leaky_relu(x, 0.2) * gain


def resampling_filter() -> torch.Tensor:
    """The separable filter [1, 3, 3, 1], of unit sum."""
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0])
    return torch.outer(taps, taps) / 64


def blur(x, kernel, padding: int, stride: int = 1):
    """Each channel convolved with the (symmetric) filter."""
    return F.conv2d(x, kernel.expand(x.shape[1], 1, 4, 4), padding=padding, stride=stride, groups=x.shape[1])


def enlarge(image, kernel):
    """Twice the size: zeros between the pixels, then the filter at gain 4."""
    channels = image.shape[1]
    return F.conv_transpose2d(image, (kernel * 4).expand(channels, 1, 4, 4), stride=2, padding=1, groups=channels)


class Dense(nn.Module):
    """Affine map with an equalised learning rate: weights of unit variance, scaled when used."""

    def __init__(self, inputs: int, outputs: int, rate: float = 1.0, bias: float = 0.0):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / rate)
        self.bias = nn.Parameter(torch.full((outputs,), bias))
        self.gain, self.rate = rate / math.sqrt(inputs), rate

    def forward(self, x):
        return F.linear(x, self.weight * self.gain, self.bias * self.rate)


class Mapping(nn.Module):
    """z [n, 128] → w [n, 128]: pixel normalisation and eight dense layers."""

    def __init__(self):
        super().__init__()
        for layer in range(MAPPING_LAYERS):
            self.add_module(f"fc{layer}", Dense(LATENT, LATENT, rate=MAPPING_RATE))
        self.register_buffer("w_avg", torch.zeros(LATENT))

    def forward(self, z):
        w = z * (z.square().mean(1, keepdim=True) + 1e-8).rsqrt()
        for layer in range(MAPPING_LAYERS):
            w = activate(getattr(self, f"fc{layer}")(w))
        return w


class StyledLayer(nn.Module):
    """Modulated 3×3 convolution with demodulation, noise of its own, bias and leaky ReLU."""

    def __init__(self, inputs: int, outputs: int, resolution: int, up: bool):
        super().__init__()
        self.up, self.resolution = up, resolution
        self.affine = Dense(LATENT, inputs, bias=1.0)
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 3, 3))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.noise_strength = nn.Parameter(torch.zeros([]))
        self.register_buffer("noise_const", torch.randn(resolution, resolution))
        self.register_buffer("resample_filter", resampling_filter())

    def forward(self, x, w, fixed_noise: bool):
        style = self.affine(w)
        energy = self.weight.square().sum((2, 3))
        demodulation = (style.square() @ energy.T + 1e-8).rsqrt()
        x = x * style[:, :, None, None]
        if self.up:
            x = F.conv_transpose2d(x, self.weight.transpose(0, 1), stride=2)
            x = blur(x, self.resample_filter * 4, padding=1)
        else:
            x = F.conv2d(x, self.weight, padding=1)
        x = x * demodulation[:, :, None, None]
        noise = self.noise_const if fixed_noise else torch.randn(len(x), 1, self.resolution, self.resolution, device=x.device)
        return activate(x + noise * self.noise_strength + self.bias[:, None, None])


class ToRgb(nn.Module):
    """Modulated 1×1 convolution to colours, without demodulation."""

    def __init__(self, inputs: int):
        super().__init__()
        self.affine = Dense(LATENT, inputs, bias=1.0)
        self.weight = nn.Parameter(torch.randn(3, inputs, 1, 1))
        self.bias = nn.Parameter(torch.zeros(3))

    def forward(self, x, w):
        style = self.affine(w) / math.sqrt(self.weight.shape[1])
        return F.conv2d(x * style[:, :, None, None], self.weight, self.bias)


class SynthesisBlock(nn.Module):
    """The layers of one resolution; a block takes as many rows of w as it has layers before its colours."""

    def __init__(self, inputs: int, outputs: int, resolution: int):
        super().__init__()
        if resolution == 4:
            self.const = nn.Parameter(torch.randn(outputs, 4, 4))
        else:
            self.conv0 = StyledLayer(inputs, outputs, resolution, up=True)
        self.conv1 = StyledLayer(outputs, outputs, resolution, up=False)
        self.torgb = ToRgb(outputs)
        self.register_buffer("resample_filter", resampling_filter())

    def forward(self, x, image, rows, fixed_noise: bool):
        if x is None:
            x = self.const.expand(len(rows[0]), -1, -1, -1)
        else:
            x = self.conv0(x, rows[0], fixed_noise)
        x = self.conv1(x, rows[-2], fixed_noise)
        colours = self.torgb(x, rows[-1])
        return x, colours if image is None else enlarge(image, self.resample_filter) + colours


class Synthesis(nn.Module):
    """w_plus [n, 10, 128] → image [n, 3, 64, 64] in [−1, 1]: skip connections between the colours of the blocks."""

    rows = 2 * len(RESOLUTIONS)

    def __init__(self):
        super().__init__()
        for resolution in RESOLUTIONS:
            inputs = GENERATOR_WIDTHS.get(resolution // 2, 0)
            self.add_module(f"b{resolution}", SynthesisBlock(inputs, GENERATOR_WIDTHS[resolution], resolution))

    def forward(self, w_plus, fixed_noise: bool = False):
        rows = w_plus.unbind(1)
        x = image = None
        first = 0
        for resolution in RESOLUTIONS:
            layers = 1 if resolution == 4 else 2
            block = getattr(self, f"b{resolution}")
            # The row of the colours is the first row of the next block.
            x, image = block(x, image, rows[first : first + layers + 1], fixed_noise)
            first += layers
        return image


class Generator(nn.Module):
    """z [n, 128] ~ N(0, 1) → image [n, 3, 64, 64]."""

    def __init__(self):
        super().__init__()
        self.mapping = Mapping()
        self.synthesis = Synthesis()

    def forward(self, z, fixed_noise: bool = True):
        return self.synthesis(self.mapping(z)[:, None].expand(-1, self.synthesis.rows, -1), fixed_noise)


class EqualisedConv(nn.Module):
    """Convolution with an equalised learning rate; `down` blurs and takes every second pixel."""

    def __init__(self, inputs: int, outputs: int, size: int, down: bool = False, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, size, size))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None
        self.gain, self.down, self.size = 1 / math.sqrt(inputs * size * size), down, size
        self.register_buffer("resample_filter", resampling_filter())

    def forward(self, x):
        weight = self.weight * self.gain
        if not self.down:
            return F.conv2d(x, weight, self.bias, padding=self.size // 2)
        if self.size == 1:
            return F.conv2d(blur(x, self.resample_filter, padding=1, stride=2), weight, self.bias)
        return F.conv2d(blur(x, self.resample_filter, padding=2), weight, self.bias, stride=2)


class DiscriminatorBlock(nn.Module):
    """Residual block to half the size."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.conv0 = EqualisedConv(inputs, inputs, 3)
        self.conv1 = EqualisedConv(inputs, outputs, 3, down=True)
        self.skip = EqualisedConv(inputs, outputs, 1, down=True, bias=False)

    def forward(self, x):
        return (activate(self.conv1(activate(self.conv0(x)))) + self.skip(x)) * math.sqrt(0.5)


def spread_of_groups(x, group: int = 8):
    """x [n, c, h, w] with one more channel: the mean standard deviation over groups of `group` images."""
    n, c, h, w = x.shape
    group = math.gcd(n, group)
    spread = (x.reshape(group, n // group, c, h, w).var(0, correction=0) + 1e-8).sqrt().mean((1, 2, 3))
    return torch.cat([x, spread.repeat(group)[:, None, None, None].expand(n, 1, h, w)], 1)


class Discriminator(nn.Module):
    """image [n, 3, 64, 64] → logit [n], large for images of the data set."""

    def __init__(self):
        super().__init__()
        widths = DISCRIMINATOR_WIDTHS
        self.colours = EqualisedConv(3, widths[SIZE], 1)
        self.blocks = nn.ModuleList(DiscriminatorBlock(widths[r], widths[r // 2]) for r in reversed(RESOLUTIONS[1:]))
        self.conv = EqualisedConv(widths[4] + 1, widths[4], 3)
        self.hidden = Dense(widths[4] * 16, widths[4])
        self.logit = Dense(widths[4], 1)

    def forward(self, image):
        x = activate(self.colours(image))
        for block in self.blocks:
            x = block(x)
        x = activate(self.conv(spread_of_groups(x)))
        return self.logit(activate(self.hidden(x.flatten(1))))[:, 0]
