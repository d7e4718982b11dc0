"""Exports StyleGAN2 and StyleGAN2-ADA generators (Karras et al. 2020), NVIDIA's and rosinality's, as ONNX.

    python stylegan2.py network.pt -o network.onnx --truncation 0.7

The file goes z → w → w_plus → style_4_conv1, … → image, all of them named tensors. Modulation scales activations:
with the style s, the weights W and the demodulation d of a layer,

    y = d ⊙ conv(s ⊙ x, W),   d = 1/√(Σ s²·ΣₖW² + 1e-8),

which is the paper's convolution with weights d·W·s (appendix B) while the weights stay constant. Learning-rate gains,
and the √2 behind the leaky ReLU, which passes positive factors, are folded into weights, d, noise and biases.
"""

import argparse
import math
import re
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

from onnx_export import add_options, read_state, write

EPSILON = 1e-8
GAIN = math.sqrt(2)


def dense(state: dict, name: str, rate=1.0, gain=1.0) -> nn.Linear:
    """An affine map with an equalised learning rate, its gains folded in."""
    weight, bias = state[f"{name}.weight"], state[f"{name}.bias"]
    layer = nn.Linear(weight.shape[1], weight.shape[0])
    layer.weight.data = weight * (rate * gain / math.sqrt(weight.shape[1]))
    layer.bias.data = bias * (rate * gain)
    return layer.requires_grad_(False)


def normalise(x):
    return x / torch.sqrt((x * x).mean(1, keepdim=True) + EPSILON)


class Mapping(nn.Module):
    """z [n, z] → w [n, w]: pixel normalisation, dense layers, truncation.

    A label is constant in the file: its embedding reaches the first layer only, where it is part of the bias.
    """

    def __init__(self, state: dict, truncation=1.0, label: int | None = None, rate=0.01):
        super().__init__()
        count = sum(re.fullmatch(r"mapping\.fc\d+\.weight", key) is not None for key in state)
        layers = [dense(state, f"mapping.fc{i}", rate, GAIN) for i in range(count)]
        self.z_dim = layers[0].in_features
        if "mapping.embed.weight" in state:
            embed = dense(state, "mapping.embed")
            if label is None or not 0 <= label < embed.in_features:
                raise SystemExit(f"The generator is conditional: choose one of its {embed.in_features} classes with --label.")
            embedded = normalise((embed.weight[:, label] + embed.bias)[None])
            self.z_dim -= embedded.shape[1]
            weight = layers[0].weight.data
            layers[0].bias.data += (weight[:, self.z_dim :] @ embedded.T).flatten()
            layers[0].weight.data = weight[:, : self.z_dim].contiguous()
        elif label is not None:
            raise SystemExit("The generator has no classes: leave out --label.")
        self.layers = nn.ModuleList(layers)
        self.truncation = truncation
        if truncation != 1:
            if "mapping.w_avg" not in state:
                raise SystemExit("The checkpoint has no mean of w, which truncation needs: leave out --truncation.")
            self.register_buffer("offset", (1 - truncation) * state["mapping.w_avg"])

    def forward(self, z):
        w = normalise(z)
        for layer in self.layers:
            w = F.leaky_relu(layer(w), 0.2)
        return w if self.truncation == 1 else self.truncation * w + self.offset


def smoothed(x, kernel, channels: int, size: int):
    """Every channel through the filter; `size` is that of the result. Channels count as images: no convolution has groups."""
    y = F.conv2d(x.reshape(-1, 1, size + 1, size + 1), kernel, padding=1)
    return y.reshape(-1, channels, size, size)


def doubled(x, kernel, channels: int, size: int):
    """Every channel to twice the size, `size`: zeros in between, then the filter at gain 4."""
    y = F.conv_transpose2d(x.reshape(-1, 1, size // 2, size // 2), 4 * kernel, stride=2, padding=1)
    return y.reshape(-1, channels, size, size)


def resampling_filter(state: dict, block: str) -> torch.Tensor:
    """The block's filter [1, 1, 4, 4] of unit sum, by default (1, 3, 3, 1) both ways."""
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0])
    kernel = state.get(f"{block}.resample_filter", torch.outer(taps, taps) / 64)
    if kernel.shape != (4, 4):
        raise SystemExit(f"{block}: filters of 4 × 4 are supported, this one is {list(kernel.shape)}.")
    return kernel[None, None]


class StyledConvolution(nn.Module):
    """Modulated 3 × 3 convolution, perhaps to twice the size; demodulation, noise, bias, leaky ReLU, clamping."""

    def __init__(self, state: dict, name: str, size: int, gain: float, clamp: float | None):
        super().__init__()
        weight = state[f"{name}.weight"]
        self.outputs, self.inputs = weight.shape[:2]
        self.up = name.endswith("conv0")
        self.size, self.clamp = size, None if clamp is None else clamp * gain / GAIN
        self.affine = dense(state, f"{name}.affine")
        self.register_buffer("weight", weight.transpose(0, 1).contiguous() if self.up else weight)
        self.register_buffer("energy", (weight.double().square().sum((2, 3)).T / gain**2).float().contiguous())
        self.epsilon = EPSILON / gain**2
        self.register_buffer("bias", gain * state[f"{name}.bias"].reshape(1, -1, 1, 1))
        noise = gain * state.get(f"{name}.noise_const", torch.zeros(1)) * state.get(f"{name}.noise_strength", 0)
        self.register_buffer("noise", noise.reshape(1, 1, size, size) if noise.any() else None)
        if self.up:
            # A filter is convolved with, PyTorch correlates.
            self.register_buffer("kernel", 4 * resampling_filter(state, name).flip(2, 3))

    def forward(self, x, style):
        x = x * style.reshape(-1, self.inputs, 1, 1)
        if self.up:
            x = F.conv_transpose2d(x, self.weight, stride=2)
            x = smoothed(x, self.kernel, self.outputs, self.size)
        else:
            x = F.conv2d(x, self.weight, padding=1)
        demodulation = torch.rsqrt((style * style) @ self.energy + self.epsilon)
        x = x * demodulation.reshape(-1, self.outputs, 1, 1)
        if self.noise is not None:
            x = x + self.noise
        x = F.leaky_relu(x + self.bias, 0.2)
        return x if self.clamp is None else x.clamp(-self.clamp, self.clamp)


class ToRgb(nn.Module):
    """Modulated 1 × 1 convolution to colours, without demodulation."""

    def __init__(self, state: dict, name: str, clamp: float | None):
        super().__init__()
        weight = state[f"{name}.weight"]
        self.inputs, self.clamp = weight.shape[1], clamp
        self.affine = dense(state, f"{name}.affine")
        self.register_buffer("weight", weight / math.sqrt(self.inputs))
        self.register_buffer("bias", state[f"{name}.bias"])

    def forward(self, x, style):
        x = F.conv2d(x * style.reshape(-1, self.inputs, 1, 1), self.weight, self.bias)
        return x if self.clamp is None else x.clamp(-self.clamp, self.clamp)


class Block(nn.Module):
    """The layers of one size: convolutions, a residual path, colours, as far as the checkpoint has them."""

    def __init__(self, state: dict, size: int, clamp: float | None):
        super().__init__()
        name = f"synthesis.b{size}"
        residual = state.get(f"{name}.skip.weight")
        self.size, self.colours = size, 0
        self.layers = nn.ModuleDict()
        for layer in ("conv0", "conv1"):
            if f"{name}.{layer}.weight" in state:
                gain = GAIN * math.sqrt(0.5) if residual is not None and layer == "conv1" else GAIN
                self.layers[layer] = StyledConvolution(state, f"{name}.{layer}", size, gain, clamp)
        self.convolutions = len(self.layers)
        if f"{name}.torgb.weight" in state:
            self.layers["torgb"] = ToRgb(state, f"{name}.torgb", clamp)
            self.colours = len(state[f"{name}.torgb.bias"])
        self.channels = self.layers["conv1"].outputs
        self.register_buffer("kernel", resampling_filter(state, name))
        self.register_buffer("const", state[f"{name}.const"][None] if f"{name}.const" in state else None)
        scaled = None if residual is None else residual * math.sqrt(0.5 / residual.shape[1])
        self.register_buffer("residual", scaled)

    def forward(self, x, image, styles: dict):
        y = self.const if x is None else x
        for layer in ("conv0", "conv1")[-self.convolutions :]:
            y = self.layers[layer](y, styles[layer])
        if self.residual is not None:
            y = y + doubled(F.conv2d(x, self.residual), self.kernel, self.channels, self.size)
        if image is not None:
            image = doubled(image, self.kernel, self.colours, self.size)
        if self.colours:
            colours = self.layers["torgb"](y, styles["torgb"])
            image = colours if image is None else image + colours
        return y, image


class Generator(nn.Module):
    """z [n, z] → w, w_plus [n, layers, w], styles, features and image [n, 3, size, size], by name.

    `state` has NVIDIA's names (`mapping.fc0.weight`, `synthesis.b8.conv0.affine.weight`, …); widths, sizes and the
    architecture (skip, residual or plain) follow from it. `rate` is the mapping's learning-rate multiplier and `clamp`
    the bound of activations, which a state dictionary does not contain.
    """

    def __init__(self, state: dict, truncation=1.0, label: int | None = None, rate=0.01, clamp: float | None = None):
        super().__init__()
        state = {key: value.detach().float().cpu() for key, value in state.items()}
        found = {int(match[1]) for key in state if (match := re.match(r"synthesis\.b(\d+)\.conv1\.", key))}
        if not found or "mapping.fc0.weight" not in state:
            raise SystemExit("No StyleGAN2 generator: expected mapping.fc0.weight and synthesis.b4.conv1.weight among its names.")
        self.mapping = Mapping(state, truncation, label, rate)
        self.blocks = nn.ModuleDict({f"b{size}": Block(state, size, clamp) for size in sorted(found)})
        # The colours of a block share their row with the next block's first convolution.
        self.rows = sum(block.convolutions for block in self.blocks.values()) + 1

    def forward(self, z):
        w = self.mapping(z)
        w_plus = w[:, None].expand(-1, self.rows, -1)
        return {"w": w, "w_plus": w_plus, **self.synthesis(w_plus)}

    def synthesis(self, w_plus):
        tensors = {}
        x = image = None
        row = 0
        for block in self.blocks.values():
            styles = {}
            for i, (name, layer) in enumerate(block.layers.items()):
                styles[name] = tensors[f"style_{block.size}_{name}"] = layer.affine(w_plus[:, row + i])
            row += block.convolutions
            x, image = block(x, image, styles)
            tensors[f"features_{block.size}"] = x
        return {**tensors, "image": image}


def from_rosinality(state: dict) -> dict:
    """The same weights under NVIDIA's names. There the 3 × 3 weights' gain comes before demodulation, so it is folded in."""
    layers = {"conv1": "b4.conv1", "to_rgb1": "b4.torgb"}
    noises = {"noises.noise_0": "b4.conv1"}
    for i in range(sum(re.fullmatch(r"to_rgbs\.\d+\.bias", key) is not None for key in state)):
        block = f"b{8 << i}"
        layers |= {f"convs.{2 * i}": f"{block}.conv0", f"convs.{2 * i + 1}": f"{block}.conv1", f"to_rgbs.{i}": f"{block}.torgb"}
        noises |= {f"noises.noise_{2 * i + 1}": f"{block}.conv0", f"noises.noise_{2 * i + 2}": f"{block}.conv1"}

    converted = {"synthesis.b4.const": state["input.input"][0]}
    for key, value in state.items():
        if match := re.fullmatch(r"style\.(\d+)\.(weight|bias)", key):
            converted[f"mapping.fc{int(match[1]) - 1}.{match[2]}"] = value
    for theirs, ours in layers.items():
        target = f"synthesis.{ours}"
        weight = state[f"{theirs}.conv.weight"][0]
        for part in ("weight", "bias"):
            converted[f"{target}.affine.{part}"] = state[f"{theirs}.conv.modulation.{part}"]
        if ours.endswith("torgb"):
            converted |= {f"{target}.weight": weight, f"{target}.bias": state[f"{theirs}.bias"].flatten()}
            if (kernel := state.get(f"{theirs}.upsample.kernel")) is not None:
                converted[f"{target.removesuffix('.torgb')}.resample_filter"] = kernel / 4
            continue
        converted[f"{target}.weight"] = weight / math.sqrt(weight[0].numel())
        converted[f"{target}.bias"] = state[f"{theirs}.activate.bias"].flatten()
        converted[f"{target}.noise_strength"] = state[f"{theirs}.noise.weight"].reshape(())
        if (kernel := state.get(f"{theirs}.conv.blur.kernel")) is not None:
            converted[f"{target}.resample_filter"] = kernel / 4
    for theirs, ours in noises.items():
        if theirs in state:
            converted[f"synthesis.{ours}.noise_const"] = state[theirs][0, 0]
    return converted


def unpickled(path: Path) -> nn.Module:
    """The averaged generator of one of NVIDIA's pickles; needs their repository on PYTHONPATH. A pickle runs code."""
    try:
        import legacy
    except ImportError as error:
        raise SystemExit(f"{path}: to read NVIDIA's pickles, put their repository on PYTHONPATH ({error}).") from None
    with path.open("rb") as file:
        return legacy.load_network_pkl(file)["G_ema"]


def read(path: Path, source: str | None = None) -> tuple[dict, dict]:
    """State dictionary under NVIDIA's names, and settings of `Generator` that the checkpoint knows."""
    if source == "nvidia" or (source is None and path.suffix == ".pkl"):
        generator = unpickled(path)
        return generator.state_dict(), {"rate": generator.mapping.fc0.bias_gain, "clamp": generator.synthesis.b4.conv1.conv_clamp}
    state = read_state(path, "g_ema")
    if source == "rosinality" or (source is None and "conv1.conv.weight" in state):
        mean = read_state(path).get("latent_avg")
        state = from_rosinality(state) | ({} if mean is None else {"mapping.w_avg": mean.flatten()})
    return state, {}


def main(arguments: list[str] | None = None):
    parser = argparse.ArgumentParser(description="Export a StyleGAN2 or StyleGAN2-ADA generator as ONNX.")
    parser.add_argument("checkpoint", type=Path, help="NVIDIA's pickle, rosinality's checkpoint, or a saved state dictionary")
    parser.add_argument("--source", choices=["nvidia", "rosinality", "state-dict"], help="whose checkpoint (default: by its contents)")
    parser.add_argument("--truncation", type=float, default=1, help="w moves to its mean: 1 none, 0 entirely (default: 1)")
    parser.add_argument("--label", type=int, help="class of a conditional generator, from 0; constant in the file")
    parser.add_argument("--clamp", type=float, help="bound of activations, where a state dictionary was trained with one (NVIDIA's: 256)")
    add_options(parser)
    args = parser.parse_args(arguments)

    state, settings = read(args.checkpoint, args.source)
    if args.clamp is not None:
        settings["clamp"] = args.clamp
    generator = Generator(state, args.truncation, args.label, **settings).eval()
    metadata = {"stylegan2.truncation": f"{args.truncation:g}", "stylegan2.label": args.label}
    write(generator, {"z": (generator.mapping.z_dim,)}, args, metadata)


if __name__ == "__main__":
    main()
