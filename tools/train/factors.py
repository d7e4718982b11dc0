"""The factors of variation behind the cartoon faces, and how they are drawn at random.

A face is a row of numbers, one per factor. Continuous factors live in [0, 1] (0.5 is the neutral
middle); discrete factors are small integers stored as floats. Factors are independent of one
another, and row `index` depends on `seed` and `index` alone (a Philox counter), never on how many
rows are asked for at once.
"""

from dataclasses import dataclass
from typing import Mapping, Sequence

import numpy as np


@dataclass(frozen=True)
class Factor:
    """One factor. `choices` is empty for a continuous factor; `weights` are the odds of the choices."""

    name: str
    meaning: str
    choices: tuple[str, ...] = ()
    weights: tuple[float, ...] = ()


FACTORS = (
    Factor("yaw", "head turned to the viewer's left (0) or right (1), up to 28 degrees"),
    Factor("pitch", "head looking up (0) or down (1), up to 10 degrees"),
    Factor("roll", "head leaning left (0) or right (1), up to 12 degrees"),
    Factor("size", "scale of the whole head, 0.96 to 1.18"),
    Factor("width", "narrow (0) to round (1) face"),
    Factor("skin", "skin tone, light (0) to dark (1)"),
    Factor("hair_hue", "hair colour along black, brown, red, blond, pink, violet, teal"),
    Factor("hair_length", "how far the hair reaches: length, volume, spike or bun, after the style"),
    Factor("background", "hue of the background, peach to lilac; the clothes take the opposite hue"),
    Factor("eye_open", "eyelids nearly closed (0) to wide open (1)"),
    Factor("gaze", "pupils to the viewer's left (0) or right (1)"),
    Factor("brow", "eyebrows worried (0), level (0.5) or cross (1)"),
    Factor("mouth_curve", "frown (0) to smile (1)"),
    Factor("mouth_open", "mouth shut (0) to wide open (1)"),
    Factor("age", "depth of the lines on the forehead, under the eyes and beside the mouth"),
    Factor("hair_style", "cut of the hair", ("short", "long", "curly", "spiky", "bun", "pigtails"), (1, 1, 1, 1, 1, 1)),
    Factor("glasses", "spectacles", ("none", "round", "square"), (2, 1, 1)),
    Factor("beard", "facial hair", ("none", "moustache", "full"), (4, 1, 1)),
)
NAMES = tuple(factor.name for factor in FACTORS)


def sample_factors(seed: int, indices: Sequence[int], held: Mapping[str, float] | None = None) -> np.ndarray:
    """Factor table [len(indices), len(FACTORS)] float32; `held` fixes the named factors at a value."""
    table = np.empty((len(indices), len(FACTORS)), np.float32)
    for row, index in zip(table, indices):
        # The index sits in the high word of the counter, so that streams of different faces never meet.
        row[:] = np.random.Generator(np.random.Philox(key=seed, counter=[0, 0, 0, index])).random(len(FACTORS))
    for column, factor in enumerate(FACTORS):
        if factor.choices:
            odds = np.cumsum(factor.weights) / np.sum(factor.weights)
            table[:, column] = np.searchsorted(odds[:-1], table[:, column], side="right")
    for name, value in (held or {}).items():
        table[:, NAMES.index(name)] = value
    return table
