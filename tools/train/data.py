"""The drawn faces as training data: splits by index, drawn once and kept."""

from pathlib import Path

import numpy as np
import torch

from faces import dataset

# Small, hard to see or hard to tell apart at 64 pixels: left to larger models.
HELD = {"pitch": 0.5, "roll": 0.5, "size": 0.5, "age": 0.0}


def indices_of(split: str, count: int) -> range:
    """Indices of the faces of a split; test faces take indices no training run reaches."""
    first = {"train": 0, "test": 10_000_000}[split]
    return range(first, first + count)


def images_of(split: str, seed: int, count: int, folder: Path) -> torch.Tensor:
    """Images [count, 3, 64, 64] uint8, drawn once and kept in `folder`."""
    path = folder / f"{split}-{seed}-{count}.npy"
    if not path.exists():
        np.save(path, dataset(seed, indices_of(split, count), HELD)[0])
    return torch.from_numpy(np.load(path))
