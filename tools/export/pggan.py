"""Exports progressively grown GANs (Karras et al. 2018), as pytorch_GAN_zoo's checkpoints have them, as ONNX.

    python pggan.py generator.pt -o generator.onnx

z → code (z over its length) → features_4 → features_8 → … → image. Every layer is a convolution with an equalised
learning rate, a leaky ReLU and a division of each pixel by its length. The rate's gain multiplies weights and biases
alike here, and is folded into both.
"""

import math
import re

import torch
from torch import nn
from torch.nn import functional as F

from onnx_export import main_of


def normalise(x):
    return x / torch.sqrt((x * x).mean(1, keepdim=True) + 1e-8)


class Convolution(nn.Module):
    """A convolution of the size it finds, its gain √(2/fan-in) folded in."""

    def __init__(self, state: dict, name: str):
        super().__init__()
        weight, bias = state[f"{name}.module.weight"], state[f"{name}.module.bias"]
        gain = math.sqrt(2 / weight[0].numel())
        self.register_buffer("weight", gain * weight)
        self.register_buffer("bias", gain * bias)

    def forward(self, x):
        return F.conv2d(x, self.weight, self.bias, padding=self.weight.shape[-1] // 2)


class Generator(nn.Module):
    """z [n, z] → code, features and image [n, 3, size, size], by name, at the last size of the growth (not while it fades in).

    `state` has the names `formatLayer.module.weight`, `scaleLayers.0.0.module.weight`, `toRGBLayers.0.module.weight`, …
    """

    def __init__(self, state: dict):
        super().__init__()
        if "formatLayer.module.weight" not in state:
            raise SystemExit("No PGGAN generator: expected formatLayer.module.weight among its names.")
        self.first = Convolution(state, "formatLayer")
        self.z_dim = self.first.weight.shape[1]
        self.channels = len(self.first.weight) // 16
        scales = 1 + max((int(match[1]) for key in state if (match := re.match(r"scaleLayers\.(\d+)\.", key))), default=-1)
        layers = [["groupScale0.0"], *([f"scaleLayers.{i}.{j}" for j in (0, 1)] for i in range(scales))]
        self.scales = nn.ModuleList(nn.ModuleList(Convolution(state, name) for name in names) for names in layers)
        self.colours = Convolution(state, f"toRGBLayers.{scales}")

    def forward(self, z):
        tensors = {"code": normalise(z)}
        x = F.leaky_relu(F.linear(tensors["code"], self.first.weight, self.first.bias), 0.2)
        x = normalise(x.reshape(-1, self.channels, 4, 4))
        for i, scale in enumerate(self.scales):
            if i > 0:
                x = F.interpolate(x, scale_factor=2, mode="nearest")
            for convolution in scale:
                x = normalise(F.leaky_relu(convolution(x), 0.2))
            tensors[f"features_{4 << i}"] = x
        return {**tensors, "image": self.colours(x)}


def main(arguments: list[str] | None = None):
    checkpoint = "state dictionary, or pytorch_GAN_zoo's checkpoint that contains it"
    main_of(Generator, "Export a progressively grown generator as ONNX.", checkpoint, "avgG", "netG", arguments=arguments)


if __name__ == "__main__":
    main()
