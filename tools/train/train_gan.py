"""Third stage of the sample generator: a small StyleGAN2, adversarially trained on the project's cartoon faces.

    python train_gan.py                   # after train_mapping.py, on two CPU threads
    python train_gan.py --device cuda     # on a GPU

Non-saturating logistic loss, lazy R1 on the faces, style mixing, an average of the generator's weights
(Karras et al. 2020, without path-length regularisation). Two anchors keep the faces that the first stages found:
half of each batch are codes of known faces, whose images have to stay near those faces, and the mapping has to stay
near its pairs of z and w. The finished weights lie between those of the first stages and of this one (network
interpolation, Wang et al. 2018): sharper than the first, with fewer faults than the last. Interrupt it at will: the same
command goes on from the last checkpoint. All that is random in a step follows from (seed, step).
"""

import argparse
import copy
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch.nn.functional import mse_loss, softplus

from data import images_of
from faces import sheet
from measure import laplacian_l1
from networks import LATENT, Discriminator, Generator
from perception import Perception
from train_autoencoder import part_of, rows_of, to_network
from train_mapping import codes_of

HERE = Path(__file__).parent
LAZY = 16  # steps between regularisations
W_AVERAGE = 0.998
PAIRS = 256  # pairs of z and w in a batch
RISE = 500  # steps until the generator learns at full rate


def mixed_w_plus(generator, n: int, mixing: float, device):
    """Rows of w for the synthesis; with probability `mixing` the rows after a random one are of another code."""
    w, other = generator.mapping(torch.randn(2 * n, LATENT, device=device)).chunk(2)
    generator.mapping.w_avg.lerp_(w.detach().mean(0), 1 - W_AVERAGE)
    rows = generator.synthesis.rows
    cut = torch.randint(1, rows, (n, 1), device=device)
    cut = torch.where(torch.rand(n, 1, device=device) < mixing, cut, rows)
    kept = (torch.arange(rows, device=device)[None] < cut)[:, :, None]
    return torch.where(kept, w[:, None], other[:, None])


def r1_penalty(discriminator, faces):
    """Mean squared norm of the gradient of the logit by the image."""
    faces = faces.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(discriminator(faces).sum(), faces, create_graph=True)
    return gradient.square().sum((1, 2, 3)).mean()


@torch.no_grad()
def average(slow, fast, seen: int, batch: int):
    """Moving average of the weights, with a half-life of 10 000 faces or a twentieth of those seen."""
    decay = 0.5 ** (batch / max(min(10_000, seen * 0.05), 1e-8))
    for mean, value in zip(slow.parameters(), fast.parameters()):
        mean.lerp_(value, 1 - decay)
    for mean, value in zip(slow.buffers(), fast.buffers()):
        mean.copy_(value)


@torch.no_grad()
def samples(generator, count: int, seed: int):
    """Images [count, 3, 64, 64] uint8 of codes drawn from the prior."""
    z = torch.randn(count, LATENT, generator=torch.Generator().manual_seed(seed))
    device = next(generator.parameters()).device
    images = torch.cat([generator(part.to(device)).cpu() for part in z.split(100)])
    return ((images.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)


@dataclass
class Anchors:
    """What the first stages found: code w [count, 128] of each face, and pairs of z and w [pairs, 128]; and the distance
    that tells how far a face has left its drawing."""

    codes: torch.Tensor
    z: torch.Tensor
    w: torch.Tensor
    distance: Callable


class Run:
    """Networks, their optimisers and the count of steps; saved and restored as one."""

    def __init__(self, args):
        torch.manual_seed(args.seed)
        self.args = args
        layout = {"device": args.device, "memory_format": torch.channels_last}
        self.generator, self.discriminator = Generator().to(**layout), Discriminator().to(**layout)
        self.averaged = copy.deepcopy(self.generator).requires_grad_(False)
        # Lazy regularisation makes LAZY + 1 updates of LAZY steps.
        share = LAZY / (LAZY + 1)
        self.generator_steps = torch.optim.Adam(self.generator.parameters(), lr=args.rate, betas=(0.0, 0.99))
        self.discriminator_steps = torch.optim.Adam(
            self.discriminator.parameters(), lr=args.rate * share, betas=(0.0, 0.99**share)
        )
        self.step, self.seconds = 0, 0.0

    parts = ("generator", "discriminator", "averaged", "generator_steps", "discriminator_steps")

    def save(self, path: Path):
        state = {part: getattr(self, part).state_dict() for part in self.parts}
        torch.save({**state, "step": self.step, "seconds": self.seconds}, path)

    def restore(self, path: Path):
        state = torch.load(path, weights_only=True)
        for part in self.parts:
            getattr(self, part).load_state_dict(state[part])
        self.step, self.seconds = state["step"], state["seconds"]

    def begin(self, autoencoder: dict, mapping: dict):
        """Takes the weights that the first stages learned."""
        for generator in (self.generator, self.averaged):
            generator.synthesis.load_state_dict(part_of(autoencoder, "synthesis"))
            generator.mapping.load_state_dict(mapping)

    def advance(self, faces: torch.Tensor, anchors: Anchors):
        """One step of each network on a batch drawn from `faces` [count, 3, 64, 64] uint8. Returns the losses of the
        discriminator and the generator, and the difference of known faces from those drawn of their codes."""
        args, n = self.args, self.args.batch
        torch.manual_seed(args.seed * 1_000_003 + self.step)
        self.set_rates()
        chosen = torch.randint(len(faces), (n,))
        batch = to_network(faces[chosen].to(args.device))
        known = rows_of(self.generator.synthesis, anchors.codes[chosen[n // 2 :]].to(args.device))

        def draw():
            return self.generator.synthesis(torch.cat([mixed_w_plus(self.generator, n // 2, args.mixing, args.device), known]))

        with torch.no_grad():
            drawn = draw()
        loss = softplus(self.discriminator(drawn)).mean() + softplus(-self.discriminator(batch)).mean()
        update(self.discriminator_steps, loss)
        if self.step % LAZY == 0:
            update(self.discriminator_steps, args.gamma / 2 * LAZY * r1_penalty(self.discriminator, batch[: n // 2]))

        self.discriminator.requires_grad_(False)
        drawn = draw()
        generator_loss = softplus(-self.discriminator(drawn)).mean()
        difference = anchors.distance(drawn[n // 2 :], batch[n // 2 :])
        pairs = torch.randint(len(anchors.z), (PAIRS,))
        apart = mse_loss(self.generator.mapping(anchors.z[pairs].to(args.device)), anchors.w[pairs].to(args.device))
        update(self.generator_steps, generator_loss + args.known * difference + args.paired * apart)
        self.discriminator.requires_grad_(True)

        self.step += 1
        average(self.averaged, self.generator, self.step * n, n)
        return loss.item(), generator_loss.item(), difference.item()

    def set_rates(self):
        """The rate is constant, and over the last quarter of the run falls to 0 in a line. That of the generator starts
        at 0: its networks have learned already, and must not follow a discriminator that has not."""
        done = self.step * self.args.batch / self.args.faces_seen
        fall = min(1.0, 4 * max(0.0, 1 - done))
        rise = min(1.0, self.step / RISE)
        for optimiser, share in ((self.generator_steps, rise), (self.discriminator_steps, LAZY / (LAZY + 1))):
            for group in optimiser.param_groups:
                group["lr"] = self.args.rate * share * fall


def update(optimiser, loss):
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    optimiser.step()


def train(args):
    torch.set_num_threads(args.threads)
    args.folder.mkdir(parents=True, exist_ok=True)
    faces = images_of("train", args.seed, args.images, args.folder)
    run = Run(args)
    checkpoint = args.folder / "gan.pt"
    autoencoder = torch.load(args.folder / "autoencoder.pt", weights_only=True)["averaged"]
    stage = torch.load(args.folder / "mapping.pt", weights_only=True)
    if checkpoint.exists():
        run.restore(checkpoint)
    else:
        run.begin(autoencoder, stage["mapping"])
    perception = Perception(args.perception).to(device=args.device, memory_format=torch.channels_last)
    distance = lambda image, face: laplacian_l1(image, face) / 2 + perception(image, face)
    anchors = Anchors(codes_of(faces, autoencoder), stage["z"], stage["w"], distance)

    started = time.perf_counter()
    last = args.faces_seen // args.batch
    while run.step < last:
        losses = run.advance(faces, anchors)
        if run.step % args.every == 0 or run.step == last:
            run.seconds += time.perf_counter() - started
            started = time.perf_counter()
            seen = run.step * args.batch
            print(f"{seen} faces  D {losses[0]:.3f}  G {losses[1]:.3f}  known {losses[2]:.4f}  {run.seconds:.0f} s", flush=True)
            run.save(checkpoint)
            sheet(samples(run.averaged, 70, seed=1).numpy(), 10).save(args.folder / "samples.png")
    start = {f"synthesis.{key}": value for key, value in part_of(autoencoder, "synthesis").items()}
    start |= {f"mapping.{key}": value for key, value in stage["mapping"].items()}
    finished = {key: torch.lerp(start[key], value.cpu(), args.share) for key, value in run.averaged.state_dict().items()}
    run.averaged.load_state_dict(finished)
    torch.save(finished, args.folder / "generator.pt")
    sheet(samples(run.averaged, 70, seed=1).numpy(), 10).save(args.folder / "samples.png")


def main():
    parser = argparse.ArgumentParser(description="Train the sample generator.")
    parser.add_argument("--folder", type=Path, default=HERE / "checkpoints", help="for images, checkpoints and sheets")
    parser.add_argument("--perception", type=Path, default=HERE / "checkpoints/perception/regressor.pt", help="for the distance")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--images", type=int, default=40_000, help="distinct training faces")
    parser.add_argument("--faces-seen", type=int, default=112_000, help="length of the run")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rate", type=float, default=2e-3, help="learning rate of both networks")
    parser.add_argument("--gamma", type=float, default=1.0, help="weight of R1")
    parser.add_argument("--mixing", type=float, default=0.25, help="probability of style mixing")
    parser.add_argument("--known", type=float, default=5.0, help="weight of the difference of known faces")
    parser.add_argument("--paired", type=float, default=1.0, help="weight of the pairs of z and w")
    parser.add_argument("--share", type=float, default=0.75, help="of this stage in the finished weights, beside the first two")
    parser.add_argument("--every", type=int, default=250, help="steps between checkpoints")
    train(parser.parse_args())


if __name__ == "__main__":
    main()
