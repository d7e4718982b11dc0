"""Writes packages/core/test/grassmann/frechet-means.json: Fréchet means of seeded subspaces by pymanopt and geomstats,
and of the rotations inside them by geomstats. Deterministic. Needs numpy, scipy, pymanopt and geomstats (the file at
hand: 1.26.4, 1.13.1, 2.2.1, 2.8.0; geomstats takes no newer numpy).

    python tools/reference/core/frechet_means.py
"""

import json
import os
from pathlib import Path

os.environ["GEOMSTATS_BACKEND"] = "numpy"
import geomstats.backend as gs
import numpy as np
import pymanopt
from geomstats.geometry.grassmannian import Grassmannian
from geomstats.geometry.special_orthogonal import SpecialOrthogonal
from geomstats.learning.frechet_mean import FrechetMean
from pymanopt.manifolds import Grassmann
from pymanopt.optimizers import ConjugateGradient
from scipy.linalg import expm, polar

TARGET = Path(__file__).resolve().parents[3] / "packages" / "core" / "test" / "grassmann" / "frechet-means.json"


def bases_about(rng: np.random.Generator, n: int, k: int, count: int, tilt: float, turn: float) -> np.ndarray:
    """Bases about one: turned inside its span, and tilted out of it."""
    y, _ = np.linalg.qr(rng.standard_normal((n, k)))
    bases = []
    for _ in range(count):
        a = rng.standard_normal((k, k))
        u, _ = np.linalg.qr(y @ expm(turn * (a - a.T) / 2) + tilt * rng.standard_normal((n, k)) / np.sqrt(n))
        bases.append(u * np.sign(np.sum(u * y, axis=0)))
    return np.array(bases)


def by_pymanopt(bases: np.ndarray) -> np.ndarray:
    """The projector on the minimiser of the mean squared distance."""
    manifold = Grassmann(*bases.shape[1:])

    @pymanopt.function.numpy(manifold)
    def cost(y):
        return np.mean([manifold.dist(y, u) ** 2 for u in bases])

    @pymanopt.function.numpy(manifold)
    def gradient(y):
        return -2 * np.mean([manifold.log(y, u) for u in bases], axis=0)

    problem = pymanopt.Problem(manifold, cost, riemannian_gradient=gradient)
    optimizer = ConjugateGradient(verbosity=0, min_gradient_norm=1e-12, min_step_size=1e-14, max_iterations=500)
    y = optimizer.run(problem, initial_point=np.linalg.qr(bases[0])[0]).point
    return y @ y.T


def by_geomstats(bases: np.ndarray) -> np.ndarray:
    """The same, of projectors."""
    n, k = bases.shape[1:]
    mean = FrechetMean(Grassmannian(n, k))
    mean.set(max_iter=500, epsilon=1e-24)
    mean.fit(gs.array([u @ np.linalg.pinv(u) for u in bases]))
    return mean.estimate_


def agreed_basis(projector: np.ndarray, bases: np.ndarray) -> np.ndarray:
    """The mean of the bases as rotations in the mean subspace: near enough for order and signs to be theirs."""
    k = bases.shape[2]
    frame = np.linalg.eigh(projector)[1][:, -k:]
    frame = frame * np.where(np.linalg.det(frame.T @ bases[0]) < 0, [-1] + [1] * (k - 1), 1)
    rotations = np.array([polar(frame.T @ u)[0] for u in bases])
    assert (np.linalg.det(rotations) > 0).all()
    mean = FrechetMean(SpecialOrthogonal(k))
    mean.set(max_iter=500, epsilon=1e-24)
    mean.fit(gs.array(rotations))
    return frame @ mean.estimate_


def case(seed: int, n: int, k: int, count: int, tilt: float, turn: float) -> dict:
    bases = bases_about(np.random.default_rng(seed), n, k, count, tilt, turn)
    first, second = by_pymanopt(bases), by_geomstats(bases)
    # The line search of pymanopt ends where the value no longer falls, which is the square root of rounding.
    np.testing.assert_allclose(first, second, rtol=0, atol=2e-6)
    return {
        "shape": [n, k],
        "bases": [u.ravel().tolist() for u in bases],
        "pymanopt": first.ravel().round(10).tolist(),
        "geomstats": second.ravel().round(10).tolist(),
        "basis": agreed_basis(second, bases).ravel().round(10).tolist(),
    }


def main() -> None:
    cases = [case(1, 7, 2, 5, 0.3, 0.3), case(2, 12, 4, 8, 0.3, 0.2)]
    TARGET.write_text(json.dumps(cases, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
