"""Exports BigGAN-deep generators (Brock et al. 2019) of Hugging Face's pytorch-pretrained-BigGAN as ONNX.

    python biggan.py pytorch_model.bin -o biggan.onnx --truncation 0.4 --label 207

z, class → code = (z, the class's embedding) → features_4 → … → image. Without --label the class is a second input, an
index. Spectral normalisation, means and variances are constants after training: with the weights W of a convolution, the
normalisation behind it becomes x·g + h, both affine in the code. The means and variances are those of one truncation.
"""

import argparse
import math
import re
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

from onnx_export import add_options, read_state, write

EPSILON = 1e-4


def spectral(state: dict, name: str) -> torch.Tensor:
    """Weights over their largest singular value, as uᵀWv of the vectors in the checkpoint has it."""
    weight = state[f"{name}.weight_orig"]
    sigma = state[f"{name}.weight_u"] @ weight.flatten(1) @ state[f"{name}.weight_v"]
    return weight / sigma


def affine(weight: torch.Tensor, bias: torch.Tensor) -> nn.Linear:
    layer = nn.Linear(weight.shape[1], weight.shape[0])
    layer.weight.data, layer.bias.data = weight, bias
    return layer.requires_grad_(False)


def statistics(state: dict, name: str, truncation: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and standard deviation for a truncation. Between two tabulated ones, weighted as the original code does."""
    means, variances = state[f"{name}.running_means"], state[f"{name}.running_vars"]
    share, index = math.modf(truncation / (1 / (len(means) - 1)))
    index = int(index)
    between = lambda table: table[index] if share == 0 else share * table[index] + (1 - share) * table[index + 1]
    return between(means), torch.sqrt(between(variances) + EPSILON)


class ConditionalConvolution(nn.Module):
    """Batch normalisation whose scale and shift come from the code, ReLU, perhaps doubling of the size, convolution."""

    def __init__(self, state: dict, norm: str, convolution: str, before: torch.Tensor | None, truncation: float):
        super().__init__()
        mean, deviation = statistics(state, norm, truncation)
        if before is not None:
            mean = mean - before  # the bias of the convolution before, which has none of its own here
        scale, offset = (spectral(state, f"{norm}.{part}") for part in ("scale", "offset"))
        self.channels = len(mean)
        gain = scale / deviation[:, None]
        self.scale = affine(gain, 1 / deviation)
        self.shift = affine(offset - mean[:, None] * gain, -mean / deviation)
        self.register_buffer("weight", spectral(state, convolution))

    def forward(self, x, code, double=False):
        scale, shift = (layer(code).reshape(-1, self.channels, 1, 1) for layer in (self.scale, self.shift))
        x = F.relu(x * scale + shift)
        if double:
            x = F.interpolate(x, scale_factor=2, mode="nearest")
        return F.conv2d(x, self.weight, padding=self.weight.shape[-1] // 2)


class Block(nn.Module):
    """Four conditional convolutions beside a path that drops channels and, in every second block, doubles the size."""

    def __init__(self, state: dict, name: str, double: bool, truncation: float):
        super().__init__()
        biases = [state[f"{name}.conv_{i}.bias"] for i in range(4)]
        self.double = double
        self.convolutions = nn.ModuleList(
            ConditionalConvolution(state, f"{name}.bn_{i}", f"{name}.conv_{i}", biases[i - 1] if i else None, truncation)
            for i in range(4)
        )
        self.kept = len(biases[3])
        self.register_buffer("bias", biases[3].reshape(1, -1, 1, 1))

    def forward(self, x, code):
        y = x
        for i, convolution in enumerate(self.convolutions):
            y = convolution(y, code, double=self.double and i == 1)
        if self.kept < self.convolutions[0].channels:
            x = x[:, : self.kept]
        if self.double:
            x = F.interpolate(x, scale_factor=2, mode="nearest")
        return x + y + self.bias


class Attention(nn.Module):
    """Every pixel attends to the maxima of 2 × 2 pixels."""

    def __init__(self, state: dict, name: str, size: int):
        super().__init__()
        query, key, value, out = (spectral(state, f"{name}.snconv1x1_{part}") for part in ("theta", "phi", "g", "o_conv"))
        self.size, self.keys, self.values = size, len(key), len(value)
        for part, weight in {"query": query, "key": key, "value": value, "out": state[f"{name}.gamma"] * out}.items():
            self.register_buffer(part, weight)

    def forward(self, x, code):
        pixels = self.size**2
        query = F.conv2d(x, self.query).reshape(-1, self.keys, pixels)
        key = F.max_pool2d(F.conv2d(x, self.key), 2).reshape(-1, self.keys, pixels // 4)
        value = F.max_pool2d(F.conv2d(x, self.value), 2).reshape(-1, self.values, pixels // 4)
        shares = torch.softmax(query.transpose(1, 2) @ key, dim=-1)
        mixed = (value @ shares.transpose(1, 2)).reshape(-1, self.values, self.size, self.size)
        return x + F.conv2d(mixed, self.out)


class Generator(nn.Module):
    """z [n, z] and perhaps class [n] → code [n, z + e], features and image [n, 3, size, size], by name.

    `state` has the names `embeddings.weight`, `generator.gen_z.weight_orig`, `generator.layers.0.bn_0.running_means`, …
    As in the published networks, the blocks at even places keep the size and those at odd places double it.
    """

    def __init__(self, state: dict, truncation=1.0, label: int | None = None):
        super().__init__()
        if "generator.gen_z.weight_orig" not in state:
            raise SystemExit("No BigGAN-deep generator: expected generator.gen_z.weight_orig among its names.")
        if not 0 < truncation <= 1:
            raise SystemExit(f"--truncation: expected a number above 0 and at most 1, got {truncation:g}.")
        embeddings = state["embeddings.weight"].T.contiguous()
        self.classes = len(embeddings)
        if label is not None and not 0 <= label < self.classes:
            raise SystemExit(f"--label: the generator has classes 0 to {self.classes - 1}, got {label}.")
        weight, bias = spectral(state, "generator.gen_z"), state["generator.gen_z.bias"]
        self.channels = len(bias) // 16
        # Pixels come before channels in the checkpoint.
        by_channel = lambda table: table.reshape(16, self.channels, -1).transpose(0, 1).reshape(len(bias), -1)
        self.first = affine(by_channel(weight), by_channel(bias).flatten())
        self.z_dim = weight.shape[1] - embeddings.shape[1]
        self.register_buffer("embeddings", embeddings if label is None else embeddings[label][None])

        self.layers = nn.ModuleList()
        size, blocks = 4, 0
        for i in range(1 + max(int(match[1]) for key in state if (match := re.match(r"generator\.layers\.(\d+)\.", key)))):
            name = f"generator.layers.{i}"
            if f"{name}.gamma" in state:
                self.layers.append(Attention(state, name, size))
                continue
            double = blocks % 2 == 1
            self.layers.append(Block(state, name, double, truncation))
            blocks, size = blocks + 1, size * (2 if double else 1)
        mean, deviation = statistics(state, "generator.bn", truncation)
        gain = state["generator.bn.weight"] / deviation
        self.register_buffer("gain", gain.reshape(1, -1, 1, 1))
        self.register_buffer("shift", (state["generator.bn.bias"] - mean * gain).reshape(1, -1, 1, 1))
        # The checkpoint's last convolution has more outputs than there are colours.
        self.register_buffer("colours", spectral(state, "generator.conv_to_rgb")[:3])
        self.register_buffer("bias", state["generator.conv_to_rgb.bias"][:3])

    def forward(self, z, label=None):
        embedding = self.embeddings.expand(z.shape[0], -1) if label is None else self.embeddings[label]
        code = torch.cat([z, embedding], 1)
        x = self.first(code).reshape(-1, self.channels, 4, 4)
        tensors = {"code": code}
        size = 4
        for layer in self.layers:
            y = layer(x, code)
            if isinstance(layer, Block) and layer.double:
                tensors[f"features_{size}"] = x
                size *= 2
            x = y
        tensors[f"features_{size}"] = x
        x = F.relu(x * self.gain + self.shift)
        return {**tensors, "image": torch.tanh(F.conv2d(x, self.colours, self.bias, padding=1))}


def main(arguments: list[str] | None = None):
    parser = argparse.ArgumentParser(description="Export a BigGAN-deep generator as ONNX.")
    parser.add_argument("checkpoint", type=Path, help="pytorch_model.bin of pytorch-pretrained-BigGAN, a state dictionary")
    parser.add_argument("--truncation", type=float, default=1, help="whose means and variances are used, above 0 to 1 (default: 1)")
    parser.add_argument("--label", type=int, help="class, from 0, constant in the file (default: a second input, label)")
    add_options(parser)
    args = parser.parse_args(arguments)

    generator = Generator(read_state(args.checkpoint), args.truncation, args.label).eval()
    inputs = {"z": (generator.z_dim,)} | ({} if args.label is not None else {"label": generator.classes})
    write(generator, inputs, args, {"biggan.truncation": f"{args.truncation:g}", "biggan.label": args.label})


if __name__ == "__main__":
    main()
