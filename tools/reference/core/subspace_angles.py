"""Writes packages/core/test/grassmann/subspace-angles.json: principal angles by SciPy of seeded pairs of subspaces.
Deterministic. Needs numpy and scipy (the file at hand: 2.4.6, 1.17.1).

    python tools/reference/core/subspace_angles.py
"""

import json
from pathlib import Path

import numpy as np
from scipy.linalg import subspace_angles

TARGET = (
    Path(__file__).resolve().parents[3] / "packages" / "core" / "test" / "grassmann" / "subspace-angles.json"
)


def main() -> None:
    rng = np.random.default_rng(7)
    cases = []
    for n, k, l, shift in [(5, 1, 1, 1), (8, 3, 3, 1), (8, 4, 2, 1), (10, 3, 3, 1e-6), (10, 3, 5, 1e-9)]:
        a = rng.standard_normal((n, max(k, l)))
        b = a[:, :l] + shift * rng.standard_normal((n, l))
        a = a[:, :k]
        angles = np.sort(subspace_angles(a, b))
        cases.append(
            {"n": n, "k": k, "l": l, "a": a.ravel().tolist(), "b": b.ravel().tolist(), "angles": angles.tolist()}
        )
    TARGET.write_text(json.dumps(cases, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
