"""Losses and figures of the autoencoders: what their training minimises, and what it reports."""

import numpy as np
import torch
from PIL import Image
from torch.nn import functional as F

from faces import sheet
from factors import FACTORS
from model import LATENT


def laplacian_l1(image, target, levels: int = 4):
    """Mean absolute difference, plus that of each band of a Laplacian pyramid: edges count as much as areas."""
    difference = image - target
    loss = difference.abs().mean()
    for _ in range(levels - 1):
        coarse = F.avg_pool2d(difference, 2)
        loss = loss + (difference - F.interpolate(coarse, scale_factor=2)).abs().mean() + coarse.abs().mean()
        difference = coarse
    return loss


def kl_to_prior(mean, log_variance):
    """KL(q(z|x) ‖ N(0, 1)) in nats, per image and latent dimension [n, 16]."""
    return 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance)


@torch.no_grad()
def evaluate(target, rebuilt, encoder) -> dict:
    """Errors of reconstruction, and the KL in nats that each latent dimension uses, on images in [0, 1]."""
    kl = torch.cat([kl_to_prior(*encoder(part)) for part in target.split(250)]).mean(0)
    return {
        "l1": (rebuilt - target).abs().mean().item(),
        "pyramid": laplacian_l1(rebuilt, target).item(),
        "kl": kl.sum().item(),
        "kl_by_dimension": sorted(kl.tolist(), reverse=True),
    }


@torch.no_grad()
def posterior_moments(encoder, images, seed: int):
    """Mean and symmetric square root of the covariance of codes sampled from the posterior over the images."""
    generator = torch.Generator().manual_seed(seed)
    codes = []
    for part in images.split(250):
        mean, log_variance = encoder(part.float() / 255)
        codes.append(mean + (log_variance / 2).exp() * torch.randn(mean.shape, generator=generator))
    codes = torch.cat(codes).double()
    values, vectors = torch.linalg.eigh(torch.cov(codes.T))
    return codes.mean(0).float(), ((vectors * values.sqrt()) @ vectors.T).float()


def quadratic(code):
    """The monomials up to degree two of codes [n, k]: [n, 1 + k + k(k+1)/2]."""
    first, second = torch.triu_indices(code.shape[1], code.shape[1])
    return torch.cat([torch.ones(len(code), 1), code, code[:, first] * code[:, second]], 1).double()


@torch.no_grad()
def factor_scores(encoder, images, factors, held_out, held_out_factors) -> dict[str, float]:
    """How well the posterior mean tells each factor, on held-out faces. Continuous: R² of a quadratic ridge
    regression. Discrete: share of right answers of the same regression on indicator variables."""
    codes = [torch.cat([encoder(part.float() / 255)[0] for part in faces.split(250)]) for faces in (images, held_out)]
    shift, spread = codes[0].mean(0), codes[0].std(0)
    known, unseen = (quadratic((code - shift) / spread) for code in codes)
    gram = known.T @ known + torch.eye(known.shape[1])
    scores = {}
    for column, factor in enumerate(FACTORS):
        target, truth = (torch.from_numpy(table[:, column]) for table in (factors, held_out_factors))
        if truth.std() == 0:
            continue
        if factor.choices:
            target = F.one_hot(target.long(), len(factor.choices))
            guess = (unseen @ torch.linalg.solve(gram, known.T @ target.double())).argmax(1)
            scores[factor.name] = (guess == truth).double().mean().item()
        else:
            guess = unseen @ torch.linalg.solve(gram, known.T @ target.double()[:, None])[:, 0]
            scores[factor.name] = 1 - ((guess - truth) ** 2).mean().item() / truth.double().var().item()
    return scores


def sharpness(images) -> float:
    """Mean absolute value of the finest Laplacian band of images in [0, 1]; blur lowers it."""
    return (images - F.interpolate(F.avg_pool2d(images, 2), scale_factor=2)).abs().mean().item()


def to_bytes(images) -> np.ndarray:
    return (images.clamp(0, 1) * 255).round().to(torch.uint8).contiguous().numpy()


@torch.no_grad()
def prior_sheet(decoder, seed: int, rows: int, columns: int, zoom: int = 1) -> Image.Image:
    """A sheet of faces decoded from N(0, 1)."""
    z = torch.randn(rows * columns, LATENT, generator=torch.Generator().manual_seed(seed))
    return sheet(to_bytes(decoder(z)), columns, zoom)


