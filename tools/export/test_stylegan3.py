"""StyleGAN3 exports: the image is that of weight-modulated convolutions between filters; names, Jacobians."""

import math

import onnx
import pytest
import torch
from torch.nn import functional as F

from jacobians import doubled, image_error, jacobian_error
from stylegan3 import Generator, main
from test_stylegan2 import linear, modulated_convolution, normalise

torch.set_num_threads(1)
Z, W, CHANNELS = 4, 6, 5
# Name, channels in and out, size before and after, and the factors by which the rate rises and falls.
LAYERS = [
    ("L0_24_5", 5, 5, 24, 24, 2, 2),
    ("L1_28_4", 5, 4, 24, 28, 4, 2),
    ("L2_8_4", 4, 4, 28, 8, 2, 2),
    ("L3_8_3", 4, 3, 8, 8, 1, 1),
]


def random_state(rotating: bool, seed=1) -> dict:
    """A generator under NVIDIA's names, of images 3 × 8 × 8; its filters are not symmetric, to tell directions."""
    generator = torch.Generator().manual_seed(seed)
    normal = lambda *shape: torch.randn(shape, generator=generator)
    state = {"mapping.w_avg": normal(W), "synthesis.input.transform": torch.eye(3)}
    for i, inputs in enumerate((Z, W)):
        state |= {f"mapping.fc{i}.weight": 100 * normal(W, inputs), f"mapping.fc{i}.bias": 20 * normal(W)}
    name = "synthesis.input"
    state |= {f"{name}.weight": normal(CHANNELS, CHANNELS), f"{name}.freqs": normal(CHANNELS, 2), f"{name}.phases": normal(CHANNELS)}
    state |= {f"{name}.affine.weight": 0.3 * normal(4, W), f"{name}.affine.bias": torch.tensor([1.0, 0.2, 0.1, -0.1])}
    for layer, inputs, outputs, _, _, up, down in LAYERS:
        name = f"synthesis.{layer}"
        kernel = 1 if rotating or up == 1 else 3
        state |= {f"{name}.affine.weight": normal(inputs, W), f"{name}.affine.bias": 1 + 0.3 * normal(inputs)}
        state |= {f"{name}.weight": normal(outputs, inputs, kernel, kernel), f"{name}.bias": 0.3 * normal(outputs)}
        state[f"{name}.magnitude_ema"] = normal().exp()
        if up > 1:
            radial = rotating and layer != "L2_8_4"
            low, high = normal(6 * up).exp(), normal(*[6 * down] * (2 if radial else 1)).exp()
            state |= {f"{name}.up_filter": low / low.sum(), f"{name}.down_filter": high / high.sum()}
    return state


def resampled(x, kernel, up=1, down=1, low=0, high=0):
    """Zeros in between, padding (or cropping, where negative), convolution with the kernel, every so many samples."""
    n, c, h, w = x.shape
    x = F.pad(x[:, :, :, None, :, None], (0, up - 1, 0, 0, 0, up - 1)).reshape(n, c, h * up, w * up)
    x = F.pad(x, (low, high, low, high))
    both = kernel if kernel.ndim == 2 else torch.outer(kernel, kernel)
    x = F.conv2d(x, both.flip(0, 1).expand(c, 1, *both.shape), groups=c)
    return x[:, :, ::down, ::down]


def reference(state, z, truncation=1.0, clamp=256.0):
    """The generator as published."""
    x = normalise(z)
    for i in range(2):
        x = F.leaky_relu(linear(state, f"mapping.fc{i}", x, 0.01), 0.2) * math.sqrt(2)
    w = state["mapping.w_avg"].lerp(x, truncation)

    t = linear(state, "synthesis.input.affine", w)
    t = t / t[:, :2].norm(dim=1, keepdim=True)
    cosine, sine = t[:, 0], t[:, 1]
    rotation = torch.stack([torch.stack([cosine, -sine], 1), torch.stack([sine, cosine], 1)], 1)
    frequencies = state["synthesis.input.freqs"] @ rotation
    phases = state["synthesis.input.phases"] - (frequencies @ t[:, 2:, None]).squeeze(2)
    at = (torch.arange(24).to(z) + 0.5 - 12) / 4
    grid = torch.stack([at[None].expand(24, 24), at[:, None].expand(24, 24)], -1)
    x = torch.einsum("hwx,ncx->nchw", grid, frequencies) + phases[:, :, None, None]
    x = torch.einsum("dc,nchw->ndhw", state["synthesis.input.weight"] / math.sqrt(CHANNELS), torch.sin(2 * math.pi * x))

    for name, inputs, _, before, after, up, down in LAYERS:
        name = f"synthesis.{name}"
        weight, style = state[f"{name}.weight"], linear(state, f"{name}.affine", w)
        kernel = weight.shape[-1]
        colours = up == 1
        if colours:
            style = style / math.sqrt(inputs)
        # As wide as its kernel allows, so that the filters have something to crop.
        x = F.pad(x, [kernel // 2] * 4)
        x = modulated_convolution(x, weight, style, demodulate=not colours) * state[f"{name}.magnitude_ema"].rsqrt()
        x = x + state[f"{name}.bias"][:, None, None]
        if colours:
            return x.clamp(-clamp, clamp) / 4
        padding = (after - 1) * down + 1 - (before + kernel - 1) * up + 6 * up + 6 * down - 2
        low = (padding + up) // 2
        x = resampled(x, state[f"{name}.up_filter"] * up, up=up, low=low, high=padding - low)
        x = (F.leaky_relu(x, 0.2) * math.sqrt(2)).clamp(-clamp, clamp)
        x = resampled(x, state[f"{name}.down_filter"], down=down)


def codes(n=3, seed=2):
    return torch.randn(n, Z, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("rotating", [False, True], ids=["T", "R"])
@pytest.mark.parametrize("clamp", [256.0, 0.3])
def test_the_image_is_the_published_one(rotating, clamp):
    state = random_state(rotating)
    truth = reference({key: value.double() for key, value in state.items()}, codes().double(), 0.7, clamp)
    image = Generator(state, 0.7, clamp=clamp)(codes())["image"]
    assert float((image - truth).abs().max() / truth.abs().max()) < 1e-5


def test_other_networks_are_refused():
    with pytest.raises(SystemExit, match="No StyleGAN3"):
        Generator({"weight": torch.zeros(1)})
    with pytest.raises(SystemExit, match="moved by hand"):
        Generator(random_state(False) | {"synthesis.input.transform": 2 * torch.eye(3)})
    with pytest.raises(SystemExit, match="not centred"):
        Generator(random_state(False) | {"synthesis.L0_24_5.up_filter": torch.ones(18) / 18})


@pytest.fixture(scope="module", params=[False, True], ids=["T", "R"])
def exported(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stylegan3")
    torch.save(random_state(request.param), folder / "generator.pt")
    main([str(folder / "generator.pt"), "-o", str(folder / "generator.onnx")])
    return folder / "generator.onnx", Generator(random_state(request.param)).eval()


def test_the_file_has_the_module_image_at_any_batch(exported):
    path, generator = exported
    for n in (1, 4):
        assert image_error(generator, path, codes(n)) < 1e-5


def test_the_file_names_its_spaces(exported):
    graph = onnx.load(exported[0]).graph
    computed = {name for node in graph.node for name in node.output}
    assert {"w", "w_plus", "style_input", "features_input", "style_L3", "features_L2", "image"} <= computed
    groups = [attribute.i for node in graph.node for attribute in node.attribute if attribute.name == "group"]
    assert len(groups) > 10 and set(groups) == {1}


def test_jacobians(exported):
    path, generator = exported
    exact = doubled(generator)
    assert jacobian_error(path, lambda z: exact(z)["image"], codes(1)) < 1e-5
    assert jacobian_error(path, lambda z: exact(z)["image"], codes(1), mode="vjp") < 1e-5
    w_plus = generator(codes(1))["w_plus"].detach() + 0.1 * torch.randn(1, 5, W, generator=torch.Generator().manual_seed(3))
    assert jacobian_error(path, lambda w: exact.synthesis(w)["image"], w_plus, "w_plus") < 1e-5
