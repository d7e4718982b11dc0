"""Parametric cartoon faces, 64×64 RGB: the project's own dataset, with known factors.

    python faces.py sheet.png            # a sheet of random faces
    python faces.py sheet.png --sweep    # one row per factor, swept from end to end

`draw(factors)` turns a factor table (see factors.py) into images; `dataset(seed, indices)` does both
steps. The head is a flat drawing of an ellipsoid: features sit at a longitude and latitude and move as
it turns, so that yaw and pitch act as they do on a head and not as a mere shift.
"""

import argparse

import numpy as np
from PIL import Image

from factors import FACTORS, NAMES, sample_factors
from shapes import Canvas, arc, blend, box, ellipse, hue_stops, length, palette, segment

SIZE = 64
SKIN = [(255, 226, 200), (246, 199, 158), (219, 160, 112), (164, 106, 68), (106, 67, 48)]
HAIR = [(44, 36, 46), (104, 62, 42), (186, 84, 44), (244, 200, 104), (240, 132, 160), (132, 100, 200), (58, 160, 168)]
BACKGROUND = hue_stops(np.linspace(0.06, 0.78, 13), 0.30, 0.97)
CLOTHES = hue_stops(np.linspace(0.06, 0.78, 13) + 0.5, 0.55, 0.80)
SHADE, LINE = (np.float32(factor)[:, None, None] for factor in [(0.86, 0.76, 0.74), (0.72, 0.58, 0.56)])
WHITE, INK, BLUSH, MOUTH, TONGUE, FRAME = (
    np.float32(colour)[:, None, None] / 255
    for colour in [(255, 255, 255), (46, 34, 44), (240, 96, 96), (128, 38, 48), (236, 110, 112), (52, 48, 66)]
)


class Head:
    """Coordinates on the head: (u, v) in the picture plane with the head upright at the origin, and its size."""

    def __init__(self, x, y, f: dict[str, np.ndarray]):
        self.scale = blend(0.96, 1.18, f["size"])
        roll = blend(-0.21, 0.21, f["roll"])
        # The head leans about the neck, below its centre.
        x, y = x / self.scale, (y - 0.60) / self.scale
        self.u = np.cos(roll) * x + np.sin(roll) * y
        self.v = -np.sin(roll) * x + np.cos(roll) * y + 0.52
        self.yaw, self.pitch = blend(-0.49, 0.49, f["yaw"]), blend(-0.17, 0.17, f["pitch"])
        self.rx, self.ry = blend(0.43, 0.54, f["width"]), 0.57
        self.shift = self.rx * np.sin(self.yaw)

    def at(self, longitude, latitude, height=1.0):
        """Coordinates about a feature of the face (radians; latitude downwards), and its foreshortening."""
        across, down = longitude + self.yaw, latitude + self.pitch
        x = self.rx * height * np.sin(across) * np.cos(latitude)
        return self.u - x, self.v - self.ry * height * np.sin(down), np.cos(across)

    def outline(self):
        """The skull and, a little narrower and turned with the face, the jaw."""
        skull = ellipse(self.u, self.v + 0.08, self.rx, 0.50)
        jaw = ellipse(self.u - 0.16 * self.shift, self.v - 0.14, self.rx * 0.87, 0.46)
        return np.minimum(skull, jaw)


def hair(style: str, head: Head, amount):
    """Shapes (behind the head, in front of it) of one hair style."""
    u, v, rx = head.u, head.v, head.rx
    turned = u - 0.75 * head.shift
    cap = ellipse(u, v + 0.13, rx * 1.10, 0.55)
    angle = np.arctan2(u, -v)
    # Hair in front ends at the temples, nearer the ear from which the face turns away.
    temples = v - 0.02 + 0.12 * np.abs(head.yaw)
    forehead = ellipse(turned, v - 0.26, rx * 0.92, 0.56)
    behind = cap
    if style == "short":
        behind = ellipse(u, v + 0.12, rx * blend(1.06, 1.22, amount), blend(0.53, 0.64, amount))
        cap = np.minimum(cap, np.maximum(behind, v + 0.06))
        forehead = ellipse(turned - 0.12, v - 0.24, rx * 1.0, 0.60)
    elif style == "long":
        end = blend(0.30, 0.98, amount)
        behind = np.minimum(cap, box(u, v + 0.12 - end / 2, rx * 1.18, 0.12 + end / 2, 0.16))
        parted = np.minimum(ellipse(turned - 0.30, v - 0.30, 0.38, 0.66), ellipse(turned + 0.30, v - 0.30, 0.38, 0.66))
        forehead, temples = np.minimum(parted, forehead + 0.06), v - 0.26
    elif style == "curly":
        reach = blend(1.10, 1.52, amount)
        curls = 0.045 * np.cos(11 * angle)
        behind = ellipse(u, v + 0.10, rx * reach, 0.53 * (reach * 0.5 + 0.56)) - curls
        cap = np.minimum(cap, np.maximum(behind, v + 0.16 + 0.3 * np.abs(u)))
        forehead = ellipse(turned, v - 0.24, rx * 0.90, 0.50) + 0.035 * np.cos(turned * 30)
    elif style == "spiky":
        spikes = np.abs(((angle + 0.25 * head.yaw) * 2.07 / np.pi * 3.0) % 1 - 0.5) * 2
        reach = blend(0.05, 0.30, amount)
        behind = ellipse(u, v + 0.10, rx * 1.08, 0.54) - reach * spikes * np.clip(0.9 - v * 1.5, 0, 1)
        cap = np.maximum(behind, v + 0.16)
        forehead = ellipse(turned, v - 0.24, rx * 0.98, 0.50) + 0.09 * np.abs((turned * 4.2) % 1 - 0.5)
    elif style == "bun":
        ball = blend(0.14, 0.29, amount)
        behind = np.minimum(cap, ellipse(u + 0.35 * head.shift, v + 0.66 + ball * 0.55, ball * 1.12, ball))
        forehead = ellipse(turned, v - 0.26, rx * 0.95, 0.64)
    elif style == "pigtails":
        drop = blend(0.10, 0.42, amount)
        tail_left, tail_right = (
            ellipse(u - side * (rx * 1.22 + 0.05) + 0.35 * head.shift, v + 0.14 - drop, 0.17, 0.14 + drop) for side in (-1, 1)
        )
        behind = np.minimum(cap, np.minimum(tail_left, tail_right))
        forehead = np.maximum(ellipse(turned, v - 0.24, rx * 0.96, 0.60), -(v + 0.20))
    return behind, np.maximum(np.maximum(cap, -forehead), temples)


class Face:
    """A batch of faces in the making: the canvas, the head, the factors as columns [batch, 1, 1], and the colours."""

    def __init__(self, table: np.ndarray, size: int):
        self.f = f = {name: table[:, i, None, None] for i, name in enumerate(NAMES)}
        self.canvas = Canvas(len(table), size, palette(BACKGROUND, f["background"]))
        self.head = Head(self.canvas.x, self.canvas.y, f)
        self.outline = self.head.outline()
        self.skin, self.hair = palette(SKIN, f["skin"]), palette(HAIR, f["hair_hue"])
        self.skin_shade, self.skin_line, self.hair_shade = self.skin * SHADE, self.skin * LINE, self.hair * 0.80
        self.clothes = palette(CLOTHES, f["background"])

    def paint(self, distance, colour, opacity=1.0, soft=1.0):
        """Paint a shape given in the head's coordinates."""
        self.canvas.paint(distance, colour, opacity, self.head.scale, soft)


def hair_shapes(face: Face):
    """Shapes (behind the head, in front of it), each face with the style it has."""
    behind, front = np.empty((2, *face.outline.shape), np.float32)
    for number, style in enumerate(FACTORS[NAMES.index("hair_style")].choices):
        chosen = np.flatnonzero(face.f["hair_style"] == number)
        few = {name: column[chosen] for name, column in face.f.items()}
        behind[chosen], front[chosen] = hair(style, Head(face.canvas.x, face.canvas.y, few), few["hair_length"])
    return behind, front


def paint_body(face: Face):
    canvas, x, y = face.canvas, face.canvas.x, face.canvas.y
    neck = np.minimum(box(x, y - 0.80, 0.17, 0.30, 0.08), ellipse(x, y - 0.88, 0.24, 0.16))
    canvas.paint(neck, face.skin_shade)
    canvas.paint(np.maximum(ellipse(x, y - 1.16, 0.78, 0.46), -ellipse(x, y - 0.72, 0.25, 0.17)), face.clothes)


def paint_skin(face: Face):
    """Ears, face, blushing cheeks and the lines of age."""
    head, age = face.head, face.f["age"]
    for side in (-1, 1):
        u, v, _ = head.at(side * 1.62, 0.06, 1.02)
        face.paint(ellipse(u, v, 0.10, 0.13), face.skin)
        face.paint(ellipse(u, v, 0.045, 0.07), face.skin_shade)
    face.paint(face.outline, face.skin)
    for latitude in (-0.50, -0.66):
        u, v, _ = head.at(0, latitude)
        face.paint(arc(u, v, 0.17, -0.02, 0.016), face.skin_line, age)
    for side in (-1, 1):
        u, v, facing = head.at(side * 0.62, 0.34)
        face.paint(np.maximum(ellipse(u, v, 0.13 * facing + 0.01, 0.085), face.outline), BLUSH, 0.30, soft=2.5)
        u, v, facing = head.at(side * 0.40, 0.27)
        face.paint(arc(u, v, 0.10 * facing, 0.03, 0.016), face.skin_line, age)
        u, v, _ = head.at(side * 0.50, 0.60)
        face.paint(segment(u, v, -side * 0.05, -0.08, side * 0.02, 0.06, 0.018), face.skin_line, age)


def paint_mouth(face: Face):
    """A full beard along the jaw, the mouth on it, and the moustache over both."""
    head, beard, opening = face.head, face.f["beard"], face.f["mouth_open"]
    u, v, _ = head.at(0, 0.30)
    jaw = np.maximum(face.outline - 0.03, -ellipse(u, v + 0.04, head.rx * 0.88, 0.30))
    face.paint(np.maximum(jaw, 0.06 - head.v), face.hair, beard == 2)

    # One swollen arc, with teeth above and the tongue below where it is open.
    u, v, facing = head.at(0, 0.66)
    sag = blend(-0.08, 0.12, face.f["mouth_curve"])
    lips = arc(u, v + sag / 2, 0.19 * (0.35 + 0.65 * facing), sag, 0.020, 0.05 * opening, 0.15 * opening)
    face.paint(lips, MOUTH)
    inside, seen = lips + 0.024, np.clip(opening * 3 - 0.5, 0, 1)
    face.paint(np.maximum(inside, v - sag / 2 + 0.01 - 0.02 * opening), WHITE, seen)
    face.paint(np.maximum(inside, ellipse(u, v - sag / 2 - 0.17 * opening, 0.11, 0.07)), TONGUE, seen)
    for side in (-1, 1):
        u, v, _ = head.at(side * 0.16, 0.50, 1.04)
        face.paint(ellipse(u, v - 0.25 * side * u, 0.125, 0.055), face.hair_shade, beard > 0)


def paint_eyes(face: Face):
    """For each eye a dark rim, the white, the pupil and a glint, all cut by the lids."""
    gaze, tall = blend(-0.055, 0.055, face.f["gaze"]), blend(0.030, 0.180, face.f["eye_open"])
    for side in (-1, 1):
        u, v, facing = face.head.at(side * 0.45, 0.04)
        squash = 0.3 + 0.7 * facing
        white = ellipse(u, v, 0.145 * squash, tall)
        face.paint(ellipse(u, v + 0.012, 0.145 * squash + 0.022, tall + 0.030), INK)
        face.paint(white, WHITE)
        face.paint(np.maximum(ellipse(u - gaze, v - 0.01, 0.088 * squash, 0.112), white), INK)
        face.paint(np.maximum(length(u - gaze + 0.028, v + 0.042) - 0.033, white), WHITE)


def paint_nose(face: Face):
    """The part that stands out most, and so moves most."""
    u, v, _ = face.head.at(0, 0.28, 1.12)
    face.paint(ellipse(u, v, 0.062, 0.048), face.skin_shade)


def paint_brows(face: Face):
    slant = blend(-0.075, 0.075, face.f["brow"])
    for side in (-1, 1):
        u, v, facing = face.head.at(side * 0.45, -0.42)
        reach = 0.12 * (0.3 + 0.7 * facing)
        face.paint(segment(u, v, -reach, side * slant, reach, -side * slant, 0.028), face.hair * 0.6)


def paint_glasses(face: Face):
    glasses = face.f["glasses"]
    for side in (-1, 1):
        u, v, facing = face.head.at(side * 0.45, 0.05, 1.05)
        wide = 0.215 * (0.3 + 0.7 * facing)
        lens = np.where(glasses == 1, ellipse(u, v, wide, 0.215), box(u, v, wide, 0.185, 0.05))
        face.paint(lens, WHITE, 0.10 * (glasses > 0))
        face.paint(np.abs(lens) - 0.020, FRAME, glasses > 0)
    u, v, _ = face.head.at(0, 0.0, 1.08)
    face.paint(segment(u, v, -0.05, 0, 0.05, 0, 0.018), FRAME, glasses > 0)


def draw_chunk(table: np.ndarray, size: int) -> np.ndarray:
    """Images [batch, 3, size, size] float32 in [0, 1] for one chunk of the factor table, painted back to front."""
    face = Face(table, size)
    behind, front = hair_shapes(face)
    face.canvas.paint(length(face.canvas.x, face.canvas.y + 0.05) - 0.82, WHITE, 0.35)  # a paler disc behind the head
    face.paint(behind, face.hair_shade)
    paint_body(face)
    paint_skin(face)
    paint_mouth(face)
    paint_eyes(face)
    paint_nose(face)
    face.paint(front, face.hair)
    paint_brows(face)  # over the fringe, as cartoons have them
    paint_glasses(face)
    return face.canvas.image


def draw(table: np.ndarray, size: int = SIZE, chunk: int = 8) -> np.ndarray:
    """Images [n, 3, size, size] uint8 for a factor table [n, len(FACTORS)]; chunks keep the work in the cache."""
    images = np.empty((len(table), 3, size, size), np.uint8)
    for start in range(0, len(table), chunk):
        part = draw_chunk(table[start : start + chunk].astype(np.float32), size)
        images[start : start + chunk] = np.rint(np.clip(part, 0, 1) * 255)
    return images


def dataset(seed: int, indices, held=None, size: int = SIZE) -> tuple[np.ndarray, np.ndarray]:
    """Images [n, 3, size, size] uint8 and their factor table [n, len(FACTORS)] float32."""
    table = sample_factors(seed, indices, held)
    return draw(table, size), table


def sheet(images: np.ndarray, columns: int, zoom: int = 1) -> Image.Image:
    """One picture with the images [n, 3, h, w] uint8 in rows of `columns`."""
    n, c, h, w = images.shape
    rows = images.reshape(n // columns, columns, c, h, w).transpose(0, 3, 1, 4, 2).reshape(n // columns * h, columns * w, c)
    picture = Image.fromarray(rows)
    return picture.resize((picture.width * zoom, picture.height * zoom), Image.Resampling.NEAREST)


def sweep(columns: int = 9) -> np.ndarray:
    """A factor table with one row of faces per factor: that factor from end to end, the rest neutral."""
    neutral = np.array([0.5 if not factor.choices else 0 for factor in FACTORS], np.float32)
    neutral[NAMES.index("mouth_curve")], neutral[NAMES.index("age")] = 0.8, 0
    neutral[NAMES.index("hair_hue")], neutral[NAMES.index("skin")] = 0.2, 0.2
    table = np.tile(neutral, (len(FACTORS) * columns, 1))
    for row, factor in enumerate(FACTORS):
        steps = np.linspace(0, 1, columns)
        last = max(len(factor.choices) - 1, 1)
        table[row * columns : (row + 1) * columns, row] = np.floor(steps * (last + 0.999)) if factor.choices else steps
    return table


def main():
    parser = argparse.ArgumentParser(description="Draw a sheet of cartoon faces.")
    parser.add_argument("path", help="PNG to write")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=96, help="faces, a multiple of --columns")
    parser.add_argument("--columns", type=int, default=12)
    parser.add_argument("--zoom", type=int, default=1)
    parser.add_argument("--sweep", action="store_true", help="one row per factor instead of random faces")
    args = parser.parse_args()
    table = sweep() if args.sweep else sample_factors(args.seed, range(args.count))
    sheet(draw(table), 9 if args.sweep else args.columns, args.zoom).save(args.path)


if __name__ == "__main__":
    main()
