"""Writes packages/linalg/test/fixtures: NumPy's own files, NumPy's decompositions, and singular values
computed with 300 digits. Deterministic. Needs numpy (the fixtures at hand: 2.4.6) and mpmath (1.3.0).

    python tools/reference/linalg/make_fixtures.py
"""

from pathlib import Path

import mpmath
import numpy as np

FIXTURES = Path(__file__).resolve().parents[3] / "packages" / "linalg" / "test" / "fixtures"


def write_npy_files() -> None:
    """One array, -3, -2.5, ..., 8.5 of shape [2, 3, 4] (integers: 0 ... 23), in every supported type."""
    folder = FIXTURES / "npy"
    folder.mkdir(parents=True, exist_ok=True)
    halves = np.arange(24).reshape(2, 3, 4) * 0.5 - 3
    whole = np.arange(24).reshape(2, 3, 4)
    for dtype in ["<f2", "<f4", "<f8", ">f2", ">f4", ">f8"]:
        np.save(folder / f"{'big-' if dtype[0] == '>' else ''}{dtype[1:]}.npy", halves.astype(dtype))
    for dtype in ["<i4", "<i8", "|u1", ">i4", ">i8"]:
        np.save(folder / f"{'big-' if dtype[0] == '>' else ''}{dtype[1:]}.npy", whole.astype(dtype))
    np.save(folder / "fortran.npy", np.asfortranarray(halves))
    np.save(folder / "scalar.npy", np.float64(1.5))
    np.save(folder / "vector.npy", np.array([1, 2, 3], np.float32))
    np.save(folder / "empty.npy", np.zeros((0, 4)))
    special = [0.0, -0.0, np.inf, -np.inf, np.nan, 2.0**-24, 2.0**-14, 65504.0, -1 / 3]
    np.save(folder / "special-f2.npy", np.array(special, np.float16))
    np.save(folder / "bool.npy", np.array([True, False]))
    np.save(folder / "object.npy", np.array([{"a": 1}, None], object), allow_pickle=True)
    np.save(folder / "record.npy", np.zeros(2, [("x", "<f4"), ("y", "<i4")]))
    with open(folder / "version2.npy", "wb") as file:
        np.lib.format.write_array(file, halves, version=(2, 0))
    arrays = {"halves": halves, "whole": whole.astype(np.int64)}
    np.savez(FIXTURES / "stored.npz", **arrays)
    np.savez_compressed(FIXTURES / "deflated.npz", **arrays)


def write_numpy_decompositions() -> None:
    rng = np.random.default_rng(7)
    out = {}
    for m, n in [(12, 7), (7, 12), (16, 16)]:
        name = f"{m}x{n}"
        a = rng.standard_normal((m, n))
        u, s, vt = np.linalg.svd(a, full_matrices=False)
        out |= {f"{name}/a": a, f"{name}/u": u, f"{name}/s": s, f"{name}/v": vt.T.copy()}
        q, r = np.linalg.qr(a)
        out |= {f"{name}/q": q, f"{name}/r": r}
    symmetric = rng.standard_normal((15, 15))
    symmetric = symmetric + symmetric.T
    values, vectors = np.linalg.eigh(symmetric)
    out |= {"eigh/a": symmetric, "eigh/values": values[::-1].copy(), "eigh/vectors": vectors[:, ::-1].copy()}
    np.savez_compressed(FIXTURES / "numpy.npz", **out)


def kahan(n: int, theta: float) -> np.ndarray:
    s, c = np.sin(theta), np.cos(theta)
    return np.diag(s ** np.arange(n)) @ (np.eye(n) - c * np.triu(np.ones((n, n)), 1))


def exact_singular_values(a: np.ndarray) -> np.ndarray:
    """Of the float64 matrix as it stands, correctly rounded."""
    with mpmath.workdps(300):
        s = mpmath.svd_r(mpmath.matrix(a.tolist()), compute_uv=False)
        return np.array([float(x) for x in s])


def write_exact_singular_values() -> None:
    rng = np.random.default_rng(11)
    grades = np.logspace(0, -14, 24)
    b = rng.standard_normal((24, 24))
    matrices = {
        "kahan": kahan(64, 1.2),
        "hilbert": 1 / (np.arange(10)[:, None] + np.arange(10) + 1.0),
        "columns": b * grades,
        "columns-reversed": b * grades[::-1],
        "rows": b * grades[:, None],
        "both": grades[::-1, None] * b * grades**2,
        "tall": rng.standard_normal((40, 12)) * np.logspace(0, -200, 12),
        "jacobian": (rng.standard_normal((30, 20)) * np.logspace(0, -6, 20)).astype(np.float32).astype(float),
    }
    out = {}
    for name, a in matrices.items():
        out |= {f"{name}/a": a, f"{name}/s": exact_singular_values(a)}
    np.savez_compressed(FIXTURES / "exact.npz", **out)


if __name__ == "__main__":
    write_npy_files()
    write_numpy_decompositions()
    write_exact_singular_values()
