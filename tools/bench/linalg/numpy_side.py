"""NumPy's side: lines "case<tab>calls" on stdin, one JSON object per line on stdout; CPU time of this thread."""

import json
import sys
import time

import numpy as np

folder = sys.argv[1]
SHAPES = {"a512": (512, 512), "a1024": (1024, 1024), "a2048x512": (2048, 512), "tall": (200000, 64),
          "s4": (4, 4), "s512": (512, 512), "s1024": (1024, 1024), "p512": (512, 512)}
loaded = {}


def load(name):
    if name not in loaded:
        loaded[name] = np.fromfile(f"{folder}/{name}.f64").reshape(SHAPES[name])
    return loaded[name]


def library():
    try:
        from threadpoolctl import threadpool_info
        return "; ".join(f"{i['internal_api']} {i['version']} {i.get('architecture', '')} threads {i['num_threads']}"
                         for i in threadpool_info())
    except ImportError:
        blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
        return f"{blas['name']} {blas['version']}"


# LAPACK's own dgeqrf, in place on column-major data, where SciPy is there; else NumPy's wrapper with its copies.
try:
    from scipy.linalg.lapack import dgeqrf

    def r_only(a):
        return np.triu(dgeqrf(np.asfortranarray(a), lwork=64 * 64, overwrite_a=1)[0][:64])
    R_ONLY = "scipy dgeqrf"
except ImportError:
    def r_only(a):
        return np.linalg.qr(a, mode="r")
    R_ONLY = "numpy qr(mode='r')"


def reduced(a):
    return np.linalg.qr(a)[1]


CASES = {
    "SVD 512": ("a512", lambda a: np.linalg.svd(a, full_matrices=False), lambda x: x[1][0]),
    "SVD 512, values only": ("a512", lambda a: np.linalg.svd(a, compute_uv=False), lambda x: x[0]),
    "SVD 2048×512": ("a2048x512", lambda a: np.linalg.svd(a, full_matrices=False), lambda x: x[1][0]),
    "eigh 512": ("s512", np.linalg.eigh, lambda x: x[0][-1]),
    "eigh 1024": ("s1024", np.linalg.eigh, lambda x: x[0][-1]),
    "eigh 4×4": ("s4", np.linalg.eigh, lambda x: x[0][-1]),
    "QR 512": ("a512", np.linalg.qr, lambda x: abs(x[1][0, 0])),
    "Cholesky 512": ("p512", np.linalg.cholesky, lambda x: x[-1, -1]),
    "matmul 512": ("a512", lambda a: a @ a, lambda x: x[0, 0]),
    "matmul 1024": ("a1024", lambda a: a @ a, lambda x: x[0, 0]),
    "Gram 200k×64": ("tall", lambda a: a.T @ a, lambda x: x[0, 0]),
    "TSQR 200k×64, R only": ("tall", r_only, lambda x: abs(x[0, 0])),
}


def answer(value):
    print(json.dumps(value), flush=True)


answer({"name": "numpy", "version": np.__version__, "library": library(), "r_only": R_ONLY})
for line in sys.stdin:
    name, calls = line.rstrip("\n").split("\t")
    source, call, check = CASES[name]
    matrix = load(source)
    result = call(matrix)
    start = time.thread_time()
    for _ in range(int(calls)):
        result = call(matrix)
    ms = (time.thread_time() - start) * 1000 / int(calls)
    answer({"ms": ms, "check": float(check(result))})
