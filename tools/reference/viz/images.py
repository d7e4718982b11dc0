"""PNG and JPEG files by Pillow, and images resized by it, for the tests of packages/viz.

    python images.py ../../../packages/viz/test/images.json
"""

import base64
import io
import json
import sys

import numpy as np
from PIL import Image, ImageOps


SIZE = (13, 11)


def encoded(image, **options):
    file = io.BytesIO()
    image.save(file, "PNG", **options)
    return base64.b64encode(file.getvalue()).decode()


def decoded(file):
    image = ImageOps.exif_transpose(Image.open(file)).convert("RGBA")
    return {
        "jpeg": base64.b64encode(file.getvalue()).decode(),
        "width": image.width,
        "rgba": np.asarray(image).ravel().tolist(),
    }


def smooth(height, width):
    """Ramps and waves, on which an encoder chooses every filter of the standard."""
    y, x = np.mgrid[:height, :width]
    red = 255 * x / (width - 1)
    green = 127 + 120 * np.sin(x * y / 40)
    blue = 255 * y / (height - 1) + np.random.default_rng(1).integers(-9, 9, (height, width))
    return np.stack([red, green, blue], 2).clip(0, 255).astype(np.uint8)


def main(path):
    rgb = Image.fromarray(smooth(SIZE[1], SIZE[0]))
    alpha = Image.fromarray(smooth(SIZE[1], SIZE[0])[::-1, :, 1])
    rgba = rgb.copy()
    rgba.putalpha(alpha)
    grey = rgb.convert("L")
    grey_alpha = Image.merge("LA", [grey, alpha])
    palette = rgb.quantize(64)
    files = {
        name: {"png": encoded(image), "rgba": np.asarray(image.convert("RGBA")).ravel().tolist()}
        for name, image in {"RGB": rgb, "RGBA": rgba, "L": grey, "LA": grey_alpha, "P": palette}.items()
    }
    bilevel = grey.convert("1")
    few = rgb.quantize(4)
    samples = np.asarray(grey).astype(np.uint16) * 251 + 77
    clear = encoded(palette, transparency=bytes([0, 90, 200]))
    for name, file, image in [
        ("1", encoded(bilevel), bilevel),
        ("P, 2 bits", encoded(few, bits=2), few),
        ("P, transparent", clear, Image.open(io.BytesIO(base64.b64decode(clear)))),
        # Pillow cuts 16 bits down to 8 instead of rounding.
        ("I;16", encoded(Image.fromarray(samples)), Image.fromarray(np.round(samples / 257).astype(np.uint8))),
    ]:
        files[name] = {"png": file, "rgba": np.asarray(image.convert("RGBA")).ravel().tolist()}
    jpeg = {}
    for name, image, options in [
        ("4:4:4", rgb, {"subsampling": 0}),
        ("4:2:2", rgb, {"subsampling": 1}),
        ("4:2:0", rgb, {"subsampling": 2}),
        ("progressive", rgb, {"progressive": True}),
        ("restarts", rgb, {"restart_marker_blocks": 1}),
        ("RGB", rgb, {"keep_rgb": True}),
        ("grey", grey, {}),
        ("CMYK", rgb.convert("CMYK"), {}),
    ]:
        file = io.BytesIO()
        image.save(file, "JPEG", quality=90, **options)
        jpeg[name] = decoded(file)
    for orientation in range(2, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        file = io.BytesIO()
        rgb.save(file, "JPEG", quality=90, subsampling=0, exif=exif)
        jpeg[f"orientation {orientation}"] = decoded(file)
    resized = {}
    for width, height in [SIZE, (5, 11), (6, 6), (20, 17)]:
        scale = min(SIZE[0] / width, SIZE[1] / height)
        left, top = (SIZE[0] - width * scale) / 2, (SIZE[1] - height * scale) / 2
        box = (left, top, left + width * scale, top + height * scale)
        small = rgb.resize((width, height), Image.Resampling.BILINEAR, box=box)
        resized[f"{width}x{height}"] = np.asarray(small.convert("RGBA")).ravel().tolist()
    with open(path, "w") as file:
        json.dump({"width": SIZE[0], "height": SIZE[1], "files": files, "jpeg": jpeg, "resized": resized}, file, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
