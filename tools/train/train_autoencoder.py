"""First stage of the sample generator: its synthesis network learns to draw faces as the decoder of an autoencoder.

    python train_regressor.py --seed 1 --steps 3000 --folder checkpoints/perception --out checkpoints/perception
    python train_autoencoder.py                     # on two CPU threads
    python train_autoencoder.py --steps 100 --refined 50 --images 2000 --folder trial

On two cores, adversarial training from random weights loses factors of variation before it learns to draw them.
An autoencoder keeps them: a variational one with a light KL term, whose code is w. Its loss is first that of pixels
alone. Pixels leave out what is small, for the median of brows at all angles is no brow; so a second run, from the
averaged weights of the first, adds a perceptual distance (perception.py). Interrupt it at will: the same command goes
on from the last checkpoint.
"""

import argparse
import copy
import math
import time
from pathlib import Path

import torch

from averaging import update_average
from checkpoint import restored, save
from data import images_of
from faces import sheet
from measure import kl_to_prior, laplacian_l1, to_bytes
from model import Encoder
from networks import LATENT, Synthesis
from perception import Perception

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


def optimiser_of(model):
    parts = (("encoder", 0.4), ("synthesis", 1.0))
    groups = [{"params": model[part].parameters(), "share": share} for part, share in parts]
    return torch.optim.Adam(groups, betas=(0.9, 0.99))


def rate_at(step: int, args) -> float:
    """Two runs, each with its warm-up and its cosine to 0; the second begins at half the rate of the first."""
    refining = step >= args.steps
    done, of = (step - args.steps, args.refined) if refining else (step, args.steps)
    return args.rate * (0.5 if refining else 1.0) * min(1.0, (done + 1) / args.warm_up) * 0.5 * (1 + math.cos(math.pi * done / of))


def train(args):
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    args.folder.mkdir(parents=True, exist_ok=True)
    faces = images_of("train", args.seed, args.images, args.folder)
    held_out = to_network(images_of("test", args.seed, 10_000, args.folder)[:500])

    model = torch.nn.ModuleDict({"encoder": Encoder(LATENT), "synthesis": Synthesis()}).to(memory_format=torch.channels_last)
    averaged = copy.deepcopy(model).requires_grad_(False)
    optimiser = optimiser_of(model)
    perception = Perception(args.perception).to(memory_format=torch.channels_last) if args.refined else None
    checkpoint = args.folder / "autoencoder.pt"
    first, seconds = restored(checkpoint, model, averaged, optimiser)
    last = args.steps + args.refined

    started = time.perf_counter()
    for step in range(first, last):
        torch.manual_seed(args.seed * 1_000_003 + step)
        refining = step >= args.steps
        if step == args.steps:
            model.load_state_dict(averaged.state_dict())
            optimiser = optimiser_of(model)
        for group in optimiser.param_groups:
            group["lr"] = rate_at(step, args) * group["share"]
        batch = to_network(faces[torch.randint(len(faces), (args.batch,))])
        mean, log_variance = model["encoder"](to_unit(batch))
        w = mean + (log_variance / 2).exp() * torch.randn_like(mean)
        image = model["synthesis"](rows_of(model["synthesis"], w))
        pixels = laplacian_l1(image, batch) / 2
        kl = kl_to_prior(mean, log_variance).sum(1).mean()
        seen = perception(image, batch) if refining else torch.zeros(())
        optimiser.zero_grad(set_to_none=True)
        (pixels + seen + args.beta * kl).backward()
        torch.nn.utils.clip_grad_norm_(model["encoder"].parameters(), 1.0)
        optimiser.step()
        update_average(averaged, model, step, args.average)
        if (step + 1) % args.every == 0 or step + 1 == last:
            seconds += time.perf_counter() - started
            started = time.perf_counter()
            rebuilt = reconstructed(averaged, held_out)
            unseen = laplacian_l1(rebuilt, held_out).item() / 2
            print(
                f"step {step + 1}  pyramid {pixels.item():.4f}  unseen {unseen:.4f}  seen {seen.item():.3f}  "
                f"KL {kl.item():.1f}  {seconds:.0f} s",
                flush=True,
            )
            pairs = torch.stack([held_out[:48], rebuilt[:48]], 1).flatten(0, 1)
            sheet(to_bytes(to_unit(pairs)), 12, 2).save(args.folder / "reconstructions.png")
            save(checkpoint, model, averaged, optimiser, step + 1, seconds)


def main():
    parser = argparse.ArgumentParser(description="Teach the synthesis network to draw faces.")
    parser.add_argument("--folder", type=Path, default=HERE / "checkpoints", help="for images, checkpoints and sheets")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--images", type=int, default=40_000, help="distinct training faces")
    parser.add_argument("--perception", type=Path, default=HERE / "checkpoints/perception/regressor.pt", help="for the distance")
    parser.add_argument("--steps", type=int, default=10_000, help="by pixels alone")
    parser.add_argument("--refined", type=int, default=7_000, help="steps with the perceptual distance, after those")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rate", type=float, default=5e-3, help="peak learning rate of the synthesis, cosine to 0")
    parser.add_argument("--warm-up", type=int, default=200, help="steps of linear warm-up of the rate")
    parser.add_argument("--beta", type=float, default=2e-4, help="weight of the KL term (nats) against the others")
    parser.add_argument("--average", type=float, default=0.998, help="decay of the moving average of the weights")
    parser.add_argument("--every", type=int, default=250, help="steps between checkpoints")
    train(parser.parse_args())


if __name__ == "__main__":
    main()
