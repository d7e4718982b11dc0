"""First stage of the sample generator: its synthesis network learns to draw faces as the decoder of an autoencoder.

    python train_autoencoder.py                     # on two CPU threads
    python train_autoencoder.py --steps 100 --images 2000 --folder trial

On two cores, adversarial training from random weights loses factors of variation before it learns to draw them.
An autoencoder draws all of them, a little softly: a variational one with a light KL term, whose code is w. No factor
enters; the images are all it sees. Interrupt it at will: the same command goes on from the last checkpoint.
"""

import argparse
import copy
import math
import time
from pathlib import Path

import torch

from data import images_of
from faces import sheet
from measure import kl_to_prior, laplacian_l1, to_bytes
from model import Encoder
from networks import LATENT, Synthesis

HERE = Path(__file__).parent


def to_network(images):
    """Images uint8 as the networks take them: float32 in [−1, 1]."""
    return (images.float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)


def to_unit(images):
    """Images in [−1, 1] as the encoder and the sheets take them: in [0, 1]."""
    return (images + 1) / 2


def rows_of(synthesis, w):
    """The same w for every row of the synthesis: [n, 10, 128]."""
    return w[:, None].expand(-1, synthesis.rows, -1)


def part_of(state: dict, name: str) -> dict:
    """The state of one network within the state of several."""
    return {key.removeprefix(f"{name}."): value for key, value in state.items() if key.startswith(f"{name}.")}


@torch.no_grad()
def reconstructed(model, images):
    """The images drawn anew of their mean codes."""
    codes = [model["encoder"](to_unit(part))[0] for part in images.split(100)]
    return torch.cat([model["synthesis"](rows_of(model["synthesis"], w), fixed_noise=True) for w in codes])


def train(args):
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    args.folder.mkdir(parents=True, exist_ok=True)
    faces = images_of("train", args.seed, args.images, args.folder)
    held_out = to_network(images_of("test", args.seed, 10_000, args.folder)[:500])

    model = torch.nn.ModuleDict({"encoder": Encoder(LATENT), "synthesis": Synthesis()}).to(memory_format=torch.channels_last)
    averaged = copy.deepcopy(model).requires_grad_(False)
    optimiser = torch.optim.Adam(
        [
            {"params": model["encoder"].parameters(), "share": 0.4},
            {"params": model["synthesis"].parameters(), "share": 1.0},
        ],
        betas=(0.9, 0.99),
    )
    checkpoint = args.folder / "autoencoder.pt"
    first, seconds = 0, 0.0
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        model.load_state_dict(state["model"])
        averaged.load_state_dict(state["averaged"])
        optimiser.load_state_dict(state["optimiser"])
        first, seconds = state["step"], state["seconds"]

    started = time.perf_counter()
    for step in range(first, args.steps):
        torch.manual_seed(args.seed * 1_000_003 + step)
        rate = args.rate * min(1.0, (step + 1) / args.warm_up) * 0.5 * (1 + math.cos(math.pi * step / args.steps))
        for group in optimiser.param_groups:
            group["lr"] = rate * group["share"]
        batch = to_network(faces[torch.randint(len(faces), (args.batch,))])
        mean, log_variance = model["encoder"](to_unit(batch))
        w = mean + (log_variance / 2).exp() * torch.randn_like(mean)
        image = model["synthesis"](rows_of(model["synthesis"], w))
        reconstruction = laplacian_l1(image, batch) / 2
        kl = kl_to_prior(mean, log_variance).sum(1).mean()
        loss = reconstruction + args.beta * kl
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model["encoder"].parameters(), 1.0)
        optimiser.step()
        decay = min(args.average, (1 + step) / (10 + step))
        with torch.no_grad():
            for slow, fast in zip(averaged.parameters(), model.parameters()):
                slow.lerp_(fast, 1 - decay)
        if (step + 1) % args.every == 0 or step + 1 == args.steps:
            seconds += time.perf_counter() - started
            started = time.perf_counter()
            rebuilt = reconstructed(averaged, held_out)
            unseen = laplacian_l1(rebuilt, held_out).item() / 2
            print(
                f"step {step + 1}  pyramid {reconstruction.item():.4f}  unseen {unseen:.4f}  KL {kl.item():.1f}  {seconds:.0f} s",
                flush=True,
            )
            pairs = torch.stack([held_out[:48], rebuilt[:48]], 1).flatten(0, 1)
            sheet(to_bytes(to_unit(pairs)), 12, 2).save(args.folder / "reconstructions.png")
            state = {"model": model.state_dict(), "averaged": averaged.state_dict(), "optimiser": optimiser.state_dict()}
            torch.save({**state, "step": step + 1, "seconds": seconds}, checkpoint)


def main():
    parser = argparse.ArgumentParser(description="Teach the synthesis network to draw faces.")
    parser.add_argument("--folder", type=Path, default=HERE / "checkpoints", help="for images, checkpoints and sheets")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--images", type=int, default=40_000, help="distinct training faces")
    parser.add_argument("--steps", type=int, default=10_000)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rate", type=float, default=5e-3, help="peak learning rate of the synthesis, cosine to 0")
    parser.add_argument("--warm-up", type=int, default=200, help="steps of linear warm-up of the rate")
    parser.add_argument("--beta", type=float, default=2e-4, help="weight of the KL term (nats) against the pyramid loss")
    parser.add_argument("--average", type=float, default=0.998, help="decay of the moving average of the weights")
    parser.add_argument("--every", type=int, default=250, help="steps between checkpoints")
    train(parser.parse_args())


if __name__ == "__main__":
    main()
