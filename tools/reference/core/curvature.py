"""Writes packages/onnx/test/fixtures/curvature.json: curvature of a small smooth network, by PyTorch in float64 from its
whole Jacobian and its whole second derivative, with pseudoinverses by NumPy and angles by SciPy.
Deterministic. Needs torch, numpy and scipy (the file at hand: 2.15.0, 2.4.6, 1.17.1).

    python tools/reference/core/curvature.py
"""

import json
from pathlib import Path

import numpy as np
import torch
from scipy.linalg import subspace_angles

TARGET = Path(__file__).resolve().parents[3] / "packages" / "onnx" / "test" / "fixtures" / "curvature.json"
N, HIDDEN, M, EPSILON = 6, 10, 14, 0.2

torch.set_default_dtype(torch.float64)
rng = np.random.default_rng(11)
A, B, C = (rng.standard_normal(shape) for shape in [(N, HIDDEN), (HIDDEN, HIDDEN), (HIDDEN, M)])


def network(z):
    """A normalised code, a tanh layer, a gated layer and a linear one."""
    a, b, c = (torch.from_numpy(w) for w in (A, B, C))
    code = z / torch.sqrt((z * z).mean() + 0.1)
    h = torch.tanh(code @ a)
    return (torch.sigmoid(h @ b) * h) @ c


def jacobian(z):
    return torch.autograd.functional.jacobian(network, torch.from_numpy(z)).numpy()


def second(z):
    """D²f `[M, N, N]`."""
    value = lambda x: torch.autograd.functional.jacobian(network, x, create_graph=True)
    return torch.autograd.functional.jacobian(value, torch.from_numpy(z)).numpy()


def curvature(z, directions):
    j, d2 = jacobian(z), second(z)
    normal_space = np.eye(M) - j @ np.linalg.pinv(j, rcond=1e-9)
    v = directions / np.linalg.norm(directions, axis=0)
    k = v.shape[1]
    images = j @ v
    speeds = np.linalg.norm(images, axis=0)
    acceleration = np.einsum("mij,ia,jb->mab", d2, v, v)
    form = np.einsum("lm,mab->lab", normal_space, acceleration)
    normal, geodesic, secant, turn = ([] for _ in range(4))
    for i in range(k):
        normal.append(np.linalg.norm(form[:, i, i]) / speeds[i] ** 2)
        tangent = acceleration[:, i, i] - form[:, i, i]
        unit = images[:, i] / speeds[i]
        geodesic.append(np.linalg.norm(tangent - (tangent @ unit) * unit) / speeds[i] ** 2)
        ends = [z + s * EPSILON * v[:, i] for s in (1, -1)]
        here = network(torch.from_numpy(z)).numpy()
        way = sum(np.linalg.norm(network(torch.from_numpy(end)).numpy() - here) for end in ends)
        far = [jacobian(end) @ v for end in ends]
        secant.append(sum(subspace_angles(f[:, [i]], j)[0] for f in far) / way)
        turn.append(sum(subspace_angles(f, images)[0] for f in far) / way)
    gram = images.T @ images
    sectional = [
        [
            None
            if a == b
            else (form[:, a, a] @ form[:, b, b] - form[:, a, b] @ form[:, a, b])
            / (gram[a, a] * gram[b, b] - gram[a, b] ** 2)
            for b in range(k)
        ]
        for a in range(k)
    ]
    mean = np.linalg.norm(np.einsum("lab,ab->l", form, np.linalg.inv(gram))) / k
    return {
        "speeds": speeds.tolist(),
        "normal": normal,
        "geodesic": geodesic,
        "secant": secant,
        "turn": turn,
        "sectional": sectional,
        "mean": mean,
        "rank": int(np.linalg.matrix_rank(j)),
    }


def main() -> None:
    z = rng.standard_normal(N)
    given = rng.standard_normal((N, 3))
    leading = np.linalg.svd(jacobian(z))[2].T[:, :4]
    golden = {
        "n": N,
        "hidden": HIDDEN,
        "m": M,
        "epsilon": EPSILON,
        "weights": [w.ravel().tolist() for w in (A, B, C)],
        "point": z.tolist(),
        "directions": given.ravel().tolist(),
        "given": curvature(z, given),
        "leading": curvature(z, leading),
    }
    TARGET.write_text(json.dumps(golden, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
