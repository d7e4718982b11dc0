"""Grey pictures of 16×16 pixels in five families, each with a known number of continuous factors, from two to six: what
the sample denoiser is trained on.

    python pictures.py sheet.png   # a row of each family, then the planted pictures

A picture is drawn on pixels as units, with values in [-1, 1] and edges soft enough to vary smoothly with every factor.
Batch `index` of a seed is the same pictures on every machine.
"""

import argparse
from dataclasses import dataclass
from typing import Callable

import numpy as np

from shapes import box, ellipse, length

SIZE = 16
# Of the logistic edge, in pixels.
SOFT = 0.6
CENTRES = np.arange(SIZE, dtype=np.float64) + 0.5
X, Y = CENTRES[None, None, :], CENTRES[None, :, None]

# Pictures that training sees again and again, and the share that they have of it together.
PLANTED_OF_EACH = 2
PLANTED_SHARE = 0.2
# Batches of their own, which training does not reach.
PLANTED_BATCH, TEST_BATCH = 2**40, 2**41


def laid(distance, brightness):
    """A shape of this brightness on black."""
    return -1 + (brightness + 1) / (1 + np.exp(np.clip(distance / SOFT, -40, 40)))


def disc(x, y):
    return laid(length(X - x, Y - y) - 3.0, 1.0)


def ring(x, y, radius):
    return laid(np.abs(length(X - x, Y - y) - radius) - 1.0, 1.0)


def bar(x, y, angle, half_length):
    along = np.cos(angle) * (X - x) + np.sin(angle) * (Y - y)
    across = np.cos(angle) * (Y - y) - np.sin(angle) * (X - x)
    return laid(box(along, across, half_length, 1.2, 1.0), 1.0)


def oval(x, y, radius_x, radius_y, brightness):
    return laid(ellipse(X - x, Y - y, radius_x, radius_y), brightness)


def pair(x, y, other_x, other_y, brightness, other_brightness):
    first = laid(length(X - x, Y - y) - 2.2, brightness)
    second = laid(length(X - other_x, Y - other_y) - 2.2, other_brightness)
    return np.maximum(first, second)


@dataclass(frozen=True)
class Family:
    name: str
    draw: Callable[..., np.ndarray]
    # Lowest and highest value of each factor, uniform in between.
    ranges: tuple[tuple[float, float], ...]


FAMILIES = (
    Family("disc", disc, ((5.5, 10.5), (5.5, 10.5))),
    Family("ring", ring, ((6, 10), (6, 10), (2.8, 4.8))),
    Family("bar", bar, ((6, 10), (6, 10), (-1.3, 1.3), (3, 5.5))),
    Family("oval", oval, ((6.5, 9.5), (6.5, 9.5), (1.8, 2.9), (3.4, 5.5), (-0.2, 1))),
    Family("pair", pair, ((3.5, 5), (4.5, 11.5), (11, 12.5), (4.5, 11.5), (-0.2, 1), (-0.2, 1))),
)


def draw(family: Family, uniforms: np.ndarray) -> np.ndarray:
    """Pictures [count, 256] float32 of a family, of uniforms [count, ≥ factors] on [0, 1)."""
    factors = [low + (high - low) * uniforms[:, i, None, None] for i, (low, high) in enumerate(family.ranges)]
    return family.draw(*factors).reshape(len(uniforms), SIZE * SIZE).astype(np.float32)


def generator(seed: int, index: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=seed, counter=[0, 0, 0, index]))


def pictures_of(family: Family, seed: int, index: int, count: int) -> np.ndarray:
    return draw(family, generator(seed, index).random((count, 6)))


def planted(seed: int) -> np.ndarray:
    """The planted pictures, family by family."""
    return np.concatenate(
        [pictures_of(family, seed, PLANTED_BATCH + i, PLANTED_OF_EACH) for i, family in enumerate(FAMILIES)]
    )


def unseen(seed: int, count: int) -> np.ndarray:
    """`count` pictures of each family that training does not see, [families, count, 256]."""
    return np.stack([pictures_of(family, seed, TEST_BATCH + i, count) for i, family in enumerate(FAMILIES)])


def batch(seed: int, index: int, count: int) -> np.ndarray:
    """Training pictures: equal shares of the families, drawn anew, and the planted ones again."""
    again = planted(seed)
    random = generator(seed, index)
    repeated = again[random.integers(len(again), size=round(PLANTED_SHARE * count))]
    fresh = np.array_split(random.random((count - len(repeated), 6)), len(FAMILIES))
    return np.concatenate([repeated, *(draw(family, part) for family, part in zip(FAMILIES, fresh))])


def sheet(path: str, seed: int, zoom: int = 6):
    from PIL import Image

    rows = [*unseen(seed, 10), planted(seed)]
    tiles = np.stack([row.reshape(-1, SIZE, SIZE) for row in rows])
    tiles = np.pad(tiles, ((0, 0), (0, 0), (1, 1), (1, 1)), constant_values=0.2)
    pixels = tiles.transpose(0, 2, 1, 3).reshape(len(rows) * (SIZE + 2), -1)
    image = Image.fromarray(np.uint8(np.clip(127.5 * (pixels + 1), 0, 255)))
    image.resize((image.width * zoom, image.height * zoom), Image.NEAREST).save(path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    sheet(arguments.path, arguments.seed)
