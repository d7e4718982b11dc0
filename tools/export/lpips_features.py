"""Exports LPIPS as a feature network: ONNX, image [n, 3, h, w] -> features [n, m] with |f(a) - f(b)|^2 = LPIPS(a, b).

    python lpips_features.py --net squeeze --size 64 --out lpips_squeeze_64.onnx

LPIPS is a weighted sum of squared differences of unit-normalised activations, averaged over the pixels of every layer.
So the features are those activations times the square roots of their weights, over the square root of the number of
pixels, layer after layer. The squared distance of two exports is compared with the package's own LPIPS before the file
is kept.
"""

import argparse
import sys
from pathlib import Path

import lpips
import numpy as np
import onnx
import onnxruntime
import torch
from torch import nn

from onnx_export import halve

EPSILON = 1e-10
TOLERANCE = 1e-5


class LpipsFeatures(nn.Module):
    """f with |f(a) - f(b)|^2 = LPIPS(a, b), for images whose black and white are `low` and `high`."""

    def __init__(self, metric: lpips.LPIPS, low=-1.0, high=1.0):
        super().__init__()
        self.net = metric.net
        self.scaling = metric.scaling_layer
        self.gain = 2 / (high - low)
        self.offset = -1 - low * self.gain
        self.roots = nn.ParameterList()
        for layer in metric.lins:
            weight = layer.model[-1].weight.detach()
            if (weight < 0).any():
                raise ValueError("LPIPS has non-negative weights; these have negative ones and no square roots.")
            self.roots.append(nn.Parameter(weight.sqrt(), requires_grad=False))

    def forward(self, image):
        if (self.gain, self.offset) != (1, 0):
            image = self.gain * image + self.offset
        parts = []
        for layer, root in zip(self.net(self.scaling(image)), self.roots):
            # A pixel that is zero in all channels stays zero; without the floor its derivative would be 0/0.
            length = (layer * layer).sum(dim=1, keepdim=True).clamp(min=1e-30).sqrt()
            pixels = layer.shape[2] * layer.shape[3]
            parts.append((layer / (length + EPSILON) * (root / pixels**0.5)).flatten(1))
        return torch.cat(parts, dim=1)


def load(net: str, random: int | None = None) -> lpips.LPIPS:
    """The package's LPIPS; with `random`, the backbone has random weights of that seed and nothing is downloaded."""
    if random is not None:
        torch.manual_seed(random)
    return lpips.LPIPS(net=net, pnet_rand=random is not None, verbose=False).eval().requires_grad_(False)


def export(features: LpipsFeatures, size: tuple[int, int], path: Path, half=False, metadata: dict | None = None):
    """Writes the features of images of height and width `size`, batch axis open."""
    torch.onnx.export(
        features,
        (torch.zeros(2, 3, *size),),
        path,
        input_names=["image"],
        output_names=["features"],
        dynamic_axes={"image": {0: "n"}, "features": {0: "n"}},
        opset_version=17,
        dynamo=False,
    )
    model = onnx.load(path)
    if half:
        halve(model.graph, {node.input[1] for node in model.graph.node if node.op_type == "Conv"})
    onnx.helper.set_model_props(model, metadata or {})
    onnx.checker.check_model(model)
    onnx.save(model, path)


def largest_error(metric: lpips.LPIPS, path: Path, size: tuple[int, int], low: float, high: float) -> float:
    """Largest relative difference between the squared distance of the exported features and LPIPS, of random images."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    worst = 0.0
    for n in (1, 3):
        a, b = torch.rand(2, n, 3, *size, generator=torch.Generator().manual_seed(n))
        b = a + 0.3 * (b - a)  # as far apart as a face and its reconstruction, not as two images of noise
        images = [(low + (high - low) * x).numpy() for x in (a, b)]
        fa, fb = (session.run(["features"], {"image": x})[0].astype(np.float64) for x in images)
        truth = metric(a, b, normalize=True).flatten().double().numpy()
        worst = max(worst, float(np.abs(((fa - fb) ** 2).sum(1) / truth - 1).max()))
    return worst


def height_and_width(text: str) -> tuple[int, int]:
    sides = [int(part) for part in text.split("x")]
    if len(sides) > 2 or min(sides) < 1:
        raise argparse.ArgumentTypeError("expected a number of pixels, or HEIGHTxWIDTH")
    return sides[0], sides[-1]


def low_and_high(text: str) -> tuple[float, float]:
    low, high = (float(part) for part in text.split(","))
    if low >= high:
        raise argparse.ArgumentTypeError("expected LOW,HIGH with LOW < HIGH")
    return low, high


def main(arguments: list[str] | None = None):
    parser = argparse.ArgumentParser(description="Export LPIPS as a feature network with |f(a) - f(b)|^2 = LPIPS(a, b).")
    parser.add_argument("--net", choices=["alex", "vgg", "squeeze"], default="squeeze", help="backbone")
    parser.add_argument("--size", type=height_and_width, default=(64, 64), help="pixels of the images: 64, or HEIGHTxWIDTH")
    parser.add_argument("--range", type=low_and_high, default=(-1.0, 1.0), help="values of black and white: LOW,HIGH (default: -1,1)")
    parser.add_argument("--half", action="store_true", help="store weights as float16: half the size, LPIPS to about 1e-3")
    parser.add_argument("--random", type=int, metavar="SEED", help="random weights of the backbone, for trials without a network")
    parser.add_argument("--out", type=Path, required=True, help="ONNX file to write")
    args = parser.parse_args(arguments)

    metric = load(args.net, args.random)
    backbone = "torchvision" if args.random is None else f"random {args.random}"
    low, high = args.range
    metadata = {"lpips.net": args.net, "lpips.version": metric.version, "lpips.backbone": backbone, "vielbein.range": f"{low:g},{high:g}"}
    partial = args.out.with_suffix(".part")
    try:
        export(LpipsFeatures(metric, low, high), args.size, partial, args.half, metadata)
        error = largest_error(metric, partial, args.size, low, high)
        if error > (1e-2 if args.half else TOLERANCE):
            sys.exit(f"The squared distance of the features differs from LPIPS by {error:.1e}: nothing was written.")
        partial.replace(args.out)
    finally:
        partial.unlink(missing_ok=True)
    print(f"{args.out}: {args.out.stat().st_size / 1e6:.1f} MB, differs from LPIPS by {error:.1e} at most")


if __name__ == "__main__":
    main()
