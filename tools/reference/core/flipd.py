"""Writes packages/core/test/dimension/flipd.json: the local dimension of mixtures of Gaussians on subspaces by the equation of
FLIPD, from the log-density alone. The score and its divergence come from automatic differentiation of the density that
torch.distributions computes, in float64: no formula of a denoiser is used. Needs torch.

    python tools/reference/core/flipd.py
"""

import json
from pathlib import Path

import torch

torch.set_default_dtype(torch.float64)
torch.manual_seed(0)


def subspace(dim, rank):
    return torch.linalg.qr(torch.randn(dim, max(rank, 1)))[0][:, :rank]


def component(weight, mean, basis, variances):
    return {"weight": weight, "mean": mean, "basis": basis, "variances": torch.tensor(variances)}


def log_density(parts, sigma):
    def at(x):
        logs = []
        for part in parts:
            u = part["basis"]
            covariance = u @ torch.diag(part["variances"]) @ u.T + sigma**2 * torch.eye(len(x))
            normal = torch.distributions.MultivariateNormal(part["mean"], covariance)
            logs.append(torch.log(torch.tensor(part["weight"])) + normal.log_prob(x))
        return torch.logsumexp(torch.stack(logs), 0)

    return at


def lid(parts, x, sigma):
    density = log_density(parts, sigma)
    score = torch.func.grad(density)(x)
    divergence = torch.trace(torch.func.hessian(density)(x))
    return (len(x) + sigma**2 * (divergence + score @ score)).item()


def case(name, parts, points, sigmas):
    return {
        "name": name,
        "dim": len(parts[0]["mean"]),
        "components": [{k: v.tolist() if torch.is_tensor(v) else v for k, v in p.items()} for p in parts],
        "points": [x.tolist() for x in points],
        "sigmas": sigmas,
        "dimension": [[lid(parts, x, s) for x in points] for s in sigmas],
    }


def on(part, seed):
    generator = torch.Generator().manual_seed(seed)
    z = torch.randn(part["basis"].shape[1], generator=generator)
    return part["mean"] + part["basis"] @ (part["variances"].sqrt() * z)


flat = component(1.0, torch.randn(8), subspace(8, 3), [1.0, 0.5, 2.0])
# A point, a stick and a sheet, apart from each other.
centres = 4 * torch.eye(6)
lollipop = [
    component(0.2, centres[0], subspace(6, 0), []),
    component(0.3, centres[1], subspace(6, 1), [1.0]),
    component(0.5, centres[2], subspace(6, 2), [1.0, 1.0]),
]
finite = [component(0.25, torch.randn(5), subspace(5, 0), []) for _ in range(4)]

cases = [
    case("a Gaussian on a subspace", [flat], [on(flat, 1), on(flat, 2), torch.randn(8)], [0.02, 0.1, 0.5]),
    case("a point, a line and a plane", lollipop, [on(p, 3) for p in lollipop], [0.02, 0.1, 0.5]),
    case("a finite training set", finite, [finite[0]["mean"], finite[1]["mean"], torch.randn(5)], [0.02, 0.1, 0.5]),
]
target = Path(__file__).parents[3] / "packages/core/test/dimension/flipd.json"
target.write_text(json.dumps(cases, indent=1) + "\n")
