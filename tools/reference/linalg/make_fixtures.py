"""Writes packages/linalg/test/fixtures: NumPy's own files, NumPy's decompositions, and singular values
computed with 300 digits. Deterministic. Needs numpy (the fixtures at hand: 2.4.6), mpmath (1.3.0) and safetensors.

    python tools/reference/linalg/make_fixtures.py
"""

from pathlib import Path

import mpmath
import numpy as np
from safetensors.numpy import save_file

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


def bidiagonal(diagonal: np.ndarray, above: np.ndarray) -> np.ndarray:
    return np.diag(diagonal) + np.diag(above, 1)


def glued_wilkinson(copies: int, glue: float) -> np.ndarray:
    """Copies of W21+ on the diagonal, joined by `glue`: eigenvalues in clusters of nearly equal ones."""
    n = 21 * copies
    diagonal = np.tile(np.abs(np.arange(21) - 10.0), copies)
    beside = np.where(np.arange(1, n) % 21 == 0, glue, 1.0)
    return np.diag(diagonal) + np.diag(beside, 1) + np.diag(beside, -1)


def exact_eigenvalues(a: np.ndarray) -> np.ndarray:
    with mpmath.workdps(40):
        values = mpmath.eigsy(mpmath.matrix(a.tolist()), eigvals_only=True)
        return np.array(sorted((float(x) for x in values), reverse=True))


def write_collection() -> None:
    """The classics: singular values s of general matrices, eigenvalues w of symmetric ones."""
    i = np.arange(12)
    rng = np.random.default_rng(13)
    general = {
        "hilbert": 1 / (i[:, None] + i + 1.0),
        "lotkin": np.where(i[:, None] == 0, 1.0, 1 / (i[:, None] + i + 1.0)),
        "frank": np.array([[12.0 - max(r, c) if c >= r - 1 else 0.0 for c in i] for r in i]),
        "vandermonde": np.vander(np.linspace(0.1, 1.2, 12), increasing=True),
        "lauchli": np.vstack([np.ones(12), 1e-8 * np.eye(12)]),
        # Golub and Kahan's graded bidiagonals.
        "graded-down": bidiagonal(10.0 ** -np.arange(16), 10.0 ** -np.arange(15)),
        "graded-up": bidiagonal(10.0 ** np.arange(-15, 1), 10.0 ** np.arange(-15, 0)),
        "kahan": kahan(48, 1.2),
        "deficient": rng.integers(-3, 4, (14, 3)).astype(float) @ rng.integers(-3, 4, (3, 9)),
        "columns-1e-14": rng.standard_normal((30, 20)) * np.logspace(0, -14, 20),
    }
    pascal = np.array([[float(mpmath.binomial(r + c, r)) for c in i] for r in i])
    symmetric = {"glued": glued_wilkinson(3, 1e-7), "pascal": pascal, "moler": np.minimum.outer(i, i) - 1.0}
    symmetric["moler"][i, i] = i + 1.0
    out = {}
    for name, a in general.items():
        out |= {f"{name}/a": a, f"{name}/s": exact_singular_values(a)}
    for name, a in symmetric.items():
        out |= {f"{name}/a": a, f"{name}/w": exact_eigenvalues(a)}
    np.savez_compressed(FIXTURES / "collection.npz", **out)


def write_safetensors() -> None:
    """By the reference implementation (0.8.0 at hand). Needs safetensors."""
    whole = np.arange(24).reshape(2, 3, 4)
    types = ["f8", "f4", "f2", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1"]
    tensors = {f"t-{name}": (whole * (0.5 if name[0] == "f" else 1)).astype(name) for name in types}
    tensors |= {"scalar": np.float32(1.5), "empty": np.zeros((0, 4)), "truth": np.array([True, False])}
    tensors |= {"10": np.arange(3.0), "9": np.arange(2.0), "é": np.ones(1, np.float32)}
    tensors = {name: np.asarray(array) for name, array in tensors.items()}
    for file, left_out in [("all", []), ("writable", ["t-f2", "truth"])]:
        chosen = {name: array for name, array in tensors.items() if name not in left_out}
        save_file(chosen, FIXTURES / f"{file}.safetensors", metadata={"origin": "safetensors"})


if __name__ == "__main__":
    write_npy_files()
    write_numpy_decompositions()
    write_exact_singular_values()
    write_collection()
    write_safetensors()
