"""StyleGAN2 exports: the image is that of weight-modulated convolutions, whatever the architecture; names, Jacobians."""

import argparse
import copy
import math

import numpy as np
import onnx
import pytest
import torch
from torch.nn import functional as F

from jacobians import doubled, image_error, jacobian_error
from onnx_export import SMALLEST_HALF, export
from stylegan2 import Generator, from_rosinality, main, read

torch.set_num_threads(1)
WIDTHS = {4: 6, 8: 5, 16: 4}
Z, W = 5, 7


def random_state(architecture="skip", classes=0, layers=3, kernel=(1.0, 3.0, 3.0, 1.0), seed=1) -> dict:
    """A generator under NVIDIA's names: z [5], w [7], images 3 × 16 × 16."""
    generator = torch.Generator().manual_seed(seed)
    normal = lambda *shape: torch.randn(shape, generator=generator)
    taps = torch.tensor(kernel)
    blur = torch.outer(taps, taps) / taps.sum() ** 2
    state = {"mapping.w_avg": normal(W)}
    for i in range(layers):
        inputs = W if i else Z + (W if classes else 0)
        state |= {f"mapping.fc{i}.weight": 100 * normal(W, inputs), f"mapping.fc{i}.bias": 20 * normal(W)}
    if classes:
        state |= {"mapping.embed.weight": normal(W, classes), "mapping.embed.bias": normal(W)}

    def modulated(name, inputs, outputs, size=1):
        state.update({f"{name}.affine.weight": normal(inputs, W), f"{name}.affine.bias": 1 + 0.3 * normal(inputs)})
        state.update({f"{name}.weight": normal(outputs, inputs, size, size), f"{name}.bias": 0.3 * normal(outputs)})

    for size, width in WIDTHS.items():
        block = f"synthesis.b{size}"
        state[f"{block}.resample_filter"] = blur
        if size == 4:
            state[f"{block}.const"] = normal(width, 4, 4)
        for layer, inputs in (("conv0", WIDTHS.get(size // 2)), ("conv1", width)):
            if inputs is None:
                continue
            name = f"{block}.{layer}"
            modulated(name, inputs, width, 3)
            state |= {f"{name}.noise_const": normal(size, size), f"{name}.noise_strength": normal()}
            state[f"{name}.resample_filter"] = blur
        if architecture == "skip" or size == max(WIDTHS):
            modulated(f"{block}.torgb", width, 3)
        if architecture == "resnet" and size > 4:
            state[f"{block}.skip.weight"] = normal(width, WIDTHS[size // 2], 1, 1)
    return state


def linear(state, name, x, rate=1.0):
    weight = state[f"{name}.weight"]
    return F.linear(x, weight * rate / math.sqrt(weight.shape[1]), state[f"{name}.bias"] * rate)


def normalise(x):
    return x * (x.square().mean(1, keepdim=True) + 1e-8).rsqrt()


def zeros_between(x):
    n, c, h, w = x.shape
    return F.pad(x[:, :, :, None, :, None], (0, 1, 0, 0, 0, 1)).reshape(n, c, 2 * h, 2 * w)


def filtered(x, kernel, low, high):
    """Each channel convolved with the kernel, after padding."""
    c = x.shape[1]
    return F.conv2d(F.pad(x, (low, high, low, high)), kernel.flip(0, 1).expand(c, 1, 4, 4), groups=c)


def modulated_convolution(x, weight, style, demodulate=True):
    """The paper's: weights of its own for every image, as one grouped convolution ("same" size)."""
    n, outputs = len(x), len(weight)
    weights = weight[None] * style[:, None, :, None, None]
    if demodulate:
        weights = weights * (weights.square().sum((2, 3, 4), keepdim=True) + 1e-8).rsqrt()
    weights = weights.reshape(n * outputs, *weight.shape[1:])
    y = F.conv2d(x.reshape(1, -1, *x.shape[2:]), weights, padding=weight.shape[-1] // 2, groups=n)
    return y.reshape(n, outputs, *x.shape[2:])


def reference(state, z, truncation=1.0, label=None, clamp=math.inf):
    """The generator as published: modulated weights, upsampling by zeros, a filter and the convolution at full size."""
    x = normalise(z)
    if label is not None:
        chosen = F.one_hot(torch.tensor([label] * len(z)), state["mapping.embed.weight"].shape[1]).to(z)
        x = torch.cat([x, normalise(linear(state, "mapping.embed", chosen))], 1)
    for i in range(sum(key.startswith("mapping.fc") and key.endswith("weight") for key in state)):
        x = F.leaky_relu(linear(state, f"mapping.fc{i}", x, 0.01), 0.2) * math.sqrt(2)
    w = state["mapping.w_avg"].lerp(x, truncation)

    image, x = None, state["synthesis.b4.const"].expand(len(z), -1, -1, -1)
    for size in WIDTHS:
        block = f"synthesis.b{size}"
        blur = state[f"{block}.resample_filter"]
        residual = state.get(f"{block}.skip.weight")
        entering = x
        for layer in ("conv0", "conv1"):
            name = f"{block}.{layer}"
            if f"{name}.weight" not in state:
                continue
            weight, style = state[f"{name}.weight"], linear(state, f"{name}.affine", w)
            if layer == "conv0":
                # Wider than needed by a pixel on each side, which the convolution wants to see.
                x = filtered(zeros_between(x), 4 * blur, 3, 2)
                x = modulated_convolution(x, weight.flip(2, 3), style)[:, :, 1:-1, 1:-1]
            else:
                x = modulated_convolution(x, weight, style)
            gain = math.sqrt(0.5) if residual is not None and layer == "conv1" else 1
            x = x + state[f"{name}.noise_const"] * state[f"{name}.noise_strength"] + state[f"{name}.bias"][:, None, None]
            x = (F.leaky_relu(x, 0.2) * math.sqrt(2) * gain).clamp(-clamp * gain, clamp * gain)
        if residual is not None:
            path = F.conv2d(entering, residual / math.sqrt(residual.shape[1]))
            x = x + math.sqrt(0.5) * filtered(zeros_between(path), 4 * blur, 2, 1)
        if image is not None:
            image = filtered(zeros_between(image), 4 * blur, 2, 1)
        if f"{block}.torgb.weight" in state:
            weight = state[f"{block}.torgb.weight"]
            style = linear(state, f"{block}.torgb.affine", w) / math.sqrt(weight.shape[1])
            colours = modulated_convolution(x, weight, style, demodulate=False) + state[f"{block}.torgb.bias"][:, None, None]
            colours = colours.clamp(-clamp, clamp)
            image = colours if image is None else image + colours
    return image


def codes(n=3, seed=2):
    return torch.randn(n, Z, generator=torch.Generator().manual_seed(seed))


def to_double(state):
    return {key: value.double() for key, value in state.items()}


def difference(state, **options) -> float:
    """Between the recipe and the reference, relative to the image's largest value."""
    z = codes()
    given = {"truncation": options.get("truncation", 1.0), "label": options.get("label"), "clamp": options.get("clamp")}
    image = Generator(state, **given)(z)["image"]
    truth = reference(to_double(state), z.double(), **options)
    return float((image - truth).abs().max() / truth.abs().max())


@pytest.mark.parametrize("architecture", ["skip", "resnet", "orig"])
def test_scaled_activations_are_modulated_weights(architecture):
    assert difference(random_state(architecture)) < 1e-5


@pytest.mark.parametrize("architecture", ["skip", "resnet"])
def test_filters_that_are_not_symmetric_keep_their_direction(architecture):
    assert difference(random_state(architecture, kernel=(1.0, 2.0, 4.0, 3.0))) < 1e-5


def test_truncation_label_and_clamping():
    for architecture in ("skip", "resnet"):
        state = random_state(architecture, classes=4)
        images = [difference(state, truncation=0.6, label=label, clamp=0.8) for label in (0, 3)]
        assert max(images) < 1e-5
    bounded, free = (reference(state, codes(), label=0, clamp=clamp) for clamp in (0.8, math.inf))
    assert (bounded - free).abs().max() > 0.1


def test_a_conditional_generator_wants_a_label_and_others_none():
    with pytest.raises(SystemExit, match="4 classes"):
        Generator(random_state(classes=4))
    with pytest.raises(SystemExit, match="no classes"):
        Generator(random_state(), label=1)
    with pytest.raises(SystemExit, match="No StyleGAN2"):
        Generator({"weight": torch.zeros(1)})


def to_rosinality(state: dict) -> dict:
    """The state under rosinality's names and in that code's layout; its 3 × 3 weights are scaled before demodulation."""
    taken = {f"mapping.fc{i}.{part}": f"style.{i + 1}.{part}" for i in range(3) for part in ("weight", "bias")}
    theirs = {new: state[old] for old, new in taken.items()} | {"input.input": state["synthesis.b4.const"][None]}
    layers = {"b4.conv1": "conv1", "b4.torgb": "to_rgb1"}
    noises = {"b4.conv1": 0}
    for i, block in enumerate(("b8", "b16")):
        layers |= {f"{block}.conv0": f"convs.{2 * i}", f"{block}.conv1": f"convs.{2 * i + 1}", f"{block}.torgb": f"to_rgbs.{i}"}
        noises |= {f"{block}.conv0": 2 * i + 1, f"{block}.conv1": 2 * i + 2}
    for ours, name in layers.items():
        weight = state[f"synthesis.{ours}.weight"]
        theirs |= {f"{name}.conv.modulation.{part}": state[f"synthesis.{ours}.affine.{part}"] for part in ("weight", "bias")}
        bias = state[f"synthesis.{ours}.bias"]
        if ours.endswith("torgb"):
            theirs |= {f"{name}.conv.weight": weight[None], f"{name}.bias": bias.reshape(1, -1, 1, 1)}
            if ours != "b4.torgb":
                theirs[f"{name}.upsample.kernel"] = 4 * state[f"synthesis.{ours[:-6]}.resample_filter"]
            continue
        theirs |= {f"{name}.conv.weight": weight[None] * math.sqrt(weight[0].numel()), f"{name}.activate.bias": bias}
        theirs[f"{name}.noise.weight"] = state[f"synthesis.{ours}.noise_strength"].reshape(1)
        theirs[f"noises.noise_{noises[ours]}"] = state[f"synthesis.{ours}.noise_const"][None, None]
        if ours.endswith("conv0"):
            theirs[f"{name}.conv.blur.kernel"] = 4 * state[f"synthesis.{ours}.resample_filter"]
    return theirs


def test_rosinality_checkpoints_are_read_with_their_mean_and_without_running_code(tmp_path):
    state = random_state(kernel=(1.0, 2.0, 4.0, 3.0))
    content = {"g_ema": to_rosinality(state), "latent_avg": state["mapping.w_avg"], "args": argparse.Namespace(size=16)}
    torch.save(content, tmp_path / "checkpoint.pt")
    found, settings = read(tmp_path / "checkpoint.pt")
    assert settings == {}
    # No 4-pixel image is enlarged, so rosinality's code has no filter for it.
    expected = {key for key in state if key not in ("synthesis.b4.resample_filter",) and not key.endswith("conv1.resample_filter")}
    assert set(found) == expected
    assert all(torch.allclose(found[key], state[key], rtol=1e-6) for key in expected)
    image = lambda weights: Generator(weights, 0.7)(codes())["image"]
    torch.testing.assert_close(image(found), image(state))
    assert from_rosinality(content["g_ema"]).keys() == found.keys() - {"mapping.w_avg"}


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stylegan2")
    torch.save(random_state(), folder / "generator.pt")
    main([str(folder / "generator.pt"), "-o", str(folder / "generator.onnx"), "--truncation", "0.8", "--licence", "CC0"])
    return folder / "generator.onnx", Generator(random_state(), 0.8).eval()


def test_the_file_has_the_module_image_at_any_batch(exported):
    path, generator = exported
    for n in (1, 4):
        assert image_error(generator, path, codes(n)) < 1e-5


def test_the_file_names_its_spaces_and_states_its_prior(exported):
    model = onnx.load(exported[0])
    facts = {entry.key: entry.value for entry in model.metadata_props}
    assert facts == {
        "vielbein.prior": "normal",
        "vielbein.range": "-1,1",
        "vielbein.licence": "CC0",
        "stylegan2.truncation": "0.8",
    }
    shapes = {
        value.name: [d.dim_param or d.dim_value for d in value.type.tensor_type.shape.dim]
        for value in (*model.graph.input, *model.graph.value_info, *model.graph.output)
    }
    assert shapes["z"] == ["n", 5]
    assert shapes["w"] == ["n", 7]
    assert shapes["w_plus"] == ["n", 6, 7]
    assert shapes["style_8_conv0"] == ["n", 6]
    assert shapes["features_16"] == ["n", 4, 16, 16]
    assert shapes["image"] == ["n", 3, 16, 16]
    computed = {name for node in model.graph.node for name in node.output}
    assert set(shapes) - {"z"} <= computed
    assert [port.name for port in model.graph.output] == ["image"]


def test_convolutions_have_constant_weights_and_one_group(exported):
    graph = onnx.load(exported[0]).graph
    stored = {tensor.name for tensor in graph.initializer}
    convolutions = [node for node in graph.node if node.op_type in ("Conv", "ConvTranspose")]
    assert len(convolutions) == 3 + 2 * 2 + 3 + 2  # convolutions and their filters, colours and theirs
    for node in convolutions:
        assert node.input[1] in stored
        assert all(attribute.i == 1 for attribute in node.attribute if attribute.name == "group")


@pytest.mark.parametrize("mode", ["jvp", "vjp"])
def test_jacobians_from_z(exported, mode):
    path, generator = exported
    exact = doubled(generator)
    assert jacobian_error(path, lambda z: exact(z)["image"], codes(1), mode=mode) < 1e-5


def test_jacobian_from_w_plus(exported):
    path, generator = exported
    exact = doubled(generator)
    with torch.no_grad():
        w_plus = generator(codes(1))["w_plus"] + 0.1 * torch.randn(1, 6, 7, generator=torch.Generator().manual_seed(3))
    assert jacobian_error(path, lambda w: exact.synthesis(w)["image"], w_plus, "w_plus") < 1e-5


def test_half_weights_are_a_generator_nearby_with_exact_jacobians_of_its_own(tmp_path):
    # Wide enough that weights outweigh everything else in the file.
    generator = torch.Generator().manual_seed(5)
    state = random_state()
    for i in range(3):
        state[f"mapping.fc{i}.weight"] = 100 * torch.randn(64, 5 if i == 0 else 64, generator=generator)
        state[f"mapping.fc{i}.bias"] = torch.zeros(64)
    for key in [key for key in state if key.endswith("affine.weight")]:
        state[key] = torch.randn(len(state[key]), 64, generator=generator)
    module = Generator(state).eval()
    whole, half = tmp_path / "whole.onnx", tmp_path / "half.onnx"
    export(module, {"z": (Z,)}, whole)
    export(module, {"z": (Z,)}, half, float16=True)
    assert half.stat().st_size < 0.7 * whole.stat().st_size

    rounded = copy.deepcopy(module)
    for tensor in (*rounded.parameters(), *rounded.buffers()):
        if tensor.numel() >= SMALLEST_HALF:
            tensor.data = tensor.data.half().float()
    assert image_error(rounded, half, codes()) < 1e-5
    assert 1e-4 < image_error(module, half, codes()) < 3e-3
    # A leaky ReLU has other slopes where rounding changes a sign: Jacobians are further apart than images.
    errors = [
        jacobian_error(half, lambda z, exact=doubled(m): exact(z)["image"], codes(1)) for m in (rounded, module)
    ]
    assert errors[0] < 1e-5
    assert 1e-4 < errors[1] < 3e-2


def test_a_file_that_differs_from_pytorch_is_not_written(tmp_path, monkeypatch):
    torch.save(random_state(), tmp_path / "generator.pt")
    monkeypatch.setattr("onnx_export.TOLERANCE", -1.0)
    with pytest.raises(SystemExit, match="nothing was written"):
        main([str(tmp_path / "generator.pt"), "-o", str(tmp_path / "generator.onnx")])
    assert [file.name for file in tmp_path.iterdir()] == ["generator.pt"]


def test_noise_without_strength_is_left_out(tmp_path):
    state = random_state()
    for key in [key for key in state if key.endswith("noise_strength")]:
        state[key] = torch.zeros([])
    assert Generator(state).blocks["b16"].layers["conv1"].noise is None
    assert difference(state) < 1e-5
    assert np.isfinite(Generator(state)(codes())["image"].detach().numpy()).all()
