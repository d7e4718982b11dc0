# The two networks of the benchmark in plain PyTorch. Neither is written to PyTorch's disadvantage: gains are
# folded into the weights beforehand, parameters ask for no gradient, normalisations use stored statistics.

import math

import onnx
import torch
import torch.nn.functional as F
from onnx import numpy_helper

SEED = 20
WIDTH = 512
LAYERS = 8
LR_MULTIPLIER = 0.01


class MappingNetwork(torch.nn.Module):
    """StyleGAN2's mapping network: PixelNorm, then eight times √2·LeakyReLU_0.2 of an equalised linear layer."""

    def __init__(self):
        super().__init__()
        generator = torch.Generator().manual_seed(SEED)
        for layer in range(LAYERS):
            stored = torch.randn(WIDTH, WIDTH, generator=generator) / LR_MULTIPLIER
            bias = torch.randn(WIDTH, generator=generator)
            self.register_buffer(f"weight{layer}", stored * (LR_MULTIPLIER / math.sqrt(WIDTH)))
            self.register_buffer(f"bias{layer}", bias * LR_MULTIPLIER)

    def forward(self, x):
        x = x * (x.square().mean(dim=1, keepdim=True) + 1e-8).rsqrt()
        for layer in range(LAYERS):
            x = F.linear(x, getattr(self, f"weight{layer}"), getattr(self, f"bias{layer}"))
            x = F.leaky_relu(x, 0.2) * math.sqrt(2)
        return x


class Faces(torch.nn.Module):
    """The DCGAN in faces_fletcher.onnx, rebuilt by hand from its initialisers."""

    def __init__(self, path):
        super().__init__()
        for tensor in onnx.load(path).graph.initializer:
            self.register_buffer(tensor.name.replace(".", "_"), torch.from_numpy(numpy_helper.to_array(tensor).copy()))

    def named(self, name):
        return getattr(self, name)

    def normalise(self, x, layer):
        mean, variance, weight, bias = (
            self.named(f"generator_deconv_{layer}_1_{part}") for part in ("running_mean", "running_var", "weight", "bias")
        )
        return F.batch_norm(x, mean, variance, weight, bias, eps=1e-5)

    def forward(self, z):
        x = F.conv_transpose2d(z[:, :, None, None], self.named("generator_deconv_0_0_weight"))
        x = self.normalise(x, 0)
        x = F.leaky_relu(F.conv2d(x, self.named("onnx::Conv_45"), self.named("onnx::Conv_46"), padding=1), 0.2)
        for layer in (2, 3):
            x = F.conv_transpose2d(x, self.named(f"generator_deconv_{layer}_0_weight"), stride=2, padding=1)
            x = F.leaky_relu(self.normalise(x, layer), 0.2)
        weight, bias = self.named("generator_deconv_4_0_weight"), self.named("generator_deconv_4_0_bias")
        return torch.tanh(F.conv_transpose2d(x, weight, bias, stride=2, padding=1)).flatten(1)


def export_mapping_network(path):
    """Writes the mapping network as users would: PyTorch's own exporter, batch axis left open."""
    torch.onnx.export(
        MappingNetwork().eval(),
        (torch.zeros(1, WIDTH),),
        path,
        input_names=["z"],
        output_names=["w"],
        dynamic_axes={"z": {0: "n"}, "w": {0: "n"}},
        opset_version=17,
        dynamo=False,
    )
