"""Derivatives that PyTorch takes at singular points, in float64: zeros, ties, bounds, lattice points.

Usage, from the root of the repository:

    python tools/reference/onnx/write_singular_points.py > packages/onnx/test/fixtures/singular_points.json
    npx biome format --write packages/onnx/test/fixtures/singular_points.json

For every case the point x, the Jacobian of f, row by row, and the Hessian of the sum of (i + 1)·fᵢ. What is not finite
is null; where PyTorch has no second derivative of an operator, there is no Hessian.
"""

import json
import math

import torch
from torch.nn import functional as F


def where_positive(f, otherwise):
    return lambda x: torch.where(x > 0, f(x), torch.full_like(x, otherwise))


def image(f, *shape):
    return lambda x: f(x.reshape(1, *shape)).flatten()


def halves(f):
    return lambda x: f(*x.chunk(2))


def sampled(mode, padding, corners):
    """A 3 × 3 image, whose values are the first nine numbers, at the points that the others are."""
    return lambda x: F.grid_sample(
        x[:9].reshape(1, 1, 3, 3), x[9:].reshape(1, 1, -1, 2), mode=mode, padding_mode=padding, align_corners=corners
    ).flatten()


def scatter(reduce):
    """Four numbers, on which four others are put at 0, 0, 2, 2."""
    index = torch.tensor([0, 0, 2, 2])
    return lambda x: x[:4].scatter_reduce(0, index, x[4:], reduce)


def attention(x):
    q, k, v = x.reshape(3, 1, 1, 2, 2)
    return F.scaled_dot_product_attention(q, k, v).flatten()


def nan_to(value):
    def f(x):
        ratio = torch.sin(x) / x
        return torch.where(torch.isnan(ratio), torch.full_like(x, value), ratio)

    return f


def prelu(x):
    return torch.where(x[:2] > 0, x[:2], x[2:] * x[:2])


def normalized(p):
    return lambda x: x / torch.linalg.vector_norm(x, p)


lattice = [0.5, -1, 2, 0.25, 3, -2, 1, 0, 1.5]
CASES = {
    "Abs": (torch.abs, [-0.0, 0, 2]),
    "Relu": (torch.relu, [-0.0, 0, 2]),
    "LeakyRelu": (lambda x: F.leaky_relu(x, 0.2), [-0.0, 0, 2]),
    "PRelu": (prelu, [0, -1, 0.3, 0]),
    "Elu": (lambda x: F.elu(x, 1.5), [-0.0, 0, -1]),
    "Selu": (F.selu, [-0.0, 0, -1]),
    "Celu": (lambda x: F.celu(x, 2.0), [-0.0, 0, -1]),
    "ThresholdedRelu": (lambda x: F.threshold(x, 1.0, 0.0), [1, 0, 2]),
    "Shrink": (lambda x: F.softshrink(x, 0.5), [0.5, -0.5, 0, 1]),
    "HardSigmoid": (F.hardsigmoid, [3, -3, 0]),
    "HardSwish": (F.hardswish, [3, -3, 0]),
    "Clip": (lambda x: torch.clamp(x, -1, 1), [-1, 1, 0, 2]),
    "Sign": (torch.sign, [-0.0, 0, 2]),
    "Floor": (torch.floor, [0, 1, -1]),
    "Ceil": (torch.ceil, [0, 1, -1]),
    "Round": (torch.round, [0.5, 1.5, -0.5]),
    "Softplus": (F.softplus, [0, -2]),
    "Softsign": (F.softsign, [-0.0, 0, 1]),
    "Gelu": (F.gelu, [0, 1]),
    "Gelu by tanh": (lambda x: F.gelu(x, approximate="tanh"), [0, 1]),
    "Mish": (F.mish, [0, 1]),
    "Erf": (torch.erf, [0, 1]),
    "Sqrt": (torch.sqrt, [0, 1]),
    "Sqrt of -0": (torch.sqrt, [-0.0]),
    "Log": (torch.log, [0, 1]),
    "Reciprocal": (torch.reciprocal, [0, 1]),
    "Asin": (torch.asin, [1]),
    "Asin, clipped": (lambda x: torch.asin(torch.clamp(x, -1, 1)), [2, -3, 0.5]),
    "Asin, clipped on the bound": (lambda x: torch.asin(torch.clamp(x, -1, 1)), [1]),
    "Acos": (torch.acos, [-1]),
    "Acosh": (torch.acosh, [1]),
    "Atanh": (torch.atanh, [1]),
    "Asinh": (torch.asinh, [0, 1]),
    "Atan": (torch.atan, [0, 1]),
    "Tan": (torch.tan, [0, 1]),
    "Pow 0.5": (lambda x: x**0.5, [0]),
    "Pow 0": (lambda x: x**0, [0, 2]),
    "Pow 1": (lambda x: x**1, [0, 2]),
    "Pow 1.5": (lambda x: x**1.5, [0, 2]),
    "Pow 2": (lambda x: x**2, [0, 2]),
    "Pow 2.5": (lambda x: x**2.5, [0, 2]),
    "Pow 3": (lambda x: x**3, [0, -2]),
    "Pow -1": (lambda x: x**-1, [0]),
    "Pow at (0, 0)": (halves(torch.pow), [0, 0]),
    "Pow at (0, 1)": (halves(torch.pow), [0, 1]),
    "Pow at (0, 2)": (halves(torch.pow), [0, 2]),
    "Pow at (0, 3)": (halves(torch.pow), [0, 3]),
    "Pow at (0, 0.5)": (halves(torch.pow), [0, 0.5]),
    "Pow at (2, 0)": (halves(torch.pow), [2, 0]),
    "Pow of base 0": (lambda x: torch.zeros_like(x) ** x, [0, 2]),
    "Div by 0": (halves(torch.div), [1, 0]),
    "Div of 0": (halves(torch.div), [0, 2]),
    "Mod": (lambda x: torch.fmod(x, 2), [0, 4, -4]),
    "Mod of both": (halves(torch.fmod), [0, 4, 2, 2]),
    "Mul": (halves(torch.mul), [0, 0, 0, 2]),
    "Max": (halves(torch.maximum), [1, 0, 1, -0.0]),
    "Min": (halves(torch.minimum), [1, 0, 1, -0.0]),
    "Where": (lambda x: torch.where(x > 0, x * x, x**3), [-0.0, 0, 1]),
    "ReduceL1": (lambda x: torch.linalg.vector_norm(x, 1), [0, 0, -2]),
    "ReduceL2": (torch.linalg.vector_norm, [0, 0, 0]),
    "ReduceL2 of a ReLU": (lambda x: torch.linalg.vector_norm(torch.relu(x)), [-1, -2]),
    "ReduceLogSum": (lambda x: torch.log(x.sum()), [0, 0]),
    "ReduceLogSumExp": (lambda x: torch.logsumexp(x, 0), [0, 0, 1]),
    "ReduceSumSquare": (lambda x: (x * x).sum(), [0, 0, 1]),
    "ReduceMax": (lambda x: torch.amax(x, 0), [1, 1, 0]),
    "ReduceMin": (lambda x: torch.amin(x, 0), [0, 1, 0]),
    "ReduceProd, one zero": (lambda x: torch.prod(x, 0), [2, 0, 3, 4]),
    "ReduceProd, two zeros": (lambda x: torch.prod(x, 0), [2, 0, 3, 0, 5]),
    "ReduceProd, three zeros": (lambda x: torch.prod(x, 0), [0, 0, 0]),
    "MaxPool": (image(lambda x: F.max_pool1d(x, 3, stride=2), 1, 5), [1, 1, 0, 0, 0]),
    "GlobalMaxPool": (image(lambda x: F.adaptive_max_pool1d(x, 1), 1, 3), [1, 1, 0]),
    "LpPool 1": (image(lambda x: F.lp_pool1d(x.abs(), 1, 2), 1, 4), [0, 0, 1, 0]),
    "LpPool 2": (image(lambda x: F.lp_pool1d(x, 2, 2), 1, 4), [0, 0, 3, 4]),
    "LpPool 3": (image(lambda x: F.lp_pool1d(x.abs(), 3, 2), 1, 4), [0, 0, 3, 4]),
    "GlobalLpPool 3": (lambda x: torch.linalg.vector_norm(x, 3), [0, 0, 0]),
    "LpNormalization": (normalized(2), [0, 0]),
    "LpNormalization, one zero": (normalized(2), [0, 2]),
    "LpNormalization 1, one zero": (normalized(1), [0, 2]),
    "InstanceNormalization": (image(lambda x: F.instance_norm(x, eps=1e-2), 1, 3), [1, 1, 1]),
    "LayerNormalization": (lambda x: F.layer_norm(x, [3], eps=1e-2), [1, 1, 1]),
    "RMSNormalization": (lambda x: F.rms_norm(x, [3], eps=1e-2), [0, 0, 0]),
    "LRN": (image(lambda x: F.local_response_norm(x, 3), 3, 1), [0, 0, 0]),
    "Softmax": (lambda x: torch.softmax(x, 0), [0, 0, 0]),
    "LogSoftmax": (lambda x: torch.log_softmax(x, 0), [0, 0, 0]),
    "TopK": (lambda x: torch.topk(x, 2).values, [1, 0, 2]),
    "CumSum": (lambda x: torch.cumsum(x, 0), [0, 0, 1]),
    "ScatterElements max": (scatter("amax"), [1, 0, 1, 0, 1, 1, 2, 1]),
    "ScatterElements min": (scatter("amin"), [1, 0, 1, 0, 1, 1, 2, 1]),
    "ScatterElements mul, one zero": (scatter("prod"), [2, 1, 1, 1, 0, 3, 0, 0]),
    "ScatterElements mul, zero data": (scatter("prod"), [0, 1, 0, 1, 0, 3, 5, 7]),
    "GridSample": (sampled("bilinear", "zeros", True), [*lattice, 0, 0, -1, 1, 1, -1]),
    "GridSample, border": (sampled("bilinear", "border", True), [*lattice, 0, 0, -1, -1, 1, 1]),
    "GridSample, reflection": (sampled("bilinear", "reflection", True), [*lattice, 0, 0, 1, 1]),
    "GridSample, cubic": (sampled("bicubic", "zeros", True), [*lattice, 0, 0, 1, -1]),
    "Attention": (attention, [0.0] * 12),
    "sqrt x, squared": (lambda x: torch.sqrt(x) * torch.sqrt(x), [0, 1]),
    "sqrt of x squared": (lambda x: torch.sqrt(x * x), [0, 2]),
    "sqrt of the fourth power": (lambda x: torch.sqrt(x**4), [0, 2]),
    "sqrt of the sum of squares": (lambda x: torch.sqrt((x * x).sum()), [0, 0]),
    "sqrt of a ReLU": (lambda x: torch.sqrt(torch.relu(x)), [-1, 4]),
    "sqrt of a clipped value": (lambda x: torch.sqrt(torch.clamp(x, 0, 1)), [-1, 2, 0.25]),
    "exp of the squared norm": (lambda x: torch.exp(-torch.linalg.vector_norm(x) ** 2), [0, 0, 0]),
    "Where of log": (where_positive(torch.log, 0.0), [0, 2]),
    "Where of x log x": (where_positive(lambda x: x * torch.log(x), 0.0), [0, 2]),
    "Where of 1/x": (where_positive(torch.reciprocal, 0.0), [0, 2]),
    "Where of sqrt": (where_positive(torch.sqrt, 0.0), [0, 4]),
    "Where that looks for NaN": (nan_to(1.0), [0, 2]),
}


def finite(values):
    return [value if math.isfinite(value) else None for value in values.flatten().tolist()]


def derivatives(f, point):
    x = torch.tensor(point, dtype=torch.float64, requires_grad=True)

    def rows(y, create_graph):
        grads = []
        for value in y.flatten():
            grad = None
            if value.requires_grad:
                (grad,) = torch.autograd.grad(value, x, create_graph=create_graph, retain_graph=True, allow_unused=True)
            grads.append(torch.zeros_like(x) if grad is None else grad)
        return torch.stack(grads)

    y = f(x)
    weights = torch.arange(1, y.numel() + 1, dtype=torch.float64)
    jacobian = rows(y, True)
    try:
        return jacobian, rows(weights @ jacobian, False)
    except RuntimeError:
        # PyTorch differentiates some operators once only.
        return jacobian, None


def main():
    entries = []
    for name, (f, point) in CASES.items():
        jacobian, hessian = derivatives(f, point)
        entry = {"name": name, "point": point, "jacobian": finite(jacobian)}
        if hessian is not None:
            entry["hessian"] = finite(hessian)
        entries.append(f" {json.dumps(entry)}")
    print("[", ",\n".join(entries), "]", sep="\n")


if __name__ == "__main__":
    main()
