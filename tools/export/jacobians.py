"""For tests: an exported file's image and Jacobian against PyTorch's, in double precision."""

import copy
import shutil
import subprocess
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

CLI = Path(__file__).parents[2] / "packages" / "cli"


def open_file(path: Path) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


def doubled(module: torch.nn.Module) -> torch.nn.Module:
    return copy.deepcopy(module).double()


def relative(value: np.ndarray, truth: torch.Tensor) -> float:
    return float(np.linalg.norm(value - truth.numpy()) / np.linalg.norm(truth.numpy()))


def image_error(module: torch.nn.Module, path: Path, x: torch.Tensor) -> float:
    """Relative distance of the file's output from the module's, for the codes x [n, …]."""
    with torch.no_grad():
        *_, truth = doubled(module)(x.double()).values()
    session = open_file(path)
    (value,) = session.run(None, {session.get_inputs()[0].name: x.numpy()})
    return relative(value, truth)


def jacobian_error(path: Path, function, point: torch.Tensor, source="z", target="image", mode="jvp") -> float:
    """Relative distance of Vielbein's Jacobian of the file at a point [1, …], by columns (jvp) or rows, from `function`'s."""
    if shutil.which("node") is None or not (CLI / "dist" / "bin.js").exists():
        pytest.skip("Jacobians need Node and the built command line: npx tsc -b packages/cli")
    derivative = path.with_suffix(f".{mode}.onnx")
    options = ["--from", source, "--to", target, "--mode", mode, "--out", derivative]
    subprocess.run(["node", CLI / "bin" / "vielbein.js", "derive", path, *options], check=True, capture_output=True)
    session = open_file(derivative)
    at, vectors = session.get_inputs()
    _, products = session.get_outputs()
    space = vectors.shape[1:]
    units = np.eye(int(np.prod(space)), dtype=np.float32).reshape(-1, *space)
    (found,) = session.run([products.name], {at.name: point.numpy(), vectors.name: units})
    found = found.reshape(len(units), -1)
    truth = torch.func.jacrev(function, chunk_size=64)(point.double()).detach().reshape(-1, point.numel())
    return relative(found.T if mode == "jvp" else found, truth)
