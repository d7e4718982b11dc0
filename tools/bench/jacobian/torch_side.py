# PyTorch's side of the Jacobian benchmark: a child process that takes one JSON command a line on stdin and
# answers with one JSON line on stdout. It times its own calls, so that the pipe costs it nothing.

import copy
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "common"))

import numpy as np
import torch
from torch_networks import Faces, MappingNetwork, export_mapping_network
from answering import answer

state = {}


def batched_backward(f, z):
    """The way of LocalBasis: z repeated d_out times, one forward, one backward with the identity."""
    count = f(z).shape[1]
    repeated = z.repeat(count, 1).requires_grad_()
    (rows,) = torch.autograd.grad(f(repeated), repeated, grad_outputs=torch.eye(count, dtype=z.dtype))
    return rows


WAYS = {
    "jacfwd": lambda f, z: torch.func.jacfwd(lambda x: f(x[None])[0])(z[0]),
    "jacrev": lambda f, z: torch.func.jacrev(lambda x: f(x[None])[0])(z[0]),
    "batched backward": batched_backward,
    "reverse loop": lambda f, z: torch.autograd.functional.jacobian(lambda x: f(x)[0], z)[:, 0],
}


def start(command):
    torch.set_num_threads(command["threads"])
    return {"torch": torch.__version__, "python": sys.version.split()[0]}


def export(command):
    export_mapping_network(command["path"])
    return {}


def load(command):
    """Sets the network and the point; the truth is the same network in float64."""
    network = MappingNetwork() if command["network"] == "mapping" else Faces(command["path"])
    z = torch.tensor([command["point"]], dtype=torch.float32)
    state.update(f=network.eval(), z=z)
    with torch.no_grad():
        value = network(z)[0]
    exact = copy.deepcopy(network).double()
    state["truth"] = torch.func.jacfwd(lambda x: exact(x[None])[0])(z[0].double())
    return {"value": value.tolist()}


def measure(command):
    """Milliseconds of each of `calls` calls, after one that is not counted."""
    way = WAYS[command["way"]]
    times = []
    for _ in range(command["calls"] + command["warmup"]):
        before = time.perf_counter_ns()
        state["last"] = way(state["f"], state["z"])
        times.append((time.perf_counter_ns() - before) / 1e6)
    return {"ms": times[command["warmup"] :]}


def error(command):
    """Relative Frobenius error of the last Jacobian measured, or of one in a file of float64."""
    if "path" in command:
        found = torch.from_numpy(np.fromfile(command["path"], dtype=np.float64)).reshape(state["truth"].shape)
    else:
        found = state["last"].double()
    return {"error": float(torch.linalg.norm(found - state["truth"]) / torch.linalg.norm(state["truth"]))}


answer({"start": start, "export": export, "load": load, "measure": measure, "error": error})
