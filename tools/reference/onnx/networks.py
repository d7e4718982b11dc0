"""Small random generators with the building blocks that exporters are fed with."""

import torch
from torch import nn
from torch.nn import functional as F


class PixelNorm(nn.Module):
    def forward(self, x):
        return x * torch.rsqrt(torch.mean(x * x, dim=1, keepdim=True) + 1e-8)


class Mapping(nn.Module):
    """StyleGAN's mapping network, 8 layers of 32."""

    latent = 32

    def __init__(self):
        super().__init__()
        layers = [PixelNorm()]
        for _ in range(8):
            layers += [nn.Linear(32, 32), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers)

    def forward(self, z):
        return self.layers(z)


class Dcgan(nn.Module):
    latent = 6

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.ConvTranspose2d(6, 10, 4, bias=False),
            nn.BatchNorm2d(10),
            nn.ReLU(),
            nn.ConvTranspose2d(10, 6, 4, 2, 1, bias=False),
            nn.BatchNorm2d(6),
            nn.LeakyReLU(0.1),
            nn.ConvTranspose2d(6, 3, 4, 2, 1),
            nn.Tanh(),
        )

    def forward(self, z):
        return self.layers(z[:, :, None, None])


class VaeDecoder(nn.Module):
    """Upsampling in both modes, group and instance normalisation, smooth activations."""

    latent = 5

    def __init__(self):
        super().__init__()
        self.project = nn.Linear(5, 4 * 2 * 3)
        self.first = nn.Conv2d(4, 8, 3, padding=1)
        self.group = nn.GroupNorm(2, 8)
        self.second = nn.Conv2d(8, 6, 3, padding=1, groups=2)
        self.instance = nn.InstanceNorm2d(6, affine=True)
        self.third = nn.Conv2d(6, 4, 1)
        self.last = nn.Conv2d(4, 2, 3, padding=1, padding_mode="reflect")

    def forward(self, z):
        x = self.project(z).view(-1, 4, 2, 3)
        x = F.interpolate(x, scale_factor=2, mode="nearest")
        x = F.elu(self.group(self.first(x)))
        x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
        x = F.silu(self.instance(self.second(x)))
        x = F.interpolate(x, size=(5, 7), mode="bilinear", align_corners=True)
        x = F.softplus(self.third(x))
        return torch.sigmoid(F.gelu(self.last(x)))


class Plumbing(nn.Module):
    """What exporters turn indexing, padding and pooling into."""

    latent = 8

    def __init__(self):
        super().__init__()
        self.project = nn.Linear(8, 2 * 6 * 6)
        self.conv = nn.Conv2d(4, 6, 3, padding=1)
        self.register_buffer("order", torch.tensor([3, 0, 2, 2]))
        self.register_buffer("grid", torch.linspace(-1, 1, 36).view(1, 1, 6, 6))

    def forward(self, z):
        x = self.project(z).view(-1, 2, 6, 6)
        x = torch.cat([x, self.grid.expand(x.shape[0], -1, -1, -1)], dim=1)
        a, b = x.split([1, 2], dim=1)
        x = torch.cat([a * b[:, :1], b.flip(3), a[:, :, :, ::2].repeat(1, 1, 1, 2)], dim=1)
        x = torch.tanh(self.conv(x))
        pooled = F.max_pool2d(F.pad(x, (1, 1, 0, 1)), 3, 2, 1)
        smooth = F.avg_pool2d(F.pad(x, (1, 0, 1, 0), mode="replicate"), 2, 2, ceil_mode=True)
        picked = x.index_select(1, self.order)[:, :, 1:-1, -3:].sum(dim=1)
        gates = torch.softmax(F.adaptive_avg_pool2d(x, 1).flatten(1), dim=1)
        clipped = x.mean(dim=(2, 3)).clamp(-0.2, 0.3).pow(2)
        return torch.cat(
            [pooled.flatten(1), smooth.flatten(1), picked.flatten(1), gates, clipped, x.std(dim=(1, 2, 3)).unsqueeze(1)],
            dim=1,
        )


class Attention(nn.Module):
    """Tokens, layer normalisation (written out) and one attention head."""

    latent = 12

    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(4, 12)
        self.out = nn.Linear(4, 4)

    def forward(self, z):
        x = z.view(-1, 3, 4)
        centred = x - x.mean(dim=-1, keepdim=True)
        normal = centred / torch.sqrt((centred * centred).mean(dim=-1, keepdim=True) + 1e-5)
        q, k, v = self.qkv(normal).chunk(3, dim=-1)
        weights = torch.softmax(q @ k.transpose(-1, -2) / 2, dim=-1)
        return x + torch.sin(self.out(weights @ v))


NETWORKS = {
    "mapping": Mapping,
    "dcgan": Dcgan,
    "vae": VaeDecoder,
    "plumbing": Plumbing,
    "attention": Attention,
}
