"""A perceptual distance between faces: how far apart a network that reads factors sees them.

The network is a second factor regressor, trained from another seed on other faces than the one that measures the
generator (tools/reproduce/data), so that the generator does not learn from its judge. It never says what it reads:
only the maps of its layers are compared, as in LPIPS (Zhang et al. 2018).
"""

from pathlib import Path

import torch
from torch import nn

from regressor import Regressor

REACH = 2  # pixels by which both faces are moved
NOISE = 0.05  # standard deviation of the noise laid over both faces


class Perception(nn.Module):
    """Two batches of images [n, 3, 64, 64] in [−1, 1] → their distance, averaged over the layers: the squared
    difference of their maps over the variance of the target's.

    Both are moved and overlaid with noise alike, at random: no pattern of single pixels can please the network."""

    def __init__(self, checkpoint: Path):
        super().__init__()
        regressor = Regressor()
        regressor.load_state_dict(torch.load(checkpoint, weights_only=True)["averaged"])
        self.features = regressor.features.requires_grad_(False)

    def maps(self, image):
        found = []
        for layer in self.features:
            image = layer(image)
            if isinstance(layer, nn.SiLU):
                found.append(image)
        return found

    def forward(self, image, target):
        move = torch.randint(-REACH, REACH + 1, (2,)).tolist()
        noise = NOISE * torch.randn_like(target)
        image, target = (torch.roll(faces, move, (2, 3)) + noise for faces in (image, target))
        apart = [(a - b).square().mean() / b.var(0).mean() for a, b in zip(self.maps(image), self.maps(target))]
        return sum(apart) / len(apart)
