"""The trained generator is the function that the export recipe makes of its state dictionary; its stages learn, and resume."""

import argparse
import sys
from pathlib import Path

import torch
from torch.nn.functional import mse_loss

from networks import LATENT, SIZE, Discriminator, Generator
from perception import Perception
from regressor import Regressor
from train_autoencoder import rate_at
from train_gan import Anchors, Run, mixed_w_plus, r1_penalty
from train_mapping import Coordinates, transport

sys.path.insert(0, str(Path(__file__).parents[1] / "export"))
import stylegan2  # noqa: E402

ARGS = argparse.Namespace(seed=3, device="cpu", rate=2.5e-3, gamma=1.0, mixing=0.5, known=5.0, paired=1.0, batch=4, faces_seen=100)


def test_the_recipe_reads_the_state_dictionary():
    torch.manual_seed(1)
    generator = Generator()
    with torch.no_grad():
        for name, parameter in generator.named_parameters():
            if name.endswith("noise_strength"):
                parameter.fill_(0.1)
        z = torch.randn(3, LATENT)
        image = stylegan2.Generator(generator.state_dict()).eval()(z)["image"]
        truth = generator(z)
    assert truth.shape == (3, 3, SIZE, SIZE) and truth.std() > 0.1
    torch.testing.assert_close(image, truth, rtol=1e-5, atol=1e-5 * float(truth.abs().max()))


def test_r1_is_the_squared_gradient():
    """Along its gradient the logit rises by the gradient's length."""
    torch.manual_seed(2)
    discriminator = Discriminator().double()
    face = torch.randn(1, 3, SIZE, SIZE, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(discriminator(face).sum(), face)
    penalty = r1_penalty(discriminator, face)
    step = 1e-6 * gradient / gradient.norm()
    with torch.no_grad():
        slope = (discriminator(face + step) - discriminator(face - step)).item() / 2e-6
    assert abs(slope - penalty.sqrt().item()) < 1e-4 * slope


def test_mixing_joins_two_codes():
    torch.manual_seed(3)
    generator = Generator()
    rows = mixed_w_plus(generator, 8, 1.0, "cpu")
    distinct = [len(code.unique(dim=0)) for code in rows]
    assert rows.shape == (8, generator.synthesis.rows, LATENT) and distinct == [2] * 8
    assert all(len(code.unique(dim=0)) == 1 for code in mixed_w_plus(generator, 8, 0.0, "cpu"))


def test_an_interrupted_run_goes_on_as_if_it_had_not_been(tmp_path):
    faces = torch.randint(0, 256, (16, 3, SIZE, SIZE), dtype=torch.uint8)
    anchors = Anchors(torch.randn(16, LATENT), torch.randn(20, LATENT), torch.randn(20, LATENT), mse_loss)
    whole, first = Run(ARGS), Run(ARGS)
    for _ in range(2):
        whole.advance(faces, anchors)
    first.advance(faces, anchors)
    first.save(tmp_path / "gan.pt")
    second = Run(ARGS)
    second.restore(tmp_path / "gan.pt")
    second.advance(faces, anchors)
    for part in ("generator", "discriminator", "averaged"):
        expected = getattr(whole, part).state_dict()
        for name, value in getattr(second, part).state_dict().items():
            torch.testing.assert_close(value, expected[name], rtol=0, atol=1e-6, msg=f"{part}.{name}")


def test_perception_compares_maps_and_lets_gradients_through(tmp_path):
    """Nothing between equal faces; a rate of change by the face, and none by the network."""
    torch.manual_seed(5)
    torch.save({"averaged": Regressor().state_dict()}, tmp_path / "regressor.pt")
    perception = Perception(tmp_path / "regressor.pt")
    faces = torch.rand(4, 3, SIZE, SIZE) * 2 - 1
    image = faces.clone().requires_grad_()
    assert perception(image, faces).item() == 0
    distances = [perception(torch.lerp(image, faces.flip(0), share), faces) for share in (0.1, 0.5)]
    assert 0 < distances[0] < distances[1]
    distances[1].backward()
    assert image.grad.abs().max() > 0 and all(parameter.grad is None for parameter in perception.parameters())


def test_the_rate_has_two_cosines():
    args = argparse.Namespace(rate=1.0, steps=100, refined=60, warm_up=10)
    rates = [rate_at(step, args) for step in range(160)]
    assert rates[99] < 1e-3 and rates[159] < 1e-3
    assert 0.9 < max(rates[:100]) <= 1 and 0.4 < max(rates[100:]) <= 0.5 and rates[0] == 0.1 and rates[100] == 0.05


def test_coordinates_have_no_scale_and_lead_back():
    torch.manual_seed(4)
    codes = torch.randn(3000, LATENT) * torch.linspace(0.5, 3, LATENT) + 2
    coordinates = Coordinates(codes)
    points = coordinates.of(codes)
    torch.testing.assert_close(coordinates.back(points), codes, rtol=1e-4, atol=1e-4)
    assert points.mean(0).abs().max() < 1e-4 and 0.8 < points.std(0).min() <= points.std(0).max() <= 1.0


def test_transport_follows_the_field():
    """Along x' = (a − b)x/(b + (a − b)t) the coordinate goes in a line from b·x to a·x."""
    a, b = 3.0, 0.5
    field = lambda x, time: (a - b) * x / (b + (a - b) * time[:, None])
    start = torch.randn(5, LATENT)
    torch.testing.assert_close(transport(field, b * start, steps=64), a * start, rtol=2e-3, atol=1e-3)
