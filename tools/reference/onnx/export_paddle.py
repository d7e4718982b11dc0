"""Exports a small generator of PaddlePaddle by paddle2onnx, with its derivative in float64.

    python tools/reference/onnx/export_paddle.py packages/onnx/test/fixtures

Without LeakyReLU and GroupNorm: paddle2onnx 2.1.0 writes 0 for the slope of the one and the epsilon of the other.

writes paddle.onnx and paddle.npz with z [2, d], y [2, m] and J [2, m, d].
"""

import sys
from pathlib import Path

import numpy as np
import onnx
import paddle
from paddle import nn


def build():
    return nn.Sequential(
        nn.Linear(6, 8 * 2 * 2),
        nn.Swish(),
        nn.Unflatten(1, [8, 2, 2]),
        nn.Conv2DTranspose(8, 6, 4, stride=2, padding=1),
        nn.BatchNorm2D(6),
        nn.Hardswish(),
        nn.Upsample(size=[8, 8], mode="bilinear"),
        nn.Conv2D(6, 4, 3, padding=1),
        nn.Sigmoid(),
        nn.Conv2D(4, 3, 3, padding=1),
        nn.Tanh(),
    )


def main(folder):
    paddle.seed(7)
    rng = np.random.default_rng(7)
    network = build()
    for tensor in [*network.parameters(), *network.buffers()]:
        tensor.set_value((tensor.numpy() * (1 + 0.3 * rng.random(tensor.shape)) + 0.1 * rng.random(tensor.shape)).astype("float32"))
    network.eval()
    spec = [paddle.static.InputSpec([None, 6], "float32", "z")]
    paddle.onnx.export(network, str(folder / "paddle"), input_spec=spec)
    model = onnx.load(folder / "paddle.onnx")
    print(len(model.SerializeToString()), [node.op_type for node in model.graph.node])

    exact = network.to(dtype="float64")
    z = rng.standard_normal((2, 6)).astype(np.float32).astype(np.float64)
    y, jacobian = [], []
    for point in z:
        x = paddle.to_tensor(point, stop_gradient=False)
        value = exact(x[None]).flatten()
        rows = [paddle.grad(value[i], x, retain_graph=True)[0].numpy() for i in range(value.shape[0])]
        y.append(value.numpy())
        jacobian.append(np.stack(rows))
    np.savez(folder / "paddle.npz", z=z, y=np.stack(y), J=np.stack(jacobian))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
