"""Exports small random generators from PyTorch with both exporters, and their derivatives in float64.

    python tools/reference/onnx/export_models.py packages/onnx/test/fixtures [NAME ...]

writes <name>_<exporter>.onnx and <name>.npz with z [2, d] (exact in float32), y [2, m] and J [2, m, d].
"""

import sys
from pathlib import Path

import numpy as np
import onnx
import torch

from networks import NETWORKS as PLAIN_NETWORKS
from style_networks import FIXED_BATCH, STYLE_NETWORKS

NETWORKS = PLAIN_NETWORKS | STYLE_NETWORKS


def build(name):
    torch.manual_seed(sum(map(ord, name)))
    network = NETWORKS[name]()
    with torch.no_grad():
        for module in network.modules():
            # Statistics and affine parameters as after training, not the identity that they start from.
            if isinstance(module, (torch.nn.BatchNorm2d, torch.nn.GroupNorm, torch.nn.InstanceNorm2d, torch.nn.LayerNorm)):
                if module.weight is not None:
                    module.weight.uniform_(0.5, 1.5)
                    module.bias.normal_(0, 0.3)
            if isinstance(module, torch.nn.BatchNorm2d):
                module.running_mean.normal_(0, 0.2)
                module.running_var.uniform_(0.05, 0.5)
    return network.eval()


def golden(network, path):
    z = torch.randn(2, network.latent, dtype=torch.float32).double()
    network = network.double()
    f = lambda point: network(point[None]).flatten()
    y = torch.stack([f(point) for point in z]).detach()
    jacobian = torch.stack([torch.autograd.functional.jacobian(f, point) for point in z])
    np.savez(path, z=z.numpy(), y=y.numpy(), J=jacobian.numpy())


def export(network, path, dynamo, fixed_batch):
    z = torch.zeros(1 if fixed_batch else 2, network.latent) + torch.arange(network.latent) / 10
    options = {"input_names": ["z"], "output_names": ["y"]}
    if dynamo:
        shapes = None if fixed_batch else ({0: torch.export.Dim("n", min=1, max=64)},)
        torch.onnx.export(network, (z,), path, dynamo=True, dynamic_shapes=shapes, external_data=False, verbose=False, **options)
        strip(path)
    else:
        axes = {} if fixed_batch else {"z": {0: "n"}, "y": {0: "n"}}
        torch.onnx.export(network, (z,), path, dynamo=False, opset_version=17, dynamic_axes=axes, **options)


def strip(path):
    """Takes out the stack traces that the exporter writes into every node: they name the author's folders."""
    model = onnx.load(path)
    for node in model.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    for value in [*model.graph.value_info, *model.graph.input, *model.graph.output]:
        del value.metadata_props[:]
    del model.graph.metadata_props[:]
    onnx.save(model, path)


def main(folder, names):
    for name in names or NETWORKS:
        network = build(name)
        for exporter in ("torchscript", "dynamo"):
            path = folder / f"{name}_{exporter}.onnx"
            export(network, path, exporter == "dynamo", name in FIXED_BATCH)
            onnx.checker.check_model(onnx.load(path))
            print(path.name, path.stat().st_size, sorted({node.op_type for node in onnx.load(path).graph.node}))
        golden(network, folder / f"{name}.npz")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
