# PyTorch's side of the benchmark of derivatives: one JSON command a line on stdin, one JSON line on stdout.

import resource
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "common"))

import torch
from torch_networks import Dcgan, LatentDecoder, StyleGan2
from answering import answer

state = {}
networks = {"dcgan": Dcgan, "stylegan2": StyleGan2, "latent": LatentDecoder}


def jvps(network):
    return lambda z, vectors: torch.vmap(lambda v: torch.func.jvp(network, (z,), (v,))[1])(vectors)


def vjps(network):
    def products(z, vectors):
        _, pull = torch.func.vjp(network, z)
        return torch.vmap(lambda u: pull(u)[0])(vectors)

    return products


def start(command):
    torch.set_num_threads(command["threads"])
    state["device"] = command.get("device", "cpu")
    return {"torch": torch.__version__, "cuda": torch.cuda.is_available()}


def load(command):
    device = state["device"]
    network = networks[command["network"].split("-")[0]](command["path"]).eval().to(device)
    z = torch.tensor(command["point"], dtype=torch.float32, device=device).reshape(1, *command.get("shape", [-1]))
    with torch.no_grad():
        value = network(z)
    state.clear()
    state.update(device=device, network=network, z=z, shape=value.shape, ways={})
    return {"value": value.flatten()[:: command.get("stride", 1)].tolist()}


def way(kind, compiled):
    if (kind, compiled) not in state["ways"]:
        plain = {"primal": lambda z, _: state["network"](z), "jvp": jvps(state["network"]), "vjp": vjps(state["network"])}[kind]
        state["ways"][kind, compiled] = torch.compile(plain) if compiled else plain
    return state["ways"][kind, compiled]


def measure(command):
    """Milliseconds of one call, after `warmup` that are not counted; `error` where PyTorch cannot do it."""
    kind, k = command["kind"], command["k"]
    z = state["z"]
    shape = z.shape if kind == "jvp" else state["shape"]
    vectors = torch.randn(k, *shape, generator=torch.Generator().manual_seed(k)).to(z.device)
    call = way(kind, command["compiled"])
    try:
        with torch.no_grad():
            for _ in range(command["warmup"]):
                call(z, vectors)
            settle()
            before = time.perf_counter_ns()
            call(z, vectors)
            settle()
            return {"ms": (time.perf_counter_ns() - before) / 1e6}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}".splitlines()[0][:200]}


def settle():
    """Waits for what the graphics processor has under way."""
    if state["device"].startswith("cuda"):
        torch.cuda.synchronize()


def peak(_):
    """Largest resident memory of the process so far, in MiB."""
    return {"mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


answer({"start": start, "load": load, "measure": measure, "peak": peak})
