"""The measures have their known values on sets of points for which these can be told."""

import numpy as np
import pytest
import torch

from data import HELD
from faces import dataset
from factors import sample_factors
from measure_gan import density_coverage, distances, frechet, precision_recall, radii, redrawn_error, spreads
from regressor import OUTPUTS, WIDTH


def gaussian(n: int, d: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, d))


def whitened(n: int, d: int, seed: int) -> np.ndarray:
    """Rows whose mean is 0 and whose covariance is the identity, exactly."""
    rows = gaussian(n, d, seed)
    rows -= rows.mean(0)
    return rows @ np.linalg.inv(np.linalg.cholesky(np.cov(rows.T))).T


def test_frechet_of_gaussians_with_commuting_covariances():
    # ‖μ₁ − μ₂‖² + Σ (σ₁ − σ₂)² for axes in common.
    first, second = np.array([1.0, 2.0, 0.5, 3.0]), np.array([2.0, 0.5, 0.5, 1.0])
    turn = np.linalg.qr(gaussian(4, 4, 0))[0]
    shift = np.array([1.0, -2.0, 0.0, 0.5])
    real = whitened(200, 4, 1) * first @ turn
    drawn = whitened(300, 4, 2) * second @ turn + shift
    assert frechet(real, drawn) == pytest.approx(shift @ shift + np.square(first - second).sum(), rel=1e-9)
    assert frechet(real, real) == pytest.approx(0, abs=1e-9)


def test_frechet_of_plane_gaussians_without_common_axes():
    # tr (Σ₁Σ₂)^½ = √(tr Σ₁Σ₂ + 2 √det Σ₁Σ₂) for 2 × 2 matrices.
    first, second = np.array([[2.0, 1.0], [0.0, 1.0]]), np.array([[1.0, 0.0], [-2.0, 3.0]])
    real, drawn = whitened(50, 2, 3) @ first, whitened(60, 2, 4) @ second
    a, b = first.T @ first, second.T @ second
    cross = np.sqrt(np.trace(a @ b) + 2 * np.sqrt(np.linalg.det(a @ b)))
    assert frechet(real, drawn) == pytest.approx(np.trace(a) + np.trace(b) - 2 * cross, rel=1e-9)
    assert frechet(drawn, real) == pytest.approx(frechet(real, drawn), rel=1e-9)


def test_distances_and_radii():
    rows, others = gaussian(7, 3, 5) + 100, gaussian(9, 3, 6) + 100
    brute = np.linalg.norm(rows[:, None] - others, axis=2)
    np.testing.assert_allclose(distances(rows, others), brute, rtol=1e-9)
    line = np.array([[0.0], [1.0], [3.0], [7.0]])
    np.testing.assert_allclose(radii(line, 1), [1, 1, 2, 4])
    np.testing.assert_allclose(radii(line, 2), [3, 2, 3, 6])


def test_precision_falls_with_stray_samples_and_recall_with_lost_modes():
    left, right = gaussian(400, 3, 7), gaussian(400, 3, 8) + [100, 0, 0]
    both = np.concatenate([left, right])
    more = np.concatenate([gaussian(400, 3, 9), gaussian(400, 3, 10) + [100, 0, 0]])
    lost = precision_recall(both, gaussian(400, 3, 11))
    whole = precision_recall(both, more)
    assert lost["recall"] == pytest.approx(whole["recall"] / 2, abs=0.03) and lost["precision"] > 0.9
    stray = precision_recall(left, more)
    assert stray["precision"] == pytest.approx(whole["precision"] / 2, abs=0.03) and stray["recall"] > 0.9
    swapped = precision_recall(more, left)
    assert (swapped["precision"], swapped["recall"]) == (stray["recall"], stray["precision"])


def test_density_and_coverage_of_one_distribution():
    # Naeem et al. 2020, lemmas 1 and 2: E[density] = 1, E[coverage] = 1 − Π (n − i) / (n + m − i), i = 1 … k.
    n, m, k = 400, 300, 5
    figures = [density_coverage(gaussian(n, 4, 2 * seed), gaussian(m, 4, 2 * seed + 1), k) for seed in range(12)]
    factors = [(n - i) / (n + m - i) for i in range(1, k + 1)]
    assert np.mean([figure["density"] for figure in figures]) == pytest.approx(1, abs=0.03)
    assert np.mean([figure["coverage"] for figure in figures]) == pytest.approx(1 - np.prod(factors), abs=0.01)


def outputs_of(table: np.ndarray) -> np.ndarray:
    """What a perfect regressor would say of faces with these factors."""
    outputs = np.zeros((len(table), WIDTH), np.float32)
    for output in OUTPUTS:
        truth = table[:, output.column]
        outputs[:, output.columns] = 50 * np.eye(output.width)[truth.astype(int)] if output.factor.choices else truth[:, None]
    return outputs


def test_a_face_redrawn_from_its_own_factors_is_the_face():
    images, table = dataset(2, range(12), HELD)
    assert redrawn_error(torch.from_numpy(images), outputs_of(table)) == 0
    darker = torch.from_numpy(np.maximum(images, 51) - 51)
    expected = np.minimum(images, 51).mean() / 255
    assert redrawn_error(darker, outputs_of(table)) == pytest.approx(expected, rel=1e-5)


def test_spreads_of_known_outputs():
    table = sample_factors(0, range(500))
    real = outputs_of(table)
    drawn = np.where(np.arange(WIDTH) < 11, real / 2, real[:1])
    figures = spreads(drawn, real, table)
    for output in OUTPUTS:
        figure = figures[output.factor.name]
        if output.factor.choices:
            chosen = int(table[0, output.column])
            assert figure["shares"]["samples"] == np.eye(output.width)[chosen].tolist()
            assert figure["shares"]["faces"] == figure["shares"]["truth"]
            assert figure["confidence"]["samples"] == pytest.approx(1)
        else:
            assert figure["variance"]["samples"] == pytest.approx(figure["variance"]["truth"] / 4, rel=1e-4)
            assert figure["variance"]["faces"] == pytest.approx(figure["variance"]["truth"], rel=1e-4)
