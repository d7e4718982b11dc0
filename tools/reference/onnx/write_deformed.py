"""Reference values of deformable convolutions: value, products with the Jacobian, and with the second derivative.

    python tools/reference/onnx/write_deformed.py

Writes packages/onnx/test/fixtures/deformed.json, in float64. Value and gradient are torchvision's; what it cannot
differentiate twice or forward is written out in PyTorch and must agree with it in value and gradient.
"""

import json
from pathlib import Path

import torch
from torch.func import grad, jvp
from torchvision.ops import deform_conv2d

FIXTURE = Path(__file__).parents[3] / "packages/onnx/test/fixtures/deformed.json"
NAMES = ["x", "weight", "offset", "bias", "mask"]

CASES = [
    {"about": "plain", "x": [2, 2, 3, 4], "weight": [3, 2, 2, 2]},
    {
        "about": "strides, dilations, pads, groups, groups of offsets",
        "x": [1, 4, 4, 4],
        "weight": [6, 2, 3, 2],
        "strides": [2, 1],
        "dilations": [1, 2],
        "pads": [1, 2],
        "offset_group": 2,
    },
]


def corner(x, rows, columns):
    """Pixels [N, C, *places], zero outside; x [N, C, H, W], rows and columns [N, *places]."""
    height, width = x.shape[2:]
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    index = rows.clamp(0, height - 1) * width + columns.clamp(0, width - 1)
    flat = index.flatten(1)[:, None].expand(-1, x.shape[1], -1)
    picked = x.flatten(2).gather(2, flat).unflatten(2, index.shape[1:])
    return picked * inside[:, None]


def written_out(x, weight, offset, bias, mask, case):
    count, channels, height, width = x.shape
    groups = case.get("offset_group", 1)
    taps_down, taps_across = weight.shape[2:]
    rows, columns = offset.shape[2:]
    (down, across), (apart_y, apart_x), (top, left) = (
        case.get(name, default) for name, default in [("strides", [1, 1]), ("dilations", [1, 1]), ("pads", [0, 0])]
    )
    moved = offset.reshape(count * groups, taps_down, taps_across, 2, rows, columns)
    y = moved[:, :, :, 0] + (torch.arange(taps_down) * apart_y - top)[:, None, None, None]
    y = y + (torch.arange(rows) * down)[:, None]
    z = moved[:, :, :, 1] + (torch.arange(taps_across) * apart_x - left)[:, None, None]
    z = z + torch.arange(columns) * across
    image = x.reshape(count * groups, channels // groups, height, width)
    low_y, low_z = y.detach().floor(), z.detach().floor()
    sampled = 0
    for i in (0, 1):
        for j in (0, 1):
            part = (1 - (y - low_y - i).abs()) * (1 - (z - low_z - j).abs())
            sampled = sampled + part[:, None] * corner(image, low_y.long() + i, low_z.long() + j)
    if mask is not None:
        sampled = sampled * mask.reshape(count * groups, 1, taps_down, taps_across, rows, columns)
    parts = x.shape[1] // weight.shape[1]
    sampled = sampled.reshape(count, parts, weight.shape[1], taps_down, taps_across, rows, columns)
    filters = weight.unflatten(0, (parts, -1))
    y = torch.einsum("goctk,ngctkhw->ngohw", filters, sampled).flatten(1, 2)
    return y if bias is None else y + bias[:, None, None]


def extent(case, axis):
    one = lambda name, default: case.get(name, [default, default])[axis]
    reach = one("dilations", 1) * (case["weight"][2 + axis] - 1) + 1
    return (case["x"][2 + axis] + 2 * one("pads", 0) - reach) // one("strides", 1) + 1


def reference(case, masked, generator):
    draw = lambda shape: torch.randn(shape, generator=generator, dtype=torch.float64)
    taps = case["weight"][2] * case["weight"][3] * case.get("offset_group", 1)
    places = [case["x"][0], taps, extent(case, 0), extent(case, 1)]
    shapes = [case["x"], case["weight"], [places[0], 2 * taps, *places[2:]]]
    if masked:
        shapes += [case["weight"][:1], places]
    sizes = [torch.Size(shape).numel() for shape in shapes]
    z, v = draw(sum(sizes)).float().double(), draw(sum(sizes)).float().double()

    def tensors(z):
        parts = [part.reshape(shape) for part, shape in zip(z.split(sizes), shapes)]
        return parts if masked else [*parts, None, None]

    function = lambda z: written_out(*tensors(z), case)
    value, forward = jvp(function, (z,), (v,))
    u = draw(value.shape).float().double()
    gradient = grad(lambda z: (u * function(z)).sum())
    reverse, second = jvp(gradient, (z,), (v,))

    own = z.clone().requires_grad_()
    x, weight, offset, bias, mask = tensors(own)
    settings = [case.get("strides", 1), case.get("pads", 0), case.get("dilations", 1)]
    theirs = deform_conv2d(x, offset, weight, bias, *settings, mask=mask)
    (theirs * u).sum().backward()
    torch.testing.assert_close(theirs, value, rtol=0, atol=1e-12)
    torch.testing.assert_close(own.grad, reverse, rtol=0, atol=1e-12)

    vectors = {"z": z, "v": v, "u": u, "value": theirs, "jvp": forward, "vjp": own.grad, "hvp": second}
    listed = {name: vector.detach().flatten().tolist() for name, vector in vectors.items()}
    settings = {name: case[name] for name in ["strides", "dilations", "pads", "offset_group"] if name in case}
    about = case["about"] + (", bias, mask" if masked else "")
    group = case["x"][1] // case["weight"][1]
    return {"about": about, "shapes": dict(zip(NAMES, shapes)), "group": group, **settings, **listed}


if __name__ == "__main__":
    generator = torch.Generator().manual_seed(0)
    golden = [reference(case, masked, generator) for case in CASES for masked in (False, True)]
    FIXTURE.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
