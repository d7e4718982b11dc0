"""Decoders of one's own as ONNX: the module's image, names, Jacobians, weights in half precision, refusals."""

import argparse

import numpy as np
import onnx
import pytest
import torch
from torch import nn

import onnx_export
import vae_decoder
from jacobians import doubled, image_error, jacobian_error

torch.set_num_threads(1)


def check_file(path, module, z, names):
    """Its image at several batches, its names, and its Jacobians by columns and by rows."""
    assert names <= {name for node in onnx.load(path).graph.node for name in node.output}
    for n in (1, 4):
        assert image_error(module, path, torch.randn(n, z)) < 1e-5
    exact = doubled(module)
    for mode in ("jvp", "vjp"):
        assert jacobian_error(path, lambda x: exact(x)["image"], torch.randn(1, z), mode=mode) < 1e-5


class Reshape(nn.Module):
    def forward(self, x):
        return x.reshape(-1, 4, 4, 4)


def make_decoder() -> nn.Sequential:
    torch.manual_seed(6)
    layers = [nn.Linear(5, 64), nn.SiLU(), Reshape(), nn.GroupNorm(2, 4), nn.ConvTranspose2d(4, 3, 4, 2, 1), nn.Sigmoid()]
    return nn.Sequential(*layers)


def test_a_decoder_of_ones_own(tmp_path):
    other = make_decoder()
    for parameter in other.parameters():
        parameter.data.mul_(1.5)
    whole = {f"vae.decoder.{key}": value for key, value in other.state_dict().items()} | {"vae.encoder": torch.zeros(1)}
    torch.save(whole, tmp_path / "vae.pt")
    options = ["--checkpoint", str(tmp_path / "vae.pt"), "--prefix", "vae.decoder.", "--shape", "5"]
    options += ["--name", "hidden=1", "--name", "pixels=3", "--range", "0,1", "--prior", "uniform:-2,2"]
    path = tmp_path / "decoder.onnx"
    vae_decoder.main(["test_vae_decoder:make_decoder", *options, "-o", str(path)])
    check_file(path, vae_decoder.Decoder(other).eval(), 5, {"hidden", "pixels", "image"})
    facts = {entry.key: entry.value for entry in onnx.load(path).metadata_props}
    assert facts == {"vielbein.prior": "uniform:-2,2", "vielbein.range": "0,1"}
    hidden = torch.randn(1, 64, generator=torch.Generator().manual_seed(1))
    assert jacobian_error(path, doubled(other[2:]), hidden, "hidden") < 1e-5


def test_a_decoder_that_returns_more_than_an_image():
    class Pair(nn.Module):
        def forward(self, z):
            return 2 * z, z

    assert torch.equal(vae_decoder.Decoder(Pair())(torch.ones(1))["image"], torch.full((1,), 2.0))
    with pytest.raises(SystemExit, match="no submodule"):
        vae_decoder.Decoder(make_decoder(), {"hidden": "elsewhere"})
    with pytest.raises(SystemExit, match="MODULE:FUNCTION"):
        vae_decoder.make("test_vae_decoder")


def test_half_weights_are_a_decoder_nearby(tmp_path):
    decoder = vae_decoder.Decoder(make_decoder()).eval().requires_grad_(False)
    whole, half = (tmp_path / f"{name}.onnx" for name in ("whole", "half"))
    onnx_export.export(decoder, {"z": (5,)}, whole)
    model = onnx_export.export(decoder, {"z": (5,)}, half, float16=True)
    types = {tensor.data_type for tensor in model.graph.initializer if np.prod(tensor.dims) >= onnx_export.SMALLEST_HALF}
    assert types == {onnx.TensorProto.FLOAT16}
    assert half.stat().st_size < whole.stat().st_size
    assert 1e-6 < image_error(decoder, half, torch.randn(3, 5)) < 1e-2


def test_a_file_that_differs_from_pytorch_is_not_written(tmp_path, monkeypatch):
    monkeypatch.setattr(onnx_export, "largest_error", lambda *_: float("nan"))
    args = argparse.Namespace(out=tmp_path / "decoder.onnx", prior="normal", range="-1,1", licence=None, float16=False)
    with pytest.raises(SystemExit, match="nothing was written"):
        onnx_export.write(vae_decoder.Decoder(make_decoder()).eval(), {"z": (5,)}, args)
    assert list(tmp_path.iterdir()) == []
