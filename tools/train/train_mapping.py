"""Second stage of the sample generator: its mapping network learns to send z to the codes of faces.

    python train_mapping.py     # after train_autoencoder.py

A velocity field is fitted to the straight lines between normal noise and the encoder's codes (flow matching,
Lipman et al. 2023, eq. 23), and integrated: it carries z to a code w(z), and the normal prior to the distribution
of the codes. The mapping network is then fitted to the pairs (z, w(z)), which are kept for the third stage.
"""

import argparse
import math
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

from data import images_of
from model import Encoder
from networks import LATENT, Mapping
from train_autoencoder import part_of

HERE = Path(__file__).parent
SMALL = 0.05  # variance of w, below which a principal component no longer shows in the image


class Velocity(nn.Module):
    """x [n, 128], time [n] in [0, 1] → velocity [n, 128]."""

    def __init__(self, width: int = 512, depth: int = 4, frequencies: int = 16):
        super().__init__()
        self.register_buffer("frequencies", torch.arange(1, frequencies + 1) * math.pi)
        self.first = nn.Linear(LATENT + 2 * frequencies, width)
        self.hidden = nn.ModuleList(nn.Linear(width, width) for _ in range(depth - 1))
        self.last = nn.Linear(width, LATENT)

    def forward(self, x, time):
        phase = time[:, None] * self.frequencies
        h = F.silu(self.first(torch.cat([x, phase.cos(), phase.sin()], 1)))
        for layer in self.hidden:
            h = h + F.silu(layer(h))
        return self.last(h)


class Coordinates:
    """Principal coordinates of the codes, of unit variance where it shows, turned by a random rotation: neither an
    axis of z nor an order among them is preferred."""

    def __init__(self, codes):
        self.mean = codes.mean(0)
        values, vectors = torch.linalg.eigh(torch.cov(codes.T))
        rotation = torch.linalg.qr(torch.randn(LATENT, LATENT))[0]
        scale = (values.clamp(min=0) + SMALL).sqrt()
        self.forward_map = (vectors / scale) @ rotation
        self.inverse_map = rotation.T @ (vectors * scale).T

    def of(self, w):
        return (w - self.mean) @ self.forward_map

    def back(self, x):
        return x @ self.inverse_map + self.mean


def normalise(z):
    return z * (z.square().mean(1, keepdim=True) + 1e-8).rsqrt()


def minimise(parameters, rate: float, steps: int, every: int, name: str, loss_of):
    """Adam, cosine to 0; `loss_of()` is the loss of a fresh batch."""
    optimiser = torch.optim.Adam(parameters, lr=rate, betas=(0.9, 0.99))
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    total = 0.0
    for step in range(1, steps + 1):
        loss = loss_of()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        schedule.step()
        total += loss.item()
        if step % every == 0:
            print(f"{name} {step}  loss {total / every:.4f}", flush=True)
            total = 0.0


@torch.no_grad()
def transport(velocity, x, steps: int = 16):
    """The point at time 1 of the field's path from x [n, 128] at time 0, by the midpoint rule."""
    for step in range(steps):
        time = torch.full((len(x),), step / steps)
        middle = x + velocity(x, time) / (2 * steps)
        x = x + velocity(middle, time + 0.5 / steps) / steps
    return x


@torch.no_grad()
def codes_of(faces, autoencoder: dict):
    """Mean codes [count, 128] that the trained encoder gives to faces [count, 3, 64, 64] uint8."""
    encoder = Encoder(LATENT)
    encoder.load_state_dict(part_of(autoencoder, "encoder"))
    return torch.cat([encoder(part.float() / 255)[0] for part in faces.split(500)])


def train(args):
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    autoencoder = torch.load(args.folder / "autoencoder.pt", weights_only=True)["averaged"]
    codes = codes_of(images_of("train", args.seed, args.images, args.folder), autoencoder)
    coordinates = Coordinates(codes)
    points = coordinates.of(codes)

    velocity = Velocity()

    def flow_loss():
        end = points[torch.randint(len(points), (args.batch,))]
        start = normalise(torch.randn(args.batch, LATENT))
        time = torch.rand(args.batch)
        between = torch.lerp(start, end, time[:, None])
        return F.mse_loss(velocity(between, time), end - start)

    minimise(velocity.parameters(), 1e-3, args.flow_steps, 500, "flow", flow_loss)

    z = torch.randn(args.pairs, LATENT)
    w = torch.cat([coordinates.back(transport(velocity, normalise(part))) for part in z.split(2000)])
    mapping = Mapping()

    def pair_loss():
        chosen = torch.randint(len(z), (args.batch,))
        return F.mse_loss(mapping(z[chosen]), w[chosen])

    minimise(mapping.parameters(), 6.0, args.mapping_steps, 1000, "mapping", pair_loss)
    with torch.no_grad():
        mapping.w_avg.copy_(mapping(z).mean(0))
        left = (mapping(z[:5000]) - w[:5000]).square().sum() / (w[:5000] - w.mean(0)).square().sum()
    print(f"unexplained share of the variance of w: {left.item():.4f}")
    torch.save({"mapping": mapping.state_dict(), "z": z, "w": w}, args.folder / "mapping.pt")


def main():
    parser = argparse.ArgumentParser(description="Teach the mapping network the codes of faces.")
    parser.add_argument("--folder", type=Path, default=HERE / "checkpoints", help="where train_autoencoder.py left its results")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--images", type=int, default=40_000, help="distinct training faces")
    parser.add_argument("--batch", type=int, default=512)
    parser.add_argument("--flow-steps", type=int, default=9_000)
    parser.add_argument("--mapping-steps", type=int, default=16_000)
    parser.add_argument("--pairs", type=int, default=200_000, help="pairs of z and w")
    train(parser.parse_args())


if __name__ == "__main__":
    main()
