"""Measures how near the generator's faces come to the drawn ones.

    python measure_gan.py checkpoints/gan.pt            # a checkpoint of train_gan.py: its averaged generator
    python measure_gan.py checkpoints/generator.pt      # the finished generator

Distances are taken between the features of the factor regressor. Every figure stands beside the same figure between
two disjoint sets of drawn faces: a perfect generator reaches that one and no better. Prints one JSON document.

The features see factors and little else: to them, a noisy image may lie among the faces, and precision and density then
look well. What they are blind to shows in the pixels, when a face is drawn anew from the factors read off it (`redrawn`).
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from scipy.linalg import eigh
from scipy.special import softmax

from data import HELD, images_of, indices_of
from faces import draw
from factors import sample_factors
from measure import sharpness
from networks import Generator
from regressor import OUTPUTS, open_session, read
from train_gan import samples

HERE = Path(__file__).parent
DATA = HERE.parent / "reproduce" / "data"


def frechet(real: np.ndarray, drawn: np.ndarray) -> float:
    """Squared Fréchet distance of the Gaussians with the moments of two sets of rows [n, d], [m, d]:
    ‖μ₁ − μ₂‖² + tr(Σ₁ + Σ₂ − 2 (Σ₁ Σ₂)^½) (Dowson & Landau 1982; Heusel et al. 2017)."""
    first, second = (np.cov(rows.T.astype(np.float64)) for rows in (real, drawn))
    offset = real.mean(0, dtype=np.float64) - drawn.mean(0, dtype=np.float64)
    # The trace of (Σ₁ Σ₂)^½ is that of (R Σ₂ R)^½ with R = Σ₁^½, which is symmetric.
    values, vectors = eigh(first)
    root = (vectors * np.sqrt(values.clip(0))) @ vectors.T
    cross = np.sqrt(eigh(root @ second @ root, eigvals_only=True).clip(0)).sum()
    return float(offset @ offset + np.trace(first) + np.trace(second) - 2 * cross)


def distances(rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Euclidean distances [n, m] between rows [n, d] and [m, d], in float64 about the mean of the second set."""
    centre = others.mean(0, dtype=np.float64)
    rows, others = rows - centre, others - centre
    squares = np.square(rows).sum(1)[:, None] + np.square(others).sum(1) - 2 * rows @ others.T
    return np.sqrt(squares.clip(0))


def radii(rows: np.ndarray, k: int) -> np.ndarray:
    """Distance [n] from each row to its k-th nearest neighbour, itself not counted."""
    between = distances(rows, rows)
    np.fill_diagonal(between, 0)
    return np.partition(between, k, axis=1)[:, k]


def precision_recall(real: np.ndarray, drawn: np.ndarray, k: int = 3) -> dict[str, float]:
    """The share of drawn rows within the manifold of the real ones, and the share of real rows within that of the
    drawn ones; a manifold is the union of balls that reach to the k-th neighbour (Kynkäänniemi et al. 2019)."""
    between = distances(real, drawn)
    return {
        "precision": float((between <= radii(real, k)[:, None]).any(0).mean()),
        "recall": float((between <= radii(drawn, k)).any(1).mean()),
    }


def density_coverage(real: np.ndarray, drawn: np.ndarray, k: int = 5) -> dict[str, float]:
    """Real balls about a drawn row, in units of k, on average; and the share of real balls that hold any drawn row
    (Naeem et al. 2020, eqs. 3 and 4)."""
    within = distances(real, drawn) <= radii(real, k)[:, None]
    return {"density": float(within.sum() / (k * within.shape[1])), "coverage": float(within.any(1).mean())}


def comparison(real: np.ndarray, drawn: np.ndarray) -> dict[str, float]:
    return {"frechet": frechet(real, drawn), **precision_recall(real, drawn), **density_coverage(real, drawn)}


def spreads(drawn: np.ndarray, real: np.ndarray, table: np.ndarray) -> dict[str, dict]:
    """Of each factor, how it is distributed over drawn and real faces as the regressor reads both, and in truth.

    Continuous: mean and variance. Discrete: the share of each choice, and the mean probability of the likeliest choice,
    which falls where faces lie between two choices."""
    result = {}
    for output in OUTPUTS:
        truth = table[:, output.column].astype(np.float64)
        sets = {"samples": drawn[:, output.columns], "faces": real[:, output.columns]}
        if output.factor.choices:
            shares = {name: np.bincount(logits.argmax(1), minlength=output.width) / len(logits) for name, logits in sets.items()}
            shares["truth"] = np.bincount(truth.astype(int), minlength=output.width) / len(truth)
            sure = {name: float(softmax(logits, 1).max(1).mean()) for name, logits in sets.items()}
            result[output.factor.name] = {
                "choices": output.factor.choices,
                "shares": {name: share.tolist() for name, share in shares.items()},
                "confidence": sure,
            }
        else:
            numbers = {**{name: values[:, 0].astype(np.float64) for name, values in sets.items()}, "truth": truth}
            result[output.factor.name] = {
                "mean": {name: float(values.mean()) for name, values in numbers.items()},
                "variance": {name: float(values.var()) for name, values in numbers.items()},
            }
    return result


def redrawn_error(images: torch.Tensor, factors: np.ndarray) -> float:
    """Mean absolute difference, in [0, 1], between images and faces drawn anew from the factors [n, 23] read off them."""
    table = sample_factors(0, range(len(factors)), HELD)
    for output in OUTPUTS:
        values = factors[:, output.columns]
        table[:, output.column] = values.argmax(1) if output.factor.choices else values[:, 0].clip(0, 1)
    return float(np.abs(draw(table).astype(np.float32) - images.numpy()).mean() / 255)


def load_generator(path: Path) -> tuple[Generator, int | None]:
    """The generator of a checkpoint and the steps of its training, or a finished generator and None."""
    state = torch.load(path, weights_only=True, map_location="cpu")
    generator = Generator()
    generator.load_state_dict(state.get("averaged", state))
    return generator.eval(), state.get("step")


def main():
    parser = argparse.ArgumentParser(description="Measure the generator.")
    parser.add_argument("generator", type=Path, help="gan.pt or generator.pt")
    parser.add_argument("--folder", type=Path, default=HERE / "checkpoints", help="for the test faces")
    parser.add_argument("--regressor", type=Path, default=DATA / "regressor.onnx", help="from train_regressor.py")
    parser.add_argument("--out", type=Path, help="file for the figures; by default they are printed")
    parser.add_argument("--seed", type=int, default=0, help="of the faces, and of the generator's codes")
    parser.add_argument("--count", type=int, default=5000, help="samples, and faces in each of the two sets of them")
    parser.add_argument("--redrawn", type=int, default=500, help="samples and faces that are drawn anew")
    args = parser.parse_args()
    torch.set_num_threads(1)

    generator, steps = load_generator(args.generator)
    session = open_session(args.regressor)
    images = images_of("test", args.seed, 2 * args.count, args.folder)
    table = sample_factors(args.seed, indices_of("test", args.count), HELD)
    drawn = samples(generator, args.count, args.seed)
    sets = {"samples": drawn, "faces": images[: args.count], "other faces": images[args.count :]}
    outputs = {name: read(session, part) for name, part in sets.items()}
    factors = {name: pair[0] for name, pair in outputs.items()}
    features = {name: pair[1] for name, pair in outputs.items()}

    report = {
        "steps": steps,
        "count": args.count,
        "samples": comparison(features["faces"], features["samples"]),
        "floor": comparison(features["faces"], features["other faces"]),
        "sharpness": {name: sharpness(part.float() / 255) for name, part in sets.items() if name != "other faces"},
        "redrawn": {
            name: redrawn_error(sets[name][: args.redrawn], factors[name][: args.redrawn]) for name in ("samples", "faces")
        },
        "factors": spreads(factors["samples"], factors["faces"], table),
    }
    text = json.dumps(report, indent=2) + "\n"
    if args.out:
        args.out.write_text(text)
    else:
        print(text, end="")


if __name__ == "__main__":
    main()
