"""Signed distance functions and anti-aliased painting, vectorised over a batch of images.

A shape is an array [batch, rows, cols] of signed distances (negative inside). Parameters are numbers
or columns [batch, 1, 1]. Union is `np.minimum`, intersection `np.maximum`, complement the minus sign.
"""

import colorsys

import numpy as np


def length(x, y):
    """Euclidean length; many times faster than np.hypot, whose guard against overflow is not needed here."""
    return np.sqrt(x * x + y * y)


def ellipse(x, y, radius_x, radius_y):
    """Ellipse at the origin; first-order distance f/|grad f|, good to a pixel near the edge."""
    level = length(x / radius_x, y / radius_y)
    slope = length(x / radius_x**2, y / radius_y**2)
    return level * (level - 1) / np.maximum(slope, 1e-6)


def box(x, y, half_x, half_y, corner):
    """Rectangle at the origin with corners rounded by the radius `corner`."""
    over_x, over_y = np.abs(x) - half_x + corner, np.abs(y) - half_y + corner
    return length(np.maximum(over_x, 0), np.maximum(over_y, 0)) + np.minimum(np.maximum(over_x, over_y), 0) - corner


def segment(x, y, x0, y0, x1, y1, thickness):
    """Stroke from (x0, y0) to (x1, y1) with round ends."""
    along_x, along_y = x1 - x0, y1 - y0
    t = ((x - x0) * along_x + (y - y0) * along_y) / (along_x**2 + along_y**2)
    t = np.clip(t, 0, 1)
    return length(x - x0 - t * along_x, y - y0 - t * along_y) - thickness


def arc(x, y, half_width, sag, thickness, rise=0.0, drop=0.0):
    """Stroke along the parabola y = sag (1 - (x/half_width)²), swollen by `rise` above and `drop` below its middle."""
    t = np.clip(x / half_width, -1, 1)
    bulge = 1 - t * t
    off = y - sag * bulge
    over = np.maximum(off - drop * bulge, -off - rise * bulge)
    return length(x - t * half_width, np.maximum(over, 0)) - thickness


def blend(low, high, t):
    """Mix from `low` (t = 0) to `high` (t = 1)."""
    return low + (high - low) * t


def palette(stops, t):
    """Colours [batch, 3, 1, 1] on the polyline through the RGB `stops` (0–255) at t in [0, 1]."""
    stops = np.asarray(stops, np.float32) / 255
    at = np.linspace(0, 1, len(stops))
    return np.stack([np.interp(t.ravel(), at, stops[:, c]) for c in range(3)], 1).astype(np.float32)[:, :, None, None]


def hue_stops(hues, saturation, value):
    """RGB stops (0–255) for `palette`, from hues in turns."""
    return [[255 * c for c in colorsys.hsv_to_rgb(hue % 1, saturation, value)] for hue in hues]


class Canvas:
    """A batch of square RGB images [batch, 3, size, size] over the plane [-1, 1]², y downwards."""

    def __init__(self, batch: int, size: int, colour: np.ndarray):
        centres = ((np.arange(size, dtype=np.float32) + 0.5) * 2 / size - 1).astype(np.float32)
        self.x, self.y = centres[None, None, :], centres[None, :, None]
        self.pixel = 2 / size
        self.image = np.broadcast_to(colour, (batch, 3, size, size)).astype(np.float32)

    def paint(self, distance, colour, opacity=1.0, scale=1.0, soft=1.0):
        """Lay `colour` over the shape; `scale` converts its units to the canvas's, `soft` widens the edge in pixels."""
        cover = np.clip(0.5 - distance * (scale / (self.pixel * soft)), 0, 1) * opacity
        rows, cols = (np.flatnonzero(cover.any(axis)) for axis in ((0, 2), (0, 1)))
        if len(rows):
            # Mixing three channels is the dear part, so it is done in the bounding rectangle only.
            window = np.s_[..., rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1]
            self.image[window] += cover[:, None][window] * (colour - self.image[window])
