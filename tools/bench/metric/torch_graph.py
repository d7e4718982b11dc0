# An ONNX graph as a PyTorch function: the operators that the networks of the benchmark have, each by PyTorch's own.
# What depends on constants and shapes alone is computed once, beforehand.

import onnx
import torch
import torch.nn.functional as F
from onnx import helper, numpy_helper


def pads(attributes):
    begin, end = attributes["pads"][:2], attributes["pads"][2:]
    assert begin == end, "symmetric padding only"
    return begin


def pool(a, x):
    padding = pads(a) if "pads" in a else 0
    return F.max_pool2d(x, a["kernel_shape"], a["strides"], padding, ceil_mode=bool(a.get("ceil_mode", 0)))


def gemm(a, x, y, c=None):
    product = (x.T if a.get("transA") else x) @ (y.T if a.get("transB") else y)
    return product if c is None else product + c


def convolution(f):
    def apply(a, x, weight, bias=None):
        padding = pads(a) if "pads" in a else 0
        return f(x, weight, bias, stride=a.get("strides", 1), padding=padding, groups=a.get("group", 1))

    return apply


def normalise(a, x, scale, shift, mean, variance):
    return F.batch_norm(x, mean, variance, scale, shift, eps=a["epsilon"])


# Attributes first, then the inputs.
OPERATORS = {
    "Conv": convolution(F.conv2d),
    "ConvTranspose": convolution(F.conv_transpose2d),
    "BatchNormalization": normalise,
    "Gemm": gemm,
    "MaxPool": pool,
    "Relu": lambda a, x: F.relu(x),
    "LeakyRelu": lambda a, x: F.leaky_relu(x, a.get("alpha", 0.01)),
    "Tanh": lambda a, x: torch.tanh(x),
    "Sqrt": lambda a, x: torch.sqrt(x),
    "Add": lambda a, x, y: x + y,
    "Sub": lambda a, x, y: x - y,
    "Mul": lambda a, x, y: x * y,
    "Div": lambda a, x, y: x / y,
    "Pow": lambda a, x, y: x.square() if y.numel() == 1 and float(y) == 2 else x**y,
    "Concat": lambda a, *parts: torch.cat(parts, a["axis"]),
    "ReduceSum": lambda a, x, axes: x.sum([int(n) for n in axes], keepdim=bool(a.get("keepdims", 1))),
    "Flatten": lambda a, x: x.flatten(a.get("axis", 1)),
    "Unsqueeze": lambda a, x, axes: unsqueeze(x, [int(n) for n in axes]),
    # The graph has a batch of one written into its shapes; here it may be larger.
    "Reshape": lambda a, x, shape: x.reshape([x.shape[0], *(int(n) for n in shape[1:])]),
    "Shape": lambda a, x: torch.tensor(x.shape),
    "Gather": lambda a, x, index: x.select(a.get("axis", 0), int(index)),
    "Cast": lambda a, x: x.to(torch.float32 if a["to"] == 1 else torch.int64),
}


def unsqueeze(x, axes):
    for axis in sorted(axes):
        x = x.unsqueeze(axis)
    return x


def tensors(path):
    graph = onnx.load(path).graph
    named = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    nodes = []
    for node in graph.node:
        attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        if node.op_type == "Constant":
            named[node.output[0]] = numpy_helper.to_array(attributes["value"])
        else:
            nodes.append((node.op_type, list(node.input), node.output[0], attributes))
    values = {name: torch.from_numpy(array.copy()) for name, array in named.items()}
    free = [value.name for value in graph.input if value.name not in named]
    return values, nodes, free[0], graph.output[0].name


def load(path, like):
    """The function from the first input to the first output; `like` is an example of the input."""
    constants, nodes, source, target = tensors(path)
    known = set(constants)
    example = dict(constants)
    example[source] = like
    rest = []
    with torch.no_grad():
        for op, inputs, output, attributes in nodes:
            example[output] = OPERATORS[op](attributes, *(example[name] for name in inputs if name))
            # Shapes do not change: the batch is one.
            if op == "Shape" or all(name in known for name in inputs if name):
                known.add(output)
                constants[output] = example[output]
            else:
                rest.append((op, inputs, output, attributes))

    def function(x):
        values = {source: x}
        for op, inputs, output, attributes in rest:
            arguments = (values[name] if name in values else constants[name] for name in inputs if name)
            values[output] = OPERATORS[op](attributes, *arguments)
        return values[target]

    return function
