"""Reference values of resampled pictures: means of blocks, as perceptual path lengths take them, and bilinear interpolation.

    python tools/reference/onnx/write_resample.py

Writes packages/onnx/test/fixtures/resample.json, in float64.
"""

import json
from pathlib import Path

import torch
import torch.nn.functional as F

FIXTURE = Path(__file__).parents[3] / "packages/onnx/test/fixtures/resample.json"


def block_means(image: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """As in NVIDIA's StyleGAN: reshape to blocks, mean over them; both factors must be integers."""
    height, width = image.shape
    return image.reshape(size[0], height // size[0], size[1], width // size[1]).mean(dim=(1, 3))


def bilinear(image: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    return F.interpolate(image[None, None], size=size, mode="bilinear", align_corners=False)[0, 0]


def cases():
    generator = torch.Generator().manual_seed(0)
    for resize, source, target in [
        (block_means, (8, 8), (4, 4)),
        (block_means, (12, 8), (4, 2)),
        (bilinear, (4, 4), (8, 8)),
        (bilinear, (5, 3), (8, 7)),
    ]:
        image = torch.randn(source, generator=generator, dtype=torch.float64)
        yield {
            "from": source,
            "to": target,
            "image": image.tolist(),
            "resized": resize(image, target).tolist(),
        }


FIXTURE.write_text(json.dumps(list(cases())) + "\n")
