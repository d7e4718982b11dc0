"""Miniatures of radiance fields, of normalising flows, and of style-based generators with further conditions."""

import torch
from torch import nn
from torch.nn import functional as F


def rays(size, samples):
    """Points on the rays of a camera at z = −2 that looks along z: [size², samples, 3], and their distance."""
    at = (torch.arange(size) + 0.5) / size * 2 - 1
    y, x = torch.meshgrid(at, at, indexing="ij")
    directions = F.normalize(torch.stack([x / 2, y / 2, torch.ones_like(x)], dim=-1).reshape(-1, 3), dim=-1)
    depths = torch.linspace(1.2, 2.8, samples)
    origin = torch.tensor([0.0, 0.0, -2.0])
    return origin + directions[:, None] * depths[:, None], float(depths[1] - depths[0])


def by_product(opacities, depths):
    """What is left of the light before each sample: the product of what those before let through, as NeRF's code has it.

    Neither exporter knows cumprod, so that it goes by logarithms.
    """
    passed = torch.cat([torch.ones_like(opacities[..., :1]), 1 - opacities + 1e-6], dim=-1)
    return torch.exp(torch.cumsum(torch.log(passed), dim=-1))[..., :-1]


def by_sum(opacities, depths):
    """The same from the sum of the optical depths."""
    return torch.exp(depths - torch.cumsum(depths, dim=-1))


def render(colours, densities, step, clear):
    """Volume rendering: Σ Tᵢ αᵢ cᵢ with α = 1 − exp(−σ·step), and T by one of the functions above: [n, rays, 3]."""
    depths = densities * step
    opacities = 1 - torch.exp(-depths)
    return ((opacities * clear(opacities, depths))[..., None] * colours).sum(dim=-2)


class Triplane(nn.Module):
    """EG3D's renderer (Chan et al. 2022): features of a point from three planes that the code makes; 4 × 4 rays."""

    code = ("z", (6,))

    def __init__(self):
        super().__init__()
        self.planes = nn.Sequential(nn.Linear(6, 16), nn.Softplus(), nn.Linear(16, 3 * 4 * 5 * 5))
        self.mlp = nn.Sequential(nn.Linear(4, 8), nn.Softplus(), nn.Linear(8, 4))
        points, self.step = rays(4, 5)
        # Where each plane is met: (x, y), (x, z), (z, y).
        self.register_buffer("places", torch.stack([points[..., [0, 1]], points[..., [0, 2]], points[..., [2, 1]]]))

    def forward(self, z):
        n = z.shape[0]
        planes = self.planes(z).reshape(n * 3, 4, 5, 5)
        places = self.places[None].expand(n, -1, -1, -1, -1).reshape(n * 3, 16, 5, 2)
        sampled = F.grid_sample(planes, places, mode="bilinear", padding_mode="zeros", align_corners=False)
        features = sampled.reshape(n, 3, 4, 16, 5).mean(dim=1).permute(0, 2, 3, 1)
        out = self.mlp(features)
        image = render(torch.sigmoid(out[..., 1:]), F.softplus(out[..., 0]), self.step, by_sum)
        return image.permute(0, 2, 1).reshape(n, 3, 4, 4)


class Nerf(nn.Module):
    """A conditional radiance field (GRAF): the code and sines and cosines of a point to colour and density; 4 × 4 rays."""

    code = ("z", (6,))

    def __init__(self):
        super().__init__()
        points, self.step = rays(4, 5)
        self.register_buffer("points", points)
        self.register_buffer("bands", 2.0 ** torch.arange(3))
        self.first, self.second = nn.Linear(6 + 3 + 2 * 9, 16), nn.Linear(16, 16)
        self.density, self.colour = nn.Linear(16, 1), nn.Linear(16, 3)

    def forward(self, z):
        n = z.shape[0]
        angles = (self.points[..., None] * self.bands).flatten(-2)
        encoded = torch.cat([self.points, torch.sin(angles), torch.cos(angles)], dim=-1)
        code = z[:, None, None].expand(n, *encoded.shape[:-1], 6)
        h = torch.cat([code, encoded[None].expand(n, -1, -1, -1)], dim=-1)
        h = torch.sin(self.second(torch.sin(3 * self.first(h))))
        image = render(torch.sigmoid(self.colour(h)), F.softplus(self.density(h))[..., 0], self.step, by_product)
        return image.permute(0, 2, 1).reshape(n, 3, 4, 4)


class FlowStep(nn.Module):
    """The inverse of a step of Glow: affine coupling, a 1 × 1 convolution with the inverse matrix, actnorm."""

    def __init__(self, channels):
        super().__init__()
        half = channels // 2
        self.net = nn.Sequential(nn.Conv2d(half, 8, 3, padding=1), nn.Softplus(), nn.Conv2d(8, 8, 1), nn.Softplus(), nn.Conv2d(8, 2 * half, 3, padding=1))
        mixing = torch.linalg.qr(torch.randn(channels, channels))[0]
        self.inverse = nn.Parameter(mixing.T.contiguous()[:, :, None, None])
        self.log_scale, self.shift = (nn.Parameter(0.2 * torch.randn(1, channels, 1, 1)) for _ in range(2))

    def forward(self, y):
        kept, moved = y.chunk(2, dim=1)
        shift, scale = self.net(kept).chunk(2, dim=1)
        moved = moved / torch.sigmoid(scale + 2) - shift
        y = F.conv2d(torch.cat([kept, moved], dim=1), self.inverse)
        return y * torch.exp(-self.log_scale) - self.shift


class Glow(nn.Module):
    """A normalising flow (Kingma & Dhariwal 2018) from codes to images: two levels, the second with half the code."""

    code = ("z", (48,))

    def __init__(self):
        super().__init__()
        self.low, self.high = FlowStep(24), FlowStep(12)

    def forward(self, z):
        late, early = z[:, :24].reshape(-1, 6, 2, 2), z[:, 24:].reshape(-1, 24, 1, 1)
        x = F.pixel_shuffle(self.low(early), 2)
        x = self.high(torch.cat([x, late], dim=1))
        return F.pixel_shuffle(x, 2)


FIELD_NETWORKS = {"triplane": Triplane, "nerf": Nerf, "glow": Glow}
