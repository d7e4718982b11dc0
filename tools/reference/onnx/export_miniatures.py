"""Exports miniatures of families of generators from PyTorch, and what their derivatives do to some vectors, in float64.

    python tools/reference/onnx/export_miniatures.py packages/onnx/test/fixtures [NAME ...]

A network has a `code`, the name and the shape of its first input, and `others`, values of its further inputs by name.
Where it has `write`, it exports itself. Where it has `decode`, its inputs are integers, and the code is what `decode` takes: the tensor behind the embedding.

writes <name>_<exporter>.onnx and <name>.npz with the code z [d] (exact in float32), the further inputs, the value f [m]; for
vectors v [2, d] and weights u [m] the products J·v [2, m], the gradient of uᵀf [d] and its Hessian times v [2, d].
"""

import sys
from pathlib import Path

import numpy as np
import onnx
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

from conditional_style_networks import CONDITIONAL_STYLE_NETWORKS
from denoisers import DENOISERS
from export_models import build, strip
from field_networks import FIELD_NETWORKS
from latent_decoders import LATENT_DECODERS
from published_networks import PUBLISHED_NETWORKS
from sound_networks import SOUND_NETWORKS
from token_networks import TOKEN_NETWORKS

MINIATURES = LATENT_DECODERS | DENOISERS | SOUND_NETWORKS | FIELD_NETWORKS | TOKEN_NETWORKS | CONDITIONAL_STYLE_NETWORKS | PUBLISHED_NETWORKS
# Both exporters, the batch open, unless said otherwise. The newer one cannot trace EnCodec, and takes the 1e-15 that keeps
# the attention of AutoencoderDC from dividing by zero for 0.
EXPORTERS = {"melody_loop": ("torchscript",), "token_decoder": ("torchscript",), "encodec_published": ("torchscript",), "deep_compression_vae": ("torchscript",)}
FIXED_BATCH = {"stylegan_xl", "gigagan"}


def of_code(network, others):
    """The map of one code [d] to the output [m], the further inputs fixed."""
    shape = network.code[1]
    if hasattr(network, "decode"):
        return lambda z: network.decode(z.reshape(1, *shape)).flatten()
    return lambda z: network(z.reshape(1, *shape), *others.values()).flatten()


def products(f, z, u, v):
    """f, its derivative times v, and uᵀf's gradient and Hessian times v. Reverse mode throughout, which every operator has."""
    tangents = torch.stack([torch.autograd.functional.jvp(f, z, w)[1] for w in v])
    z = z.clone().requires_grad_()
    y = f(z)
    (gradient,) = torch.autograd.grad(u @ y, z, create_graph=True)
    seconds = [torch.autograd.grad(gradient @ w, z, retain_graph=True)[0] for w in v]
    return {"value": y, "forward": tangents, "weighted_gradient": gradient, "weighted_products": torch.stack(seconds)}


def golden(network, exact, path):
    """At a point where PyTorch finds the same derivative in float32: no unit lies within rounding of its kink."""
    others = getattr(network, "others", {})
    precise = {name: value.double() if value.is_floating_point() else value for name, value in others.items()}
    single, double = of_code(network, others), of_code(exact.double(), precise)
    size = int(np.prod(network.code[1]))
    for attempt in range(100):
        z, v = torch.randn(size), torch.randn(2, size)
        u = torch.cos(3 * torch.arange(len(double(z.double())))).float()
        exact = products(double, z.double(), u.double(), v.double())
        rounded = products(single, z, u, v)
        errors = {name: float(torch.linalg.norm(rounded[name] - value) / torch.linalg.norm(value).clamp(min=1e-9)) for name, value in exact.items()}
        if max(errors["forward"], errors["weighted_gradient"]) < 2e-6:
            break
    print(path.name, attempt, {name: f"{error:.1e}" for name, error in errors.items()})
    arrays = {"z": z.double(), "u": u.double(), "v": v.double(), **precise, **exact}
    np.savez(path, **{name: array.detach().numpy() for name, array in arrays.items()})


def export(network, path, dynamo, fixed_batch):
    code, shape = network.code
    others = getattr(network, "others", {})
    embedded = hasattr(network, "decode")
    # A batch of two, so that no extent of one is taken for a constant.
    count = 1 if fixed_batch else 2
    z = torch.linspace(-1, 1, int(np.prod(shape))).reshape(1, *shape)
    inputs = {} if embedded else {code: z.expand(count, *shape).contiguous()}
    inputs |= {name: value.expand(count, *value.shape[1:]).contiguous() for name, value in others.items()}
    options = {"input_names": list(inputs), "output_names": [getattr(network, "output", "image")]}
    if dynamo:
        n = torch.export.Dim("n", min=1, max=64)
        shapes = None if fixed_batch else tuple({0: n} for _ in inputs)
        torch.onnx.export(network, tuple(inputs.values()), path, dynamo=True, dynamic_shapes=shapes, external_data=False, verbose=False, **options)
        strip(path)
    else:
        axes = {} if fixed_batch else {name: {0: "n"} for name in (*inputs, *options["output_names"])}
        torch.onnx.export(network, tuple(inputs.values()), path, dynamo=False, opset_version=17, dynamic_axes=axes, **options)


def main(folder, names):
    for name in names or MINIATURES:
        network = build(name, MINIATURES)
        for exporter in EXPORTERS.get(name, ("torchscript", "dynamo")):
            path = folder / f"{name}_{exporter}.onnx"
            if hasattr(network, "write"):
                network.write(path)
            else:
                export(network, path, exporter == "dynamo", name in FIXED_BATCH)
            onnx.checker.check_model(onnx.load(path))
            print(path.name, path.stat().st_size, sorted({node.op_type for node in onnx.load(path).graph.node}))
        with sdpa_kernel(SDPBackend.MATH), torch.backends.mkldnn.flags(enabled=False):
            golden(network, build(name, MINIATURES), folder / f"{name}.npz")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
