"""Miniatures of decoders of latents, as latent diffusion and autoregressive models of images have them."""

import torch
from torch import nn
from torch.nn import functional as F


def swish(x):
    return x * torch.sigmoid(x)


class ResnetBlock(nn.Module):
    """Group norm, activation, convolution, twice; where `embedding` is given, a vector of that many numbers is added."""

    def __init__(self, inputs, outputs, groups=4, activation=F.silu, embedding=0):
        super().__init__()
        self.norms = nn.ModuleList([nn.GroupNorm(groups, c, eps=1e-6) for c in (inputs, outputs)])
        self.convs = nn.ModuleList([nn.Conv2d(c, outputs, 3, padding=1) for c in (inputs, outputs)])
        self.shortcut = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()
        self.embed = nn.Linear(embedding, outputs) if embedding else None
        self.activation = activation

    def forward(self, x, embedding=None):
        h = self.convs[0](self.activation(self.norms[0](x)))
        if self.embed is not None:
            h = h + self.embed(F.silu(embedding))[:, :, None, None]
        return self.shortcut(x) + self.convs[1](self.activation(self.norms[1](h)))


class LinearAttention(nn.Module):
    """Attention over pixels as diffusers has it: linear layers on tokens."""

    def __init__(self, channels):
        super().__init__()
        self.norm = nn.GroupNorm(4, channels, eps=1e-6)
        self.query, self.key, self.value, self.out = (nn.Linear(channels, channels) for _ in range(4))

    def forward(self, x):
        n, c, h, w = x.shape
        tokens = self.norm(x.view(n, c, h * w)).transpose(1, 2)
        q, k, v = (layer(tokens).view(n, -1, 1, c).transpose(1, 2) for layer in (self.query, self.key, self.value))
        mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(n, -1, c)
        return x + self.out(mixed).transpose(-1, -2).reshape(n, c, h, w)


class ConvAttention(nn.Module):
    """Attention over pixels as VQGAN and Flux have it: convolutions of one pixel, products of matrices."""

    def __init__(self, channels, bias):
        super().__init__()
        self.norm = nn.GroupNorm(4, channels, eps=1e-6)
        self.query, self.key, self.value, self.out = (nn.Conv2d(channels, channels, 1, bias=bias) for _ in range(4))

    def forward(self, x):
        b, c, h, w = x.shape
        normal = self.norm(x)
        q = self.query(normal).reshape(b, c, h * w).permute(0, 2, 1)
        k = self.key(normal).reshape(b, c, h * w)
        weights = F.softmax(torch.bmm(q, k) * int(c) ** -0.5, dim=2).permute(0, 2, 1)
        mixed = torch.bmm(self.value(normal).reshape(b, c, h * w), weights).reshape(b, c, h, w)
        return x + self.out(mixed)


class Upsample(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x):
        return self.conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))


class SdVaeDecoder(nn.Module):
    """Decoder of Stable Diffusion's autoencoder (diffusers): 4 × 3 × 2 → 3 × 12 × 8."""

    code = ("latent_sample", (4, 3, 2))

    def __init__(self):
        super().__init__()
        self.post_quant = nn.Conv2d(4, 4, 1)
        self.start = nn.Conv2d(4, 8, 3, padding=1)
        self.middle = nn.Sequential(ResnetBlock(8, 8), LinearAttention(8))
        self.up = nn.Sequential(Upsample(8), ResnetBlock(8, 4), Upsample(4))
        self.norm = nn.GroupNorm(2, 4, eps=1e-6)
        self.end = nn.Conv2d(4, 3, 3, padding=1)

    def forward(self, z):
        x = self.up(self.middle(self.start(self.post_quant(z))))
        return self.end(F.silu(self.norm(x)))


class FluxVaeDecoder(nn.Module):
    """Decoder of Flux: 16 channels of latents, scaled and shifted; attention of convolutions without bias."""

    code = ("z", (16, 2, 2))

    def __init__(self):
        super().__init__()
        self.start = nn.Conv2d(16, 8, 3, padding=1)
        self.middle = nn.Sequential(ResnetBlock(8, 8, activation=swish), ConvAttention(8, bias=False))
        self.up = nn.Sequential(Upsample(8), ResnetBlock(8, 4, activation=swish), Upsample(4))
        self.norm = nn.GroupNorm(2, 4, eps=1e-6)
        self.end = nn.Conv2d(4, 3, 3, padding=1)

    def forward(self, z):
        x = self.up(self.middle(self.start(z / 0.3611 + 0.1159)))
        return self.end(swish(self.norm(x)))


class TaesdBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        conv = lambda: nn.Conv2d(channels, channels, 3, padding=1)
        self.convs = nn.Sequential(conv(), nn.ReLU(), conv(), nn.ReLU(), conv())

    def forward(self, x):
        return F.relu(self.convs(x) + x)


class Taesd(nn.Module):
    """Decoder of TAESD: latents clamped by a tanh, residual blocks of ReLUs: 4 × 3 × 3 → 3 × 12 × 12."""

    code = ("latents", (4, 3, 3))

    def __init__(self):
        super().__init__()
        plain = lambda: nn.Conv2d(8, 8, 3, padding=1, bias=False)
        self.layers = nn.Sequential(
            *(nn.Conv2d(4, 8, 3, padding=1), nn.ReLU(), TaesdBlock(8)),
            *(nn.Upsample(scale_factor=2), plain(), TaesdBlock(8)),
            *(nn.Upsample(scale_factor=2), plain(), TaesdBlock(8), nn.Conv2d(8, 3, 3, padding=1)),
        )

    def forward(self, z):
        return self.layers(torch.tanh(z / 3) * 3)


class VqGanDecoder(nn.Module):
    """Decoder of VQGAN (taming-transformers) from the quantised code."""

    code = ("z_q", (4, 3, 3))

    def __init__(self):
        super().__init__()
        self.post_quant, self.start = nn.Conv2d(4, 4, 1), nn.Conv2d(4, 8, 3, padding=1)
        self.middle = nn.Sequential(ResnetBlock(8, 8, activation=swish), ConvAttention(8, bias=True))
        self.up = nn.Sequential(Upsample(8), ResnetBlock(8, 4, activation=swish))
        self.norm = nn.GroupNorm(2, 4, eps=1e-6)
        self.end = nn.Conv2d(4, 3, 3, padding=1)

    def forward(self, z):
        x = self.up(self.middle(self.start(self.post_quant(z))))
        return self.end(swish(self.norm(x)))


class VqResidual(nn.Module):
    def __init__(self, channels, inner):
        super().__init__()
        self.wide = nn.Conv2d(channels, inner, 3, padding=1, bias=False)
        self.narrow = nn.Conv2d(inner, channels, 1, bias=False)

    def forward(self, x):
        return x + self.narrow(F.relu(self.wide(F.relu(x))))


class VqVaeDecoder(nn.Module):
    """Decoder of VQ-VAE (van den Oord et al. 2017) from the indices of the code: integers. Maps start at `embedded`.

    Its reference is the decoder behind the embedding, at points that are no entries of the codebook.
    """

    code = ("embedded", (9, 4))
    others = {"indices": torch.tensor([[3, 0, 7, 7, 1, 5, 2, 6, 4]])}

    def __init__(self):
        super().__init__()
        self.codebook = nn.Embedding(8, 4)
        self.start = nn.Conv2d(4, 8, 3, padding=1)
        self.residuals = nn.Sequential(VqResidual(8, 4), VqResidual(8, 4), nn.ReLU())
        self.up = nn.Sequential(nn.ConvTranspose2d(8, 6, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(6, 3, 4, 2, 1))

    def decode(self, embedded):
        x = embedded.reshape(-1, 3, 3, 4).permute(0, 3, 1, 2)
        return self.up(self.residuals(self.start(x)))

    def forward(self, indices):
        return self.decode(self.codebook(indices))


class DvaeDecoder(nn.Module):
    """Decoder of a discrete autoencoder (DALL·E) from logits over the codebook, relaxed by a softmax."""

    code = ("logits", (6, 3, 3))

    def __init__(self):
        super().__init__()
        self.codebook = nn.Parameter(torch.randn(6, 4))
        self.start = nn.Conv2d(4, 8, 1)
        self.blocks = nn.ModuleList([nn.Sequential(nn.ReLU(), nn.Conv2d(8, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 8, 1)) for _ in range(2)])
        self.end = nn.Conv2d(8, 3, 1)

    def forward(self, logits):
        soft = F.softmax(logits / 0.9, dim=1)
        x = self.start(torch.einsum("bnhw,nd->bdhw", soft, self.codebook))
        for block in self.blocks:
            x = F.interpolate(x + block(x) / 2, scale_factor=2, mode="nearest")
        return torch.sigmoid(self.end(F.relu(x)))


LATENT_DECODERS = {
    "sd_vae": SdVaeDecoder,
    "flux_vae": FluxVaeDecoder,
    "taesd": Taesd,
    "vqgan": VqGanDecoder,
    "vqvae_indices": VqVaeDecoder,
    "dvae_logits": DvaeDecoder,
}
