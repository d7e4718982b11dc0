"""A convolutional encoder of the faces, and the small smooth decoder of the benchmarks (tools/bench/data).

Only smooth activations (SiLU) and plain operators are used, so that the exported decoder has exact,
continuous derivatives everywhere and runs on any ONNX engine.
"""

import torch
from torch import nn
from torch.nn.functional import silu

LATENT = 16
SIZE = 64


class Residual(nn.Module):
    """h + SiLU(conv(h)): depth without normalisation layers."""

    def __init__(self, channels: int):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, h):
        return h + silu(self.conv(h))


class Encoder(nn.Module):
    """image [n, 3, 64, 64] in [0, 1] → mean and log-variance of the posterior, [n, latent] each. Used in training only."""

    def __init__(self, latent=LATENT, widths=(48, 96, 128)):
        super().__init__()
        self.patches = nn.Conv2d(3, widths[0], 8, stride=4, padding=2)
        self.down = nn.ModuleList(nn.Conv2d(a, b, 4, stride=2, padding=1) for a, b in zip(widths, widths[1:]))
        self.deepen = nn.ModuleList(Residual(width) for width in widths)
        self.hidden = nn.Linear(widths[-1] * 16, 256)
        self.posterior = nn.Linear(256, 2 * latent)

    def forward(self, image):
        h = self.deepen[0](silu(self.patches(image * 2 - 1)))
        for down, deepen in zip(self.down, self.deepen[1:]):
            h = deepen(silu(down(h)))
        return self.posterior(silu(self.hidden(h.flatten(1)))).chunk(2, dim=1)


class Decoder(nn.Module):
    """z [n, 16] → image [n, 3, 64, 64] in [0, 1]. `widths` are the channels at 4, 8, 16 and 32 pixels."""

    def __init__(self, hidden=128, widths=(80, 64, 64, 32)):
        super().__init__()
        self.hidden = nn.Linear(LATENT, hidden)
        self.spread = nn.Linear(hidden, widths[0] * 16)
        self.up = nn.ModuleList(nn.ConvTranspose2d(a, b, 4, stride=2, padding=1) for a, b in zip(widths, widths[1:]))
        self.deepen = nn.ModuleList(Residual(width) for width in widths[1:])
        # The last step up is linear: activations at full resolution would double the cost of training.
        self.rgb = nn.ConvTranspose2d(widths[-1], 3, 6, stride=2, padding=2)

    def forward(self, z):
        h = silu(self.spread(silu(self.hidden(z)))).reshape(-1, self.up[0].in_channels, 4, 4)
        for up, deepen in zip(self.up, self.deepen):
            h = deepen(silu(up(h)))
        return torch.sigmoid(self.rgb(h))

    @torch.no_grad()
    def absorb(self, mean, root):
        """Fold z ↦ mean + root z into the first layer, so that N(0, 1) covers the codes that were really used."""
        self.hidden.bias += self.hidden.weight @ mean
        self.hidden.weight.copy_(self.hidden.weight @ root)
