"""PGGAN, DCGAN, BigGAN-deep and decoders of one's own: the published image, names, Jacobians."""

import math

import onnx
import pytest
import torch
from torch import nn
from torch.nn import functional as F

import biggan
import dcgan
import pggan
import vae_decoder
from jacobians import doubled, image_error, jacobian_error, open_file
from test_stylegan2 import normalise

torch.set_num_threads(1)


def normals(seed):
    generator = torch.Generator().manual_seed(seed)
    return lambda *shape: torch.randn(shape, generator=generator)


def codes(n, z):
    return normals(2)(n, z)


def largest_difference(image, truth) -> float:
    return float((image - truth).abs().max() / truth.abs().max())


def tensor_names(path) -> set[str]:
    return {name for node in onnx.load(path).graph.node for name in node.output}


def check_file(path, module, z, names):
    """Its image at several batches, its names, and its Jacobians by columns and by rows."""
    assert names <= tensor_names(path)
    for n in (1, 4):
        assert image_error(module, path, codes(n, z)) < 1e-5
    exact = doubled(module)
    for mode in ("jvp", "vjp"):
        assert jacobian_error(path, lambda x: exact(x)["image"], codes(1, z), mode=mode) < 1e-5


def pggan_state() -> dict:
    normal, state = normals(1), {}
    shapes = {"formatLayer": (16 * 5, 6), "groupScale0.0": (5, 5, 3, 3), "toRGBLayers.0": (3, 5, 1, 1)}
    for i, (before, width) in enumerate([(5, 5), (5, 4)]):
        shapes |= {f"scaleLayers.{i}.0": (width, before, 3, 3), f"scaleLayers.{i}.1": (width, width, 3, 3)}
        shapes[f"toRGBLayers.{i + 1}"] = (3, width, 1, 1)
    for name, shape in shapes.items():
        state |= {f"{name}.module.weight": normal(*shape), f"{name}.module.bias": normal(shape[0])}
    return state


def pggan_reference(state, z):
    def equalised(x, name):
        weight, bias = state[f"{name}.module.weight"], state[f"{name}.module.bias"]
        y = F.conv2d(x, weight, bias, padding=weight.shape[-1] // 2) if weight.ndim == 4 else F.linear(x, weight, bias)
        return y * math.sqrt(2 / weight[0].numel())

    layer = lambda x, name: normalise(F.leaky_relu(equalised(x, name), 0.2))
    x = normalise(F.leaky_relu(equalised(normalise(z), "formatLayer"), 0.2).reshape(len(z), -1, 4, 4))
    x = layer(x, "groupScale0.0")
    for i in range(2):
        x = layer(x.repeat_interleave(2, 2).repeat_interleave(2, 3), f"scaleLayers.{i}.0")
        x = layer(x, f"scaleLayers.{i}.1")
    return equalised(x, "toRGBLayers.2")


def test_pggan(tmp_path):
    state = pggan_state()
    generator = pggan.Generator(state).eval()
    assert largest_difference(generator(codes(3, 6))["image"], pggan_reference(state, codes(3, 6))) < 1e-5
    # The averaged weights are preferred to those of the last step.
    torch.save({"netG": {}, "avgG": state}, tmp_path / "checkpoint.pt")
    pggan.main([str(tmp_path / "checkpoint.pt"), "-o", str(tmp_path / "pggan.onnx")])
    check_file(tmp_path / "pggan.onnx", generator, 6, {"code", "features_4", "features_16", "image"})
    with pytest.raises(SystemExit, match="No PGGAN"):
        pggan.Generator({})


def dcgan_network() -> nn.Sequential:
    """As in PyTorch's example, three doublings fewer; normalised after training on something."""
    torch.manual_seed(3)
    layers = [nn.ConvTranspose2d(5, 6, 4, 1, 0, bias=False), nn.BatchNorm2d(6), nn.ReLU()]
    layers += [nn.ConvTranspose2d(6, 4, 4, 2, 1, bias=False), nn.BatchNorm2d(4), nn.ReLU()]
    network = nn.Sequential(*layers, nn.ConvTranspose2d(4, 3, 4, 2, 1, bias=False), nn.Tanh())
    with torch.no_grad():
        for _ in range(5):
            network(torch.randn(32, 5, 1, 1))
        for layer in network:
            if isinstance(layer, nn.BatchNorm2d):
                layer.weight.normal_()
                layer.bias.normal_()
    return network.eval()


def test_dcgan(tmp_path):
    network = dcgan_network()
    state = {f"main.{key}": value for key, value in network.state_dict().items()}
    generator = dcgan.Generator(state).eval()
    truth = network(codes(3, 5)[:, :, None, None]).detach()
    assert largest_difference(generator(codes(3, 5))["image"], truth) < 1e-5
    torch.save(state, tmp_path / "netG.pth")
    dcgan.main([str(tmp_path / "netG.pth"), "-o", str(tmp_path / "dcgan.onnx")])
    check_file(tmp_path / "dcgan.onnx", generator, 5, {"features_4", "features_8", "image"})
    with pytest.raises(SystemExit, match="4 × 4"):
        dcgan.Generator({"main.0.weight": torch.zeros(4, 3, 5, 5)})


BLOCKS = [(16, 16, False), (16, 8, True), (8, 8, False), (8, 4, True)]
CLASSES, BIGGAN_Z = 5, 4


def biggan_state() -> dict:
    """Widths 16 → 4, attention before the last block; images 3 × 16 × 16."""
    normal, state = normals(4), {}

    def spectral(name, *shape, bias=True):
        rows, columns = shape[0], math.prod(shape[1:])
        state.update({f"{name}.weight_orig": normal(*shape), f"{name}.weight_u": normal(rows), f"{name}.weight_v": normal(columns)})
        if bias:
            state[f"{name}.bias"] = normal(rows)

    def norm(name, channels, conditional=True):
        state.update({f"{name}.running_means": normal(6, channels), f"{name}.running_vars": normal(6, channels).exp()})
        if conditional:
            for part in ("scale", "offset"):
                spectral(f"{name}.{part}", channels, 2 * BIGGAN_Z, bias=False)
        else:
            state.update({f"{name}.weight": normal(channels), f"{name}.bias": normal(channels)})

    state["embeddings.weight"] = normal(BIGGAN_Z, CLASSES)
    spectral("generator.gen_z", 16 * 16, 2 * BIGGAN_Z)
    i = 0
    for before, after, _ in BLOCKS:
        if i == 3:
            for part, shape in {"theta": (1, 8), "phi": (1, 8), "g": (4, 8), "o_conv": (8, 4)}.items():
                spectral(f"generator.layers.{i}.snconv1x1_{part}", *shape, 1, 1, bias=False)
            state[f"generator.layers.{i}.gamma"] = normal(1)
            i += 1
        name, middle = f"generator.layers.{i}", before // 4
        for j, (inputs, outputs, kernel) in enumerate([(before, middle, 1), (middle, middle, 3), (middle, middle, 3), (middle, after, 1)]):
            norm(f"{name}.bn_{j}", inputs)
            spectral(f"{name}.conv_{j}", outputs, inputs, kernel, kernel)
        i += 1
    norm("generator.bn", 4, conditional=False)
    spectral("generator.conv_to_rgb", 4, 4, 3, 3)
    # The network's own vectors are singular vectors: after a few steps of the power iteration.
    for key in [key for key in state if key.endswith("weight_orig")]:
        u, _, vh = torch.linalg.svd(state[key].flatten(1), full_matrices=False)
        state[key.replace("_orig", "_u")], state[key.replace("_orig", "_v")] = u[:, 0], vh[0]
    return state


def biggan_reference(state, z, label, truncation):
    """The network as published, a layer at a time."""
    weight = lambda name: state[f"{name}.weight_orig"] / torch.linalg.matrix_norm(state[f"{name}.weight_orig"].flatten(1), 2)
    convolution = lambda x, name: F.conv2d(x, weight(name), state.get(f"{name}.bias"), padding=weight(name).shape[-1] // 2)
    enlarged = lambda x: x.repeat_interleave(2, 2).repeat_interleave(2, 3)
    code = torch.cat([z, state["embeddings.weight"].T[label]], 1)

    def standardised(x, name):
        step = truncation * 5
        low, share = int(step), step - int(step)
        table = lambda kind: state[f"{name}.running_{kind}"]
        # The published code's weights of two neighbours are the wrong way round, and its statistics were made for that.
        mean, variance = (table(k)[low] * share + table(k)[low + 1] * (1 - share) if share else table(k)[low] for k in ("means", "vars"))
        return (x - mean[:, None, None]) / torch.sqrt(variance + 1e-4)[:, None, None]

    def conditional(x, name):
        scale, offset = (F.linear(code, weight(f"{name}.{part}"))[:, :, None, None] for part in ("scale", "offset"))
        return F.relu(standardised(x, name) * (1 + scale) + offset)

    x = F.linear(code, weight("generator.gen_z"), state["generator.gen_z.bias"]).reshape(-1, 4, 4, 16).permute(0, 3, 1, 2)
    i = 0
    for before, after, double in BLOCKS:
        if i == 3:
            name, (n, c, h, w) = f"generator.layers.{i}", x.shape
            query = convolution(x, f"{name}.snconv1x1_theta").flatten(2)
            key = F.max_pool2d(convolution(x, f"{name}.snconv1x1_phi"), 2).flatten(2)
            value = F.max_pool2d(convolution(x, f"{name}.snconv1x1_g"), 2).flatten(2)
            mixed = torch.einsum("nck,nqk->ncq", value, torch.softmax(torch.einsum("ncq,nck->nqk", query, key), -1))
            x = x + state[f"{name}.gamma"] * convolution(mixed.reshape(n, -1, h, w), f"{name}.snconv1x1_o_conv")
            i += 1
        name, y = f"generator.layers.{i}", x
        for j in range(4):
            y = conditional(y, f"{name}.bn_{j}")
            y = convolution(enlarged(y) if double and j == 1 else y, f"{name}.conv_{j}")
        x = x[:, :after]
        x = (enlarged(x) if double else x) + y
        i += 1
    x = standardised(x, "generator.bn") * state["generator.bn.weight"][:, None, None] + state["generator.bn.bias"][:, None, None]
    return torch.tanh(convolution(F.relu(x), "generator.conv_to_rgb")[:, :3])


@pytest.mark.parametrize("truncation", [1.0, 0.4, 0.5])
def test_biggan_is_the_published_network(truncation):
    state, z, labels = biggan_state(), codes(3, BIGGAN_Z), torch.tensor([1, 4, 4])
    truth = biggan_reference(state, z, labels, truncation)
    assert largest_difference(biggan.Generator(state, truncation)(z, labels)["image"], truth) < 1e-5
    assert largest_difference(biggan.Generator(state, truncation, 4)(z)["image"][1:], truth[1:]) < 1e-5


def test_biggan_with_a_class_in_the_file(tmp_path):
    torch.save(biggan_state(), tmp_path / "pytorch_model.bin")
    path = tmp_path / "biggan.onnx"
    biggan.main([str(tmp_path / "pytorch_model.bin"), "-o", str(path), "--label", "3", "--truncation", "0.4"])
    check_file(path, biggan.Generator(biggan_state(), 0.4, 3).eval(), BIGGAN_Z, {"code", "features_4", "features_16", "image"})
    facts = {entry.key: entry.value for entry in onnx.load(path).metadata_props}
    assert facts["biggan.label"] == "3" and facts["biggan.truncation"] == "0.4"


def test_biggan_with_the_class_as_an_input(tmp_path):
    torch.save(biggan_state(), tmp_path / "pytorch_model.bin")
    path = tmp_path / "biggan.onnx"
    biggan.main([str(tmp_path / "pytorch_model.bin"), "-o", str(path)])
    z, labels = codes(3, BIGGAN_Z), torch.tensor([0, 2, 4])
    (image,) = open_file(path).run(None, {"z": z.numpy(), "label": labels.numpy()})
    assert largest_difference(torch.from_numpy(image), biggan_reference(biggan_state(), z, labels, 1.0)) < 1e-5
    # From the code on, no class is needed: the embedding is part of the space.
    generator = doubled(biggan.Generator(biggan_state()).eval())
    code = generator(z[:1].double(), labels[:1])["code"].float()
    zero = torch.zeros(1, BIGGAN_Z, dtype=torch.float64)

    def from_code(point):
        generator.embeddings = point[:, BIGGAN_Z:]
        return generator(zero + point[:, :BIGGAN_Z], torch.zeros(1, dtype=torch.int64))["image"]

    assert jacobian_error(path, from_code, code, "code") < 1e-5


def test_biggan_refuses_what_it_has_not(tmp_path):
    with pytest.raises(SystemExit, match="classes 0 to 4"):
        biggan.Generator(biggan_state(), label=5)
    with pytest.raises(SystemExit, match="above 0"):
        biggan.Generator(biggan_state(), truncation=0)


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
    vae_decoder.main(["test_other_recipes:make_decoder", *options, "-o", str(path)])
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
        vae_decoder.make("test_other_recipes")
