# PyTorch's side of the metric benchmark: a child process that takes one JSON command a line on stdin and answers with one
# JSON line on stdout. Times are processor time of the process, all threads together.

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "common"))

import numpy as np
import torch
from scipy.sparse.linalg import LinearOperator, eigsh
from torch_graph import load as load_graph
from answering import answer

state = {}
# Tangents at once: of 5, 10, 20, 50 and 100 the best for both ways.
CHUNK = 50


def gradient_graph(f, z):
    """∂D/∂z with its graph, D = ‖f(z) − f(z₀)‖², at z₀: what the reference differentiates again."""
    here = z.clone().requires_grad_()
    with torch.no_grad():
        origin = f(z)
    distance = (f(here) - origin).square().sum()
    (gradient,) = torch.autograd.grad(distance, here, create_graph=True)
    return here, gradient[0]


def double_backward(f, z):
    """"BP" of Wang & Ponce: the Hessian row by row."""
    here, gradient = gradient_graph(f, z)
    rows = [torch.autograd.grad(g, here, retain_graph=True)[0][0] for g in gradient]
    return np.linalg.eigvalsh(torch.stack(rows).double().numpy())[::-1]


def lanczos(f, z):
    """"BackwardIter" of Wang & Ponce with its defaults: ARPACK on products of the Hessian, n/2 − 1 eigenvalues."""
    here, gradient = gradient_graph(f, z)
    n = z.shape[1]

    def product(v):
        vector = torch.from_numpy(np.asarray(v, dtype=np.float32)).reshape(-1)
        return torch.autograd.grad(gradient @ vector, here, retain_graph=True)[0][0].double().numpy()

    k = n // 2 - 1
    operator = LinearOperator((n, n), matvec=product)
    return eigsh(operator, k, ncv=min(2 * k, n - 1), maxiter=20, tol=1e-6, return_eigenvectors=False)[::-1]


def spectrum(columns):
    exact = columns.double()
    return np.linalg.eigvalsh((2 * exact @ exact.T).numpy())[::-1]


def vectorised(f, z):
    """torch.func.jvp under vmap, in chunks; then 2·JᵀJ in float64."""
    push = lambda t: torch.func.jvp(lambda x: f(x[None])[0], (z[0],), (t,))[1]
    with torch.no_grad():
        return spectrum(torch.func.vmap(push, chunk_size=CHUNK)(torch.eye(z.shape[1])))


def batched(f, z):
    """torch.func.jvp of a batch that repeats z, a tangent for each of them: the fastest that we found."""
    parts = []
    with torch.no_grad():
        for tangents in torch.eye(z.shape[1]).split(CHUNK):
            parts.append(torch.func.jvp(f, (z.repeat(len(tangents), 1),), (tangents,))[1])
    return spectrum(torch.cat(parts))


WAYS = {"double backward": double_backward, "Lanczos": lanczos, "jvp and vmap": vectorised, "jvp of a batch": batched}


def start(command):
    torch.set_num_threads(command["threads"])
    return {"torch": torch.__version__}


def load(command):
    z = torch.tensor([command["point"]], dtype=torch.float32)
    generator = load_graph(command["generator"], z)
    with torch.no_grad():
        image = generator(z)
        features = load_graph(command["features"], image)
        value = features(generator(z))[0]
    state.update(f=lambda x: features(generator(x)), z=z)
    return {"value": value.tolist()}


def measure(command):
    before = time.process_time_ns()
    values = WAYS[command["way"]](state["f"], state["z"])
    return {"ms": (time.process_time_ns() - before) / 1e6, "eigenvalues": [float(x) for x in values[:8]]}


answer({"start": start, "load": load, "measure": measure})
