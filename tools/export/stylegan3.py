"""Exports StyleGAN3 generators (Karras et al. 2021), configurations T and R, as ONNX.

    PYTHONPATH=stylegan3 python stylegan3.py stylegan3-t-ffhq-1024x1024.pkl -o ffhq.onnx

The file goes z → w → w_plus → style_input, style_L0, … → image. Fourier features, which a rotation and a translation
learnt from w move, pass modulated convolutions (as in stylegan2.py, on activations) and leaky ReLUs between an
upsampling and a downsampling filter. Zeros in between and filtering are one transposed convolution, filtering and
leaving out one strided convolution, both of one channel, the channels of the image counting as images.
"""

import argparse
import math
import re
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

from onnx_export import add_options, read_state, write
from stylegan2 import Mapping, dense, unpickled

# What a state dictionary does not tell, as in the published networks: filter taps per factor, pixels around the image,
# scale of the image.
TAPS, MARGIN, SCALE = 6, 10, 0.25


class Input(nn.Module):
    """Fourier features: sin 2π(⟨f, R(x − t)⟩ + φ), mixed by a matrix; (cos, sin) of R and t are affine in w."""

    def __init__(self, state: dict, name: str, size: int):
        super().__init__()
        if not torch.equal(state[f"{name}.transform"], torch.eye(3)):
            raise SystemExit(f"{name}.transform: the image was moved by hand; set it to the identity.")
        self.size = size
        self.affine = dense(state, f"{name}.affine")
        frequencies = 2 * math.pi * state[f"{name}.freqs"]
        self.channels = len(frequencies)
        self.register_buffer("along", frequencies[None])
        self.register_buffer("across", torch.stack([frequencies[:, 1], -frequencies[:, 0]], 1)[None])
        self.register_buffer("phases", 2 * math.pi * state[f"{name}.phases"][None, :, None])
        self.register_buffer("weight", state[f"{name}.weight"][:, :, None, None] / math.sqrt(self.channels))
        at = (torch.arange(size) + 0.5 - size / 2) / (size - 2 * MARGIN)
        grid = torch.stack([at[None].expand(size, size), at[:, None].expand(size, size)])
        self.register_buffer("grid", grid.reshape(1, 2, -1))

    def forward(self, style):
        turn, shift = style.split(2, 1)
        length = (turn * turn).sum(1, keepdim=True).sqrt()
        cosine, sine = (turn / length)[:, :, None].split(1, 1)
        frequencies = cosine * self.along + sine * self.across
        # The rotation's frequencies times x − t.
        moved = self.grid - (shift / length)[:, :, None]
        x = torch.sin(frequencies @ moved + self.phases)
        return F.conv2d(x.reshape(-1, self.channels, self.size, self.size), self.weight)


class Layer(nn.Module):
    """Modulated convolution, bias, then a leaky ReLU at a higher rate: filter up, activate, clamp, filter down."""

    def __init__(self, state: dict, name: str, size_before: int, size: int, colours: bool, clamp: float | None):
        super().__init__()
        weight = state[f"{name}.weight"]
        self.outputs, self.inputs, self.kernel, _ = weight.shape
        self.size, self.colours, self.clamp = size, colours, clamp
        self.affine = dense(state, f"{name}.affine")
        gain = state[f"{name}.magnitude_ema"].rsqrt()
        bias = state[f"{name}.bias"].reshape(1, -1, 1, 1)
        if colours:
            weight = weight / math.sqrt(self.inputs * self.kernel**2)
            gain, bias = SCALE * gain, SCALE * bias
            self.clamp = None if clamp is None else SCALE * clamp
        else:
            weight = weight * weight.square().mean((1, 2, 3), keepdim=True).rsqrt()
            self.register_buffer("energy", weight.double().square().sum((2, 3)).T.float().contiguous())
            self.design(state, name, size_before)
        self.register_buffer("weight", weight * gain)
        self.register_buffer("bias", bias)

    def design(self, state: dict, name: str, size_before: int):
        """Filters as kernels of convolutions, and how much of the borders they leave."""
        up, down = state[f"{name}.up_filter"], state[f"{name}.down_filter"]
        self.up, self.down = len(up) // TAPS, len(down) // TAPS
        self.before = size_before + self.kernel - 1
        padding = (self.size - 1) * self.down + 1 - self.before * self.up + len(up) + len(down) - 2
        low = (padding + self.up) // 2
        self.crop = len(up) - 1 - low
        if self.crop != len(up) - self.up - (padding - low) or self.crop < 0:
            raise SystemExit(f"{name}: its filters are not centred, which the published networks' are.")
        self.between = (self.before - 1) * self.up + len(up) - 2 * self.crop
        # √2 of the leaky ReLU, which passes positive factors, and the up² that make up for the zeros.
        root = math.sqrt(math.sqrt(2)) * self.up
        self.register_buffer("up_rows", root * up.reshape(1, 1, -1, 1))
        self.register_buffer("up_columns", root * up.reshape(1, 1, 1, -1))
        self.radial = down.ndim == 2
        # A filter is convolved with, PyTorch correlates.
        flipped = down.flip(list(range(down.ndim)))
        if self.radial:
            self.register_buffer("down_both", flipped[None, None])
        else:
            self.register_buffer("down_rows", flipped.reshape(1, 1, -1, 1))
            self.register_buffer("down_columns", flipped.reshape(1, 1, 1, -1))

    def forward(self, x, style):
        x = F.conv2d(x * style.reshape(-1, self.inputs, 1, 1), self.weight, padding=self.kernel - 1)
        if self.colours:
            return self.clamped(x + self.bias)
        # NVIDIA's code normalises the styles first, which cancels out.
        demodulation = torch.rsqrt((style * style) @ self.energy)
        x = x * demodulation.reshape(-1, self.outputs, 1, 1) + self.bias
        x = x.reshape(-1, 1, self.before, self.before)
        x = F.conv_transpose2d(x, self.up_rows, stride=(self.up, 1), padding=(self.crop, 0))
        x = F.conv_transpose2d(x, self.up_columns, stride=(1, self.up), padding=(0, self.crop))
        x = self.clamped(F.leaky_relu(x, 0.2))
        if self.radial:
            x = F.conv2d(x, self.down_both, stride=self.down)
        else:
            x = F.conv2d(x, self.down_rows, stride=(self.down, 1))
            x = F.conv2d(x, self.down_columns, stride=(1, self.down))
        return x.reshape(-1, self.outputs, self.size, self.size)

    def clamped(self, x):
        return x if self.clamp is None else x.clamp(-self.clamp, self.clamp)


class Generator(nn.Module):
    """z [n, z] → w, w_plus [n, layers, w], styles, features and image [n, 3, size, size], by name.

    `state` has NVIDIA's names (`synthesis.input.freqs`, `synthesis.L0_36_512.weight`, …), which contain the sizes.
    """

    def __init__(self, state: dict, truncation=1.0, label: int | None = None, rate=0.01, clamp: float | None = 256):
        super().__init__()
        state = {key: value.detach().float().cpu() for key, value in state.items()}
        found = {match[0]: match for key in state if (match := re.match(r"synthesis\.L(\d+)_(\d+)_\d+", key))}
        if not found or "synthesis.input.freqs" not in state:
            raise SystemExit("No StyleGAN3 generator: expected synthesis.input.freqs and synthesis.L0_…_….weight among its names.")
        names = sorted(found, key=lambda name: int(found[name][1]))
        sizes = [int(found[name][2]) for name in names]
        self.mapping = Mapping(state, truncation, label, rate)
        self.input = Input(state, "synthesis.input", sizes[0])
        self.layers = nn.ModuleDict()
        for i, (name, size) in enumerate(zip(names, sizes)):
            self.layers[f"L{i}"] = Layer(state, name, sizes[max(i - 1, 0)], size, i == len(names) - 1, clamp)

    def forward(self, z):
        w = self.mapping(z)
        w_plus = w[:, None].expand(-1, len(self.layers) + 1, -1)
        return {"w": w, "w_plus": w_plus, **self.synthesis(w_plus)}

    def synthesis(self, w_plus):
        tensors = {"style_input": self.input.affine(w_plus[:, 0])}
        x = tensors["features_input"] = self.input(tensors["style_input"])
        for i, (name, layer) in enumerate(self.layers.items()):
            style = tensors[f"style_{name}"] = layer.affine(w_plus[:, i + 1])
            x = layer(x, style)
            tensors["image" if layer.colours else f"features_{name}"] = x
        return tensors


def main(arguments: list[str] | None = None):
    parser = argparse.ArgumentParser(description="Export a StyleGAN3 generator as ONNX.")
    parser.add_argument("checkpoint", type=Path, help="NVIDIA's pickle, or a saved state dictionary")
    parser.add_argument("--truncation", type=float, default=1, help="w moves to its mean: 1 none, 0 entirely (default: 1)")
    parser.add_argument("--label", type=int, help="class of a conditional generator, from 0; constant in the file")
    add_options(parser)
    args = parser.parse_args(arguments)

    state = unpickled(args.checkpoint).state_dict() if args.checkpoint.suffix == ".pkl" else read_state(args.checkpoint)
    generator = Generator(state, args.truncation, args.label).eval()
    metadata = {"stylegan3.truncation": f"{args.truncation:g}", "stylegan3.label": args.label}
    write(generator, {"z": (generator.mapping.z_dim,)}, args, metadata)


if __name__ == "__main__":
    main()
