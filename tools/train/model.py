"""The variational autoencoder of the sample generator: a convolutional encoder and the decoder that is shipped.

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
    """image [n, 3, 64, 64] → mean and log-variance of the posterior, [n, 16] each. Used in training only."""

    def __init__(self, widths=(24, 48, 96, 128)):
        super().__init__()
        channels = (3, *widths)
        self.down = nn.ModuleList(nn.Conv2d(a, b, 4, stride=2, padding=1) for a, b in zip(channels, channels[1:]))
        self.deepen = nn.ModuleList([nn.Identity(), Residual(widths[1]), Residual(widths[2]), Residual(widths[3])])
        self.hidden = nn.Linear(widths[-1] * 16, 256)
        self.posterior = nn.Linear(256, 2 * LATENT)

    def forward(self, image):
        h = image * 2 - 1
        for down, deepen in zip(self.down, self.deepen):
            h = deepen(silu(down(h)))
        return self.posterior(silu(self.hidden(h.flatten(1)))).chunk(2, dim=1)


class Decoder(nn.Module):
    """z [n, 16] → image [n, 3, 64, 64] in [0, 1], with the activations after each upsampling stage."""

    def __init__(self, hidden=128, widths=(80, 64, 48, 32, 16)):
        super().__init__()
        self.hidden = nn.Linear(LATENT, hidden)
        self.spread = nn.Linear(hidden, widths[0] * 16)
        self.up = nn.ModuleList(nn.ConvTranspose2d(a, b, 4, stride=2, padding=1) for a, b in zip(widths, widths[1:]))
        self.deepen = nn.ModuleList([*(Residual(width) for width in widths[1:-1]), nn.Identity()])
        self.rgb = nn.Conv2d(widths[-1], 3, 3, padding=1)

    def stages(self, z):
        """Image before clipping by the sigmoid is never exposed: returns (image, [features at 4, 8, 16, 32 pixels])."""
        h = silu(self.spread(silu(self.hidden(z)))).unflatten(1, (-1, 4, 4))
        features = [h]
        for up, deepen in zip(self.up, self.deepen):
            h = deepen(silu(up(h)))
            features.append(h)
        return torch.sigmoid(self.rgb(h)), features[:-1]

    def forward(self, z):
        return self.stages(z)[0]

    @torch.no_grad()
    def absorb(self, mean, root):
        """Fold z ↦ mean + root z into the first layer, so that N(0, 1) covers the codes that were really used."""
        self.hidden.bias += self.hidden.weight @ mean
        self.hidden.weight.copy_(self.hidden.weight @ root)
