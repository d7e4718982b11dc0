# The networks of networks.mjs in plain PyTorch, with the weights of the ONNX files.

import math

import onnx
import torch
import torch.nn.functional as F
from onnx import numpy_helper


class Network(torch.nn.Module):
    def __init__(self, path):
        super().__init__()
        for tensor in onnx.load(path).graph.initializer:
            self.register_buffer(tensor.name, torch.from_numpy(numpy_helper.to_array(tensor).copy()))

    def named(self, name):
        return getattr(self, name)


class Dcgan(Network):
    def forward(self, z):
        x = z[:, :, None, None]
        for i in range(5):
            place = {} if i == 0 else {"stride": 2, "padding": 1}
            x = F.conv_transpose2d(x, self.named(f"weight{i}"), **place)
            if i < 4:
                parts = (self.named(f"{part}{i}") for part in ("mean", "variance", "scale", "shift"))
                x = F.relu(F.batch_norm(x, *parts, eps=1e-5))
        return torch.tanh(x)


class StyleGan2(Network):
    def dense(self, x, name):
        return F.linear(x, self.named(f"{name}_weight"), self.named(f"{name}_bias"))

    def layer(self, x, w, name, up=False, rgb=False):
        weight = self.named(f"{name}_weight")
        style = self.dense(w, f"{name}_style")
        y = x * style[:, :, None, None]
        if rgb:
            return F.conv2d(y, weight) + self.named(f"{name}_bias")
        if up:
            y = F.conv_transpose2d(y, weight, stride=2)
            blur = self.named(f"blur{weight.shape[1]}")
            y = F.conv2d(y, blur, padding=1, groups=weight.shape[1])
        else:
            y = F.conv2d(y, weight, padding=1)
        squares = self.squares(name, weight, up)
        y = y / ((style * style) @ squares + 1e-8).sqrt()[:, :, None, None]
        y = y + self.named(f"{name}_noise") + self.named(f"{name}_bias")
        return F.leaky_relu(y, 0.2) * math.sqrt(2)

    def squares(self, name, weight, up):
        """Computed once: it depends on the weights only."""
        cache = self.__dict__.setdefault("cache", {})
        if name not in cache:
            sums = (weight * weight).sum(dim=(2, 3))
            cache[name] = sums if up else sums.T.contiguous()
        return cache[name]

    def forward(self, z):
        w = z / (z.square().mean(dim=1, keepdim=True) + 1e-8).sqrt()
        for i in range(8):
            w = F.leaky_relu(self.dense(w, f"mapping{i}"), 0.2) * math.sqrt(2)
        layers = sum(1 for name, _ in self.named_buffers() if name.startswith("layer") and name.endswith("style_weight"))
        x = self.layer(self.constant, w, "layer0")
        image = self.layer(x, w, "layer1", rgb=True)
        for first in range(2, layers, 3):
            x = self.layer(x, w, f"layer{first}", up=True)
            x = self.layer(x, w, f"layer{first + 1}")
            image = F.conv_transpose2d(image, self.blur3, stride=2, padding=1, groups=3)
            image = self.layer(x, w, f"layer{first + 2}", rgb=True) + image
        return image


class LatentDecoder(Network):
    def convolution(self, x, name):
        weight = self.named(f"{name}_weight")
        return F.conv2d(x, weight, self.named(f"{name}_bias"), padding=weight.shape[-1] // 2)

    def normalized(self, x, name):
        scale, shift = (self.named(f"{name}_{part}").flatten() for part in ("scale", "shift"))
        return F.group_norm(x, 32, scale, shift, eps=1e-6)

    def residual(self, x, name):
        y = self.convolution(F.silu(self.normalized(x, f"{name}_norm1")), f"{name}_conv1")
        y = self.convolution(F.silu(self.normalized(y, f"{name}_norm2")), f"{name}_conv2")
        return y + (self.convolution(x, f"{name}_shortcut") if hasattr(self, f"{name}_shortcut_weight") else x)

    def attention(self, x, name):
        y = self.normalized(x, f"{name}_norm")
        q, k, v = (self.convolution(y, f"{name}_{part}").flatten(2) for part in "qkv")
        weights = (q.transpose(1, 2) @ k * x.shape[1] ** -0.5).softmax(dim=2)
        seen = (v @ weights.transpose(1, 2)).reshape(x.shape)
        return x + self.convolution(seen, f"{name}_out")

    def forward(self, z):
        x = self.convolution(self.convolution(z, "quantized"), "first")
        x = self.residual(self.attention(self.residual(x, "middle1"), "attention"), "middle2")
        for level in range(4):
            for block in range(3):
                x = self.residual(x, f"level{level}_block{block}")
            if level < 3:
                x = self.convolution(F.interpolate(x, scale_factor=2, mode="nearest"), f"level{level}_up")
        return self.convolution(F.silu(self.normalized(x, "last_norm")), "last")
