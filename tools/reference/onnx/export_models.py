"""Exports small random generators from PyTorch with both exporters, and their derivatives in float64.

    python tools/reference/onnx/export_models.py packages/onnx/test/fixtures [NAME ...]

writes <name>_<exporter>.onnx and <name>.npz with z [2, d] (exact in float32), y [2, m] and J [2, m, d]; of networks
with many inputs some columns [2, c, m] and rows [2, r, d] of J, and their indices. Points lie off kinks: there, PyTorch
in float32 agrees. Of networks in TWICE also <name>_hessian.npz: see `second_order`.
"""

import copy
import sys
from pathlib import Path

import numpy as np
import onnx
import torch

from family_networks import FAMILY_FIXED_BATCH, FAMILY_NETWORKS
from networks import NETWORKS as PLAIN_NETWORKS
from operator_networks import EXPORTERS, OPERATOR_FIXED_BATCH, OPERATOR_NETWORKS, OPSETS
from style_networks import FIXED_BATCH, STYLE_NETWORKS

NETWORKS = PLAIN_NETWORKS | STYLE_NETWORKS | OPERATOR_NETWORKS | FAMILY_NETWORKS
TWICE = {"vae_attention"}
# From how many inputs on only some columns and rows are kept, and how many.
MANY, KEPT = 100, 4


def build(name, networks=NETWORKS):
    torch.manual_seed(sum(map(ord, name)))
    network = networks[name]()
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


def jacobian(network, point):
    return torch.func.jacrev(lambda x: network(x[None]).flatten())(point).detach()


def smooth_point(network):
    """A point where PyTorch finds the same derivative in float32: no unit lies within rounding of its kink."""
    exact = copy.deepcopy(network).double()
    while True:
        point = torch.randn(network.latent)
        truth = jacobian(exact, point.double())
        if torch.linalg.norm(jacobian(network, point) - truth) < 1.5e-6 * torch.linalg.norm(truth):
            return point.double(), truth


def golden(network, path):
    points, jacobians = zip(*(smooth_point(network) for _ in range(2)))
    z, J = torch.stack(points), torch.stack(jacobians)
    exact = network.double()
    y = torch.stack([exact(point[None]).flatten() for point in points]).detach()
    if network.latent <= MANY:
        return np.savez(path, z=z.numpy(), y=y.numpy(), J=J.numpy())
    columns, rows = largest(J.norm(dim=1)), largest(J.norm(dim=2))
    points = torch.arange(2)[:, None]
    arrays = {"columns": columns.double(), "rows": rows.double(), "J_columns": J.mT[points, columns], "J_rows": J[points, rows]}
    np.savez(path, z=z.numpy(), y=y.numpy(), **{name: array.numpy() for name, array in arrays.items()})


def largest(norms):
    """Indices of some of the larger of norms [2, extent], spread over them: most rows of a ReLU network are zero."""
    order = norms.argsort(dim=1, descending=True)
    return order[:, torch.linspace(0, norms.shape[1] // 8, KEPT).long()]


def second_order(network, z, path):
    """At z [d], for weights u [m], a target t [m] and vectors v [k, d]: the gradient of uᵀf and its Hessian times v; the
    gradient of ½‖f − t‖² and its Hessian times v."""
    network = network.double()
    f = lambda point: network(point[None]).flatten()
    y = f(z).detach()
    u, t, v = torch.cos(3 * torch.arange(len(y)).double()), y + 0.3 * torch.sin(torch.arange(len(y)).double()), torch.randn(3, len(z)).double()
    arrays = {"z": z, "u": u, "t": t, "v": v}
    for name, scalar in (("weighted", lambda x: u @ f(x)), ("squares", lambda x: (f(x) - t).square().sum() / 2)):
        gradient = torch.func.grad(scalar)
        arrays[f"{name}_gradient"] = gradient(z)
        arrays[f"{name}_products"] = torch.stack([torch.func.jvp(gradient, (z,), (w,))[1] for w in v])
    np.savez(path, **{name: array.detach().numpy() for name, array in arrays.items()})


def export(network, path, dynamo, fixed_batch, opset):
    z = torch.zeros(1 if fixed_batch else 2, network.latent) + torch.arange(network.latent) / 10
    options = {"input_names": ["z"], "output_names": ["y"]}
    if dynamo:
        shapes = None if fixed_batch else ({0: torch.export.Dim("n", min=1, max=64)},)
        torch.onnx.export(network, (z,), path, dynamo=True, dynamic_shapes=shapes, opset_version=opset, external_data=False, verbose=False, **options)
        strip(path)
    else:
        axes = {} if fixed_batch else {"z": {0: "n"}, "y": {0: "n"}}
        torch.onnx.export(network, (z,), path, dynamo=False, opset_version=opset or 17, dynamic_axes=axes, **options)


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
        for exporter in EXPORTERS.get(name, ("torchscript", "dynamo")):
            path = folder / f"{name}_{exporter}.onnx"
            export(network, path, exporter == "dynamo", name in FIXED_BATCH | OPERATOR_FIXED_BATCH | FAMILY_FIXED_BATCH, OPSETS.get((name, exporter)))
            onnx.checker.check_model(onnx.load(path))
            print(path.name, path.stat().st_size, sorted({node.op_type for node in onnx.load(path).graph.node}))
        golden(network, folder / f"{name}.npz")
        if name in TWICE:
            z = torch.from_numpy(np.load(folder / f"{name}.npz")["z"][0])
            second_order(network, z, folder / f"{name}_hessian.npz")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
