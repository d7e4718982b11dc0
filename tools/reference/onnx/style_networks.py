"""Miniatures of larger generator families, written from their published architectures."""

import torch
from torch import nn
from torch.nn import functional as F

from networks import PixelNorm


class ModulatedConv(nn.Module):
    """StyleGAN2's modulated convolution: weights scaled by the style and demodulated.

    `fused` makes one grouped convolution whose weights depend on the point; otherwise the activations are
    scaled before and after a convolution with fixed weights.
    """

    def __init__(self, inputs, outputs, kernel, w_dim, demodulate=True, up=False, fused=True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel) / (inputs * kernel**2) ** 0.5)
        self.affine = nn.Linear(w_dim, inputs)
        nn.init.ones_(self.affine.bias)
        self.demodulate, self.up, self.fused, self.padding = demodulate, up, fused, kernel // 2
        blur = torch.tensor([1.0, 3.0, 3.0, 1.0])
        self.register_buffer("blur", (blur[:, None] * blur[None]) / blur.sum() ** 2 * 4)

    def forward(self, x, w):
        n, c, h, width = x.shape
        if torch.jit.is_tracing():
            # The TorchScript exporter wants the shapes of convolution weights to be plain numbers.
            n, c, h, width = int(n), int(c), int(h), int(width)
        style = self.affine(w)
        outputs = self.weight.shape[0]
        if self.fused:
            weight = self.weight[None] * style[:, None, :, None, None]
            if self.demodulate:
                weight = weight * torch.rsqrt((weight * weight).sum(dim=(2, 3, 4), keepdim=True) + 1e-8)
            x = x.reshape(1, n * c, h, width)
            if self.up:
                swapped = weight.transpose(1, 2).reshape(n * c, outputs, *self.weight.shape[2:])
                y = F.conv_transpose2d(x, swapped, stride=2, groups=n)
            else:
                grouped = weight.reshape(n * outputs, c, *self.weight.shape[2:])
                y = F.conv2d(x, grouped, padding=self.padding, groups=n)
            y = y.reshape(n, outputs, y.shape[2], y.shape[3])
        else:
            y = x * style[:, :, None, None]
            if self.up:
                y = F.conv_transpose2d(y, self.weight.transpose(0, 1), stride=2)
            else:
                y = F.conv2d(y, self.weight, padding=self.padding)
            if self.demodulate:
                energy = (style * style) @ (self.weight * self.weight).sum(dim=(2, 3)).T
                y = y * torch.rsqrt(energy + 1e-8)[:, :, None, None]
        return self.smooth(y) if self.up else y

    def smooth(self, y):
        kernel = self.blur[None, None].expand(y.shape[1], 1, 4, 4)
        return F.conv2d(F.pad(y, (1, 1, 1, 1)), kernel, groups=y.shape[1])


class StyleGan2(nn.Module):
    """Mapping, constant input, modulated convolutions with fixed noise, skip connections to RGB: 4 → 8 pixels."""

    latent = 6
    def __init__(self, fused=True):
        super().__init__()
        layers = [PixelNorm()]
        for i in range(3):
            layers += [nn.Linear(6 if i == 0 else 8, 8), nn.LeakyReLU(0.2)]
        self.mapping = nn.Sequential(*layers)
        self.constant = nn.Parameter(torch.randn(1, 6, 4, 4))
        make = lambda *args, **options: ModulatedConv(*args, w_dim=8, fused=fused, **options)
        self.first, self.rgb_first = make(6, 6, 3), make(6, 3, 1, demodulate=False)
        self.up, self.second = make(6, 5, 3, up=True), make(5, 5, 3)
        self.rgb_second = make(5, 3, 1, demodulate=False)
        self.register_buffer("noise_4", 0.1 * torch.randn(1, 1, 4, 4))
        self.register_buffer("noise_8", 0.1 * torch.randn(1, 1, 8, 8))

    def forward(self, z):
        w = self.mapping(z)
        act = lambda x: F.leaky_relu(x, 0.2) * 2**0.5
        x = self.constant.expand(z.shape[0], -1, -1, -1)
        x = act(self.first(x, w) + self.noise_4)
        rgb = self.rgb_first(x, w)
        x = act(self.up(x, w) + self.noise_8)
        x = act(self.second(x, w))
        rgb = F.interpolate(rgb, scale_factor=2, mode="bilinear", align_corners=False)
        return rgb + self.rgb_second(x, w)


class StyleGan2Unfused(StyleGan2):
    def __init__(self):
        super().__init__(fused=False)


class ConditionalBatchNorm(nn.Module):
    def __init__(self, channels, code):
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.scale, self.shift = nn.Linear(code, channels), nn.Linear(code, channels)

    def forward(self, x, code):
        scale, shift = 1 + self.scale(code), self.shift(code)
        return self.norm(x) * scale[:, :, None, None] + shift[:, :, None, None]


class BigGan(nn.Module):
    """The code enters at every block by conditional batch normalisation; self-attention with pooled keys."""

    latent = 6

    def __init__(self):
        super().__init__()
        self.start = nn.Linear(2, 6 * 2 * 2)
        self.norm_first, self.norm_second = ConditionalBatchNorm(6, 4), ConditionalBatchNorm(8, 4)
        self.first, self.second = nn.Conv2d(6, 8, 3, padding=1), nn.Conv2d(8, 8, 3, padding=1)
        self.shortcut = nn.Conv2d(6, 8, 1)
        self.query, self.key, self.value = nn.Conv2d(8, 2, 1), nn.Conv2d(8, 2, 1), nn.Conv2d(8, 4, 1)
        self.out = nn.Conv2d(4, 8, 1)
        self.image = nn.Conv2d(8, 3, 3, padding=1)

    def forward(self, z):
        x = self.start(z[:, :2]).reshape(-1, 6, 2, 2)
        code = z[:, 2:]
        up = lambda h: F.interpolate(h, scale_factor=2, mode="nearest")
        h = self.first(up(F.relu(self.norm_first(x, code))))
        h = self.second(F.relu(self.norm_second(h, code))) + self.shortcut(up(x))
        n, _, height, width = h.shape
        query = self.query(h).reshape(n, 2, height * width)
        key = F.max_pool2d(self.key(h), 2).reshape(n, 2, height * width // 4)
        value = F.max_pool2d(self.value(h), 2).reshape(n, 4, height * width // 4)
        attention = torch.softmax(torch.bmm(query.transpose(1, 2), key), dim=-1)
        h = h + 0.7 * self.out(torch.bmm(value, attention.transpose(1, 2)).reshape(n, 4, height, width))
        return torch.tanh(self.image(F.relu(h)))


class VitDecoder(nn.Module):
    """A transformer over patches, PyTorch's own layer norm and attention, pixels by depth to space."""

    latent = 8

    def __init__(self):
        super().__init__()
        self.tokens = nn.Linear(8, 4 * 8)
        self.position = nn.Parameter(0.3 * torch.randn(1, 4, 8))
        self.norm_first, self.norm_second = nn.LayerNorm(8), nn.LayerNorm(8)
        self.project = nn.Linear(8, 24)
        self.out = nn.Linear(8, 8)
        self.mlp = nn.Sequential(nn.Linear(8, 16), nn.GELU(approximate="tanh"), nn.Linear(16, 8))
        self.pixels = nn.Linear(8, 3 * 4)

    def forward(self, z):
        x = self.tokens(z).reshape(-1, 4, 8) + self.position
        q, k, v = self.project(self.norm_first(x)).reshape(-1, 4, 3, 2, 4).permute(2, 0, 3, 1, 4).unbind(0)
        attention = torch.softmax(torch.einsum("bhid,bhjd->bhij", q, k) / 2, dim=-1)
        mixed = torch.einsum("bhij,bhjd->bihd", attention, v).reshape(-1, 4, 8)
        x = x + self.out(mixed)
        x = x + self.mlp(self.norm_second(x))
        patches = self.pixels(x).reshape(-1, 2, 2, 12).permute(0, 3, 1, 2)
        return F.pixel_shuffle(patches, 2)


# Exported for one image: grouped convolutions fold the batch into the channels, which exporters cannot follow.
FIXED_BATCH = {"stylegan2", "stylegan2_unfused", "biggan"}

STYLE_NETWORKS = {
    "stylegan2": StyleGan2,
    "stylegan2_unfused": StyleGan2Unfused,
    "biggan": BigGan,
    "vit": VitDecoder,
}
