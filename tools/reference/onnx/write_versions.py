"""One generator as every version of the operator set has it, and two generators in half precision.

    python tools/reference/onnx/write_versions.py packages/onnx/test/fixtures

writes versions_<exporter>_<opset>.onnx, and versions.npz as export_models.py does; of files that are there already,
<name>_half.onnx, which takes and gives single precision, and <name>_all_half.onnx, by onnxconverter-common.
"""

import sys
from pathlib import Path

import onnx
import torch
from onnxconverter_common import float16
from torch import nn
from torch.nn import functional as F

from export_models import build, export, golden

SWEEP = {"torchscript": range(11, 21), "dynamo": range(18, 26)}
HALF = {"dcgan_torchscript": True, "vae_attention_torchscript": True, "vae_torchscript": False}


class Versions(nn.Module):
    """Operators that versions of the operator set spell differently: 6 → 3 × 8 × 8."""

    latent = 6

    def __init__(self):
        super().__init__()
        self.start = nn.Linear(6, 32)
        self.norms = nn.ModuleList([nn.LayerNorm(32), nn.GroupNorm(2, 4), nn.BatchNorm2d(4)])
        self.convs = nn.ModuleList([nn.Conv2d(8, 4, 3), nn.Conv2d(4, 3, 3, padding=1)])

    def forward(self, z):
        z = z * torch.rsqrt(z.square().mean(dim=1, keepdim=True) + 1e-8)
        x = F.gelu(self.norms[0](self.start(z))).reshape(-1, 8, 2, 2)
        x = F.interpolate(x, scale_factor=2.0, mode="bilinear")
        x = self.norms[1](self.convs[0](F.pad(x, (1, 1, 1, 1), mode="reflect")))
        first, second = x.chunk(2, dim=1)
        x = torch.cat([first.clamp(-1.0, 1.5), torch.softmax(second, dim=1)], dim=1)
        x = F.hardswish(self.norms[2](F.interpolate(x, scale_factor=2.0, mode="nearest")))
        return torch.tanh(self.convs[1](x) + 0.2 * x.sum(dim=1, keepdim=True))


def main(folder):
    network = build("versions", {"versions": Versions})
    for exporter, opsets in SWEEP.items():
        for opset in opsets:
            path = folder / f"versions_{exporter}_{opset}.onnx"
            export(network, path, exporter == "dynamo", False, opset)
            model = onnx.load(path)
            print(path.name, [entry.version for entry in model.opset_import], path.stat().st_size, sorted({node.op_type for node in model.graph.node}))
    golden(network, folder / "versions.npz")
    for name, keeps in HALF.items():
        half = float16.convert_float_to_float16(onnx.load(folder / f"{name}.onnx"), keep_io_types=keeps)
        path = folder / f"{name.split('_torchscript')[0]}_{'half' if keeps else 'all_half'}.onnx"
        onnx.save(half, path)
        print(path.name, path.stat().st_size)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
