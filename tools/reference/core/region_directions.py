"""Writes packages/core/test/region-directions.json: directions of a region by NumPy and SciPy, of seeded Jacobians
whose singular values fall. Deterministic. Needs numpy and scipy (the file at hand: 2.4.6, 1.17.1).

    python tools/reference/core/region_directions.py

`ignore` is an SVD of the rows inside the region, `keep` one of the same on the null space of the rows outside, `ratio`
`scipy.linalg.eigh` of the two metrics, whose leading pairs `scipy.sparse.linalg.lobpcg` must find as well.
"""

import json
from pathlib import Path

import numpy as np
from scipy.linalg import eigh, null_space
from scipy.sparse.linalg import lobpcg

TARGET = Path(__file__).resolve().parents[3] / "packages" / "core" / "test" / "region-directions.json"
TAU = 1e-3
LEADING = 4


def jacobian(rng: np.random.Generator, m: int, n: int, decay: float) -> np.ndarray:
    u, _ = np.linalg.qr(rng.standard_normal((m, n)))
    v, _ = np.linalg.qr(rng.standard_normal((n, n)))
    return (u * decay ** np.arange(n)) @ v.T


def case(seed: int, m: int, n: int, decay: float, soft: bool) -> dict:
    """Rows m/2 … of the Jacobian are inside; where weights are soft, each lies between 0 and 1."""
    rng = np.random.default_rng(seed)
    # Rounded to what the file says.
    j = jacobian(rng, m, n, decay).round(7)
    w = rng.uniform(size=m).round(3) if soft else (np.arange(m) >= m - m // 4).astype(float)
    inner, outer = j.T @ (w[:, None] * j), j.T @ ((1 - w)[:, None] * j)
    added = outer + TAU * np.trace(outer) * np.eye(n)
    quotients, vectors = eigh(inner, added)
    order = np.argsort(-quotients)[:LEADING]
    start = np.random.default_rng(1).standard_normal((n, LEADING + 2))
    again = lobpcg(inner, start, B=added, largest=True, tol=1e-10, maxiter=500)[0][:LEADING]
    np.testing.assert_allclose(again, quotients[order], rtol=1e-8)
    # The part of the space that moves the rest by more than a hundredth of the most.
    _, moved, right = np.linalg.svd(np.sqrt(1 - w)[:, None] * j)
    still = null_space(right[: int((moved > 0.01 * moved[0]).sum())])
    _, kept, kept_right = np.linalg.svd((np.sqrt(w)[:, None] * j) @ still, full_matrices=False)
    _, alone, alone_right = np.linalg.svd(np.sqrt(w)[:, None] * j, full_matrices=False)
    unit = vectors[:, order] / np.linalg.norm(vectors[:, order], axis=0)
    return {
        "shape": [m, n],
        "jacobian": rounded(j.ravel()),
        "weights": rounded(w),
        "ignore": {"values": rounded(alone[:LEADING]), "vectors": rounded(alone_right[:LEADING])},
        "keep": {
            "kept": still.shape[1],
            "values": rounded(kept[:LEADING]),
            "vectors": rounded((still @ kept_right[:LEADING].T).T),
        },
        "ratio": {"values": rounded(quotients[order]), "vectors": rounded(unit.T)},
    }


def rounded(a: np.ndarray) -> list:
    return a.round(12).tolist()


def main() -> None:
    cases = [case(3, 60, 36, 0.75, False), case(4, 60, 36, 0.75, True)]
    TARGET.write_text(json.dumps(cases, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
