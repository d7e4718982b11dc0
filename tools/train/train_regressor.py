"""Trains the factor regressor on the project's cartoon faces, on one CPU thread, and writes what is measured with it.

    python train_regressor.py              # the run that made tools/reproduce/data
    python train_regressor.py --steps 100  --folder trial --out trial

Writes regressor.onnx, its scores on held-out faces (regressor.json), and the features and factors of held-out faces
(real-features.npz). Interrupt it at will: the same command goes on from the last checkpoint. Every step draws its
batch and its distortions from (seed, step).
"""

import argparse
import copy
import json
import math
import time
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from averaging import update_average
from checkpoint import restored, save
from data import HELD, images_of, indices_of
from factors import sample_factors
from regressor import OUTPUTS, Regressor, export, loss, open_session, read, scores, to_input

HERE = Path(__file__).parent
DATA = HERE.parent / "reproduce" / "data"
BINOMIAL = torch.outer(*2 * [torch.tensor([1.0, 2.0, 1.0])]) / 16


def distort(images: torch.Tensor) -> torch.Tensor:
    """Images in [−1, 1] with the faults of generated ones, each image its own: moved by up to 1.5 pixels, blurred,
    with gains and shifts of the colours, and noisy. The factors remain what they are."""
    n, size = len(images), images.shape[-1]
    motion = torch.eye(2, 3).repeat(n, 1, 1)
    motion[:, :, 2] = (torch.rand(n, 2) * 2 - 1) * 1.5 * 2 / size
    grid = F.affine_grid(motion, list(images.shape), align_corners=False)
    images = F.grid_sample(images, grid, padding_mode="border", align_corners=False)

    kernel = BINOMIAL.expand(3, 1, 3, 3)
    blurred = F.conv2d(F.pad(images, (1, 1, 1, 1), mode="replicate"), kernel, groups=3)
    images = torch.lerp(images, blurred, torch.rand(n, 1, 1, 1))

    gain, shift = 1 + 0.04 * torch.randn(n, 3, 1, 1), 0.03 * torch.randn(n, 3, 1, 1)
    noise = 0.06 * torch.rand(n, 1, 1, 1) * torch.randn(images.shape)
    return images * gain + shift + noise


def train(args) -> tuple[Regressor, float]:
    """The moving average of the regressors, and the seconds it took."""
    torch.manual_seed(args.seed)
    images = images_of("train", args.seed, args.images, args.folder)
    table = torch.from_numpy(sample_factors(args.seed, indices_of("train", args.images), HELD))
    layout = {"memory_format": torch.channels_last}
    model = Regressor().to(**layout)
    averaged = copy.deepcopy(model).requires_grad_(False)
    optimiser = torch.optim.AdamW(model.parameters(), lr=args.rate, betas=(0.9, 0.99), weight_decay=1e-4)
    checkpoint = args.folder / "regressor.pt"
    first, seconds = restored(checkpoint, model, averaged, optimiser)

    started = time.perf_counter()
    for step in range(first, args.steps):
        torch.manual_seed(args.seed * 1_000_003 + step)
        for group in optimiser.param_groups:
            ramp = min(1.0, (step + 1) / args.warm_up)
            group["lr"] = args.rate * ramp * 0.5 * (1 + math.cos(math.pi * step / args.steps))
        chosen = torch.randint(len(images), (args.batch,))
        batch = distort(to_input(images[chosen])).contiguous(**layout)
        error = loss(model(batch)[0], table[chosen])
        optimiser.zero_grad(set_to_none=True)
        error.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimiser.step()
        update_average(averaged, model, step, args.average)
        if (step + 1) % args.every == 0 or step + 1 == args.steps:
            seconds += time.perf_counter() - started
            started = time.perf_counter()
            print(f"step {step + 1}  loss {error.item():.3f} of {len(OUTPUTS)}  {seconds:.0f} s", flush=True)
            save(checkpoint, model, averaged, optimiser, step + 1, seconds)
    return averaged, seconds


def write_features(features: np.ndarray, table: np.ndarray, path: Path):
    """Features [n, 64] and varying factors [n, 14] as float16, with the features' mean and covariance as float64.

    The moments are those of the features before they were rounded."""
    moments = {"mean": features.mean(0, dtype=np.float64), "covariance": np.cov(features.T.astype(np.float64))}
    factors = table[:, [output.column for output in OUTPUTS]]
    np.savez(path, features=features.astype(np.float16), factors=factors.astype(np.float16), **moments)


def main():
    parser = argparse.ArgumentParser(description="Train the factor regressor.")
    parser.add_argument("--folder", type=Path, default=HERE / "checkpoints", help="for images and the checkpoint")
    parser.add_argument("--out", type=Path, default=DATA, help="folder for the files written at the end")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--images", type=int, default=40_000, help="distinct training faces")
    parser.add_argument("--held-out", type=int, default=10_000, help="test faces for the scores")
    parser.add_argument("--kept", type=int, default=4_000, help="test faces whose features are written")
    parser.add_argument("--steps", type=int, default=8_000)
    parser.add_argument("--batch", type=int, default=48)
    parser.add_argument("--rate", type=float, default=2e-3, help="peak learning rate, cosine to 0")
    parser.add_argument("--warm-up", type=int, default=200, help="steps of linear warm-up of the rate")
    parser.add_argument("--average", type=float, default=0.998, help="decay of the moving average of the weights")
    parser.add_argument("--every", type=int, default=250, help="steps between checkpoints")
    args = parser.parse_args()
    torch.set_num_threads(1)
    args.folder.mkdir(parents=True, exist_ok=True)
    args.out.mkdir(parents=True, exist_ok=True)

    regressor, seconds = train(args)
    export(regressor, args.out / "regressor.onnx")

    held_out = images_of("test", args.seed, args.held_out, args.folder)
    table = sample_factors(args.seed, indices_of("test", args.held_out), HELD)
    # The figures are those of the file, not of the network it was made from.
    session = open_session(args.out / "regressor.onnx")
    factors, features = read(session, held_out)
    write_features(features[: args.kept], table[: args.kept], args.out / "real-features.npz")
    torch.manual_seed(args.seed)
    distorted, _ = read(session, held_out, lambda part: distort(to_input(part)))
    report = {
        "steps": args.steps,
        "batch": args.batch,
        "seconds": round(seconds),
        "parameters": sum(p.numel() for p in regressor.parameters()),
        "held_out_faces": args.held_out,
        "scores": scores(factors, table),
        "scores_when_distorted": scores(distorted, table),
    }
    (args.out / "regressor.json").write_text(json.dumps(report, indent=2) + "\n")
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
