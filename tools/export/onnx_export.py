"""A module that names its tensors becomes an ONNX file that has those names, and is checked.

The module returns a dictionary, name → tensor, in the order in which they arise; the last is the output and the
others stay inside the graph, where a map may begin or end (`--from w_plus --to image`).
"""

import argparse
import pickle
import re
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx.reference import ReferenceEvaluator
from torch import nn

OPSET = 17
BATCHES = (1, 3)
# Largest difference from PyTorch, relative to the largest value of the output.
TOLERANCE, HALF_TOLERANCE = 1e-4, 5e-2
# Smaller tensors are kept as they are: they weigh nothing, and biases and scalars matter most.
SMALLEST_HALF = 256


# An input's name and the shape of a code.
Inputs = dict[str, tuple[int, ...]]


class Traced(nn.Module):
    """The named tensors as a tuple, which is what the exporter follows."""

    def __init__(self, module: nn.Module):
        super().__init__()
        self.module = module

    def forward(self, *inputs):
        return tuple(self.module(*inputs).values())


def draw(inputs: Inputs, n: int) -> dict[str, torch.Tensor]:
    """Random values [n, …] of the inputs."""
    generator = torch.Generator().manual_seed(n)
    return {name: torch.randn(n, *shape, generator=generator) for name, shape in inputs.items()}


def export(module: nn.Module, inputs: Inputs, path: Path, metadata: dict | None = None, float16=False) -> onnx.ModelProto:
    """Writes `module` with the batch axis `n` of all inputs open, and returns the ONNX model."""
    example = draw(inputs, 2)
    with torch.no_grad():
        tensors = module(*example.values())
    *interior, output = tensors
    with warnings.catch_warnings():
        # The exporter's, about itself, what it leaves to fold_constants and PyTorch's own functions.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.filterwarnings("ignore", category=torch.jit.TracerWarning, module="torch.nn.functional")
        warnings.filterwarnings("ignore", message="Constant folding", category=UserWarning)
        torch.onnx.export(
            Traced(module).eval(),
            tuple(example.values()),
            path,
            input_names=list(inputs),
            output_names=list(tensors),
            dynamic_axes={name: {0: "n"} for name in (*inputs, *tensors)},
            opset_version=OPSET,
            dynamo=False,
        )
    model = onnx.load(path)
    graph = model.graph
    fold_constants(graph)
    shorten_names(graph)
    ports = {port.name: port for port in graph.output}
    del graph.output[:], graph.value_info[:]
    graph.output.append(ports[output])
    graph.value_info.extend(ports[tensor] for tensor in interior)
    for port in (*graph.output, *graph.value_info):
        extents = ["n", *tensors[port.name].shape[1:]]
        port.CopyFrom(onnx.helper.make_tensor_value_info(port.name, onnx.TensorProto.FLOAT, extents))
    if float16:
        halve(graph, {tensor.name for tensor in graph.initializer if np.prod(tensor.dims) >= SMALLEST_HALF})
    graph.name = "generator"
    onnx.helper.set_model_props(model, metadata or {})
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)
    return model


def fold_constants(graph: onnx.GraphProto):
    """Leaves the nodes that depend on the input; all others become tensors of the file."""
    constants = {tensor.name: tensor for tensor in graph.initializer}
    same: dict[str, str] = {}  # the exporter stores equal tensors once and gives them further names by Identity
    nodes = []
    for node in graph.node:
        node.input[:] = [same.get(name, name) for name in node.input]
        if node.op_type == "Identity" and node.input[0] in constants:
            same[node.output[0]] = node.input[0]
        elif all(name in constants for name in node.input):
            feeds = {name: onnx.numpy_helper.to_array(constants[name]) for name in node.input}
            for name, value in zip(node.output, ReferenceEvaluator(node).run(None, feeds)):
                constants[name] = onnx.numpy_helper.from_array(np.asarray(value), name)
        else:
            nodes.append(node)
    read = dict.fromkeys(name for node in nodes for name in node.input)
    del graph.node[:], graph.initializer[:]
    graph.node.extend(nodes)
    graph.initializer.extend(constants[name] for name in read if name in constants)


def shorten_names(graph: onnx.GraphProto):
    """`/module/mapping/Mul_output_0` becomes `mapping/Mul`."""
    short = lambda name: re.sub(r"^(/?module[./]|/)|_output_0$", "", name)
    names = {name for node in graph.node for name in (*node.input, *node.output)}
    renamed = {name: short(name) for name in names}
    if len(set(renamed.values())) < len(names):
        return  # never at the price of two tensors of one name
    for node in graph.node:
        node.name = short(node.name)
        node.input[:] = [renamed[name] for name in node.input]
        node.output[:] = [renamed[name] for name in node.output]
    for tensor in graph.initializer:
        tensor.name = renamed[tensor.name]


def halve(graph: onnx.GraphProto, names: set[str]):
    """Stores the float32 tensors of those names as float16, half the size; they are computed with as float32."""
    casts = []
    for tensor in graph.initializer:
        if tensor.name not in names or tensor.data_type != onnx.TensorProto.FLOAT:
            continue
        name = tensor.name
        values = onnx.numpy_helper.to_array(tensor).astype(np.float16)
        tensor.CopyFrom(onnx.numpy_helper.from_array(values, f"{name}.half"))
        casts.append(onnx.helper.make_node("Cast", [f"{name}.half"], [name], to=onnx.TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)


def largest_error(module: nn.Module, inputs: Inputs, path: Path) -> float:
    """Largest difference between ONNX Runtime and PyTorch over random codes, relative to the largest value."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    worst = 0.0
    for n in BATCHES:
        x = draw(inputs, n)
        (values,) = session.run(None, {name: value.numpy() for name, value in x.items()})
        with torch.no_grad():
            truth = list(module(*x.values()).values())[-1].numpy()
        worst = max(worst, float(np.abs(values - truth).max() / np.abs(truth).max()))
    return worst


def read_state(path: Path, *keys: str) -> dict[str, torch.Tensor]:
    """The state dictionary in a file, or under the first of `keys` that the file has; no code of the file is run."""
    try:
        # Options of training runs lie beside the weights in some checkpoints.
        with torch.serialization.safe_globals([argparse.Namespace]):
            content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise SystemExit(f"{path}: it holds more than tensors; save its state dictionary alone. {error}") from None
    state = next((content[key] for key in keys if key in content), content)
    return {key: value.detach().float() for key, value in state.items() if isinstance(value, torch.Tensor)}


def add_options(parser: argparse.ArgumentParser):
    """Where the file goes, and what its metadata say."""
    parser.add_argument("-o", "--out", type=Path, required=True, help="ONNX file to write")
    parser.add_argument("--prior", default="normal", help="of the codes: normal, uniform or uniform:LOW,HIGH (default: normal)")
    parser.add_argument("--range", default="-1,1", help="values of black and white in the images: LOW,HIGH (default: -1,1)")
    parser.add_argument("--float16", action="store_true", help="store weights as float16: half the size, computed with as float32")
    parser.add_argument("--licence", help="of the weights, for the file's metadata")


def write(module: nn.Module, inputs: Inputs, args: argparse.Namespace, metadata: dict | None = None):
    """Exports into `args.out`, or writes nothing where ONNX Runtime's output is not PyTorch's."""
    facts = {"vielbein.prior": args.prior, "vielbein.range": args.range, "vielbein.licence": args.licence, **(metadata or {})}
    partial = args.out.with_suffix(".part")
    try:
        model = export(module, inputs, partial, {key: str(value) for key, value in facts.items() if value is not None}, args.float16)
        error = largest_error(module, inputs, partial)
        if not error <= (HALF_TOLERANCE if args.float16 else TOLERANCE):
            raise SystemExit(f"{args.out}: the file differs from PyTorch by {error:.1e} of the largest value: nothing was written.")
        partial.replace(args.out)
    finally:
        partial.unlink(missing_ok=True)
    spaces = " → ".join([*inputs, *(port.name for port in (*model.graph.value_info, *model.graph.output))])
    size = args.out.stat().st_size / 1e6
    print(f"{args.out}: {size:.1f} MB, {len(model.graph.node)} nodes, differs from PyTorch by {error:.1e}\n{spaces}")
