"""Exports DCGAN generators (Radford et al. 2016), PyTorch's example's and pytorch_GAN_zoo's, as ONNX.

    python dcgan.py netG_epoch_24.pth -o dcgan.onnx

z → features_4 → features_8 → … → image. Batch normalisation, constant after training, is folded into the weights of the
transposed convolution before it.
"""


import torch
from torch import nn
from torch.nn import functional as F

from onnx_export import main_of


class Generator(nn.Module):
    """z [n, z] → features and image [n, channels, size, size], by name.

    `state` is that of transposed convolutions and batch normalisations in the order of their use, whatever their names:
    the first convolution makes 4 × 4 pixels of the code, each further one (4 × 4, stride 2) doubles the size.
    """

    def __init__(self, state: dict, epsilon=1e-5):
        super().__init__()
        self.layers = nn.ParameterList()
        for name, weight in state.items():
            if name.endswith(".weight") and weight.ndim == 4:
                if weight.shape[2:] != (4, 4):
                    raise SystemExit(f"{name}: kernels of 4 × 4 are supported, this one is {list(weight.shape[2:])}.")
                bias = state.get(name.removesuffix("weight") + "bias", torch.zeros(weight.shape[1]))
                self.layers.append(nn.ParameterList([weight, bias]))
            elif name.endswith(".running_mean"):
                self.normalise(state, name.removesuffix("running_mean"), epsilon)
        if len(self.layers) < 2:
            raise SystemExit("No DCGAN generator: expected two or more transposed convolutions.")
        self.requires_grad_(False)
        self.z_dim = len(self.layers[0][0])

    def normalise(self, state: dict, name: str, epsilon: float):
        weight, bias = self.layers[-1]
        gain = state[f"{name}weight"] / torch.sqrt(state[f"{name}running_var"] + epsilon)
        weight.data = weight * gain[:, None, None]
        bias.data = (bias - state[f"{name}running_mean"]) * gain + state[f"{name}bias"]

    def forward(self, z):
        x = z.reshape(-1, self.z_dim, 1, 1)
        tensors = {}
        for i, (weight, bias) in enumerate(self.layers):
            x = F.conv_transpose2d(x, weight, bias, stride=2 if i else 1, padding=1 if i else 0)
            if i < len(self.layers) - 1:
                x = tensors[f"features_{4 << i}"] = F.relu(x)
        return {**tensors, "image": torch.tanh(x)}


def main(arguments: list[str] | None = None):
    checkpoint = "state dictionary, or pytorch_GAN_zoo's checkpoint that contains it"
    main_of(Generator, "Export a DCGAN generator as ONNX.", checkpoint, "avgG", "netG", arguments=arguments)


if __name__ == "__main__":
    main()
